// SPDX-License-Identifier: Apache-2.0
// More of the canvas by mouse and keys: what is pointed at, scrolled, dropped, named, left.

#include "gui/canvas/minimap.h"
#include "gui/canvas/node_geometry.h"
#include "tests/gui/canvas/canvas_bench.h"

#include <QContextMenuEvent>
#include <QDropEvent>
#include <QMimeData>
#include <QSignalSpy>
#include <QStandardPaths>
#include <memory>

using namespace studio;

class PointerTest : public QObject {
  Q_OBJECT

 private slots:
  void init() { c_ = std::make_unique<Canvas>(); }
  void cleanup() { c_.reset(); }

  void theWheelScrollsAndWithShiftSideways() {
    const QPointF before = c_->view.mapToScene(QPoint(0, 0));
    c_->wheel({300, 300}, -120, {});
    QCOMPARE(c_->view.mapToScene(QPoint(0, 0)), before + QPointF(0, 60));
    c_->wheel({300, 300}, -120, Qt::ShiftModifier);
    QCOMPARE(c_->view.mapToScene(QPoint(0, 0)), before + QPointF(60, 60));
    QCOMPARE(c_->view.zoom(), 1.0);
  }

  void theRightButtonChoosesWhatItIsOnAndAsksForItsMenu() {
    QSignalSpy asked(&c_->view, &FlowView::contextMenuAsked);
    QTest::mouseClick(c_->view.viewport(), Qt::RightButton, {}, c_->middle("Split"));
    QCOMPARE(c_->scene.selection(), Ids{c_->id("Split")});
    const QPoint on = c_->middle("Split");
    QContextMenuEvent event(QContextMenuEvent::Mouse, on, c_->view.viewport()->mapToGlobal(on));
    QApplication::sendEvent(c_->view.viewport(), &event);
    QCOMPARE(asked.count(), 1);
    QCOMPARE(asked[0][1].value<flow::ElementId>(), c_->id("Split"));
    QTest::mouseClick(c_->view.viewport(), Qt::RightButton, {}, c_->at({100, 400}));
    QVERIFY(c_->scene.selection().empty());
  }

  void aDoubleClickOnABoxAndEnterAskForItsName() {
    QSignalSpy asked(&c_->view, &FlowView::renameAsked);
    QTest::mouseDClick(c_->view.viewport(), Qt::LeftButton, {}, c_->middle("Store"));
    QCOMPARE(asked.count(), 1);
    c_->scene.select({c_->id("Make")});
    c_->key(Qt::Key_Return);
    QCOMPARE(asked.count(), 2);
    QCOMPARE(asked[1][0].value<flow::ElementId>(), c_->id("Make"));
    c_->scene.select({c_->id("Inner")});
    c_->key(Qt::Key_Return);
    QCOMPARE(c_->scene.group(), c_->id("Inner"));
    QCOMPARE(asked.count(), 2);
  }

  void aTypeThatIsDroppedStandsThereAndOnAWireBetweenItsEnds() {
    drop("PutFile", {196, 396});
    QCOMPARE(c_->model.position(c_->id("PutFile")), QPointF(80, 352));  // its middle is there
    drop("UpdateAttribute", {716, 44});
    QVERIFY(c_->id("Split [splits] -> UpdateAttribute") != flow::ElementId{});
    QVERIFY(c_->id("UpdateAttribute [success] -> Store") != flow::ElementId{});
    QCOMPARE(c_->undo.count(), 2);
  }

  void whatThePointerIsOnIsFramedAndItsHandleIsLarge() {
    const QRectF box = c_->scene.node(c_->id("Split"))->box();
    const auto edge = [&] {
      return c_->view.viewport()->grab().toImage().pixelColor(
          c_->at({box.center().x(), box.top()}));
    };
    QTest::mouseMove(c_->view.viewport(), c_->at({100, 400}));
    QCOMPARE(edge().name(), lightTheme().cardLine.name());
    c_->moveFree(c_->middle("Split"));
    QCOMPARE(c_->scene.style().hovered, c_->id("Split"));
    QCOMPARE(edge().name(), lightTheme().control.name());
    QCOMPARE(c_->view.viewport()->cursor().shape(), Qt::SizeAllCursor);
    c_->moveFree(c_->handle("Split"));
    QCOMPARE(c_->view.viewport()->cursor().shape(), Qt::CrossCursor);
  }

  void twoChosenBoxesAreConnectedByOneKey() {
    const auto added = c_->editor.addProcessor(kRootGroup, "UpdateAttribute", {800, 240});
    const auto other = c_->editor.addProcessor(kRootGroup, "UpdateAttribute", {1200, 240});
    const std::size_t before = c_->wires();
    c_->scene.select({added, other});
    c_->key(Qt::Key_C);
    QCOMPARE(c_->wires(), before + 1);
  }

