// SPDX-License-Identifier: Apache-2.0
// What happened to FlowFiles, replay, and the server's history, with the real server: by keys and
// mouse on the window's panels.

#include "gui/app/descriptors.h"
#include "gui/app/lineage_view.h"
#include "gui/app/main_window.h"
#include "gui/app/provenance_panel.h"
#include "tests/gui/studio_bench.h"

#include <QApplication>
#include <QDockWidget>
#include <QFile>
#include <QGraphicsView>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStandardPaths>
#include <QStatusBar>
#include <QTabWidget>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QTreeWidget>
#include <memory>

using namespace studio;

namespace {

constexpr int kPatience = 30000;  ///< of a machine that does other things, too

constexpr const char* kFlow =
    "millrace: 1\n"
    "name: told\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: 'hello'}}\n"
    "  - {name: Mark, type: UpdateAttribute, properties: {colour: 'red'}}\n"
    "  - {name: Keep, type: UpdateAttribute, auto-terminate: [success]}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Mark}\n"
    "  - {from: Mark, relationship: success, to: Keep}\n"
    "layout:\n"
    "  Make: {at: [0, 0]}\n"
    "  Mark: {at: [400, 0]}\n"
    "  Keep: {at: [800, 0]}\n";

}  // namespace

class DataViewsTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    program_ = QString(MR_BINARY_DIR) + "/bin/millrace";
    const Result<> read = readDescriptors(program_, catalog_);
    QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
    folder_ = std::make_unique<QTemporaryDir>();
    path_ = folder_->filePath("told.yaml");
    QFile file(path_);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(kFlow);
  }
  void init() {
    window_ = opened();
    QVERIFY(window_->openFile(path_));
    live(*window_);
    QTRY_COMPARE_WITH_TIMEOUT(lamp("Make"), Lamp::kStopped, kPatience);
  }
  void cleanup() { window_.reset(); }

  void anEventIsFoundLookedAtTracedAndReplayed() {
    oneFlowFileThrough();
    // F8 with a processor chosen asks for its events.
    window_->scene().select({id("Mark")});
    window_->action("provenance")->trigger();
    QVERIFY(window_->findChild<QDockWidget*>("provenanceDock")->isVisible());
    auto* table = in<QTableWidget>("provenanceTable");
    QTRY_VERIFY_WITH_TIMEOUT(table->rowCount() > 0, kPatience);
    auto* words = in<QLineEdit>("provenanceWords");
    QCOMPARE(words->text(), QString("component:\"Mark\""));
    for (int row = 0; row < table->rowCount(); ++row)
      QCOMPARE(table->item(row, 2)->text(), QString("Mark"));

    words->selectAll();
    QTest::keyClicks(words, "type:attributes_modified colour=red");
    QTest::keyClick(words, Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(table->rowCount(), 1, kPatience);
    QCOMPARE(table->item(0, 1)->text(), QString("ATTRIBUTES_MODIFIED"));
    auto* attributes = in<QTableWidget>("eventAttributes");
    QTRY_COMPARE_WITH_TIMEOUT(changedTo(*attributes, "● colour"), QString("red"), kPatience);
    auto* before =
        in<QTabWidget>("eventTabs")->widget(2)->findChild<QPlainTextEdit*>("contentView");
    QTRY_COMPARE_WITH_TIMEOUT(before->toPlainText(), QString("hello"), kPatience);

    // Its lineage: the chosen event is one of its nodes, and a click on another shows that.
    QTest::mouseClick(in<QPushButton>("provenanceLineage"), Qt::LeftButton);
    auto* lineage =
        static_cast<LineageView*>(window_->provenance().findChild<QGraphicsView*>("lineage"));
    QTRY_VERIFY_WITH_TIMEOUT(!lineage->nodes().empty() && !lineage->placeOf(0).isEmpty(),
                             kPatience);
    std::size_t created = lineage->nodes().size();
    for (std::size_t i = 0; i < lineage->nodes().size(); ++i) {
      if (lineage->nodes()[i].type == "CREATE") created = i;
    }
    QVERIFY(created < lineage->nodes().size());
    QVERIFY(!lineage->wires().empty());
    QTest::mouseClick(lineage->viewport(), Qt::LeftButton, {}, lineage->placeOf(created).center());
    auto* facts = in<QTableWidget>("eventFacts");
    QTRY_COMPARE_WITH_TIMEOUT(changedTo(*facts, "Type", 1), QString("CREATE"), kPatience);

    // Back to what can be replayed: it waits before Mark again.
    in<QTabWidget>("provenanceTabs")->setCurrentIndex(0);
    window_->action("provenance")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(table->rowCount() > 0, kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(changedTo(*facts, "Component", 1), QString("Mark"), kPatience);
    QCOMPARE(waiting("Make [success] -> Mark"), 0.0);
    QTest::mouseClick(in<QPushButton>("provenanceReplay"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(waiting("Make [success] -> Mark"), 1.0, kPatience);
    // What is said is said until something else is: it is kept here.
    QTRY_VERIFY2_WITH_TIMEOUT(said_.join(' ').contains("“Mark”"), qPrintable(said_.join('|')),
                              kPatience);
  }

  void theLastFlowFileOfAProcessorIsReplayedByOneKey() {
    oneFlowFileThrough();
    window_->scene().select({id("Keep")});
    window_->action("replayLast")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(waiting("Mark [success] -> Keep"), 1.0, kPatience);
  }

  void whatTheFlowDoesNotHaveIsSaidInsteadOfSearched() {
    window_->action("provenance")->trigger();
    auto* words = in<QLineEdit>("provenanceWords");
    words->selectAll();
    QTest::keyClicks(words, "component:Nobody");
    QTest::keyClick(words, Qt::Key_Return);
    QVERIFY(window_->statusBar()->currentMessage().contains("there is no component 'Nobody'"));
  }

  void aServiceIsAddedFromTheServersListConfiguredAndDisabledWithAWord() {
    showDock("servicesDock");
    auto* panel = window_->findChild<QDockWidget*>("servicesDock")->widget();
    auto* add = panel->findChild<QPushButton*>("serviceAdd");
    // The list of types opens as a menu: choose by its first letters.
    QTRY_VERIFY_WITH_TIMEOUT(!catalog_.catalog().types(flow::ComponentKind::kService).empty(),
                             kPatience);
    QTimer::singleShot(0, window_.get(), [] {
      auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
      if (menu == nullptr) return;
      for (QAction* action : menu->actions()) {
        if (action->text() == "SimpleCsvFileLookupService") menu->setActiveAction(action);
      }
      QTest::keyClick(menu, Qt::Key_Return);
    });
    QTest::mouseClick(add, Qt::LeftButton);
    const auto service = id("SimpleCsvFileLookupService");
    QVERIFY(service != flow::ElementId{});
    // It is in the inspector at once, and what it lacks is said.
    auto* file = window_->inspector().findChild<QLineEdit*>("field:CSV File");
    QVERIFY(file != nullptr);
    window_->session().validate();
    QVERIFY(window_->session().problems().contains(service));

    const auto lookup =
        window_->session().editor().addProcessor(kRootGroup, "LookupAttribute", {400, 200});
    window_->session().editor().setProperty({lookup}, "Lookup Service",
                                            std::string("SimpleCsvFileLookupService"));
    auto* tree = panel->findChild<QTreeWidget*>("services");
    QCOMPARE(tree->topLevelItemCount(), 1);
    QCOMPARE(tree->topLevelItem(0)->text(4), QString("“LookupAttribute”"));
    tree->setCurrentItem(tree->topLevelItem(0));
    QTest::mouseClick(panel->findChild<QPushButton*>("serviceRemove"), Qt::LeftButton);
    QVERIFY(id("SimpleCsvFileLookupService") != flow::ElementId{});  // it is used
    QTest::mouseClick(panel->findChild<QPushButton*>("serviceDisable"), Qt::LeftButton);
    QCOMPARE(asked_.size(), 1);
    QVERIFY(asked_[0].contains("“LookupAttribute”"));
    const auto enabled = [&] {
      return std::get<flow::Service>(window_->session().model().find(service)->value).enabled;
    };
    QVERIFY(!enabled());
    window_->action("undo")->trigger();
    QVERIFY(enabled());
  }

  void theServersHistoryIsListedAndAChangeRevertedWithoutTouchingOurUndo() {
    // A second window works on the first one's server.
    auto other = opened();
    other->session().connectTo(window_->session().link().base());
    other->showCanvas();
    live(*other);
    FlowModel& model = other->session().model();
    QTRY_VERIFY_WITH_TIMEOUT(idOf(model, "Keep") != flow::ElementId{}, kPatience);
    other->findChild<QDockWidget*>("historyDock")->show();
    auto* table = other->findChild<QTableWidget*>("history");
    other->session().editor().setProperty({idOf(model, "Mark")}, "colour", std::string("green"));
    QTRY_VERIFY_WITH_TIMEOUT(!other->session().link().hasUnsent() && table->rowCount() > 0 &&
                                 table->item(0, 2)->text() == "Studio",
                             kPatience);
    QCOMPARE(other->session().undo().count(), 1);
    QTest::mouseClick(other->findChild<QPushButton*>("historyRevert"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(model.find(idOf(model, "Mark"))->processor()->properties[0].value,
                              std::string("red"), kPatience);
    QCOMPARE(other->session().undo().count(), 1);
  }

 private:
  std::unique_ptr<MainWindow> opened() {
    auto made = std::make_unique<MainWindow>(catalog_, QString());
    made->setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    made->setConfirm([this](const QString& question) {
      asked_ << question;
      return true;
    });
    if (!window_) made->session().setEngine(program_);
    connect(made->statusBar(), &QStatusBar::messageChanged, this,
            [this](const QString& text) { said_ << text; });
    made->resize(1440, 900);
    made->show();
    asked_.clear();
    return made;
  }
  void live(MainWindow& window) {
    QTRY_COMPARE_WITH_TIMEOUT(window.session().link().state(), LinkState::kLive, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(!window.session().link().hasUnsent(), kPatience);
  }
  /// Make, Mark and Keep each take one turn.
  void oneFlowFileThrough() {
    runOnce("Make");
    QTRY_COMPARE_WITH_TIMEOUT(waiting("Make [success] -> Mark"), 1.0, kPatience);
    runOnce("Mark");
    QTRY_COMPARE_WITH_TIMEOUT(waiting("Mark [success] -> Keep"), 1.0, kPatience);
    runOnce("Keep");
    QTRY_COMPARE_WITH_TIMEOUT(waiting("Mark [success] -> Keep"), 0.0, kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(waiting("Make [success] -> Mark"), 0.0, kPatience);
  }
  void runOnce(const std::string& path) {
    window_->scene().select({id(path)});
    window_->action("runOnce")->trigger();
  }
  template <typename Widget>
  Widget* in(const char* name) {
    return window_->provenance().findChild<Widget*>(name);
  }
  void showDock(const char* name) { window_->findChild<QDockWidget*>(name)->show(); }
  static QString changedTo(const QTableWidget& table, const QString& name, int column = 2) {
    for (int row = 0; row < table.rowCount(); ++row) {
      if (table.item(row, 0)->text() == name) return table.item(row, column)->text();
    }
    return {};
  }
  flow::ElementId id(const std::string& path) { return idOf(window_->session().model(), path); }
  Lamp lamp(const std::string& path) {
    const ComponentStatus* status = window_->session().status().component(id(path));
    return status == nullptr ? Lamp::kUnknown : status->lamp;
  }
  double waiting(const std::string& path) {
    const QueueStatus* queue = window_->session().status().queue(id(path));
    return queue == nullptr ? -1 : queue->count;
  }

  TypeCatalog catalog_;
  QString program_;
  QString path_;
  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<MainWindow> window_;
  QStringList asked_;
  QStringList said_;
};

MR_STUDIO_TEST_MAIN(DataViewsTest)
#include "data_views_test.moc"
