// SPDX-License-Identifier: Apache-2.0
// Revisions of a server's flow in Studio: what differs since one is marked on the canvas and
// listed, setting by setting, and the way back leads from there.

#include "gui/app/compare_panel.h"
#include "gui/app/main_window.h"
#include "gui/canvas/node_item.h"
#include "gui/net/flow_journal.h"
#include "gui/theme/theme.h"
#include "tests/gui/studio_bench.h"
#include "tests/harness/rest_server.h"

#include <QApplication>
#include <QDockWidget>
#include <QFontMetricsF>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <QStatusBar>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>
#include <memory>

using namespace studio;

namespace {
constexpr int kWait = 60000;  ///< of a machine that does other things, too

/// One of each kind that the small flow lacks.
constexpr const char* kMore =
    "funnels: [meet]\n"
    "labels:\n"
    "  - {name: note, text: \"It's a \\\"note\\\"\\nof two lines\"}\n"
    "services:\n"
    "  - {name: Log, type: Kafka3ConnectionService}\n"
    "remote-groups:\n"
    "  - {name: Far, urls: ['http://localhost:1/nifi'], inputs: [{name: in}]}\n"
    "parameter-contexts:\n"
    "  - name: shared\n"
    "    parameters: {late: '15'}\n"
    "parameter-context: shared\n"
    "parameters: {own: '1'}\n";
}  // namespace

class RevisionsTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QSettings().clear();
    server_ = std::make_unique<rest_test::RestServer>(folder_.path());
    QByteArray text = QByteArray::fromStdString(smallFlow());
    text.replace("groups:\n", kMore + QByteArray("groups:\n"));
    QVERIFY(server_->writeFlow(text));
    QVERIFY2(server_->start(), server_->errors());
    before_ = flow();
    window_ = std::make_unique<MainWindow>(catalog_, QString());
    window_->setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    window_->setConfirm([this](const QString& question) {
      asked_ << question;
      return yes_;
    });
    window_->resize(1440, 900);
    window_->show();
    QVERIFY(window_->connectTo(server_->address()));
    QTRY_VERIFY_WITH_TIMEOUT(id("Make") != flow::ElementId{}, kWait);
  }
  void cleanupTestCase() { window_.reset(); }

  void theFlowAsTheServerGivesItIsTheFlowOfItsFile() {
    const Result<flow::Flow> read = flowOfServer(before_);
    QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
    FlowModel model;
    model.reset(parsed(server_->readFlow().toStdString()));
    const FlowComparison same(*read, model);
    QVERIFY2(same.empty(), qPrintable(same.words()));
  }

  void whatDiffersSinceARevisionIsMarkedAndListed() {
    edit("Split",
         R"({"op":"update","id":"%1","value":{"name":"Cut","properties":{"Line Split Count":"7"},
                      "layout":{"at":[400,64]}}})");
    edit("Store", R"({"op":"delete","id":"%1"},{"op":"delete","id":"%2"})");
    edit("", R"({"op":"create","kind":"funnel","group":"00000000-0000-0000-0000-000000000000",
                 "value":{"name":"join","layout":{"at":[800,160]}}})");
    QTRY_VERIFY_WITH_TIMEOUT(id("join") != flow::ElementId{} && id("Store") == flow::ElementId{},
                             kWait);
    auto* dock = window_->findChild<QDockWidget*>("historyDock");
    dock->show();
    dock->raise();
    auto* table = window_->findChild<QTableWidget*>("history");
    QTRY_COMPARE_WITH_TIMEOUT(table->rowCount(), 4, kWait);
    table->setFocus();
    QTest::keyClick(table, Qt::Key_End, Qt::ControlModifier);
    QCOMPARE(table->item(table->currentRow(), 0)->text(), QString("1"));
    QTest::mouseClick(window_->findChild<QPushButton*>("historyCompare"), Qt::LeftButton);
    auto* title = window_->findChild<QLabel*>("compareTitle");
    QTRY_VERIFY_WITH_TIMEOUT(title->text().startsWith("Compared with revision 1"), kWait);
    const FlowComparison& found = window_->comparison().comparison();
    QCOMPARE(found.count(Mark::kAdded), 1);
    QCOMPARE(found.markOf(id("join")), std::optional(Mark::kAdded));
    QCOMPARE(found.markOf(id("Cut")), std::optional(Mark::kChanged));
    // A funnel is smaller than the word above it, which is painted whole all the same.
    const double word =
        QFontMetricsF(interfaceFont(11, QFont::DemiBold)).horizontalAdvance("+ changed") + 26;
    QVERIFY(window_->scene().node(id("join"))->boundingRect().right() >= word);
    // The box and the wire that led to it are drawn where they stood.
    QCOMPARE(found.gone().size(), std::size_t(2));
    const auto* tree = window_->findChild<QTreeWidget*>("differences");
    QStringList lines;
    for (int row = 0; row < tree->topLevelItemCount(); ++row) {
      for (int i = 0; i < tree->topLevelItem(row)->childCount(); ++i) {
        const QTreeWidgetItem* line = tree->topLevelItem(row)->child(i);
        lines << line->text(0) + ": " + line->text(2) + " → " + line->text(3);
      }
    }
    QVERIFY2(lines.join('\n').contains("Line Split Count: 1 → 7"), qPrintable(lines.join('\n')));
  }

  void fromThereTheWayLeadsBackOnceItIsSaidHowFar() {
    auto* back = window_->findChild<QPushButton*>("compareBack");
    QVERIFY(back->isVisible());
    yes_ = false;
    QTest::mouseClick(back, Qt::LeftButton);
    QCOMPARE(asked_, QStringList{"Undo 3 changes of the server's flow, whoever made them?"});
    QVERIFY(id("Store") == flow::ElementId{});
    yes_ = true;
    QTest::mouseClick(back, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(id("Store") != flow::ElementId{} && id("Split") != flow::ElementId{},
                             kWait);
    QTRY_VERIFY_WITH_TIMEOUT(
        window_->findChild<QLabel*>("compareTitle")->text().endsWith("no difference"), kWait);
    QCOMPARE(window_->session().undo().count(), 0);
    // What is open in a file has no revision to go back to.
    QVERIFY(window_->compareWithFile(server_->flowFile()));
    QVERIFY(!back->isVisible());
  }

  void changesThatNameWhatIsNotThereAreRefused() {
    QJsonObject flow = before_;
    const auto apply = [&flow](const char* text) {
      return applyChanges(flow, QJsonDocument::fromJson(text).array());
    };
    QVERIFY(!apply(R"([{"op":"delete","id":"no such"}])").ok());
    QVERIFY(!apply(R"([{"op":"create","kind":"cloud","group":"","value":{}}])").ok());
    QVERIFY(!apply(R"([{"op":"shake"}])").ok());
    QCOMPARE(flow, before_);
    const QString inner = std::as_const(flow)["groups"][0]["id"].toString();
    const QString make = std::as_const(flow)["processors"][0]["id"].toString();
    const Result<> moved = applyChanges(
        flow, {QJsonObject{{"op", "move"}, {"id", make}, {"group", inner}},
               QJsonObject{{"op", "update"},
                           {"id", make},
                           {"value", QJsonObject{{"schedule", QJsonValue::Null},
                                                 {"properties", QJsonObject{{"a", "b"}}}}}}});
    QVERIFY(moved.ok());
    const QJsonObject there = flow["groups"][0]["processors"][0].toObject();
    QCOMPARE(there["name"].toString(), QString("Make"));
    QCOMPARE(there["properties"]["a"].toString(), QString("b"));
    QVERIFY(!there.contains("schedule"));
    QCOMPARE(flow["processors"].toArray().size(), 2);
  }

 private:
  QJsonObject flow() {
    return QJsonDocument::fromJson(server_->curl("/api/v1/flow").body)["flow"].toObject();
  }
  flow::ElementId id(const std::string& path) { return idOf(window_->session().model(), path); }
  /// %1 stands for the id of a component, %2 for that of its first wire.
  void edit(const std::string& path, const QString& changes) {
    QString text = changes;
    if (!path.empty()) {
      const FlowModel& model = window_->session().model();
      text.replace("%1", idToJson(id(path)));
      text.replace("%2", idToJson(model.connectionsAt(id(path)).front()));
    }
    const auto answer =
        server_->post("/api/v1/changes", "{\"who\":\"ann\",\"changes\":[" + text.toUtf8() + "]}");
    QVERIFY2(answer.status == 200, answer.body);
  }

  TypeCatalog catalog_ = types();
  QTemporaryDir folder_;
  std::unique_ptr<rest_test::RestServer> server_;
  std::unique_ptr<MainWindow> window_;
  QJsonObject before_;
  QStringList asked_;
  bool yes_ = true;
};

MR_STUDIO_TEST_MAIN(RevisionsTest)
#include "revisions_test.moc"
