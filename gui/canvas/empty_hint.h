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
  /// Says this in the place of what to do first; two empty texts: what to do first.
  void say(const QString& title, const QString& words);

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void refresh();

  FlowView& view_;
  QWidget& quickAdd_;
  QString title_;
  QString words_;
};

}  // namespace millrace::gui
