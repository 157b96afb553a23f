// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/flow_view.h"

#include "gui/canvas/empty_hint.h"
#include "gui/canvas/node_geometry.h"
#include "gui/canvas/quick_add.h"
#include "gui/canvas/traces.h"

#include <QApplication>
#include <QClipboard>
#include <QPainter>
#include <QRubberBand>
#include <QScrollBar>
#include <algorithm>
#include <cmath>

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;

FlowView::FlowView(FlowScene& scene, FlowEditor& editor, QWidget* parent)
    : QGraphicsView(&scene, parent),
      scene_(scene),
      editor_(editor),
      snapshot_([this](const QRect& strip) { viewport()->update(strip); }),
      figures_(scene) {
  setFrameShape(NoFrame);
  setObjectName("canvas");
  setAccessibleName("Canvas");
  setAccessibleDescription("The flow as boxes and wires; the outline lists the same as a tree");
  setViewportUpdateMode(SmartViewportUpdate);
  setOptimizationFlags(DontSavePainterState | DontAdjustForAntialiasing);
  setTransformationAnchor(NoAnchor);
  setResizeAnchor(NoAnchor);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setMouseTracking(true);
  viewport()->setMouseTracking(true);
  setAcceptDrops(true);
  setFocusPolicy(Qt::StrongFocus);
  rubber_ = new QRubberBand(QRubberBand::Rectangle, viewport());  // owned by the viewport
  quickAdd_ = new QuickAdd(*this);                                // owned by the view
  traces_ = new Traces(*this);                                    // likewise
  hint_ = new EmptyHint(*this, *quickAdd_);                       // owned by the viewport
  connect(&scene, &FlowScene::groupShown, this, [this] {
    cancelGesture();
    frameStart();
  });
}

void FlowView::setZoom(double zoom) {
  zoomAround(zoom / this->zoom(), viewport()->rect().center());
}

void FlowView::zoomAround(double factor, QPoint at) {
  const double target = std::clamp(zoom() * factor, kLeastZoom, kMostZoom);
  const QPointF fixed = mapToScene(at);
  setTransform(QTransform::fromScale(target, target));
  const QPointF drift = mapFromScene(fixed) - at;
  horizontalScrollBar()->setValue(horizontalScrollBar()->value() + qRound(drift.x()));
  verticalScrollBar()->setValue(verticalScrollBar()->value() + qRound(drift.y()));
  // Between the two ways of painting nothing of the old one may stay.
  viewport()->update();
  emit zoomChanged(zoom());
  emit viewMoved();
}

void FlowView::fitAll() {
  const QRectF content = scene_.contentRect();
  if (content.isEmpty()) {
    setTransform(QTransform());
    centerOn(0, 0);
  } else {
    const QRectF wanted = content.adjusted(-64, -64, 64, 64);
    const double scale =
        std::min(viewport()->width() / wanted.width(), viewport()->height() / wanted.height());
    const double target = std::clamp(scale, kLeastZoom, 1.0);
    setTransform(QTransform::fromScale(target, target));
    centerOn(content.center());
  }
  viewport()->update();
  emit zoomChanged(zoom());
  emit viewMoved();
}

void FlowView::frameStart() {
  fitAll();
  if (zoom() >= kFullDetail || scene_.nodes().empty()) return;
  constexpr double kReadable = 0.8;
  const QRectF content = scene_.contentRect();
  setTransform(QTransform::fromScale(kReadable, kReadable));
  const QSizeF room = QSizeF(viewport()->size()) / kReadable;
  // The middle of what stands at the left edge.
  QRectF first;
  for (const auto& [id, item] : scene_.nodes()) {
    if (item->box().left() < content.left() + room.width() / 2) first |= item->box();
  }
  centerOn(content.left() - 48 + room.width() / 2, first.height() < room.height()
                                                       ? first.center().y()
                                                       : first.top() - 48 + room.height() / 2);
  viewport()->update();
  emit zoomChanged(zoom());
  emit viewMoved();
}

void FlowView::fitSelection() {
  QRectF box;
  for (const ElementId id : scene_.selectedNodes()) box |= scene_.node(id)->box();
  if (box.isEmpty()) return fitAll();
  box.adjust(-64, -64, 64, 64);
  const double scale =
      std::min(viewport()->width() / box.width(), viewport()->height() / box.height());
  const double target = std::clamp(scale, kLeastZoom, 1.5);
  setTransform(QTransform::fromScale(target, target));
  centerOn(box.center());
  viewport()->update();
  emit zoomChanged(zoom());
  emit viewMoved();
}

