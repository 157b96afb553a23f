// SPDX-License-Identifier: Apache-2.0
// The canvas by mouse and keys alone: events go to the viewport, the model is asserted.

#include "gui/canvas/minimap.h"
#include "gui/canvas/overlay_legend.h"
#include "gui/canvas/relationship_choice.h"
#include "tests/gui/canvas/canvas_bench.h"

#include <QCheckBox>
#include <QClipboard>
#include <QJsonArray>
#include <QJsonObject>
#include <QListWidget>
#include <QScreen>
#include <QScrollBar>
#include <QStandardPaths>
#include <QTest>
#include <memory>

using namespace studio;

namespace {

/// One wire from A to each of n others, in rows: the work of the measured canvas.
std::string largeFlow(int n) {
  std::string text = "millrace: 1\nname: large\nprocessors:\n";
  std::string layout = "layout:\n";
  std::string wires = "connections:\n";
  for (int i = 0; i < n; ++i) {
    const std::string name = "P" + std::to_string(i);
    text += "  - {name: " + name + ", type: UpdateAttribute}\n";
    layout += "  " + name + ": {at: [" + std::to_string(i % 40 * 352) + ", " +
              std::to_string(i / 40 * 160) + "]}\n";
    if (i > 0)
      wires +=
          "  - {from: P" + std::to_string(i - 1) + ", relationship: success, to: " + name + "}\n";
  }
  return text + wires + layout;
}

}  // namespace

class GesturesTest : public QObject {
  Q_OBJECT

 private slots:
  void init() { c_ = std::make_unique<Canvas>(); }
  void cleanup() { c_.reset(); }

  void theSceneHasOneItemForEachComponent() {
    QCOMPARE(c_->scene.nodes().size(), std::size_t(4));
    QCOMPARE(c_->scene.wires().size(), std::size_t(2));
    QCOMPARE(c_->scene.node(c_->id("Split"))->pos(), QPointF(400, 0));
  }

  void aDragMovesABoxOnTheGridAsOneStep() {
    c_->drag(c_->middle("Inner"), c_->middle("Inner") + QPoint(43, 61));
    QCOMPARE(c_->model.position(c_->id("Inner")), QPointF(440, 304));
    QCOMPARE(c_->undo.count(), 1);
    c_->undo.undo();
    QCOMPARE(c_->model.position(c_->id("Inner")), QPointF(400, 240));
    QCOMPARE(c_->scene.node(c_->id("Inner"))->pos(), QPointF(400, 240));
  }

  void severalBoxesMoveTogether() {
    c_->click(c_->middle("Make"));
    c_->click(c_->middle("Store"), Qt::ControlModifier);
    QCOMPARE(c_->scene.selectedNodes().size(), std::size_t(2));
    c_->drag(c_->middle("Make"), c_->middle("Make") + QPoint(0, 80));
    QCOMPARE(c_->model.position(c_->id("Make")), QPointF(0, 80));
    QCOMPARE(c_->model.position(c_->id("Store")), QPointF(800, 80));
    QCOMPARE(c_->model.position(c_->id("Split")), QPointF(400, 0));
    QCOMPARE(c_->undo.count(), 1);
  }

  void escTakesAMoveBack() {
    const QPoint from = c_->middle("Inner");
    QTest::mousePress(c_->view.viewport(), Qt::LeftButton, {}, from);
    QTest::mouseMove(c_->view.viewport(), from + QPoint(100, 100));
    QVERIFY(c_->scene.node(c_->id("Inner"))->pos() != QPointF(400, 240));
    c_->key(Qt::Key_Escape);
    QTest::mouseRelease(c_->view.viewport(), Qt::LeftButton, {}, from + QPoint(100, 100));
    QCOMPARE(c_->scene.node(c_->id("Inner"))->pos(), QPointF(400, 240));
    QCOMPARE(c_->undo.count(), 0);
  }

  void aRubberBandToTheRightTakesWhatIsInsideToTheLeftWhatIsTouched() {
    c_->drag(c_->at({380, -60}), c_->at({1100, 120}));
    QCOMPARE(c_->scene.selectedNodes().size(), std::size_t(2));
    c_->drag(c_->at({500, 120}), c_->at({220, 60}));
    QCOMPARE(c_->scene.selectedNodes().size(), std::size_t(2));  // Make and Split are touched
    c_->drag(c_->at({380, 120}), c_->at({390, 200}));
    QVERIFY(c_->scene.selection().empty());
  }

