// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/zoom_snapshot.h"

#include <QPainter>

namespace millrace::gui {

ZoomSnapshot::ZoomSnapshot(std::function<void()> settled) {
  settle_.setSingleShot(true);
  settle_.setInterval(kSettleMillis);
  QObject::connect(&settle_, &QTimer::timeout, &settle_, [this, settled = std::move(settled)] {
    drop();
    settled();
  });
}

bool ZoomSnapshot::fits(double zoom) const {
  const double times = zoom / at_.m11();
  return isActive() && times < kFarthest && times > 1 / kFarthest;
}

void ZoomSnapshot::take(QPixmap painted, const QTransform& sceneToViewport) {
  picture_ = std::move(painted);
  at_ = sceneToViewport;
}

void ZoomSnapshot::drop() {
  settle_.stop();
  picture_ = {};
}

void ZoomSnapshot::paint(QPainter& painter, const QTransform& sceneToViewport) const {
  painter.save();
  painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
  painter.setTransform(at_.inverted() * sceneToViewport);
  painter.drawPixmap(0, 0, picture_);
  painter.restore();
}

}  // namespace millrace::gui
