// SPDX-License-Identifier: Apache-2.0
#pragma once
// SignInBar: at the top of the window, while a server wants to know who is there: a name and a
// password. The name is remembered for that server, the password and the token never are.
// Threads: the GUI thread; the answer comes later.

#include "gui/net/live_link.h"

#include <QFrame>

class QLabel;
class QLineEdit;
class QPushButton;

namespace millrace::gui {

class SignInBar : public QFrame {
 public:
  /// The link must outlive the bar.
  SignInBar(LiveLink& link, QWidget* over);

 private:
  void ask();
  void signIn();
  void place();

  LiveLink& link_;
  QLabel* text_;
  QLineEdit* user_;
  QLineEdit* password_;
  QPushButton* go_;
};

}  // namespace millrace::gui
