// SPDX-License-Identifier: Apache-2.0
// How FlowView paints: sharp, from afar, and while somebody zooms.

#include "gui/canvas/flow_view.h"

#include <QPaintEvent>
#include <QPainter>
#include <QStyleOptionGraphicsItem>
#include <algorithm>
#include <utility>

namespace millrace::gui {

// Before a step of a zooming gesture: what is sharp now is kept, and when it is scaled far another
// picture is painted, some of it in each step.
void FlowView::keepPicture(double factor) {
  const double target = std::clamp(zoom() * factor, kLeastZoom, kMostZoom);
  pictureItems_ = 0;
  if (target < kOverview) return snapshot_.drop();  // painted sharp at no cost
  if (snapshot_.isActive()) {
    if (zoom() >= kOverview)
      snapshot_.makeNext(viewportTransform(),
                         [this](QPainter& painter, const QTransform& at, const QRect& strip) {
                           pictureItems_ += paintPiece(painter, at, strip);
                         });
  } else {
    const double ratio = viewport()->devicePixelRatioF();
    QPixmap picture(viewport()->size() * ratio);
    picture.setDevicePixelRatio(ratio);
    viewport()->render(&picture, {}, {}, QWidget::DrawWindowBackground);
    snapshot_.take(std::move(picture), viewportTransform());
  }
  snapshot_.keep();
}

// Without Qt's pictures of the items: those are for the zoom that is on the screen.
int FlowView::paintPiece(QPainter& painter, const QTransform& at, const QRect& strip) {
  const QRectF shown = at.inverted().mapRect(QRectF(strip));
  painter.setTransform(at);
  drawBackground(&painter, shown);
  const auto items = scene_.items(shown, Qt::IntersectsItemBoundingRect, Qt::AscendingOrder);
  QStyleOptionGraphicsItem option;
  for (QGraphicsItem* item : items) {
    painter.save();
    painter.setTransform(item->sceneTransform() * at);
    option.exposedRect = item->mapRectFromScene(shown);
    item->paint(&painter, &option, viewport());
    painter.restore();
  }
  painter.setTransform(at);
  drawForeground(&painter, shown);
  return static_cast<int>(items.size());
}

void FlowView::endPicture() {
  snapshot_.drop();
  viewport()->update();
}

// Qt paints all items in the rectangle around what is exposed. A scrolled canvas exposes strips at
// two sides, around which lies all of it: so each strip is painted by itself.
void FlowView::paintStrips(QPaintEvent& event) {
  const QRegion& region = event.region();
  const QRect around = region.boundingRect();
  qint64 area = 0;
  for (const QRect& strip : region) area += qint64{strip.width()} * strip.height();
  constexpr int kMostStrips = 12;
  if (region.rectCount() < 2 || region.rectCount() > kMostStrips ||
      2 * area > qint64{around.width()} * around.height())
    return QGraphicsView::paintEvent(&event);
  QPainter painter(viewport());
  painter.setRenderHints(renderHints());
  for (const QRect& strip : region) {
    painter.save();
    painter.setClipRect(strip);
    render(&painter, strip, strip, Qt::IgnoreAspectRatio);
    painter.restore();
  }
}

void FlowView::paintEvent(QPaintEvent* event) {
  const bool far = zoom() < kOverview;
  const QRegion sharp = far                    ? QRegion()
                        : snapshot_.isActive() ? event->region() & snapshot_.sharpPart()
                                               : event->region();
  if (!sharp.isEmpty()) {
    overview_ = {};
    if (std::exchange(itemsStale_, false))
      figures_.show(mapToScene(viewport()->rect()).boundingRect());
    QPaintEvent part(sharp);
    paintStrips(part);
  }
  // Around what is sharp; boxes reach out of their strip.
  const QRegion rest = event->region() - sharp;
  if (rest.isEmpty()) return;
  QPainter painter(viewport());
  painter.setClipRegion(rest);
  painter.fillRect(viewport()->rect(), scene_.style().theme->canvas);
  painter.setTransform(viewportTransform());
  // Of a scrolled canvas only the strip that came into sight.
  const QRectF shown = mapToScene(rest.boundingRect().adjusted(-2, -2, 2, 2)).boundingRect();
  const double width = viewport()->width() / zoom();
  overview_ = paintOverview(painter, scene_, shown, std::max(width, 4000.0));
  if (far || !snapshot_.isActive()) return;
  // The boxes stay as a hint around the picture where it does not reach.
  painter.resetTransform();
  snapshot_.paint(painter, viewportTransform());
}

void FlowView::showStatus() {
  if (zoom() < kOverview || snapshot_.isActive()) {
    itemsStale_ = true;  // none of them is seen, or not as it is
    figures_.stop();
    if (!snapshot_.isActive()) viewport()->update();
    return;
  }
  itemsStale_ = false;
  figures_.show(mapToScene(viewport()->rect()).boundingRect());
}

}  // namespace millrace::gui
