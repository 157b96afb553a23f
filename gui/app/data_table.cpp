// SPDX-License-Identifier: Apache-2.0
#include "gui/app/data_table.h"

#include <QDateTime>
#include <QHeaderView>

namespace millrace::gui {

QTableWidget* makeDataTable(const QString& name, const QString& accessible,
                            const QStringList& columns, QWidget* parent) {
  auto* made = new QTableWidget(0, static_cast<int>(columns.size()), parent);
  made->setObjectName(name);
  made->setAccessibleName(accessible);
  made->setHorizontalHeaderLabels(columns);
  made->verticalHeader()->hide();
  made->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  made->horizontalHeader()->setStretchLastSection(true);
  made->horizontalHeader()->setHighlightSections(false);
  made->setShowGrid(false);
  made->setSelectionBehavior(QAbstractItemView::SelectRows);
  made->setSelectionMode(QAbstractItemView::SingleSelection);
  made->setEditTriggers(QAbstractItemView::NoEditTriggers);
  made->verticalHeader()->setDefaultSectionSize(28);
  made->setTabKeyNavigation(false);
  made->setWordWrap(false);
  return made;
}

void fillRow(QTableWidget& table, int row, const QStringList& cells) {
  for (int column = 0; column < cells.size(); ++column) {
    QTableWidgetItem* cell = table.item(row, column);
    if (cell == nullptr) {
      cell = new QTableWidgetItem;  // owned by the table
      table.setItem(row, column, cell);
    }
    if (cell->text() == cells[column]) continue;
    cell->setText(cells[column]);
    cell->setToolTip(cells[column]);
  }
}

int rowNamed(const QTableWidget& table, const QString& name) {
  for (int row = 0; row < table.rowCount(); ++row) {
    if (table.item(row, 0)->text() == name) return row;
  }
  return table.rowCount() > 0 ? 0 : -1;
}

QString inQt(const std::string& words) { return QString::fromStdString(words); }

QString timeWords(double millisSinceEpoch) {
  const QDateTime at = QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(millisSinceEpoch));
  const bool today = at.date() == QDate::currentDate();
  return at.toString(today ? "HH:mm:ss.zzz" : "yyyy-MM-dd HH:mm:ss");
}

}  // namespace millrace::gui
