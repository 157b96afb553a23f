// SPDX-License-Identifier: Apache-2.0
#pragma once
// OverviewIndex: the shown group as plain arrays (boxes with a colour each, wires as straight
// lines), in the order in which they are painted. The overview and the minimap read it in every
// frame, where ten thousand items and their look-ups would cost several frames.
// Owned and kept current by the scene (FlowScene::overview). Threads: the GUI thread.

#include "engine/flow/flow.h"

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
  struct Node {
    flow::ElementId id;
    const NodeItem* item;  ///< owned by the scene; places are read anew when one goes
    QRectF box;
    bool isNote;
  };
  struct Wire {
    flow::ElementId id;
    const WireItem* item;
    QLineF line;
  };

  std::vector<OverviewBox> boxes;  ///< of one colour together, what must be seen last
  QVector<QLineF> wires;
  QVector<QLineF> fullWires;     ///< of nearly full queues, in the colour of a warning
  QVector<QLineF> blockedWires;  ///< of full ones, in the colour of an error
  QVector<QLineF> chosenWires;
  QRectF content;  ///< everything with its bends, in the scene

  std::vector<Node> nodes;  ///< what the boxes are made of
  std::vector<Wire> lines;

  /// Where all items stand. Colours have to be read after it.
  void readPlaces(const FlowScene& scene);
  /// The colours, and with them the order, of what stands where it stood: this is what a report of
  /// the server costs, each second.
  void readColours(const FlowScene& scene);
};

}  // namespace millrace::gui
