// SPDX-License-Identifier: Apache-2.0
#include "server/flow_store/flow_changes.h"

#include "engine/flow/links.h"
#include "engine/flow/paths.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace millrace::server {
namespace {

struct Found {
  Json* component = nullptr;
  Json* owner = nullptr;  // the group that holds it; null for the root
  std::string kind;
  std::string list;  // the key in its owner
  std::size_t index = 0;
  std::string groupPath;  // of the owner
};

constexpr const char* kRemotePort = "remote-port";

std::string textAt(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// A port of a remote group: a part of it that runs by itself.
bool searchRemote(Json& remote, const std::string& groupPath, std::string_view id, Found& found) {
  for (const char* list : {"inputs", "outputs"}) {
    const auto ports = remote.find(list);
    if (ports == remote.end() || !ports->is_array()) continue;
    for (std::size_t i = 0; i < ports->size(); ++i) {
      if (textAt((*ports)[i], "id") != id) continue;
      found = {&(*ports)[i], &remote, kRemotePort, list, i, groupPath};
      return true;
    }
  }
  return false;
}

bool search(Json& group, const std::string& groupPath, std::string_view id, Found& found) {
  for (const ComponentList& list : componentLists()) {
    const auto items = group.find(std::string(list.key));
    if (items == group.end() || !items->is_array()) continue;
    for (std::size_t i = 0; i < items->size(); ++i) {
      Json& item = (*items)[i];
      if (textAt(item, "id") == id) {
        found = {&item, &group, std::string(list.kind), std::string(list.key), i, groupPath};
        return true;
      }
      if (list.kind == "remote-group" && searchRemote(item, groupPath, id, found)) return true;
      if (list.kind == "group" &&
          search(item, flow::joinPath(groupPath, textAt(item, "name")), id, found))
        return true;
    }
  }
  return false;
}

Found locate(Json& flow, std::string_view id) {
  Found found;
  if (textAt(flow, "id") == id) {
    found.component = &flow;
    found.kind = "group";
    return found;
  }
  search(flow, "", id, found);
  return found;
}

void eraseItem(const Found& found) {
  Json& list = (*found.owner)[found.list];
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(found.index));
  if (list.empty()) found.owner->erase(found.list);
}

/// The path of an end with one of its names replaced; the old one when it means something else.
std::string renamedEnd(const std::string& end, std::span<const std::string> names,
                       const std::string& name) {
  std::vector<std::string> parts = flow::splitPath(end);
  if (parts.size() < names.size() || !std::equal(names.begin(), names.end(), parts.begin()))
    return end;
  parts[names.size() - 1] = name;
  std::string result;
  for (const std::string& part : parts) result = flow::joinPath(result, part);
  return result;
}

/// Lets the connections of a group follow a component whose way from there was `names`.
void renameEnds(Json& group, const std::vector<std::string>& names, const std::string& name,
                bool exact) {
  const auto connections = group.find("connections");
  if (connections == group.end()) return;
  for (Json& connection : *connections) {
    for (const char* side : {"from", "to"}) {
      const std::string end = textAt(connection, side);
      if (exact && flow::splitPath(end).size() != names.size()) continue;
      const std::string renamed = renamedEnd(end, names, name);
      if (renamed != end) connection[side] = renamed;
    }
  }
}

bool defines(const Json& group, std::string_view service) {
  const auto services = group.find("services");
  return services != group.end() &&
         std::any_of(services->begin(), services->end(),
                     [&](const Json& each) { return textAt(each, "name") == service; });
}

void renameServiceUses(Json& group, const std::string& from, const std::string& to,
                       const NamesService& namesService) {
  for (const char* key : {"processors", "services"}) {
    const auto items = group.find(key);
    if (items == group.end()) continue;
    for (Json& item : *items) {
      const auto properties = item.find("properties");
      if (properties == item.end()) continue;
      for (auto& [name, value] : properties->items()) {
        if (value == from && namesService(textAt(item, "type"), name)) value = to;
      }
    }
  }
  const auto groups = group.find("groups");
  if (groups == group.end()) return;
  for (Json& inner : *groups) {
    if (!defines(inner, from)) renameServiceUses(inner, from, to, namesService);
  }
}

class Changer {
 public:
  Changer(Json& flow, const NamesService& namesService)
      : flow_(flow), namesService_(namesService) {}

  std::variant<AppliedChanges, ChangeError> run(const Json& changes) {
    if (!changes.is_array()) return ChangeError{true, "'changes' must be a list of changes"};
    std::size_t number = 0;
    for (const Json& change : changes) {
      ++number;
      if (auto error = one(change)) {
        error->message = fmt::format("change {}: {}", number, error->message);
        return *std::move(error);
      }
    }
    return std::move(applied_);
  }

 private:
  using Failure = std::optional<ChangeError>;

  static Failure malformed(std::string why) { return ChangeError{true, std::move(why)}; }
  static Failure impossible(std::string why) { return ChangeError{false, std::move(why)}; }
  static Failure notThere(std::string_view what, const std::string& id) {
    return impossible(fmt::format("there is no {} {}; read the flow again", what, id));
  }

  Failure one(const Json& change) {
    if (!change.is_object()) return malformed("it is no object");
    const std::string op = textAt(change, "op");
    if (op == "create") return create(change);
    const std::string id = textAt(change, "id");
    if (op != "update" && op != "move" && op != "delete")
      return malformed("'op' must be create, update, move or delete");
    if (!idOf(id)) return malformed("'id' must be a component's id");
    applied_.touched.push_back(id);
    const Found found = locate(flow_, id);
    if (found.component == nullptr) return notThere("component", id);
    if (op == "update") return update(found, change);
    if (found.kind == kRemotePort)
      return impossible("a port is made, moved and deleted with its remote group; update that");
    if (found.owner == nullptr) return impossible("the flow's own group can only be updated");
    if (op == "delete") {
      eraseItem(found);
      return std::nullopt;
    }
    return move(found, change);
  }

