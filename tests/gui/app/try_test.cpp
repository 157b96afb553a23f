// SPDX-License-Identifier: Apache-2.0
// Trying things with the real server: a processor on a sample, an expression on what waits, and a
// chart of what was done; by keys and mouse on the window's panels.

#include "gui/app/chart_panel.h"
#include "gui/app/descriptors.h"
#include "gui/app/main_window.h"
#include "gui/app/try_panel.h"
#include "tests/gui/studio_bench.h"

#include <QApplication>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
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
    "name: tried\n"
    "parameters:\n"
    "  late: 15\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: 'hello', delay: '20'}}\n"
    "  - {name: Judge, type: RouteOnAttribute, properties: {delayed: '${delay:gt(#{late})}'},"
    " auto-terminate: [unmatched, delayed]}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Judge}\n"
    "layout:\n"
    "  Make: {at: [0, 0]}\n"
    "  Judge: {at: [400, 0]}\n";

}  // namespace

class TryTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    const QString program = QString(MR_BINARY_DIR) + "/bin/millrace";
    const Result<> read = readDescriptors(program, catalog_);
    QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
    folder_ = std::make_unique<QTemporaryDir>();
    QFile file(folder_->filePath("tried.yaml"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(kFlow);
    file.close();
    window_ = std::make_unique<MainWindow>(catalog_, QString());
    window_->setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    window_->session().setEngine(program);
    window_->resize(1440, 900);
    window_->show();
    QVERIFY(window_->openFile(file.fileName()));
    QTRY_COMPARE_WITH_TIMEOUT(window_->session().link().state(), LinkState::kLive, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(window_->session().status().component(id("Make")) != nullptr,
                             kPatience);
  }
  void cleanupTestCase() { window_.reset(); }

  void anExpressionIsShownWithNothingThenOnTheFlowFileThatWaits() {
    window_->scene().select({id("Judge")});
    auto* line = window_->inspector().findChild<QLineEdit*>("field:delayed");
    auto* result = window_->inspector().findChild<QLabel*>("expressionResult");
    QVERIFY(line != nullptr);
    line->setFocus();
    QTRY_VERIFY_WITH_TIMEOUT(result->isVisible(), kPatience);
    QVERIFY2(result->text().contains("with no FlowFile waiting here"), qPrintable(result->text()));

    window_->scene().select({id("Make")});
    window_->action("runOnce")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(waiting(), 1.0, kPatience);
    window_->scene().select({id("Judge")});
    line = window_->inspector().findChild<QLineEdit*>("field:delayed");
    line->setFocus();
    line->selectAll();
    QTest::keyClicks(line, "${delay:plus(#{late})}");
    QTRY_VERIFY_WITH_TIMEOUT(result->text().startsWith("= is “35” on “"), kPatience);
    // What cannot be evaluated is said as the server says it.
    line->selectAll();
    QTest::keyClicks(line, "${delay:nothing()}");
    QTRY_VERIFY_WITH_TIMEOUT(result->text().startsWith("▲ "), kPatience);
    // Plain text needs no preview.
    line->selectAll();
    QTest::keyClicks(line, "plain");
    QTRY_VERIFY_WITH_TIMEOUT(!result->isVisible(), kPatience);
    line->selectAll();
    QTest::keyClicks(line, "${delay:gt(#{late})}");
    QTest::keyClick(line, Qt::Key_Return);
  }

  void aProcessorIsTriedOnWhatWaitsAndNothingOfItReachesTheFlow() {
    window_->scene().select({id("Judge")});
    window_->action("try")->trigger();
    auto* take = button("tryTake");
    QVERIFY(take->isVisible() && take->isEnabled());
    const double before = waiting();
    QTest::mouseClick(take, Qt::LeftButton);
    auto* content = window_->findChild<QPlainTextEdit*>("tryContent");
    QTRY_COMPARE_WITH_TIMEOUT(content->toPlainText(), QString("hello"), kPatience);
    auto* attributes = window_->findChild<QTableWidget*>("tryAttributes");
    QCOMPARE(attributes->item(0, 0)->text(), QString("delay"));
    QTest::mouseClick(button("tryRun"), Qt::LeftButton);
    auto* results = window_->findChild<QTreeWidget*>("tryResults");
    QTRY_VERIFY_WITH_TIMEOUT(out(*results, "delayed") == "1 FlowFile", kPatience);
    auto* attributesOut = window_->findChild<QTableWidget*>("tryOutAttributes");
    QVERIFY(attributesOut->rowCount() > 0);
    // With another value it goes elsewhere.
    attributes->item(0, 1)->setText("10");
    QTest::mouseClick(button("tryRun"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(out(*results, "unmatched") == "1 FlowFile", kPatience);
    QCOMPARE(waiting(), before);
  }

  void theServerSaysWhatIsWrongWithAComponentWhenItIsAsked() {
    window_->scene().select({id("Judge")});
    window_->action("try")->trigger();
    QTest::mouseClick(button("tryCheck"), Qt::LeftButton);
    auto* title = window_->findChild<QLabel*>("tryTitle");
    QTRY_COMPARE_WITH_TIMEOUT(title->text(), QString("The server finds nothing wrong with it"),
                              kPatience);
    window_->session().editor().setProperty({id("Judge")}, "delayed",
                                            std::string("${delay:nothing()}"));
    // At once: what is checked is what was edited a moment ago.
    QTest::mouseClick(button("tryCheck"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(title->text().startsWith("The server has"), kPatience);
    window_->action("undo")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->session().link().hasUnsent(), kPatience);
  }

  void aServiceIsMadeFromThePropertyThatNeedsIt() {
    QTRY_VERIFY_WITH_TIMEOUT(!catalog_.catalog().types(flow::ComponentKind::kService).empty(),
                             kPatience);
    const auto lookup =
        window_->session().editor().addProcessor(kRootGroup, "LookupAttribute", {400, 300});
    window_->scene().select({lookup});
    auto* choice = window_->inspector().findChild<QComboBox*>("field:Lookup Service");
    QVERIFY(choice != nullptr);
    const int at = choice->findText("New SimpleCsvFileLookupService");
    QVERIFY(at >= 0);
    const int steps = window_->session().undo().count();
    choice->setFocus();
    choice->setCurrentIndex(at);
    QTest::keyClick(choice, Qt::Key_Return);
    QTRY_VERIFY(id("SimpleCsvFileLookupService") != flow::ElementId{});
    const auto* processor = window_->session().model().find(lookup)->processor();
    QCOMPARE(processor->properties.size(), std::size_t(1));
    QCOMPARE(processor->properties[0].value, std::string("SimpleCsvFileLookupService"));
    QCOMPARE(window_->session().undo().count(), steps + 1);
    window_->action("undo")->trigger();
    QVERIFY(id("SimpleCsvFileLookupService") == flow::ElementId{});
    window_->action("undo")->trigger();
  }

  void whatWasDoneIsSeenInTheChartsOfTheComponentTheQueueAndTheNode() {
    window_->scene().select({id("Make")});
    window_->action("charts")->trigger();
    ChartPanel& charts = window_->charts();
    QVERIFY(charts.isVisible());
    const auto most = [&](std::size_t line) {
      double value = 0;
      if (line >= charts.chart().lines().size()) return value;
      for (const auto& [at, rate] : charts.chart().lines()[line].points)
        value = std::max(value, rate);
      return value;
    };
    QTRY_VERIFY_WITH_TIMEOUT(most(1) >= 1, kPatience);  // Out: one FlowFile in a second
    QCOMPARE(most(0), 0.0);
    window_->scene().select({id("Make [success] -> Judge")});
    QTRY_VERIFY_WITH_TIMEOUT(charts.chart().lines().size() == 2 &&
                                 charts.chart().lines()[0].name == "On average" && most(0) == 1,
                             kPatience);
    window_->scene().select({});
    auto* figure = window_->findChild<QComboBox*>("chartFigure");
    QTest::keyClick(figure, Qt::Key_Down);
    QTRY_VERIFY_WITH_TIMEOUT(charts.chart().accessibleName().startsWith("Chart of Bytes"),
                             kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(most(1) >= 5, kPatience);  // the node wrote "hello"
  }

 private:
  flow::ElementId id(const std::string& path) { return idOf(window_->session().model(), path); }
  double waiting() {
    const QueueStatus* queue = window_->session().status().queue(id("Make [success] -> Judge"));
    return queue == nullptr ? -1 : queue->count;
  }
  QPushButton* button(const QString& name) { return window_->findChild<QPushButton*>(name); }
  /// What stands behind a relationship's name in the results.
  static QString out(QTreeWidget& results, const QString& relationship) {
    for (int i = 0; i < results.topLevelItemCount(); ++i) {
      const QString text = results.topLevelItem(i)->text(0);
      if (text.startsWith(relationship + "  –  ")) return text.section("  –  ", 1);
    }
    return {};
  }

  TypeCatalog catalog_;
  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<MainWindow> window_;
};

MR_STUDIO_TEST_MAIN(TryTest)
#include "try_test.moc"
