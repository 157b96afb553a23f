// SPDX-License-Identifier: Apache-2.0
#include "gui/inspector/expression_words.h"

#include "engine/expression/function_table.h"

#include <algorithm>

namespace millrace::gui {
namespace {

bool isNamePart(QChar c) { return c.isLetterOrNumber() || c == '_' || c == '.' || c == '-'; }

const expression::FunctionEntry* functionNamed(const QString& name) {
  const std::string word = name.toStdString();
  const expression::FunctionEntry* found = expression::findFunction(word, false);
  return found != nullptr ? found : expression::findFunction(word, true);
}

/// Every function that may stand first, or behind a colon.
QStringList functionNames(bool first) {
  QStringList names;
  for (std::size_t family = 0; family < expression::kFamilies; ++family) {
    for (const expression::FunctionEntry& entry :
         expression::functionsOf(static_cast<expression::Family>(family))) {
      const bool standsFirst =
          entry.form == expression::Form::kSubject || entry.form == expression::Form::kDelegate;
      if (entry.form == expression::Form::kBoth || standsFirst == first)
        names << QString::fromUtf8(entry.name.data(), static_cast<qsizetype>(entry.name.size()));
    }
  }
  names.removeDuplicates();
  names.sort(Qt::CaseInsensitive);
  return names;
}

class Scanner {
 public:
  explicit Scanner(const QString& text) : text_(text) {}

  std::vector<Word> scan() {
    while (at_ < size()) {
      if (opens('$')) {
        expression();
      } else if (opens('#')) {
        parameter();
      } else {
        // A doubled sign stands for itself.
        const bool doubled = (text_[at_] == '$' || text_[at_] == '#') && at_ + 1 < size() &&
                             text_[at_ + 1] == text_[at_];
        at_ += doubled ? 2 : 1;
      }
    }
    return std::move(words_);
  }

 private:
  int size() const { return static_cast<int>(text_.size()); }
  bool opens(char sign) const {
    return text_[at_] == sign && at_ + 1 < size() && text_[at_ + 1] == '{';
  }
  void add(int begin, WordKind kind) { words_.push_back({begin, at_ - begin, kind}); }

  void parameter() {
    const int begin = at_;
    while (at_ < size() && text_[at_] != '}') ++at_;
    const bool closed = at_ < size();
    if (closed) ++at_;
    add(begin, closed ? WordKind::kParameter : WordKind::kWrong);
  }

  void expression() {
    const int begin = at_;
    const std::size_t brace = words_.size();
    at_ += 2;
    add(begin, WordKind::kBrace);
    bool first = true;
    while (at_ < size()) {
      const int word = at_;
      const QChar c = text_[at_];
      if (c == '}') {
        ++at_;
        return add(word, WordKind::kBrace);
      }
      if (opens('$')) {
        expression();
        first = false;
      } else if (opens('#')) {
        parameter();
        first = false;
      } else if (c == '\'' || c == '"') {
        quoted(c);
        first = false;
      } else if (c.isDigit()) {
        while (at_ < size() && (text_[at_].isDigit() || text_[at_] == '.')) ++at_;
        add(word, WordKind::kNumber);
      } else if (isNamePart(c)) {
        name(first);
        first = false;
      } else {
        ++at_;
      }
    }
    words_[brace].kind = WordKind::kWrong;
  }

  void quoted(QChar quote) {
    const int begin = at_++;
    while (at_ < size() && text_[at_] != quote) at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_ + 1, size());
    add(begin, WordKind::kText);
  }

  void name(bool first) {
    const int begin = at_;
    while (at_ < size() && isNamePart(text_[at_])) ++at_;
    const bool call = at_ < size() && text_[at_] == '(';
    if (!call) {
      const QString word = text_.mid(begin, at_ - begin);
      const bool constant = !first && (word == "true" || word == "false" || word == "null");
      return add(begin, constant ? WordKind::kNumber : WordKind::kSubject);
    }
    const bool known = functionNamed(text_.mid(begin, at_ - begin)) != nullptr;
    add(begin, known ? WordKind::kFunction : WordKind::kWrong);
  }

  const QString& text_;
  int at_ = 0;
  std::vector<Word> words_;
};

}  // namespace

std::vector<Word> expressionWords(const QString& text) { return Scanner(text).scan(); }

Completion completionAt(const QString& text, int cursor, const QStringList& attributes,
                        const QStringList& parameters) {
  Completion completion;
  int begin = cursor;
  while (begin > 0 && isNamePart(text[begin - 1])) --begin;
  completion.begin = begin;
  const QString typed = text.mid(begin, cursor - begin);
  const QString before = text.left(begin);
  QStringList candidates;
  if (before.endsWith("#{")) {
    candidates = parameters;
  } else if (before.endsWith("${")) {
    candidates = attributes + functionNames(true);
    candidates.removeDuplicates();
  } else if (before.endsWith(':')) {
    // Only inside an expression that is still open; a time of day is full of colons as well.
    const qsizetype open = before.lastIndexOf("${");
    if (open < 0 || before.indexOf('}', open) >= 0) return completion;
    candidates = functionNames(false);
    completion.isCall = true;
  }
  for (const QString& candidate : candidates) {
    if (candidate.startsWith(typed, Qt::CaseInsensitive) && candidate != typed)
      completion.candidates << candidate;
  }
  return completion;
}

QString functionSummary(const QString& name) {
  const expression::FunctionEntry* entry = functionNamed(name);
  return entry == nullptr ? QString()
                          : QString::fromUtf8(entry->summary.data(),
                                              static_cast<qsizetype>(entry->summary.size()));
}

}  // namespace millrace::gui
