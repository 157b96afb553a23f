// SPDX-License-Identifier: Apache-2.0
// What one frame of the canvas has to do is bounded, however large the flow: counted, not timed.

#include "gui/canvas/fresh_figures.h"
#include "tests/gui/canvas/canvas_bench.h"

#include <QPainter>
#include <QScrollBar>
#include <QSignalSpy>
#include <QStandardPaths>
#include <memory>

using namespace studio;

namespace {

/// A grid of chains, 50 a row; the last leads back to the first across all of it.
std::string grid(int count) {
  std::string nodes, wires, layout;
  for (int i = 0; i < count; ++i) {
    const std::string name = "P" + std::to_string(i);
    nodes += "  - {name: " + name + ", type: UpdateAttribute}\n";
    layout += "  " + name + ": {at: [" + std::to_string(i % 50 * 352) + ", " +
              std::to_string(i / 50 * 160) + "]}\n";
    const std::string to = "P" + std::to_string((i + 1) % count);
    wires += "  - {from: " + name + ", relationship: success, to: " + to + "}\n";
  }
  return "millrace: 1\nname: grid\nprocessors:\n" + nodes + "connections:\n" + wires + "layout:\n" +
         layout;
}

QJsonObject queueReport(flow::ElementId wire, double share) {
  return {
      {"connections", QJsonArray{QJsonObject{
                          {"id", idToJson(wire)}, {"count", 7}, {"bytes", 70}, {"share", share}}}}};
}

}  // namespace

class FramesTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() { c_ = std::make_unique<Canvas>(grid(2500)); }
  void cleanupTestCase() { c_.reset(); }

  void whoeverZoomsFarGetsTheNextPictureInPieces() {
    FlowView& view = c_->view;
    view.setZoom(0.25);
    view.centerOn(c_->scene.contentRect().center());
    view.grab();
    const QPoint middle = view.viewport()->rect().center();
    const auto inSight = [&] {
      return c_->scene
          .items(view.mapToScene(view.viewport()->rect()), Qt::IntersectsItemBoundingRect)
          .size();
    };
    int most = 0, pieces = 0;
    qsizetype all = 0;
    while (view.zoom() < 1.2) {
      const qsizetype before = inSight();
      c_->wheel(middle, 60, Qt::ControlModifier);
      QVERIFY(view.showsSnapshot());
      if (view.pictureItems() == 0) continue;
      // The first piece of a picture is where all of it would be the most.
      if (pieces++ % ZoomSnapshot::kStrips == 0) all = before;
      most = std::max(most, view.pictureItems());
      QVERIFY2(2 * view.pictureItems() < all,
               qPrintable(QString("%1 of %2").arg(view.pictureItems()).arg(all)));
    }
    QVERIFY(pieces > ZoomSnapshot::kStrips);
    QVERIFY(most > 5);
    QTRY_VERIFY(!view.showsSnapshot());
  }

  void aPictureIsReplacedByTheNextOneWhenAllOfThatIsPainted() {
    ZoomSnapshot snapshot([](const QRect&) {});
    QPixmap first(60, 60);
    first.fill(Qt::red);
    snapshot.take(first, QTransform());
    int painted = 0;
    const auto blue = [&](QPainter& painter, const QTransform& at, const QRect& strip) {
      // All of one picture is for the zoom at which it was begun.
      QCOMPARE(at.m11(), 2.0);
      ++painted;
      painter.fillRect(strip, Qt::blue);
    };
    snapshot.makeNext(QTransform::fromScale(1.5, 1.5), blue);
    QCOMPARE(painted, 0);  // near enough
    const auto shown = [&] {
      QPixmap screen(60, 60);
      QPainter painter(&screen);
      snapshot.paint(painter, QTransform::fromScale(2, 2));
      painter.end();
      return screen.toImage().pixelColor(30, 30);
    };
    for (int i = 0; i < ZoomSnapshot::kStrips; ++i) {
      QCOMPARE(shown(), QColor(Qt::red));
      snapshot.makeNext(QTransform::fromScale(2 + i, 2 + i), blue);
      QCOMPARE(painted, i + 1);
    }
    QCOMPARE(shown(), QColor(Qt::blue));
  }

  void aCanvasThatWasZoomedBecomesSharpStripByStrip() {
    std::vector<QRect> strips;
    ZoomSnapshot snapshot([&](const QRect& strip) { strips.push_back(strip); });
    snapshot.take(QPixmap(640, 401), QTransform());
    QVERIFY(snapshot.sharpPart().isEmpty());
    snapshot.keep();
    QTRY_VERIFY(!strips.empty());
    // Whoever goes on zooming begins anew.
    snapshot.keep();
    QVERIFY(snapshot.isActive() && snapshot.sharpPart().isEmpty());
    strips.clear();
    QTRY_VERIFY(!snapshot.isActive());
    QCOMPARE(strips.size(), std::size_t(ZoomSnapshot::kStrips));
    QRegion all;
    for (const QRect& strip : strips) {
      QVERIFY(!all.intersects(strip));
      QVERIFY(strip.height() <= 401 / ZoomSnapshot::kStrips + 1);
      all += strip;
    }
    QCOMPARE(all, QRegion(0, 0, 640, 401));
  }

  void aReportIsPaintedSomeInEachFrame() {
    FlowView& view = c_->view;
    view.setZoom(kFullDetail);
    view.centerOn(c_->scene.contentRect().center());
    const QRectF shown = view.mapToScene(view.viewport()->rect()).boundingRect();
    const Ids inSight = c_->scene.inSight(shown);
    QVERIFY(inSight.size() > 2 * FreshFigures::kAtOnce);
    FreshFigures figures(c_->scene);
    QSignalSpy changed(&c_->scene, &QGraphicsScene::changed);
    figures.show(shown);
    QVERIFY(!figures.isDone());
    QTRY_VERIFY(!changed.isEmpty());
    // What was painted anew at first lies at the top: not all of what is in sight.
    QRectF first;
    for (const QRectF& part : changed.first().first().value<QList<QRectF>>()) first |= part;
    QVERIFY(first.top() < shown.top() + shown.height() / 4);
    QTRY_VERIFY(figures.isDone());
    // One that went meanwhile is left out.
    figures.show(shown);
    c_->editor.remove({inSight.back()});
    QTRY_VERIFY(figures.isDone());
    c_->undo.undo();
  }

  void ofALongWireOnlyTheLabelIsPaintedWhileItsColourStays() {
    FlowView& view = c_->view;
    view.setZoom(1);
    view.centerOn(c_->scene.node(c_->id("P1224"))->box().center());
    view.grab();
    const flow::ElementId across = c_->id("P2499 [success] -> P0");
    const QRectF shown = view.mapToScene(view.viewport()->rect()).boundingRect();
    const WireItem* wire = c_->scene.wire(across);
    QVERIFY(wire->boundingRect().intersects(shown));
    const auto isPainted = [&](const QRectF& part) {
      const Ids ids = c_->scene.inSight(part);
      return std::find(ids.begin(), ids.end(), across) != ids.end();
    };
    const QRectF beside = wire->labelBox().translated(600, 0);
    QVERIFY(isPainted(wire->labelBox()));
    QVERIFY(!isPainted(beside));
    // It is painted once, and turns red then.
    view.centerOn(wire->labelBox().center());
    view.grab();
    QVERIFY(!wire->isOffColour());
    c_->status.take(queueReport(across, 0.95), 1000);
    QVERIFY(wire->isOffColour());
    QVERIFY(isPainted(beside));
    view.showStatus();
    view.grab();
    QVERIFY(!wire->isOffColour());
  }

  void aClickInTheMiddleOfAZoomLeavesNothingScaled() {
    FlowView& view = c_->view;
    QTRY_VERIFY(!view.showsSnapshot());
    c_->wheel({300, 300}, 60, Qt::ControlModifier);
    c_->wheel({300, 300}, 60, Qt::ControlModifier);
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, {5, 5});
    QVERIFY(!view.showsSnapshot());
    QCoreApplication::processEvents();
    const QImage screen = view.screen()->grabWindow(view.winId()).toImage();
    view.viewport()->repaint();
    QCOMPARE(view.screen()->grabWindow(view.winId()).toImage(), screen);
  }

 private:
  std::unique_ptr<Canvas> c_;
};

MR_STUDIO_TEST_MAIN(FramesTest)
#include "frames_test.moc"
