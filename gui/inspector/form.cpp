// SPDX-License-Identifier: Apache-2.0
#include "gui/inspector/form.h"

#include "gui/inspector/expression_assist.h"
#include "gui/theme/fields.h"

#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QTimer>
#include <QVBoxLayout>

namespace millrace::gui {

Form::Form(const Theme& theme, QWidget* parent) : QScrollArea(parent), theme_(&theme) {
  setWidgetResizable(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setFrameShape(NoFrame);
  setFocusPolicy(Qt::NoFocus);  // Tab goes to its fields
}

void Form::setTheme(const Theme& theme) {
  theme_ = &theme;
  rebuild();
}

bool Form::sameShape(const std::vector<Row>& rows) const {
  if (rows.size() != rows_.size() || rows.empty()) return false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& a = rows[i];
    const Row& b = rows_[i];
    if (a.key != b.key || a.shape != b.shape || a.choices != b.choices || a.label != b.label ||
        a.isTick != b.isTick)
      return false;
  }
  return true;
}

void Form::describe(std::vector<Row> rows) {
  const bool same = sameShape(rows);
  rows_ = std::move(rows);
  if (same) {
    fillIn();
  } else {
    rebuild();
  }
}

QString Form::labelText(const Row& row) const {
  QString text = row.label.toHtmlEscaped();
  if (!row.mark.isEmpty())
    text += " <span style='color:" + theme_->muted.name() + ";font-size:11px'>&nbsp;" +
            row.mark.toHtmlEscaped() + "</span>";
  return text;
}

void Form::rebuild() {
  QString focused;
  for (const auto& [key, shown] : shown_) {
    if ((shown.field != nullptr && shown.field->editor()->hasFocus()) ||
        (shown.tick != nullptr && shown.tick->hasFocus()))
      focused = key;
  }
  shown_.clear();
  auto* content = new QWidget;  // owned by the scroll area from setWidget on
  content->setObjectName("panel");
  auto* layout = new QVBoxLayout(content);
  layout->setContentsMargins(2 * kUnit, 2 * kUnit, 2 * kUnit, 2 * kUnit);
  layout->setSpacing(kUnit / 2);
  if (rows_.empty()) {
    auto* text = new QLabel(emptyText_, content);
    text->setWordWrap(true);
    text->setStyleSheet("color:" + theme_->muted.name());
    layout->addWidget(text);
  }
  for (const Row& row : rows_) {
    Shown shown;
    if (row.isHeading) {
      shown.label = new QLabel(row.label, content);
      shown.label->setFont(interfaceFont(13, QFont::DemiBold));
      shown.label->setContentsMargins(0, kUnit / 2, 0, kUnit / 2);
      layout->addWidget(shown.label);
      shown_[row.key] = shown;
      continue;
    }
    if (row.isTick) {
      shown.tick = new TickBox(row.label, content);
      shown.tick->setObjectName("field:" + row.key);
      shown.tick->setToolTip(row.help);
      layout->addWidget(shown.tick);
      const QString key = row.key;
      connect(shown.tick, &QCheckBox::toggled, this, [this, key](bool on) {
        if (filling_) return;
        for (const Row& now : rows_) {
          if (now.key != key) continue;
          const ValueField::Finished finished = now.finished;  // rows may change under the call
          if (finished) finished(on ? "true" : "false");
          return;
        }
      });
      shown_[row.key] = shown;
      layout->addSpacing(kUnit / 2);
      continue;
    }
    shown.label = new QLabel(content);
    shown.label->setTextFormat(Qt::RichText);
    layout->addWidget(shown.label);
    shown.field = new ValueField(row.shape, row.choices, content);
    shown.field->setName(row.key);
    shown.label->setBuddy(shown.field->editor());
    layout->addWidget(shown.field);
    auto* line = qobject_cast<QLineEdit*>(shown.field->editor());
    if (row.hasExpressions && line != nullptr)
      new ExpressionAssist(*line, *theme_, row.attributes, row.parameters);  // owned by the line
    const QString key = row.key;
    const auto withRow = [this, key](const std::function<void(const Row&)>& act) {
      for (const Row& now : rows_) {
        if (now.key == key) return act(Row(now));
      }
    };
    shown.field->onFinished([withRow](const QString& value) {
      withRow([&](const Row& now) {
        if (now.finished) now.finished(value);
      });
    });
    shown.field->onFocus([this, withRow, line] {
      withRow([&](const Row& now) {
        if (focused_) focused_(now);
        if (typed_ && now.hasExpressions && line != nullptr) typed_(now, line->text());
      });
    });
    if (row.hasExpressions && line != nullptr)
      connect(line, &QLineEdit::textEdited, this, [this, withRow](const QString& text) {
        withRow([&](const Row& now) {
          if (typed_) typed_(now, text);
        });
      });
    shown.error = new QLabel(content);
    shown.error->setWordWrap(true);
    shown.error->setStyleSheet("font-size:11px;color:" + theme_->error.name());
    layout->addWidget(shown.error);
    layout->addSpacing(kUnit);
    shown_[row.key] = shown;
  }
  layout->addStretch(1);
  // The old page may be the one whose signal brought us here: it goes when that has ended.
  if (QWidget* old = takeWidget()) {
    old->hide();
    old->setParent(nullptr);
    old->deleteLater();
  }
  setWidget(content);
  fillIn();
  if (!focused.isEmpty()) focusRow(focused);
}

void Form::fillIn() {
  filling_ = true;
  for (const Row& row : rows_) {
    const auto found = shown_.find(row.key);
    if (found == shown_.end() || row.isHeading) continue;
    const Shown& shown = found->second;
    if (shown.tick != nullptr) {
      shown.tick->setChecked(row.value == QString("true"));
      continue;
    }
    shown.label->setText(labelText(row));
    shown.field->show(row.value, row.hint);
    shown.field->setError(row.error);
    shown.error->setText(row.error);
    shown.error->setVisible(!row.error.isEmpty());
  }
  filling_ = false;
}

void Form::focusRow(const QString& key) {
  const auto found = shown_.find(key);
  if (found == shown_.end()) return;
  QWidget* target = found->second.field != nullptr ? found->second.field->editor()
                                                   : static_cast<QWidget*>(found->second.tick);
  if (target == nullptr) return;
  target->setFocus();
  ensureWidgetVisible(target);
}

}  // namespace millrace::gui
