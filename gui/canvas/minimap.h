// SPDX-License-Identifier: Apache-2.0
#pragma once
// Minimap: the whole group in a corner, with a frame around what the view shows. Pressing or
// dragging moves the view. Painted by the same code as the far overview.

#include <QPixmap>
#include <QTimer>
#include <QTransform>
#include <QWidget>

namespace millrace::gui {

class FlowView;

class Minimap : public QWidget {
 public:
  /// Lies over the view's lower right corner and follows it. It is a child of the viewport, not of
  /// the view: over a sibling Qt repaints all of a scrolled canvas instead of moving its pixels.
  explicit Minimap(FlowView& view);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QTransform toScene() const;
  void place();
  bool isInTheWay() const;
  void go(QPointF at);
  void paintMap(const QTransform& toMap);

  FlowView& view_;
  QPixmap map_;  ///< the flow as it is; only the frame of what is shown moves over it
  QTransform mapped_;
  quint64 version_ = 0;
  QTimer figures_;  ///< the map may be as old as the report before until it rings
};

}  // namespace millrace::gui
