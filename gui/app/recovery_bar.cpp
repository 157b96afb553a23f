// SPDX-License-Identifier: Apache-2.0
#include "gui/app/recovery_bar.h"

#include "gui/app/data_table.h"
#include "gui/theme/theme.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace millrace::gui {

RecoveryBar::RecoveryBar(Restore restore, QWidget* over)
    : QFrame(over), restore_(std::move(restore)) {
  setObjectName("popup");
  setAccessibleName("Recovered edits");
  auto* row = new QHBoxLayout(this);  // owned by the widget, as all below
  row->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  row->setSpacing(kUnit);
  text_ = new QLabel(this);
  text_->setObjectName("recoveryText");
  row->addWidget(text_, 1);
  const auto button = [&](const QString& words, const QString& name, std::function<void()> act) {
    auto* made = new QPushButton(words, this);
    made->setObjectName(name);
    row->addWidget(made);
    connect(made, &QPushButton::clicked, this, [act = std::move(act)] { act(); });
  };
  button("Restore", "recoveryRestore", [this] {
    const Leftover chosen = left_.front();
    if (!restore_(chosen)) return;
    Recovery::forget(chosen);  // the window keeps them itself now
    left_.erase(left_.begin());
    hide();  // the others are asked for at the next start: one window has one flow
  });
  button("Forget them", "recoveryForget", [this] {
    Recovery::forget(left_.front());
    left_.erase(left_.begin());
    next();
  });
  button("Later", "recoveryLater", [this] { hide(); });
  hide();
}

void RecoveryBar::offer(std::vector<Leftover> leftovers) {
  left_ = std::move(leftovers);
  next();
}

void RecoveryBar::next() {
  setVisible(!left_.empty());
  if (left_.empty()) return;
  const Leftover& one = left_.front();
  const QString name = one.flow.isEmpty() ? QString("a new flow") : QFileInfo(one.flow).fileName();
  text_->setText("Studio ended with unsaved edits of " + name + " (" +
                 timeWords(static_cast<double>(one.when.toMSecsSinceEpoch())).left(19) + ").");
  adjustSize();
  move((parentWidget()->width() - width()) / 2, 16);
  raise();
}

}  // namespace millrace::gui
