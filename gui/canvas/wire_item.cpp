// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/wire_item.h"

#include "gui/canvas/ghost_item.h"

#include <QFontMetricsF>
#include <QLineF>
#include <QPainter>
#include <QPainterPathStroker>
#include <QStyleOptionGraphicsItem>
#include <cmath>

namespace millrace::gui {
namespace {

constexpr double kWidestLabel = 164;  ///< room is kept for it, whatever is shown now

}  // namespace

WireItem::WireItem(flow::ElementId id, const CanvasStyle& style) : id_(id), style_(style) {
  setFlag(ItemIsSelectable);
  setFlag(ItemUsesExtendedStyleOption);
  setZValue(1);
  refresh();
}

void WireItem::refresh() {
  const Component* component = style_.model->find(id_);
  if (component == nullptr) return;
  const flow::Connection* wire = component->connection();
  QString text = QString::fromStdString(wire->name);
  if (text.isEmpty()) {
    QStringList names;
    for (const flow::Name& name : wire->relationships) names << QString::fromStdString(name.text);
    text = names.join(", ");
  }
  label_ = QFontMetricsF(interfaceFont(11)).elidedText(text, Qt::ElideRight, 140);
  const double words = QFontMetricsF(interfaceFont(11)).horizontalAdvance(label_);
  const double width = std::max(words, 76.0) + 20;
  labelSize_ = {label_.isEmpty() ? 96 : width, label_.isEmpty() ? 22.0 : 38.0};
  hasQueue_ = style_.status->queue(id_) != nullptr;
  if (!hasQueue_) {
    labelSize_.setHeight(label_.isEmpty() ? 0 : 22);
    labelSize_.setWidth(label_.isEmpty() ? 0 : words + 20);
  }
  update();
}

void WireItem::showFigures() {
  if (hasQueue_ != (style_.status->queue(id_) != nullptr)) return refresh();
  if (isOffColour()) return update();
  constexpr double kFrame = 2;  // the count alone, seen from afar, is a little higher
  update(labelBox().adjusted(-kFrame, -kFrame, kFrame, kFrame));
}

void WireItem::route(const WireEnds& ends, const std::vector<QPointF>& bends) {
  prepareGeometryChange();
  geometry_ = wireGeometry(ends, bends, {kWidestLabel, 40});
}

QRectF WireItem::labelBox() const {
  return {geometry_.middle - QPointF(labelSize_.width() / 2, labelSize_.height() / 2), labelSize_};
}

QPainterPath WireItem::shape() const {
  QPainterPath path;
  path.addPolygon(geometry_.line);
  QPainterPathStroker stroker;
  stroker.setWidth(14);
  QPainterPath wide = stroker.createStroke(path);
  if (!labelSize_.isEmpty()) wide.addRect(labelBox());
  wide.setFillRule(Qt::WindingFill);
  return wide;
}

int WireItem::bendAt(QPointF point) const {
  for (std::size_t i = 0; i < geometry_.bends.size(); ++i) {
    if (QLineF(geometry_.bends[i], point).length() <= 9) return static_cast<int>(i);
  }
  return -1;
}

QColor WireItem::colour() const {
  const Theme& theme = *style_.theme;
  if (isSelected() || style_.litWire == id_) return theme.accent;
  if (const auto mark = style_.compared.markOf(id_); mark && *mark != Mark::kMoved)
    return markColour(*mark, theme);
  if (const QueueStatus* queue = style_.status->queue(id_)) {
    if (queue->share >= kErrorAt) return theme.error;
    if (queue->share >= kWarnAt) return theme.warning;
  }
  return style_.hovered == id_ ? theme.muted : theme.wire;
}

void WireItem::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget*) {
  if (geometry_.line.size() < 2) return;
  // A wire that was out of sight when the first figures came has the label of a quiet one.
  if (hasQueue_ != (style_.status->queue(id_) != nullptr)) refresh();
  const double detail = option->levelOfDetailFromTransform(painter->worldTransform());
  if (!style_.hits.empty() && !style_.hits.contains(id_)) painter->setOpacity(0.35);
  paintLine(*painter, option->exposedRect, detail);
  if (detail >= kFullDetail && !labelSize_.isEmpty() && option->exposedRect.intersects(labelBox()))
    paintLabel(*painter);
  // From farther away only what waits is said.
  const QueueStatus* queue = style_.status->queue(id_);
  if (detail >= kFullDetail || detail < kNamesOnly || queue == nullptr || queue->count == 0) return;
  painter->setFont(interfaceFont(15, QFont::DemiBold));
  const QString text = shortCount(queue->count);
  const double width = QFontMetricsF(painter->font()).horizontalAdvance(text) + 16;
  const QRectF box(geometry_.middle - QPointF(width / 2, 12), QSizeF(width, 24));
  painter->setPen(QPen(style_.theme->cardLine, 1));
  painter->setBrush(style_.theme->card);
  painter->drawRoundedRect(box, 8, 8);
  painter->setPen(queue->share >= kErrorAt  ? style_.theme->error
                  : queue->share >= kWarnAt ? style_.theme->warning
                                            : style_.theme->text);
  painter->drawText(box, Qt::AlignCenter, text);
}

