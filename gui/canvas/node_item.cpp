// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/node_item.h"

#include "gui/canvas/ghost_item.h"
#include "gui/canvas/glyphs.h"
#include "gui/canvas/node_geometry.h"

#include <QAbstractTextDocumentLayout>
#include <QFontMetricsF>
#include <QPainter>
#include <QStyleOptionGraphicsItem>
#include <QTextDocument>
#include <algorithm>

namespace millrace::gui {
namespace {

using flow::ElementKind;

constexpr double kRadius = 10;
constexpr double kMarkWidth = 96;
constexpr double kMargin = 16;  ///< around the box: shadow, selection, handles

Glyph signOf(const Component& component, const CanvasStyle& style) {
  switch (component.kind) {
    case ElementKind::kGroup:
      return Glyph::kGroup;
    case ElementKind::kRemoteGroup:
      return Glyph::kRemoteGroup;
    case ElementKind::kInputPort:
      return Glyph::kInputPort;
    case ElementKind::kOutputPort:
      return Glyph::kOutputPort;
    case ElementKind::kFunnel:
      return Glyph::kFunnel;
    case ElementKind::kLabel:
      return Glyph::kNote;
    default:
      return glyphOf(style.types->familyOf(component.processor()->type));
  }
}

QColor signGround(const Component& component, const CanvasStyle& style) {
  const auto& family = style.theme->family;
  if (component.kind == ElementKind::kProcessor)
    return family[static_cast<std::size_t>(style.types->familyOf(component.processor()->type))];
  return family[static_cast<std::size_t>(Family::kControl)];
}

QString contents(const FlowModel& model, flow::ElementId group) {
  int processors = 0, groups = 0;
  for (const flow::ElementId id : model.nodesIn(group)) {
    const ElementKind kind = model.find(id)->kind;
    processors += kind == ElementKind::kProcessor;
    groups += kind == ElementKind::kGroup;
  }
  QString text = processors == 1 ? "1 processor" : QString("%1 processors").arg(processors);
  if (groups > 0) text += groups == 1 ? ", 1 group" : QString(", %1 groups").arg(groups);
  return text;
}

/// A line is a line, as it was typed; a blank one begins a paragraph.
QString markdownOf(const std::string& text) {
  return QString::fromStdString(text).replace("\n", "  \n");
}

}  // namespace

NodeItem::NodeItem(flow::ElementId id, const CanvasStyle& style) : id_(id), style_(style) {
  setFlag(ItemIsSelectable);
  setZValue(2);
  refresh();
}

void NodeItem::refresh() {
  const Component* component = style_.model->find(id_);
  if (component == nullptr) return;
  showSize(gui::sizeOf(*component));
  setPos(style_.model->position(id_));
  if (component->kind == ElementKind::kLabel) setZValue(0);
  const double room = size_.width() - 56 - 36;
  const QFontMetricsF bold(interfaceFont(13, QFont::DemiBold));
  name_ = bold.elidedText(QString::fromStdString(component->name()), Qt::ElideRight, room);
  switch (component->kind) {
    case ElementKind::kProcessor:
      detail_ = QString::fromStdString(component->processor()->type);
      break;
    case ElementKind::kInputPort:
      detail_ = "Input port";
      break;
    case ElementKind::kOutputPort:
      detail_ = "Output port";
      break;
    case ElementKind::kGroup:
      detail_ = contents(*style_.model, id_);
      break;
    case ElementKind::kRemoteGroup:
      detail_ = "Remote group";
      break;
    default:
      detail_.clear();
      break;
  }
  detail_ = QFontMetricsF(interfaceFont(11)).elidedText(detail_, Qt::ElideRight, room);
  QString tip = QString::fromStdString(titleOf(*component));
  const auto problems = style_.problems.find(id_);
  if (problems != style_.problems.end()) {
    for (const QString& problem : problems->second) tip += "\n• " + problem;
  }
  setToolTip(tip);
  update();
}

void NodeItem::showSize(const QSizeF& size) {
  if (size == size_) return;
  prepareGeometryChange();
  size_ = size;
  update();
}

QRectF NodeItem::boundingRect() const {
  // The word above the box (paintMarkLabel) is wider than a funnel.
  const QSizeF with(std::max(size_.width(), kMarkWidth), size_.height());
  return QRectF(QPointF(), with).adjusted(-kMargin, -kMargin, kMargin, kMargin);
}

QPainterPath NodeItem::shape() const {
  QPainterPath path;
  path.addRect(QRectF(QPointF(), size_).adjusted(-4, -4, 4, 4));
  return path;
}

QColor NodeItem::frame() const {
  if (style_.wireTarget == id_ || isSelected()) return style_.theme->accent;
  if (style_.hits.contains(id_))
    return style_.hitsAreWay ? style_.theme->accent : style_.theme->warning;
  if (const auto mark = style_.compared.markOf(id_)) return markColour(*mark, *style_.theme);
  if (style_.hovered == id_) return style_.theme->control;
  return style_.theme->cardLine;
}

void NodeItem::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget*) {
  const Component* component = style_.model->find(id_);
  if (component == nullptr) return;
  const double detail = option->levelOfDetailFromTransform(painter->worldTransform());
  painter->setRenderHint(QPainter::Antialiasing, detail >= kNamesOnly);
  if (!style_.hits.empty() && !style_.hits.contains(id_)) painter->setOpacity(0.35);
  if (component->kind == ElementKind::kLabel) {
    paintNote(*painter, *component, detail);
  } else if (component->kind == ElementKind::kFunnel) {
    paintFunnel(*painter);
  } else {
    paintCard(*painter, *component, detail);
  }
  if (detail >= kFullDetail) paintHandles(*painter, *component);
  if (const auto mark = style_.compared.markOf(id_); mark && detail >= kNamesOnly)
    paintMarkLabel(*painter, *mark, {QPointF(), size_}, *style_.theme);
}

