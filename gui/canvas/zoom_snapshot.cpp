// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/zoom_snapshot.h"

#include <QPainter>
#include <utility>

namespace millrace::gui {

ZoomSnapshot::ZoomSnapshot(std::function<void(const QRect& strip)> sharp)
    : sharp_(std::move(sharp)) {
  settle_.setSingleShot(true);
  settle_.setInterval(kSettleMillis);
  QObject::connect(&settle_, &QTimer::timeout, &settle_, [this] {
    next_ = {};
    sharpen_.start();
    sharpen();
  });
  sharpen_.setInterval(kStripMillis);
  QObject::connect(&sharpen_, &QTimer::timeout, &sharpen_, [this] { sharpen(); });
}

void ZoomSnapshot::take(QPixmap painted, const QTransform& sceneToViewport) {
  picture_ = std::move(painted);
  at_ = sceneToViewport;
}

void ZoomSnapshot::keep() {
  sharpen_.stop();
  sharpStrips_ = 0;
  settle_.start();
}

void ZoomSnapshot::drop() {
  settle_.stop();
  sharpen_.stop();
  picture_ = {};
  next_ = {};
  sharpStrips_ = 0;
}

QRect ZoomSnapshot::strip(int number) const {
  const QSize size = picture_.deviceIndependentSize().toSize();
  const int top = size.height() * number / kStrips;
  return {0, top, size.width(), size.height() * (number + 1) / kStrips - top};
}

QRect ZoomSnapshot::sharpPart() const {
  return sharpStrips_ == 0 ? QRect() : strip(0).united(strip(sharpStrips_ - 1));
}

void ZoomSnapshot::sharpen() {
  const QRect one = strip(sharpStrips_);
  if (++sharpStrips_ == kStrips) drop();
  sharp_(one);
}

void ZoomSnapshot::makeNext(const QTransform& sceneToViewport, const PaintStrip& paintStrip) {
  if (next_.isNull()) {
    const double times = sceneToViewport.m11() / at_.m11();
    if (times < kFar && times > 1 / kFar) return;
    next_ = QPixmap(picture_.size());
    next_.setDevicePixelRatio(picture_.devicePixelRatio());
    nextAt_ = sceneToViewport;
    nextStrips_ = 0;
  }
  {
    const QRect one = strip(nextStrips_++);
    QPainter painter(&next_);
    painter.setClipRect(one);
    paintStrip(painter, nextAt_, one);
  }
  if (nextStrips_ < kStrips) return;
  picture_ = std::exchange(next_, {});
  at_ = nextAt_;
}

void ZoomSnapshot::paint(QPainter& painter, const QTransform& sceneToViewport) const {
  painter.save();
  painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
  painter.setTransform(at_.inverted() * sceneToViewport);
  painter.drawPixmap(0, 0, picture_);
  painter.restore();
}

}  // namespace millrace::gui
