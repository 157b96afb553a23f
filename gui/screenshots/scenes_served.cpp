// SPDX-License-Identifier: Apache-2.0
#include "gui/app/compare_window.h"
#include "gui/app/data_table.h"
#include "gui/screenshots/fleet.h"
#include "gui/screenshots/sample_flows.h"
#include "gui/screenshots/stage.h"

#include <QApplication>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTabWidget>
#include <QTableWidget>
#include <QTreeWidget>

namespace millrace::gui {
namespace {

bool hasCell(const QTableWidget& table, int column, const QString& word) {
  for (int row = 0; row < table.rowCount(); ++row) {
    const QTableWidgetItem* item = table.item(row, column);
    if (item != nullptr && item->text().contains(word)) return true;
  }
  return false;
}

void shootLog(Stage& stage) {
  stage.showBelow("logDock");
  auto* topics = stage.part<QTableWidget>("topics");
  auto* records = stage.part<QTableWidget>("records");
  stage.waitFor("topics and records", [&] {
    if (topics->rowCount() < 2) stage.part<QPushButton>("logRefresh")->click();
    if (topics->rowCount() >= 2 && records->rowCount() <= 20 && topics->currentRow() >= 0)
      topics->setCurrentCell(1 - topics->currentRow(), 0);  // read anew: there are more by now
    return topics->rowCount() >= 2 && records->rowCount() > 20;
  });
  auto* value = stage.part<QDockWidget>("logDock")->findChild<QPlainTextEdit*>("contentView");
  stage.waitFor("a record's value", [&] { return !value->toPlainText().isEmpty(); });
  stage.fit();
  stage.shoot("log");
  stage.part<QTabWidget>("logLists")->setCurrentIndex(1);
  auto* groups = stage.part<QTableWidget>("groups");
  auto* places = stage.part<QTableWidget>("groupPlaces");
  stage.waitFor("a consumer group", [&] {
    if (groups->rowCount() == 0) stage.part<QPushButton>("logRefresh")->click();
    return groups->rowCount() > 0 && places->rowCount() > 0;
  });
  stage.shoot("log-groups");
}

void shootAgents(Stage& stage, Fleet& fleet) {
  stage.showBelow("agentsDock");
  stage.shoot("agents-empty");
  for (const auto& [id, group] :
       {std::pair{"gauge-7", "rivers"}, {"gauge-9", "rivers"}, {"lock-2", "canals"}})
    stage.expect(fleet.addAgent(id, group), "an agent");
  auto* agents = stage.part<QTableWidget>("agents");
  stage.waitFor("three agents", [&] { return agents->rowCount() == 3; });
  ApiClient& api = stage.window().session().link().api();
  api.put("/agent-classes/rivers/flow", kGauge, "application/yaml", {}, [](const ApiAnswer&) {});
  stage.waitFor("a deployment", [&] { return hasCell(*agents, 4, "applied"); });
  agents->setCurrentCell(0, 0);
  auto* tabs = stage.part<QTabWidget>("agentTabs");
  auto* components = stage.part<QTableWidget>("agentComponents");
  tabs->setCurrentIndex(1);
  stage.waitFor("the agent's components", [&] { return components->rowCount() > 0; });
  stage.fit();
  stage.shoot("agents");
}

/// Changes by several people, then what differs from a revision before them.
void shootHistory(Stage& stage) {
  MainWindow& window = stage.window();
  FlowEditor& editor = window.session().editor();
  LiveLink& link = window.session().link();
  const auto settle = [&] {
    stage.waitFor("the server to have the edits", [&] { return !link.hasUnsent(); });
  };
  editor.setProperty({stage.named("Ships")}, "Batch Size", "8");
  settle();
  stage.expect(editor.rename(stage.named("Board"), "Board of arrivals").ok(), "a name");
  settle();
  editor.addProcessor(kRootGroup, "UpdateAttribute", QPointF(736, 320));
  settle();
  editor.remove({stage.named("Record")});
  settle();
  stage.showBelow("historyDock");
  auto* history = stage.part<QTableWidget>("history");
  stage.waitFor("four changes", [&] { return history->rowCount() >= 4; });
  history->setCurrentCell(history->rowCount() - 1, 0);
  stage.fit();
  stage.shoot("history");
  stage.part<QPushButton>("historyCompare")->click();
  auto* differences = stage.part<QTreeWidget>("differences");
  stage.waitFor("differences", [&] { return differences->topLevelItemCount() > 0; });
  stage.part<QDockWidget>("historyDock")->hide();
  stage.fit();
  stage.shoot("compare-revision");
  window.action("stopComparing")->trigger();
  // Two that are both past, in a window of their own.
  stage.showBelow("historyDock");
  stage.waitFor("the changes again", [&] { return history->rowCount() >= 4; });
  history->clearSelection();
  for (const int row : {1, history->rowCount() - 1}) {
    for (int column = 0; column < history->columnCount(); ++column)
      history->item(row, column)->setSelected(true);
  }
  stage.part<QPushButton>("historyCompare")->click();
  stage.waitFor("two revisions", [&] { return window.findChild<CompareWindow*>() != nullptr; });
  if (auto* compared = window.findChild<CompareWindow*>()) {
    stage.shoot(*compared, "compare-revisions");
    compared->close();
  }
}

/// A server that asks who one is, and who may do what.
void shootUsers(Stage& stage) {
  MainWindow& window = stage.window();
  Fleet guarded;
  QByteArray flow = kHarbour;
  flow.replace("layout:\n", "groups:\n  - {name: Quay}\n  - {name: Yard}\nlayout:\n");
  if (!stage.waitFor("a server", [&] { return guarded.serve(flow); })) return;
  stage.expect(guarded.addUser("ann", "a good password"), "a user");
  stage.expect(window.connectTo(guarded.address()), "the server's address");
  auto* user = stage.part<QLineEdit>("signInUser");
  stage.waitFor("the question who one is", [&] { return user->isVisible(); });
  user->setText("ann");
  stage.part<QLineEdit>("signInPassword")->setText("a good password");
  stage.shoot("sign-in");
  stage.part<QPushButton>("signInGo")->click();
  stage.waitFor("the flow of the server", [&] { return stage.named("Quay") != flow::ElementId{}; });
  ApiClient& api = window.session().link().api();
  const QByteArray quay = idToJson(stage.named("Quay")).toUtf8();
  const QByteArray yard = idToJson(stage.named("Yard")).toUtf8();
  const auto add = [&](const char* name, const QByteArray& wish) {
    api.put(QString("/users/") + name, "{\"password\":\"another password\"," + wish + "}",
            "application/json", {}, [](const ApiAnswer&) {});
  };
  add("ben", R"("role":"view","groups":{")" + quay + R"(":"modify",")" + yard +
                 R"(":"operate"},"certificate":"CN=ben,O=Harbour")");
  add("pier-display", R"("role":"view")");
  add("watch", R"("role":"operate")");
  stage.showBelow("usersDock");
  auto* users = stage.part<QTableWidget>("users");
  stage.waitFor("four users", [&] { return users->rowCount() == 4; });
  users->setCurrentCell(rowNamed(*users, "ben"), 0);
  auto* groups = stage.part<QTableWidget>("userGroups");
  stage.waitFor("their groups", [&] { return groups->rowCount() == 2; });
  stage.fit();
  stage.shoot("users");
}

}  // namespace

