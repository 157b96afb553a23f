// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the Expression Language looks like while it is typed: pieces to colour, and what could stand
// at the cursor. Works on text that is not finished. The functions are those of engine/expression.
// Threads: plain functions.

#include <QString>
#include <QStringList>
#include <vector>

namespace millrace::gui {

enum class WordKind : unsigned char {
  kBrace,
  kSubject,
  kFunction,
  kText,
  kNumber,
  kParameter,
  kWrong
};

struct Word {
  int begin = 0;
  int length = 0;
  WordKind kind = WordKind::kText;
};

/// The words of all `${…}` and `#{…}` in a text; what is outside them has none. A function that
/// does not exist, and a brace that is never closed, are kWrong.
std::vector<Word> expressionWords(const QString& text);

struct Completion {
  int begin = 0;           ///< where what is being typed begins
  QStringList candidates;  ///< that begin with it, without regard to case; empty: none
  bool isCall = false;     ///< parentheses belong behind it
};

/// What could stand at the cursor. `attributes` and `parameters` are names that are known.
Completion completionAt(const QString& text, int cursor, const QStringList& attributes,
                        const QStringList& parameters);

/// The summary of a function for people; empty: there is none of that name.
QString functionSummary(const QString& name);

}  // namespace millrace::gui
