// SPDX-License-Identifier: Apache-2.0
#pragma once
// A table of text as every dock of Studio has them: rows are chosen whole and not edited, the last
// column takes what is left. Threads: the GUI thread.

#include <QStringList>
#include <QTableWidget>
#include <string>

namespace millrace::gui {

/// Owned by `parent`. `accessible` is what a screen reader says.
QTableWidget* makeDataTable(const QString& name, const QString& accessible,
                            const QStringList& columns, QWidget* parent);
/// Puts words into a row that is there; each cell's tip is its whole text. What is there already is
/// not touched, so that a table which is filled every few seconds neither jumps nor flickers.
void fillRow(QTableWidget& table, int row, const QStringList& cells);
/// The row whose first cell says so, else the first; -1: the table is empty.
int rowNamed(const QTableWidget& table, const QString& name);
QString inQt(const std::string& words);
/// Milliseconds since 1970 as a person's time; a day before it when it was not today.
QString timeWords(double millisSinceEpoch);

}  // namespace millrace::gui
