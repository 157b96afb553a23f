// SPDX-License-Identifier: Apache-2.0
#include "gui/model/fuzzy.h"

namespace millrace::gui {
namespace {

bool beginsWord(const QString& text, qsizetype at) {
  if (at == 0) return true;
  const QChar before = text[at - 1];
  return !before.isLetterOrNumber() || (text[at].isUpper() && before.isLower());
}

}  // namespace

int fuzzyScore(const QString& query, const QString& text) {
  const QString wanted = query.simplified().remove(' ').toLower();
  if (wanted.isEmpty()) return 1;
  const QString lower = text.toLower();
  if (lower.size() != text.size()) return lower.contains(wanted) ? 100 : 0;
  if (lower == wanted) return 1000;
  if (lower.startsWith(wanted)) return 800 - static_cast<int>(std::min<qsizetype>(text.size(), 90));
  if (const qsizetype at = lower.indexOf(wanted); at >= 0)
    return (beginsWord(text, at) ? 600 : 400) - static_cast<int>(std::min<qsizetype>(at, 90));
  int score = 100;
  qsizetype at = -1;
  for (const QChar letter : wanted) {
    const qsizetype next = lower.indexOf(letter, at + 1);
    if (next < 0) return 0;
    if (beginsWord(text, next)) {
      score += 12;
    } else if (next != at + 1) {
      // Letters from the middle of words, scattered, are no abbreviation.
      score -= 15;
    }
    at = next;
  }
  return score > 60 ? score : 0;
}

}  // namespace millrace::gui
