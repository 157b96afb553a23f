// SPDX-License-Identifier: Apache-2.0
// Paints the pictures of docs/studio.md without a display: each main view in light and dark.
//   studio-screenshots FLOWS-FOLDER OUT-FOLDER SUFFIX      (QT_SCALE_FACTOR says how sharp)

#include "gui/app/descriptors.h"
#include "gui/app/find_bar.h"
#include "gui/app/lineage_view.h"
#include "gui/app/main_window.h"
#include "gui/app/provenance_panel.h"
#include "gui/app/queue_panel.h"
#include "gui/canvas/quick_add.h"

#include <QApplication>
#include <QDir>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QFile>
#include <QLineEdit>
#include <QPixmap>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStandardPaths>
#include <QStyleFactory>
#include <QTabWidget>
#include <QTableWidget>
#include <QTemporaryDir>
#include <cstdio>
#include <functional>

namespace {

using namespace millrace::gui;

bool shoot(MainWindow& window, const QString& out, const QString& name) {
  for (int i = 0; i < 4; ++i) QApplication::processEvents();
  return window.grab().save(out + '/' + name + ".png");
}

millrace::flow::ElementId named(const FlowModel& model, const std::string& name) {
  for (const auto& [id, component] : model.components()) {
    if (id != kRootGroup && component.name() == name) return id;
  }
  return {};
}

/// A flow that is worth looking at while it runs: one queue fills up, one part is slow.
constexpr const char* kLiveFlow = R"(millrace: 1
name: sensors
processors:
  - {name: Readings, type: GenerateFlowFile, properties: {Custom Text: '{"sensor": "north-3", "celsius": 21.5}'}, schedule: {every: 20 ms}}
  - {name: Where from, type: UpdateAttribute, properties: {site: north, celsius: '${random():mod(40)}'}}
  - {name: Too warm?, type: RouteOnAttribute, properties: {warm: '${celsius:toNumber():gt(30)}'}}
  - {name: Alarm, type: LogAttribute, auto-terminate: [success]}
  - {name: Keep, type: UpdateAttribute, properties: {kept: 'yes'}, auto-terminate: [success]}
connections:
  - {from: Readings, relationship: success, to: Where from}
  - {from: Where from, relationship: success, to: Too warm?}
  - {from: Too warm?, relationship: warm, to: Alarm, back-pressure: {count: 100}}
  - {from: Too warm?, relationship: unmatched, to: Keep}
layout:
  Readings: {at: [0, 80]}
  Where from: {at: [368, 80]}
  Too warm?: {at: [736, 80]}
  Alarm: {at: [1120, 0]}
  Keep: {at: [1120, 160]}
)";

/// Waits for something that the server is to say; false: it did not within half a minute.
bool waitFor(const std::function<bool()>& there) {
  QElapsedTimer since;
  since.start();
  while (!there()) {
    if (since.elapsed() > 30000) return false;
    QApplication::processEvents(QEventLoop::WaitForMoreEvents, 100);
  }
  return true;
}