void FlowView::enterGroup(ElementId group) { scene_.showGroup(group); }

void FlowView::leaveGroup() {
  if (scene_.group() == kRootGroup) return;
  const ElementId inner = scene_.group();
  scene_.showGroup(editor_.model().find(inner)->group);
  scene_.select({inner});
}

void FlowView::reveal(ElementId id) {
  const Component* component = editor_.model().find(id);
  if (component == nullptr) return;
  if (component->group != scene_.group()) scene_.showGroup(component->group);
  scene_.select({id});
  if (zoom() < kFullDetail) setZoom(1);
  if (const NodeItem* item = scene_.node(id)) centerOn(item->box().center());
  if (const WireItem* item = scene_.wire(id)) centerOn(item->geometry().middle);
  viewport()->update();
  emit viewMoved();
}

QPointF FlowView::freePlace() const {
  const Ids selected = scene_.selectedNodes();
  QPointF at = mapToScene(viewport()->rect().center()) - QPointF(116, 44);
  if (selected.size() == 1) {
    const QRectF box = scene_.node(selected.front())->box();
    at = {box.right() + 120, box.center().y() - 44};
  }
  const auto taken = [&](QPointF corner) {
    const QRectF box(corner, QSizeF(232, 88));
    return std::any_of(scene_.nodes().begin(), scene_.nodes().end(), [&](const auto& entry) {
      return entry.second->box().adjusted(-8, -8, 8, 8).intersects(box);
    });
  };
  at = snapped(at);
  while (taken(at)) at.ry() += 120;
  return at;
}

void FlowView::openQuickAdd(QPointF at, ElementId connectFrom) { quickAdd_->open(at, connectFrom); }

void FlowView::tell(const Result<>& result) {
  if (!result.ok()) emit told(QString::fromStdString(result.error().message));
}

// Actions.

void FlowView::deleteSelection() {
  const Ids ids = scene_.selection();
  if (ids.empty()) return;
  const QString what = amount(editor_.model(), ids);
  editor_.remove(ids);
  emit told("Deleted " + what);
}

void FlowView::copySelection() {
  const std::string text = editor_.copy(scene_.selectedNodes());
  if (text.empty()) return;
  QApplication::clipboard()->setText(QString::fromStdString(text));
  emit told("Copied " + amount(editor_.model(), scene_.selectedNodes()));
}

void FlowView::cutSelection() {
  if (scene_.selectedNodes().empty()) return;
  copySelection();
  deleteSelection();
}

void FlowView::paste() {
  const QString text = QApplication::clipboard()->text();
  if (text.trimmed().isEmpty()) return emit told("The clipboard is empty");
  const QPoint pointer = viewport()->mapFromGlobal(QCursor::pos());
  const QPointF at = viewport()->rect().contains(pointer) ? mapToScene(pointer) : freePlace();
  const Result<Ids> pasted =
      editor_.paste(scene_.group(), text.toStdString(), snapped(at), "Paste");
  if (!pasted.ok()) return emit told("Nothing was pasted: the clipboard holds no flow");
  scene_.select(*pasted);
}

void FlowView::duplicate() {
  const Ids ids = scene_.selectedNodes();
  const std::string text = editor_.copy(ids);
  if (text.empty()) return;
  QPointF corner(1e300, 1e300);
  for (const ElementId id : ids) {
    const QPointF at = editor_.model().position(id);
    corner = {std::min(corner.x(), at.x()), std::min(corner.y(), at.y())};
  }
  const Result<Ids> made =
      editor_.paste(scene_.group(), text, corner + QPointF(32, 32), "Duplicate");
  if (made.ok()) scene_.select(*made);
}

void FlowView::selectAll() {
  Ids ids;
  for (const auto& [id, item] : scene_.nodes()) ids.push_back(id);
  for (const auto& [id, item] : scene_.wires()) ids.push_back(id);
  scene_.select(ids);
}

void FlowView::alignSelection(Align how) {
  editor_.align(scene_.selectedNodes(), how,
                [this](ElementId id) { return scene_.node(id)->box().size(); });
}

