// SPDX-License-Identifier: Apache-2.0
#include "gui/app/lineage_view.h"

#include "gui/app/data_table.h"
#include "gui/canvas/wire_geometry.h"
#include "gui/model/status_store.h"

#include <QFontMetricsF>
#include <QJsonArray>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace millrace::gui {
namespace {

constexpr QSizeF kEventBox(184, 56);
constexpr QSizeF kFlowFileBox(136, 32);
constexpr double kLeastZoom = 0.1;
constexpr double kMostZoom = 2;
constexpr double kReadable = 0.8;

}  // namespace

LineageView::LineageView(const Theme& theme, QWidget* parent)
    : QGraphicsView(parent), theme_(&theme) {
  setObjectName("lineage");
  setAccessibleName("Lineage");
  setAccessibleDescription("Events and FlowFiles from the first ancestor to the last descendant");
  setFrameShape(NoFrame);
  setScene(&scene_);
  setTransformationAnchor(AnchorUnderMouse);
  setDragMode(ScrollHandDrag);
  setFocusPolicy(Qt::StrongFocus);
}

void LineageView::setTheme(const Theme& theme) {
  theme_ = &theme;
  viewport()->update();
}

void LineageView::show(const QJsonObject& lineage, const QString& of) {
  of_ = of;
  chosenNode_ = -1;
  nodes_.clear();
  graph_ = {};
  corners_.clear();
  std::unordered_map<std::string, std::size_t> places;
  for (const QJsonValue& item : lineage["nodes"].toArray()) {
    LineageNode node;
    node.id = item["id"].toString();
    node.isEvent = item["kind"].toString() == "event";
    node.uuid = item["uuid"].toString();
    node.event = item["event"].toString();
    node.type = item["type"].toString();
    if (node.isEvent) node.when = timeWords(item["at"].toDouble());
    node.component = idFromJson(item["component"].toString()).value_or(kRootGroup);
    node.componentName = item["componentName"].toString();
    places.emplace(node.id.toStdString(), nodes_.size());
    graph_.boxes.push_back(node.isEvent ? kEventBox : kFlowFileBox);
    nodes_.push_back(std::move(node));
  }
  for (const QJsonValue& item : lineage["edges"].toArray()) {
    const auto from = places.find(item["from"].toString().toStdString());
    const auto to = places.find(item["to"].toString().toStdString());
    if (from != places.end() && to != places.end())
      graph_.wires.emplace_back(from->second, to->second);
  }
  scene_.setSceneRect({});
  viewport()->update();
  if (nodes_.empty()) return;
  layout_.start(graph_, [this](Corners corners, DotLayout::By) {
    corners_ = std::move(corners);
    QRectF all;
    for (std::size_t i = 0; i < corners_.size(); ++i) all |= {corners_[i], graph_.boxes[i]};
    scene_.setSceneRect(all.adjusted(-48, -48, 48, 48));
    fit();
  });
}

void LineageView::fit() {
  const QRectF all = scene_.sceneRect();
  if (all.isEmpty()) return;
  const double scale =
      std::min(viewport()->width() / all.width(), viewport()->height() / all.height());
  // What would be too small to read is shown from the FlowFile that was asked for.
  const double target = std::clamp(scale, kReadable, 1.0);
  setTransform(QTransform::fromScale(target, target));
  centerOn(all.center());
  for (std::size_t i = 0; scale < kReadable && i < corners_.size(); ++i) {
    if (!nodes_[i].isEvent && nodes_[i].uuid == of_)
      centerOn(QRectF(corners_[i], graph_.boxes[i]).center());
  }
  viewport()->update();
}

QRect LineageView::placeOf(std::size_t node) const {
  if (node >= corners_.size()) return {};
  return mapFromScene(QRectF(corners_[node], graph_.boxes[node])).boundingRect();
}

int LineageView::nodeAt(QPoint at) const {
  const QPointF point = mapToScene(at);
  for (std::size_t i = 0; i < corners_.size(); ++i) {
    if (QRectF(corners_[i], graph_.boxes[i]).contains(point)) return static_cast<int>(i);
  }
  return -1;
}

void LineageView::choose(std::size_t node) {
  chosenNode_ = static_cast<int>(node);
  viewport()->update();
  if (node < corners_.size())
    ensureVisible(QRectF(corners_[node], graph_.boxes[node]), kUnit * 3, kUnit * 3);
  if (chosen_) chosen_(nodes_[node]);
}

void LineageView::mousePressEvent(QMouseEvent* event) {
  const int at = nodeAt(event->position().toPoint());
  if (at >= 0) return choose(static_cast<std::size_t>(at));
  QGraphicsView::mousePressEvent(event);
}

