// SPDX-License-Identifier: Apache-2.0
// The whole window: files, the inspector's forms, search, breadcrumbs, pictures.

#include "gui/app/main_window.h"

#include "gui/app/headless_render.h"
#include "gui/app/start_page.h"
#include "tests/gui/studio_bench.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QImage>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStandardPaths>
#include <QStatusBar>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <memory>

using namespace studio;

class MainWindowTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    path_ = folder_->filePath("small.yaml");
    write(path_, QByteArray::fromStdString(smallFlow()));
    window_ = std::make_unique<MainWindow>(catalog_, folder_->path());
    asked_.clear();
    answer_ = MainWindow::Answer::kCancel;
    window_->setAsk([this](const QString& question) {
      asked_ << question;
      return answer_;
    });
    window_->show();
    QVERIFY(window_->openFile(path_));
  }
  void cleanup() { window_.reset(); }

  void anUneditedFileIsSavedToTheByte() {
    window_->action("save")->trigger();
    QCOMPARE(read(path_), QByteArray::fromStdString(smallFlow()));
  }

  void typingInAPropertyChangesTheFlowAndItsFileOnly() {
    select("Split");
    type("field:Line Split Count", "25");
    QCOMPARE(processor("Split").properties[0].value, std::string("25"));
    QVERIFY(window_->isWindowModified());
    window_->action("save")->trigger();
    QVERIFY(!window_->isWindowModified());
    std::string expected = smallFlow();
    expected.replace(expected.find("Count: 1"), 8, "Count: 25");
    QCOMPARE(read(path_), QByteArray::fromStdString(expected));
  }

  void aChoiceThatIsTheDefaultIsNotWritten() {
    select("Split");
    auto* box = window_->inspector().findChild<QComboBox*>("field:Remove Trailing Newlines");
    QVERIFY(box != nullptr);
    QTest::keyClick(box, Qt::Key_Down);
    QCOMPARE(processor("Split").properties.size(), std::size_t(2));
    QCOMPARE(processor("Split").properties[1].value, std::string("false"));
    QTest::keyClick(box, Qt::Key_Up);
    QCOMPARE(processor("Split").properties.size(), std::size_t(1));
  }

  void severalOfOneTypeAreEditedTogether() {
    auto& editor = window_->session().editor();
    const auto other = editor.addProcessor(kRootGroup, "SplitText", {0, 400});
    window_->scene().select({id("Split"), other});
    type("field:Line Split Count", "7");
    QCOMPARE(processor("Split").properties[0].value, std::string("7"));
    QCOMPARE(processor("SplitText").properties[0].value, std::string("7"));
    window_->action("undo")->trigger();
    QCOMPARE(processor("Split").properties[0].value, std::string("1"));
    QVERIFY(processor("SplitText").properties.empty());
  }

  void whereSeveralDifferItIsSaidAndOneValueIsWrittenToAll() {
    auto& editor = window_->session().editor();
    const auto other = editor.addProcessor(kRootGroup, "SplitText", {0, 400});
    editor.update({other}, "Other",
                  [](Component& component) { component.processor()->concurrency = 4; });
    window_->scene().select({id("Split"), other});
    auto* count = window_->inspector().findChild<QLineEdit*>("field:Line Split Count");
    QCOMPARE(count->text(), QString());
    QCOMPARE(count->placeholderText(), QString("several values"));
    tab("Schedule");
    auto* tasks = window_->inspector().findChild<QLineEdit*>("field:Concurrent tasks");
    QCOMPARE(tasks->text(), QString());
    QCOMPARE(tasks->placeholderText(), QString("several values"));
    QCOMPARE(window_->inspector().findChild<QLineEdit*>("field:Penalty")->text(),
             QString("30 sec"));
    type("field:Concurrent tasks", "3");
    QCOMPARE(processor("Split").concurrency, 3U);
    QCOMPARE(processor("SplitText").concurrency, 3U);
    window_->action("undo")->trigger();
    QCOMPARE(processor("Split").concurrency, 1U);
    QCOMPARE(processor("SplitText").concurrency, 4U);
  }

  void anAddressThatIsNoneIsRefusedInWords() {
    window_->showStartPage();
    auto* field = window_->findChild<QLineEdit*>("startServer");
    field->selectAll();
    QTest::keyClicks(field, "ftp://nowhere");
    QTest::keyClick(field, Qt::Key_Return);
    QVERIFY(window_->statusBar()->currentMessage().contains("no address of a server"));
    QCOMPARE(window_->session().path(), path_);
  }

  void aRouteIsAddedByNameAndBecomesARelationship() {
    auto& editor = window_->session().editor();
    const auto route = editor.addProcessor(kRootGroup, "RouteOnAttribute", {0, 400});
    window_->scene().select({route});
    auto* field = window_->inspector().findChild<QLineEdit*>("newProperty");
    QTest::keyClicks(field, "late");
    QTest::keyClick(field, Qt::Key_Return);
    type("field:late", "${delay:gt(15)}");
    QCOMPARE(processor("RouteOnAttribute").properties[0].value, std::string("${delay:gt(15)}"));
    QCOMPARE(editor.openRelationships(route), (std::vector<std::string>{"unmatched", "late"}));
  }

  void autoTerminateIsATick() {
    select("Split");
    tab("Relationships");
    auto* tick = window_->inspector().findChild<QCheckBox*>("field:original ends here");
    QVERIFY(tick != nullptr && tick->isChecked());
    QTest::keyClick(tick, Qt::Key_Space);
    QCOMPARE(processor("Split").autoTerminate.size(), std::size_t(1));
  }

  void aScheduleThatIsNoneIsRefusedInWords() {
    select("Make");
    tab("Schedule");
    type("field:Every", "soon");
    QCOMPARE(processor("Make").schedule.every, Nanos(kSecond));
    type("field:Every", "5 sec");
    QCOMPARE(processor("Make").schedule.every, 5 * kSecond);
  }

  void aConnectionThatMayDropIsToldWhatItDrops() {
    const std::string path = "Make [success] -> Split";
    select(path);
    tab("Queue");
    auto* rule = window_->inspector().findChild<QComboBox*>("field:When full");
    QVERIFY(rule != nullptr);
    QCOMPARE(rule->currentText(), QString("wait"));
    QTest::keyClick(rule, Qt::Key_Down);
    const auto& model = window_->session().model();
    QVERIFY(model.find(id(path))->connection()->backPressure.whenFull ==
            flow::WhenFull::kDropOldest);
    QVERIFY(window_->session().text()->contains("when-full: drop oldest"));
    window_->session().undo().undo();
    QVERIFY(!window_->session().text()->contains("when-full"));
  }

  void aConnectionHasAKey() {
    const std::string path = "Make [success] -> Split";
    select(path);
    tab("Queue");
    type("field:Keyed by", "${customer}");
    QCOMPARE(window_->session().model().find(id(path))->connection()->keyedBy,
             std::string("${customer}"));
    QVERIFY(window_->session().text()->contains("keyed-by: '${customer}'"));
  }

  void aRenameInTheInspectorFollowsEverywhere() {
    select("Split");
    auto* name = window_->inspector().findChild<QLineEdit*>("inspectorName");
    name->setFocus();
    name->selectAll();
    QTest::keyClicks(name, "Cut up");
    QTest::keyClick(name, Qt::Key_Return);
    QVERIFY(id("Make [success] -> Cut up") != flow::ElementId{});
  }

  void whatIsMissingIsSaidWhereItIs() {
    auto& editor = window_->session().editor();
    const auto made = editor.addProcessor(kRootGroup, "PutFile", {0, 400});
    window_->session().validate();
    const auto& problems = window_->session().problems();
    QVERIFY(problems.contains(made));
    QVERIFY(!problems.contains(id("Store")));
    QVERIFY(std::any_of(problems.at(made).begin(), problems.at(made).end(),
                        [](const Problem& p) { return p.property == "Directory"; }));
  }

  void unsavedWorkIsNotLeftUnasked() {
    select("Split");
    type("field:Line Split Count", "3");
    QVERIFY(!window_->close());
    QCOMPARE(asked_.size(), 1);
    answer_ = MainWindow::Answer::kSave;
    QVERIFY(window_->close());
    QVERIFY(read(path_).contains("Count: 3"));
  }

  void aFileThatAnotherProgramChangedIsNotOverwrittenUnasked() {
    select("Split");
    type("field:Line Split Count", "3");
    write(path_, "millrace: 1\nname: other\n");
    window_->action("save")->trigger();
    QCOMPARE(asked_.size(), 1);
    QCOMPARE(read(path_), QByteArray("millrace: 1\nname: other\n"));
  }

  void theStartPageIsReadyForKeys() {
    window_->action("start")->trigger();
    QCOMPARE(window_->focusWidget()->objectName(), QString("startNew"));
  }

  void aFileThatCannotBeWrittenLosesNothing() {
    select("Split");
    type("field:Line Split Count", "3");
    QVERIFY(QDir(folder_->path()).removeRecursively());
    window_->action("save")->trigger();
    const QString said = window_->statusBar()->currentMessage();
    QVERIFY2(said.contains("cannot write " + path_) && said.contains("save it elsewhere"),
             qPrintable(said));
    QVERIFY(window_->isWindowModified());
    QVERIFY(asked_.isEmpty());
    const QTemporaryDir elsewhere;
    QVERIFY(window_->session().save(elsewhere.filePath("kept.yaml")).ok());
    QVERIFY(read(elsewhere.filePath("kept.yaml")).contains("Line Split Count: 3"));
  }

  void aFileWithErrorsIsRefusedAndTheOpenFlowStays() {
    const QString bad = folder_->filePath("bad.yaml");
    write(bad, "millrace: 1\nname: x\nprocesors: []\n");
    QVERIFY(!window_->openFile(bad));
    QCOMPARE(window_->session().path(), path_);
    QVERIFY(id("Split") != flow::ElementId{});
  }

  void breadcrumbsLeadBack() {
    window_->view().enterGroup(id("Inner"));
    auto crumbs = window_->findChildren<QToolButton*>("crumb");
    QCOMPARE(crumbs.size(), 2);
    QTest::mouseClick(crumbs[0], Qt::LeftButton);
    QTRY_COMPARE(window_->scene().group(), kRootGroup);
  }

  void findGoesThroughWhatMatches() {
    window_->action("find")->trigger();
    auto* field = window_->findChild<QLineEdit*>("findField");
    QVERIFY(field->isVisible());
    QTest::keyClicks(field, "type:split");
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(window_->scene().selection(), Ids{id("Split")});
    QTest::keyClick(field, Qt::Key_Escape);
    QVERIFY(!field->isVisible());
    QVERIFY(window_->scene().style().hits.empty());
  }

  void darkAndLightReallyPaintDifferently() {
    const QColor light = window_->view().grab().toImage().pixelColor(2, 2);
    window_->action("theme")->trigger();
    const QColor dark = window_->view().grab().toImage().pixelColor(2, 2);
    QCOMPARE(light.name(), lightTheme().canvas.name());
    QCOMPARE(dark.name(), darkTheme().canvas.name());
    window_->action("theme")->trigger();
  }

  void picturesArePaintedWithoutAWindow() {
    FlowScene scene(window_->session().model(), catalog_, window_->session().status(), lightTheme(),
                    Purpose::kPicture);
    const QString svg = folder_->filePath("flow.svg");
    const QString png = folder_->filePath("flow.png");
    QVERIFY(renderPicture(scene, svg).ok());
    QVERIFY(renderPicture(scene, png).ok());
    QVERIFY(read(svg).contains(">Split</text>"));
    QVERIFY(QImage(png).width() > 2000);
    QVERIFY(!renderPicture(scene, folder_->filePath("flow.txt")).ok());
    QVERIFY(!renderPicture(scene, "/nowhere/at/all.png").ok());
  }

  void theStartPageOpensAnExample() {
    window_->showStartPage();
    auto* button = window_->findChild<QPushButton*>("start:small.yaml");
    QVERIFY(button != nullptr && button->isVisible());
    QTest::mouseClick(button, Qt::LeftButton);
    QVERIFY(window_->view().isVisible());
    QCOMPARE(firstComment(path_), QString("What it is for."));
  }

  void aLongStartPageScrollsInALowWindow() {
    QStringList recent;
    for (int i = 0; i < 5; ++i) {
      recent << folder_->filePath(QString("recent-%1.yaml").arg(i));
      QVERIFY(QFile::copy(path_, recent.back()));
    }
    auto* start = window_->findChild<StartPage*>();
    start->fill(lightTheme(), recent);
    window_->showStartPage();
    QApplication::processEvents();
    QVERIFY2(window_->minimumSizeHint().height() < 600,
             qPrintable(QString::number(window_->minimumSizeHint().height())));
    // By keys one comes to the last one, which is then in sight.
    window_->resize(1440, 600);
    auto* last = window_->findChild<QPushButton*>("start:small.yaml");
    QVERIFY(last != nullptr);
    const auto seen = [&] {
      return last->visibleRegion().boundingRect().height() == last->height();
    };
    for (int i = 0; i < 40 && !(last->hasFocus() && seen()); ++i)
      QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    QVERIFY(last->hasFocus() && seen());
    window_->showCanvas();
    window_->resize(1440, 900);
  }

 private:
  flow::ElementId id(const std::string& path) { return idOf(window_->session().model(), path); }
  const flow::Processor& processor(const std::string& path) {
    return *window_->session().model().find(id(path))->processor();
  }
  void select(const std::string& path) { window_->scene().select({id(path)}); }
  void tab(const QString& title) {
    auto* tabs = window_->inspector().findChild<QTabWidget*>("inspectorTabs");
    for (int i = 0; i < tabs->count(); ++i) {
      if (tabs->tabText(i) == title) tabs->setCurrentIndex(i);
    }
    QCOMPARE(tabs->tabText(tabs->currentIndex()), title);
  }
  void type(const QString& field, const QString& text) {
    auto* line = window_->inspector().findChild<QLineEdit*>(field);
    QVERIFY2(line != nullptr, qPrintable(field));
    line->setFocus();
    line->selectAll();
    QTest::keyClicks(line, text);
    QTest::keyClick(line, Qt::Key_Return);
  }
  static void write(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
  }
  static QByteArray read(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return "unreadable";
    return file.readAll();
  }

  TypeCatalog catalog_ = types();
  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<MainWindow> window_;
  QString path_;
  QStringList asked_;
  MainWindow::Answer answer_ = MainWindow::Answer::kCancel;
};

MR_STUDIO_TEST_MAIN(MainWindowTest)
#include "main_window_test.moc"
