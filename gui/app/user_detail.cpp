// SPDX-License-Identifier: Apache-2.0
#include "gui/app/user_detail.h"

#include "gui/app/data_table.h"
#include "gui/model/status_store.h"
#include "gui/theme/fields.h"
#include "gui/theme/theme.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QClipboard>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace millrace::gui {

using flow::ElementId;

namespace {

constexpr int kFieldHeight = 30;
constexpr int kFieldWidth = 240;

QLineEdit* field(QWidget* parent, const char* name, const QString& words) {
  auto* made = new QLineEdit(parent);  // owned by its row
  made->setObjectName(name);
  made->setAccessibleName(words);
  made->setMinimumHeight(kFieldHeight);
  return made;
}

QPushButton* button(QWidget* parent, const char* name, const char* words) {
  auto* made = new QPushButton(words, parent);  // owned by its row
  made->setObjectName(name);
  return made;
}

}  // namespace

const QStringList& roleNames() {
  static const QStringList kNames{"none", "view", "operate", "modify", "admin"};
  return kNames;
}

UserDetail::UserDetail(const FlowModel& model, UserStore& store, Acts acts, QWidget* parent)
    : QWidget(parent), model_(model), store_(store), acts_(std::move(acts)) {
  setObjectName("userDetail");
  auto* column = new QVBoxLayout(this);  // owned by the widget, as all below
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(kUnit);
  column->addWidget(makeLogin());
  column->addWidget(makeGroups(), 1);
  column->addWidget(makeTokens());
  connect(&store, &UserStore::changed, this, [this] { refresh(); });
  connect(&model, &FlowModel::wasReset, this, [this] { refresh(); });
  hideToken();
  refresh();
}

QWidget* UserDetail::makeLogin() {
  auto* box = new QWidget(this);
  auto* grid = new QGridLayout(box);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setSpacing(kUnit);
  role_ = new ChoiceBox(box);
  role_->setObjectName("userRole");
  role_->setAccessibleName("Role over the whole flow");
  role_->addItems(roleNames());
  password_ = field(box, "userPassword", "New password of the user");
  password_->setEchoMode(QLineEdit::Password);
  password_->setPlaceholderText("New password");
  setPassword_ = button(box, "userSetPassword", "Set the password");
  certificate_ = field(box, "userCertificate", "Subject of the user's certificate");
  certificate_->setPlaceholderText("Subject of a certificate: CN=…");
  setCertificate_ = button(box, "userSetCertificate", "Set the certificate");
  const auto row = [&](int at, const char* words, QWidget* what, QWidget* then) {
    grid->addWidget(new QLabel(words, box), at, 0);
    grid->addWidget(what, at, 1);
    if (then != nullptr) grid->addWidget(then, at, 2);
    what->setMinimumWidth(kFieldWidth);
  };
  row(0, "Role over the whole flow", role_, nullptr);
  row(1, "Password", password_, setPassword_);
  row(2, "Certificate", certificate_, setCertificate_);
  grid->setColumnStretch(3, 1);
  connect(role_, &QComboBox::textActivated, this,
          [this](const QString& role) { changeRole(role); });
  connect(password_, &QLineEdit::returnPressed, this, [this] { changePassword(); });
  connect(setPassword_, &QPushButton::clicked, this, [this] { changePassword(); });
  connect(certificate_, &QLineEdit::returnPressed, this, [this] { changeCertificate(); });
  connect(setCertificate_, &QPushButton::clicked, this, [this] { changeCertificate(); });
  return box;
}

QWidget* UserDetail::makeGroups() {
  auto* box = new QWidget(this);
  auto* column = new QVBoxLayout(box);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(kUnit);
  groups_ =
      makeDataTable("userGroups", "Roles in groups", {"In the group, and below it", "Role"}, box);
  groups_->setColumnWidth(0, 320);
  column->addWidget(groups_, 1);
  auto* row = new QHBoxLayout;
  row->setSpacing(kUnit);
  group_ = new ChoiceBox(box);
  group_->setObjectName("userGroup");
  group_->setAccessibleName("A group to give a role in");
  group_->setMinimumWidth(kFieldWidth);
  groupRole_ = new ChoiceBox(box);
  groupRole_->setObjectName("userGroupRole");
  groupRole_->setAccessibleName("The role in that group");
  groupRole_->addItems(roleNames().mid(1));
  grant_ = button(box, "userGrant", "Give the role");
  takeAway_ = button(box, "userTakeAway", "Take it away");
  row->addWidget(group_, 1);
  row->addWidget(groupRole_);
  row->addWidget(grant_);
  row->addWidget(takeAway_);
  column->addLayout(row);
  connect(grant_, &QPushButton::clicked, this, [this] { grant(); });
  connect(takeAway_, &QPushButton::clicked, this, [this] { takeAway(); });
  return box;
}

