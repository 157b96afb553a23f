// SPDX-License-Identifier: Apache-2.0
#include "gui/app/history_panel.h"

#include "gui/app/data_table.h"
#include "gui/theme/theme.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QJsonArray>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSplitter>
#include <QUndoView>
#include <QVBoxLayout>
#include <algorithm>
#include <map>

namespace millrace::gui {

QString changeWords(const QJsonObject& record) {
  const QString comment = record["comment"].toString();
  if (!comment.isEmpty()) return comment;
  std::map<QString, int> counts;
  QString name;
  for (const QJsonValue& change : record["changes"].toArray()) {
    ++counts[change["op"].toString()];
    if (name.isEmpty()) name = change["value"]["name"].toString();
  }
  QStringList words;
  for (const auto& [op, count] : counts)
    words << (count == 1 ? op + (name.isEmpty() ? " one component" : " “" + name + "”")
                         : QString("%1 %2 components").arg(op).arg(count));
  if (words.isEmpty())
    return record["who"].toString() == "file" ? QString("read from its file") : QString("nothing");
  return words.join(", ");
}

HistoryPanel::HistoryPanel(QUndoStack& undo, LiveLink& link, Confirm confirm, Tell tell,
                           Compare compare, QWidget* parent)
    : QWidget(parent),
      link_(link),
      confirm_(std::move(confirm)),
      tell_(std::move(tell)),
      compare_(std::move(compare)) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  auto* halves = new QSplitter(Qt::Horizontal, this);
  halves->setChildrenCollapsible(false);
  auto* here = new QUndoView(&undo, halves);
  here->setObjectName("undoList");
  here->setAccessibleName("Steps made here");
  here->setEmptyLabel("As it was opened");
  auto* there = new QWidget(halves);
  there->setObjectName("panel");
  auto* column = new QVBoxLayout(there);
  column->setContentsMargins(0, 0, 0, 0);
  auto* head = new QHBoxLayout;
  state_ = new QLabel(there);
  state_->setObjectName("historyState");
  comparing_ = new QPushButton("Compare with it", there);
  comparing_->setObjectName("historyCompare");
  revert_ = new QPushButton("Revert this change", there);
  revert_->setObjectName("historyRevert");
  revertTo_ = new QPushButton("Back to here…", there);
  revertTo_->setObjectName("historyRevertTo");
  head->addWidget(state_, 1);
  head->addWidget(comparing_);
  head->addWidget(revert_);
  head->addWidget(revertTo_);
  column->addLayout(head);
  table_ = makeDataTable("history", "Changes of the server's flow, the newest first",
                         {"Revision", "Time", "Who", "What"}, there);
  for (const auto& [at, width] : {std::pair{0, 72}, {1, 144}, {2, 120}})
    table_->setColumnWidth(at, width);
  column->addWidget(table_, 1);
  halves->addWidget(here);
  halves->addWidget(there);
  halves->setSizes({320, 760});
  layout->addWidget(halves, 1);
  table_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  table_->setContextMenuPolicy(Qt::CustomContextMenu);
  connect(table_, &QTableWidget::customContextMenuRequested, this,
          [this](const QPoint& at) { openMenu(at); });
  connect(table_, &QTableWidget::itemSelectionChanged, this, [this] { refreshButtons(); });
  connect(comparing_, &QPushButton::clicked, this, [this] { compareChosen(); });
  connect(revert_, &QPushButton::clicked, this, [this] { revert(); });
  connect(revertTo_, &QPushButton::clicked, this, [this] { backTo(chosen()); });
  connect(&link, &LiveLink::journalGrew, this, [this] {
    if (isVisible()) read();
  });
  connect(&link, &LiveLink::stateChanged, this, [this] { read(); });
  take({});
}

void HistoryPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  read();
}

void HistoryPanel::read(quint64 after) {
  // A private server has what is edited here: the list at the left says all.
  if (!link_.isRemote() || link_.state() != LinkState::kLive) return take({});
  link_.api().get(
      QString("/changes?after=%1&limit=%2").arg(after).arg(kMost),
      [this, after](const ApiAnswer& answer) {
        if (!answer.ok()) return tell_("The server's history cannot be read: " + answer.error);
        const QJsonObject journal = answer.json();
        // The oldest come first: of a long journal the end is read.
        const auto newest = static_cast<quint64>(journal["revision"].toDouble());
        if (after == 0 && journal["changes"].toArray().size() == kMost && newest > kMost)
          return read(newest - kMost);
        take(journal);
      });
}

