// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowScene: the items of one group of the flow. It observes the model and never changes it.
// Promise: after every signal of the model there is exactly one item for each node and connection
// of the shown group. Threads: the GUI thread.

#include "gui/canvas/canvas_style.h"
#include "gui/canvas/ghost_item.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/overview_index.h"
#include "gui/canvas/wire_item.h"
#include "gui/model/flow_editor.h"

#include <QGraphicsScene>
#include <unordered_map>

namespace millrace::gui {

enum class Purpose : unsigned char { kScreen, kPicture };  ///< pictures are painted without caches

class FlowScene : public QGraphicsScene {
  Q_OBJECT

 public:
  /// All must outlive the scene.
  FlowScene(FlowModel& model, const TypeCatalog& types, const StatusStore& status,
            const Theme& theme, Purpose purpose = Purpose::kScreen);
  ~FlowScene() override;

  flow::ElementId group() const { return group_; }
  void showGroup(flow::ElementId group);
  CanvasStyle& style() { return style_; }
  const CanvasStyle& style() const { return style_; }
  void setTheme(const Theme& theme);
  void setProblems(Problems problems);
  /// What a search found; the rest is dimmed. Empty: nothing is.
  void setHits(std::set<flow::ElementId> hits);
  /// As setHits, of where a FlowFile was.
  void setWay(std::set<flow::ElementId> way);

  void setOverlay(Overlay overlay);
  /// Marks what differs, and draws what is gone where it was. Empty: no more of it.
  void setComparison(FlowComparison comparison);

  NodeItem* node(flow::ElementId id) const;
  WireItem* wire(flow::ElementId id) const;
  const std::unordered_map<flow::ElementId, NodeItem*>& nodes() const { return nodes_; }
  const std::unordered_map<flow::ElementId, WireItem*>& wires() const { return wires_; }
  const std::vector<GhostItem*>& ghosts() const { return ghosts_; }
  /// Nodes first, then wires; sorted, so that an edit of the same selection is the same edit.
  Ids selection() const;
  Ids selectedNodes() const;
  void select(const Ids& ids);
  QRectF contentRect() const;
  /// All items as plain arrays, read anew after something changed.
  const OverviewIndex& overview() const;
  /// Another number when the overview looks different.
  std::uint64_t overviewVersion() const { return overviewVersion_; }
  /// Between two boxes: where a question about their wire is asked.
  QPointF wireTargetPoint(flow::ElementId from, flow::ElementId to) const;
  /// While a person drags: where nodes would come to stand. kCanvas: the overview is not read anew
  /// for it; it is when the drag ends (previewEnded).
  enum class Follows : unsigned char { kCanvas, kOverviewToo };
  void preview(const std::unordered_map<flow::ElementId, QPointF>& places,
               Follows who = Follows::kOverviewToo);
  void previewEnded() { overviewChanged(); }
  /// Nodes without a place get one, unsaved.
  void placeUnplaced();
  void repaintVisible(const QRectF& part);
  /// From top to bottom, wires by their labels.
  Ids inSight(const QRectF& part) const;
  /// Paints a component with the figures that it has now; one that is gone: nothing.
  void showFigures(flow::ElementId id);

 signals:
  void groupShown(millrace::flow::ElementId group);
  /// Another overlay, or other values of it.
  void overlayChanged();

 private:
  void rebuild();
  void follow(const Edit& edit);
  void add(flow::ElementId id);
  void drop(flow::ElementId id);
  void reroute(flow::ElementId wire);
  void rerouteAt(flow::ElementId node);
  void overviewChanged() {
    ++overviewVersion_;
    ++placesVersion_;
  }
  /// What stands where has not changed.
  void coloursChanged() { ++overviewVersion_; }
  void measureOverlay();
  void showGhosts();
  bool shows(const Component& component) const { return component.group == group_; }

  FlowModel& model_;
  Purpose purpose_;
  CanvasStyle style_;
  flow::ElementId group_ = kRootGroup;
  std::unordered_map<flow::ElementId, NodeItem*> nodes_;
  std::unordered_map<flow::ElementId, WireItem*> wires_;
  std::vector<GhostItem*> ghosts_;
  std::uint64_t overviewVersion_ = 1;
  std::uint64_t placesVersion_ = 1;
  mutable std::uint64_t overviewRead_ = 0;
  mutable std::uint64_t placesRead_ = 0;
  mutable OverviewIndex overview_;  ///< a cache: made when it is asked for
};

}  // namespace millrace::gui
