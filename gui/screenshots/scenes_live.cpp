// SPDX-License-Identifier: Apache-2.0
#include "gui/app/chart_panel.h"
#include "gui/app/descriptors.h"
#include "gui/app/lineage_view.h"
#include "gui/app/provenance_panel.h"
#include "gui/app/queue_panel.h"
#include "gui/canvas/traces.h"
#include "gui/screenshots/sample_flows.h"
#include "gui/screenshots/stage.h"

#include <QApplication>
#include <QDockWidget>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTabWidget>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTreeWidget>

namespace millrace::gui {
namespace {

using flow::ElementId;

/// The wire that leads to a component.
ElementId wireTo(Stage& stage, const char* name) {
  for (const ElementId id : stage.window().session().model().connectionsAt(stage.named(name)))
    return id;
  return {};
}

/// What happened to one of them, then where it came from.
void shootProvenance(Stage& stage) {
  MainWindow& window = stage.window();
  window.scene().select({stage.named("Too warm?")});
  stage.showBelow("provenanceDock");
  window.action("provenance")->trigger();
  auto* events = stage.part<QTableWidget>("provenanceTable");
  auto* attributes = stage.part<QTableWidget>("eventAttributes");
  stage.waitFor("events", [&] { return events->rowCount() > 0 && attributes->rowCount() > 0; });
  stage.part<QTabWidget>("eventTabs")->setCurrentIndex(1);
  stage.fit();
  stage.shoot("provenance");
  stage.part<QPushButton>("provenanceLineage")->click();
  auto* lineage = static_cast<LineageView*>(stage.part<QGraphicsView>("lineage"));
  stage.waitFor("a lineage",
                [&] { return !lineage->nodes().empty() && !lineage->placeOf(0).isEmpty(); });
  stage.shoot("lineage");
  stage.part<QTabWidget>("provenanceTabs")->setCurrentIndex(0);
  stage.part<QPushButton>("provenanceFollow")->click();
  stage.waitFor("the way of a FlowFile", [&] { return !window.view().traces().steps().empty(); });
  stage.shoot("follow");
  stage.part<QPushButton>("provenanceFollow")->click();
}

/// Without services, which a trial has none of; something complains, to be seen in the bulletins.
void shootTrial(Stage& stage, const QString& folder) {
  MainWindow& window = stage.window();
  const QString path = folder + "/gauge.yaml";
  stage.expect(writeText(path, kTrial) && window.openFile(path), "the flow to be tried");
  LiveLink& link = window.session().link();
  stage.waitFor("a second private server", [&] {
    return link.state() == LinkState::kLive &&
           window.session().status().component(stage.named("Readings")) != nullptr;
  });
  stage.part<QDockWidget>("paletteDock")->hide();
  stage.part<QDockWidget>("outlineDock")->hide();
  link.act("start", {stage.named("Readings"), stage.named("Store")});
  stage.showBelow("bulletinDock");
  auto* bulletins = stage.part<QTreeWidget>("bulletins");
  stage.waitFor("a bulletin", [&] { return bulletins->topLevelItemCount() > 0; });
  stage.fit();
  stage.shoot("bulletins");
  window.scene().select({stage.named("Too warm?")});
  window.action("try")->trigger();
  stage.showBelow("tryDock");
  stage.part<QPlainTextEdit>("tryContent")->setPlainText("{\"sensor\": \"north-3\"}");
  stage.part<QPushButton>("tryTake")->click();
  auto* attributes = stage.part<QTableWidget>("tryAttributes");
  stage.waitFor("a sample", [&] { return attributes->rowCount() > 2; });
  stage.part<QPushButton>("tryRun")->click();
  auto* results = stage.part<QTreeWidget>("tryResults");
  stage.waitFor("what comes out of a trial", [&] { return results->topLevelItemCount() > 0; });
  stage.fit();
  stage.shoot("try");
}

}  // namespace

void shootLive(Stage& stage) {
  MainWindow& window = stage.window();
  QTemporaryDir folder;
  const QString path = folder.filePath("sensors.yaml");
  stage.expect(writeText(folder.filePath("places.csv"), kPlaces) &&
                   writeText(path, QString(kSensors).arg(folder.path()).toUtf8()),
               "a place for the flow");
  window.session().setEngine(engineProgram());
  stage.expect(window.openFile(path), "the flow of sensors");
  LiveLink& link = window.session().link();
  if (!stage.waitFor("a private server", [&] { return link.state() == LinkState::kLive; })) return;
  const ElementId alarms = wireTo(stage, "Alarm");
  const auto component = [&](const char* name) {
    return window.session().status().component(stage.named(name));
  };
  stage.waitFor("the first status", [&] { return component("Readings") != nullptr; });
  link.act("start",
           {stage.named("Readings"), stage.named("Where from"), stage.named("Name of the place"),
            stage.named("Too warm?"), stage.named("Keep")});
  stage.waitFor("a queue that fills", [&] {
    const QueueStatus* queue = window.session().status().queue(alarms);
    const ComponentStatus* first = component("Readings");
    return queue != nullptr && queue->share > 0.65 && first != nullptr &&
           first->inRate + first->outRate > 0;
  });
  stage.part<QDockWidget>("paletteDock")->hide();
  stage.part<QDockWidget>("outlineDock")->hide();
  stage.fit();
  stage.shoot("live");

  window.scene().select({alarms});
  stage.showBelow("queueDock");
  window.action("listQueue")->trigger();
  auto* content = window.queue().findChild<QPlainTextEdit*>("contentView");
  stage.waitFor("a content", [&] { return content->toPlainText().contains("sensor"); });
  stage.fit();
  stage.shoot("queue");
  shootProvenance(stage);

  stage.hideBelow();
  window.scene().select({});
  window.scene().setOverlay(Overlay::kThroughput);
  stage.fit();
  stage.shoot("overlay");
  window.scene().setOverlay(Overlay::kNone);

  stage.showBelow("servicesDock");
  auto* services = stage.part<QTreeWidget>("services");
  services->setCurrentItem(services->topLevelItem(services->topLevelItemCount() - 1));
  stage.fit();
  stage.shoot("services");
  window.scene().select({});
  stage.showBelow("parametersDock");
  stage.part<QTableWidget>("parameters")->setCurrentCell(0, 0);
  stage.fit();
  stage.shoot("parameters");
  stage.part<QTableWidget>("parameterOwners")->setCurrentCell(1, 0);
  stage.part<QTableWidget>("parameters")->setCurrentCell(2, 0);
  stage.shoot("shared-context");
  stage.part<QTabWidget>("parameterTabs")->setCurrentIndex(1);
  stage.shoot("shared-context-users");
  stage.part<QTabWidget>("parameterTabs")->setCurrentIndex(0);

  window.scene().select({stage.named("Readings")});
  stage.showBelow("chartDock");
  stage.waitFor("a line of the chart", [&] { return !window.charts().chart().lines().empty(); });
  stage.fit();
  stage.shoot("charts");
  shootTrial(stage, folder.path());
  stage.hideBelow();
  window.session().setEngine({});
  stage.part<QDockWidget>("paletteDock")->show();
  stage.part<QDockWidget>("outlineDock")->show();
  stage.part<QDockWidget>("paletteDock")->raise();
}

}  // namespace millrace::gui
