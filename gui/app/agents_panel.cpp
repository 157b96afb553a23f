// SPDX-License-Identifier: Apache-2.0
#include "gui/app/agents_panel.h"

#include "engine/flow/yaml_reader.h"
#include "gui/app/agent_detail.h"
#include "gui/app/agent_words.h"
#include "gui/app/data_table.h"
#include "gui/model/status_store.h"
#include "gui/theme/theme.h"

#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableWidget>
#include <QVBoxLayout>

namespace millrace::gui {
namespace {

constexpr qint64 kMostBytes = 32 << 20;  ///< of a flow; a server takes no more

constexpr const char* kHowToEnrol =
    "No agent has reported yet.\n\n"
    "1.  millrace agents enrol --class NAME  prints a token and the server's key; keep the token "
    "in "
    "a file.\n"
    "2.  On the machine of the agent:  millrace-agent --c2 http://HOST:PORT --c2-class NAME "
    "--c2-token FILE --c2-key KEY\n"
    "     HOST:PORT is the address that the server was started with by --c2.\n\n"
    "It appears here with its first heartbeat.";

/// Whether a row has the wanted text in one of its cells.
bool anyCellHas(const QStringList& cells, const QString& wanted) {
  return wanted.isEmpty() || cells.join('\n').contains(wanted, Qt::CaseInsensitive);
}

/// “name” with as many processors; what Studio cannot read may be a config of another kind.
QString flowWords(const QByteArray& flow, const QString& name) {
  const auto read = flow::parseFlow({flow.constData(), static_cast<std::size_t>(flow.size())}, "");
  if (!read.ok())
    return "“" + name + "” (" + shortBytes(static_cast<double>(flow.size())) +
           ", no flow that Studio can read)";
  std::size_t count = 0;
  const auto add = [&count](const auto& self, const flow::Group& group) -> void {
    count += group.processors.size();
    for (const auto& inner : group.groups) self(self, inner);
  };
  add(add, read->root);
  return QString("“%1” (%2 processor%3)").arg(name).arg(count).arg(count == 1 ? "" : "s");
}

}  // namespace

AgentsPanel::AgentsPanel(LiveLink& link, Acts acts, QWidget* parent)
    : QWidget(parent), link_(link), acts_(std::move(acts)), store_(new FleetStore(link, this)) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  layout->setSpacing(kUnit);
  pages_ = new QStackedWidget(this);
  empty_ = new QLabel(pages_);
  empty_->setObjectName("agentsEmpty");
  empty_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  empty_->setWordWrap(true);
  empty_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  auto* halves = new QSplitter(Qt::Horizontal, pages_);
  halves->setChildrenCollapsible(false);
  lists_ = new QTabWidget(halves);
  lists_->setObjectName("agentLists");
  lists_->setDocumentMode(true);
  agents_ = makeDataTable("agents", "Agents",
                          {"Agent", "State", "Class", "Version", "Flow", "Last heartbeat"}, lists_);
  for (const auto& [at, width] : {std::pair{0, 144}, {1, 88}, {2, 112}, {3, 72}, {4, 112}})
    agents_->setColumnWidth(at, width);
  classes_ = makeDataTable("agentClasses", "Classes of agents",
                           {"Class", "Agents", "Online", "Flow"}, lists_);
  for (const auto& [at, width] : {std::pair{0, 144}, {1, 80}, {2, 80}})
    classes_->setColumnWidth(at, width);
  lists_->addTab(agents_, "Agents");
  lists_->addTab(classes_, "Classes");
  detail_ = new AgentDetail(
      *store_,
      {[this](const QString& what, const QString& component) {
         order({{"order", what}, {"component", component}},
               what == "stop" ? "Stop “" + component + "” of " + named(target()) + "?" : QString(),
               what + " " + component);
       },
       [this](const QJsonObject& queue) { clearQueue(queue); }},
      halves);
  halves->addWidget(lists_);
  halves->addWidget(detail_);
  halves->setSizes({640, 640});
  pages_->addWidget(empty_);
  pages_->addWidget(halves);
  layout->addWidget(makeHead());
  layout->addWidget(pages_, 1);
  connect(store_, &FleetStore::changed, this, [this] { refresh(); });
  connect(filter_, &QLineEdit::textChanged, this, [this] { refresh(); });
  connect(lists_, &QTabWidget::currentChanged, this, [this] { chooseAgain(); });
  for (QTableWidget* table : {agents_, classes_}) {
    connect(table, &QTableWidget::currentCellChanged, this, [this, table](int row) {
      if (filling_ || row < 0) return;
      (table == agents_ ? chosenAgent_ : chosenClass_) = table->item(row, 0)->text();
      chooseAgain();
    });
  }
  refresh();
}