  void escLeavesTheSelectionFirst() {
    c_->view.enterGroup(c_->id("Inner"));
    c_->scene.select({c_->id("Inner/in")});
    c_->key(Qt::Key_Escape);
    QVERIFY(c_->scene.selection().empty());
    QCOMPARE(c_->scene.group(), c_->id("Inner"));
    c_->key(Qt::Key_Escape);
    QCOMPARE(c_->scene.group(), kRootGroup);
  }

  void aDragInTheMinimapTakesTheCanvasAlong() {
    Minimap minimap(c_->view);
    minimap.show();
    const QPoint middle = minimap.rect().center();
    QTest::mousePress(&minimap, Qt::LeftButton, {}, middle);
    const QPointF before = c_->view.mapToScene(c_->view.viewport()->rect().center());
    const QPoint to = middle + QPoint(30, 0);
    QMouseEvent move(QEvent::MouseMove, to, minimap.mapToGlobal(to), Qt::NoButton, Qt::LeftButton,
                     {});
    QApplication::sendEvent(&minimap, &move);
    const QPointF after = c_->view.mapToScene(c_->view.viewport()->rect().center());
    QVERIFY(after.x() > before.x() + 10);
  }

  void theMinimapGoesWhereItWouldLieOnWhatIsSeenAnyway() {
    Minimap minimap(c_->view);
    minimap.show();
    QVERIFY(minimap.isVisible());
    const QPointF under = c_->view.mapToScene(minimap.geometry().topLeft());
    c_->editor.moveTo({{c_->id("Store"), under - QPointF(40, 0)}}, "Move");
    QVERIFY(!minimap.isVisible());
    c_->view.setZoom(2);  // something is out of sight
    QVERIFY(minimap.isVisible());
    c_->view.setZoom(1);
    QVERIFY(!minimap.isVisible());
    c_->undo.undo();
    QVERIFY(minimap.isVisible());
  }

  void aNoteTakesAlongWhatLiesWhollyInIt() {
    const flow::ElementId note = frame({352, -64}, {328, 240});  // around Split
    c_->drag(c_->at({372, 160}), c_->at({372, 240}));
    QCOMPARE(c_->model.position(note), QPointF(352, 16));
    QCOMPARE(c_->model.position(c_->id("Split")), QPointF(400, 80));
    QCOMPARE(c_->model.position(c_->id("Make")), QPointF(0, 0));
    QCOMPARE(c_->model.position(c_->id("Inner")), QPointF(400, 240));
    c_->undo.undo();
    QCOMPARE(c_->model.position(c_->id("Split")), QPointF(400, 0));
    QCOMPARE(c_->model.position(note), QPointF(352, -64));
    // By keys the frame is moved under what stands there.
    c_->scene.select({note});
    c_->key(Qt::Key_Down, Qt::ControlModifier);
    QVERIFY(c_->model.position(note).y() > -64);
    QCOMPARE(c_->model.position(c_->id("Split")), QPointF(400, 0));
  }

  void aNoteIsSizedByItsCorner() {
    const flow::ElementId note = frame({80, 240}, {160, 80});
    c_->moveFree(c_->at({239, 319}));
    QCOMPARE(c_->view.viewport()->cursor().shape(), Qt::SizeFDiagCursor);
    c_->drag(c_->at({239, 319}), c_->at({321, 402}));
    const auto size = [&] { return c_->model.find(note)->element().layout.size; };
    QVERIFY(size() == (flow::Point{240, 160}));
    QCOMPARE(c_->model.position(note), QPointF(80, 240));
    c_->undo.undo();
    QVERIFY(size() == (flow::Point{160, 80}));
    // Not to nothing; Esc takes it back.
    c_->drag(c_->at({239, 319}), c_->at({0, 0}));
    QVERIFY(size() == (flow::Point{kLeastNote.width(), kLeastNote.height()}));
    c_->undo.undo();
    QTest::mousePress(c_->view.viewport(), Qt::LeftButton, {}, c_->at({239, 319}));
    c_->moveWith(c_->at({321, 402}), {});
    QCOMPARE(c_->scene.node(note)->box().size(), QSizeF(240, 160));
    c_->key(Qt::Key_Escape);
    QCOMPARE(c_->scene.node(note)->box().size(), QSizeF(160, 80));
    QTest::mouseRelease(c_->view.viewport(), Qt::LeftButton, {}, c_->at({321, 402}));
    QVERIFY(size() == (flow::Point{160, 80}));
  }