void shootServed(Stage& stage) {
  MainWindow& window = stage.window();
  Fleet fleet;
  if (!stage.waitFor("a server", [&] { return fleet.serve(kHarbour); })) return;
  stage.expect(window.connectTo(fleet.address()), "the server's address");
  LiveLink& link = window.session().link();
  stage.waitFor("the server's flow", [&] {
    return link.state() == LinkState::kLive && stage.named("Ships") != flow::ElementId{};
  });
  stage.waitFor("data that moves", [&] {
    const ComponentStatus* ships = window.session().status().component(stage.named("Ships"));
    return ships != nullptr && ships->outRate > 0;
  });
  stage.part<QDockWidget>("paletteDock")->raise();
  shootLog(stage);
  shootAgents(stage, fleet);
  stage.showBelow("diagnosticsDock");
  auto* diagnostics = stage.part<QTreeWidget>("diagnostics");
  stage.waitFor("diagnostics", [&] { return diagnostics->topLevelItemCount() > 3; });
  stage.fit();
  stage.shoot("diagnostics");
  shootHistory(stage);
  stage.hideBelow();
  fleet.stop();
  stage.waitFor("the line to be lost", [&] { return link.state() == LinkState::kLost; });
  stage.fit();
  stage.shoot("lost");
  shootUsers(stage);
}

}  // namespace millrace::gui