QWidget* AgentsPanel::makeHead() {
  auto* head = new QWidget(this);
  auto* row = new QHBoxLayout(head);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(kUnit);
  title_ = new QLabel(head);
  title_->setObjectName("agentsTitle");
  filter_ = new QLineEdit(head);
  filter_->setObjectName("agentFilter");
  filter_->setAccessibleName("Filter the agents");
  filter_->setPlaceholderText("Filter: name, class, silent, refused");
  filter_->setFixedWidth(240);
  filter_->setMinimumHeight(30);
  row->addWidget(title_, 1);
  row->addWidget(filter_);
  const auto button = [&](const char* name, const char* words) {
    auto* made = new QPushButton(words, head);
    made->setObjectName(name);
    row->addWidget(made);
    return made;
  };
  deploy_ = button("agentDeploy", "Deploy");
  start_ = button("agentStart", "Start");
  stop_ = button("agentStop", "Stop…");
  ask_ = button("agentAsk", "Ask for");
  forget_ = button("agentForget", "Remove…");
  makeMenus();
  connect(start_, &QPushButton::clicked, this, [this] {
    const FleetTarget whom = target();
    order({{"order", "start"}}, whom.isClass ? "Start the flow of " + named(whom) + "?" : QString(),
          "start the flow");
  });
  connect(stop_, &QPushButton::clicked, this, [this] {
    order({{"order", "stop"}},
          "Stop the flow of " + named(target()) +
              "? It takes nothing in until it is started again; what waits in its queues stays.",
          "stop the flow");
  });
  connect(forget_, &QPushButton::clicked, this, [this] { forget(); });
  return head;
}

void AgentsPanel::makeMenus() {
  auto* flows = new QMenu(deploy_);
  flows->setObjectName("agentFlows");
  flows->addAction("The &open flow…", this, [this] { deployOpen(); });
  flows->addAction("A &file…", this, [this] { deployFile(); });
  deploy_->setMenu(flows);
  auto* things = new QMenu(ask_);
  things->setObjectName("agentThings");
  for (const auto& [what, words] : {std::pair{"logs", "Its &log lines"},
                                    {"bulletins", "Its &bulletins"},
                                    {"configuration", "Its &configuration"}})
    things->addAction(words, this, [this, what = QString(what)] { ask(what); });
  ask_->setMenu(things);
}

void AgentsPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  store_->watch(true);
}

void AgentsPanel::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  store_->watch(false);
}

FleetTarget AgentsPanel::target() const {
  const bool isClass = lists_->currentWidget() == classes_;
  const QTableWidget* table = isClass ? classes_ : agents_;
  const QTableWidgetItem* item = table->item(table->currentRow(), 0);
  return {isClass, item == nullptr ? QString() : item->text()};
}

QString AgentsPanel::named(const FleetTarget& target) const {
  if (!target.isClass) return "the agent “" + target.name + "”";
  for (const QJsonValue& each : store_->classes()) {
    if (each["name"].toString() != target.name) continue;
    const int count = each["agents"].toInt();
    const int silent = count - each["online"].toInt();
    return QString("the %1 of class “%2”%3")
        .arg(count == 1 ? QString("agent") : QString("%1 agents").arg(count), target.name,
             silent > 0 ? QString(" (%1 silent)").arg(silent) : QString());
  }
  return "the class “" + target.name + "”";
}

QString AgentsPanel::emptyWords() const {
  if (link_.state() != LinkState::kLive) return "There is no server to ask.";
  if (store_->servesNone())
    return link_.isRemote()
               ? QString(
                     "This server serves no agents. Start it with  --c2 ADDRESS:PORT  and "
                     "agents can report to it.")
               : QString(
                     "Studio's own server serves no agents. Connect to one that was started "
                     "with  millrace server FLOW --c2 ADDRESS:PORT.");
  if (!store_->trouble().isEmpty()) return "The agents cannot be read: " + store_->trouble();
  return store_->isThere() ? QString(kHowToEnrol) : QString("Reading…");
}

void AgentsPanel::refresh() {
  const bool some =
      store_->isThere() && (!store_->agents().isEmpty() || !store_->classes().isEmpty());
  pages_->setCurrentIndex(some ? 1 : 0);
  if (!some) empty_->setText(emptyWords());
  title_->setText(some ? fleetWords(store_->agents()) : QString("Agents"));
  filling_ = true;
  fillAgents();
  fillClasses();
  filling_ = false;
  chooseAgain();
}

void AgentsPanel::fillAgents() {
  const QString wanted = filter_->text().trimmed();
  std::vector<QStringList> rows;
  for (const QJsonValue& each : store_->agents()) {
    const QJsonObject agent = each.toObject();
    QStringList cells{agent["id"].toString(),    agentState(agent),
                      agent["class"].toString(), agent["version"].toString(),
                      agentFlow(agent),          timeWords(agent["lastSeen"].toDouble())};
    if (anyCellHas(cells, wanted)) rows.push_back(std::move(cells));
  }
  agents_->setRowCount(static_cast<int>(rows.size()));
  for (int row = 0; row < agents_->rowCount(); ++row)
    fillRow(*agents_, row, rows[static_cast<std::size_t>(row)]);
  agents_->setCurrentCell(rowNamed(*agents_, chosenAgent_), 0);
}

