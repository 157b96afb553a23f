// SPDX-License-Identifier: Apache-2.0
// The log in Studio: topics, records in both directions, values and headers, groups with their lag.

#include "gui/app/descriptors.h"
#include "gui/app/log_panel.h"
#include "gui/app/main_window.h"
#include "gui/app/record_browser.h"
#include "tests/gui/studio_bench.h"

#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStandardPaths>
#include <QTabWidget>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <memory>

using namespace studio;

namespace {

constexpr int kPatience = 30000;  ///< of a machine that does other things, too

/// One trigger of Make publishes 120 records; Take, when it runs, reads them.
constexpr const char* kFlow =
    "millrace: 1\n"
    "name: topics\n"
    "services:\n"
    "  - {name: Log, type: Kafka3ConnectionService}\n"
    "processors:\n"
    "  - name: Make\n"
    "    type: GenerateFlowFile\n"
    "    properties: {Custom Text: '{\"a\":1}', Batch Size: '120'}\n"
    "  - name: Put\n"
    "    type: PublishKafka\n"
    "    properties:\n"
    "      Kafka Connection Service: Log\n"
    "      Topic Name: board\n"
    "      FlowFile Attribute Header Pattern: filename\n"
    "    auto-terminate: [success, failure]\n"
    "  - name: Take\n"
    "    type: ConsumeKafka\n"
    "    properties:\n"
    "      Kafka Connection Service: Log\n"
    "      Topics: board\n"
    "      Group ID: readers\n"
    "      auto.offset.reset: earliest\n"
    "    auto-terminate: [success]\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Put}\n";

}  // namespace

class LogTest : public QObject {
  Q_OBJECT

 private slots:
  void topicsRecordsAndGroupsAreSeen() {
    const QString program = QString(MR_BINARY_DIR) + "/bin/millrace";
    TypeCatalog catalog;
    const Result<> read = readDescriptors(program, catalog);
    QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
    QTemporaryDir folder;
    QFile file(folder.filePath("topics.yaml"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(kFlow);
    file.close();
    window_ = std::make_unique<MainWindow>(catalog, QString());
    window_->setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    window_->session().setEngine(program);
    window_->resize(1400, 900);
    window_->show();
    QVERIFY(window_->openFile(file.fileName()));
    LiveLink& link = window_->session().link();
    QTRY_COMPARE_WITH_TIMEOUT(link.state(), LinkState::kLive, kPatience);
    auto* dock = window_->findChild<QDockWidget*>("logDock");
    dock->show();
    dock->raise();
    auto* title = part<QLabel>("logTitle");
    QTRY_VERIFY_WITH_TIMEOUT(title->text().startsWith("No topics yet"), kPatience);

    QTRY_COMPARE_WITH_TIMEOUT(lamp("Put"), Lamp::kStopped, kPatience);
    link.act("start", {id("Put")});
    link.act("run-once", {id("Make")});
    auto* topics = part<QTableWidget>("topics");
    const auto again = [&] {
      QTest::mouseClick(part<QPushButton>("logRefresh"), Qt::LeftButton);
      QTest::qWait(100);
      return topics->rowCount() == 1 && topics->item(0, 1)->text() == "120";
    };
    QTRY_VERIFY_WITH_TIMEOUT(again(), kPatience);
    QCOMPARE(topics->item(0, 0)->text(), QString("board"));

    // The newest are seen first, the latest of them with its value.
    auto* records = part<QTableWidget>("records");
    QTRY_COMPARE_WITH_TIMEOUT(records->rowCount(), RecordBrowser::kPage, kPatience);
    QCOMPARE(records->item(0, 0)->text(), QString("20"));
    QCOMPARE(records->item(records->currentRow(), 0)->text(), QString("119"));
    auto* value = dock->findChild<QPlainTextEdit*>("contentView");
    QTRY_VERIFY_WITH_TIMEOUT(value->toPlainText().contains("\"a\""), kPatience);
    QCOMPARE(part<QTableWidget>("recordHeaders")->item(0, 0)->text(), QString("filename"));
    QCOMPARE(part<QTableWidget>("recordFacts")->item(0, 1)->text(), QString("119"));
    auto* older = part<QPushButton>("recordsOlder");
    auto* newer = part<QPushButton>("recordsNewer");
    QVERIFY(!newer->isEnabled());
    QTest::mouseClick(older, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(records->rowCount(), 20, kPatience);
    QVERIFY(!older->isEnabled());
    QTest::mouseClick(newer, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(records->rowCount(), RecordBrowser::kPage, kPatience);

    // From a place, and only what fits.
    auto* from = part<QLineEdit>("recordsFrom");
    QTest::keyClicks(from, "115");
    QTest::keyClick(from, Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(records->rowCount(), 5, kPatience);
    from->selectAll();
    QTest::keyClicks(from, "yesterday");
    QTest::keyClick(from, Qt::Key_Return);
    QVERIFY(part<QLabel>("recordsTitle")->text().contains("no place in a log"));
    from->clear();
    auto* filter = part<QLineEdit>("recordsFilter");
    QTest::keyClicks(filter, "no such text");
    QTest::keyClick(filter, Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(records->rowCount(), 0, kPatience);
    QVERIFY(part<QLabel>("recordsTitle")->text().contains("none fits"));

    link.act("start", {id("Take")});
    auto* lists = part<QTabWidget>("logLists");
    QTest::mouseClick(lists->tabBar(), Qt::LeftButton, {}, lists->tabBar()->tabRect(1).center());
    auto* places = part<QTableWidget>("groupPlaces");
    const auto caughtUp = [&] {
      QTest::mouseClick(part<QPushButton>("logRefresh"), Qt::LeftButton);
      QTest::qWait(100);
      return places->rowCount() == 1 && places->item(0, 2)->text() == "120" &&
             places->item(0, 4)->text() == "0";
    };
    QTRY_VERIFY_WITH_TIMEOUT(caughtUp(), kPatience);
    QCOMPARE(part<QTableWidget>("groups")->item(0, 0)->text(), QString("readers"));
    window_.reset();
  }

  void aPlaceIsAnOffsetAnEndOrATime() {
    QCOMPARE(*placeInLog(""), QString("before=end"));
    QCOMPARE(*placeInLog(" end "), QString("before=end"));
    QCOMPARE(*placeInLog("start"), QString("offset=start"));
    QCOMPARE(*placeInLog("12"), QString("offset=12"));
    const QDateTime time(QDate(2026, 5, 1), QTime(14, 30));
    const QString stamp = "timestamp=" + QString::number(time.toMSecsSinceEpoch());
    QCOMPARE(*placeInLog("2026-05-01 14:30"), stamp);
    QVERIFY(placeInLog("14:30")->startsWith("timestamp="));
    for (const char* wrong : {"-1", "1.5", "then", "2026-13-01"}) QVERIFY(!placeInLog(wrong).ok());
  }

 private:
  template <typename Widget>
  Widget* part(const char* name) {
    auto* found = window_->findChild<QDockWidget*>("logDock")->findChild<Widget*>(name);
    if (found == nullptr) qFatal("there is no %s", name);
    return found;
  }
  flow::ElementId id(const std::string& path) { return idOf(window_->session().model(), path); }
  Lamp lamp(const std::string& path) {
    const ComponentStatus* status = window_->session().status().component(id(path));
    return status == nullptr ? Lamp::kUnknown : status->lamp;
  }

  std::unique_ptr<MainWindow> window_;
};

MR_STUDIO_TEST_MAIN(LogTest)
#include "log_test.moc"