  void aWireAboveANoteIsChosen() {
    (void)frame({200, -64}, {260, 240});
    c_->click(c_->at({316, 44}));
    QCOMPARE(c_->scene.selection(), Ids{c_->id("Make [success] -> Split")});
  }

  void aNoteIsMarkdownItsLinesAreLines() {
    const auto height = [&](const std::string& text) {
      const flow::ElementId note = frame({80, 240}, {320, 200}, text);
      c_->scene.select({});
      const QRectF box = c_->scene.node(note)->box();
      const QImage picture = c_->view.viewport()->grab().toImage();
      const QColor ground = picture.pixelColor(c_->at(box.bottomRight() - QPointF(40, 40)));
      int rows = 0;
      for (int y = c_->at(box.topLeft()).y() + 4; y < c_->at(box.bottomRight()).y() - 4; ++y) {
        bool ink = false;
        for (int x = c_->at(box.topLeft()).x() + 8; x < c_->at(box.topLeft()).x() + 200; ++x)
          ink = ink || picture.pixelColor(x, y) != ground;
        rows += ink ? 1 : 0;
      }
      c_->undo.undo();
      return rows;
    };
    const int plain = height("Hxg");
    QVERIFY2(plain > 5, qPrintable(QString::number(plain)));
    QVERIFY(height("# Hxg") > plain + 2);
    QVERIFY(height("Hxg\nHxg") > 2 * plain - 4);
    QVERIFY(height("<h1>Hxg</h1>") < plain + 5);  // no HTML
  }

  void aDragWithAltMovesACopyAsOneStep() {
    const QPoint from = c_->middle("Split");
    QTest::mousePress(c_->view.viewport(), Qt::LeftButton, Qt::AltModifier, from);
    c_->moveWith(from + QPoint(0, 100), Qt::AltModifier | Qt::ShiftModifier);
    c_->moveWith(from + QPoint(0, 200), Qt::AltModifier | Qt::ShiftModifier);
    QTest::mouseRelease(c_->view.viewport(), Qt::LeftButton, Qt::AltModifier,
                        from + QPoint(0, 200));
    QCOMPARE(c_->model.position(c_->id("Split")), QPointF(400, 0));
    QCOMPARE(c_->model.position(c_->id("Split (2)")), QPointF(400, 200));
    QCOMPARE(c_->scene.selection(), Ids{c_->id("Split (2)")});
    QCOMPARE(c_->undo.count(), 1);
    c_->undo.undo();
    QVERIFY(c_->id("Split (2)") == flow::ElementId{});
    // Given up, it was never there.
    QTest::mousePress(c_->view.viewport(), Qt::LeftButton, Qt::AltModifier, from);
    c_->moveWith(from + QPoint(0, 100), Qt::AltModifier);
    QVERIFY(c_->id("Split (2)") != flow::ElementId{});
    c_->key(Qt::Key_Escape);
    QTest::mouseRelease(c_->view.viewport(), Qt::LeftButton, Qt::AltModifier, from);
    QVERIFY(c_->id("Split (2)") == flow::ElementId{});
    QCOMPARE(c_->model.position(c_->id("Split")), QPointF(400, 0));
    QCOMPARE(c_->undo.count(), 0);
    QVERIFY(!c_->undo.canRedo());
    QVERIFY(c_->undo.isClean());
  }

  void whatIsAddedBehindABoxStaysChosenSoThatTheNextGoesBehindIt() {
    const auto first = c_->editor.addProcessor(kRootGroup, "UpdateAttribute", {0, 400});
    c_->scene.select({first});
    c_->key(Qt::Key_Tab);
    auto* field = c_->view.findChild<QLineEdit*>("quickAddField");
    QTest::keyClicks(field, "updateattr");
    QTest::keyClick(field, Qt::Key_Return);
    const auto second = c_->id("UpdateAttribute (2)");
    QVERIFY(second != flow::ElementId{});
    QVERIFY(c_->id("UpdateAttribute [success] -> UpdateAttribute (2)") != flow::ElementId{});
    QCOMPARE(c_->scene.selection(), Ids{second});
    // And it can be seen.
    const QRectF shown = c_->view.mapToScene(c_->view.viewport()->rect()).boundingRect();
    QVERIFY(shown.contains(c_->scene.node(second)->box()));
  }

