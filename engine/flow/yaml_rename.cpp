// SPDX-License-Identifier: Apache-2.0
// The rename of yaml_editor.h: the name, every reference to it, and the ids that must not change.
#include "engine/flow/elements.h"
#include "engine/flow/paths.h"
#include "engine/flow/yaml_editor.h"
#include "engine/flow/yaml_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace millrace::flow {
namespace {

// Every id with the element's path, to tell whether an edit kept them.
std::set<std::pair<std::uint64_t, std::string>> identities(const Flow& flow) {
  std::set<std::pair<std::uint64_t, std::string>> result;
  forEachElement(flow, [&](ElementKind, const std::string& path, const Element& element,
                           const Group&) { result.emplace(element.id.raw(), path); });
  return result;
}

// The reference `end` with the element at `path` renamed, seen from the group at `groupPath`.
std::string renamed(const std::string& end, const std::string& groupPath, const std::string& path,
                    const std::string& name) {
  std::vector<std::string> parts = splitPath(end);
  std::string place = groupPath;
  std::string result;
  for (const std::string& part : parts) {
    place = joinPath(place, part);
    result = joinPath(result, place == path ? name : part);
  }
  return result;
}

// A path with its leading part exchanged.
std::string moved(const std::string& path, const std::string& from, const std::string& to) {
  if (path == from) return to;
  return path.starts_with(from + "/") ? to + path.substr(from.size()) : path;
}

}  // namespace

Result<> YamlEditor::renameReferences(const std::string& path, const std::string& name) {
  std::vector<std::pair<YamlPath, std::array<std::string, 2>>> changes;
  forEachGroup(flow_, [&](const std::string& groupPath, const YamlPath& place, const Group& group) {
    for (std::size_t i = 0; i < group.connections.size(); ++i) {
      const YamlPath self = itemOf(place, "connections", i);
      const Connection& connection = group.connections[i];
      for (const bool from : {true, false}) {
        const std::string& end = from ? connection.from.path : connection.to.path;
        const std::string fresh = renamed(end, groupPath, path, name);
        if (splitPath(fresh) != splitPath(end))
          changes.push_back({self, {from ? "from" : "to", fresh}});
      }
    }
  });
  for (const auto& [self, change] : changes) MR_TRY(document_.set(self, change[0], change[1], {}));
  return Done{};
}

Result<> YamlEditor::renameServiceUses(const std::string& path, const std::string& name,
                                       const Catalog& catalog) {
  const std::vector<std::string> parts = splitPath(path);
  std::string owner;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) owner = joinPath(owner, parts[i]);
  std::vector<std::pair<YamlPath, std::string>> changes;
  const auto collect = [&](const auto& elements, const char* list, const YamlPath& place) {
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const ComponentInfo* info = catalog.find(elements[i].type);
      if (info == nullptr) continue;
      for (const Property& property : elements[i].properties) {
        const PropertyInfo* known = info->property(property.name);
        if (known == nullptr || known->kind != PropertyKind::kService ||
            property.value != parts.back())
          continue;
        YamlPath self = place;
        self.emplace_back(list);
        self.emplace_back(i);
        self.emplace_back("properties");
        changes.emplace_back(std::move(self), property.name);
      }
    }
  };
  // A service is seen in its group and inside, down to a group that has one of the same name.
  std::vector<std::string> hidden;
  forEachGroup(flow_, [&](const std::string& groupPath, const YamlPath& place, const Group& group) {
    const auto under = [&](const std::string& top) {
      return top.empty() || groupPath == top || groupPath.starts_with(top + "/");
    };
    if (!under(owner) || std::any_of(hidden.begin(), hidden.end(), under)) return;
    const bool another =
        groupPath != owner && std::any_of(group.services.begin(), group.services.end(),
                                          [&](const Service& s) { return s.name == parts.back(); });
    if (another) {
      hidden.push_back(groupPath);
      return;
    }
    collect(group.processors, "processors", place);
    collect(group.services, "services", place);
  });
  for (const auto& [self, property] : changes) MR_TRY(document_.set(self, property, name, {}));
  return Done{};
}