  void aDragFromTheHandleMakesAWireAndAsksWhatItCarries() {
    c_->editor.remove({c_->id("Split [splits] -> Store")});
    QCOMPARE(c_->wires(), std::size_t(1));
    c_->drag(c_->handle("Split"), c_->middle("Store"));
    QCOMPARE(c_->wires(), std::size_t(2));  // one open relationship: no question
    QVERIFY(c_->id("Split [splits] -> Store") != flow::ElementId{});
    c_->drag(c_->handle("Split"), c_->middle("Store"));
    auto* choice = c_->view.findChild<RelationshipChoice*>();
    QVERIFY(choice != nullptr && choice->isVisible());
    QCOMPARE(c_->wires(), std::size_t(2));
    const auto boxes = choice->findChildren<QCheckBox*>();
    QCOMPARE(boxes.size(), 3);
    QTest::keyClick(boxes[2], Qt::Key_Space);  // failure
    QTest::keyClick(boxes[2], Qt::Key_Return);
    QVERIFY(c_->id("Split [failure] -> Store") != flow::ElementId{});
  }

  void aWireIntoTheVoidOffersWhatTakesInputAndConnectsIt() {
    c_->editor.remove({c_->id("Make [success] -> Split")});
    c_->drag(c_->handle("Make"), c_->at({300, 260}));
    QVERIFY(c_->view.quickAdd().isVisible());
    QVERIFY(!c_->view.quickAdd().matches("").contains("GenerateFlowFile"));
    c_->typed("upd");
    QVERIFY(c_->id("Make [success] -> UpdateAttribute") != flow::ElementId{});
  }

  void aWireToASourceIsRefusedInWords() {
    c_->drag(c_->handle("Store"), c_->middle("Make"));
    QCOMPARE(c_->wires(), std::size_t(2));
    QVERIFY(c_->told.join(' ').contains("takes no input"));
  }

  void tabAndAFewLettersAddAComponent() {
    c_->key(Qt::Key_Tab);
    QVERIFY(c_->view.quickAdd().isVisible());
    c_->typed("split");
    QVERIFY(!c_->view.quickAdd().isVisible());
    const auto made = c_->id("SplitText");
    QVERIFY(made != flow::ElementId{});
    QCOMPARE(c_->scene.selection(), Ids{made});
    // By a tag, and by what it is for.
    QCOMPARE(c_->view.quickAdd().matches("branch").value(0), QString("RouteOnAttribute"));
    QCOMPARE(c_->view.quickAdd().matches("note").value(0), QString("Note"));
  }

  void aDoubleClickOnTheGroundAddsThere() {
    QTest::mouseDClick(c_->view.viewport(), Qt::LeftButton, {}, c_->at({40, 400}));
    c_->typed("funnel");
    QCOMPARE(c_->model.position(c_->id("funnel")), QPointF(40, 400));
  }

  void aDoubleClickEntersAGroupAndEscLeavesIt() {
    QTest::mouseDClick(c_->view.viewport(), Qt::LeftButton, {}, c_->middle("Inner"));
    QCOMPARE(c_->scene.group(), c_->id("Inner"));
    QCOMPARE(c_->scene.nodes().size(), std::size_t(2));
    c_->key(Qt::Key_Escape);
    QCOMPARE(c_->scene.group(), kRootGroup);
    QCOMPARE(c_->scene.selection(), Ids{c_->id("Inner")});
  }

  void aDoubleClickOnAWireBendsItADragMovesTheBendAnotherTakesItAway() {
    const auto wire = c_->id("Make [success] -> Split");
    const QPoint on = c_->at({264, 44});
    QTest::mouseDClick(c_->view.viewport(), Qt::LeftButton, {}, on);
    const auto& bends = c_->model.find(wire)->element().layout.bends;
    QCOMPARE(bends.size(), std::size_t(1));
    c_->drag(c_->at({bends[0].x, bends[0].y}), c_->at({304, 120}));
    QCOMPARE(c_->model.find(wire)->element().layout.bends[0], (flow::Point{304, 120}));
    QTest::mouseDClick(c_->view.viewport(), Qt::LeftButton, {}, c_->at({304, 120}));
    QVERIFY(c_->model.find(wire)->element().layout.bends.empty());
  }

  void theEndOfAChosenWireCanBeDraggedElsewhere() {
    const auto added = c_->editor.addProcessor(kRootGroup, "UpdateAttribute", {800, 240});
    const auto wire = c_->id("Split [splits] -> Store");
    c_->click(c_->at({720, 44}));
    QCOMPARE(c_->scene.selection(), Ids{wire});
    const QPointF end = c_->scene.wire(wire)->geometry().line.last();
    c_->drag(c_->at(end - QPointF(4, 0)), c_->middle("UpdateAttribute"));
    QCOMPARE(c_->model.find(wire)->connection()->to.id, added);
  }

