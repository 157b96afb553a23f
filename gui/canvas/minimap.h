// SPDX-License-Identifier: Apache-2.0
#pragma once
// Minimap: the whole group in a corner, with a frame around what the view shows. Pressing or
// dragging moves the view. Painted by the same code as the far overview.

#include <QWidget>

namespace millrace::gui {

class FlowView;

class Minimap : public QWidget {
 public:
  /// Lies over the view's lower right corner and follows it.
  explicit Minimap(FlowView& view);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QTransform toScene() const;
  void place();
  void go(QPointF at);

  FlowView& view_;
};

}  // namespace millrace::gui
