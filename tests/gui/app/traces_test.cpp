// SPDX-License-Identifier: Apache-2.0
// What is drawn over the flow for a while: lines from services to their users, and the way that a
// FlowFile took, with the real server's descriptors and events.

#include "gui/canvas/traces.h"

#include "gui/app/descriptors.h"
#include "gui/app/main_window.h"
#include "gui/app/provenance_panel.h"
#include "gui/canvas/node_item.h"
#include "tests/gui/studio_bench.h"

#include <QApplication>
#include <QDockWidget>
#include <QFile>
#include <QPushButton>
#include <QStandardPaths>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>
#include <memory>

using namespace studio;

namespace {

constexpr int kPatience = 30000;  ///< of a machine that does other things, too

constexpr const char* kFlow =
    "millrace: 1\n"
    "name: told\n"
    "services:\n"
    "  - {name: Places, type: SimpleCsvFileLookupService, properties: {CSV File: p.csv,\n"
    "     Lookup Key Column: a, Lookup Value Column: b}, state: disabled}\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: 'hello'}}\n"
    "  - {name: Mark, type: UpdateAttribute, properties: {colour: 'red'}}\n"
    "  - {name: Keep, type: UpdateAttribute, properties: {kept: 'yes'}, auto-terminate: "
    "[success]}\n"
    "  - {name: Else, type: UpdateAttribute, auto-terminate: [success]}\n"
    "  - {name: Look up, type: LookupAttribute, state: disabled,\n"
    "     properties: {Lookup Service: Places, x: y},\n"
    "     auto-terminate: [matched, unmatched, failure]}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Mark}\n"
    "  - {from: Mark, relationship: success, to: Keep}\n"
    "groups:\n"
    "  - name: Inner\n"
    "    processors:\n"
    "      - {name: Also, type: LookupAttribute, state: disabled,\n"
    "         properties: {Lookup Service: Places, x: y},\n"
    "         auto-terminate: [matched, unmatched, failure]}\n"
    "layout:\n"
    "  Make: {at: [0, 0]}\n"
    "  Mark: {at: [400, 0]}\n"
    "  Keep: {at: [800, 0]}\n"
    "  Else: {at: [0, 240]}\n"
    "  Look up: {at: [400, 240]}\n"
    "  Inner: {at: [800, 240]}\n";

}  // namespace

class TracesTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    const QString program = QString(MR_BINARY_DIR) + "/bin/millrace";
    const Result<> read = readDescriptors(program, catalog_);
    QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
    QFile file(folder_.filePath("told.yaml"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(kFlow);
    file.close();
    window_ = std::make_unique<MainWindow>(catalog_, QString());
    window_->setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    window_->session().setEngine(program);
    window_->resize(1440, 900);
    window_->show();
    QVERIFY(window_->openFile(file.fileName()));
    QTRY_COMPARE_WITH_TIMEOUT(link().state(), LinkState::kLive, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(status("Make") != nullptr, kPatience);
    window_->view().fitAll();
  }
  void cleanupTestCase() { window_.reset(); }

  void aChosenUserIsLedToItsServiceAndTheOthersThatUseIt() {
    click("Else");
    QVERIFY(traces().links().empty());
    const QImage before = picture();
    click("Look up");
    const auto links = traces().links();
    QCOMPARE(links.size(), std::size_t(1));
    QVERIFY(links[0].text.endsWith("Places") && !links[0].enabled);
    // To it, and to the group in which the other one is.
    QCOMPARE(links[0].lines.size(), std::size_t(2));
    for (const char* name : {"Look up", "Inner"}) {
      const QRectF box = window_->scene().node(id(name))->box();
      const QPointF top(box.center().x(), box.top());
      QVERIFY2(links[0].lines[0].p2() == top || links[0].lines[1].p2() == top, name);
    }
    // The sign covers no box, and is painted.
    for (const auto& [each, item] : window_->scene().nodes())
      QVERIFY(!item->box().intersects(links[0].sign));
    const QPoint at = window_->view().mapFromScene(links[0].sign.center());
    QVERIFY(picture().copy(QRect(at, QSize(40, 8))) != before.copy(QRect(at, QSize(40, 8))));
    click("Else");
    QVERIFY(traces().links().empty());
  }

  void aServiceChosenInItsListShowsItsUsersInTheGroupThatIsShown() {
    auto* services = window_->findChild<QTreeWidget*>("services");
    auto* dock = window_->findChild<QDockWidget*>("servicesDock");
    dock->show();
    dock->raise();
    QApplication::processEvents();
    QTest::mouseClick(services->viewport(), Qt::LeftButton, {},
                      services->visualItemRect(services->topLevelItem(0)).center());
    QCOMPARE(traces().links().size(), std::size_t(1));
    // What no longer uses it has no line any more.
    window_->session().editor().setProperty({id("Inner/Also")}, "Lookup Service", std::nullopt);
    QCOMPARE(traces().links()[0].lines.size(), std::size_t(1));
    window_->session().undo().undo();
    QCOMPARE(traces().links()[0].lines.size(), std::size_t(2));
    dock->hide();
  }

  void theWayOfAFlowFileIsLitUntilItIsNotFollowedAnyMore() {
    for (const char* name : {"Make", "Mark", "Keep"}) {
      link().act("run-once", {id(name)});
      QTRY_VERIFY_WITH_TIMEOUT(status(name)->in + status(name)->out > 0, kPatience);
    }
    click("Mark");
    QTest::keyClick(&window_->view(), Qt::Key_F8);
    auto* events = window_->findChild<QTableWidget*>("provenanceTable");
    auto* follow = window_->findChild<QPushButton*>("provenanceFollow");
    QTRY_VERIFY_WITH_TIMEOUT(events->rowCount() > 0 && follow->isEnabled(), kPatience);
    QTest::mouseClick(follow, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(traces().isFollowing(), kPatience);
    std::vector<flow::ElementId> way;
    for (const TrailStep& step : traces().steps()) way.push_back(step.node);
    QCOMPARE(way, (std::vector<flow::ElementId>{id("Make"), id("Mark"), id("Keep")}));
    QCOMPARE(traces().wires().size(), std::size_t(2));
    // All else is dimmed.
    QVERIFY(window_->scene().style().hits.contains(id("Mark")));
    QVERIFY(!window_->scene().style().hits.contains(id("Else")));
    QTest::mouseClick(follow, Qt::LeftButton);
    QVERIFY(!traces().isFollowing());
    QVERIFY(window_->scene().style().hits.empty());
    // Nor is anything left lit when the events are closed.
    QTest::mouseClick(follow, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(traces().isFollowing(), kPatience);
    window_->findChild<QDockWidget*>("provenanceDock")->close();
    QVERIFY(!traces().isFollowing());
    QVERIFY(!follow->isChecked());
  }

 private:
  LiveLink& link() { return window_->session().link(); }
  Traces& traces() { return window_->view().traces(); }
  flow::ElementId id(const std::string& path) { return idOf(window_->session().model(), path); }
  const ComponentStatus* status(const std::string& path) {
    return window_->session().status().component(id(path));
  }
  void click(const std::string& path) {
    const QPointF at = window_->scene().node(id(path))->box().center();
    QTest::mouseClick(window_->view().viewport(), Qt::LeftButton, {},
                      window_->view().mapFromScene(at));
  }
  QImage picture() { return window_->view().viewport()->grab().toImage(); }

  TypeCatalog catalog_;
  QTemporaryDir folder_;
  std::unique_ptr<MainWindow> window_;
};

MR_STUDIO_TEST_MAIN(TracesTest)
#include "traces_test.moc"
