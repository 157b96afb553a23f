// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/yaml_merge.h"

#include "engine/flow/diff.h"
#include "engine/flow/elements.h"
#include "engine/flow/keys.h"
#include "engine/flow/yaml_document.h"
#include "engine/flow/yaml_places.h"
#include "engine/flow/yaml_reader.h"
#include "engine/flow/yaml_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace millrace::flow {
namespace {

using Paths = std::map<ElementId, std::string>;

template <typename Element>
YamlValue valueOf(const Element& element, const Group&) {
  return yamlOf(element);
}
YamlValue valueOf(const Connection& connection, const Group& group) {
  return yamlOf(connection, group);
}

/// The lists of a group that hold elements, with their keys.
template <typename Visit>
Result<> forEachList(Visit&& visit) {
  MR_TRY(visit("services", ObjectKind::kService, &Group::services));
  MR_TRY(visit("inputs", ObjectKind::kPort, &Group::inputs));
  MR_TRY(visit("outputs", ObjectKind::kPort, &Group::outputs));
  MR_TRY(visit("funnels", ObjectKind::kFunnel, &Group::funnels));
  MR_TRY(visit("labels", ObjectKind::kLabel, &Group::labels));
  MR_TRY(visit("processors", ObjectKind::kProcessor, &Group::processors));
  MR_TRY(visit("remote-groups", ObjectKind::kRemoteGroup, &Group::remoteGroups));
  MR_TRY(visit("connections", ObjectKind::kConnection, &Group::connections));
  MR_TRY(visit("groups", ObjectKind::kGroup, &Group::groups));
  return Done{};
}

/// Keys that hold elements with an identity of their own, which are merged one by one.
bool holdsElements(ObjectKind kind, std::string_view key) {
  if (kind != ObjectKind::kGroup && kind != ObjectKind::kFlow) return false;
  return key == "services" || key == "inputs" || key == "outputs" || key == "funnels" ||
         key == "labels" || key == "processors" || key == "remote-groups" || key == "connections" ||
         key == "groups";
}

bool mergesByKey(std::string_view key) { return key == "properties" || key == "parameters"; }

template <typename Elements>
auto byId(Elements& elements, ElementId id) -> decltype(elements.data()) {
  const auto found = std::find_if(elements.begin(), elements.end(),
                                  [&](const auto& element) { return element.id == id; });
  return found == elements.end() ? nullptr : &*found;
}

class Merge {
 public:
  Merge(YamlDocument document, Flow old, const Flow& wanted)
      : document_(std::move(document)), shadow_(std::move(old)), wanted_(wanted) {
    forEachElement(std::as_const(shadow_),
                   [&](ElementKind, const std::string& path, const Element& element, const Group&) {
                     oldPaths_[element.id] = path;
                   });
  }

  Result<std::string> run() {
    MR_TRY(changeRoot());
    MR_TRY(changeGroup({}, shadow_.root, wanted_.root));
    MR_TRY(settle());
    MR_TRY(removeFrom({}, shadow_.root, wanted_.root));
    MR_TRY(addTo({}, shadow_.root, wanted_.root));
    MR_TRY(mergeLayout());
    MR_TRY(check());
    return document_.text();
  }

 private:
  // -- edits, several to a commit as long as they concern different mappings
  Result<> settle() {
    touched_.clear();
    return document_.commit();
  }
  Result<> touch(const YamlPath& map) {
    const bool fresh = std::find(touched_.begin(), touched_.end(), map) == touched_.end();
    if (!fresh) MR_TRY(settle());
    touched_.push_back(map);
    return Done{};
  }

  /// Brings one mapping from what `before` says to what `after` says.
  Result<> changeMap(const YamlPath& map, ObjectKind kind, YamlValue before, YamlValue after) {
    for (auto& [key, value] : after.entries) {
      if (holdsElements(kind, key)) continue;
      YamlValue* old = before.find(key);
      if (old != nullptr && old->sameAs(value)) continue;
      MR_TRY(setKey(map, kind, key, old, value));
    }
    for (auto& [key, value] : before.entries) {
      if (holdsElements(kind, key) || after.find(key) != nullptr) continue;
      if (document_.find(map)->find(key) == nullptr) continue;  // it became `relationships`
      MR_TRY(touch(map));
      MR_TRY(document_.remove(map, key));
    }
    return Done{};
  }

