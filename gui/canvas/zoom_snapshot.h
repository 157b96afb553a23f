// SPDX-License-Identifier: Apache-2.0
#pragma once
// ZoomSnapshot: the last sharp picture of the canvas, shown scaled while somebody zooms, so that a
// frame costs the same whatever is in it. Promise: it is given up kSettleMillis after the last
// step of the gesture (the owner paints sharp then), and when it would be scaled too far.
// Threads: the GUI thread.

#include <QPixmap>
#include <QTimer>
#include <QTransform>
#include <functional>

class QPainter;

namespace millrace::gui {

class ZoomSnapshot {
 public:
  static constexpr int kSettleMillis = 80;
  static constexpr double kFarthest = 3;  ///< times larger or smaller than it was painted

  /// `settled` is called when the gesture is over; the snapshot is gone by then.
  explicit ZoomSnapshot(std::function<void()> settled);

  bool isActive() const { return !picture_.isNull(); }
  /// Whether it can stand for the canvas at this zoom.
  bool fits(double zoom) const;
  /// `painted` is the viewport as it was under `sceneToViewport`.
  void take(QPixmap painted, const QTransform& sceneToViewport);
  /// The gesture goes on: not settled yet.
  void keep() { settle_.start(); }
  void drop();
  /// The painter has the viewport's coordinates.
  void paint(QPainter& painter, const QTransform& sceneToViewport) const;

 private:
  QPixmap picture_;
  QTransform at_;
  QTimer settle_;
};

}  // namespace millrace::gui
