// SPDX-License-Identifier: Apache-2.0
// What MainWindow does with a running flow: starting, stopping, emptying, looking into queues.

#include "gui/app/agents_panel.h"
#include "gui/app/bulletin_panel.h"
#include "gui/app/diagnostics_panel.h"
#include "gui/app/history_panel.h"
#include "gui/app/link_banner.h"
#include "gui/app/log_panel.h"
#include "gui/app/main_window.h"
#include "gui/app/parameters_panel.h"
#include "gui/app/provenance_panel.h"
#include "gui/app/queue_panel.h"
#include "gui/app/services_panel.h"
#include "gui/app/sign_in_bar.h"
#include "gui/app/users_panel.h"
#include "gui/canvas/glyphs.h"
#include "gui/canvas/traces.h"
#include "gui/net/secret_store.h"

#include <QDockWidget>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QStackedWidget>
#include <utility>

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;

void MainWindow::makeLiveDocks() {
  const auto dock = [&](const QString& title, const QString& name, QWidget* widget) {
    auto* made = new QDockWidget(title, this);  // owned by the window
    made->setObjectName(name);
    made->setFeatures(QDockWidget::DockWidgetMovable | QDockWidget::DockWidgetClosable);
    made->setFont(interfaceFont(12, QFont::DemiBold));
    widget->setFont(interfaceFont(13));
    widget->setMinimumHeight(160);
    made->setWidget(widget);
    addDockWidget(Qt::BottomDockWidgetArea, made);
    if (queueDock_ != nullptr) tabifyDockWidget(queueDock_, made);
    made->hide();
    return made;
  };
  const auto go = [this](ElementId id) {
    if (id != kRootGroup) view_->reveal(id);
  };
  const auto say = [this](const QString& text) { tell(text); };
  const auto confirm = [this](const QString& question) { return confirm_(question); };
  ApiClient& api = session_.link().api();
  queue_ = new QueuePanel(session_.model(), api, confirm, say, this);
  queueDock_ = dock("Queue", "queueDock", queue_);
  dock("Bulletins", "bulletinDock",
       new BulletinPanel(session_.model(), session_.status(), go, this));
  provenance_ = new ProvenancePanel(session_.model(), api, *theme_, go, say, this);
  QDockWidget* events = dock("Provenance", "provenanceDock", provenance_);
  provenance_->onFollow([this](Ids way) { view_->traces().follow(std::move(way)); });
  connect(events, &QDockWidget::visibilityChanged, this, [this, events] {
    // A closed dock leaves nothing lit; one behind another tab does.
    if (events->isHidden()) provenance_->stopFollowing();
  });
  services_ = new ServicesPanel(session_.editor(),
                                {[this] { return scene_->group(); },
                                 [this](ElementId id) {
                                   inspector_->show({id});
                                   view_->traces().showServices({id});
                                 },
                                 go, confirm, say},
                                this);
  dock("Services", "servicesDock", services_);
  parameters_ = new ParametersPanel(session_.editor(), go, confirm, say, this);
  parameters_->setSecrets(*new SecretStore(session_.link(), this));  // owned by the window
  dock("Parameters", "parametersDock", parameters_);
  log_ = new LogPanel(api, this);
  dock("Log", "logDock", log_);
  dock("Agents", "agentsDock",
       new AgentsPanel(
           session_.link(),
           {[this] { return session_.text(); }, [this] { return session_.title(); }, confirm, say},
           this));
  history_ = new HistoryPanel(
      session_.undo(), session_.link(), confirm, say,
      [this](quint64 revision, quint64 later) {
        if (later == 0) return compareWithRevision(revision);
        compareRevisions(revision, later);
      },
      this);
  dock("History", "historyDock", history_);
  dock("Users", "usersDock",
       new UsersPanel(session_.model(), session_.link(), {confirm, say}, this));
  auto* diagnostics = new DiagnosticsPanel(api, say, this);
  dock("Diagnostics", "diagnosticsDock", diagnostics);
  makeViewDocks(dock);
  connect(&session_, &Session::typesCame, this, [this] { services_->refresh(); });
  connect(scene_.get(), &FlowScene::groupShown, this,
          [this](ElementId group) { parameters_->showGroup(group); });
  connect(&session_.model(), &FlowModel::wasReset, this, [this] { provenance_->clear(); });
  connect(&session_.link(), &LiveLink::stateChanged, this,
          [this, diagnostics, before = LinkState::kOff]() mutable {
            const LinkState now = session_.link().state();
            if (std::exchange(before, now) == now || now != LinkState::kLive) return;
            log_->clear();
            diagnostics->clear();
          });
  banner_ = new LinkBanner(session_.link(), view_);
  signIn_ = new SignInBar(session_.link(), pages_);
}