void WireItem::paintLine(QPainter& painter, const QRectF& exposed, double detail) {
  const QColor ink = colour();
  painted_ = ink;
  const bool strong = isSelected() || style_.litWire == id_;
  painter.setRenderHint(QPainter::Antialiasing, detail >= kNamesOnly);
  painter.setPen(detail >= 0.45
                     ? QPen(ink, strong ? 2.5 : 1.75, Qt::SolidLine, Qt::FlatCap, Qt::BevelJoin)
                     : QPen(ink, 0));
  painter.setBrush(Qt::NoBrush);
  for (const QPolygonF& piece : clipped(geometry_.line, exposed)) painter.drawPolyline(piece);
  if (detail < kNamesOnly) return;
  const QPointF tip = geometry_.line.last();
  const QLineF last(geometry_.line[geometry_.line.size() - 2], tip);
  painter.save();
  painter.translate(tip);
  painter.rotate(-last.angle());
  painter.setPen(Qt::NoPen);
  painter.setBrush(ink);
  painter.drawPolygon(QPolygonF() << QPointF(-3, 0) << QPointF(-12, -5) << QPointF(-12, 5));
  painter.restore();
  if (!strong && style_.hovered != id_) return;
  painter.setPen(QPen(ink, 1.5));
  painter.setBrush(style_.theme->card);
  for (const QPointF& bend : geometry_.bends) painter.drawEllipse(bend, 5, 5);
}

void WireItem::paintLabel(QPainter& painter) {
  const Theme& theme = *style_.theme;
  const QRectF box = labelBox();
  const QueueStatus* queue = style_.status->queue(id_);
  painter.setPen(QPen(isSelected() ? theme.accent : theme.cardLine, 1));
  painter.setBrush(theme.card);
  painter.drawRoundedRect(box, 8, 8);
  painter.setFont(interfaceFont(11));
  painter.setPen(theme.muted);
  if (queue == nullptr) {
    painter.drawText(box, Qt::AlignCenter, label_);
    return;
  }
  if (!label_.isEmpty())
    painter.drawText(QRectF(box.left(), box.top() + 2, box.width(), 16), Qt::AlignCenter, label_);
  const QColor fill = queue->share >= kErrorAt  ? theme.error
                      : queue->share >= kWarnAt ? theme.warning
                                                : theme.accent;
  painter.setPen(queue->share >= kWarnAt ? fill : theme.text);
  painter.drawText(
      QRectF(box.left(), box.bottom() - 21, box.width(), 15), Qt::AlignCenter,
      queue->count == 0 ? "0" : shortCount(queue->count) + "  ·  " + shortBytes(queue->bytes));
  const QRectF bar(box.left() + 8, box.bottom() - 5, box.width() - 16, 2.5);
  painter.setPen(Qt::NoPen);
  painter.setBrush(theme.line);
  painter.drawRoundedRect(bar, 1, 1);
  painter.setBrush(fill);
  const double share = queue->count > 0 ? std::max(queue->share, 0.02) : 0;
  painter.drawRoundedRect(QRectF(bar.topLeft(), QSizeF(bar.width() * share, bar.height())), 1, 1);
}

}  // namespace millrace::gui
