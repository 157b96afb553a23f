// SPDX-License-Identifier: Apache-2.0
// Revisions of a server's flow in Studio: what differs since one is marked on the canvas and
// listed, setting by setting, and the way back leads from there.

#include "gui/app/compare_panel.h"
#include "gui/app/compare_window.h"
#include "gui/app/main_window.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/quick_add.h"
#include "gui/net/past_flow.h"
#include "gui/theme/theme.h"
#include "tests/gui/studio_bench.h"
#include "tests/harness/rest_server.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QDockWidget>
#include <QFontMetricsF>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QMenu>
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
    for (int i = 0; i < 3; ++i) QTest::keyClick(table, Qt::Key_Down);
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

  void twoPastRevisionsAreComparedInAWindowThatOnlyLooks() {
    auto* table = window_->findChild<QTableWidget*>("history");
    auto* dock = window_->findChild<QDockWidget*>("historyDock");
    dock->show();
    dock->raise();
    QTRY_COMPARE_WITH_TIMEOUT(table->rowCount(), 5, kWait);
    // Revision 2 and revision 4, which took "Store" out and made "join".
    const auto click = [&](int row, Qt::KeyboardModifiers keys) {
      const QRect cell = table->visualItemRect(table->item(row, 0));
      QTest::mouseClick(table->viewport(), Qt::LeftButton, keys, cell.center());
    };
    click(3, {});
    click(1, Qt::ControlModifier);
    auto* button = window_->findChild<QPushButton*>("historyCompare");
    QCOMPARE(button->text(), QString("Compare 2 with 4"));
    QVERIFY(!window_->findChild<QPushButton*>("historyRevert")->isEnabled());
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(window_->findChild<CompareWindow*>() != nullptr, kWait);
    auto& window = *window_->findChild<CompareWindow*>();
    QVERIFY(window.isVisible());
    QVERIFY2(window.windowTitle().startsWith("revision 2 → revision 4"),
             qPrintable(window.windowTitle()));
    QCOMPARE(window.comparison().words(), QString("1 added, 2 removed"));
    QCOMPARE(window.comparison().markOf(idOf(window.model(), "join")), std::optional(Mark::kAdded));
    QCOMPARE(window.scene().ghosts().size(), std::size_t(2));
    // A drag moves nothing, Del and Tab do nothing, and what is edited stays as it is.
    auto* view = window.findChild<FlowView*>();
    const flow::ElementId cut = idOf(window.model(), "Cut");
    const QPointF place = window.model().position(cut);
    const QPoint at = view->mapFromScene(window.scene().node(cut)->box().center());
    QTest::mousePress(view->viewport(), Qt::LeftButton, {}, at);
    QTest::mouseMove(view->viewport(), at + QPoint(60, 60));
    QTest::mouseRelease(view->viewport(), Qt::LeftButton, {}, at + QPoint(60, 60));
    QCOMPARE(window.model().position(cut), place);
    QCOMPARE(window.scene().selection(), Ids{cut});
    const std::size_t size = window.model().size();
    for (const int key : {Qt::Key_Delete, Qt::Key_Tab, Qt::Key_C})
      QTest::keyClick(view, Qt::Key(key));
    QTest::keyClick(view, Qt::Key_Right, Qt::ControlModifier);
    QVERIFY(!view->quickAdd().isVisible());
    QCOMPARE(window.model().size(), size);
    QCOMPARE(window.model().position(cut), place);
    QVERIFY(id("Store") != flow::ElementId{});
    QTest::mouseClick(window.findChild<QPushButton*>("compareStop"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(window_->findChild<CompareWindow*>() == nullptr, kWait);
  }

  void aRevisionHasAMenuOfWhatCanBeDoneWithIt() {
    auto* table = window_->findChild<QTableWidget*>("history");
    const QPoint at = table->visualItemRect(table->item(2, 0)).center();
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, at);
    const auto menu = [&]() -> QMenu* {
      QContextMenuEvent event(QContextMenuEvent::Mouse, at, table->viewport()->mapToGlobal(at));
      QApplication::sendEvent(table->viewport(), &event);
      return window_->findChild<QMenu*>("historyMenu");
    };
    const auto run = [&](const QString& words) {
      QMenu* open = menu();
      for (QAction* action : open->actions()) {
        if (action->text() != words || !action->isEnabled()) continue;
        const QPoint there = open->actionGeometry(action).center();
        QTest::mouseMove(open, there);
        QTest::mouseClick(open, Qt::LeftButton, {}, there);
        return true;
      }
      return false;
    };
    QVERIFY(run("Copy “3”"));
    QCOMPARE(QGuiApplication::clipboard()->text(), QString("3"));
    QTRY_VERIFY(window_->findChild<QMenu*>("historyMenu") == nullptr);
    QVERIFY(run("Compare with it"));
    QTRY_VERIFY_WITH_TIMEOUT(
        window_->findChild<QLabel*>("compareTitle")->text().startsWith("Compared with revision 3"),
        kWait);
    yes_ = false;
    asked_.clear();
    QTRY_VERIFY(window_->findChild<QMenu*>("historyMenu") == nullptr);
    QVERIFY(run("Back to here…"));
    QCOMPARE(asked_, QStringList{"Undo 2 changes of the server's flow, whoever made them?"});
  }

  void aRevisionThatIsNotKnownIsSaid() {
    bool asked = false;
    readRevision(window_->session().link().api(), 99, [&](const Result<flow::Flow>& flow) {
      asked = true;
      QVERIFY(!flow.ok());
      QVERIFY2(flow.error().message.find("no revision 99") != std::string::npos,
               flow.error().message.c_str());
    });
    QTRY_VERIFY_WITH_TIMEOUT(asked, kWait);
  }

 private:
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
  QStringList asked_;
  bool yes_ = true;
};

MR_STUDIO_TEST_MAIN(RevisionsTest)
#include "revisions_test.moc"
