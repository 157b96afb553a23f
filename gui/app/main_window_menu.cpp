// SPDX-License-Identifier: Apache-2.0
// The menu that a right click on the canvas opens.

#include "gui/app/main_window.h"

#include <QMenu>

namespace millrace::gui {

using flow::ElementId;

// Each port of a remote group runs by itself: the commands of the group are for all of them.
void MainWindow::addRemotePorts(QMenu& menu, const flow::RemoteGroup& remote) {
  const auto add = [&](const flow::RemotePort& port, const char* what) {
    const ComponentStatus* status = session_.status().component(port.id);
    const bool known = status != nullptr && status->lamp != Lamp::kUnknown;
    const bool runs = known ? status->lamp == Lamp::kRunning || status->lamp == Lamp::kStopping
                            : port.state == flow::RunState::kRunning;
    const QString name = QString::fromStdString(port.name).replace('&', "&&");
    QAction* entry = menu.addAction(
        QString("%1 %2 “%3”").arg(runs ? "Stop" : "Start", what, name), this,
        [this, id = port.id, runs] { session_.link().act(runs ? "stop" : "start", {id}); });
    entry->setEnabled(session_.link().state() == LinkState::kLive);
  };
  for (const flow::RemotePort& port : remote.inputs) add(port, "sending to");
  for (const flow::RemotePort& port : remote.outputs) add(port, "fetching from");
  if (!menu.isEmpty()) menu.addSeparator();
}

void MainWindow::contextMenu(const QPoint& at, ElementId under) {
  QMenu menu(this);
  const Component* component = session_.model().find(under);
  if (component != nullptr && under != kRootGroup) {
    if (component->kind == flow::ElementKind::kGroup)
      menu.addAction("Enter", this, [this, under] { view_->enterGroup(under); });
    const auto problems = session_.problems().find(under);
    if (problems != session_.problems().end()) {
      for (const Problem& problem : problems->second) {
        menu.addAction("▲  " + problem.text, this, [this, problem] {
          if (!problem.property.isEmpty()) inspector_->focusProperty(problem.property);
        });
      }
      menu.addSeparator();
    }
    if (component->connection() != nullptr) {
      menu.addActions({action("listQueue"), action("empty")});
    } else if (component->remoteGroup() != nullptr) {
      addRemotePorts(menu, *component->remoteGroup());
      for (const char* name : {"run", "stop", "enable", "disable", "listQueue", "empty"})
        menu.addAction(action(name));
    } else {
      for (const char* name :
           {"run", "stop", "runOnce", "terminate", "enable", "disable", "listQueue", "empty"})
        menu.addAction(action(name));
    }
    menu.addSeparator();
    for (const char* name : {"rename", "cut", "copy", "duplicate", "delete"})
      menu.addAction(action(name));
  } else {
    const QPointF place = view_->mapToScene(view_->viewport()->mapFromGlobal(at));
    menu.addAction("Add a component…", this, [this, place] { view_->openQuickAdd(place); });
    menu.addAction(action("paste"));
    menu.addSeparator();
    menu.addAction(action("selectAll"));
    menu.addAction(action("layout"));
    menu.addAction(action("fit"));
    if (scene_->group() != kRootGroup)
      menu.addAction("Leave the group", this, [this] { view_->leaveGroup(); });
  }
  menu.exec(at);
}

}  // namespace millrace::gui
