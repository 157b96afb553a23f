// SPDX-License-Identifier: Apache-2.0
#include "gui/app/command_palette.h"

#include "gui/app/data_table.h"
#include "gui/canvas/canvas_keys.h"
#include "gui/model/fuzzy.h"
#include "gui/theme/theme.h"

#include <QAction>
#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMainWindow>
#include <QMenu>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace millrace::gui {
namespace {

constexpr QSize kPaletteSize(520, 376);
constexpr QSize kSheetSize(640, 560);

QString textOf(const QAction& action) { return action.text().remove('&').remove("…").trimmed(); }

/// With a name: what a menu made for the moment is not.
std::vector<QAction*> namedActions(const QMainWindow& window) {
  std::vector<QAction*> actions;
  for (QAction* action : window.findChildren<QAction*>()) {
    if (!action->objectName().isEmpty() && !textOf(*action).isEmpty()) actions.push_back(action);
  }
  return actions;
}

}  // namespace

CommandPalette::CommandPalette(QMainWindow& window, QWidget* over) : QFrame(over), window_(window) {
  setObjectName("popup");
  setAccessibleName("Commands");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(kUnit, kUnit, kUnit, kUnit);
  field_ = new QLineEdit(this);
  field_->setObjectName("commandField");
  field_->setAccessibleName("Command");
  field_->setPlaceholderText("What do you want to do?");
  field_->setMinimumHeight(36);
  list_ = new QListWidget(this);
  list_->setObjectName("commandList");
  list_->setAccessibleName("Commands that fit");
  list_->setFocusPolicy(Qt::NoFocus);
  layout->addWidget(field_);
  layout->addWidget(list_, 1);
  setFixedSize(kPaletteSize);
  field_->installEventFilter(this);
  connect(field_, &QLineEdit::textChanged, this, [this] { fill(); });
  connect(list_, &QListWidget::itemClicked, this, [this] { run(); });
  hide();
}

std::vector<QAction*> CommandPalette::found(const QString& letters) const {
  std::vector<std::pair<int, QAction*>> scored;
  for (QAction* action : namedActions(window_)) {
    if (!action->isEnabled()) continue;
    const int score = letters.isEmpty() ? 1 : fuzzyScore(letters, textOf(*action));
    if (score > 0) scored.emplace_back(score, action);
  }
  std::stable_sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : textOf(*a.second) < textOf(*b.second);
  });
  std::vector<QAction*> actions;
  for (const auto& [score, action] : scored) actions.push_back(action);
  return actions;
}

QStringList CommandPalette::matches(const QString& letters) const {
  QStringList texts;
  for (const QAction* action : found(letters)) texts << textOf(*action);
  return texts;
}

void CommandPalette::open() {
  before_ = QApplication::focusWidget();
  move((parentWidget()->width() - width()) / 2, 48);
  field_->clear();
  fill();
  show();
  raise();
  field_->setFocus();
}

void CommandPalette::fill() {
  list_->clear();
  for (QAction* action : found(field_->text().trimmed())) {
    const QString key = action->shortcut().toString(QKeySequence::NativeText);
    auto* item = new QListWidgetItem(textOf(*action) + (key.isEmpty() ? "" : "    " + key), list_);
    item->setData(Qt::UserRole, action->objectName());
  }
  list_->setCurrentRow(0);
}

void CommandPalette::leave() {
  hide();
  (before_ != nullptr ? before_.data() : parentWidget())->setFocus();
}

void CommandPalette::run() {
  const QListWidgetItem* item = list_->currentItem();
  if (item == nullptr) return;
  auto* action = window_.findChild<QAction*>(item->data(Qt::UserRole).toString());
  leave();
  if (action != nullptr && action->isEnabled()) action->trigger();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::FocusOut && isVisible()) {
    hide();
    return false;
  }
  if (event->type() != QEvent::KeyPress) return QFrame::eventFilter(watched, event);
  const int key = static_cast<QKeyEvent*>(event)->key();
  if (key == Qt::Key_Escape) {
    leave();
    return true;
  }
  if (key == Qt::Key_Return || key == Qt::Key_Enter) {
    run();
    return true;
  }
  const int by = key == Qt::Key_Down ? 1 : key == Qt::Key_Up ? -1 : 0;
  if (by == 0 || list_->count() == 0) return false;
  list_->setCurrentRow((list_->currentRow() + by + list_->count()) % list_->count());
  return true;
}

KeySheet::KeySheet(QMainWindow& window, QWidget* over) : QFrame(over), window_(window) {
  setObjectName("popup");
  setAccessibleName("Keys");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, 2 * kUnit, 2 * kUnit, 2 * kUnit);
  auto* title = new QLabel("Keys", this);
  title->setFont(interfaceFont(15, QFont::DemiBold));
  field_ = new QLineEdit(this);
  field_->setObjectName("keyFilter");
  field_->setAccessibleName("Filter the keys");
  field_->setPlaceholderText("Filter; Esc closes");
  field_->setMinimumHeight(32);
  table_ = makeDataTable("keySheet", "Keys and what they do", {"Keys", "What they do"}, this);
  table_->setColumnWidth(0, 240);
  table_->setFocusPolicy(Qt::NoFocus);
  layout->addWidget(title);
  layout->addWidget(field_);
  layout->addWidget(table_, 1);
  setFixedSize(kSheetSize);
  field_->installEventFilter(this);
  connect(field_, &QLineEdit::textChanged, this, [this](const QString& words) {
    for (int row = 0; row < table_->rowCount(); ++row) {
      const bool fits = table_->item(row, 0)->text().contains(words, Qt::CaseInsensitive) ||
                        table_->item(row, 1)->text().contains(words, Qt::CaseInsensitive);
      table_->setRowHidden(row, !fits);
    }
  });
  hide();
}

void KeySheet::open() {
  std::vector<QStringList> rows;
  for (const QAction* action : namedActions(window_)) {
    QStringList keys;
    for (const QKeySequence& key : action->shortcuts())
      keys << key.toString(QKeySequence::NativeText);
    if (!keys.isEmpty() && !keys.front().isEmpty())
      rows.push_back({keys.join(", "), textOf(*action)});
  }
  for (const CanvasKey& key : kCanvasKeys) rows.push_back({key.keys, key.what});
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a[1] < b[1]; });
  table_->setRowCount(static_cast<int>(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) fillRow(*table_, static_cast<int>(i), rows[i]);
  field_->clear();
  move((parentWidget()->width() - width()) / 2,
       std::max(8, (parentWidget()->height() - height()) / 2));
  show();
  raise();
  field_->setFocus();
}

bool KeySheet::eventFilter(QObject* watched, QEvent* event) {
  const bool left = event->type() == QEvent::FocusOut;
  const bool escaped =
      event->type() == QEvent::KeyPress && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape;
  if (!left && !escaped) return QFrame::eventFilter(watched, event);
  hide();
  if (escaped) parentWidget()->setFocus();
  return escaped;
}

}  // namespace millrace::gui