  void theHintOfAnEmptyCanvasGivesWayToWhatIsAdded() {
    auto* hint = c_->view.findChild<QWidget*>("emptyHint");
    QVERIFY(hint != nullptr && hint->isHidden());
    c_->view.selectAll();
    c_->view.deleteSelection();
    QVERIFY(!hint->isHidden());
    c_->key(Qt::Key_Tab);
    QVERIFY(hint->isHidden());
    QTest::keyClick(c_->view.findChild<QLineEdit*>("quickAddField"), Qt::Key_Escape);
    QVERIFY(!hint->isHidden());
    c_->editor.addFunnel(kRootGroup, {0, 0});
    QVERIFY(hint->isHidden());
    c_->undo.undo();
    QVERIFY(!hint->isHidden());
  }

  void whatUsuallyFollowsIsOfferedFirst() {
    const auto source = c_->editor.addProcessor(kRootGroup, "UpdateAttribute", {0, 400});
    c_->view.openQuickAdd({0, 600}, source);
    QVERIFY(c_->view.quickAdd().matches("").value(0) != QString("SplitText"));
    c_->key(Qt::Key_Escape);
    const auto other = c_->editor.addProcessor(kRootGroup, "UpdateAttribute", {0, 700});
    const auto split = c_->editor.addProcessor(kRootGroup, "SplitText", {400, 700});
    QVERIFY(c_->editor.connect(kRootGroup, other, split, {"success"}).ok());
    c_->view.openQuickAdd({0, 600}, source);
    QCOMPARE(c_->view.quickAdd().matches("").value(0), QString("SplitText"));
    // A name that was typed decides all the same.
    QCOMPARE(c_->view.quickAdd().matches("PutFile").value(0), QString("PutFile"));
  }

  void aBoxThatIsMovedKeepsEqualGaps() {
    // Make ends at 232, Store begins at 800: Split between them has equal gaps at 400.
    c_->editor.moveTo({{c_->id("Split"), {440, 0}}, {c_->id("Inner"), {400, 600}}}, "Move");
    const int steps = c_->undo.count();
    const QPoint from = c_->middle("Split");
    QTest::mousePress(c_->view.viewport(), Qt::LeftButton, {}, from);
    c_->moveWith(from - QPoint(20, 0), {});
    c_->moveWith(from - QPoint(38, 0), {});
    QCOMPARE(c_->view.guides().gaps.size(), std::size_t(2));
    QCOMPARE(c_->view.guides().gaps[0].length(), c_->view.guides().gaps[1].length());
    QTest::mouseRelease(c_->view.viewport(), Qt::LeftButton, {}, from - QPoint(38, 0));
    QCOMPARE(c_->model.position(c_->id("Split")), QPointF(400, 0));
    QCOMPARE(c_->undo.count(), steps + 1);
    QVERIFY(c_->view.guides().gaps.empty());
    // Behind two others the gap between them is kept.
    const Guides behind = guidesFor({603, 0, 100, 50}, {{0, 0, 200, 50}, {300, 0, 200, 50}}, 6);
    QCOMPARE(behind.shift.x(), -3.0);
    QCOMPARE(behind.gaps.size(), std::size_t(2));
    // What stands in another row does not count.
    QVERIFY(guidesFor({603, 0, 100, 50}, {{0, 400, 200, 50}, {300, 800, 200, 50}}, 6).gaps.empty());
  }

  void shiftAndControlChooseMoreAndChooseLess() {
    c_->click(c_->middle("Make"));
    c_->click(c_->middle("Split"), Qt::ShiftModifier);
    QCOMPARE(c_->scene.selectedNodes().size(), std::size_t(2));
    c_->click(c_->middle("Make"), Qt::ControlModifier);
    QCOMPARE(c_->scene.selection(), Ids{c_->id("Split")});
    QCOMPARE(c_->undo.count(), 0);
  }

 private:
  flow::ElementId frame(QPointF at, QPointF size, const std::string& text = "a frame") {
    c_->editor.beginStep("Add a note");
    const flow::ElementId note = c_->editor.addLabel(kRootGroup, text, at);
    c_->editor.update({note}, "Size", [&](Component& component) {
      component.element().layout.at = flow::Point{at.x(), at.y()};
      component.element().layout.size = flow::Point{size.x(), size.y()};
    });
    c_->editor.endStep();
    return note;
  }
  void drop(const char* type, QPointF at) {
    QMimeData data;
    data.setData("application/x-millrace-type", type);
    QDragEnterEvent enter(c_->at(at), Qt::CopyAction, &data, Qt::LeftButton, {});
    QApplication::sendEvent(c_->view.viewport(), &enter);
    QDropEvent event(c_->at(at), Qt::CopyAction, &data, Qt::LeftButton, {});
    QApplication::sendEvent(c_->view.viewport(), &event);
  }

  std::unique_ptr<Canvas> c_;
};

MR_STUDIO_TEST_MAIN(PointerTest)
#include "pointer_test.moc"
