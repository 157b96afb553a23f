// SPDX-License-Identifier: Apache-2.0
#pragma once
// OverlayLegend: what the colours of the overlay mean, at the lower left of the canvas; hidden
// while there is none. Threads: the GUI thread.

#include <QWidget>

namespace millrace::gui {

class FlowView;

class OverlayLegend : public QWidget {
 public:
  explicit OverlayLegend(FlowView& view);
  /// The overlay's name and its greatest value, as it is painted.
  QString words() const;

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void refresh();

  FlowView& view_;
};

}  // namespace millrace::gui
