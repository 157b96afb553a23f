// SPDX-License-Identifier: Apache-2.0
#include "server/rest/flow_places.h"

#include "engine/flow/paths.h"

#include <nlohmann/json.hpp>

namespace millrace::server {
namespace {

std::string textAt(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

FlowPlaces::FlowPlaces(const Json& flow) { add(flow, "", {}); }

void FlowPlaces::add(const Json& group, const std::string& path, std::vector<std::string> way) {
  const std::string id = textAt(group, "id");
  const std::vector<std::string>* const owner =
      way.empty() ? nullptr : &ways_.find(way.back())->second;
  way.push_back(id);
  const std::vector<std::string>& own = ways_.emplace(id, std::move(way)).first->second;
  places_[id] = {&own, owner == nullptr ? &own : owner};
  byPath_[path] = &own;
  for (const ComponentList& list : componentLists()) {
    const auto items = group.find(std::string(list.key));
    if (items == group.end() || !items->is_array()) continue;
    for (const Json& item : *items) {
      if (list.kind == "group")
        add(item, flow::joinPath(path, textAt(item, "name")), own);
      else
        places_[textAt(item, "id")] = {&own, &own};
    }
  }
}

const std::vector<std::string>* FlowPlaces::way(std::string_view id) const {
  const auto found = places_.find(id);
  return found == places_.end() ? nullptr : found->second.way;
}

const std::vector<std::string>* FlowPlaces::wayOfOwner(std::string_view id) const {
  const auto found = places_.find(id);
  return found == places_.end() ? nullptr : found->second.owner;
}

const std::vector<std::string>& FlowPlaces::wayOfPath(const std::string& path) const {
  std::string known;
  const std::vector<std::string>* way = byPath_.at("");
  for (const std::string& name : flow::splitPath(path)) {
    known = flow::joinPath(known, name);
    const auto found = byPath_.find(known);
    if (found == byPath_.end()) break;
    way = found->second;
  }
  return *way;
}

const std::vector<std::string>* FlowPlaces::wayOfComponent(const std::string& path) const {
  std::vector<std::string> names = flow::splitPath(path);
  if (names.empty()) return nullptr;
  names.pop_back();
  std::string group;
  for (const std::string& name : names) group = flow::joinPath(group, name);
  const auto found = byPath_.find(group);
  return found == byPath_.end() ? nullptr : found->second;
}

}  // namespace millrace::server
