// SPDX-License-Identifier: Apache-2.0
#pragma once
// OverviewIndex: the shown group as plain arrays (boxes with a colour each, wires as straight
// lines), in the order in which they are painted. The overview and the minimap read it in every
// frame, where ten thousand items and their look-ups would cost several frames.
// Owned and kept current by the scene (FlowScene::overview). Threads: the GUI thread.

#include <QColor>
#include <QLineF>
#include <QRectF>
#include <QVector>
#include <vector>

namespace millrace::gui {

class FlowScene;
class NodeItem;
class WireItem;

struct OverviewBox {
  QRectF box;
  QRgb colour = 0;
};

struct OverviewIndex {
  std::vector<OverviewBox> boxes;  ///< of one colour together, what must be seen last
  QVector<QLineF> wires;
  QVector<QLineF> fullWires;     ///< of nearly full queues, in the colour of a warning
  QVector<QLineF> blockedWires;  ///< of full ones, in the colour of an error
  QVector<QLineF> chosenWires;
  QRectF content;  ///< everything with its bends, in the scene

  /// Reads places and colours of all items anew.
  void read(const FlowScene& scene);
};

}  // namespace millrace::gui
