// SPDX-License-Identifier: Apache-2.0
// The window and the real server as its child: a flow is drawn, started, watched, looked into and
// emptied by keys and mouse; the server is killed, and everything is back.

#include "gui/app/descriptors.h"
#include "gui/app/main_window.h"
#include "gui/app/queue_panel.h"
#include "gui/canvas/quick_add.h"
#include "tests/gui/studio_bench.h"

#include <QApplication>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStandardPaths>
#include <QStatusBar>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <csignal>
#include <memory>

using namespace studio;

namespace {
constexpr int kPatience = 30000;  ///< of a machine that does other things, too
}

class LiveTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    program_ = QString(MR_BINARY_DIR) + "/bin/millrace";
    const Result<> read = readDescriptors(program_, catalog_);
    QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
  }
  void init() {
    window_ = std::make_unique<MainWindow>(catalog_, QString());
    window_->setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    window_->setConfirm([this](const QString& question) {
      asked_ << question;
      return true;
    });
    window_->session().setEngine(program_);
    window_->show();
    window_->showCanvas();
    QTRY_COMPARE_WITH_TIMEOUT(link().state(), LinkState::kLive, kPatience);
  }
  void cleanup() { window_.reset(); }

  void aNewcomerDrawsAFlowByKeysAndSeesItsDataWaitThenDropsIt() {
    drawTwo();
    // Nothing runs by itself.
    QTRY_COMPARE_WITH_TIMEOUT(lamp("GenerateFlowFile"), Lamp::kStopped, kPatience);
    choose("GenerateFlowFile");
    QTest::keyClick(&window_->view(), Qt::Key_Period);
    QTRY_COMPARE_WITH_TIMEOUT(lamp("GenerateFlowFile"), Lamp::kRunning, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(waiting() > 0, kPatience);
    QTest::keyClick(&window_->view(), Qt::Key_Period);
    QTRY_COMPARE_WITH_TIMEOUT(lamp("GenerateFlowFile"), Lamp::kStopped, kPatience);
    QCOMPARE(lamp("UpdateAttribute"), Lamp::kStopped);

    window_->scene().select({wire()});
    window_->action("listQueue")->trigger();
    auto* table = window_->queue().findChild<QTableWidget*>("queueTable");
    QTRY_VERIFY_WITH_TIMEOUT(table->rowCount() > 0, kPatience);
    auto* content = window_->queue().findChild<QPlainTextEdit*>("contentView");
    QTRY_VERIFY_WITH_TIMEOUT(content->toPlainText().contains("hello"), kPatience);
    auto* attributes = window_->queue().findChild<QTableWidget*>("attributeTable");
    QVERIFY(attributes->rowCount() > 0);
    auto* filter = window_->queue().findChild<QLineEdit*>("queueFilter");
    QTest::keyClicks(filter, "no such thing at all");
    QTRY_COMPARE_WITH_TIMEOUT(table->rowCount(), 0, kPatience);

    window_->action("empty")->trigger();
    QCOMPARE(asked_.size(), 1);
    QVERIFY(asked_[0].contains("do not come back"));
    QTRY_COMPARE_WITH_TIMEOUT(waiting(), 0.0, kPatience);
  }

  void runOnceMovesOneTriggerOnly() {
    drawTwo();
    QTRY_COMPARE_WITH_TIMEOUT(lamp("GenerateFlowFile"), Lamp::kStopped, kPatience);
    choose("GenerateFlowFile");
    window_->action("runOnce")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(waiting(), 1.0, kPatience);
    QCOMPARE(lamp("GenerateFlowFile"), Lamp::kStopped);
  }

  void whatTheServerFindsWrongIsSaidAtTheComponent() {
    const auto made = editor().addProcessor(kRootGroup, "PutFile", {0, 0});
    QTRY_COMPARE_WITH_TIMEOUT(lamp("PutFile"), Lamp::kInvalid, kPatience);
    const auto& problems = window_->session().problems();
    QTRY_VERIFY_WITH_TIMEOUT(problems.contains(made), kPatience);
    QVERIFY(std::any_of(problems.at(made).begin(), problems.at(made).end(),
                        [](const Problem& p) { return p.property == "Directory"; }));
  }

  void theServerIsGivenTheValueOfASensitiveParameterWhichIsNeverShown() {
    auto* panel = window_->findChild<QDockWidget*>("parametersDock");
    panel->show();
    panel->raise();
    auto* name = panel->findChild<QLineEdit*>("parameterName");
    auto* table = panel->findChild<QTableWidget*>("parameters");
    auto* value = panel->findChild<QLineEdit*>("secretValue");
    QTest::keyClicks(name, "key");
    QTest::keyClick(name, Qt::Key_Return);
    QVERIFY(!value->isVisible());
    table->setCurrentCell(0, 2);
    QTest::keyClick(table, Qt::Key_Space);
    QTRY_COMPARE_WITH_TIMEOUT(table->item(0, 1)->text(), QString("no value yet"), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(value->isVisible(), kPatience);
    QCOMPARE(value->echoMode(), QLineEdit::Password);
    QTest::keyClicks(value, "hush-1");
    QTest::keyClick(value, Qt::Key_Return);
    QVERIFY(value->text().isEmpty());
    const auto shown = [&] { return table->item(0, 1)->text(); };
    QTRY_VERIFY_WITH_TIMEOUT(shown().contains("kept by the server"), kPatience);
    QVERIFY(!window_->session().text()->contains("hush-1"));
    QTest::keyClicks(value, "hush-2");
    QTest::keyClick(value, Qt::Key_Return);
    auto* undo = panel->findChild<QPushButton*>("secretUndo");
    QTRY_VERIFY_WITH_TIMEOUT(undo->isEnabled(), kPatience);
    QTest::mouseClick(undo, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(window_->statusBar()->currentMessage().contains("again"), kPatience);
    QVERIFY(shown().contains("kept by the server"));
    auto* remove = panel->findChild<QPushButton*>("secretRemove");
    QTRY_VERIFY_WITH_TIMEOUT(remove->isEnabled(), kPatience);
    QTest::mouseClick(remove, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(shown(), QString("no value yet"), kPatience);
  }

  void aServerThatIsKilledComesBackWithTheEditsOfTheMeantime() {
    drawTwo();
    QTRY_COMPARE_WITH_TIMEOUT(lamp("GenerateFlowFile"), Lamp::kStopped, kPatience);
    choose("GenerateFlowFile");
    window_->action("runOnce")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(waiting(), 1.0, kPatience);
    QCOMPARE(::kill(pid_t(link().child().processId()), SIGKILL), 0);
    QTRY_COMPARE_WITH_TIMEOUT(link().state(), LinkState::kLost, kPatience);
    auto* banner = window_->view().findChild<QLabel*>("bannerText");
    QVERIFY(banner != nullptr && banner->isVisible());
    QVERIFY(banner->text().contains("your edits are kept"));
    const auto funnel = editor().addFunnel(kRootGroup, {0, 400});
    QTRY_COMPARE_WITH_TIMEOUT(link().state(), LinkState::kLive, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(!link().hasUnsent(), kPatience);
    QVERIFY(!banner->isVisible());
    QTRY_COMPARE_WITH_TIMEOUT(waiting(), 1.0, kPatience);
    QVERIFY(window_->session().model().find(funnel) != nullptr);
  }

 private:
  LiveLink& link() { return window_->session().link(); }
  FlowEditor& editor() { return window_->session().editor(); }
  flow::ElementId id(const std::string& path) { return idOf(window_->session().model(), path); }
  flow::ElementId wire() { return id("GenerateFlowFile [success] -> UpdateAttribute"); }
  void choose(const std::string& path) {
    window_->scene().select({id(path)});
    window_->view().setFocus();
  }
  Lamp lamp(const std::string& path) {
    const ComponentStatus* status = window_->session().status().component(id(path));
    return status == nullptr ? Lamp::kUnknown : status->lamp;
  }
  double waiting() {
    const QueueStatus* queue = window_->session().status().queue(wire());
    return queue == nullptr ? -1 : queue->count;
  }
  /// GenerateFlowFile → UpdateAttribute, typed into quick-add.
  void drawTwo() {
    for (const char* type : {"GenerateFlowFile", "UpdateAttribute"}) {
      QTest::keyClick(&window_->view(), Qt::Key_Tab);
      auto* field = window_->view().quickAdd().findChild<QLineEdit*>("quickAddField");
      QVERIFY(field->isVisible());
      QTest::keyClicks(field, type);
      QTest::keyClick(field, Qt::Key_Return);
    }
    QVERIFY(wire() != flow::ElementId{});
    editor().setProperty({id("GenerateFlowFile")}, "Custom Text", std::string("hello"));
    editor().update({id("GenerateFlowFile")}, "Slow down", [](Component& component) {
      component.processor()->schedule.every = 100 * kMillisecond;
    });
    editor().update({id("UpdateAttribute")}, "End", [](Component& component) {
      component.processor()->autoTerminate = {{"success", {}}};
    });
  }

  TypeCatalog catalog_;
  QString program_;
  std::unique_ptr<MainWindow> window_;
  QStringList asked_;
};

MR_STUDIO_TEST_MAIN(LiveTest)
#include "live_test.moc"