void MainWindow::makeLiveActions() {
  QMenu* menu = menuBar()->addMenu("&Operate");
  const auto operate = [&](const QString& name, const QString& text, const QKeySequence& key,
                           const QString& action) {
    return add(menu, name, text, key, [this, action] { act(action); });
  };
  operate("run", "&Start", QKeySequence("F5"), "start");
  operate("stop", "Sto&p", QKeySequence("Shift+F5"), "stop");
  QAction* toggle = add(menu, "startStop", "Start or stop", QKeySequence("."), [this] {
    bool runs = false;
    for (const ElementId id : operands()) {
      const ComponentStatus* status = session_.status().component(id);
      runs = runs || (status != nullptr && status->lamp == Lamp::kRunning);
    }
    act(runs ? "stop" : "start");
  });
  toggle->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  view_->addAction(toggle);
  operate("runOnce", "Run &once", QKeySequence("F6"), "run-once");
  operate("terminate", "&Terminate", {}, "terminate");
  menu->addSeparator();
  operate("enable", "&Enable", {}, "enable");
  operate("disable", "&Disable", {}, "disable");
  menu->addSeparator();
  add(menu, "listQueue", "Look into the &queue", QKeySequence("F7"), [this] { lookIntoQueue(); });
  add(menu, "empty", "E&mpty the queue…", {}, [this] { emptyQueues(); });
  menu->addSeparator();
  add(menu, "charts", "C&harts", QKeySequence("F9"), [this] { showDock("chartDock"); });
  add(menu, "try", "Tr&y on a sample", QKeySequence("Shift+F6"), [this] {
    followSelection();
    showDock("tryDock");
  });
  add(menu, "provenance", "Pro&venance", QKeySequence("F8"), [this] { lookIntoProvenance(); });
  add(menu, "replayLast", "Rep&lay the last FlowFile", QKeySequence("Shift+F8"),
      [this] { replayLast(); });
}

// Of what is chosen, else of everything.
void MainWindow::lookIntoProvenance() {
  QStringList words;
  for (const ElementId id : scene_->selectedNodes())
    words << "component:\"" + QString::fromStdString(session_.model().find(id)->name()) + '"';
  showDock("provenanceDock");
  provenance_->search(words.join(' '));
}

void MainWindow::replayLast() {
  const Ids ids = scene_->selectedNodes();
  if (ids.size() != 1)
    return tell("Choose one processor first: the last FlowFile that it took is replayed");
  session_.link().api().post(
      "/components/" + idToJson(ids.front()) + "/replay-last", {}, [this](const ApiAnswer& answer) {
        tell(answer.ok()
                 ? "Replayed: FlowFile " + answer.json()["uuid"].toString().left(8) + " waits again"
                 : "Nothing was replayed: " + answer.error);
      });
}

void MainWindow::showDock(const QString& name) {
  auto* dock = findChild<QDockWidget*>(name);
  dock->show();
  dock->raise();
}