QWidget* UserDetail::makeTokens() {
  auto* box = new QWidget(this);
  auto* row = new QHBoxLayout(box);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(kUnit);
  tokens_ = new QLabel(box);
  tokens_->setObjectName("userTokens");
  issue_ = button(box, "userIssueToken", "New token");
  end_ = button(box, "userEndTokens", "End all…");
  token_ = field(box, "userToken", "The new token, which is shown this once");
  token_->setReadOnly(true);
  copy_ = button(box, "userCopyToken", "Copy");
  row->addWidget(tokens_);
  row->addWidget(issue_);
  row->addWidget(end_);
  row->addWidget(token_, 1);
  row->addWidget(copy_);
  row->addStretch();
  connect(issue_, &QPushButton::clicked, this, [this] { issueToken(); });
  connect(end_, &QPushButton::clicked, this, [this] { endTokens(); });
  connect(copy_, &QPushButton::clicked, this, [this] {
    QApplication::clipboard()->setText(token_->text());
    acts_.tell("The token is on the clipboard");
  });
  return box;
}

void UserDetail::show(const QString& user) {
  if (user == name_) return;
  name_ = user;
  password_->clear();
  certificate_->setModified(false);
  hideToken();
  refresh();
}

void UserDetail::refresh() {
  const QJsonObject user = store_.find(name_);
  const bool some = !user.isEmpty();
  for (QWidget* each : std::initializer_list<QWidget*>{role_, password_, setPassword_, certificate_,
                                                       setCertificate_, issue_})
    each->setEnabled(some);
  // An open list of roles is not changed under the pointer.
  if (!role_->view()->isVisible())
    role_->setCurrentIndex(static_cast<int>(roleNames().indexOf(user["role"].toString())));
  if (!certificate_->isModified()) certificate_->setText(user["certificate"].toString());
  password_->setPlaceholderText(!some || user["hasPassword"].toBool() ? "New password"
                                                                      : "No password yet");
  const int tokens = user["tokens"].toInt();
  tokens_->setText(tokens == 1 ? QString("1 token") : QString("%1 tokens").arg(tokens));
  end_->setEnabled(tokens > 0);
  fillGroups(user["groups"].toObject());
  fillGroupChoice(some);
}

QString UserDetail::groupWords(const QString& id) const {
  const auto known = idFromJson(id);
  const Component* group = known ? model_.find(*known) : nullptr;
  return group == nullptr ? "no group of this flow: " + id : inQt(model_.pathOf(*known));
}

void UserDetail::fillGroups(const QJsonObject& groups) {
  std::vector<std::pair<QString, QString>> rows;  // words, id
  for (auto at = groups.begin(); at != groups.end(); ++at)
    rows.emplace_back(groupWords(at.key()), at.key());
  std::sort(rows.begin(), rows.end());
  groupIds_.clear();
  groups_->setRowCount(static_cast<int>(rows.size()));
  for (const auto& [words, id] : rows) {
    fillRow(*groups_, static_cast<int>(groupIds_.size()), {words, groups[id].toString()});
    groupIds_ << id;
  }
  if (groups_->currentRow() < 0 && !rows.empty()) groups_->setCurrentCell(0, 0);
  takeAway_->setEnabled(!rows.empty());
}

void UserDetail::fillGroupChoice(bool some) {
  if (group_->view()->isVisible()) return;
  std::vector<std::pair<QString, QString>> all;
  for (const auto& [id, component] : model_.components()) {
    if (id != kRootGroup && component.kind == flow::ElementKind::kGroup)
      all.emplace_back(inQt(model_.pathOf(id)), idToJson(id));
  }
  std::sort(all.begin(), all.end());
  const QString chosen = group_->currentData().toString();
  group_->clear();
  for (const auto& [words, id] : all) group_->addItem(words, id);
  const int there = group_->findData(chosen);
  if (there >= 0) group_->setCurrentIndex(there);
  for (QWidget* each : std::initializer_list<QWidget*>{group_, groupRole_, grant_})
    each->setEnabled(some && !all.empty());
}

