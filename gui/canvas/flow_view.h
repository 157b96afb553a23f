// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowView: the canvas as people use it: pan, zoom to the pointer, rubber band, move, wires by
// drag, bends, insertion on a wire, enter and leave groups, all by mouse and keyboard. It changes
// the flow only through the FlowEditor, one undo step a gesture.
//
//   wheel: scroll · Ctrl+wheel: zoom · middle drag, Space+drag: pan · drag on ground: rubber band
//   (to the right: what is inside, to the left: what is touched) · Shift adds, Alt takes away
//   drag from the handle at a box's right edge: a wire; into the void: quick-add
//   double click: on a group enters, on a wire bends, on the ground quick-add
//
// Threads: the GUI thread.

#include "gui/canvas/flow_scene.h"
#include "gui/canvas/fresh_figures.h"
#include "gui/canvas/guides.h"
#include "gui/canvas/overview_painter.h"
#include "gui/canvas/zoom_snapshot.h"

#include <QGraphicsView>
#include <functional>
#include <optional>

class QRubberBand;

namespace millrace::gui {

class EmptyHint;
class QuickAdd;
class Traces;

class FlowView : public QGraphicsView {
  Q_OBJECT

 public:
  FlowView(FlowScene& scene, FlowEditor& editor, QWidget* parent = nullptr);

  FlowScene& flowScene() const { return scene_; }
  FlowEditor& editor() const { return editor_; }
  double zoom() const { return transform().m11(); }
  void setZoom(double zoom);
  void zoomAround(double factor, QPoint viewportPoint);
  void fitAll();
  /// All of it if names can be read then; else the beginning of the flow, readable.
  void frameStart();
  void fitSelection();
  /// Scrolls until a component is in sight, and selects it; enters its group first.
  void reveal(flow::ElementId id);
  void enterGroup(flow::ElementId group);
  void leaveGroup();
  /// Where new things go that came from the keyboard: beside the selection, or in the middle.
  QPointF freePlace() const;
  QuickAdd& quickAdd() { return *quickAdd_; }
  Traces& traces() { return *traces_; }
  void openQuickAdd(QPointF at, flow::ElementId connectFrom = {});
  static constexpr double kLeastZoom = 0.02;
  static constexpr double kMostZoom = 4;
  /// The lines that are shown while something is moved.
  const Guides& guides() const { return guides_; }
  /// What the last overview painted; zero while items are painted.
  OverviewCount overviewCount() const { return overview_; }
  /// While somebody zooms: a scaled picture stands for what it shows.
  bool showsSnapshot() const { return snapshot_.isActive(); }
  /// What the last step of such a gesture painted for the next picture.
  int pictureItems() const { return pictureItems_; }

  /// There is no flow yet: nothing can be done here, and the canvas says what it waits for. Empty
  /// texts: there is one again.
  void setWaiting(const QString& title, const QString& words);

  /// From now on nothing that is done here changes the flow: one goes about in it, and chooses.
  void setLooksOnly();

  /// After a report of the server: what is in sight is painted with its figures, some of it in each
  /// frame.
  void showStatus();

  // Actions on the selection, as the menus and keys have them.
  void deleteSelection();
  void copySelection();
  void cutSelection();
  void paste();
  void duplicate();
  void selectAll();
  void alignSelection(Align how);
  void distributeSelection(Axis axis);
  /// What is chosen once two are connected: the wire, or the component at its end.
  enum class Choose : bool { kWire, kTarget };
  void connectNodes(flow::ElementId from, flow::ElementId to, Choose then = Choose::kWire);

 signals:
  void zoomChanged(double zoom);
  /// One sentence for the status line.
  void told(const QString& text);
  void renameAsked(millrace::flow::ElementId id);
  void contextMenuAsked(const QPoint& globalPosition, millrace::flow::ElementId under);
  void viewMoved();

 protected:
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  /// Tab belongs to quick-add here; Shift+Tab leaves the canvas.
  bool focusNextPrevChild(bool next) override {
    return !next && QGraphicsView::focusNextPrevChild(next);
  }
  void keyPressEvent(QKeyEvent* event) override;
  void keyReleaseEvent(QKeyEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void drawBackground(QPainter* painter, const QRectF& rect) override;
  void drawForeground(QPainter* painter, const QRectF& rect) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void scrollContentsBy(int dx, int dy) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dragMoveEvent(QDragMoveEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  enum class Gesture : unsigned char {
    kNone,
    kPan,
    kRubber,
    kMove,
    kWire,
    kBend,
    kEndOfWire,
    kSize
  };
  struct Hit {
    NodeItem* node = nullptr;
    WireItem* wire = nullptr;
    bool handle = false;
  };

  /// In the place of the function of that name, which it asks, too: not all works that changes
  /// the flow.
  bool gestureWorks(std::string_view name) const;
  Hit hitAt(QPoint viewportPoint) const;
  void beginMove(NodeItem* node);
  void takeWhatIsFramed();
  bool isAtCorner(const NodeItem& node, QPointF scenePoint) const;
  void beginSize(const NodeItem& note);
  void moveCorner(QPointF scenePoint, Qt::KeyboardModifiers modifiers);
  void finishSize();
  void takeCopies();
  void endCopies(bool stay);
  void alignMoved();
  QRegion guideRegion() const;
  void moveNodes(QPointF scenePoint, Qt::KeyboardModifiers modifiers);
  void finishMove();
  void finishRubber(QPoint at, Qt::KeyboardModifiers modifiers);
  void finishWire(QPoint at);
  void finishBend();
  void finishEnd(QPoint at);
  void cancelGesture();
  void hover(QPoint at);
  void keepPicture(double factor);
  int paintPiece(QPainter& painter, const QTransform& at, const QRect& strip);
  void endPicture();
  void paintStrips(QPaintEvent& event);
  bool nudge(QKeyEvent* event);
  bool walk(QKeyEvent* event);
  flow::ElementId wireUnder(const NodeItem& node) const;
  void tell(const Result<>& result);
  void askRelationships(flow::ElementId from, flow::ElementId to, Choose then);
  void connected(const Result<flow::ElementId>& wire, Choose then);
  flow::ElementId portOf(flow::ElementId node, flow::ElementKind kind) const;

  FlowScene& scene_;
  FlowEditor& editor_;
  QuickAdd* quickAdd_;
  Traces* traces_;
  QRubberBand* rubber_;
  EmptyHint* hint_;  ///< none: where nothing is added
  Gesture gesture_ = Gesture::kNone;
  bool looksOnly_ = false;
  bool spaceHeld_ = false;
  bool moved_ = false;
  bool copies_ = false;   ///< copies are moved, not what was pressed
  bool copying_ = false;  ///< they are there, as a step that is not ended yet
  flow::ElementId pressedNode_;
  QPoint pressed_;
  QPoint last_;
  QPointF pressedScene_;
  std::unordered_map<flow::ElementId, QPointF> startPlaces_;
  std::unordered_map<flow::ElementId, QPointF> places_;
  Guides guides_;
  flow::ElementId wireFrom_;
  flow::ElementId bentWire_;
  int bend_ = -1;
  bool endIsTarget_ = true;
  std::vector<QPointF> bends_;
  QPointF wireTip_;
  OverviewCount overview_;
  ZoomSnapshot snapshot_;
  int pictureItems_ = 0;
  FreshFigures figures_;
  bool itemsStale_ = false;  ///< their cached pictures are older than the last report
};

}  // namespace millrace::gui