Ids MainWindow::operands() const {
  Ids ids;
  for (const ElementId id : scene_->selection()) {
    if (session_.model().find(id)->connection() == nullptr) ids.push_back(id);
  }
  return ids.empty() ? Ids{scene_->group()} : ids;
}

Ids MainWindow::chosenQueues() const {
  const FlowModel& model = session_.model();
  Ids wires;
  for (const ElementId id : scene_->selection()) {
    if (model.find(id)->connection() != nullptr) {
      wires.push_back(id);
    } else {
      // Of a component: what waits for it.
      for (const ElementId wire : model.connectionsAt(id)) {
        if (model.nodeOf(model.find(wire)->connection()->to.id, scene_->group()) == id)
          wires.push_back(wire);
      }
    }
  }
  return wires;
}

void MainWindow::act(const QString& action) { session_.link().act(action, operands()); }

void MainWindow::lookIntoQueue() {
  const Ids wires = chosenQueues();
  if (wires.empty()) return tell("Choose a connection first: its queue is shown below");
  if (session_.link().state() != LinkState::kLive)
    return tell("There is no queue to look into: there is no server at the moment");
  showDock("queueDock");
  queue_->show(wires.front());
}

void MainWindow::emptyQueues() {
  const Ids wires = chosenQueues();
  if (wires.empty()) return tell("Choose a connection first: its queue is emptied");
  double count = 0;
  double bytes = 0;
  for (const ElementId id : wires) {
    if (const QueueStatus* queue = session_.status().queue(id)) {
      count += queue->count;
      bytes += queue->bytes;
    }
  }
  if (count == 0) return tell("Nothing waits there");
  const QString what = count == 1 ? QString("1 FlowFile") : shortCount(count) + " FlowFiles";
  if (confirm_("Drop " + what + " (" + shortBytes(bytes) + ")? They do not come back by undo."))
    session_.link().emptyQueues(wires);
}

void MainWindow::refreshLink() {
  if (link_ == nullptr) return;
  LiveLink& link = session_.link();
  link_->setText(linkWords(link));
  const QColor ink = link.state() == LinkState::kLive   ? theme_->running
                     : link.state() == LinkState::kLost ? theme_->warning
                                                        : theme_->muted;
  link_->setStyleSheet("color:" + ink.name());
  const bool live = link.state() == LinkState::kLive;
  for (const char* name : {"run", "stop", "startStop", "runOnce", "terminate", "enable", "disable",
                           "listQueue", "empty", "provenance", "replayLast", "try", "charts"})
    action(name)->setEnabled(live);
}

// Until the flow of a server is there nothing can be edited: it would be lost when it comes.
void MainWindow::refreshWaiting() {
  const LiveLink& link = session_.link();
  const bool waits = link.isRemote() && link.state() != LinkState::kOff && !link.hasFlow();
  const QString where = link.base().authority();
  const bool came = !waits && !view_->isEnabled();
  view_->setWaiting(!waits           ? QString()
                    : link.asksWho() ? QString("Nothing to see before you sign in")
                    : link.state() == LinkState::kLost ? "No flow from " + where
                                                       : "Reading the flow of " + where + "…",
                    "A file, or another server, can be opened from the menu File.");
  for (const char* name :
       {"paletteDock", "outlineDock", "inspectorDock", "servicesDock", "parametersDock", "tryDock"})
    findChild<QDockWidget*>(name)->widget()->setEnabled(!waits);
  for (const char* name : {"cut", "copy", "paste", "duplicate", "delete", "deleteHeal", "group",
                           "rename", "add", "layout", "find", "save", "saveAs", "export"})
    action(name)->setEnabled(!waits);
  // While it could not have the keys something else got them.
  if (came) view_->setFocus();
}

bool askToGoOn(QWidget* parent, const QString& question) {
  return QMessageBox::question(parent, "Are you sure?", question,
                               QMessageBox::Yes | QMessageBox::Cancel,
                               QMessageBox::Cancel) == QMessageBox::Yes;
}

}  // namespace millrace::gui
