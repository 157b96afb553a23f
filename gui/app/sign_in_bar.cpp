// SPDX-License-Identifier: Apache-2.0
#include "gui/app/sign_in_bar.h"

#include "gui/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>

namespace millrace::gui {

namespace {

/// Where the name for a server is remembered.
QString userKey(const LiveLink& link) { return "users/" + link.base().authority(); }

}  // namespace

SignInBar::SignInBar(LiveLink& link, QWidget* over) : QFrame(over), link_(link) {
  setObjectName("popup");
  setAccessibleName("Sign in");
  auto* row = new QHBoxLayout(this);  // owned by the widget, as all below
  row->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  row->setSpacing(kUnit);
  text_ = new QLabel(this);
  text_->setObjectName("signInText");
  text_->setWordWrap(true);
  text_->setMinimumWidth(240);
  user_ = new QLineEdit(this);
  user_->setObjectName("signInUser");
  user_->setAccessibleName("User");
  user_->setPlaceholderText("User");
  password_ = new QLineEdit(this);
  password_->setObjectName("signInPassword");
  password_->setAccessibleName("Password");
  password_->setPlaceholderText("Password");
  password_->setEchoMode(QLineEdit::Password);
  go_ = new QPushButton("Sign in", this);
  go_->setObjectName("signInGo");
  for (QLineEdit* field : {user_, password_}) {
    field->setFixedWidth(160);
    field->setMinimumHeight(32);
  }
  row->addWidget(text_, 1);
  row->addWidget(user_);
  row->addWidget(password_);
  row->addWidget(go_);
  connect(user_, &QLineEdit::returnPressed, password_, qOverload<>(&QWidget::setFocus));
  connect(password_, &QLineEdit::returnPressed, this, [this] { signIn(); });
  connect(go_, &QPushButton::clicked, this, [this] { signIn(); });
  connect(&link, &LiveLink::signInAsked, this, [this] { ask(); });
  connect(&link, &LiveLink::stateChanged, this, [this] {
    if (link_.state() == LinkState::kLive || link_.state() == LinkState::kOff) hide();
  });
  hide();
}

void SignInBar::ask() {
  if (isVisible()) return;
  text_->setText(link_.base().authority() + " wants to know who you are.");
  user_->setText(QSettings().value(userKey(link_)).toString());
  password_->clear();
  go_->setEnabled(true);
  show();
  place();
  (user_->text().isEmpty() ? user_ : password_)->setFocus();
}

void SignInBar::signIn() {
  const QString user = user_->text().trimmed();
  if (user.isEmpty()) return user_->setFocus();
  go_->setEnabled(false);
  text_->setText("Signing in…");
  const QString password = password_->text();
  password_->clear();  // it is kept nowhere
  link_.signIn(user, password, [this, user](const QString& trouble) {
    go_->setEnabled(true);
    if (trouble.isEmpty()) {
      QSettings().setValue(userKey(link_), user);
      return hide();
    }
    QString words = trouble;
    words[0] = words[0].toUpper();
    text_->setText(words + ".");
    place();
    password_->setFocus();
  });
}

void SignInBar::place() {
  setFixedWidth(std::min(760, parentWidget()->width() - 32));
  adjustSize();
  move((parentWidget()->width() - width()) / 2, 72);
  raise();
}

}  // namespace millrace::gui
