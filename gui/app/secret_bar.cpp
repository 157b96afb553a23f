// SPDX-License-Identifier: Apache-2.0
#include "gui/app/secret_bar.h"

#include "gui/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

namespace millrace::gui {

QString secretWords(const SecretStore* store, const QString& name) {
  if (store == nullptr || !store->isThere()) return "set outside the flow file";
  const SecretStore::State* state = store->find(name);
  if (state == nullptr || (!state->isSet && state->givenBy.isEmpty())) return "no value yet";
  return state->givenBy.isEmpty() ? QString("••••••  kept by the server")
                                  : "••••••  given by " + state->givenBy;
}

SecretBar::SecretBar(SecretStore& store, Tell tell, QWidget* parent)
    : QWidget(parent), store_(store), tell_(std::move(tell)) {
  auto* row = new QHBoxLayout(this);  // owned by the widget, as all below
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(kUnit);
  text_ = new QLabel(this);
  text_->setObjectName("secretOf");
  value_ = new QLineEdit(this);
  value_->setObjectName("secretValue");
  value_->setAccessibleName("Value of the sensitive parameter");
  value_->setPlaceholderText("New value, then Enter");
  value_->setEchoMode(QLineEdit::Password);
  value_->setFixedWidth(256);
  value_->setMinimumHeight(30);
  const auto button = [&](const QString& words, const QString& name) {
    auto* made = new QPushButton(words, this);
    made->setObjectName(name);
    return made;
  };
  give_ = button("Give to the server", "secretGive");
  undo_ = button("Back to the one before", "secretUndo");
  remove_ = button("Take away", "secretRemove");
  row->addWidget(text_, 1);
  row->addWidget(value_);
  for (QPushButton* one : {give_, undo_, remove_}) row->addWidget(one);
  connect(value_, &QLineEdit::returnPressed, this, [this] { give(); });
  connect(value_, &QLineEdit::textChanged, this,
          [this] { give_->setEnabled(!value_->text().isEmpty()); });
  connect(give_, &QPushButton::clicked, this, [this] { give(); });
  const auto answered = [this](const QString& done) {
    return [this, done](const QString& trouble) {
      tell_(trouble.isEmpty() ? done : "The server keeps the value as it was: " + trouble);
    };
  };
  connect(undo_, &QPushButton::clicked, this, [this, answered] {
    store_.undo(name_, answered("#{" + name_ + "} has the value again that it had before"));
  });
  connect(remove_, &QPushButton::clicked, this, [this, answered] {
    store_.remove(name_, answered("The server has no value of #{" + name_ + "} any more"));
  });
  connect(&store, &SecretStore::changed, this, [this] { refresh(); });
  refresh();
}

void SecretBar::show(const QString& name) {
  if (name != name_) value_->clear();
  name_ = name;
  refresh();
}

void SecretBar::refresh() {
  setVisible(!name_.isEmpty() && store_.isThere());
  const SecretStore::State* state = store_.find(name_);
  const bool elsewhere = state != nullptr && !state->givenBy.isEmpty();
  text_->setText(elsewhere ? "#{" + name_ + "} is given by " + state->givenBy + " at each start"
                           : "Value of #{" + name_ + "}");
  value_->setEnabled(!elsewhere);
  give_->setEnabled(!elsewhere && !value_->text().isEmpty());
  undo_->setEnabled(state != nullptr && state->isUndoable);
  remove_->setEnabled(!elsewhere && state != nullptr && state->isSet);
}

void SecretBar::give() {
  const QString value = value_->text();
  if (value.isEmpty()) return;
  value_->clear();
  store_.set(name_, value, [this, name = name_](const QString& trouble) {
    tell_(trouble.isEmpty() ? "The server has the value of #{" + name + "}"
                            : "The server did not take the value: " + trouble);
  });
}

}  // namespace millrace::gui
