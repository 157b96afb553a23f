// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/yaml_editor.h"

#include "engine/flow/elements.h"
#include "engine/flow/paths.h"
#include "engine/flow/yaml_places.h"
#include "engine/flow/yaml_reader.h"
#include "engine/flow/yaml_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace millrace::flow {
namespace {

struct ListKey {
  std::string_view name;
  ObjectKind kind;
};
constexpr std::array<ListKey, 8> kLists{{
    {"services", ObjectKind::kService},
    {"inputs", ObjectKind::kPort},
    {"outputs", ObjectKind::kPort},
    {"funnels", ObjectKind::kFunnel},
    {"labels", ObjectKind::kLabel},
    {"processors", ObjectKind::kProcessor},
    {"remote-groups", ObjectKind::kRemoteGroup},
    {"groups", ObjectKind::kGroup},
}};

std::string nameOf(const YamlNode& item) {
  if (item.isScalar()) return item.text;
  const YamlEntry* name = item.find("name");
  return name == nullptr ? std::string{} : name->value.text;
}

Error missing(const std::string& path) {
  return Error::user(
      fmt::format("there is no '{}' in the flow; name an element by its path", path));
}

}  // namespace

YamlPath YamlEditor::Place::self() const { return itemOf(owner, list, index); }

Result<YamlEditor> YamlEditor::open(std::string text) {
  const ReadFlow read = readFlow(text);
  if (!read.ok()) return orError(read, "").error();
  YamlEditor editor(MR_TRY(YamlDocument::open(std::move(text))));
  editor.flow_ = read.flow;
  return editor;
}

// Runs a change on the document, commits it, and takes all of it back if it fails anywhere or the
// outcome is no good flow.
Result<> YamlEditor::edit(const std::function<Result<>()>& change,
                          const std::function<bool(const Flow&)>& isRight) {
  YamlDocument before = document_;
  const auto attempt = [&]() -> Result<> {
    MR_TRY(change());
    MR_TRY(document_.commit());
    Flow flow = MR_TRY(orError(readFlow(document_.root()), ""));
    if (isRight && !isRight(flow))
      return Error::bug("the edit would have changed more than it should; nothing was changed");
    flow_ = std::move(flow);
    return Done{};
  };
  Result<> result = attempt();
  if (!result.ok()) document_ = std::move(before);
  return result;
}

Result<YamlEditor::Place> YamlEditor::locate(const std::string& path) const {
  Place place;
  bool found = false;
  forEachGroup(flow_, [&](const std::string& groupPath, const YamlPath& owner, const Group& group) {
    for (std::size_t i = 0; !found && i < group.connections.size(); ++i) {
      if (connectionPath(groupPath, group.connections[i]) != path) continue;
      place = {owner, "connections", i, ObjectKind::kConnection, false};
      found = true;
    }
  });
  if (found) return place;
  const std::vector<std::string> names = splitPath(path);
  YamlPath owner;
  for (std::size_t depth = 0; depth < names.size(); ++depth) {
    const YamlNode* node = document_.find(owner);
    found = false;
    const bool inRemote = depth > 0 && place.kind == ObjectKind::kRemoteGroup;
    for (const ListKey& list : kLists) {
      const YamlEntry* entry = node == nullptr ? nullptr : node->find(list.name);
      if (entry == nullptr || found) continue;
      for (std::size_t i = 0; i < entry->value.items.size() && !found; ++i) {
        if (nameOf(entry->value.items[i]) != names[depth]) continue;
        place = {owner, std::string(list.name), i, inRemote ? ObjectKind::kRemotePort : list.kind,
                 entry->value.items[i].isScalar()};
        found = true;
      }
    }
    if (!found) return missing(path);
    owner = place.self();
  }
  return place;
}

// The mapping of an element; a name alone becomes a mapping first.
Result<YamlPath> YamlEditor::locateMap(const std::string& path, ObjectKind& kind) {
  if (path.empty()) {
    kind = ObjectKind::kFlow;
    return YamlPath{};
  }
  const Place place = MR_TRY(locate(path));
  kind = place.kind;
  if (place.isName) {
    YamlValue map = YamlValue::bracedMap();
    map.add("name", document_.find(place.self())->text);
    MR_TRY(document_.setItem(place.owner, place.list, place.index, map));
    MR_TRY(document_.commit());
  }
  return place.self();
}

