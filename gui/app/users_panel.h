// SPDX-License-Identifier: Apache-2.0
#pragma once
// UsersPanel: the users of the server, for its administrators: who there is, adding one, what each
// may do and how they come in (UserDetail), removing one. It is read every few seconds while it is
// seen. Threads: the GUI thread; answers come later.

#include "gui/app/user_detail.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTableWidget;

namespace millrace::gui {

class UsersPanel : public QWidget {
 public:
  /// Model and link must outlive the panel.
  UsersPanel(const FlowModel& model, LiveLink& link, UserDetail::Acts acts, QWidget* parent);

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  QWidget* makeHead();
  void refresh();
  QString emptyWords() const;
  void add();
  void remove();

  LiveLink& link_;
  UserDetail::Acts acts_;
  UserStore* store_;
  bool filling_ = false;
  QString chosen_;
  QLabel* title_;
  QLabel* empty_;
  QLineEdit* name_;
  QLineEdit* password_;
  QComboBox* role_;
  QPushButton* add_;
  QPushButton* remove_;
  QStackedWidget* pages_;
  QTableWidget* table_;
  UserDetail* detail_;
};

}  // namespace millrace::gui