// Writes into `layout` what an element of a new path needs to keep its id and its place.
Result<> YamlEditor::keepIds(const std::vector<Kept>& kept) {
  YamlValue fresh = YamlValue::map();
  const YamlEntry* layout = document_.root().find("layout");
  const bool lines = layout != nullptr && !layout->value.entries.empty();
  for (const Kept& element : kept) {
    const YamlEntry* line = lines ? layout->value.find(element.oldPath) : nullptr;
    const std::string id = fmt::format("{:x}", element.id.raw());
    if (line == nullptr) {
      YamlValue value = YamlValue::bracedMap();
      value.add("id", id);
      fresh.add(element.newPath, std::move(value));
      continue;
    }
    if (line->value.find("id") == nullptr)
      MR_TRY(document_.set({std::string("layout"), element.oldPath}, "id", id,
                           keyNames(ObjectKind::kLayout)));
    MR_TRY(document_.renameKey({std::string("layout")}, element.oldPath, element.newPath));
  }
  if (fresh.entries.empty()) return Done{};
  if (!lines) return document_.set({}, "layout", fresh, keyNames(ObjectKind::kFlow));
  for (const auto& [path, value] : fresh.entries)
    MR_TRY(document_.set({std::string("layout")}, path, value, {}));
  return Done{};
}

Result<> YamlEditor::setId(const std::string& path, ElementId id) {
  return edit([&]() -> Result<> {
    MR_TRY(locate(path));
    const YamlEntry* layout = document_.root().find("layout");
    if (layout == nullptr || layout->value.find(path) == nullptr)
      return keepIds({{path, path, id}});
    return document_.set({std::string("layout"), path}, "id", fmt::format("{:x}", id.raw()),
                         keyNames(ObjectKind::kLayout));
  });
}

Result<> YamlEditor::rename(const std::string& path, const std::string& name,
                            const Catalog* catalog) {
  const Place place = MR_TRY(locate(path));
  if (place.kind == ObjectKind::kConnection)
    return Error::user("a connection is named by its ends; set its key 'from' or 'to'");
  if (place.kind == ObjectKind::kService && catalog == nullptr)
    return Error::user("who uses a service is known by the catalog only; give one");
  // Where each element will be found: walk the old flow with the new names.
  std::vector<std::string> parts = splitPath(path);
  std::string target;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) target = joinPath(target, parts[i]);
  target = joinPath(target, name);
  std::vector<Kept> kept;
  forEachGroup(flow_, [&](const std::string& groupPath, const YamlPath&, const Group& group) {
    for (const Connection& connection : group.connections) {
      Connection fresh = connection;
      fresh.from.path = renamed(connection.from.path, groupPath, path, name);
      fresh.to.path = renamed(connection.to.path, groupPath, path, name);
      Kept line{connectionPath(groupPath, connection),
                connectionPath(moved(groupPath, path, target), fresh), connection.id};
      if (line.oldPath != line.newPath) kept.push_back(std::move(line));
    }
  });
  forEachElement(std::as_const(flow_),
                 [&](ElementKind kind, const std::string& p, const Element& element, const Group&) {
                   if (kind == ElementKind::kConnection) return;
                   const std::string fresh = moved(p, path, target);
                   if (fresh != p) kept.push_back({p, fresh, element.id});
                 });
  auto expected = identities(flow_);
  for (const Kept& element : kept) expected.erase({element.id.raw(), element.oldPath});
  for (const Kept& element : kept) expected.emplace(element.id.raw(), element.newPath);
  const auto change = [&]() -> Result<> {
    if (place.isName)
      MR_TRY(document_.setItem(place.owner, place.list, place.index, name));
    else
      MR_TRY(document_.set(place.self(), "name", name, {}));
    MR_TRY(renameReferences(path, name));
    if (place.kind == ObjectKind::kService) MR_TRY(renameServiceUses(path, name, *catalog));
    return keepIds(kept);
  };
  return edit(change, [&](const Flow& flow) { return identities(flow) == expected; });
}

}  // namespace millrace::flow
