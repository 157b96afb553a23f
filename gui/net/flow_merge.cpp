// SPDX-License-Identifier: Apache-2.0
#include "gui/net/flow_merge.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;

namespace {

const Component* in(const Components& components, ElementId id) {
  const auto found = components.find(id);
  return found == components.end() ? nullptr : &found->second;
}

bool same(const Component* a, const Component* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return sameForPeople(*a, *b);
}

int depthOf(const Components& components, const Component& component) {
  int depth = 0;
  for (ElementId at = component.group; at != kRootGroup && depth < 1000; ++depth) {
    const Component* group = in(components, at);
    if (group == nullptr) break;
    at = group->group;
  }
  return depth;
}

/// Groups before what is in them, connections after what they connect; so deleted backwards.
int rankOf(const Components& components, const Component& component) {
  return component.connection() != nullptr ? 1000000 : depthOf(components, component);
}

/// Where new components stand among those of ours: behind the one that they stand behind in theirs.
/// Those that stand there together share the room evenly: one behind the other, each would take
/// half of what is left, and a few dozen all of it.
class OrderOfNew {
 public:
  OrderOfNew(const FlowModel& model, const Components& theirs, const std::vector<Change>& changes)
      : model_(model), next_(model.lastOrder() + FlowModel::kOrderStep) {
    for (const auto& [id, component] : model.components())
      taken_[listOf(component)].insert(component.order);
    std::map<List, std::map<std::uint64_t, ElementId>> lists;
    for (const Change& change : changes) {
      if (isPlaced(change))
        placed_[change.id()] = change.after->order;
      else
        lists[listOf(*change.after)];
    }
    for (const auto& [id, component] : theirs) {
      const auto list = lists.find(listOf(component));
      if (list != lists.end()) list->second.emplace(component.order, id);
    }
    for (const auto& [list, ids] : lists) placeAll(list, ids);
  }

  std::uint64_t of(ElementId id) const { return placed_.at(id); }
  /// What comes from another group has its place to get, too.
  static bool isPlaced(const Change& change) {
    return change.before && change.before->group == change.after->group;
  }

 private:
  using List = std::pair<ElementId, ElementKind>;
  static List listOf(const Component& component) { return {component.group, component.kind}; }

  void placeAll(const List& list, const std::map<std::uint64_t, ElementId>& ids) {
    std::uint64_t behind = 0;
    std::vector<ElementId> together;
    for (const auto& [order, id] : ids) {
      const auto here = orderHere(list, id);
      if (!here) {
        together.push_back(id);
        continue;
      }
      placeTogether(taken_[list], behind, together);
      together.clear();
      behind = *here;
    }
    placeTogether(taken_[list], behind, together);
  }

  void placeTogether(std::set<std::uint64_t>& taken, std::uint64_t behind,
                     const std::vector<ElementId>& ids) {
    const auto above = taken.upper_bound(behind);
    const std::uint64_t share = above == taken.end() ? 0 : (*above - behind) / (ids.size() + 1);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      std::uint64_t order = behind + share * (i + 1);
      if (share == 0) order = std::exchange(next_, next_ + FlowModel::kOrderStep);
      placed_[ids[i]] = order;
    }
    for (const ElementId id : ids) taken.insert(placed_.at(id));
  }

  std::optional<std::uint64_t> orderHere(const List& list, ElementId id) const {
    if (const auto found = placed_.find(id); found != placed_.end()) return found->second;
    const Component* mine = model_.find(id);
    return mine == nullptr || listOf(*mine) != list ? std::nullopt : std::optional(mine->order);
  }

  const FlowModel& model_;
  std::uint64_t next_;
  std::map<List, std::set<std::uint64_t>> taken_;
  std::unordered_map<ElementId, std::uint64_t> placed_;
};

/// What they put in another order, where we did not: changes of the order alone, or of what changes
/// anyway.
void takeTheirOrder(const FlowModel& model, const Components& known, const Components& theirs,
                    std::vector<Change>& changes) {
  using Ids = std::vector<ElementId>;
  std::map<std::pair<ElementId, ElementKind>, Ids> lists;
  for (const auto& [id, now] : theirs) {
    const Component* before = in(known, id);
    const Component* mine = model.find(id);
    if (before == nullptr || mine == nullptr || before->group != now.group ||
        mine->group != now.group)
      continue;
    lists[{now.group, now.kind}].push_back(id);
  }
  std::unordered_map<ElementId, std::size_t> places;
  for (std::size_t i = 0; i < changes.size(); ++i) places.emplace(changes[i].id(), i);
  for (auto& [list, ids] : lists) {
    const auto ordered = [&ids = ids](auto orderOf) {
      Ids sorted = ids;
      std::sort(sorted.begin(), sorted.end(),
                [&](ElementId a, ElementId b) { return orderOf(a) < orderOf(b); });
      return sorted;
    };
    const Ids now = ordered([&](ElementId id) { return theirs.at(id).order; });
    const Ids mine = ordered([&](ElementId id) { return model.find(id)->order; });
    if (now == mine || mine != ordered([&](ElementId id) { return known.at(id).order; })) continue;
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (now[i] == mine[i]) continue;
      const std::uint64_t order = model.find(mine[i])->order;
      const auto [place, isNew] = places.try_emplace(now[i], changes.size());
      if (isNew) {
        const Component& same = *model.find(now[i]);
        changes.push_back({same, same});
      }
      changes[place->second].after->order = order;
    }
  }
}

}  // namespace