void NodeItem::paintCard(QPainter& painter, const Component& component, double detail) {
  const Theme& theme = *style_.theme;
  const QRectF box(QPointF(), size_);
  const QColor ground = signGround(component, style_);
  if (detail < kNamesOnly) {
    const ComponentStatus* figures = style_.status->component(id_);
    if (figures != nullptr && style_.overlayMost > 0 && style_.overlay != Overlay::kNone) {
      painter.fillRect(
          box, heatColour(theme, overlayValue(style_.overlay, *figures) / style_.overlayMost));
      return;
    }
    painter.setPen(QPen(frame(), 0));
    painter.setBrush(ground);
    painter.drawRect(box);
    return;
  }
  if (detail >= kFullDetail) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.shadow);
    painter.drawRoundedRect(box.translated(0, 2).adjusted(-1, 0, 1, 2), kRadius + 1, kRadius + 1);
  }
  const bool strong = isSelected() || style_.wireTarget == id_ || style_.hits.contains(id_) ||
                      style_.compared.markOf(id_).has_value();
  painter.setPen(QPen(frame(), strong ? 2 : 1));
  painter.setBrush(theme.card);
  painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), kRadius, kRadius);
  if (component.kind == ElementKind::kGroup) {
    // A second edge below: there is more inside.
    painter.drawLine(QPointF(14, box.height() + 3.5),
                     QPointF(box.width() - 14, box.height() + 3.5));
  }
  const bool port = component.port() != nullptr;
  const QRectF sign = port ? QRectF(8, 8, 32, 32) : QRectF(12, 12, 32, 32);
  painter.setPen(Qt::NoPen);
  painter.setBrush(ground);
  painter.drawRoundedRect(sign, 8, 8);
  drawGlyph(painter, signOf(component, style_), sign.adjusted(6, 6, -6, -6), theme.onFamily, 2);
  if (detail >= kFullDetail) {
    paintText(painter, component);
    if (!port) paintCounters(painter, component);
  } else {
    painter.setPen(theme.text);
    painter.setFont(interfaceFont(16, QFont::DemiBold));
    const QRectF text(sign.right() + 10, sign.top(), box.width() - sign.right() - 44,
                      sign.height());
    painter.drawText(
        text, Qt::AlignVCenter | Qt::TextSingleLine,
        QFontMetricsF(painter.font())
            .elidedText(QString::fromStdString(component.name()), Qt::ElideRight, text.width()));
    if (!port) paintRate(painter, component);
  }
  const QPointF lamp(box.width() - 20, port ? 24.0 : 28.0);
  paintLamp(painter, component, lamp);
  const ComponentStatus* status = style_.status->component(id_);
  if (status != nullptr && style_.overlay != Overlay::kNone && style_.overlayMost > 0)
    paintHeat(painter, *status, detail);
  if (detail >= kFullDetail && status != nullptr && style_.status->isLive())
    paintBadges(painter, *status, lamp);
}

void NodeItem::paintText(QPainter& painter, const Component& component) {
  const Theme& theme = *style_.theme;
  const bool port = component.port() != nullptr;
  const double left = port ? 50 : 56;
  const double top = port ? 7 : 11;
  painter.setFont(interfaceFont(13, QFont::DemiBold));
  painter.setPen(theme.text);
  painter.drawText(QRectF(left, top, size_.width() - left - 34, 18), Qt::AlignVCenter, name_);
  painter.setFont(interfaceFont(11));
  painter.setPen(theme.muted);
  painter.drawText(QRectF(left, top + 17, size_.width() - left - 34, 16), Qt::AlignVCenter,
                   detail_);
}