  Failure create(const Json& change) {
    std::string kind = textAt(change, "kind");
    if (kind.ends_with("-port") && kind != "remote-port") kind.resize(kind.size() - 5);
    const auto lists = componentLists();
    const auto list = std::find_if(lists.begin(), lists.end(),
                                   [&](const ComponentList& each) { return each.kind == kind; });
    if (list == lists.end())
      return malformed(fmt::format("'{}' is no kind of component", textAt(change, "kind")));
    const auto value = change.find("value");
    if (value == change.end() || !value->is_object())
      return malformed("'value' must be an object with the component's keys");
    const std::string groupId = textAt(change, "group");
    const Found group = locate(flow_, groupId);
    if (group.component == nullptr || group.kind != "group") return notThere("group", groupId);
    Json component = *value;
    std::string id = textAt(component, "id");
    if (id.empty()) {
      const std::string groupPath =
          group.owner == nullptr
              ? std::string()
              : flow::joinPath(group.groupPath, textAt(*group.component, "name"));
      id = freeId(pathOf(component, kind, groupPath));
      component["id"] = id;
    } else if (!idOf(id)) {
      return malformed(fmt::format("'{}' is no id; make one like {}", id,
                                   idText(flow::ElementId(0x0123'4567'89ab'cdefULL))));
    } else if (locate(flow_, id).component != nullptr) {
      return impossible(fmt::format("there is a component {} already", id));
    }
    applied_.created.push_back(id);
    applied_.touched.push_back(id);
    (*group.component)[std::string(list->key)].push_back(std::move(component));
    return std::nullopt;
  }

  /// The one that follows from the names, unless a renamed component still has it.
  std::string freeId(const std::string& path) {
    std::string id = idText(flow::derivedId(path));
    for (int i = 2; locate(flow_, id).component != nullptr; ++i)
      id = idText(flow::derivedId(fmt::format("{}\n{}", path, i)));
    return id;
  }

  Failure update(const Found& found, const Json& change) {
    const auto value = change.find("value");
    if (value == change.end() || !value->is_object())
      return malformed("'value' must be an object with the keys to set");
    Json& component = *found.component;
    for (const auto& [key, fresh] : value->items()) {
      if (key == "id") return malformed("an id cannot be changed");
      if (key == "name" && found.kind == kRemotePort)
        return malformed("a port is renamed with its remote group; update that");
      if (isList(found.kind, key))
        return malformed(fmt::format("'{}' holds components; create, move or delete them", key));
      if (key == "name" && fresh.is_string() && found.owner != nullptr)
        rename(found, textAt(component, "name"), fresh.get<std::string>());
      // A relationship and relationships are two keys for one thing.
      if (found.kind == "connection" && key.starts_with("relationship") && !fresh.is_null())
        component.erase(key == "relationship" ? "relationships" : "relationship");
      set(component, key, fresh);
    }
    return std::nullopt;
  }

  static bool isList(const std::string& kind, const std::string& key) {
    if (kind != "group") return false;
    const auto lists = componentLists();
    return std::any_of(lists.begin(), lists.end(),
                       [&](const ComponentList& each) { return each.key == key; });
  }

  static void set(Json& component, const std::string& key, const Json& fresh) {
    if (fresh.is_null()) {
      component.erase(key);
      return;
    }
    const bool merges = key == "properties" || key == "parameters" || key == "layout";
    if (!merges || !fresh.is_object()) {
      component[key] = fresh;
      return;
    }
    Json& there = component[key];
    if (!there.is_object()) there = Json::object();
    for (const auto& [name, value] : fresh.items()) {
      if (value.is_null()) {
        there.erase(name);
      } else {
        there[name] = value;
      }
    }
    if (there.empty()) component.erase(key);
  }

  void rename(const Found& found, const std::string& from, const std::string& to) {
    if (from == to || found.kind == "connection" || found.kind == "label") return;
    if (found.kind == "service") {
      renameServiceUses(*found.owner, from, to, namesService_);
      return;
    }
    renameEnds(*found.owner, {from}, to, false);
    if (found.kind != "input" && found.kind != "output") return;
    const Found group = locate(flow_, textAt(*found.owner, "id"));
    if (group.owner != nullptr)
      renameEnds(*group.owner, {textAt(*group.component, "name"), from}, to, true);
  }

  Failure move(const Found& found, const Json& change) {
    const std::string groupId = textAt(change, "group");
    Json component = *found.component;
    const std::string list = found.list;
    eraseItem(found);  // first: a group cannot be moved into itself
    const Found group = locate(flow_, groupId);
    if (group.component == nullptr || group.kind != "group") return notThere("group", groupId);
    (*group.component)[list].push_back(std::move(component));
    return std::nullopt;
  }

  Json& flow_;
  const NamesService& namesService_;
  AppliedChanges applied_;
};

}  // namespace

std::variant<AppliedChanges, ChangeError> applyChanges(Json& flow, const Json& changes,
                                                       const NamesService& namesService) {
  return Changer(flow, namesService).run(changes);
}

const Json* findComponent(const Json& flow, std::string_view id) {
  return locate(const_cast<Json&>(flow), id).component;  // only looked at
}

std::vector<std::string> idsOf(const Json& changes) {
  std::vector<std::string> ids;
  for (const Json& change : changes) {
    std::string id = textAt(change, "id");
    if (const auto value = change.find("value"); id.empty() && value != change.end())
      id = textAt(*value, "id");
    if (!id.empty()) ids.push_back(std::move(id));
  }
  return ids;
}

}  // namespace millrace::server
