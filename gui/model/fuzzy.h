// SPDX-License-Identifier: Apache-2.0
#pragma once
// Fuzzy search as the quick-add list and Ctrl+F use it: the letters of the query must occur in
// order; beginnings of words, whole words and exact beginnings count more. Pure functions.

#include <QString>

namespace millrace::gui {

/// 0: no match. An empty query matches everything with 1.
int fuzzyScore(const QString& query, const QString& text);

}  // namespace millrace::gui
