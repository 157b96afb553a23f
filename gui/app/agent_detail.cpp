// SPDX-License-Identifier: Apache-2.0
#include "gui/app/agent_detail.h"

#include "gui/app/agent_words.h"
#include "gui/app/content_view.h"
#include "gui/app/data_table.h"
#include "gui/model/status_store.h"
#include "gui/theme/theme.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QSplitter>
#include <QTableWidget>
#include <QVBoxLayout>

namespace millrace::gui {
namespace {

enum AgentPage {
  kFactsPage,
  kComponentsPage,
  kQueuesPage,
  kOrdersPage,
  kBulletinsPage,
  kTypesPage
};

QString limit(const QString& value, const QJsonValue& most, const QString& words) {
  return most.toDouble() == 0 ? value : value + " of " + words;
}

/// Who gave the order, where the server knows people, and what the agent said to it.
QString detailsOf(const QJsonObject& order) {
  QStringList words;
  if (!order["by"].toString().isEmpty()) words << "by " + order["by"].toString();
  if (!order["details"].toString().isEmpty()) words << order["details"].toString();
  return words.join(": ");
}

}  // namespace

AgentDetail::AgentDetail(FleetStore& store, Acts acts, QWidget* parent)
    : QTabWidget(parent), store_(store), acts_(std::move(acts)) {
  setObjectName("agentTabs");
  setDocumentMode(true);
  const auto table = [this](const char* name, const char* words, const QStringList& columns,
                            const std::vector<int>& widths) {
    QTableWidget* made = makeDataTable(name, words, columns, this);
    for (std::size_t i = 0; i < widths.size(); ++i)
      made->setColumnWidth(static_cast<int>(i), widths[i]);
    return made;
  };
  const auto button = [this](const char* name, const char* words) {
    auto* made = new QPushButton(words, this);  // owned by its page
    made->setObjectName(name);
    return made;
  };
  facts_ = table("agentFacts", "What is known of the agent", {"What", "Value"}, {144});
  // Why a flow was refused is to be read whole.
  facts_->setWordWrap(true);
  facts_->verticalHeader()->setMinimumSectionSize(28);
  components_ = table("agentComponents", "Components of the agent", {"Component", "State"}, {320});
  queueTable_ =
      table("agentQueues", "Queues of the agent", {"Connection", "FlowFiles", "Size"}, {320, 144});
  orderTable_ = table("agentOrders", "Orders", {"No.", "What", "State", "Given", "Details"},
                      {48, 136, 64, 112});
  bulletins_ = table("agentBulletins", "Bulletins of the agent",
                     {"Time", "Level", "Component", "Message"}, {144, 72, 144});
  types_ =
      table("agentTypes", "What the agent can run", {"Type", "Kind", "What it does"}, {208, 88});
  start_ = button("componentStart", "Start the component");
  stop_ = button("componentStop", "Stop the component…");
  clear_ = button("queueClear", "Clear the queue…");
  auto* halves = new QSplitter(Qt::Horizontal, this);
  halves->setChildrenCollapsible(false);
  halves->addWidget(orderTable_);
  answer_ = new ContentView(halves);
  answer_->clear("Choose an order to see what the agent answered.");
  halves->setSizes({400, 320});
  addTab(facts_, "Overview");
  addTab(makePage(components_, {start_, stop_}), "Components");
  addTab(makePage(queueTable_, {clear_}), "Queues");
  addTab(halves, "Orders");
  addTab(bulletins_, "Bulletins");
  addTab(types_, "Types");
  const auto act = [this](const char* order) {
    const QTableWidgetItem* item = components_->item(components_->currentRow(), 0);
    if (item != nullptr) acts_.run(order, item->text());
  };
  connect(start_, &QPushButton::clicked, this, [act] { act("start"); });
  connect(stop_, &QPushButton::clicked, this, [act] { act("stop"); });
  connect(clear_, &QPushButton::clicked, this, [this] {
    const int row = queueTable_->currentRow();
    if (row >= 0 && row < static_cast<int>(queues_.size()))
      acts_.clear(queues_[static_cast<std::size_t>(row)]);
  });
  connect(orderTable_, &QTableWidget::currentCellChanged, this, [this](int row) {
    if (!filling_) chooseOrder(row);
  });
  connect(&store, &FleetStore::changed, this, [this] { refresh(); });
  show({});
}

QWidget* AgentDetail::makePage(QTableWidget* table, const std::vector<QPushButton*>& buttons) {
  auto* page = new QWidget(this);  // the tabs take it
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(kUnit);
  column->addWidget(table, 1);
  auto* row = new QHBoxLayout;
  row->setSpacing(kUnit);
  for (QPushButton* each : buttons) row->addWidget(each);
  row->addStretch(1);
  column->addLayout(row);
  return page;
}

void AgentDetail::show(const FleetTarget& target) {
  if (!(target == target_)) {
    shown_ = 0;
    told_ = false;
    for (QTableWidget* each : {facts_, components_, queueTable_, orderTable_, bulletins_, types_})
      each->setRowCount(0);
    answer_->clear("Choose an order to see what the agent answered.");
  }
  target_ = target;
  for (const int page : {int(kComponentsPage), int(kQueuesPage), int(kOrdersPage),
                         int(kBulletinsPage), int(kTypesPage)})
    setTabVisible(page, !target.name.isEmpty() && !target.isClass);
  store_.look(target);
  refresh();
}

void AgentDetail::showOrder(double number) {
  shown_ = number;
  told_ = false;
  setCurrentIndex(kOrdersPage);
  refresh();
}

void AgentDetail::refresh() {
  filling_ = true;
  fillFacts();
  fillFlow();
  fillBulletins();
  fillTypes();
  fillOrders();
  filling_ = false;
}

void AgentDetail::fillFacts() {
  Facts facts;
  if (target_.isClass) {
    for (const QJsonValue& each : store_.classes()) {
      if (each["name"].toString() == target_.name) facts = factsOfClass(each.toObject());
    }
  } else if (!store_.agent().isEmpty()) {
    facts = factsOfAgent(store_.agent());
  }
  facts_->setRowCount(static_cast<int>(facts.size()));
  for (int row = 0; row < facts_->rowCount(); ++row) {
    const auto& [what, value] = facts[static_cast<std::size_t>(row)];
    fillRow(*facts_, row, {what, value});
  }
  facts_->resizeRowsToContents();
}

void AgentDetail::fillFlow() {
  const QJsonObject flow = store_.agent()["status"]["flowInfo"].toObject();
  const QJsonObject components = flow["components"].toObject();
  components_->setRowCount(static_cast<int>(components.size()));
  int row = 0;
  for (auto at = components.begin(); at != components.end(); ++at)
    fillRow(*components_, row++,
            {at.key(), at.value().toObject()["running"].toBool() ? "● running" : "○ stopped"});
  const QJsonObject queues = flow["queues"].toObject();
  queueTable_->setRowCount(static_cast<int>(queues.size()));
  queues_.clear();
  for (const QJsonValue& queue : queues) {
    fillRow(*queueTable_, static_cast<int>(queues_.size()),
            {queue["name"].toString(),
             limit(shortCount(queue["size"].toDouble()), queue["sizeMax"],
                   shortCount(queue["sizeMax"].toDouble())),
             limit(shortBytes(queue["dataSize"].toDouble()), queue["dataSizeMax"],
                   shortBytes(queue["dataSizeMax"].toDouble()))});
    queues_.push_back(queue.toObject());
  }
  for (QTableWidget* each : {components_, queueTable_}) {
    if (each->currentRow() < 0 && each->rowCount() > 0) each->setCurrentCell(0, 0);
  }
  start_->setEnabled(components_->rowCount() > 0);
  stop_->setEnabled(components_->rowCount() > 0);
  clear_->setEnabled(queueTable_->rowCount() > 0);
}

void AgentDetail::fillOrders() {
  const QJsonArray all = store_.agent()["orders"].toArray();
  orders_.clear();
  // The newest first.
  for (qsizetype i = all.size(); i > 0; --i) orders_.push_back(all[i - 1].toObject());
  orderTable_->setRowCount(static_cast<int>(orders_.size()));
  int chosen = -1;
  for (int row = 0; row < orderTable_->rowCount(); ++row) {
    const QJsonObject& order = orders_[static_cast<std::size_t>(row)];
    const double number = order["number"].toDouble();
    if (number == shown_) chosen = row;
    fillRow(*orderTable_, row,
            {QString::number(number, 'f', 0), orderWords(order), order["state"].toString(),
             timeWords(order["at"].toDouble()), detailsOf(order)});
  }
  if (chosen < 0) return;
  orderTable_->setCurrentCell(chosen, 0);
  if (!told_) chooseOrder(chosen);
}

void AgentDetail::chooseOrder(int row) {
  if (row < 0 || row >= static_cast<int>(orders_.size())) return;
  const QJsonObject& order = orders_[static_cast<std::size_t>(row)];
  shown_ = order["number"].toDouble();
  const QString state = order["state"].toString();
  told_ = state == "done" || state == "failed" || state == "lost";
  if (!told_) return answer_->clear("The agent is told with its next heartbeat.");
  store_.readOrder(target_.name, shown_, [this, number = shown_](const ApiAnswer& answer) {
    if (number != shown_) return;
    const QJsonObject told = answer.json();
    if (!answer.ok()) return answer_->clear("The answer cannot be read: " + answer.error);
    const QByteArray text = answerText(told["answer"]).toUtf8();
    if (told.contains("answer") && !text.isEmpty())
      return answer_->show(text, static_cast<double>(text.size()));
    const QString details = told["details"].toString();
    answer_->clear(details.isEmpty() ? "The order is " + told["state"].toString() +
                                           ". An order of this kind has no answer to show."
                                     : told["state"].toString() + ": " + details);
  });
}

void AgentDetail::fillBulletins() {
  const QJsonArray all = store_.agent()["bulletins"].toArray();
  bulletins_->setRowCount(static_cast<int>(all.size()));
  for (int row = 0; row < bulletins_->rowCount(); ++row) {
    const QJsonValue each = all[all.size() - 1 - row];
    const QJsonValue time = each["timestamp"];
    fillRow(*bulletins_, row,
            {time.isDouble() ? timeWords(time.toDouble()) : time.toString(),
             each["level"].toString(), each["sourceName"].toString(), each["message"].toString()});
  }
}

void AgentDetail::fillTypes() {
  if (types_->rowCount() > 0 && !store_.manifest().isEmpty()) return;  // they stay as they are
  std::vector<QStringList> rows;
  for (const QJsonValue& bundle : store_.manifest()["bundles"].toArray()) {
    const QJsonValue manifest = bundle["componentManifest"];
    for (const auto& [key, kind] :
         {std::pair{"processors", "processor"}, {"controllerServices", "service"}}) {
      for (const QJsonValue& type : manifest[QLatin1String(key)].toArray())
        rows.push_back(
            {type["type"].toString().section('.', -1), kind, type["typeDescription"].toString()});
    }
  }
  types_->setRowCount(static_cast<int>(rows.size()));
  for (int row = 0; row < types_->rowCount(); ++row)
    fillRow(*types_, row, rows[static_cast<std::size_t>(row)]);
}

}  // namespace millrace::gui
