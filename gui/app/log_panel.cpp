// SPDX-License-Identifier: Apache-2.0
#include "gui/app/log_panel.h"

#include "gui/app/data_table.h"
#include "gui/app/record_browser.h"
#include "gui/model/status_store.h"
#include "gui/theme/theme.h"

#include <QHBoxLayout>
#include <QJsonObject>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QUrl>
#include <QVBoxLayout>

namespace millrace::gui {
namespace {

QString count(const QJsonValue& value) {
  return value.isDouble() ? QString::number(value.toDouble(), 'f', 0) : QString("–");
}

}  // namespace

LogPanel::LogPanel(ApiClient& api, QWidget* parent) : QWidget(parent), api_(api) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  layout->setSpacing(kUnit);
  auto* halves = new QSplitter(Qt::Horizontal, this);
  halves->setChildrenCollapsible(false);
  auto* left = new QWidget(halves);
  auto* column = new QVBoxLayout(left);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(kUnit);
  auto* head = new QHBoxLayout;
  title_ = new QLabel(left);
  title_->setObjectName("logTitle");
  title_->setWordWrap(true);
  again_ = new QPushButton("Refresh", left);
  again_->setObjectName("logRefresh");
  head->addWidget(title_, 1);
  head->addWidget(again_);
  column->addLayout(head);
  lists_ = new QTabWidget(left);
  lists_->setObjectName("logLists");
  lists_->setDocumentMode(true);
  topicTable_ =
      makeDataTable("topics", "Topics", {"Topic", "Records", "Partitions", "Size"}, lists_);
  groupTable_ =
      makeDataTable("groups", "Consumer groups", {"Group", "State", "Members", "Lag"}, lists_);
  for (QTableWidget* each : {topicTable_, groupTable_}) {
    each->setColumnWidth(0, 184);
    each->setColumnWidth(1, 80);
    each->setColumnWidth(2, 80);
  }
  lists_->addTab(topicTable_, "Topics");
  lists_->addTab(groupTable_, "Groups");
  column->addWidget(lists_, 1);
  pages_ = new QStackedWidget(halves);
  records_ = new RecordBrowser(api, pages_);
  places_ = makeDataTable("groupPlaces", "How far the group came",
                          {"Topic", "Partition", "Committed", "End", "Lag", "Member"}, pages_);
  for (const auto& [at, width] : {std::pair{0, 184}, {1, 80}, {2, 104}, {3, 104}, {4, 80}})
    places_->setColumnWidth(at, width);
  pages_->addWidget(records_);
  pages_->addWidget(places_);
  halves->addWidget(left);
  halves->addWidget(pages_);
  halves->setSizes({400, 800});
  layout->addWidget(halves, 1);
  connect(again_, &QPushButton::clicked, this, [this] { refresh(); });
  connect(lists_, &QTabWidget::currentChanged, this, [this](int tab) {
    pages_->setCurrentIndex(tab);
    if (tab == 1) chooseGroup(groupTable_->currentRow());
  });
  connect(topicTable_, &QTableWidget::currentCellChanged, this, [this](int row) {
    if (!filling_) chooseTopic(row);
  });
  connect(groupTable_, &QTableWidget::currentCellChanged, this, [this](int row) {
    if (!filling_) chooseGroup(row);
  });
  clear();
}

void LogPanel::clear() {
  ++asked_;
  topics_ = {};
  groups_ = {};
  chosenTopic_.clear();
  chosenGroup_.clear();
  topicTable_->setRowCount(0);
  groupTable_->setRowCount(0);
  places_->setRowCount(0);
  records_->clear();
  title_->setText("There is no server to ask.");
  if (isVisible()) refresh();
}

void LogPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  refresh();
}

void LogPanel::refresh() {
  if (api_.base().isEmpty()) return;
  const quint64 question = ++asked_;
  api_.get("/log/topics", [this, question](const ApiAnswer& answer) {
    if (question != asked_) return;
    if (!answer.ok()) return title_->setText("The log cannot be read: " + answer.error);
    takeTopics(answer.json()["topics"].toArray());
  });
  api_.get("/log/groups", [this, question](const ApiAnswer& answer) {
    if (question == asked_ && answer.ok()) takeGroups(answer.json()["groups"].toArray());
  });
}

void LogPanel::takeTopics(const QJsonArray& topics) {
  topics_ = topics;
  filling_ = true;
  topicTable_->setRowCount(static_cast<int>(topics.size()));
  for (int row = 0; row < topicTable_->rowCount(); ++row) {
    const QJsonValue topic = topics[row];
    fillRow(*topicTable_, row,
            {topic["topic"].toString(), count(topic["records"]),
             QString::number(topic["partitions"].toArray().size()),
             shortBytes(topic["bytes"].toDouble())});
  }
  const int row = rowNamed(*topicTable_, chosenTopic_);
  topicTable_->setCurrentCell(row, 0);
  filling_ = false;
  title_->setText(
      topics.isEmpty()
          ? QString("No topics yet: PublishKafka, a connection with “via”, or a client "
                    "of Kafka makes one.")
          : QString("%1 topic%2").arg(topics.size()).arg(topics.size() == 1 ? "" : "s"));
  chooseTopic(row);
}

void LogPanel::takeGroups(const QJsonArray& groups) {
  groups_ = groups;
  filling_ = true;
  groupTable_->setRowCount(static_cast<int>(groups.size()));
  for (int row = 0; row < groupTable_->rowCount(); ++row) {
    const QJsonValue group = groups[row];
    fillRow(*groupTable_, row,
            {group["group"].toString(), group["state"].toString(), count(group["memberCount"]),
             count(group["lag"])});
  }
  const int row = rowNamed(*groupTable_, chosenGroup_);
  groupTable_->setCurrentCell(row, 0);
  filling_ = false;
  if (lists_->currentIndex() == 1) chooseGroup(row);
}

void LogPanel::chooseTopic(int row) {
  if (row < 0 || row >= topics_.size()) return records_->clear();
  chosenTopic_ = topics_.at(row)["topic"].toString();
  records_->show(topics_.at(row).toObject());
}

void LogPanel::chooseGroup(int row) {
  places_->setRowCount(0);
  if (row < 0 || row >= groups_.size()) return;
  chosenGroup_ = groups_.at(row)["group"].toString();
  api_.get("/log/groups/" + QString::fromUtf8(QUrl::toPercentEncoding(chosenGroup_)),
           [this, name = chosenGroup_](const ApiAnswer& answer) {
             if (name != chosenGroup_) return;
             if (!answer.ok()) return title_->setText("The group cannot be read: " + answer.error);
             takeGroup(answer.json());
           });
}

void LogPanel::takeGroup(const QJsonObject& group) {
  const QJsonArray places = group["partitions"].toArray();
  places_->setRowCount(static_cast<int>(places.size()));
  for (int row = 0; row < places_->rowCount(); ++row) {
    const QJsonValue place = places[row];
    fillRow(*places_, row,
            {place["topic"].toString(), count(place["partition"]), count(place["offset"]),
             count(place["endOffset"]), count(place["lag"]), place["member"].toString()});
  }
}

}  // namespace millrace::gui