void NodeItem::paintCounters(QPainter& painter, const Component& component) {
  const Theme& theme = *style_.theme;
  const double top = size_.height() - 32;
  painter.setPen(QPen(theme.line, 1));
  painter.drawLine(QPointF(12, top + 0.5), QPointF(size_.width() - 12, top + 0.5));
  const QRectF row(12, top, size_.width() - 24, 32);
  painter.setFont(interfaceFont(11));
  const auto problems = style_.problems.find(id_);
  const ComponentStatus* status = style_.status->component(id_);
  if (lampOf(component, style_) == Lamp::kInvalid && problems != style_.problems.end() &&
      !problems->second.empty()) {
    painter.setPen(theme.error);
    painter.drawText(row, Qt::AlignVCenter,
                     QFontMetricsF(painter.font())
                         .elidedText(problems->second.front(), Qt::ElideRight, row.width()));
    return;
  }
  painter.setPen(theme.muted);
  if (status == nullptr || !style_.status->isLive()) {
    const QString word = component.kind == ElementKind::kGroup
                             ? "Double click to enter"
                             : lampName(lampOf(component, style_));
    painter.drawText(row, Qt::AlignVCenter, word);
    return;
  }
  paintTrail(painter, *status, row);
  const auto part = [&](double x, const QString& label, const QString& value) {
    painter.setPen(theme.muted);
    painter.drawText(QRectF(row.left() + x, row.top(), 40, row.height()), Qt::AlignVCenter, label);
    const double w = QFontMetricsF(painter.font()).horizontalAdvance(label) + 5;
    painter.setPen(theme.text);
    painter.drawText(QRectF(row.left() + x + w, row.top(), 80, row.height()), Qt::AlignVCenter,
                     value);
  };
  part(0, "In", shortCount(status->in));
  part(70, "Out", shortCount(status->out));
  painter.setPen(status->outRate + status->inRate > 0 ? theme.running : theme.muted);
  painter.drawText(row, Qt::AlignVCenter | Qt::AlignRight,
                   shortCount(std::max(status->inRate, status->outRate)) + "/s");
}

void NodeItem::paintNote(QPainter& painter, const Component& component, double detail) {
  const Theme& theme = *style_.theme;
  const QRectF box(QPointF(), size_);
  QColor ground = theme.note;
  QColor ink = theme.onNote;
  if (!component.element().layout.colour.empty()) {
    ground = QColor('#' + QString::fromStdString(component.element().layout.colour));
    const QColor dark("#1A1A1A");
    ink = contrast(ground, dark) >= 4.5 ? dark : QColor("#FFFFFF");
  }
  painter.setPen(QPen(isSelected() ? theme.accent : theme.cardLine, isSelected() ? 2 : 1));
  painter.setBrush(ground);
  painter.drawRoundedRect(box, 6, 6);
  if (detail < kNamesOnly) return;
  if (isSelected() || style_.hovered == id_) {
    // Where the corner can be taken hold of.
    for (const double in : {5.0, 9.0, 13.0})
      painter.drawLine(box.bottomRight() - QPointF(in, 3), box.bottomRight() - QPointF(3, in));
  }
  const double pixels = component.element().layout.fontSize.value_or(13);
  QTextDocument text;
  text.setDefaultFont(interfaceFont(static_cast<int>(std::clamp(pixels, 6.0, 96.0))));
  text.setDocumentMargin(0);
  text.setMarkdown(markdownOf(component.label()->text),
                   {QTextDocument::MarkdownDialectGitHub, QTextDocument::MarkdownNoHTML});
  text.setTextWidth(box.width() - 24);
  QAbstractTextDocumentLayout::PaintContext context;
  context.palette.setColor(QPalette::Text, ink);
  context.palette.setColor(QPalette::Link, ink);
  painter.setClipRect(box);
  painter.translate(12, 10);
  text.documentLayout()->draw(&painter, context);
  painter.translate(-12, -10);
  painter.setClipping(false);
}

void NodeItem::paintFunnel(QPainter& painter) {
  const Theme& theme = *style_.theme;
  const QRectF box(QPointF(), size_);
  painter.setPen(QPen(frame(), isSelected() ? 2 : 1));
  painter.setBrush(theme.card);
  painter.drawEllipse(box.adjusted(1, 1, -1, -1));
  drawGlyph(painter, Glyph::kFunnel, box.adjusted(13, 13, -13, -13), theme.muted, 2);
}

void NodeItem::paintHandles(QPainter& painter, const Component& component) {
  const Theme& theme = *style_.theme;
  const bool near = style_.hovered == id_ || isSelected();
  painter.setPen(QPen(near ? theme.accent : theme.cardLine, 1.5));
  painter.setBrush(theme.card);
  if (hasInput(component) &&
      (component.processor() == nullptr || style_.types->takesInput(component.processor()->type)))
    painter.drawEllipse(inputHandle(size_), 4, 4);
  if (!hasOutput(component)) return;
  painter.setBrush(near ? theme.accent : theme.card);
  painter.drawEllipse(outputHandle(size_), near ? 6 : 4, near ? 6 : 4);
  if (near) {
    painter.setPen(QPen(theme.onAccent, 1.5));
    const QPointF at = outputHandle(size_);
    painter.drawLine(at - QPointF(2.5, 0), at + QPointF(2.5, 0));
    painter.drawLine(at - QPointF(0, 2.5), at + QPointF(0, 2.5));
  }
}

}  // namespace millrace::gui