  Result<> setKey(const YamlPath& map, ObjectKind kind, const std::string& key, YamlValue* old,
                  YamlValue& value) {
    const YamlNode* node = document_.find(map);
    const YamlEntry* entry = node->find(key);
    if (mergesByKey(key) && old != nullptr && entry != nullptr && entry->value.isMap() &&
        !entry->value.entries.empty() && !value.entries.empty()) {
      YamlPath inner = map;
      inner.emplace_back(key);
      return changeEntries(inner, *old, value);
    }
    // One relationship and several are two keys for one thing.
    const std::string other = key == "relationship" ? "relationships" : "relationship";
    if (kind == ObjectKind::kConnection && key.starts_with("relationship") &&
        node->find(other) != nullptr) {
      MR_TRY(touch(map));
      MR_TRY(document_.renameKey(map, other, key));
      MR_TRY(settle());
    }
    MR_TRY(touch(map));
    value.inBraces = value.inBraces || document_.find(map)->flowStyle;
    return document_.set(map, key, value, keyNames(kind));
  }

  Result<> changeEntries(const YamlPath& map, YamlValue& before, YamlValue& after) {
    for (auto& [key, value] : after.entries) {
      const YamlValue* old = before.find(key);
      if (old != nullptr && old->sameAs(value)) continue;
      MR_TRY(touch(map));
      MR_TRY(document_.set(map, key, value, {}));
    }
    for (auto& [key, value] : before.entries) {
      if (after.find(key) != nullptr) continue;
      MR_TRY(touch(map));
      MR_TRY(document_.remove(map, key));
    }
    return Done{};
  }

  // -- what stays where it is
  Result<> changeRoot() {
    YamlValue before = yamlOf(shadow_.root);
    YamlValue after = yamlOf(wanted_.root);
    *before.find("name") = shadow_.name;
    *after.find("name") = wanted_.name;
    const auto contexts = [](const Flow& flow) {
      YamlValue list = YamlValue::list();
      for (const ParameterContext& context : flow.parameterContexts)
        list.items.push_back(yamlOf(context));
      return list;
    };
    if (!shadow_.parameterContexts.empty()) before.add("parameter-contexts", contexts(shadow_));
    if (!wanted_.parameterContexts.empty()) after.add("parameter-contexts", contexts(wanted_));
    return changeMap({}, ObjectKind::kFlow, std::move(before), std::move(after));
  }

  Result<> changeGroup(const YamlPath& place, Group& old, const Group& wanted) {
    return forEachList([&](const char* key, ObjectKind kind, auto list) -> Result<> {
      auto& before = old.*list;
      for (const auto& element : wanted.*list) {
        auto* same = byId(before, element.id);
        if (same == nullptr) continue;
        const auto index = static_cast<std::size_t>(same - before.data());
        MR_TRY(changeElement(itemOf(place, key, index), place, key, index, kind,
                             valueOf(*same, old), valueOf(element, wanted)));
        if constexpr (std::is_same_v<std::decay_t<decltype(element)>, Group>) {
          MR_TRY(changeGroup(itemOf(place, key, index), *same, element));
        }
      }
      return Done{};
    });
  }

  Result<> changeElement(const YamlPath& map, const YamlPath& owner, const std::string& list,
                         std::size_t index, ObjectKind kind, const YamlValue& before,
                         const YamlValue& after) {
    if (before.sameAs(after)) return Done{};
    const auto asMap = [](const YamlValue& value) {
      if (value.kind != YamlValue::Kind::kText) return value;
      YamlValue named = YamlValue::bracedMap();
      named.add("name", value);
      return named;
    };
    if (document_.find(map)->isScalar()) {  // a port or funnel written as its name alone
      MR_TRY(settle());
      MR_TRY(document_.setItem(owner, list, index, after));
      return settle();
    }
    return changeMap(map, kind, asMap(before), asMap(after));
  }

  // -- what goes
  Result<> removeFrom(const YamlPath& place, Group& old, const Group& wanted) {
    return forEachList([&](const char* key, ObjectKind, auto list) -> Result<> {
      auto& before = old.*list;
      const auto& after = wanted.*list;
      for (std::size_t index = before.size(); index-- > 0;) {
        const auto* same = byId(after, before[index].id);
        if (same == nullptr) {
          MR_TRY(document_.removeItem(place, key, index));
          MR_TRY(settle());
          before.erase(before.begin() + static_cast<std::ptrdiff_t>(index));
          continue;
        }
        if constexpr (std::is_same_v<std::decay_t<decltype(*same)>, Group>) {
          MR_TRY(removeFrom(itemOf(place, key, index), before[index], *same));
        }
      }
      return Done{};
    });
  }