void AgentsPanel::fillClasses() {
  const QString wanted = filter_->text().trimmed();
  std::vector<QStringList> rows;
  for (const QJsonValue& each : store_->classes()) {
    QStringList words;
    const QJsonObject outcomes = each["outcomes"].toObject();
    for (auto at = outcomes.begin(); at != outcomes.end(); ++at)
      words << QString("%1 %2").arg(at.value().toInt()).arg(at.key());
    const QString flow = each["wanted"].isDouble()
                             ? QString("%1: %2").arg(each["wanted"].toInt()).arg(words.join(", "))
                         : words.isEmpty() ? QString("none")
                                           : words.join(", ");
    QStringList cells{each["name"].toString(), QString::number(each["agents"].toInt()),
                      QString::number(each["online"].toInt()), flow};
    if (anyCellHas(cells, wanted)) rows.push_back(std::move(cells));
  }
  classes_->setRowCount(static_cast<int>(rows.size()));
  for (int row = 0; row < classes_->rowCount(); ++row)
    fillRow(*classes_, row, rows[static_cast<std::size_t>(row)]);
  classes_->setCurrentCell(rowNamed(*classes_, chosenClass_), 0);
}

void AgentsPanel::chooseAgain() {
  const FleetTarget whom = target();
  // Whatever is told goes to whom the details are of.
  if (!filling_) detail_->show(whom);
  for (QPushButton* each : {deploy_, start_, stop_}) each->setEnabled(!whom.name.isEmpty());
  for (QPushButton* each : {ask_, forget_}) each->setEnabled(!whom.name.isEmpty() && !whom.isClass);
}

void AgentsPanel::deployOpen() {
  const Result<QByteArray> text = acts_.flow();
  if (!text.ok()) return acts_.tell("Nothing was deployed: " + inQt(text.error().message));
  deploy(*text, acts_.flowName());
}

void AgentsPanel::deployFile() {
  const QString path = QFileDialog::getOpenFileName(
      this, "Deploy a flow", {}, "Flows and configs (*.yaml *.yml *.json);;All files (*)");
  if (path.isEmpty()) return;
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly))
    return acts_.tell("Nothing was deployed: " + path + ": " + file.errorString());
  if (file.size() > kMostBytes)
    return acts_.tell("Nothing was deployed: " + path + " has more than 32 MiB");
  const QByteArray text = file.readAll();
  if (text.isEmpty()) return acts_.tell("Nothing was deployed: " + path + " is empty");
  deploy(text, QFileInfo(path).fileName());
}

void AgentsPanel::deploy(const QByteArray& flow, const QString& name) {
  const FleetTarget whom = target();
  if (whom.name.isEmpty()) return;
  if (!acts_.confirm("Deploy " + flowWords(flow, name) + " to " + named(whom) +
                     "? It takes the place of the flow that runs there. Who is silent gets it "
                     "with the next heartbeat; who refuses it keeps the old one and says why."))
    return;
  store_->deploy(whom, flow, [this, whom, name](const ApiAnswer& answer) {
    acts_.tell(answer.ok() ? QString("“%1” is deployment %2 for “%3”")
                                 .arg(name)
                                 .arg(answer.json()["serial"].toDouble(), 0, 'f', 0)
                                 .arg(whom.name)
                           : "Nothing was deployed: " + answer.error);
  });
}

void AgentsPanel::order(const QJsonObject& order, const QString& question, const QString& said) {
  const FleetTarget whom = target();
  if (whom.name.isEmpty() || (!question.isEmpty() && !acts_.confirm(question))) return;
  store_->order(whom, order, [this, whom, said](const ApiAnswer& answer) {
    if (!answer.ok()) return acts_.tell("Nothing was ordered: " + answer.error);
    acts_.tell("“" + whom.name + "” is told with the next heartbeat: " + said);
    const QJsonArray made = answer.json()["orders"].toArray();
    if (!whom.isClass && whom == target() && made.size() == 1)
      detail_->showOrder(made[0]["number"].toDouble());
  });
}

void AgentsPanel::ask(const QString& what) { order({{"order", what}}, {}, "send " + what); }

void AgentsPanel::clearQueue(const QJsonObject& queue) {
  const double count = queue["size"].toDouble();
  order({{"order", "clear"}, {"connection", queue["uuid"].toString()}},
        QString("Drop what waits in “%1” of %2? At the last heartbeat that was %3 FlowFile%4 (%5). "
                "They do not come back.")
            .arg(queue["name"].toString(), named(target()), shortCount(count),
                 count == 1 ? "" : "s", shortBytes(queue["dataSize"].toDouble())),
        "clear " + queue["name"].toString());
}

void AgentsPanel::forget() {
  const FleetTarget whom = target();
  if (whom.name.isEmpty() || whom.isClass) return;
  if (!acts_.confirm("Remove " + named(whom) +
                     "? The server forgets it, its orders and the flow that was for it alone. The "
                     "agent goes on with what it runs; if it reports again it is a new one."))
    return;
  store_->forget(whom.name, [this, whom](const ApiAnswer& answer) {
    acts_.tell(answer.ok() ? "“" + whom.name + "” was removed"
                           : "Nothing was removed: " + answer.error);
  });
}

}  // namespace millrace::gui
