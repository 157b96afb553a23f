// SPDX-License-Identifier: Apache-2.0
// Ports of a remote group in Studio, with the real server as its child: opening a flow sends and
// fetches nothing, and the group's menu starts and stops each of them.

#include "gui/app/descriptors.h"
#include "gui/app/main_window.h"
#include "tests/gui/studio_bench.h"

#include <QApplication>
#include <QContextMenuEvent>
#include <QFile>
#include <QMenu>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <memory>

using namespace studio;

namespace {

constexpr int kPatience = 60000;  ///< of a machine that does other things, too

constexpr const char* kFlow =
    "millrace: 1\n"
    "name: far\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, state: stopped}\n"
    "  - {name: Keep, type: LogMessage, auto-terminate: [success], state: stopped}\n"
    "remote-groups:\n"
    "  - name: Far\n"
    "    urls: [\"http://127.0.0.1:1/nifi\"]\n"
    "    inputs: [near]\n"
    "    outputs: [back]\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Far/near}\n"
    "  - {from: Far/back, to: Keep}\n"
    "layout:\n"
    "  Make: {at: [0, 0]}\n"
    "  Far: {at: [400, 0]}\n"
    "  Keep: {at: [800, 0]}\n";

}  // namespace

class RemotePortsTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QSettings().clear();
    const QString program = QString(MR_BINARY_DIR) + "/bin/millrace";
    const Result<> read = readDescriptors(program, catalog_);
    QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
    QFile file(folder_.filePath("far.yaml"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(kFlow);
    file.close();
    window_ = std::make_unique<MainWindow>(catalog_, QString());
    window_->setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    window_->session().setEngine(program);
    window_->resize(1440, 900);
    window_->show();
    QVERIFY(window_->openFile(file.fileName()));
    const flow::RemoteGroup& far =
        *window_->session().model().find(idOf(window_->session().model(), "Far"))->remoteGroup();
    near_ = far.inputs.front().id;
    back_ = far.outputs.front().id;
  }
  void cleanupTestCase() { window_.reset(); }

  void openingAFlowSendsAndFetchesNothing() {
    QTRY_COMPARE_WITH_TIMEOUT(lamp(near_), Lamp::kStopped, kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(lamp(back_), Lamp::kStopped, kPatience);
  }

  void theMenuOfTheGroupStartsAndStopsEachPort() {
    QStringList entries = openMenu("Start sending to “near”");
    QVERIFY2(entries.contains("Start fetching from “back”"), qPrintable(entries.join(", ")));
    QVERIFY(entries.contains("Stop") && !entries.contains("Run once"));
    QTRY_COMPARE_WITH_TIMEOUT(lamp(near_), Lamp::kRunning, kPatience);
    QCOMPARE(lamp(back_), Lamp::kStopped);
    // The flow's own file says how it begins elsewhere, which was not touched.
    QVERIFY(!window_->session().isDirty());
    entries = openMenu("Stop sending to “near”");
    QVERIFY(entries.contains("Start fetching from “back”"));
    QTRY_COMPARE_WITH_TIMEOUT(lamp(near_), Lamp::kStopped, kPatience);
  }

  void theGroupStandsForAllOfThem() {
    openMenu("Start");
    QTRY_COMPARE_WITH_TIMEOUT(lamp(near_), Lamp::kRunning, kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(lamp(back_), Lamp::kRunning, kPatience);
    // An edit goes to the server with the states as they are.
    window_->session().editor().setProperty({idOf(window_->session().model(), "Make")},
                                            "Custom Text", std::string("x"));
    QTRY_VERIFY_WITH_TIMEOUT(!window_->session().link().hasUnsent(), kPatience);
    QCOMPARE(lamp(near_), Lamp::kRunning);
    openMenu("Stop");
    QTRY_COMPARE_WITH_TIMEOUT(lamp(back_), Lamp::kStopped, kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(lamp(near_), Lamp::kStopped, kPatience);
  }

 private:
  Lamp lamp(flow::ElementId id) {
    const ComponentStatus* status = window_->session().status().component(id);
    return status == nullptr ? Lamp::kUnknown : status->lamp;
  }

  /// Right click on the group, then a click on the entry; what was in the menu.
  QStringList openMenu(const QString& entry) {
    QStringList entries;
    QTimer chosen;
    connect(&chosen, &QTimer::timeout, this, [&] {
      auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
      if (menu == nullptr) return;
      chosen.stop();
      QAction* wanted = nullptr;
      for (QAction* action : menu->actions()) {
        entries << action->text().remove('&');
        if (entries.last() == entry) wanted = action;
      }
      if (wanted == nullptr) {
        menu->close();
      } else {
        QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(wanted).center());
      }
    });
    chosen.start(20);
    const QRectF box = window_->scene().node(idOf(window_->session().model(), "Far"))->box();
    const QPoint at = window_->view().mapFromScene(box.center());
    QTest::mouseClick(window_->view().viewport(), Qt::RightButton, {}, at);
    QContextMenuEvent asked(QContextMenuEvent::Mouse, at,
                            window_->view().viewport()->mapToGlobal(at));
    QApplication::sendEvent(window_->view().viewport(), &asked);
    if (!entries.contains(entry)) qWarning("no entry %s", qPrintable(entry));
    return entries;
  }

  TypeCatalog catalog_;
  QTemporaryDir folder_;
  std::unique_ptr<MainWindow> window_;
  flow::ElementId near_;
  flow::ElementId back_;
};

MR_STUDIO_TEST_MAIN(RemotePortsTest)
#include "remote_ports_test.moc"