Result<> YamlEditor::setProperty(const std::string& path, const std::string& name,
                                 const std::string& value) {
  return edit([&]() -> Result<> {
    ObjectKind kind{};
    YamlPath map = MR_TRY(locateMap(path, kind));
    if (keyRank(kind, "properties") == keysOf(kind).size())
      return Error::user(
          fmt::format("'{}' has no properties; name a processor or a service", path));
    const YamlEntry* properties = document_.find(map)->find("properties");
    Result<> done = Done{};
    if (properties == nullptr || properties->value.entries.empty()) {
      YamlValue values = YamlValue::map();
      values.inBraces = document_.find(map)->flowStyle;
      values.add(name, value);
      done = document_.set(map, "properties", values, keyNames(kind));
    } else {
      map.emplace_back("properties");
      done = document_.set(map, name, value, {});
    }
    MR_TRY(std::move(done));
    return Done{};
  });
}

Result<> YamlEditor::removeProperty(const std::string& path, const std::string& name) {
  return edit([&]() -> Result<> {
    ObjectKind kind{};
    YamlPath map = MR_TRY(locateMap(path, kind));
    const YamlEntry* properties = document_.find(map)->find("properties");
    if (properties == nullptr || properties->value.find(name) == nullptr)
      return Error::user(
          fmt::format("'{}' does not set the property '{}'; nothing to do", path, name));
    if (properties->value.entries.size() == 1) {
      MR_TRY(document_.remove(map, "properties"));
    } else {
      map.emplace_back("properties");
      MR_TRY(document_.remove(map, name));
    }
    return Done{};
  });
}

Result<> YamlEditor::setKey(const std::string& path, const std::string& key,
                            const YamlValue& value) {
  if (key == "name" && !path.empty()) return rename(path, value.text);
  return edit([&]() -> Result<> {
    const Place place = path.empty() ? Place{} : MR_TRY(locate(path));
    ObjectKind kind{};
    const YamlPath map = MR_TRY(locateMap(path, kind));
    if (keyRank(kind, key) == keysOf(kind).size())
      return Error::user(fmt::format("'{}' is no key of a {}; see docs/flow-format.md", key,
                                     flow::objectName(kind)));
    // One relationship and several are two keys for one thing.
    const std::string other = key == "relationship" ? "relationships" : "relationship";
    if (kind == ObjectKind::kConnection && key.starts_with("relationship") &&
        document_.find(map)->find(other) != nullptr) {
      MR_TRY(document_.renameKey(map, other, key));
      MR_TRY(document_.commit());
    }
    std::vector<Kept> kept;
    if (kind == ObjectKind::kConnection) {
      forEachElement(std::as_const(flow_),
                     [&](ElementKind, const std::string& p, const Element& element, const Group&) {
                       if (p == path) kept.push_back({path, path, element.id});
                     });
    }
    MR_TRY(document_.set(map, key, value, keyNames(kind)));
    if (kept.empty()) return Done{};
    // New ends, or new relationships, mean a new path: the id must stay.
    MR_TRY(document_.commit());
    const Flow changed = MR_TRY(orError(readFlow(document_.root()), ""));
    forEachGroup(changed,
                 [&](const std::string& groupPath, const YamlPath& owner, const Group& group) {
                   if (owner == place.owner)
                     kept[0].newPath = connectionPath(groupPath, group.connections[place.index]);
                 });
    if (kept[0].newPath != path) MR_TRY(keepIds(kept));
    return Done{};
  });
}

Result<> YamlEditor::removeKey(const std::string& path, const std::string& key) {
  return edit([&]() -> Result<> {
    ObjectKind kind{};
    const YamlPath map = MR_TRY(locateMap(path, kind));
    MR_TRY(document_.remove(map, key));
    return Done{};
  });
}