  void aLooseBoxDroppedOnAWireIsInserted() {
    c_->editor.addProcessor(kRootGroup, "UpdateAttribute", {500, 400});
    c_->drag(c_->middle("UpdateAttribute"), c_->at({716, 44}));
    QVERIFY(c_->id("Split [splits] -> UpdateAttribute") != flow::ElementId{});
    QVERIFY(c_->id("UpdateAttribute [success] -> Store") != flow::ElementId{});
  }

  void arrowsWalkAndCtrlArrowsMoveAsOneStep() {
    c_->click(c_->middle("Make"));
    c_->key(Qt::Key_Right);
    QCOMPARE(c_->scene.selection(), Ids{c_->id("Split")});
    c_->key(Qt::Key_Down);
    QCOMPARE(c_->scene.selection(), Ids{c_->id("Inner")});
    for (int i = 0; i < 3; ++i) c_->key(Qt::Key_Right, Qt::ControlModifier);
    QCOMPARE(c_->model.position(c_->id("Inner")), QPointF(424, 240));
    QCOMPARE(c_->undo.count(), 1);
    c_->undo.undo();
    QCOMPARE(c_->model.position(c_->id("Inner")), QPointF(400, 240));
  }

  void theWheelZoomsAroundThePointer() {
    const QPoint pointer(300, 500);
    const QPointF before = c_->view.mapToScene(pointer);
    c_->wheel(pointer, 240, Qt::ControlModifier);
    QVERIFY(c_->view.zoom() > 1.2);
    QVERIFY((c_->view.mapToScene(pointer) - before).manhattanLength() < 3);
    for (int i = 0; i < 60; ++i) c_->wheel(pointer, -240, Qt::ControlModifier);
    QCOMPARE(c_->view.zoom(), FlowView::kLeastZoom);
  }

  void whileTheWheelZoomsAPictureIsScaledThenTheCanvasIsSharpAgain() {
    c_->view.grab();
    QVERIFY(!c_->view.showsSnapshot());
    c_->wheel({300, 500}, 60, Qt::ControlModifier);
    QVERIFY(c_->view.showsSnapshot());
    c_->wheel({300, 500}, 60, Qt::ControlModifier);
    const QImage scaled = c_->view.viewport()->grab().toImage();
    QVERIFY(c_->view.showsSnapshot());
    QTRY_VERIFY(!c_->view.showsSnapshot());
    const QImage sharp = c_->view.viewport()->grab().toImage();
    QVERIFY(scaled != sharp);
    // The same place and zoom without a gesture before it.
    Canvas other;
    other.view.setZoom(c_->view.zoom());
    other.view.horizontalScrollBar()->setValue(c_->view.horizontalScrollBar()->value());
    other.view.verticalScrollBar()->setValue(c_->view.verticalScrollBar()->value());
    other.scene.style().hovered = c_->scene.style().hovered;
    QCOMPARE(other.view.viewport()->grab().toImage(), sharp);
  }

  void aPannedCanvasLooksAsIfItHadBeenThereAllTheTime() {
    const Minimap minimap(c_->view);
    QVERIFY(QTest::qWaitForWindowExposed(&c_->view));
    QTest::mousePress(c_->view.viewport(), Qt::MiddleButton, {}, {100, 100});
    for (int i = 1; i <= 30; ++i) {
      QTest::mouseMove(c_->view.viewport(), {100 + 7 * i, 100 + 5 * i});
      QCoreApplication::processEvents();
    }
    QTest::mouseRelease(c_->view.viewport(), Qt::MiddleButton, {}, {310, 250});
    QCoreApplication::processEvents();
    // What is on the screen, not a picture painted for the question.
    const QImage screen = c_->view.screen()->grabWindow(c_->view.winId()).toImage();
    c_->view.viewport()->repaint();
    QCOMPARE(c_->view.screen()->grabWindow(c_->view.winId()).toImage(), screen);
  }