  // -- what comes
  Result<> addTo(const YamlPath& place, Group& old, const Group& wanted) {
    const ObjectKind owner = place.empty() ? ObjectKind::kFlow : ObjectKind::kGroup;
    return forEachList([&](const char* key, ObjectKind, auto list) -> Result<> {
      auto& before = old.*list;
      for (const auto& element : wanted.*list) {
        if (auto* same = byId(before, element.id)) {
          if constexpr (std::is_same_v<std::decay_t<decltype(element)>, Group>) {
            const auto index = static_cast<std::size_t>(same - before.data());
            MR_TRY(addTo(itemOf(place, key, index), *same, element));
          }
          continue;
        }
        MR_TRY(document_.append(place, key, valueOf(element, wanted), keyNames(owner)));
        MR_TRY(settle());
        before.push_back(element);
      }
      return Done{};
    });
  }

  // -- the block that the machine keeps
  Result<> mergeLayout() {
    Paths paths;
    std::map<std::string, YamlValue> lines;  // by the new path
    std::map<std::string, ElementId> owners;
    forEachElement(wanted_,
                   [&](ElementKind, const std::string& path, const Element& element, const Group&) {
                     paths[element.id] = path;
                     owners[path] = element.id;
                     YamlValue line = layoutOf(element);
                     if (!line.entries.empty() && canBeKey(path))
                       lines.emplace(path, std::move(line));
                   });
    std::set<std::string> gone;
    std::map<std::string, std::string> renamed;  // from the old path to the new one
    for (const auto& [id, path] : oldPaths_) {
      if (layoutLine(path) == nullptr) continue;
      const auto now = paths.find(id);
      if (now == paths.end() || !lines.contains(now->second)) {
        gone.insert(path);
      } else {
        renamed[path] = now->second;
      }
    }
    MR_TRY(removeLines(gone));
    std::set<std::string> there;
    for (const auto& [from, to] : renamed) {
      there.insert(to);
      const YamlNode* line = layoutLine(from);
      if (!millrace::flow::valueOf(*line).sameAs(lines.at(to)))
        MR_TRY(document_.set({std::string("layout")}, from, lines.at(to), {}));
      if (from != to) MR_TRY(document_.renameKey({std::string("layout")}, from, to));
    }
    MR_TRY(settle());
    YamlValue fresh = YamlValue::map();
    for (const auto& [path, line] : lines) {
      if (!there.contains(path)) fresh.add(path, line);
    }
    if (fresh.entries.empty()) return Done{};
    const YamlEntry* block = document_.root().find("layout");
    if (block == nullptr || block->value.entries.empty()) {
      MR_TRY(document_.set({}, "layout", fresh, keyNames(ObjectKind::kFlow)));
    } else {
      for (const auto& [path, line] : fresh.entries)
        MR_TRY(document_.set({std::string("layout")}, path, line, {}));
    }
    return settle();
  }

  const YamlNode* layoutLine(const std::string& path) const {
    const YamlEntry* block = document_.root().find("layout");
    const YamlEntry* line = block == nullptr ? nullptr : block->value.find(path);
    return line == nullptr ? nullptr : &line->value;
  }

  Result<> removeLines(const std::set<std::string>& gone) {
    if (gone.empty()) return Done{};
    const YamlEntry* block = document_.root().find("layout");
    if (gone.size() == block->value.entries.size()) {
      MR_TRY(document_.remove({}, "layout"));
      return settle();
    }
    const bool inBraces = block->value.flowStyle;
    for (const std::string& path : gone) {
      MR_TRY(document_.remove({std::string("layout")}, path));
      if (inBraces) MR_TRY(settle());  // neighbours share a comma
    }
    return settle();
  }

  Result<> check() const {
    const ReadFlow read = readFlow(document_.root());
    if (!read.ok()) return orError(read, "").error();
    const auto ids = [](const Flow& flow) {
      std::map<std::string, ElementId> result;
      forEachElement(flow, [&](ElementKind, const std::string& path, const Element& element,
                               const Group&) { result[path] = element.id; });
      return result;
    };
    const auto differences = diffFlows(read.flow, wanted_);
    if (differences.empty() && ids(read.flow) == ids(wanted_)) return Done{};
    return Error::bug(
        fmt::format("the flow file cannot be changed in place ({}); change it by hand",
                    differences.empty() ? "an id would be lost" : differences.front().text));
  }

  YamlDocument document_;
  Flow shadow_;  // what the text says, list by list, while it is being changed
  const Flow& wanted_;
  Paths oldPaths_;
  std::vector<YamlPath> touched_;
};

}  // namespace

Result<std::string> mergeFlow(std::string text, const Flow& wanted) {
  ReadFlow read = readFlow(text);
  if (!read.ok()) return orError(std::move(read), "").error();
  YamlDocument document = MR_TRY(YamlDocument::open(std::move(text)));
  return Merge(std::move(document), std::move(read.flow), wanted).run();
}

}  // namespace millrace::flow
