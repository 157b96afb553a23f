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
    auto* cell = new QTableWidgetItem(cells[column]);  // owned by the table
    cell->setToolTip(cells[column]);
    table.setItem(row, column, cell);
  }
}

QString inQt(const std::string& words) { return QString::fromStdString(words); }

QString timeWords(double millisSinceEpoch) {
  const QDateTime at = QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(millisSinceEpoch));
  const bool today = at.date() == QDate::currentDate();
  return at.toString(today ? "HH:mm:ss.zzz" : "yyyy-MM-dd HH:mm:ss");
}

}  // namespace millrace::gui