Components componentsOf(const flow::Flow& flow) {
  FlowModel model;
  model.reset(flow);
  return model.components();
}

namespace {

/// A text lists properties and parameters in its own order, which means nothing.
void orderByName(Component& component) {
  const auto order = [](auto& list) {
    std::sort(list.begin(), list.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
  };
  if (flow::Processor* processor = component.processor()) order(processor->properties);
  if (auto* service = std::get_if<flow::Service>(&component.value)) order(service->properties);
  if (auto* group = std::get_if<flow::Group>(&component.value)) order(group->parameters);
}

}  // namespace

bool sameForPeople(const Component& a, const Component& b) {
  if (a.kind != b.kind || a.group != b.group) return false;
  // Nearly all of a large flow is as it was: copies to compare are made of the rest alone.
  if (a.value == b.value) return true;
  Component x = a;
  Component y = b;
  x.order = y.order = 0;
  x.element().idIsGiven = y.element().idIsGiven = false;
  for (Component* component : {&x, &y}) {
    orderByName(*component);
    // Paths are made from ids when text is written.
    if (flow::Connection* wire = component->connection()) {
      wire->from.path.clear();
      wire->to.path.clear();
    }
  }
  return x == y;
}

Components knownWith(Components known, const Components& perhaps, const Components& theirs) {
  if (perhaps.empty()) return known;
  std::set<ElementId> ids;
  for (const Components* side : {&std::as_const(known), &perhaps}) {
    for (const auto& [id, component] : *side) ids.insert(id);
  }
  for (const ElementId id : ids) {
    const Component* now = in(theirs, id);
    if (!same(in(perhaps, id), now)) continue;
    if (now == nullptr) {
      known.erase(id);
    } else {
      known.insert_or_assign(id, *now);
    }
  }
  return known;
}

Merge mergeOf(const FlowModel& model, const Components& known, const Components& theirs) {
  Merge merge;
  std::set<ElementId> ids;
  for (const Components* side : {&known, &theirs}) {
    for (const auto& [id, component] : *side) ids.insert(id);
  }
  std::vector<Change> removed;
  std::vector<Change> others;
  for (const ElementId id : ids) {
    const Component* before = in(known, id);
    const Component* now = in(theirs, id);
    const Component* mine = model.find(id);
    if (same(before, now) || same(mine, now)) continue;
    if (!same(mine, before)) {
      merge.kept.push_back(id);
      continue;
    }
    if (now == nullptr) {
      removed.push_back({*mine, std::nullopt});
    } else if (mine == nullptr) {
      others.push_back({std::nullopt, *now});
    } else {
      Component after = *now;
      after.order = mine->order;
      // Whether the id is written depends on each one's own text.
      after.element().idIsGiven = mine->element().idIsGiven;
      others.push_back({*mine, after});
    }
  }
  // A wire of ours to what they took away goes with it; what of ours is inside it, too.
  std::set<ElementId> gone;
  for (const Change& change : removed) gone.insert(change.id());
  std::unordered_set<ElementId> changed;
  for (const Change& change : others) changed.insert(change.id());
  for (bool more = true; more;) {
    more = false;
    for (const auto& [id, component] : model.components()) {
      if (id == kRootGroup || gone.contains(id)) continue;
      const flow::Connection* wire = component.connection();
      const bool lost =
          gone.contains(component.group) ||
          (wire != nullptr && (gone.contains(wire->from.id) || gone.contains(wire->to.id)));
      if (!lost) continue;
      // Unless they have led it elsewhere.
      if (changed.contains(id)) continue;
      removed.push_back({component, std::nullopt});
      gone.insert(id);
      more = true;
    }
  }
  std::stable_sort(removed.begin(), removed.end(), [&](const Change& a, const Change& b) {
    return rankOf(model.components(), *a.before) > rankOf(model.components(), *b.before);
  });
  std::stable_sort(others.begin(), others.end(), [&](const Change& a, const Change& b) {
    return std::pair(rankOf(theirs, *a.after), theirs.at(a.id()).order) <
           std::pair(rankOf(theirs, *b.after), theirs.at(b.id()).order);
  });
  takeTheirOrder(model, known, theirs, others);
  const OrderOfNew orders(model, theirs, others);
  for (Change& change : others) {
    if (OrderOfNew::isPlaced(change)) continue;
    if (!change.before) change.after->element().idIsGiven = false;
    change.after->order = orders.of(change.id());
  }
  merge.edit.changes = std::move(removed);
  merge.edit.changes.insert(merge.edit.changes.end(), others.begin(), others.end());
  return merge;
}

bool differs(const FlowModel& model, const Components& theirs) {
  if (model.components().size() != theirs.size()) return true;
  return std::any_of(theirs.begin(), theirs.end(), [&](const auto& entry) {
    return !same(model.find(entry.first), &entry.second);
  });
}

}  // namespace millrace::gui