  void aBoxThatIsMovedComesIntoLineWithItsNeighbours() {
    // The group is 16 taller than Store: in line are their middles, and a line says so.
    const QPoint from = c_->middle("Inner");
    const QPoint to = from + QPoint(700, -247);
    QTest::mousePress(c_->view.viewport(), Qt::LeftButton, {}, from);
    QTest::mouseMove(c_->view.viewport(), from + QPoint(20, 0));
    QTest::mouseMove(c_->view.viewport(), to);
    QVERIFY(!c_->view.guides().lines.empty());
    const QPointF on = c_->view.guides().lines.front().pointAt(0.5);
    QCOMPARE(on.y(), c_->scene.node(c_->id("Store"))->box().center().y());
    QTest::mouseRelease(c_->view.viewport(), Qt::LeftButton, {}, to);
    QVERIFY(c_->view.guides().lines.empty());
    QCOMPARE(c_->scene.node(c_->id("Inner"))->box().center().y(), 44.0);
    QCOMPARE(c_->model.position(c_->id("Inner")).y(), -8.0);
    // With Shift it goes where the pointer says.
    c_->undo.undo();
    c_->scene.select({});  // with Shift a chosen one would be taken out of the selection
    QTest::mousePress(c_->view.viewport(), Qt::LeftButton, Qt::ShiftModifier, from);
    c_->moveWith(to, Qt::ShiftModifier);
    QTest::mouseRelease(c_->view.viewport(), Qt::LeftButton, Qt::ShiftModifier, to);
    QCOMPARE(c_->model.position(c_->id("Inner")), QPointF(1100, -7));
    // What is far away draws nothing.
    c_->undo.undo();
    QVERIFY(guidesFor({0, 0, 100, 50}, {{300, 300, 100, 50}}, 6).lines.empty());
    QCOMPARE(guidesFor({0, 0, 100, 50}, {{4, 300, 100, 50}}, 6).shift, QPointF(4, 0));
    QCOMPARE(guidesFor({0, 0, 100, 50}, {{0, 303, 90, 50}}, 6).lines.size(), std::size_t(1));
  }

  void anOverlayColoursTheCardsAndTheOverviewByTheGreatestValue() {
    const auto component = [&](const std::string& path, double nanos, int complaints) {
      return QJsonObject{{"id", idToJson(c_->id(path))},
                         {"state", "running"},
                         {"tasks", 10},
                         {"busyNanos", nanos},
                         {"bulletins", complaints}};
    };
    c_->status.take(
        {{"components", QJsonArray{component("Make", 1e6, 0), component("Split", 4e8, 0),
                                   component("Store", 2e8, 3)}}},
        1000);
    c_->scene.setOverlay(Overlay::kLatency);
    OverlayLegend legend(c_->view);
    legend.show();
    QCOMPARE(legend.words(), QString("Time for a task: up to 40 ms"));
    const Theme& theme = lightTheme();
    const auto band = [&](const std::string& path) {
      const QRectF box = c_->scene.node(c_->id(path))->box();
      return c_->view.viewport()->grab().toImage().pixelColor(
          c_->at({box.left() + 24, box.top() - 6}));
    };
    QCOMPARE(band("Split").name(), heatColour(theme, 1).name());
    QCOMPARE(band("Store").name(), heatColour(theme, 0.5).name());
    QVERIFY(band("Make") != band("Store"));
    c_->view.setZoom(0.1);
    c_->view.centerOn(520, 200);
    QCOMPARE(c_->view.viewport()->grab().toImage().pixelColor(c_->middle("Split")).name(),
             theme.error.name());
    c_->scene.setOverlay(Overlay::kErrors);
    QCOMPARE(legend.words(), QString("Complaints: up to 3"));
    QCOMPARE(c_->view.viewport()->grab().toImage().pixelColor(c_->middle("Store")).name(),
             theme.error.name());
    c_->scene.setOverlay(nextOverlay(Overlay::kErrors));
    QVERIFY(!legend.isVisible());
    QCOMPARE(c_->view.viewport()->grab().toImage().pixelColor(c_->middle("Store")).name(),
             theme.running.name());
  }

  void aNearlyFullQueueTurnsItsWireToWarningAndAFullOneToError() {
    c_->view.setZoom(0.1);
    c_->view.centerOn(520, 200);
    const auto colourAt = [&](double share) {
      c_->status.take({{"connections",
                        QJsonArray{QJsonObject{{"id", idToJson(c_->id("Make [success] -> Split"))},
                                               {"count", 9},
                                               {"share", share}}}}},
                      1000);
      return c_->view.viewport()->grab().toImage().pixelColor(c_->at({310, 44})).name();
    };
    QCOMPARE(colourAt(0.1), lightTheme().wire.name());
    QCOMPARE(colourAt(0.7), lightTheme().warning.name());
    QCOMPARE(colourAt(0.95), lightTheme().error.name());
  }

