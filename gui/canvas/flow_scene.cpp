// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/flow_scene.h"

#include "gui/canvas/node_geometry.h"
#include "gui/layout/placement.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace millrace::gui {

using flow::ElementId;

FlowScene::FlowScene(FlowModel& model, const TypeCatalog& types, const StatusStore& status,
                     const Theme& theme, Purpose purpose)
    : model_(model), purpose_(purpose) {
  style_.model = &model;
  style_.types = &types;
  style_.status = &status;
  style_.theme = &theme;
  setBackgroundBrush(theme.canvas);
  connect(&status, &StatusStore::changed, this, [this] {
    coloursChanged();
    measureOverlay();
  });
  connect(this, &QGraphicsScene::selectionChanged, this, [this] { coloursChanged(); });
  connect(&model, &FlowModel::wasReset, this, [this] { showGroup(kRootGroup); });
  connect(&model, &FlowModel::changed, this, [this](const Edit& edit) { follow(edit); });
  if (model.find(kRootGroup) != nullptr) rebuild();
}

FlowScene::~FlowScene() = default;

void FlowScene::showGroup(ElementId group) {
  group_ = group;
  style_.hovered = {};
  rebuild();
  emit groupShown(group);
}

void FlowScene::setTheme(const Theme& theme) {
  style_.theme = &theme;
  setBackgroundBrush(theme.canvas);
  for (const auto& [id, item] : nodes_) item->refresh();
  coloursChanged();
  update();
}

void FlowScene::setWay(std::set<ElementId> way) {
  setHits(std::move(way));
  style_.hitsAreWay = !style_.hits.empty();
}

void FlowScene::setHits(std::set<ElementId> hits) {
  style_.hits = std::move(hits);
  style_.hitsAreWay = false;
  coloursChanged();
  update();
}

void FlowScene::setOverlay(Overlay overlay) {
  style_.overlay = overlay;
  measureOverlay();
  if (overlay == Overlay::kNone) emit overlayChanged();
  coloursChanged();
  for (const auto& [id, item] : nodes_) item->update();
  update();
}

void FlowScene::setComparison(FlowComparison comparison) {
  style_.compared = std::move(comparison);
  showGhosts();
  for (const auto& [id, item] : nodes_) item->update();
  update();
}

void FlowScene::showGhosts() {
  for (GhostItem* item : ghosts_) delete item;
  ghosts_.clear();
  overviewChanged();
  const auto show = [&](GhostItem* item) {  // owned by the scene
    addItem(item);
    ghosts_.push_back(item);
  };
  std::unordered_map<ElementId, QRectF> boxes;
  for (const auto& [id, item] : nodes_) boxes.emplace(id, item->box());
  for (const Gone& gone : style_.compared.gone()) {
    if (gone.component.group != group_ || !gone.component.isNode() || !gone.at) continue;
    const QRectF box(*gone.at, gui::sizeOf(gone.component));
    boxes.emplace(gone.component.id(), box);
    show(new GhostItem(box, QString::fromStdString(titleOf(gone.component)), style_));
  }
  for (const Gone& gone : style_.compared.gone()) {
    const auto from = boxes.find(gone.from);
    const auto to = boxes.find(gone.to);
    if (gone.component.group != group_ || from == boxes.end() || to == boxes.end()) continue;
    const bool self = gone.from == gone.to;
    show(new GhostItem(wireGeometry({from->second, to->second, self, 0}, {}, {}).line, style_));
  }
}

void FlowScene::measureOverlay() {
  if (style_.overlay == Overlay::kNone) return;
  style_.overlayMost = 0;
  for (const auto& [id, item] : nodes_) {
    if (const ComponentStatus* status = style_.status->component(id))
      style_.overlayMost = std::max(style_.overlayMost, overlayValue(style_.overlay, *status));
  }
  emit overlayChanged();
}

const OverviewIndex& FlowScene::overview() const {
  if (overviewRead_ != overviewVersion_) {
    overviewRead_ = overviewVersion_;
    if (placesRead_ != placesVersion_) overview_.readPlaces(*this);
    placesRead_ = placesVersion_;
    overview_.readColours(*this);
  }
  return overview_;
}

void FlowScene::setProblems(Problems problems) {
  const Problems before = std::exchange(style_.problems, std::move(problems));
  // After each edit, of which nearly all components know nothing.
  const auto refresh = [&](const Problems& some, const Problems& others) {
    for (const auto& [id, list] : some) {
      const auto other = others.find(id);
      if (other != others.end() && other->second == list) continue;
      if (NodeItem* item = node(id)) item->refresh();
    }
  };
  refresh(before, style_.problems);
  refresh(style_.problems, before);
  coloursChanged();
}

