// SPDX-License-Identifier: Apache-2.0
// Queues in Studio on a real server: paged at any depth, filtered by expressions, dropped by
// filter, and one FlowFile changed and led elsewhere; how the server is, and a copy of that.

#include "gui/app/diagnostics_panel.h"
#include "gui/app/main_window.h"
#include "gui/app/queue_panel.h"
#include "tests/gui/studio_bench.h"
#include "tests/harness/rest_server.h"

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDockWidget>
#include <QHeaderView>
#include <QJsonArray>
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
#include <QTreeWidget>
#include <memory>

using namespace studio;

namespace {

constexpr int kWait = 60000;  ///< of a machine that does other things, too
constexpr int kBatch = 3000;
constexpr int kMany = 4 * kBatch;  ///< deeper than an offset reaches

/// Each trigger of Make has a number of its own, from 0.
QByteArray deepFlow() {
  return "millrace: 1\n"
         "name: deep\n"
         "processors:\n"
         "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: \"a\\nb\", Batch "
         "Size: "
         "'" +
         QByteArray::number(kBatch) +
         "', colour: blue, number: '${nextInt()}'}, state: stopped}\n"
         "  - {name: Keep, type: LogMessage, auto-terminate: [success], state: stopped}\n"
         "  - {name: Other, type: LogMessage, auto-terminate: [success], state: stopped}\n"
         "  - {name: Funnel, type: UpdateAttribute, state: stopped}\n"
         "connections:\n"
         "  - {from: Make, relationship: success, to: Keep, back-pressure: {count: 0, size: 0 B}}\n"
         "  - {from: Funnel, relationship: success, to: Other}\n";
}

}  // namespace

class QueueTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QSettings().clear();
    server_ = std::make_unique<rest_test::RestServer>(folder_.path());
    QVERIFY(server_->writeFlow(deepFlow()));
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
    window_->activateWindow();
    QTRY_VERIFY_WITH_TIMEOUT(id("Make") != flow::ElementId{}, kWait);
    LiveLink& link = window_->session().link();
    QTRY_COMPARE_WITH_TIMEOUT(link.state(), LinkState::kLive, kWait);
    for (int times = 1; times <= 4; ++times) {
      link.act("run-once", {id("Make")});
      QTRY_COMPARE_WITH_TIMEOUT(waiting("Make"), times * kBatch, kWait);
    }
    look("Make");
    QTRY_COMPARE_WITH_TIMEOUT(table()->rowCount(), QueuePanel::kPage, kWait);
  }
  void cleanupTestCase() { window_.reset(); }
  void init() { asked_.clear(); }

  void aDeepQueueIsWalkedThroughPageByPage() {
    QCOMPARE(text(0, 0), QString("1"));
    QVERIFY(!button("queuePrevious")->isEnabled());
    for (int page = 1; page <= 3; ++page) {
      QTest::mouseClick(button("queueMore"), Qt::LeftButton);
      QTRY_COMPARE_WITH_TIMEOUT(text(0, 0), QString::number(page * 100 + 1), kWait);
    }
    // Its content is read by its place.
    QTRY_VERIFY_WITH_TIMEOUT(part<QPlainTextEdit>("contentView")->toPlainText() == "a\nb", kWait);
    QTest::mouseClick(button("queuePrevious"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(text(0, 0), QString("201"), kWait);
    QTest::mouseClick(button("queueRefresh"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(text(0, 0), QString("1"), kWait);
  }

  void aFilterFindsWhatLiesDeeperThanAnyPage() {
    type("${number:equals('3')}");
    QTRY_COMPARE_WITH_TIMEOUT(text(0, 0), QString("9001"), kWait);
    QCOMPARE(table()->rowCount(), QueuePanel::kPage);
    QVERIFY(part<QLabel>("queueTitle")->text().endsWith("100 that fit shown"));
    QTest::mouseClick(button("queueMore"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(text(0, 0), QString("9101"), kWait);
    // Words alone are looked for in every attribute, whatever their case.
    type("BLUE");
    QTRY_COMPARE_WITH_TIMEOUT(text(0, 0), QString("1"), kWait);
    type("it's not there");
    QTRY_COMPARE_WITH_TIMEOUT(table()->rowCount(), 0, kWait);
    QTRY_VERIFY(part<QLabel>("queueTitle")->text().endsWith("none fits here"));
    QVERIFY(!button("queueDrop")->isEnabled());
  }

  void whatIsWrongWithAFilterIsSaidAtItsPlace() {
    type("${number:contans('1')}");
    auto* trouble = part<QLabel>("queueFilterTrouble");
    QTRY_VERIFY_WITH_TIMEOUT(trouble->isVisible(), kWait);
    QVERIFY2(trouble->text().contains("did you mean contains"), qPrintable(trouble->text()));
    QCOMPARE(filter()->cursorPosition(), 9);
    QCOMPARE(table()->rowCount(), 0);
    type("${number:contains('1')}");
    QTRY_VERIFY_WITH_TIMEOUT(!trouble->isVisible() && table()->rowCount() > 0, kWait);
    // It may fail for the data alone: that is no fault of the whole.
    type("${colour:toDate('yyyy'):toNumber():gt(1)}");
    QTRY_VERIFY_WITH_TIMEOUT(trouble->isVisible(), kWait);
    QVERIFY2(trouble->text().contains("could not be judged"), qPrintable(trouble->text()));
  }

  void whatFitsIsCountedBeforeItIsDropped() {
    type("${number:toNumber():ge(3)}");
    QTRY_COMPARE_WITH_TIMEOUT(text(0, 0), QString("9001"), kWait);
    yes_ = false;
    QTest::mouseClick(button("queueDrop"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(asked_.size(), 1, kWait);
    QCOMPARE(asked_[0], QString("Drop 3000 FlowFiles (8.8 KB) of Make → Keep for which "
                                "${number:toNumber():ge(3)} is true? They do not come back by "
                                "undo."));
    QCOMPARE(waiting("Make"), kMany);
    yes_ = true;
    QTest::mouseClick(button("queueDrop"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(waiting("Make"), 9000, kWait);
    QTRY_COMPARE_WITH_TIMEOUT(table()->rowCount(), 0, kWait);
    type("");
    QTRY_COMPARE_WITH_TIMEOUT(table()->rowCount(), QueuePanel::kPage, kWait);
  }

  void aFlowFileIsChangedAndLedToAnotherQueue() {
    openPage("Change");
    auto* attributes = part<QTableWidget>("editAttributes");
    QTRY_VERIFY_WITH_TIMEOUT(part<QCheckBox>("editContentToo")->isEnabled(), kWait);
    edit(attributes, rowOf(attributes, "colour"), 1, "green");
    attributes->setCurrentCell(rowOf(attributes, "number"), 0);
    QTest::mouseClick(button("attributeRemove"), Qt::LeftButton);
    QTest::mouseClick(button("attributeAdd"), Qt::LeftButton);
    QTest::keyClicks(QApplication::focusWidget(), "size class");
    finish(QApplication::focusWidget());
    edit(attributes, attributes->rowCount() - 1, 1, "small");
    QTest::mouseClick(part<QCheckBox>("editContentToo"), Qt::LeftButton, {}, {8, 10});
    auto* content = part<QPlainTextEdit>("editContent");
    content->setFocus();
    QTest::keyClick(content, Qt::Key_End, Qt::ControlModifier);
    QTest::keyClicks(content, "c");
    auto* to = part<QComboBox>("requeueTo");
    to->setFocus();
    QTest::keyClick(to, Qt::Key_End);
    while (to->currentText() != "to Funnel → Other" && to->currentIndex() > 0)
      QTest::keyClick(to, Qt::Key_Up);
    QTest::mouseClick(button("requeue"), Qt::LeftButton);
    QCOMPARE(asked_.size(), 1);
    for (const char* words : {"to Funnel → Other", "colour = “green”", "without number",
                              "size class = “small”", "a content of 4 bytes"})
      QVERIFY2(asked_[0].contains(words), qPrintable(asked_[0]));
    QTRY_COMPARE_WITH_TIMEOUT(waiting("Funnel"), 1, kWait);
    QCOMPARE(waiting("Make"), 8999);
    const QJsonValue moved =
        json(server_->curl("/api/v1/connections/" + wire("Funnel") + "/queue"))["flowfiles"][0];
    QCOMPARE(moved["attributes"]["colour"].toString(), QString("green"));
    QCOMPARE(moved["attributes"]["size class"].toString(), QString("small"));
    QVERIFY(moved["attributes"]["number"].isUndefined());
    QCOMPARE(server_
                 ->curl("/api/v1/connections/" + wire("Funnel") + "/flowfiles/" +
                        moved["uuid"].toString() + "/content")
                 .body,
             QByteArray("a\nbc"));
    // The list was read anew.
    QTRY_VERIFY_WITH_TIMEOUT(part<QLabel>("queueTitle")->text().contains("8999"), kWait);
  }

  void anAttributeThatIsThereTwiceIsRefusedInWords() {
    QTRY_VERIFY_WITH_TIMEOUT(part<QCheckBox>("editContentToo")->isEnabled(), kWait);
    QTest::mouseClick(button("attributeAdd"), Qt::LeftButton);
    QTest::keyClicks(QApplication::focusWidget(), "colour");
    finish(QApplication::focusWidget());
    QTest::mouseClick(button("requeue"), Qt::LeftButton);
    QVERIFY2(window_->statusBar()->currentMessage().contains("'colour' is there twice"),
             qPrintable(window_->statusBar()->currentMessage()));
    QVERIFY(asked_.isEmpty());
  }

  void oneIsDropped() {
    QTest::mouseClick(button("queueRefresh"), Qt::LeftButton);
    QTRY_VERIFY(!part<QTableWidget>("editAttributes")->item(0, 0)->text().isEmpty());
    QTest::mouseClick(button("dropOne"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(waiting("Make"), 8998, kWait);
    QVERIFY(asked_[0].contains("does not come back"));
  }

  void howTheServerIsCanBeSeenAndCopied() {
    window_->action("diagnostics")->trigger();
    auto* dock = window_->findChild<QDockWidget*>("diagnosticsDock");
    auto* tree = dock->findChild<QTreeWidget*>("diagnostics");
    QTRY_VERIFY_WITH_TIMEOUT(tree->topLevelItemCount() > 5, kWait);
    QVERIFY(dock->findChild<QLabel*>("diagnosticsTitle")->text().contains("healthy"));
    QTest::mouseClick(dock->findChild<QPushButton*>("diagnosticsCopy"), Qt::LeftButton);
    const QString copied = QApplication::clipboard()->text();
    for (const char* line : {"\nflow.queuedFlowFiles: 8999\n",
                             "\nprogram.libraries.sqlite: ", "\ndata.parts.journal.bytes: "})
      QVERIFY2(copied.contains(line), qPrintable(copied));
  }

  void figuresAreSaidInTheirUnits() {
    QCOMPARE(figureWords("freeBytes", 1500000.0), QString(shortBytes(1500000)));
    QCOMPARE(figureWords("uptimeSeconds", 61.0), QString("1 min"));
    QCOMPARE(figureWords("healthy", true), QString("yes"));
    QCOMPARE(figureWords("threads", 16.0), QString("16"));
    QCOMPARE(queueFilterOf(" it's "), QString("${anyMatchingAttribute('.*'):toLower():contains("
                                              "'it\\'s')}"));
    QCOMPARE(columnIn("the filter: column 12: contans"), 12);
    QCOMPARE(columnIn("no place"), 0);
  }

 private:
  template <typename Widget>
  Widget* part(const char* name) {
    auto* found = window_->queue().findChild<Widget*>(name);
    if (found == nullptr) qFatal("there is no %s", name);
    return found;
  }
  QPushButton* button(const char* name) { return part<QPushButton>(name); }
  QTableWidget* table() { return part<QTableWidget>("queueTable"); }
  QLineEdit* filter() { return part<QLineEdit>("queueFilter"); }
  QString text(int row, int column) {
    const QTableWidgetItem* item = table()->item(row, column);
    return item == nullptr ? QString() : item->text();
  }
  flow::ElementId id(const std::string& path) { return idOf(window_->session().model(), path); }
  QString wire(const std::string& from) {
    const FlowModel& model = window_->session().model();
    const Ids wires = model.connectionsAt(id(from));
    return wires.empty() ? QString() : idToJson(wires.front());
  }
  static QJsonObject json(const rest_test::Answer& answer) {
    return QJsonDocument::fromJson(answer.body).object();
  }
  int waiting(const std::string& from) {
    return json(server_->curl("/api/v1/connections/" + wire(from) + "/queue?limit=0"))["count"]
        .toInt();
  }
  void look(const std::string& from) {
    window_->scene().select(window_->session().model().connectionsAt(id(from)));
    window_->action("listQueue")->trigger();
  }
  void type(const QString& words) {
    filter()->setFocus();
    filter()->selectAll();
    QTest::keyClick(filter(), Qt::Key_Delete);
    QTest::keyClicks(filter(), words);
    QTest::keyClick(filter(), Qt::Key_Return);
  }
  void openPage(const QString& title) {
    auto* tabs = part<QTabWidget>("queueTabs");
    for (int page = 0; page < tabs->count(); ++page) {
      if (tabs->tabText(page) == title)
        QTest::mouseClick(tabs->tabBar(), Qt::LeftButton, {},
                          tabs->tabBar()->tabRect(page).center());
    }
    QCOMPARE(tabs->tabText(tabs->currentIndex()), title);
  }
  static int rowOf(const QTableWidget* list, const QString& name) {
    for (int row = 0; row < list->rowCount(); ++row) {
      if (list->item(row, 0)->text() == name) return row;
    }
    return -1;
  }
  static void edit(QTableWidget* list, int row, int column, const QString& words) {
    list->setCurrentCell(row, column);
    list->setFocus();
    QTest::keyClick(list, Qt::Key_F2);
    auto* field = qobject_cast<QLineEdit*>(QApplication::focusWidget());
    if (field == nullptr) qFatal("no field opens");
    field->selectAll();
    QTest::keyClicks(field, words);
    finish(field);
  }
  /// A table closes its field a moment later, as its delegate has it.
  static void finish(QWidget* field) {
    QTest::keyClick(field, Qt::Key_Return);
    QApplication::processEvents();
  }

  TypeCatalog catalog_ = types();
  QTemporaryDir folder_;
  std::unique_ptr<rest_test::RestServer> server_;
  std::unique_ptr<MainWindow> window_;
  QStringList asked_;
  bool yes_ = true;
};

MR_STUDIO_TEST_MAIN(QueueTest)
#include "queue_test.moc"