  void aClickIntoTheMinimapGoesThere() {
    Minimap minimap(c_->view);
    minimap.show();
    c_->view.centerOn(-3000, -3000);
    QTest::mouseClick(&minimap, Qt::LeftButton, {}, minimap.rect().center());
    const QPointF middle = c_->view.mapToScene(c_->view.viewport()->rect().center());
    QVERIFY(c_->scene.contentRect().contains(middle));
  }

  void aClickWhileAPictureIsShownMeetsTheCanvasItself() {
    c_->wheel(c_->middle("Split"), 120, Qt::ControlModifier);
    QVERIFY(c_->view.showsSnapshot());
    c_->click(c_->middle("Split"));
    QVERIFY(!c_->view.showsSnapshot());
    QCOMPARE(c_->scene.selection(), Ids{c_->id("Split")});
  }

  void theOverviewFollowsEditsSelectionAndTheServersReports() {
    c_->view.setZoom(0.1);
    c_->view.centerOn(520, 200);
    const auto colour = [&](const std::string& path) {
      const QImage now = c_->view.viewport()->grab().toImage();
      return now.pixelColor(c_->middle(path)).name();
    };
    const Theme& theme = lightTheme();
    QCOMPARE(colour("Make"), theme.stopped.name());
    c_->status.take({{"components", QJsonArray{QJsonObject{{"id", idToJson(c_->id("Make"))},
                                                           {"state", "running"}}}}},
                    1000);
    QCOMPARE(colour("Make"), theme.running.name());
    c_->scene.select({c_->id("Make")});
    QCOMPARE(colour("Make"), theme.accent.name());
    c_->scene.select({});
    const QPoint before = c_->middle("Split");
    c_->editor.moveTo({{c_->id("Split"), QPointF(400, 2000)}}, "away");
    QCOMPARE(c_->view.viewport()->grab().toImage().pixelColor(before).name(), theme.canvas.name());
    QCOMPARE(colour("Split"), theme.stopped.name());
  }

  void theMiddleButtonAndTheSpaceBarPan() {
    const QPointF before = c_->view.mapToScene(QPoint(0, 0));
    QTest::mousePress(c_->view.viewport(), Qt::MiddleButton, {}, {100, 100});
    QTest::mouseMove(c_->view.viewport(), {160, 130});
    QTest::mouseRelease(c_->view.viewport(), Qt::MiddleButton, {}, {160, 130});
    QCOMPARE(c_->view.mapToScene(QPoint(0, 0)), before - QPointF(60, 30));
    QTest::keyPress(&c_->view, Qt::Key_Space);
    c_->drag({100, 100}, {40, 100});
    QTest::keyRelease(&c_->view, Qt::Key_Space);
    QCOMPARE(c_->view.mapToScene(QPoint(0, 0)), before - QPointF(0, 30));
    QCOMPARE(c_->undo.count(), 0);
  }

  void whatIsCopiedIsAFlowFileAndIsPastedUnderThePointer() {
    c_->click(c_->middle("Split"));
    c_->view.copySelection();
    QVERIFY(QApplication::clipboard()->text().startsWith("millrace: 1"));
    c_->view.paste();
    QVERIFY(c_->id("SplitText (2)") == flow::ElementId{});
    QVERIFY(c_->id("Split (2)") != flow::ElementId{});
    c_->view.deleteSelection();
    QVERIFY(c_->id("Split (2)") == flow::ElementId{});
    QVERIFY(c_->id("Split") != flow::ElementId{});
  }

  void tenThousandProcessorsAreAFewRectanglesFromFarAndAFewItemsFromNear() {
    c_ = std::make_unique<Canvas>(largeFlow(10000));
    QCOMPARE(c_->scene.nodes().size(), std::size_t(10000));
    c_->view.fitAll();
    QVERIFY(c_->view.zoom() < kOverview);
    c_->view.grab();
    QCOMPARE(c_->view.overviewCount().boxes, 10000);
    c_->view.setZoom(1);
    c_->view.centerOn(c_->scene.node(c_->id("P5000"))->box().center());
    c_->view.grab();
    QCOMPARE(c_->view.overviewCount().boxes, 0);
    const QRectF shown = c_->view.mapToScene(c_->view.viewport()->rect()).boundingRect();
    QVERIFY(c_->scene.items(shown).size() < 120);
  }

 private:
  std::unique_ptr<Canvas> c_;
};

MR_STUDIO_TEST_MAIN(GesturesTest)
#include "gestures_test.moc"
