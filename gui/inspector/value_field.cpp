// SPDX-License-Identifier: Apache-2.0
#include "gui/inspector/value_field.h"

#include "gui/theme/fields.h"

#include <QComboBox>
#include <QEvent>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QVBoxLayout>

namespace millrace::gui {

ValueField::ValueField(Shape shape, const QStringList& choices, QWidget* parent) : QWidget(parent) {
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as the editor
  layout->setContentsMargins(0, 0, 0, 0);
  if (shape == Shape::kText) {
    text_ = new QPlainTextEdit(this);
    text_->setFixedHeight(96);
    text_->setTabChangesFocus(true);
    editor_ = text_;
  } else if (shape == Shape::kLine) {
    line_ = new QLineEdit(this);
    editor_ = line_;
    connect(line_, &QLineEdit::editingFinished, this, [this] { finish(); });
  } else {
    choice_ = new ChoiceBox(this);
    choice_->setEditable(shape == Shape::kOpenChoice);
    choice_->addItems(choices);
    choice_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    choice_->setMinimumContentsLength(8);
    editor_ = choice_;
    connect(choice_, &QComboBox::activated, this, [this] { finish(); });
    if (QLineEdit* line = choice_->lineEdit())
      connect(line, &QLineEdit::editingFinished, this, [this] { finish(); });
  }
  editor_->setMinimumHeight(32);
  editor_->setSizePolicy(QSizePolicy::Expanding, editor_->sizePolicy().verticalPolicy());
  editor_->installEventFilter(this);
  setFocusProxy(editor_);
  layout->addWidget(editor_);
}

void ValueField::setName(const QString& name) {
  editor_->setAccessibleName(name);
  editor_->setObjectName("field:" + name);
}

void ValueField::show(const std::optional<QString>& value, const QString& hint) {
  shown_ = value;
  hint_ = hint;
  if (line_ != nullptr) {
    line_->setPlaceholderText(hint);
    if (line_->text() != value.value_or("")) {
      line_->setText(value.value_or(""));
      if (!line_->hasFocus()) line_->setCursorPosition(0);  // the beginning says most
    }
  } else if (text_ != nullptr) {
    text_->setPlaceholderText(hint);
    if (text_->toPlainText() != value.value_or("")) text_->setPlainText(value.value_or(""));
  } else {
    const QString word = value ? *value : hint;
    if (choice_->isEditable()) {
      choice_->setEditText(value.value_or(""));
      choice_->lineEdit()->setPlaceholderText(hint);
      return;
    }
    if (choice_->findText(word) < 0) choice_->insertItem(0, word);
    choice_->setCurrentIndex(choice_->findText(word));
  }
}

void ValueField::setError(const QString& error) {
  setToolTip(error);
  editor_->setToolTip(error);
}

QString ValueField::current() const {
  if (line_ != nullptr) return line_->text();
  if (text_ != nullptr) return text_->toPlainText();
  return choice_->currentText();
}

void ValueField::finish() {
  const QString value = current();
  const QString before =
      shown_ ? *shown_ : (choice_ != nullptr && !choice_->isEditable() ? hint_ : QString());
  if (value == before) return;
  shown_ = value;
  if (finished_) finished_(value);
}

bool ValueField::eventFilter(QObject*, QEvent* event) {
  if (event->type() == QEvent::FocusIn && focused_) focused_();
  if (event->type() == QEvent::FocusOut && text_ != nullptr) finish();
  // The wheel scrolls the form; it must not change what it happens to pass.
  if (event->type() == QEvent::Wheel && choice_ != nullptr && !choice_->hasFocus()) {
    event->ignore();
    return true;
  }
  return false;
}

ValueField::Shape shapeOf(const flow::PropertyInfo& info, const QString& value) {
  const bool expression = value.contains("${") || value.contains("#{");
  if (!info.allowedValues.empty() || info.kind == flow::PropertyKind::kBoolean)
    return info.scope == flow::ExpressionScope::kNone && !expression
               ? ValueField::Shape::kChoice
               : ValueField::Shape::kOpenChoice;
  if (info.kind == flow::PropertyKind::kService) return ValueField::Shape::kOpenChoice;
  return value.contains('\n') ? ValueField::Shape::kText : ValueField::Shape::kLine;
}

QStringList choicesOf(const flow::PropertyInfo& info, const QStringList& services) {
  QStringList choices;
  if (info.kind == flow::PropertyKind::kService) return services;
  for (const flow::AllowedValue& value : info.allowedValues)
    choices << QString::fromStdString(value.value);
  if (choices.isEmpty() && info.kind == flow::PropertyKind::kBoolean)
    choices << "true"
            << "false";
  return choices;
}

}  // namespace millrace::gui
