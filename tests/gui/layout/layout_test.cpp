// SPDX-License-Identifier: Apache-2.0
#include "gui/layout/dot_layout.h"

#include <QRectF>
#include <QTest>

using namespace millrace::gui;

namespace {

BoxGraph chain(std::size_t n) {
  BoxGraph graph;
  for (std::size_t i = 0; i < n; ++i) graph.boxes.emplace_back(232, 88);
  for (std::size_t i = 0; i + 1 < n; ++i) graph.wires.emplace_back(i, i + 1);
  return graph;
}

void noneOverlap(const BoxGraph& graph, const Corners& corners) {
  for (std::size_t i = 0; i < corners.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k)
      QVERIFY(!QRectF(corners[i], graph.boxes[i]).intersects(QRectF(corners[k], graph.boxes[k])));
  }
}

}  // namespace

class LayoutTest : public QObject {
  Q_OBJECT

 private slots:
  void wiresGoFromLeftToRightAndBoxesStandApart() {
    BoxGraph graph = chain(6);
    graph.wires.emplace_back(0, 3);
    graph.boxes.emplace_back(48, 48);
    graph.wires.emplace_back(0, 6);
    graph.wires.emplace_back(6, 5);
    const Corners corners = layeredLayout(graph);
    for (const auto& [from, to] : graph.wires)
      QVERIFY(corners[from].x() + graph.boxes[from].width() < corners[to].x());
    noneOverlap(graph, corners);
  }

  void circlesLoopsAndNothingAtAllAreTaken() {
    QVERIFY(layeredLayout({}).empty());
    BoxGraph graph = chain(4);
    graph.wires.emplace_back(3, 0);
    graph.wires.emplace_back(2, 2);
    noneOverlap(graph, layeredLayout(graph));
  }

  void dotIsUnderstood() {
    const BoxGraph graph = chain(2);
    // As `dot -Tplain` prints it; one inch is 72 points, and dot counts upwards.
    const QByteArray plain =
        "graph 1 10 2\nnode n0 2 1 3.2 1.2 n0 solid box black lightgrey\n"
        "node n1 7 1.5 3.2 1.2 n1 solid box black lightgrey\nedge n0 n1 4 0 0 solid black\nstop\n";
    const Corners corners = cornersFromPlain(plain, graph);
    QCOMPARE(corners.size(), std::size_t(2));
    QCOMPARE(corners[0], QPointF(0, 40));
    QCOMPARE(corners[1], QPointF(360, 0));
    QVERIFY(cornersFromPlain("graph 1 0 0\nstop\n", graph).empty());
    QVERIFY(cornersFromPlain("node n9 1 1\nnode n9 1 1 1 1 1\n", graph).empty());
  }

  void aMissingDotIsAnsweredByTheBuiltInLayout() {
    DotLayout layout("no-such-program-as-this");
    Corners got;
    int answers = 0;
    DotLayout::By by = DotLayout::By::kDot;
    layout.start(chain(3), [&](Corners corners, DotLayout::By who) {
      got = std::move(corners);
      by = who;
      ++answers;
    });
    QTRY_COMPARE(answers, 1);
    QVERIFY(by == DotLayout::By::kBuiltIn);
    QVERIFY(got == layeredLayout(chain(3)));
  }

  void dotAnswersOnceAndWithoutOverlaps() {
    DotLayout layout;
    Corners got;
    int answers = 0;
    layout.start(chain(5), [&](Corners corners, DotLayout::By) {
      got = std::move(corners);
      ++answers;
    });
    QTRY_COMPARE_WITH_TIMEOUT(answers, 1, 30000);
    noneOverlap(chain(5), got);
  }
};

QTEST_GUILESS_MAIN(LayoutTest)
#include "layout_test.moc"