void LineageView::mouseDoubleClickEvent(QMouseEvent* event) {
  const int at = nodeAt(event->position().toPoint());
  if (at >= 0 && opened_) opened_(nodes_[static_cast<std::size_t>(at)]);
}

void LineageView::wheelEvent(QWheelEvent* event) {
  if (!(event->modifiers() & Qt::ControlModifier)) return QGraphicsView::wheelEvent(event);
  const double now = transform().m11();
  const double target =
      std::clamp(now * std::pow(1.0015, event->angleDelta().y()), kLeastZoom, kMostZoom);
  scale(target / now, target / now);
  event->accept();
}

// The nearest one that lies in the direction of the arrow.
void LineageView::keyPressEvent(QKeyEvent* event) {
  const int key = event->key();
  const QPointF way = key == Qt::Key_Left    ? QPointF(-1, 0)
                      : key == Qt::Key_Right ? QPointF(1, 0)
                      : key == Qt::Key_Up    ? QPointF(0, -1)
                      : key == Qt::Key_Down  ? QPointF(0, 1)
                                             : QPointF();
  if (way.isNull() || corners_.empty()) return QGraphicsView::keyPressEvent(event);
  if (chosenNode_ < 0) return choose(0);
  const auto centre = [&](std::size_t i) { return QRectF(corners_[i], graph_.boxes[i]).center(); };
  const QPointF from = centre(static_cast<std::size_t>(chosenNode_));
  int best = -1;
  double least = 1e300;
  for (std::size_t i = 0; i < corners_.size(); ++i) {
    const QPointF to = centre(i) - from;
    const double ahead = QPointF::dotProduct(to, way);
    const double aside = std::abs(to.x() * way.y()) + std::abs(to.y() * way.x());
    if (ahead <= 1 || ahead + 2 * aside >= least) continue;
    least = ahead + 2 * aside;
    best = static_cast<int>(i);
  }
  if (best >= 0) choose(static_cast<std::size_t>(best));
}

void LineageView::drawBackground(QPainter* painter, const QRectF& rect) {
  painter->fillRect(rect, theme_->canvas);
  if (corners_.empty()) {
    painter->resetTransform();
    painter->setPen(theme_->muted);
    painter->setFont(interfaceFont(13));
    painter->drawText(viewport()->rect(), Qt::AlignCenter,
                      nodes_.empty() ? "Choose an event and press Lineage." : "Laying out…");
    return;
  }
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setPen(QPen(theme_->wire, 1.75, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  for (const auto& [from, to] : graph_.wires) {
    const WireEnds ends{
        {corners_[from], graph_.boxes[from]}, {corners_[to], graph_.boxes[to]}, from == to, 0};
    for (const QPolygonF& piece : clipped(wireGeometry(ends, {}, {}).line, rect))
      painter->drawPolyline(piece);
  }
  for (std::size_t i = 0; i < corners_.size(); ++i) {
    if (rect.intersects({corners_[i], graph_.boxes[i]})) paintNode(*painter, i);
  }
}

void LineageView::paintNode(QPainter& painter, std::size_t i) const {
  const LineageNode& node = nodes_[i];
  const QRectF box(corners_[i], graph_.boxes[i]);
  const bool chosen = static_cast<int>(i) == chosenNode_;
  const bool asked = !node.isEvent && node.uuid == of_;
  painter.setPen(QPen(chosen || asked ? theme_->accent : theme_->cardLine, chosen ? 2.5 : 1.25));
  painter.setBrush(node.isEvent ? theme_->card : theme_->window);
  const double round = node.isEvent ? 8 : box.height() / 2;
  painter.drawRoundedRect(box, round, round);
  const QRectF text = box.adjusted(12, 6, -12, -6);
  const auto line = [&](const QRectF& where, const QString& words, const QColor& ink, QFont font) {
    painter.setFont(font);
    painter.setPen(ink);
    painter.drawText(where, Qt::AlignVCenter,
                     QFontMetricsF(font).elidedText(words, Qt::ElideRight, where.width()));
  };
  if (!node.isEvent)
    return line(text, "FlowFile " + node.uuid.left(8), theme_->muted, interfaceFont(11));
  const double half = text.height() / 2;
  line({text.left(), text.top(), text.width(), half}, node.type, theme_->text,
       interfaceFont(12, QFont::DemiBold));
  const QString where = node.componentName.isEmpty() ? QString("an operator") : node.componentName;
  line({text.left(), text.top() + half, text.width(), half}, where + "  ·  " + node.when,
       theme_->muted, interfaceFont(11));
}

}  // namespace millrace::gui
