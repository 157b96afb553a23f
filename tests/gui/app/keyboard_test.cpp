// SPDX-License-Identifier: Apache-2.0
// What is done by keys in the window: every command by its name, the sheet of keys, the outline,
// whole selections, and expressions while they are typed.

#include "gui/app/command_palette.h"
#include "gui/app/main_window.h"
#include "gui/inspector/expression_words.h"
#include "tests/gui/studio_bench.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QDockWidget>
#include <QFile>
#include <QImage>
#include <QLineEdit>
#include <QListWidget>
#include <QStandardPaths>
#include <QStatusBar>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>
#include <memory>

using namespace studio;

class KeyboardTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    const QString path = folder_->filePath("small.yaml");
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray::fromStdString(smallFlow()));
    file.close();
    window_ = std::make_unique<MainWindow>(catalog_, folder_->path());
    window_->setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    window_->resize(1440, 900);
    window_->show();
    QVERIFY(window_->openFile(path));
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    window_->view().setFocus();
  }
  void cleanup() { window_.reset(); }

  void oneKeyGoesThroughTheOverlaysAndTheLegendSaysWhichItIs() {
    auto* legend = window_->findChild<QWidget*>("overlayLegend");
    QVERIFY(!legend->isVisible());
    for (const char* name : {"Throughput", "Time for a task", "CPU share", "Complaints"}) {
      QTest::keyClick(&window_->view(), Qt::Key_O);
      QVERIFY(legend->isVisible());
      QCOMPARE(legend->accessibleName(), QString(name) + ": nothing yet");
    }
    QTest::keyClick(&window_->view(), Qt::Key_O);
    QVERIFY(!legend->isVisible());
  }

  void everyCommandIsFoundByAFewLettersAndRuns() {
    QTest::keyClick(window_.get(), Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
    auto* field = window_->findChild<QLineEdit*>("commandField");
    auto* list = window_->findChild<QListWidget*>("commandList");
    QVERIFY(field->isVisible());
    QTest::keyClicks(field, "selall");
    QVERIFY(list->count() > 0);
    QVERIFY(list->item(0)->text().startsWith("Select all"));
    QTest::keyClick(field, Qt::Key_Return);
    QVERIFY(!field->isVisible());
    QCOMPARE(window_->scene().nodes().size(), window_->scene().selectedNodes().size());
    // Esc leaves it, and what is not possible now is not offered.
    QTest::keyClick(window_.get(), Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
    QTest::keyClicks(field, "terminate");
    QCOMPARE(list->count(), 0);  // there is no server
    QTest::keyClick(field, Qt::Key_Escape);
    QVERIFY(!field->isVisible());
  }

  void theSheetOfKeysHasEveryActionThatHasOne() {
    QTest::keyClick(&window_->view(), '?');
    auto* table = window_->findChild<QTableWidget*>("keySheet");
    QVERIFY(table->isVisible());
    QStringList keys;
    for (int row = 0; row < table->rowCount(); ++row) keys << table->item(row, 0)->text();
    for (const char* name : {"save", "undo", "group", "deleteHeal", "run", "provenance", "theme"}) {
      const QString key = window_->action(name)->shortcut().toString(QKeySequence::NativeText);
      QVERIFY2(!keys.filter(key).isEmpty(), name);
    }
    QVERIFY(keys.contains("Ctrl+Wheel"));
    auto* filter = window_->findChild<QLineEdit*>("keyFilter");
    QTest::keyClicks(filter, "heal");
    int shown = 0;
    for (int row = 0; row < table->rowCount(); ++row) shown += !table->isRowHidden(row);
    QCOMPARE(shown, 1);
    QTest::keyClick(filter, Qt::Key_Escape);
    QVERIFY(!table->isVisible());
  }

  void theOutlineAndTheCanvasHaveOneSelection() {
    window_->findChild<QDockWidget*>("outlineDock")->raise();
    auto* tree = window_->findChild<QTreeWidget*>("outline");
    const auto item = [&](const QString& name) {
      const auto found = tree->findItems(name, Qt::MatchExactly | Qt::MatchRecursive);
      return found.size() == 1 ? found.front() : nullptr;
    };
    QTRY_VERIFY(item("Split") != nullptr);
    window_->scene().select({id("Split")});
    QVERIFY(item("Split")->isSelected());
    const QString spoken = item("Make")->data(0, Qt::AccessibleTextRole).toString();
    QCOMPARE(spoken, QString("Make, GenerateFlowFile, Stopped"));
    QTest::mouseClick(tree->viewport(), Qt::LeftButton, {},
                      tree->visualItemRect(item("Store")).center());
    QCOMPARE(window_->scene().selection(), Ids{id("Store")});
    // Down the tree by keys, into the group: the canvas follows.
    tree->setFocus();
    while (tree->currentItem() != item("in")) {
      QTest::keyClick(tree, Qt::Key_Down);
      QVERIFY(tree->currentItem() != tree->topLevelItem(tree->topLevelItemCount() - 1) ||
              item("in") != nullptr);
      if (tree->currentItem() == nullptr) break;
    }
    QCOMPARE(window_->scene().group(), id("Inner"));
    QCOMPARE(window_->scene().selection(), Ids{id("Inner/in")});
  }

  void aSelectionBecomesAGroupThatDoesTheSameAndUndoTakesItBack() {
    const QByteArray before = *window_->session().text();
    window_->scene().select({id("Split")});
    QTest::keyClick(&window_->view(), Qt::Key_G, Qt::ControlModifier);
    QVERIFY(id("Group") != flow::ElementId{});
    QVERIFY(id("Group/Split") != flow::ElementId{});
    QVERIFY(id("Make [success] -> Group/in") != flow::ElementId{});
    QVERIFY(isWire("Group/in", "Group/Split"));
    QVERIFY(isWire("Group/Split", "Group/out"));
    QVERIFY(id("Group/out -> Store") != flow::ElementId{});
    QCOMPARE(window_->scene().selection(), Ids{id("Group")});
    // What is written can be read, and reads as the same flow.
    const auto text = window_->session().text();
    QVERIFY(text.ok());
    QVERIFY(flow::parseFlow(text->toStdString(), "grouped").ok());
    window_->action("undo")->trigger();
    QCOMPARE(*window_->session().text(), before);
    window_->action("redo")->trigger();
    QCOMPARE(*window_->session().text(), *text);
  }

  void aDoorOfAGroupIsNotGrouped() {
    window_->view().enterGroup(id("Inner"));
    window_->view().setFocus();
    window_->scene().select({id("Inner/in")});
    QTest::keyClick(&window_->view(), Qt::Key_G, Qt::ControlModifier);
    QVERIFY(window_->statusBar()->currentMessage().contains("door of this group"));
    QCOMPARE(window_->session().undo().count(), 0);
  }

  void aDuplicateStandsBesideItsOriginalAndIsChosen() {
    window_->scene().select({id("Split")});
    QTest::keyClick(&window_->view(), Qt::Key_D, Qt::ControlModifier);
    const auto made = id("Split (2)");
    QVERIFY(made != flow::ElementId{});
    QCOMPARE(window_->scene().selection(), Ids{made});
    QCOMPARE(window_->session().model().position(made),
             window_->session().model().position(id("Split")) + QPointF(32, 32));
  }

  void whatIsDeletedWithHealingLeavesTheWayWhole() {
    window_->scene().select({id("Split")});
    QTest::keyClick(&window_->view(), Qt::Key_Delete, Qt::ControlModifier);
    QVERIFY(id("Split") == flow::ElementId{});
    QVERIFY(id("Make [success] -> Store") != flow::ElementId{});
    QCOMPARE(window_->session().undo().count(), 1);
    window_->action("undo")->trigger();
    QVERIFY(id("Make [success] -> Split") != flow::ElementId{});
    QVERIFY(id("Split [splits] -> Store") != flow::ElementId{});
  }

  void aWayIsSelectedUpAndDown() {
    window_->scene().select({id("Split")});
    QTest::keyClick(&window_->view(), Qt::Key_Right, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(window_->scene().selectedNodes().size(), std::size_t(2));
    QVERIFY(window_->scene().node(id("Store"))->isSelected());
    QVERIFY(window_->scene().wire(id("Split [splits] -> Store"))->isSelected());
    window_->scene().select({id("Store")});
    QTest::keyClick(&window_->view(), Qt::Key_Left, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(window_->scene().selectedNodes().size(), std::size_t(3));
    QVERIFY(!window_->scene().node(id("Inner"))->isSelected());
  }

  void anExpressionIsCompletedWhileItIsTyped() {
    window_->session().editor().setProperty({id("Store")}, "Directory", std::nullopt);
    window_->scene().select({id("Store")});
    auto* line = window_->inspector().findChild<QLineEdit*>("field:Directory");
    line->setFocus();
    QTest::keyClicks(line, "${filen");
    auto* list = window_->findChild<QAbstractItemView*>("expressionList");
    if (list == nullptr) list = popup();
    QVERIFY(list != nullptr && list->isVisible());
    QCOMPARE(list->model()->index(0, 0).data().toString(), QString("filename"));
    QTest::keyClick(list, Qt::Key_Return);
    QCOMPARE(line->text(), QString("${filename"));
    QTest::keyClicks(line, ":substringBef");
    QTest::keyClick(popup(), Qt::Key_Return);
    QCOMPARE(line->text(), QString("${filename:substringBefore()"));
    QTest::keyClicks(line, "'.'");
    QTest::keyClick(line, Qt::Key_End);
    QTest::keyClicks(line, "}");
    QTest::keyClick(line, Qt::Key_Return);
    QCOMPARE(window_->session().model().find(id("Store"))->processor()->properties[0].value,
             std::string("${filename:substringBefore('.')}"));
  }

  void anExpressionIsColouredAndWhatDoesNotExistIsMarked() {
    window_->scene().select({id("Store")});
    auto* line = window_->inspector().findChild<QLineEdit*>("field:Directory");
    line->setFocus();
    const auto has = [&](const QColor& colour) {
      const QImage image = line->grab().toImage();
      for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
          if (image.pixelColor(x, y).rgb() == colour.rgb()) return true;
        }
      }
      return false;
    };
    line->selectAll();
    QTest::keyClicks(line, "aa${a:nosuchthing()}mm");
    QVERIFY(has(lightTheme().error));
    line->selectAll();
    QTest::keyClicks(line, "aa${a:toUpper():equals('mmm')}mm");
    QVERIFY(!has(lightTheme().error));
    QVERIFY(has(lightTheme().running));
  }

  void theWordsOfAnExpressionAreToldApart() {
    const auto kinds = [](const QString& text) {
      QString list;
      for (const Word& word : expressionWords(text)) {
        list += QString("BSFTNPW")[static_cast<int>(word.kind)];
        list += text.mid(word.begin, word.length) + ' ';
      }
      return list.trimmed();
    };
    QCOMPARE(kinds("plain $ text {}"), QString(""));
    QCOMPARE(kinds("${a:gt(15)}"), QString("B${ Sa Fgt N15 B}"));
    QCOMPARE(kinds("$${a} #{p q} ##{x}"), QString("P#{p q}"));
    QCOMPARE(kinds("${a:or(${b})}"), QString("B${ Sa For B${ Sb B} B}"));
    QCOMPARE(kinds("${a"), QString("W${ Sa"));
    QCOMPARE(kinds("#{a"), QString("W#{a"));
    QCOMPARE(kinds("${a:nosuch()}"), QString("B${ Sa Wnosuch B}"));
    QCOMPARE(kinds("${a:replace('\\'}', \"x\")}"), QString("B${ Sa Freplace T'\\'}' T\"x\" B}"));
    QVERIFY(completionAt("12:30", 5, {}, {}).candidates.isEmpty());
    QVERIFY(completionAt("${a} at 12:to", 13, {}, {}).candidates.isEmpty());
    QCOMPARE(completionAt("#{ta", 4, {}, {"target", "other"}).candidates, QStringList{"target"});
    QVERIFY(completionAt("${a:toN", 7, {}, {}).candidates.contains("toNumber"));
    QVERIFY(!functionSummary("toNumber").isEmpty());
  }

 private:
  static QAbstractItemView* popup() {
    return qobject_cast<QAbstractItemView*>(QApplication::activePopupWidget());
  }
  bool isWire(const std::string& from, const std::string& to) {
    for (const flow::ElementId wire : window_->session().model().connectionsAt(id(from))) {
      const flow::Connection* one = window_->session().model().find(wire)->connection();
      if (one->from.id == id(from) && one->to.id == id(to)) return true;
    }
    return false;
  }
  flow::ElementId id(const std::string& path) { return idOf(window_->session().model(), path); }

  TypeCatalog catalog_ = types();
  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<MainWindow> window_;
};

MR_STUDIO_TEST_MAIN(KeyboardTest)
#include "keyboard_test.moc"
