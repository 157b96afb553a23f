// SPDX-License-Identifier: Apache-2.0
#pragma once
// LineageView: the ancestors and descendants of a FlowFile and the events between them, as a graph:
// laid out by `dot` (or the built-in layout), its wires drawn as those of the flow.
//   click: choose an event · double click: its component · Ctrl+wheel: zoom · arrows: next event
// Threads: the GUI thread; the layout comes later.

#include "gui/layout/dot_layout.h"
#include "gui/model/component.h"
#include "gui/theme/theme.h"

#include <QGraphicsScene>
#include <QGraphicsView>
#include <QJsonObject>
#include <functional>
#include <vector>

namespace millrace::gui {

struct LineageNode {
  QString id;
  bool isEvent = false;
  QString uuid;
  QString event;  ///< its id
  QString type;
  QString when;
  flow::ElementId component;
  QString componentName;
};

class LineageView : public QGraphicsView {
 public:
  using Chosen = std::function<void(const LineageNode& node)>;

  LineageView(const Theme& theme, QWidget* parent);

  void setTheme(const Theme& theme);
  /// `lineage` is what the server answers; `of` is the FlowFile that was asked for.
  void show(const QJsonObject& lineage, const QString& of);
  void onChosen(Chosen chosen) { chosen_ = std::move(chosen); }
  void onOpened(Chosen opened) { opened_ = std::move(opened); }
  const std::vector<LineageNode>& nodes() const { return nodes_; }
  /// Where a node is painted, in the viewport; empty before the layout has come.
  QRect placeOf(std::size_t node) const;
  /// Ends have places in nodes().
  const std::vector<std::pair<std::size_t, std::size_t>>& wires() const { return graph_.wires; }
  void choose(std::size_t node);
  void fit();

 protected:
  void mousePressEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void drawBackground(QPainter* painter, const QRectF& rect) override;

 private:
  void paintNode(QPainter& painter, std::size_t node) const;
  int nodeAt(QPoint viewportPoint) const;

  const Theme* theme_;
  QGraphicsScene scene_;
  std::vector<LineageNode> nodes_;
  BoxGraph graph_;
  Corners corners_;
  QString of_;
  int chosenNode_ = -1;
  Chosen chosen_;
  Chosen opened_;
  DotLayout layout_;
};

}  // namespace millrace::gui
