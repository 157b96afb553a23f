// SPDX-License-Identifier: Apache-2.0
#include "gui/net/flow_merge.h"

#include <algorithm>
#include <set>

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

}  // namespace

Components componentsOf(const flow::Flow& flow) {
  FlowModel model;
  model.reset(flow);
  return model.components();
}

bool sameForPeople(const Component& a, const Component& b) {
  if (a.kind != b.kind || a.group != b.group) return false;
  Component x = a;
  Component y = b;
  x.order = y.order = 0;
  x.element().idIsGiven = y.element().idIsGiven = false;
  for (Component* component : {&x, &y}) {
    // Paths are made from ids when text is written.
    if (flow::Connection* wire = component->connection()) {
      wire->from.path.clear();
      wire->to.path.clear();
    }
  }
  return x == y;
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
      others.push_back({*mine, after});
    }
  }
  // A wire of ours to what they took away goes with it; what of ours is inside it, too.
  std::set<ElementId> gone;
  for (const Change& change : removed) gone.insert(change.id());
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
      const auto led =
          std::find_if(others.begin(), others.end(),
                       [&, at = id](const Change& change) { return change.id() == at; });
      if (led != others.end()) continue;
      removed.push_back({component, std::nullopt});
      gone.insert(id);
      more = true;
    }
  }
  std::stable_sort(removed.begin(), removed.end(), [&](const Change& a, const Change& b) {
    return rankOf(model.components(), *a.before) > rankOf(model.components(), *b.before);
  });
  std::stable_sort(others.begin(), others.end(), [&](const Change& a, const Change& b) {
    return rankOf(theirs, *a.after) < rankOf(theirs, *b.after);
  });
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
