// SPDX-License-Identifier: Apache-2.0
// The fleet in Studio: a real server and a real agent that is seen, given flows, stopped, emptied,
// asked, and removed; and what is said where there is nothing.

#include "gui/app/agent_words.h"
#include "gui/app/main_window.h"
#include "tests/gui/studio_bench.h"
#include "tests/harness/rest_server.h"
#include "tests/minifi-agent/agent_program.h"

#include <QApplication>
#include <QDockWidget>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <QStatusBar>
#include <QTabWidget>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <memory>

using namespace studio;

namespace {

constexpr int kWait = 60000;  ///< of a machine that does other things, too

/// Follows a log; nothing takes what it sends on, so that it waits.
constexpr const char* kGauge =
    "millrace: 1\n"
    "name: gauge\n"
    "processors:\n"
    "  - name: Follow\n"
    "    type: TailFile\n"
    "    schedule: {every: 20 ms}\n"
    "    properties: {File to Tail: in/log, Initial Start Position: Beginning of File}\n"
    "  - {name: Keep, type: LogAttribute, auto-terminate: [success], state: disabled}\n"
    "connections:\n"
    "  - {from: Follow, relationship: success, to: Keep}\n";

}  // namespace

class AgentsTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QSettings().clear();
    server_ = std::make_unique<rest_test::RestServer>(folder_.path());
    QVERIFY(server_->writeFlow(QByteArray::fromStdString(smallFlow())));
    QVERIFY2(server_->start({"--c2", "127.0.0.1:0"}), server_->errors());
    window_ = std::make_unique<MainWindow>(catalog_, QString());
    window_->setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    window_->setConfirm([this](const QString& question) {
      asked_ = question;
      return yes_;
    });
    window_->resize(1440, 900);
    window_->show();
    dock_ = window_->findChild<QDockWidget*>("agentsDock");
    dock_->show();
    dock_->raise();
    // A menu and a dialog have loops of their own: they are answered from within.
    connect(&keys_, &QTimer::timeout, this,
            [this] { QTimer::singleShot(0, this, [this] { typeIntoPopup(); }); });
    keys_.start(50);
  }
  void cleanupTestCase() {
    keys_.stop();
    window_.reset();
  }

  void whereThereIsNobodyItIsSaidHowOneComes() {
    QVERIFY(part<QLabel>("agentsEmpty")->text().contains("no server"));
    QVERIFY(!part<QPushButton>("agentDeploy")->isEnabled());
    QVERIFY(window_->connectTo(server_->address()));
    QTRY_VERIFY_WITH_TIMEOUT(
        part<QLabel>("agentsEmpty")->text().contains("millrace agents enrol --class"), kWait);
  }

  void anAgentAppearsWithItsFirstHeartbeat() {
    QVERIFY(agent_.write("in/log", "one\n"));
    QVERIFY(agent_.start({"--c2", "http://" + server_->ready("c2"), "--c2-id", "gauge-7",
                          "--c2-class", "rivers", "--c2-period", "300 ms"}));
    auto* agents = part<QTableWidget>("agents");
    QTRY_VERIFY_WITH_TIMEOUT(agents->isVisible() && agents->rowCount() == 1, kWait);
    QCOMPARE(cell(agents, 0, 0), QString("gauge-7"));
    QCOMPARE(cell(agents, 0, 1), QString("● online"));
    QCOMPARE(cell(agents, 0, 2), QString("rivers"));
    QCOMPARE(cell(agents, 0, 4), QString("none"));
    QCOMPARE(part<QLabel>("agentsTitle")->text(), QString("1 agent"));
    openPage("Types");
    QTRY_VERIFY_WITH_TIMEOUT(part<QTableWidget>("agentTypes")->rowCount() > 20, kWait);
    // What a filter leaves out is not there to be ordered about.
    auto* filter = part<QLineEdit>("agentFilter");
    QTest::keyClicks(filter, "silent");
    QCOMPARE(agents->rowCount(), 0);
    QVERIFY(!part<QPushButton>("agentStop")->isEnabled());
    filter->clear();
    QCOMPARE(agents->rowCount(), 1);
  }

  void aFileIsDeployedToAClassAfterItIsSaidToWhom() {
    QFile file(folder_.filePath("gauge.yaml"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(kGauge);
    file.close();
    choosePage(part<QTabWidget>("agentLists"), "Classes");
    QTRY_COMPARE(part<QTableWidget>("agentClasses")->rowCount(), 1);
    yes_ = false;
    deploy(file.fileName());
    QCOMPARE(asked_.section('?', 0, 0),
             QString("Deploy “gauge.yaml” (2 processors) to the agent of class “rivers”"));
    yes_ = true;
    deploy(file.fileName());
    choosePage(part<QTabWidget>("agentLists"), "Agents");
    auto* agents = part<QTableWidget>("agents");
    QTRY_COMPARE_WITH_TIMEOUT(cell(agents, 0, 4), QString("1 applied"), kWait);
    QCOMPARE(server_->curl("/api/v1/agent-deployments").body.count("\"serial\""), 1);
  }

  void aComponentIsStoppedAndStartedAndAQueueCleared() {
    openPage("Components");
    auto* components = part<QTableWidget>("agentComponents");
    QTRY_COMPARE_WITH_TIMEOUT(components->rowCount(), 2, kWait);
    components->setFocus();
    QTest::keyClick(components, Qt::Key_Home, Qt::ControlModifier);
    QCOMPARE(cell(components, components->currentRow(), 0), QString("Follow"));
    QTest::mouseClick(part<QPushButton>("componentStop"), Qt::LeftButton);
    QCOMPARE(asked_, QString("Stop “Follow” of the agent “gauge-7”?"));
    QTRY_COMPARE_WITH_TIMEOUT(cell(components, 0, 1), QString("○ stopped"), kWait);
    openPage("Components");
    QTest::mouseClick(part<QPushButton>("componentStart"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(cell(components, 0, 1), QString("● running"), kWait);

    openPage("Queues");
    auto* queues = part<QTableWidget>("agentQueues");
    QTRY_COMPARE_WITH_TIMEOUT(cell(queues, 0, 1), QString("1 of 10.0k"), kWait);
    QTest::mouseClick(part<QPushButton>("queueClear"), Qt::LeftButton);
    QVERIFY2(asked_.contains("1 FlowFile") && asked_.contains("gauge-7"), qPrintable(asked_));
    QTRY_COMPARE_WITH_TIMEOUT(cell(queues, 0, 1), QString("0 of 10.0k"), kWait);
  }

  void itsLogLinesComeBackAsText() {
    popupKey_ = Qt::Key_L;
    QTest::mouseClick(part<QPushButton>("agentAsk"), Qt::LeftButton);
    auto* orders = part<QTableWidget>("agentOrders");
    QTRY_VERIFY_WITH_TIMEOUT(orders->rowCount() == 4 && cell(orders, 0, 2) == "done", kWait);
    QCOMPARE(cell(orders, 0, 1), QString("logs"));
    auto* answer = dock_->findChild<QPlainTextEdit*>("contentView");
    QTRY_VERIFY_WITH_TIMEOUT(answer->toPlainText().contains("has proven itself"), kWait);
  }

  void aFlowThatTheAgentRefusesIsSaidWithTheReason() {
    QFile file(folder_.filePath("unknown.yaml"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray(kGauge).replace("TailFile", "ConsumeMagic"));
    file.close();
    deploy(file.fileName());
    auto* agents = part<QTableWidget>("agents");
    QTRY_COMPARE_WITH_TIMEOUT(cell(agents, 0, 4), QString("▲ 2 refused"), kWait);
    QCOMPARE(part<QLabel>("agentsTitle")->text(), QString("1 agent, 1 with a flow that failed"));
    openPage("Overview");
    QTRY_VERIFY_WITH_TIMEOUT(fact("Why").contains("ConsumeMagic"), kWait);
    // It is longer than a line, and seen whole.
    auto* facts = part<QTableWidget>("agentFacts");
    QVERIFY(facts->rowHeight(3) > facts->rowHeight(0));
  }

  void theOpenFlowIsDeployedAsItIsEdited() {
    popupKey_ = Qt::Key_O;
    QTest::mouseClick(part<QPushButton>("agentDeploy"), Qt::LeftButton);
    QVERIFY2(asked_.contains("(3 processors) to the agent “gauge-7”"), qPrintable(asked_));
    QTRY_COMPARE(server_->curl("/api/v1/agent-deployments").body.count("\"serial\""), 3);
    auto* agents = part<QTableWidget>("agents");
    QTRY_VERIFY_WITH_TIMEOUT(cell(agents, 0, 4).contains("3 "), kWait);
  }

  void anAgentThatIsGoneIsSilentAndCanBeRemoved() {
    agent_.kill();
    // A server that was started anew has not heard of anybody yet.
    QCOMPARE(server_->stop(), 0);
    QVERIFY2(server_->start({"--c2", "127.0.0.1:0"}), server_->errors());
    QVERIFY(window_->connectTo(server_->address()));
    auto* agents = part<QTableWidget>("agents");
    QTRY_COMPARE_WITH_TIMEOUT(cell(agents, 0, 1), QString("○ silent"), kWait);
    QTest::mouseClick(part<QPushButton>("agentForget"), Qt::LeftButton);
    QVERIFY2(asked_.startsWith("Remove the agent “gauge-7”?"), qPrintable(asked_));
    QTRY_COMPARE_WITH_TIMEOUT(agents->rowCount(), 0, kWait);
    QVERIFY(server_->curl("/api/v1/agents").body.contains("\"agents\":[]"));
  }

  void aServerWithoutAgentsSaysHowItGetsThem() {
    QTemporaryDir folder;
    rest_test::RestServer plain(folder.path());
    QVERIFY(plain.writeFlow("millrace: 1\nname: plain\n"));
    QVERIFY(plain.start());
    QVERIFY(window_->connectTo(plain.address()));
    QTRY_VERIFY_WITH_TIMEOUT(part<QLabel>("agentsEmpty")->text().contains("serves no agents"),
                             kWait);
    QVERIFY(part<QLabel>("agentsEmpty")->text().contains("--c2"));
    QVERIFY(!part<QPushButton>("agentStart")->isEnabled());
  }

  void timesAndOrdersAreSaidInWords() {
    QCOMPARE(spanWords(59'999), QString("59 s"));
    QCOMPARE(spanWords(7'500'000), QString("2 h 5 min"));
    QCOMPARE(spanWords(90'000'000), QString("1 d 1 h"));
    QCOMPARE(orderWords({{"operation", "START"}, {"operand", "flow"}}), QString("start the flow"));
    QCOMPARE(orderWords({{"operation", "STOP"},
                         {"operand", "processor"},
                         {"args", QJsonObject{{"processorId", "Follow"}}}}),
             QString("stop Follow"));
  }

 private:
  template <typename Widget>
  Widget* part(const char* name) {
    auto* found = dock_->findChild<Widget*>(name);
    if (found == nullptr) qFatal("there is no %s", name);
    return found;
  }
  static QString cell(const QTableWidget* table, int row, int column) {
    const QTableWidgetItem* item = table->item(row, column);
    return item == nullptr ? QString() : item->text();
  }
  QString fact(const QString& what) {
    auto* facts = part<QTableWidget>("agentFacts");
    for (int row = 0; row < facts->rowCount(); ++row) {
      if (cell(facts, row, 0) == what) return cell(facts, row, 1);
    }
    return {};
  }
  static void choosePage(QTabWidget* tabs, const QString& title) {
    for (int page = 0; page < tabs->count(); ++page) {
      if (tabs->tabText(page) == title)
        QTest::mouseClick(tabs->tabBar(), Qt::LeftButton, {},
                          tabs->tabBar()->tabRect(page).center());
    }
    QCOMPARE(tabs->tabText(tabs->currentIndex()), title);
  }
  void openPage(const QString& title) { choosePage(part<QTabWidget>("agentTabs"), title); }
  void deploy(const QString& path) {
    asked_.clear();
    popupKey_ = Qt::Key_F;
    path_ = path;
    QTest::mouseClick(part<QPushButton>("agentDeploy"), Qt::LeftButton);
  }
  void typeIntoPopup() {
    if (QWidget* menu = QApplication::activePopupWidget(); menu != nullptr && popupKey_ != 0) {
      const auto key = static_cast<Qt::Key>(std::exchange(popupKey_, 0));
      QTest::keyClick(menu, key);
    } else if (auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
               dialog != nullptr && !path_.isEmpty()) {
      auto* name = dialog->findChild<QLineEdit*>("fileNameEdit");
      QTest::keyClicks(name, std::exchange(path_, QString()));
      QTest::keyClick(name, Qt::Key_Return);
    }
  }

  TypeCatalog catalog_ = types();
  QTemporaryDir folder_;
  std::unique_ptr<rest_test::RestServer> server_;
  AgentProgram agent_;
  std::unique_ptr<MainWindow> window_;
  QDockWidget* dock_ = nullptr;
  QTimer keys_;
  int popupKey_ = 0;
  QString path_;
  QString asked_;
  bool yes_ = true;
};

MR_STUDIO_TEST_MAIN(AgentsTest)
#include "agents_test.moc"
