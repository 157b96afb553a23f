// SPDX-License-Identifier: Apache-2.0
#pragma once
// UserDetail: what one user of the server may do, and how they come in: role, roles in groups,
// password, certificate, tokens. Everything that is changed goes to the server at once; what it
// refuses is shown as it was. Threads: the GUI thread; answers come later.

#include "gui/model/flow_model.h"
#include "gui/net/user_store.h"

#include <QWidget>
#include <functional>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTableWidget;

namespace millrace::gui {

/// `none`, `view`, `operate`, `modify`, `admin`, as the server names them.
const QStringList& roleNames();

class UserDetail : public QWidget {
 public:
  struct Acts {
    std::function<bool(const QString& question)> confirm;
    std::function<void(const QString& text)> tell;
  };

  /// Model and store must outlive the widget.
  UserDetail(const FlowModel& model, UserStore& store, Acts acts, QWidget* parent);

  /// Empty: nobody.
  void show(const QString& user);
  const QString& user() const { return name_; }

 private:
  QWidget* makeLogin();
  QWidget* makeGroups();
  QWidget* makeTokens();
  void refresh();
  void fillGroups(const QJsonObject& groups);
  void fillGroupChoice(bool some);
  QString groupWords(const QString& id) const;
  void change(const QJsonObject& wish, const QString& said);
  void changeRole(const QString& role);
  void changePassword();
  void changeCertificate();
  void grant();
  void takeAway();
  void issueToken();
  void endTokens();
  void hideToken();

  const FlowModel& model_;
  UserStore& store_;
  Acts acts_;
  QString name_;
  QStringList groupIds_;  ///< of the rows
  QComboBox* role_;
  QLineEdit* password_;
  QPushButton* setPassword_;
  QLineEdit* certificate_;
  QPushButton* setCertificate_;
  QTableWidget* groups_;
  QComboBox* group_;
  QComboBox* groupRole_;
  QPushButton* grant_;
  QPushButton* takeAway_;
  QLabel* tokens_;
  QPushButton* issue_;
  QPushButton* end_;
  QLineEdit* token_;
  QPushButton* copy_;
};

}  // namespace millrace::gui
