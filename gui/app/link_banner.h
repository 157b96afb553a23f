// SPDX-License-Identifier: Apache-2.0
#pragma once
// What Studio says of its line to the server: the banner over the canvas that says what keeps it
// away, and a few words for the status line. Threads: the GUI thread.

#include "gui/net/live_link.h"
#include "gui/theme/theme.h"

#include <QFrame>

class QLabel;

namespace millrace::gui {

/// Lies at the top of the canvas while the line is down or the server refuses the edits.
class LinkBanner : public QFrame {
 public:
  /// Both must outlive the banner.
  LinkBanner(LiveLink& link, QWidget* over);
  void setTheme(const Theme& theme);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void refresh();

  LiveLink& link_;
  QLabel* text_;
};

/// "Live", "Connecting…" or what is wrong, in a few words.
QString linkWords(const LiveLink& link);

}  // namespace millrace::gui
