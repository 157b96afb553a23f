// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/yaml_merge.h"

#include "engine/flow/diff.h"
#include "engine/flow/elements.h"
#include "engine/flow/keys.h"
#include "engine/flow/yaml_contexts.h"
#include "engine/flow/yaml_document.h"
#include "engine/flow/yaml_places.h"
#include "engine/flow/yaml_reader.h"
#include "engine/flow/yaml_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

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

/// Where each element stands in its list.
using Places = std::unordered_map<ElementId, std::size_t>;

template <typename Elements>
Places placesOf(const Elements& elements) {
  Places places;
  for (std::size_t i = 0; i < elements.size(); ++i) places.emplace(elements[i].id, i);
  return places;
}

std::optional<std::size_t> in(const Places& places, ElementId id) {
  const auto found = places.find(id);
  return found == places.end() ? std::nullopt : std::optional(found->second);
}

/// The block of an opened document, by path.
using LayoutLines = std::unordered_map<std::string, const YamlNode*>;

LayoutLines layoutLines(const YamlDocument& document) {
  LayoutLines lines;
  const YamlEntry* block = document.root().find("layout");
  if (block == nullptr) return lines;
  for (const YamlEntry& line : block->value.entries) lines.emplace(line.key.text, &line.value);
  return lines;
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
    return document_.text();
  }

 private:
  // -- edits, several to a commit as long as they concern different mappings
  Result<> settle() {
    touched_.clear();
    return document_.commit();
  }
  Result<> touch(const YamlPath& map) {
    if (touched_.contains(map)) MR_TRY(settle());
    touched_.insert(map);
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
    return changeMap({}, ObjectKind::kFlow, std::move(before), std::move(after));
  }

  Result<> changeGroup(const YamlPath& place, Group& old, const Group& wanted) {
    return forEachList([&](const char* key, ObjectKind kind, auto list) -> Result<> {
      auto& before = old.*list;
      const Places places = placesOf(before);
      for (const auto& element : wanted.*list) {
        const auto index = in(places, element.id);
        if (!index) continue;
        MR_TRY(changeElement(itemOf(place, key, *index), place, key, *index, kind,
                             valueOf(before[*index], old), valueOf(element, wanted)));
        if constexpr (std::is_same_v<std::decay_t<decltype(element)>, Group>) {
          MR_TRY(changeGroup(itemOf(place, key, *index), before[*index], element));
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
      const Places places = placesOf(after);
      for (std::size_t index = before.size(); index-- > 0;) {
        const auto stays = in(places, before[index].id);
        if (!stays) {
          MR_TRY(document_.removeItem(place, key, index));
          MR_TRY(settle());
          before.erase(before.begin() + static_cast<std::ptrdiff_t>(index));
          continue;
        }
        if constexpr (std::is_same_v<std::decay_t<decltype(after[0])>, Group>) {
          MR_TRY(removeFrom(itemOf(place, key, index), before[index], after[*stays]));
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
      const Places places = placesOf(before);
      for (const auto& element : wanted.*list) {
        if (const auto index = in(places, element.id)) {
          if constexpr (std::is_same_v<std::decay_t<decltype(element)>, Group>) {
            MR_TRY(settle());  // what comes into it ends where it ends
            MR_TRY(addTo(itemOf(place, key, *index), before[*index], element));
          }
          continue;
        }
        MR_TRY(document_.append(place, key, valueOf(element, wanted), keyNames(owner)));
        if (before.empty()) MR_TRY(settle());  // the list is there only now
        before.push_back(element);
      }
      return settle();
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
    std::map<std::string, std::string> kept;  // from the old path to the new one
    LayoutLines there = layoutLines(document_);
    for (const auto& [id, path] : oldPaths_) {
      if (!there.contains(path)) continue;
      const auto now = paths.find(id);
      if (now == paths.end() || !lines.contains(now->second)) {
        gone.insert(path);
      } else {
        kept[path] = now->second;
      }
    }
    MR_TRY(removeLines(gone));
    MR_TRY(makeRoom(kept));
    there = layoutLines(document_);
    for (const auto& [from, to] : kept) {
      if (!millrace::flow::valueOf(*there.at(from)).sameAs(lines.at(to)))
        MR_TRY(document_.set({std::string("layout")}, from, lines.at(to), {}));
    }
    MR_TRY(settle());
    for (const auto& [from, to] : kept) {
      if (from != to) MR_TRY(document_.renameKey({std::string("layout")}, from, to));
    }
    MR_TRY(settle());
    there = layoutLines(document_);
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

  /// A line whose new path is that of another line goes out of its way first: names can be
  /// exchanged.
  Result<> makeRoom(std::map<std::string, std::string>& kept) {
    std::map<std::string, std::string> moved;
    for (const auto& [from, to] : kept) {
      if (from != to && kept.contains(to)) moved.emplace(from, to);
    }
    int spare = 0;
    for (const auto& [from, to] : moved) {
      const std::string aside = fmt::format("\x7f{}", ++spare);  // no name has it
      MR_TRY(document_.renameKey({std::string("layout")}, from, aside));
      kept.erase(from);
      kept.emplace(aside, to);
    }
    return settle();
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

  YamlDocument document_;
  Flow shadow_;  // what the text says, list by list, while it is being changed
  const Flow& wanted_;
  Paths oldPaths_;
  std::set<YamlPath> touched_;
};

Result<> check(const std::string& text, const Flow& wanted) {
  const ReadFlow read = readFlow(text);
  if (!read.ok()) return orError(read, "").error();
  const auto ids = [](const Flow& flow) {
    std::map<std::string, ElementId> result;
    forEachElement(flow, [&](ElementKind, const std::string& path, const Element& element,
                             const Group&) { result[path] = element.id; });
    return result;
  };
  const auto differences = diffFlows(read.flow, wanted);
  if (differences.empty() && ids(read.flow) == ids(wanted)) return Done{};
  return Error::bug(
      fmt::format("the flow file cannot be changed in place ({}); change it by hand",
                  differences.empty() ? "an id would be lost" : differences.front().text));
}

}  // namespace

Result<std::string> mergeFlow(std::string text, const Flow& wanted) {
  ReadFlow read = readFlow(text);
  if (!read.ok()) return orError(std::move(read), "").error();
  const bool contexts = read.flow.parameterContexts != wanted.parameterContexts;
  if (contexts) {
    text = MR_TRY(withContexts(std::move(text), wanted));
    read = readFlow(text);
  }
  YamlDocument document = MR_TRY(YamlDocument::open(std::move(text)));
  text = MR_TRY(Merge(std::move(document), std::move(read.flow), wanted).run());
  if (contexts) text = MR_TRY(withoutGoneContexts(std::move(text), wanted));
  MR_TRY(check(text, wanted));
  return text;
}

}  // namespace millrace::flow
