// SPDX-License-Identifier: Apache-2.0
#include "gui/inspector/expression_assist.h"

#include "gui/inspector/expression_words.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QCompleter>
#include <QInputMethodEvent>
#include <QLineEdit>
#include <QStringListModel>
#include <QTextCharFormat>

namespace millrace::gui {
namespace {

QColor colourOf(WordKind kind, const Theme& theme) {
  switch (kind) {
    case WordKind::kBrace:
      return theme.muted;
    case WordKind::kFunction:
    case WordKind::kParameter:
      return theme.accent;
    case WordKind::kText:
    case WordKind::kNumber:
      return theme.running;
    case WordKind::kWrong:
      return theme.error;
    default:
      return theme.text;
  }
}

}  // namespace

ExpressionAssist::ExpressionAssist(QLineEdit& line, const Theme& theme, QStringList attributes,
                                   QStringList parameters)
    : QObject(&line),
      line_(line),
      theme_(theme),
      attributes_(std::move(attributes)),
      parameters_(std::move(parameters)) {
  list_ = new QStringListModel(this);  // owned by this, as the completer
  completer_ = new QCompleter(list_, this);
  completer_->setWidget(&line);
  completer_->setCompletionMode(QCompleter::UnfilteredPopupCompletion);
  completer_->popup()->setObjectName("expressionList");
  completer_->popup()->setAccessibleName("What could stand here");
  connect(&line, &QLineEdit::textChanged, this, [this] { colour(); });
  connect(&line, &QLineEdit::textEdited, this, [this] { offer(); });
  connect(completer_, qOverload<const QString&>(&QCompleter::activated), this,
          [this](const QString& candidate) { take(candidate); });
  colour();
}

// A line has no document; but it paints the formats of an input method, and takes them here.
void ExpressionAssist::colour() {
  QList<QInputMethodEvent::Attribute> formats;
  for (const Word& word : expressionWords(line_.text())) {
    QTextCharFormat format;
    format.setForeground(colourOf(word.kind, theme_));
    if (word.kind == WordKind::kWrong) {
      format.setUnderlineStyle(QTextCharFormat::WaveUnderline);
      format.setUnderlineColor(theme_.error);
    }
    formats.push_back(
        {QInputMethodEvent::TextFormat, word.begin - line_.cursorPosition(), word.length, format});
  }
  QInputMethodEvent event(QString(), formats);
  QApplication::sendEvent(&line_, &event);
}

void ExpressionAssist::offer() {
  const Completion completion =
      completionAt(line_.text(), line_.cursorPosition(), attributes_, parameters_);
  if (completion.candidates.isEmpty()) return completer_->popup()->hide();
  list_->setStringList(completion.candidates);
  completer_->complete();
  completer_->popup()->setCurrentIndex(list_->index(0));
}

void ExpressionAssist::take(const QString& candidate) {
  const int cursor = line_.cursorPosition();
  const Completion completion = completionAt(line_.text(), cursor, attributes_, parameters_);
  line_.setSelection(completion.begin, cursor - completion.begin);
  line_.insert(completion.isCall ? candidate + "()" : candidate);
  // Between the parentheses: arguments come next.
  if (completion.isCall) line_.setCursorPosition(line_.cursorPosition() - 1);
  line_.setToolTip(functionSummary(candidate));
}

}  // namespace millrace::gui