void UserDetail::change(const QJsonObject& wish, const QString& said) {
  store_.set(name_, wish, [this, said, name = name_](const ApiAnswer& answer) {
    acts_.tell(answer.ok() ? said : "“" + name + "” was not changed: " + answer.error);
  });
}

void UserDetail::changeRole(const QString& role) {
  const QString before = store_.find(name_)["role"].toString();
  if (role == before) return;
  const bool own = name_ == store_.link().user();
  if (own && !acts_.confirm("You are “" + name_ + "”. Make yourself " + role +
                            "? Only another administrator can take that back."))
    return refresh();
  change({{"role", role}}, "“" + name_ + "” has the role " + role + " now");
}

void UserDetail::changePassword() {
  const QString password = password_->text();
  if (password.isEmpty()) return password_->setFocus();
  const bool own = name_ == store_.link().user();
  if (own && !acts_.confirm("You are “" + name_ +
                            "”: with a new password all your tokens end, and you sign in again."))
    return;
  password_->clear();  // it is kept nowhere
  change({{"password", password}}, "“" + name_ + "” has a new password; all tokens ended");
}

void UserDetail::changeCertificate() {
  const QString subject = certificate_->text().trimmed();
  certificate_->setModified(false);
  change({{"certificate", subject.isEmpty() ? QJsonValue() : QJsonValue(subject)}},
         subject.isEmpty() ? "“" + name_ + "” has no certificate any more"
                           : "“" + name_ + "” comes in with the certificate " + subject);
}

void UserDetail::grant() {
  QJsonObject groups = store_.find(name_)["groups"].toObject();
  groups[group_->currentData().toString()] = groupRole_->currentText();
  change({{"groups", groups}}, "“" + name_ + "” has the role " + groupRole_->currentText() +
                                   " in " + group_->currentText());
}

void UserDetail::takeAway() {
  const int row = groups_->currentRow();
  if (row < 0 || row >= groupIds_.size()) return;
  QJsonObject groups = store_.find(name_)["groups"].toObject();
  const QString words = groups_->item(row, 0)->text();
  groups.remove(groupIds_[row]);
  change({{"groups", groups}},
         "“" + name_ + "” has no role of their own in " + words + " any more");
}

void UserDetail::issueToken() {
  store_.issueToken(name_, [self = QPointer(this), name = name_](const ApiAnswer& answer) {
    if (self.isNull()) return;
    const QString token = answer.json()["token"].toString();
    if (!answer.ok() || token.isEmpty())
      return self->acts_.tell("There is no new token: " + answer.error);
    if (name != self->name_)
      return self->acts_.tell(
          "The new token of “" + name +
          "” is not shown: another user was chosen. End it, and make another one");
    self->token_->setText(token);
    self->token_->setCursorPosition(0);
    for (QWidget* each : std::initializer_list<QWidget*>{self->token_, self->copy_})
      each->setVisible(true);
    self->token_->setFocus();
    self->token_->selectAll();
    const double hours = answer.json()["seconds"].toDouble() / 3600;
    self->acts_.tell(QString("The new token of “%1” is shown this once, and good for %2 hours")
                         .arg(name)
                         .arg(hours, 0, 'f', 0));
  });
}

void UserDetail::endTokens() {
  const bool own = name_ == store_.link().user();
  if (!acts_.confirm("End all tokens of “" + name_ + "”? Programs that use one are refused from " +
                     "then on; the password stays." + (own ? " You sign in again, too." : "")))
    return;
  hideToken();
  store_.endTokens(name_, [this, name = name_](const ApiAnswer& answer) {
    acts_.tell(answer.ok()
                   ? QString("Ended %1 of “%2”").arg(answer.json()["ended"].toInt()).arg(name)
                   : "No token was ended: " + answer.error);
  });
}

void UserDetail::hideToken() {
  token_->clear();
  for (QWidget* each : std::initializer_list<QWidget*>{token_, copy_}) each->setVisible(false);
}

}  // namespace millrace::gui