void FlowScene::rebuild() {
  // First out of the lists: whoever hears of the selection meanwhile finds none that is gone.
  overviewChanged();
  nodes_.clear();
  wires_.clear();
  ghosts_.clear();
  clear();
  placeUnplaced();
  for (const ElementId id : model_.nodesIn(group_)) add(id);
  for (const ElementId id : model_.connectionsIn(group_)) add(id);
  showGhosts();
  setSceneRect(contentRect().adjusted(-4000, -4000, 4000, 4000));
}

void FlowScene::placeUnplaced() {
  const auto& ids = model_.nodesIn(group_);
  BoxGraph graph;
  std::unordered_map<ElementId, std::size_t> places;
  QRectF placed;
  for (const ElementId id : ids) {
    const Component& component = *model_.find(id);
    if (model_.hasPosition(id)) {
      placed |= QRectF(model_.position(id), gui::sizeOf(component));
      continue;
    }
    places.emplace(id, graph.boxes.size());
    graph.boxes.push_back(gui::sizeOf(component));
  }
  if (places.empty()) return;
  for (const ElementId id : model_.connectionsIn(group_)) {
    const flow::Connection* wire = model_.find(id)->connection();
    const auto from = places.find(model_.nodeOf(wire->from.id, group_));
    const auto to = places.find(model_.nodeOf(wire->to.id, group_));
    if (from != places.end() && to != places.end())
      graph.wires.emplace_back(from->second, to->second);
  }
  const Corners corners = layeredLayout(graph);
  const QPointF shift(0, placed.isEmpty() ? 0 : snapped({0, placed.bottom() + 80}).y());
  for (const auto& [id, place] : places) model_.placeUnasked(id, corners[place] + shift);
}

void FlowScene::add(ElementId id) {
  overviewChanged();
  const Component& component = *model_.find(id);
  if (component.connection() != nullptr) {
    auto* item = new WireItem(id, style_);  // owned by the scene
    addItem(item);
    wires_[id] = item;
    reroute(id);
    return;
  }
  if (!component.isNode()) return;
  auto* item = new NodeItem(id, style_);  // owned by the scene
  if (purpose_ == Purpose::kScreen) item->setCacheMode(QGraphicsItem::DeviceCoordinateCache);
  addItem(item);
  nodes_[id] = item;
}

void FlowScene::drop(ElementId id) {
  overviewChanged();
  if (const auto wire = wires_.extract(id)) delete wire.mapped();
  if (const auto node = nodes_.extract(id)) delete node.mapped();
}

void FlowScene::follow(const Edit& edit) {
  overviewChanged();
  if (model_.find(group_) == nullptr) {
    showGroup(kRootGroup);
    return;
  }
  bool unplaced = false;
  for (const Change& change : edit.changes) {
    const ElementId id = change.id();
    const Component* now = model_.find(id);
    if (now == nullptr || !shows(*now)) {
      drop(id);
    } else if (now->isNode()) {
      if (!model_.hasPosition(id)) unplaced = true;
    }
    if (now == nullptr) continue;
    // What stands for this group, or for the group of a changed port, shows a summary.
    if (const auto outer = nodes_.find(now->group); outer != nodes_.end()) outer->second->refresh();
  }
  if (unplaced) placeUnplaced();
  for (const Change& change : edit.changes) {
    const ElementId id = change.id();
    const Component* now = model_.find(id);
    if (now == nullptr || !shows(*now) || !now->isNode()) continue;
    if (NodeItem* item = node(id)) {
      item->refresh();
    } else {
      add(id);
    }
  }
  for (const Change& change : edit.changes) {
    const ElementId id = change.id();
    const Component* now = model_.find(id);
    if (now == nullptr || !shows(*now)) continue;
    if (now->connection() != nullptr) {
      if (WireItem* item = wire(id)) {
        item->refresh();
        reroute(id);
      } else {
        add(id);
      }
    } else if (now->isNode()) {
      rerouteAt(id);
    }
  }
  // Parallel wires make room for one another.
  for (const Change& change : edit.changes) {
    if (change.any().connection() == nullptr || change.any().group != group_) continue;
    rerouteAt(model_.nodeOf(change.any().connection()->from.id, group_));
  }
  const QRectF content = contentRect().adjusted(-2000, -2000, 2000, 2000);
  if (!sceneRect().contains(content)) setSceneRect(sceneRect().united(content));
}

