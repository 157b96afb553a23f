// SPDX-License-Identifier: Apache-2.0
#pragma once
// EmptyHint: what to do first, in the middle of a canvas on which nothing stands yet. It gives way
// while something is being added. Threads: the GUI thread.

#include <QWidget>

namespace millrace::gui {

class FlowView;

class EmptyHint : public QWidget {
 public:
  /// `quickAdd`: what it gives way to. Both must outlive the hint.
  EmptyHint(FlowView& view, QWidget& quickAdd);

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void refresh();

  FlowView& view_;
  QWidget& quickAdd_;
};

}  // namespace millrace::gui