void FlowView::distributeSelection(Axis axis) {
  editor_.distribute(scene_.selectedNodes(), axis,
                     [this](ElementId id) { return scene_.node(id)->box().size(); });
}

// Painting.

void FlowView::drawBackground(QPainter* painter, const QRectF& rect) {
  const Theme& theme = *scene_.style().theme;
  painter->fillRect(rect, theme.canvas);
  traces_->paintBelow(*painter);
  // Dots, thinned out so that they never come nearer than 16 pixels.
  // A picture for a zooming gesture is painted at another zoom than the view's.
  const double scale = painter->worldTransform().m11();
  double step = 24;
  while (step * scale < 16) step *= 2;
  if (scale < 0.25) return;
  // Squares of two pixels: round points are stroked one by one, which costs more than the boxes.
  QVector<QRect> dots;
  const QTransform toScreen = painter->worldTransform();
  for (double x = std::floor(rect.left() / step) * step; x < rect.right() + 1; x += step) {
    for (double y = std::floor(rect.top() / step) * step; y < rect.bottom() + 1; y += step)
      dots << QRect(toScreen.map(QPointF(x, y)).toPoint() - QPoint(1, 1), QSize(2, 2));
  }
  painter->save();
  painter->resetTransform();
  painter->setRenderHint(QPainter::Antialiasing, false);
  painter->setPen(Qt::NoPen);
  painter->setBrush(theme.dot);
  painter->drawRects(dots);
  painter->restore();
}

void FlowView::drawForeground(QPainter* painter, const QRectF&) {
  const Theme& theme = *scene_.style().theme;
  painter->setRenderHint(QPainter::Antialiasing);
  traces_->paint(*painter);
  if (!guides_.lines.empty()) {
    painter->setPen(QPen(theme.accent, 0, Qt::DashLine));
    for (const QLineF& line : guides_.lines) painter->drawLine(line);
  }
  if (!guides_.gaps.empty()) {
    // As a draughtsman gives a distance: a line between two strokes.
    const double stroke = 5 / painter->worldTransform().m11();
    painter->setPen(QPen(theme.accent, 0));
    for (const QLineF& gap : guides_.gaps) {
      painter->drawLine(gap);
      const QPointF across = gap.dy() == 0 ? QPointF(0, stroke) : QPointF(stroke, 0);
      for (const QPointF& end : {gap.p1(), gap.p2()}) painter->drawLine(end - across, end + across);
    }
  }
  if (gesture_ == Gesture::kWire || gesture_ == Gesture::kEndOfWire) {
    const NodeItem* from = scene_.node(wireFrom_);
    if (from == nullptr) return;
    const bool backwards = gesture_ == Gesture::kEndOfWire && !endIsTarget_;
    QRectF tip(wireTip_ - QPointF(0, 0.5), QSizeF(1, 1));
    const WireEnds ends =
        backwards ? WireEnds{tip, from->box(), false, 0} : WireEnds{from->box(), tip, false, 0};
    QPolygonF line;
    if (const NodeItem* target = scene_.node(scene_.style().wireTarget); target && !backwards) {
      line = wireGeometry({from->box(), target->box(), target == from, 0}, {}, {}).line;
    } else {
      line = wireGeometry(ends, {}, {}).line;
      if (line.size() > 40 && !backwards && wireTip_.x() < from->box().right())
        line = QPolygonF() << QPointF(from->box().right(), from->box().center().y()) << wireTip_;
    }
    painter->setPen(QPen(theme.accent, 2, Qt::DashLine, Qt::RoundCap));
    painter->setBrush(Qt::NoBrush);
    painter->drawPolyline(line);
    painter->setBrush(theme.accent);
    painter->setPen(Qt::NoPen);
    painter->drawEllipse(wireTip_, 4, 4);
  }
}

void FlowView::resizeEvent(QResizeEvent* event) {
  QGraphicsView::resizeEvent(event);
  if (snapshot_.isActive()) endPicture();
  emit viewMoved();
}

void FlowView::scrollContentsBy(int dx, int dy) {
  QGraphicsView::scrollContentsBy(dx, dy);
  // What is sharp already would be scrolled to where it counts as not sharp.
  if (!snapshot_.sharpPart().isEmpty()) endPicture();
  emit viewMoved();
}

}  // namespace millrace::gui
