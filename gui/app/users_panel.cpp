// SPDX-License-Identifier: Apache-2.0
#include "gui/app/users_panel.h"

#include "gui/app/data_table.h"
#include "gui/theme/fields.h"
#include "gui/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableWidget>
#include <QVBoxLayout>

namespace millrace::gui {
namespace {

constexpr const char* kNobodyYet =
    "This server asks nobody who they are: every request is an administrator's.\n\n"
    "Add the first user above. It must be an administrator; from then on the server asks "
    "everybody, "
    "you too.";

QString loginWords(const QJsonObject& user) {
  QStringList ways;
  if (user["hasPassword"].toBool()) ways << "password";
  if (!user["certificate"].toString().isEmpty()) ways << "certificate";
  return ways.join(", ");
}

QString groupsWords(const QJsonObject& user) {
  const auto count = user["groups"].toObject().size();
  return count == 0   ? QString()
         : count == 1 ? QString("in 1 group")
                      : QString("in %1 groups").arg(count);
}

}  // namespace

UsersPanel::UsersPanel(const FlowModel& model, LiveLink& link, UserDetail::Acts acts,
                       QWidget* parent)
    : QWidget(parent), link_(link), acts_(std::move(acts)), store_(new UserStore(link, this)) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  layout->setSpacing(kUnit);
  layout->addWidget(makeHead());
  pages_ = new QStackedWidget(this);
  empty_ = new QLabel(pages_);
  empty_->setObjectName("usersEmpty");
  empty_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  empty_->setWordWrap(true);
  auto* halves = new QSplitter(Qt::Horizontal, pages_);
  halves->setChildrenCollapsible(false);
  table_ = makeDataTable("users", "Users", {"User", "Role", "Groups", "Comes in with", "Tokens"},
                         halves);
  for (const auto& [at, width] : {std::pair{0, 144}, {1, 88}, {2, 112}, {3, 160}})
    table_->setColumnWidth(at, width);
  detail_ = new UserDetail(model, *store_, acts_, halves);
  halves->addWidget(table_);
  halves->addWidget(detail_);
  halves->setSizes({600, 680});
  pages_->addWidget(empty_);
  pages_->addWidget(halves);
  layout->addWidget(pages_, 1);
  connect(store_, &UserStore::changed, this, [this] { refresh(); });
  connect(table_, &QTableWidget::currentCellChanged, this, [this](int row) {
    if (filling_ || row < 0) return;
    chosen_ = table_->item(row, 0)->text();
    detail_->show(chosen_);
  });
  refresh();
}

QWidget* UsersPanel::makeHead() {
  auto* head = new QWidget(this);
  auto* row = new QHBoxLayout(head);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(kUnit);
  title_ = new QLabel(head);
  title_->setObjectName("usersTitle");
  const auto field = [&](const char* name, const QString& words) {
    auto* made = new QLineEdit(head);
    made->setObjectName(name);
    made->setAccessibleName(words);
    made->setPlaceholderText(words);
    made->setFixedWidth(160);
    made->setMinimumHeight(30);
    return made;
  };
  name_ = field("newUser", "New user");
  password_ = field("newUserPassword", "Password");
  password_->setAccessibleName("Password of the new user");
  password_->setEchoMode(QLineEdit::Password);
  role_ = new ChoiceBox(head);
  role_->setObjectName("newUserRole");
  role_->setAccessibleName("Role of the new user");
  role_->addItems(roleNames());
  role_->setCurrentText("view");
  add_ = new QPushButton("Add", head);
  add_->setObjectName("userAdd");
  remove_ = new QPushButton("Remove…", head);
  remove_->setObjectName("userRemove");
  row->addWidget(title_, 1);
  for (QWidget* each : std::initializer_list<QWidget*>{name_, password_, role_, add_, remove_})
    row->addWidget(each);
  connect(name_, &QLineEdit::returnPressed, password_, qOverload<>(&QWidget::setFocus));
  connect(password_, &QLineEdit::returnPressed, this, [this] { add(); });
  connect(add_, &QPushButton::clicked, this, [this] { add(); });
  connect(remove_, &QPushButton::clicked, this, [this] { remove(); });
  return head;
}

void UsersPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  store_->watch(true);
}

void UsersPanel::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  store_->watch(false);
}

QString UsersPanel::emptyWords() const {
  if (link_.state() != LinkState::kLive)
    return link_.asksWho() ? "Sign in first." : "There is no server to ask.";
  if (!link_.isRemote())
    return "Studio's own server serves nobody else and has no users. Connect to a server to see "
           "its users.";
  if (store_->isForOthers())
    return "The users are an administrator's business; you are “" + link_.user() + "”.";
  if (!store_->trouble().isEmpty()) return "The users cannot be read: " + store_->trouble();
  return store_->isThere() ? QString(kNobodyYet) : QString("Reading…");
}

void UsersPanel::refresh() {
  const QJsonArray& users = store_->users();
  const bool some = store_->isThere() && !users.isEmpty();
  pages_->setCurrentIndex(some ? 1 : 0);
  if (!some) empty_->setText(emptyWords());
  title_->setText(!some               ? QString("Users")
                  : users.size() == 1 ? QString("1 user")
                                      : QString("%1 users").arg(users.size()));
  for (QWidget* each : std::initializer_list<QWidget*>{name_, password_, role_, add_})
    each->setEnabled(store_->isThere());
  // The first one has no choice.
  role_->setEnabled(some);
  if (store_->isThere() && !some) role_->setCurrentText("admin");
  filling_ = true;
  table_->setRowCount(static_cast<int>(users.size()));
  for (int row = 0; row < table_->rowCount(); ++row) {
    const QJsonObject user = users[row].toObject();
    fillRow(*table_, row,
            {user["user"].toString(), user["role"].toString(), groupsWords(user), loginWords(user),
             QString::number(user["tokens"].toInt())});
  }
  table_->setCurrentCell(rowNamed(*table_, chosen_), 0);
  filling_ = false;
  const QTableWidgetItem* item = table_->item(table_->currentRow(), 0);
  chosen_ = item == nullptr ? QString() : item->text();
  detail_->show(chosen_);
  remove_->setEnabled(item != nullptr);
}

void UsersPanel::add() {
  const QString name = name_->text().trimmed();
  const QString password = password_->text();
  if (name.isEmpty()) return name_->setFocus();
  if (password.isEmpty()) return password_->setFocus();
  if (!store_->find(name).isEmpty())
    return acts_.tell("There is a user “" + name + "” already; choose it to change it");
  if (store_->users().isEmpty() &&
      !acts_.confirm("Add “" + name +
                     "” as the first user? From then on this server asks everybody "
                     "who they are; you sign in as “" +
                     name + "” next."))
    return;
  password_->clear();  // it is kept nowhere
  store_->set(name, {{"role", role_->currentText()}, {"password", password}},
              [this, name](const ApiAnswer& answer) {
                if (!answer.ok()) {
                  password_->setFocus();
                  return acts_.tell("“" + name + "” was not added: " + answer.error);
                }
                chosen_ = name;
                name_->clear();
                name_->setFocus();
                acts_.tell("“" + name + "” is a user with the role " +
                           answer.json()["role"].toString() + " now");
              });
}

void UsersPanel::remove() {
  const QString name = chosen_;
  if (name.isEmpty()) return;
  const bool own = name == link_.user();
  if (!acts_.confirm("Remove the user “" + name +
                     "”? Their password, certificate and all tokens end." +
                     (own ? QString(" That is you.") : QString())))
    return;
  store_->remove(name, [this, name](const ApiAnswer& answer) {
    acts_.tell(answer.ok() ? "“" + name + "” was removed" : "Nobody was removed: " + answer.error);
  });
}

}  // namespace millrace::gui
