// SPDX-License-Identifier: Apache-2.0
// What turns one flow into another, component by component.
#include "server/flow_store/flow_changes.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace millrace::server {
namespace {

struct Place {
  const Json* component = nullptr;
  std::string kind;
  std::string group;  // id of the group that holds it; empty for the root
};
struct Places {
  std::map<std::string, Place, std::less<>> byId;
  std::vector<std::string> order;  // outer ones first

  const Place* find(const std::string& id) const {
    const auto found = byId.find(id);
    return found == byId.end() ? nullptr : &found->second;
  }
};

std::string idAt(const Json& json) { return json.value("id", std::string()); }

bool isList(std::string_view kind, std::string_view key) {
  const auto lists = componentLists();
  return kind == "group" &&
         std::any_of(lists.begin(), lists.end(), [&](const auto& each) { return each.key == key; });
}

void collect(const Json& json, const std::string& kind, const std::string& group, Places& places) {
  const std::string id = idAt(json);
  places.byId[id] = {&json, kind, group};
  places.order.push_back(id);
  if (kind != "group") return;
  for (const ComponentList& list : componentLists()) {
    const auto items = json.find(std::string(list.key));
    if (items == json.end()) continue;
    for (const Json& item : *items) collect(item, std::string(list.kind), id, places);
  }
}

/// The component with what is inside of it, but for what `elsewhere` has: that is moved.
Json without(const Json& json, const std::string& kind, const Places& elsewhere) {
  Json result = Json::object();
  for (const auto& [key, value] : json.items()) {
    if (!isList(kind, key)) {
      result[key] = value;
      continue;
    }
    Json items = Json::array();
    for (const Json& item : value) {
      if (elsewhere.find(idAt(item)) == nullptr)
        items.push_back(without(item, key == "groups" ? "group" : "", elsewhere));
    }
    if (!items.empty()) result[key] = std::move(items);
  }
  return result;
}

bool mergesByKey(std::string_view key) {
  return key == "properties" || key == "parameters" || key == "layout";
}

/// Keys of `after` that differ; null for those that are gone.
Json difference(const Json& before, const Json& after, std::string_view kind) {
  Json value = Json::object();
  for (const auto& [key, fresh] : after.items()) {
    if (key == "id" || isList(kind, key)) continue;
    const auto old = before.find(key);
    if (old == before.end()) {
      value[key] = fresh;
    } else if (*old != fresh) {
      value[key] = mergesByKey(key) && old->is_object() ? difference(*old, fresh, "") : fresh;
    }
  }
  for (const auto& [key, old] : before.items()) {
    if (key == "id" || isList(kind, key) || after.contains(key)) continue;
    // The other spelling of the same thing takes its place.
    if (kind == "connection" && key.starts_with("relationship") &&
        (after.contains("relationship") || after.contains("relationships")))
      continue;
    value[key] = nullptr;
  }
  return value;
}

}  // namespace

Json changesBetween(const Json& before, const Json& after) {
  Places old;
  Places fresh;
  collect(before, "group", "", old);
  collect(after, "group", "", fresh);
  Json changes = Json::array();
  for (const std::string& id : fresh.order) {
    const Place& place = *fresh.find(id);
    const bool withItsGroup = old.find(place.group) == nullptr;  // created with that
    if (old.find(id) != nullptr || withItsGroup) continue;
    changes.push_back({{"op", "create"},
                       {"kind", place.kind},
                       {"group", place.group},
                       {"value", without(*place.component, place.kind, old)}});
  }
  for (const std::string& id : fresh.order) {
    const Place* const was = old.find(id);
    if (was != nullptr && was->group != fresh.find(id)->group)
      changes.push_back({{"op", "move"}, {"id", id}, {"group", fresh.find(id)->group}});
  }
  // Connections last: what they refer to has its final name then.
  for (const bool connections : {false, true}) {
    for (const std::string& id : fresh.order) {
      const Place* const was = old.find(id);
      const Place& now = *fresh.find(id);
      if (was == nullptr || (now.kind == "connection") != connections) continue;
      Json value = difference(*was->component, *now.component, now.kind);
      if (!value.empty())
        changes.push_back({{"op", "update"}, {"id", id}, {"value", std::move(value)}});
    }
  }
  for (const std::string& id : old.order) {
    const Place& place = *old.find(id);
    const bool withItsGroup = !place.group.empty() && fresh.find(place.group) == nullptr;
    if (fresh.find(id) == nullptr && !withItsGroup)
      changes.push_back({{"op", "delete"}, {"id", id}});
  }
  return changes;
}

}  // namespace millrace::server