void HistoryPanel::take(const QJsonObject& journal) {
  const QJsonArray list = journal["changes"].toArray();
  table_->setRowCount(0);
  table_->setRowCount(static_cast<int>(list.size()));
  revisions_.clear();
  for (qsizetype i = list.size(); i > 0; --i) {
    const QJsonObject record = list[i - 1].toObject();
    const auto revision = static_cast<quint64>(record["revision"].toDouble());
    fillRow(*table_, static_cast<int>(revisions_.size()),
            {QString::number(revision), timeWords(record["at"].toDouble()),
             record["who"].toString(), changeWords(record)});
    revisions_.push_back(revision);
  }
  if (!revisions_.empty()) table_->setCurrentCell(0, 0);
  refreshButtons();
  state_->setText(!link_.isRemote()    ? QString("A private server has no history of its own.")
                  : revisions_.empty() ? QString("Nothing was changed on the server yet.")
                                       : QString("On the server"));
}

std::pair<quint64, quint64> HistoryPanel::chosenTwo() const {
  std::vector<quint64> found;
  for (const QModelIndex& row : table_->selectionModel()->selectedRows()) {
    if (row.row() < static_cast<int>(revisions_.size()))
      found.push_back(revisions_[static_cast<std::size_t>(row.row())]);
  }
  if (found.empty()) return {0, 0};
  const auto [least, most] = std::minmax_element(found.begin(), found.end());
  return {*least, *most};
}

// The keys may lead away from what is chosen, so the row that they are at does not count.
quint64 HistoryPanel::chosen() const {
  const auto [older, newer] = chosenTwo();
  return older == newer ? older : 0;
}

void HistoryPanel::refreshButtons() {
  const auto rows = table_->selectionModel()->selectedRows().size();
  const auto [older, newer] = chosenTwo();
  comparing_->setText(rows == 2 ? QString("Compare %1 with %2").arg(older).arg(newer)
                                : QString("Compare with it"));
  comparing_->setEnabled(rows == 1 || rows == 2);
  for (QPushButton* one : {revert_, revertTo_}) one->setEnabled(rows == 1);
}

void HistoryPanel::openMenu(const QPoint& at) {
  if (table_->selectionModel()->selectedRows().isEmpty()) return;
  auto* menu = new QMenu(this);
  menu->setObjectName("historyMenu");
  menu->setAttribute(Qt::WA_DeleteOnClose);
  // What the buttons above do, by their words.
  for (QPushButton* button : {comparing_, revert_, revertTo_}) {
    QAction* action = menu->addAction(button->text(), button, [button] { button->click(); });
    action->setEnabled(button->isEnabled());
  }
  menu->addSeparator();
  const auto [older, newer] = chosenTwo();
  QString revisions = QString::number(older);
  if (newer != older) revisions += "-" + QString::number(newer);
  menu->addAction("Copy “" + revisions + "”", this,
                  [revisions] { QGuiApplication::clipboard()->setText(revisions); });
  menu->popup(table_->viewport()->mapToGlobal(at));
}

void HistoryPanel::compareChosen() {
  const auto [older, newer] = chosenTwo();
  if (older != 0) compare_(older, newer == older ? 0 : newer);
}

void HistoryPanel::revert() {
  if (chosen() != 0) post(chosen(), "revert", "Reverted revision %1");
}

void HistoryPanel::backTo(quint64 revision) {
  const auto later = std::count_if(revisions_.begin(), revisions_.end(),
                                   [&](quint64 each) { return each > revision; });
  if (revision == 0 ||
      !confirm_(QString("Undo %1 change%2 of the server's flow, whoever made them?")
                    .arg(later)
                    .arg(later == 1 ? "" : "s")))
    return;
  post(revision, "revert-to", "The flow is as it was at revision %1");
}

void HistoryPanel::post(quint64 revision, const QString& how, const QString& done) {
  link_.api().post(QString("/changes/%1/%2").arg(revision).arg(how), {},
                   [this, revision, done](const ApiAnswer& answer) {
                     if (!answer.ok()) return tell_("Nothing was reverted: " + answer.error);
                     tell_(done.arg(revision));
                   });
}

}  // namespace millrace::gui
