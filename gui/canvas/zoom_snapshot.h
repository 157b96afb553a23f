// SPDX-License-Identifier: Apache-2.0
#pragma once
// ZoomSnapshot: a picture of the canvas, shown scaled while somebody zooms, so that a frame costs
// the same whatever is in it. When it is scaled far, the next one is painted beside it, a strip
// with each step of the gesture. Promise: kSettleMillis after the last step the canvas becomes
// sharp, from the top, a strip in each frame; then the picture is given up.
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
  static constexpr int kStripMillis = 16;
  static constexpr int kStrips = 6;    ///< of one picture
  static constexpr double kFar = 1.7;  ///< times: from there on the next one is painted

  /// `sharp` hears of each strip that is to be painted as it is now.
  explicit ZoomSnapshot(std::function<void(const QRect& strip)> sharp);

  bool isActive() const { return !picture_.isNull(); }
  /// `painted` is the viewport as it was under `sceneToViewport`.
  void take(QPixmap painted, const QTransform& sceneToViewport);
  /// The gesture goes on: not settled yet, and nothing is sharp any more.
  void keep();
  void drop();
  /// The painter has the viewport's coordinates.
  void paint(QPainter& painter, const QTransform& sceneToViewport) const;
  /// What of the viewport is painted as it is, above the rest; empty while the gesture lasts.
  QRect sharpPart() const;

  using PaintStrip =
      std::function<void(QPainter&, const QTransform& sceneToViewport, const QRect& strip)>;
  /// One more strip of the next picture, if one is wanted at this zoom: the first as the canvas is
  /// now, the others at the same place. With the last one it takes the old one's place.
  void makeNext(const QTransform& sceneToViewport, const PaintStrip& paintStrip);

 private:
  QRect strip(int number) const;
  void sharpen();

  QPixmap picture_;
  QTransform at_;
  QPixmap next_;  ///< null: none is being painted
  QTransform nextAt_;
  int nextStrips_ = 0;  ///< that are painted
  int sharpStrips_ = 0;
  QTimer settle_;
  QTimer sharpen_;
  std::function<void(const QRect&)> sharp_;
};

}  // namespace millrace::gui