Result<> YamlEditor::append(const std::string& groupPath, const std::string& list,
                            const YamlValue& item) {
  return edit([&]() -> Result<> {
    ObjectKind kind{};
    const YamlPath map = MR_TRY(locateMap(groupPath, kind));
    if (kind != ObjectKind::kFlow && kind != ObjectKind::kGroup) return missing(groupPath);
    MR_TRY(document_.append(map, list, item, keyNames(kind)));
    return Done{};
  });
}

Result<> YamlEditor::add(const std::string& groupPath, const Processor& processor) {
  return append(groupPath, "processors", yamlOf(processor));
}
Result<> YamlEditor::add(const std::string& groupPath, const Service& service) {
  return append(groupPath, "services", yamlOf(service));
}
Result<> YamlEditor::add(const std::string& groupPath, const Connection& connection) {
  const Group* group = findGroup(flow_, groupPath);
  if (group == nullptr) return missing(groupPath);
  return append(groupPath, "connections", yamlOf(connection, *group));
}
Result<> YamlEditor::add(const std::string& groupPath, const Funnel& funnel) {
  return append(groupPath, "funnels", yamlOf(funnel));
}
Result<> YamlEditor::add(const std::string& groupPath, const Label& label) {
  return append(groupPath, "labels", yamlOf(label));
}
Result<> YamlEditor::add(const std::string& groupPath, const RemoteGroup& remote) {
  return append(groupPath, "remote-groups", yamlOf(remote));
}
Result<> YamlEditor::add(const std::string& groupPath, const Group& group) {
  return append(groupPath, "groups", yamlOf(group));
}
Result<> YamlEditor::addInput(const std::string& groupPath, const Port& port) {
  return append(groupPath, "inputs", yamlOf(port));
}
Result<> YamlEditor::addOutput(const std::string& groupPath, const Port& port) {
  return append(groupPath, "outputs", yamlOf(port));
}

Result<> YamlEditor::remove(const std::string& path) {
  return edit([&]() -> Result<> {
    const Place place = MR_TRY(locate(path));
    MR_TRY(document_.removeItem(place.owner, place.list, place.index));
    // With a group go the lines of all that was inside.
    if (const YamlEntry* layout = document_.root().find("layout")) {
      std::vector<std::string> gone;
      for (const YamlEntry& line : layout->value.entries) {
        const bool inside =
            place.kind != ObjectKind::kConnection && line.key.text.starts_with(path + "/");
        if (line.key.text == path || inside) gone.push_back(line.key.text);
      }
      if (!gone.empty() && gone.size() == layout->value.entries.size()) {
        MR_TRY(document_.remove({}, "layout"));
      } else {
        // One commit for each: neighbours in braces share a comma.
        for (const std::string& line : gone) {
          MR_TRY(document_.commit());
          MR_TRY(document_.remove({std::string("layout")}, line));
        }
      }
    }
    return Done{};
  });
}

Result<> YamlEditor::setLayout(const std::string& path, const Layout& layout) {
  return edit([&]() -> Result<> {
    Element changed;
    bool found = false;
    forEachElement(std::as_const(flow_),
                   [&](ElementKind, const std::string& p, const Element& element, const Group&) {
                     if (p != path) return;
                     changed = element;
                     found = true;
                   });
    if (!found) return missing(path);
    if (!canBeKey(path)) return Done{};  // as writeFlow()
    changed.layout = layout;
    const YamlValue line = layoutOf(changed);
    const YamlEntry* block = document_.root().find("layout");
    const bool there = block != nullptr && block->value.find(path) != nullptr;
    if (line.entries.empty()) {
      if (!there) return Done{};
      MR_TRY(block->value.entries.size() == 1 ? document_.remove({}, "layout")
                                              : document_.remove({std::string("layout")}, path));
    } else if (block == nullptr || block->value.entries.empty()) {
      YamlValue lines = YamlValue::map();
      lines.add(path, line);
      MR_TRY(document_.set({}, "layout", lines, keyNames(ObjectKind::kFlow)));
    } else {
      MR_TRY(document_.set({std::string("layout")}, path, line, {}));
    }
    return Done{};
  });
}

}  // namespace millrace::flow