/// The canvas, the queue and the bulletins of a running flow.
bool shootLive(MainWindow& window, const QString& out, const QString& end) {
  QTemporaryDir folder;
  const QString path = folder.filePath("sensors.yaml");
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(kLiveFlow) < 0) return false;
  file.close();
  window.session().setEngine(engineProgram());
  if (!window.openFile(path)) return false;
  LiveLink& link = window.session().link();
  if (!waitFor([&] { return link.state() == LinkState::kLive; })) return false;
  const FlowModel& model = window.session().model();
  const auto wire = [&] {
    for (const auto id : model.connectionsAt(named(model, "Alarm"))) return id;
    return millrace::flow::ElementId{};
  }();
  link.act("start", {named(model, "Readings"), named(model, "Where from"),
                     named(model, "Too warm?"), named(model, "Keep")});
  const bool moved = waitFor([&] {
    const QueueStatus* queue = window.session().status().queue(wire);
    const ComponentStatus* first = window.session().status().component(named(model, "Readings"));
    return queue != nullptr && queue->share > 0.65 && first != nullptr &&
           first->inRate + first->outRate > 0;
  });
  window.findChild<QDockWidget*>("paletteDock")->hide();
  QApplication::processEvents();
  window.view().fitAll();
  bool good = shoot(window, out, "live" + end) && moved;
  window.scene().select({wire});
  window.action("listQueue")->trigger();
  auto* content = window.queue().findChild<QPlainTextEdit*>("contentView");
  good = waitFor([&] { return content->toPlainText().contains("sensor"); }) && good;
  window.view().fitAll();
  good = shoot(window, out, "queue" + end) && good;
  window.findChild<QDockWidget*>("queueDock")->hide();

  // What happened to one of them, then where it came from.
  window.scene().select({named(model, "Too warm?")});
  window.action("provenance")->trigger();
  auto* events = window.provenance().findChild<QTableWidget*>("provenanceTable");
  auto* attributes = window.provenance().findChild<QTableWidget*>("eventAttributes");
  good = waitFor([&] { return events->rowCount() > 0 && attributes->rowCount() > 0; }) && good;
  window.provenance().findChild<QTabWidget*>("eventTabs")->setCurrentIndex(1);
  window.view().fitAll();
  good = shoot(window, out, "provenance" + end) && good;
  window.provenance().findChild<QPushButton*>("provenanceLineage")->click();
  auto* lineage =
      static_cast<LineageView*>(window.provenance().findChild<QGraphicsView*>("lineage"));
  good =
      waitFor([&] { return !lineage->nodes().empty() && !lineage->placeOf(0).isEmpty(); }) && good;
  good = shoot(window, out, "lineage" + end) && good;
  window.findChild<QDockWidget*>("provenanceDock")->hide();
  window.scene().select({});
  window.scene().setOverlay(Overlay::kThroughput);
  QApplication::processEvents();
  window.view().fitAll();
  good = shoot(window, out, "overlay" + end) && good;
  window.scene().setOverlay(Overlay::kNone);
  window.action("commands")->trigger();
  window.findChild<QLineEdit*>("commandField")->setText("sel");
  good = shoot(window, out, "commands" + end) && good;
  window.findChild<QLineEdit*>("commandField")->parentWidget()->hide();
  window.session().setEngine({});
  window.findChild<QDockWidget*>("paletteDock")->show();
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QStandardPaths::setTestModeEnabled(true);
  QApplication::setStyle(QStyleFactory::create("Fusion"));
  QApplication app(argc, argv);
  QApplication::setOrganizationName("MillraceScreenshots");
  const QStringList words = QApplication::arguments();
  if (words.size() != 4) {
    std::fprintf(stderr, "studio-screenshots: FLOWS-FOLDER OUT-FOLDER SUFFIX are needed\n");
    return 2;
  }
  const QString out = words[2];
  QDir().mkpath(out);
  TypeCatalog types;
  const millrace::Result<> described = readDescriptors(engineProgram(), types);
  if (!described.ok()) std::fprintf(stderr, "%s\n", described.error().message.c_str());
  bool good = true;
  for (const Theme* theme : {&lightTheme(), &darkTheme()}) {
    const QString end = '-' + theme->name + words[3];
    MainWindow window(types, words[1]);
    window.setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    window.resize(1440, 900);
    window.setTheme(*theme);
    window.show();
    window.showStartPage();
    good = shoot(window, out, "start" + end) && good;
    good = window.openFile(words[1] + "/flight-status.yaml") && good;
    good = shoot(window, out, "canvas" + end) && good;
    window.view().reveal(named(window.session().model(), "Judge the delay"));
    good = shoot(window, out, "configure" + end) && good;
    window.view().fitAll();
    window.scene().select({});
    window.view().openQuickAdd(window.view().mapToScene(QPoint(380, 120)));
    window.view().quickAdd().findChild<QLineEdit*>("quickAddField")->setText("attr");
    good = shoot(window, out, "quick-add" + end) && good;
    window.view().quickAdd().hide();
    good = shootLive(window, out, end) && good;
    for (QDockWidget* dock : window.findChildren<QDockWidget*>("queueDock")) dock->hide();
    good = window.openFile(words[1] + "/flight-status.yaml") && good;
    window.session().editor().addProcessor(kRootGroup, "PutFile", window.view().freePlace());
    window.session().validate();
    window.scene().select({named(window.session().model(), "PutFile")});
    good = shoot(window, out, "incomplete" + end) && good;
  }
  return good ? 0 : 1;
}
