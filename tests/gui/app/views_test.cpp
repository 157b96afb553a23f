// SPDX-License-Identifier: Apache-2.0
// Charts of what components did, and the difference of two flows on the canvas and in its list.

#include "gui/app/chart_panel.h"
#include "gui/app/compare_window.h"
#include "gui/app/headless_render.h"
#include "gui/app/main_window.h"
#include "gui/theme/theme.h"
#include "tests/gui/studio_bench.h"

#include <QApplication>
#include <QDockWidget>
#include <QFile>
#include <QImage>
#include <QJsonArray>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPushButton>
#include <QStandardPaths>
#include <QStatusBar>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>
#include <algorithm>
#include <memory>

using namespace studio;

namespace {

using Points = std::vector<std::pair<double, double>>;

QJsonObject history(const QString& step, const QStringList& fields,
                    const std::vector<std::vector<double>>& rows) {
  QJsonArray list;
  for (const std::vector<double>& row : rows) {
    QJsonArray line;
    for (const double value : row) line.append(value);
    list.append(line);
  }
  return {{"step", step}, {"fields", QJsonArray::fromStringList(fields)}, {"rows", list}};
}

}  // namespace

class ViewsTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    path_ = folder_->filePath("small.yaml");
    write(path_, smallFlow());
    window_ = std::make_unique<MainWindow>(catalog_, folder_->path());
    window_->setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    window_->resize(1440, 900);
    window_->show();
    QVERIFY(window_->openFile(path_));
  }
  void cleanup() { window_.reset(); }

  void sumsBecomeRatesAndSilenceIsZero() {
    // 4 in the second at 10 s, 6 at 11 s, then nothing until 15 s.
    const QJsonObject rows =
        history("1s", {"in", "out"}, {{10000, 4, 1}, {11000, 6, 0}, {15000, 2, 0}, {16000, 2, 0}});
    const auto lines = chartLines(rows, Figure::kFlowFiles, 8000, 17000);
    QCOMPARE(lines.size(), std::size_t(2));
    QCOMPARE(lines[0].name, QString("In"));
    const Points expected{{8000, 0},  {9000, 0},  {10000, 4}, {11000, 6},
                          {12000, 0}, {14000, 0}, {15000, 2}, {16000, 2}};
    QVERIFY(lines[0].points == expected);
    // A minute's sum is told by the second.
    const auto slow =
        chartLines(history("1m", {"tasks"}, {{60000, 120}}), Figure::kTasks, 0, 60000);
    QCOMPARE(slow[0].points.back().second, 2.0);
    // Nanoseconds of work in a second, as a share of it.
    const auto busy =
        chartLines(history("1s", {"busyNanos"}, {{1000, 5e8}}), Figure::kBusy, 1000, 1000);
    QCOMPARE(busy[0].points.back().second, 0.5);
    QVERIFY(chartLines({}, Figure::kTasks, 0, 1000).empty());
  }

  void aLevelStaysAsItWasUntilItIsToldAnew() {
    const QJsonObject rows = history("1s", {"count", "bytes", "mostCount", "mostBytes"},
                                     {{5000, 7, 70, 9, 90}, {20000, 1, 10, 1, 10}});
    const auto lines = chartLines(rows, Figure::kWaiting, 10000, 30000);
    const Points expected{{10000, 7}, {19000, 7}, {20000, 1}, {21000, 1}, {30000, 1}};
    QVERIFY(lines[0].points == expected);
    QCOMPARE(lines[1].points.front().second, 9.0);
  }

  void ticksAreRoundNumbers() {
    QCOMPARE(roundTicks(1), (std::vector<double>{0, 0.25, 0.5, 0.75, 1}));
    QCOMPARE(roundTicks(37), (std::vector<double>{0, 10, 20, 30, 40}));
    QCOMPARE(roundTicks(900), (std::vector<double>{0, 250, 500, 750, 1000}));
    QVERIFY(roundTicks(0).size() >= 2);
  }

  void aChartIsPaintedInItsColoursAndSaysItsValuesUnderThePointer() {
    HistoryChart chart(lightTheme(), nullptr);
    chart.resize(640, 240);
    chart.show(Figure::kFlowFiles,
               {{"In", {{0, 8}, {300000, 8}, {600000, 8}}}, {"Out", {{0, 2}, {600000, 2}}}}, 0,
               600000);
    chart.QWidget::show();
    const auto isDrawn = [&](std::size_t line) {
      const QImage image = chart.grab().toImage();
      const QPointF at = chart.placeOf(line)[0] + QPointF(40, 0);
      int found = 0;
      for (int x = 0; x < 12; ++x) {
        for (int y = -1; y <= 1; ++y)
          found += image.pixelColor(qRound(at.x()) + x, qRound(at.y()) + y) == chart.colourOf(line);
      }
      return found > 0;
    };
    QVERIFY(isDrawn(0));
    QVERIFY(isDrawn(1));
    QVERIFY(chart.placeOf(0)[0].y() < chart.placeOf(1)[0].y());  // the greater one is higher
    QCOMPARE(chart.accessibleName(),
             QString("Chart of FlowFiles: In now 8/s, at most 8/s; Out now 2/s, at most 2/s"));
    const QImage before = chart.grab().toImage();
    QTest::mouseMove(&chart, {320, 120});
    QMouseEvent move(QEvent::MouseMove, QPointF(320, 120), chart.mapToGlobal(QPointF(320, 120)),
                     Qt::NoButton, Qt::NoButton, {});
    QApplication::sendEvent(&chart, &move);
    QVERIFY(chart.grab().toImage() != before);
    QVERIFY2(chart.wordsAt({320, 120}).contains("In 8/s   Out 2/s"),
             qPrintable(chart.wordsAt({320, 120})));
    // By keys as well.
    QTest::keyClick(&chart, Qt::Key_Right);
    QVERIFY(chart.accessibleDescription().contains("In 8/s"));
    chart.clear("Nothing is chosen.");
    QCOMPARE(chart.accessibleName(), QString("Chart: Nothing is chosen."));
    QVERIFY(chart.wordsAt({320, 120}).isEmpty());
  }

  void theChartFollowsTheSelection() {
    QCOMPARE(window_->charts().component(), kRootGroup);
    clickOn("Split");
    QCOMPARE(window_->charts().component(), id("Split"));
    window_->scene().select({id("Make [success] -> Split")});
    QCOMPARE(window_->charts().component(), id("Make [success] -> Split"));
    window_->scene().select({});
    QCOMPARE(window_->charts().component(), kRootGroup);
  }

  void theSavedFileIsComparedOnTheCanvasAndInTheList() {
    window_->scene().select({id("Store")});
    window_->action("delete")->trigger();
    window_->session().editor().setProperty({id("Split")}, "Line Split Count", std::string("10"));
    window_->session().editor().addFunnel(kRootGroup, {1120, 0});
    window_->action("compareSaved")->trigger();
    auto* tree = window_->findChild<QTreeWidget*>("differences");
    QVERIFY(tree->isVisible());
    QStringList rows;
    for (int i = 0; i < tree->topLevelItemCount(); ++i)
      rows << tree->topLevelItem(i)->text(0) + " " + tree->topLevelItem(i)->text(1);
    rows.sort();
    QCOMPARE(rows, (QStringList{"Split [splits] -> Store removed", "Split changed", "Store removed",
                                "funnel added"}));
    const auto changed = tree->findItems("Split", Qt::MatchExactly);
    QCOMPARE(changed.size(), 1);
    QCOMPARE(changed[0]->child(0)->text(0), QString("Line Split Count"));
    QCOMPARE(changed[0]->child(0)->text(2), QString("1"));
    QCOMPARE(changed[0]->child(0)->text(3), QString("10"));
    // A row leads to its component, which is framed in the colour of its mark.
    tree->setFocus();
    QTest::mouseClick(tree->viewport(), Qt::LeftButton, {},
                      tree->visualItemRect(changed[0]).center());
    QCOMPARE(window_->scene().selection(), Ids{id("Split")});
    window_->scene().select({});
    window_->view().setZoom(1);
    const QRectF split = window_->scene().node(id("Split"))->box();
    window_->view().centerOn(split.center());
    QCOMPARE(pixel({split.left() + split.width() / 2, split.top()}), lightTheme().warning.name());
    // What is gone stands where it stood, dashed, and cannot be clicked.
    QCOMPARE(window_->scene().ghosts().size(), std::size_t(2));
    const QRectF gone = window_->scene().ghosts()[0]->box();
    QCOMPARE(gone.topLeft(), QPointF(800, 0));
    window_->view().centerOn(gone.center());
    int dashes = 0;
    for (int x = 120; x < 200; ++x) dashes += isError(pixel({gone.left() + x, gone.top()}));
    QVERIFY2(dashes > 10 && dashes < 75, qPrintable(QString::number(dashes)));
    QTest::mouseClick(window_->view().viewport(), Qt::LeftButton, {},
                      window_->view().mapFromScene(gone.center()));
    QVERIFY(window_->scene().selection().empty());
    // Edits are followed; undoing all of them leaves nothing.
    while (window_->session().undo().canUndo()) window_->session().undo().undo();
    QTRY_COMPARE(tree->topLevelItemCount(), 0);
    QVERIFY(window_->scene().ghosts().empty());
  }

  void differencesAreWalkedByOneKeyAndPositionsAreShownWhenAsked() {
    window_->session().editor().setProperty({id("Split")}, "Line Split Count", std::string("3"));
    window_->session().editor().setProperty({id("Store")}, "Directory", std::string("elsewhere"));
    window_->session().editor().moveTo({{id("Inner"), {400, 480}}}, "Move");
    window_->action("compareSaved")->trigger();
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QTest::keyClick(window_.get(), Qt::Key_F4);
    QCOMPARE(window_->scene().selection(), Ids{id("Split")});
    QTest::keyClick(window_.get(), Qt::Key_F4);
    QCOMPARE(window_->scene().selection(), Ids{id("Store")});
    QTest::keyClick(window_.get(), Qt::Key_F4, Qt::ShiftModifier);
    QCOMPARE(window_->scene().selection(), Ids{id("Split")});
    auto* tree = window_->findChild<QTreeWidget*>("differences");
    QCOMPARE(tree->topLevelItemCount(), 2);
    auto* moved = window_->findChild<QAbstractButton*>("compareMoved");
    QTest::keyClick(moved, Qt::Key_Space);
    QCOMPARE(tree->topLevelItemCount(), 3);
    // Closing the list ends it.
    window_->findChild<QDockWidget*>("compareDock")->close();
    QVERIFY(!window_->comparison().isActive());
    QVERIFY(!window_->scene().style().compared.markOf(id("Split")).has_value());
  }

  void queuesAreFoundByHowFullTheyAre() {
    const auto first = id("Make [success] -> Split");
    const auto second = id("Split [splits] -> Store");
    window_->session().status().take(
        {{"connections",
          QJsonArray{QJsonObject{{"id", idToJson(first)}, {"count", 500}, {"share", 0.5}},
                     QJsonObject{{"id", idToJson(second)}, {"count", 20}, {"share", 0.9}}}}},
        1000);
    window_->action("find")->trigger();
    auto* field = window_->findChild<QLineEdit*>("findField");
    const auto found = [&](const QString& words) {
      field->selectAll();
      QTest::keyClicks(field, words);
      const auto& hits = window_->scene().style().hits;
      return Ids(hits.begin(), hits.end());
    };
    QCOMPARE(found("queue>80%"), Ids{second});
    QCOMPARE(found("queue > 100"), Ids{first});
    // Of the third one nothing was told: nothing waits in it.
    const Ids few = found("queue<100");
    QCOMPARE(few.size(), std::size_t(2));
    QVERIFY(std::find(few.begin(), few.end(), first) == few.end());
    QVERIFY(found("queue>95%").empty());
    QTest::keyClick(field, Qt::Key_Escape);
  }

  void whatIsNoFlowIsRefusedInWords() {
    const QString broken = folder_->filePath("broken.yaml");
    write(broken, "no flow: [at all");
    QVERIFY(!window_->compareWithFile(broken));
    QVERIFY(window_->statusBar()->currentMessage().startsWith("Nothing was compared"));
    QVERIFY(!window_->compareWithFile(folder_->filePath("none.yaml")));
    QVERIFY(window_->statusBar()->currentMessage().startsWith("Nothing was compared: cannot read"));
    QVERIFY(!window_->comparison().isActive());
  }

  void twoFilesAreComparedInAWindowOfTheirOwn() {
    QTemporaryDir folder;
    const auto write = [&](const char* name, std::string text) {
      QFile file(folder.filePath(name));
      const QByteArray bytes = QByteArray::fromStdString(text);
      if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) qFatal("no file");
      return folder.filePath(name);
    };
    std::string later = smallFlow();
    later.replace(later.find("Count: 1"), 8, "Count: 9");
    const QString older = write("older.yaml", smallFlow());
    const QString newer = write("newer.yaml", later);
    const auto before = window_->session().model().size();
    QVERIFY(!window_->compareFiles(older, folder.filePath("none.yaml")));
    QVERIFY(window_->statusBar()->currentMessage().startsWith("Nothing was compared: cannot read"));
    QVERIFY(!window_->compareFiles(write("bad.yaml", "millrace: 1\nname: [\n"), newer));
    QVERIFY(window_->findChild<CompareWindow*>() == nullptr);
    QVERIFY(window_->compareFiles(older, newer));
    auto* shown = window_->findChild<CompareWindow*>();
    QVERIFY(shown != nullptr && shown->isVisible());
    QVERIFY(shown->windowTitle().startsWith("older.yaml → newer.yaml"));
    QCOMPARE(shown->comparison().words(), QString("1 changed"));
    QCOMPARE(shown->comparison().markOf(idOf(shown->model(), "Split")),
             std::optional(Mark::kChanged));
    // Its colours follow, and what is open stays as it is.
    window_->setTheme(darkTheme());
    QCOMPARE(shown->scene().style().theme, &darkTheme());
    window_->setTheme(lightTheme());
    QCOMPARE(window_->session().model().size(), before);
    shown->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(shown));
    QTest::keyClick(shown, Qt::Key_W, Qt::ControlModifier);
    QTRY_VERIFY(window_->findChild<CompareWindow*>() == nullptr);
  }

  void theDifferenceIsPaintedWithoutAWindow() {
    Session session(catalog_);
    QVERIFY(session.open(path_).ok());
    FlowScene scene(session.model(), catalog_, session.status(), lightTheme(), Purpose::kPicture);
    const QString plain = folder_->filePath("plain.svg");
    QVERIFY(renderPicture(scene, plain).ok());
    std::string older = smallFlow();
    older.insert(older.find("connections:"), "  - {name: Old one, type: UpdateAttribute}\n");
    older.insert(older.find("  Make: {at"), "  Old one: {at: [0, 240]}\n");
    scene.setComparison(FlowComparison(parsed(older), session.model()));
    const QString marked = folder_->filePath("marked.svg");
    QVERIFY(renderPicture(scene, marked).ok());
    QVERIFY(!read(plain).contains("removed"));
    QVERIFY(read(marked).contains("removed"));
    QVERIFY(read(marked).contains("Old one"));
  }

 private:
  flow::ElementId id(const std::string& path) { return idOf(window_->session().model(), path); }
  void clickOn(const std::string& path) {
    const QPointF middle = window_->scene().node(id(path))->box().center();
    QTest::mouseClick(window_->view().viewport(), Qt::LeftButton, {},
                      window_->view().mapFromScene(middle));
  }
  QString pixel(QPointF scene) {
    const QPoint at = window_->view().mapFromScene(scene);
    return window_->view().viewport()->grab().toImage().pixelColor(at).name();
  }
  /// A line's edge is blended with its ground.
  static bool isError(const QString& colour) {
    return QColor(colour).red() > QColor(colour).green() + 60;
  }
  static void write(const QString& path, const std::string& text) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray::fromStdString(text));
  }
  static QByteArray read(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }

  TypeCatalog catalog_ = types();
  std::unique_ptr<QTemporaryDir> folder_;
  QString path_;
  std::unique_ptr<MainWindow> window_;
};

MR_STUDIO_TEST_MAIN(ViewsTest)
#include "views_test.moc"