void FlowScene::reroute(ElementId id) {
  WireItem* item = wire(id);
  const Component* component = model_.find(id);
  if (item == nullptr || component == nullptr) return;
  const flow::Connection* connection = component->connection();
  const ElementId fromId = model_.nodeOf(connection->from.id, group_);
  const ElementId toId = model_.nodeOf(connection->to.id, group_);
  const NodeItem* from = node(fromId);
  const NodeItem* to = node(toId);
  if (from == nullptr || to == nullptr) return;
  overviewChanged();
  WireEnds ends{from->box(), to->box(), fromId == toId, 0};
  int place = 0, count = 0;
  for (const ElementId other : model_.connectionsAt(fromId)) {
    const flow::Connection* wire = model_.find(other)->connection();
    if (model_.nodeOf(wire->from.id, group_) != fromId ||
        model_.nodeOf(wire->to.id, group_) != toId)
      continue;
    if (other == id) place = count;
    ++count;
  }
  ends.spread = (place - (count - 1) / 2.0) * 44;
  std::vector<QPointF> bends;
  for (const flow::Point& bend : connection->layout.bends) bends.emplace_back(bend.x, bend.y);
  item->route(ends, bends);
}

void FlowScene::rerouteAt(ElementId node) {
  for (const ElementId id : model_.connectionsAt(node)) reroute(id);
}

void FlowScene::preview(const std::unordered_map<ElementId, QPointF>& places, Follows who) {
  const auto before = std::pair(overviewVersion_, placesVersion_);
  for (const auto& [id, at] : places) {
    if (NodeItem* item = node(id)) item->setPos(at);
  }
  std::set<ElementId> wires;
  for (const auto& [id, at] : places) {
    for (const ElementId wire : model_.connectionsAt(id)) wires.insert(wire);
  }
  for (const ElementId id : wires) reroute(id);
  if (who == Follows::kCanvas) {
    std::tie(overviewVersion_, placesVersion_) = before;
  } else {
    overviewChanged();
  }
}

NodeItem* FlowScene::node(ElementId id) const {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : found->second;
}

WireItem* FlowScene::wire(ElementId id) const {
  const auto found = wires_.find(id);
  return found == wires_.end() ? nullptr : found->second;
}

Ids FlowScene::selectedNodes() const {
  Ids ids;
  for (const QGraphicsItem* item : selectedItems()) {
    if (const auto* node = qgraphicsitem_cast<const NodeItem*>(item))
      ids.push_back(node->component());
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

Ids FlowScene::selection() const {
  Ids ids = selectedNodes();
  Ids wires;
  for (const QGraphicsItem* item : selectedItems()) {
    if (const auto* wire = qgraphicsitem_cast<const WireItem*>(item))
      wires.push_back(wire->component());
  }
  std::sort(wires.begin(), wires.end());
  ids.insert(ids.end(), wires.begin(), wires.end());
  return ids;
}

void FlowScene::select(const Ids& ids) {
  const QSignalBlocker once(this);
  clearSelection();
  for (const ElementId id : ids) {
    if (NodeItem* item = node(id)) item->setSelected(true);
    if (WireItem* item = wire(id)) item->setSelected(true);
  }
  blockSignals(false);
  emit selectionChanged();
}

QRectF FlowScene::contentRect() const { return overview().content; }

QPointF FlowScene::wireTargetPoint(ElementId from, ElementId to) const {
  const NodeItem* a = node(model_.nodeOf(from, group_));
  const NodeItem* b = node(model_.nodeOf(to, group_));
  if (a == nullptr || b == nullptr) return contentRect().center();
  return (a->box().center() + b->box().center()) / 2;
}

void FlowScene::repaintVisible(const QRectF& part) {
  for (QGraphicsItem* item : items(part, Qt::IntersectsItemBoundingRect)) item->update();
}

Ids FlowScene::inSight(const QRectF& part) const {
  std::vector<std::pair<double, ElementId>> found;
  // Not by shape: the outline of a wire costs more than painting it.
  for (const QGraphicsItem* item : items(part, Qt::IntersectsItemBoundingRect)) {
    if (const auto* node = qgraphicsitem_cast<const NodeItem*>(item)) {
      found.emplace_back(node->box().top(), node->component());
    } else if (const auto* wire = qgraphicsitem_cast<const WireItem*>(item)) {
      if (wire->isOffColour() || wire->labelBox().intersects(part))
        found.emplace_back(wire->labelBox().top(), wire->component());
    }
  }
  std::sort(found.begin(), found.end());
  Ids ids;
  ids.reserve(found.size());
  for (const auto& [top, id] : found) ids.push_back(id);
  return ids;
}

void FlowScene::showFigures(ElementId id) {
  if (NodeItem* item = node(id)) item->update();
  if (WireItem* item = wire(id)) item->showFigures();
}

}  // namespace millrace::gui
