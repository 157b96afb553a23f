// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/yaml_contexts.h"

#include "engine/flow/keys.h"
#include "engine/flow/yaml_document.h"
#include "engine/flow/yaml_reader.h"
#include "engine/flow/yaml_writer.h"

#include <algorithm>
#include <optional>

namespace millrace::flow {
namespace {

constexpr const char* kContexts = "parameter-contexts";
using List = std::vector<ParameterContext>;

const ParameterContext* in(const List& contexts, const std::string& name) {
  const auto found = std::find_if(contexts.begin(), contexts.end(),
                                  [&](const ParameterContext& each) { return each.name == name; });
  return found == contexts.end() ? nullptr : &*found;
}

/// The name that a context which is gone has now: that of a new one with the same parameters.
std::optional<std::string> newName(const ParameterContext& old, const List& before,
                                   const List& after) {
  if (in(after, old.name) != nullptr) return std::nullopt;
  for (const ParameterContext& each : after) {
    if (in(before, each.name) == nullptr && each.parameters == old.parameters &&
        each.comment == old.comment)
      return each.name;
  }
  return std::nullopt;
}

/// Groups of the text that see this context, by their places.
void groupsOf(const YamlNode& group, const YamlPath& at, const std::string& context,
              std::vector<YamlPath>& found) {
  if (!group.isMap()) return;
  const YamlEntry* named = group.find("parameter-context");
  if (named != nullptr && named->value.text == context) found.push_back(at);
  const YamlEntry* inner = group.find("groups");
  if (inner == nullptr) return;
  for (std::size_t i = 0; i < inner->value.items.size(); ++i) {
    YamlPath below = at;
    below.emplace_back(std::string("groups"));
    below.emplace_back(i);
    groupsOf(inner->value.items[i], below, context, found);
  }
}

/// Renames one, if one was: true. Everything that names it follows in the same step.
Result<bool> renameOne(YamlDocument& document, const List& before, const List& after) {
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::optional<std::string> name = newName(before[i], before, after);
    if (!name) continue;
    MR_TRY(document.set({std::string(kContexts), i}, "name", *name, {}));
    std::vector<YamlPath> groups;
    groupsOf(document.root(), {}, before[i].name, groups);
    for (const YamlPath& group : groups)
      MR_TRY(document.set(group, "parameter-context", *name, {}));
    for (std::size_t heir = 0; heir < before.size(); ++heir) {
      std::vector<Name> inherits = before[heir].inherits;
      for (Name& each : inherits) {
        if (each.text == before[i].name) each.text = *name;
      }
      if (inherits == before[heir].inherits) continue;
      ParameterContext changed = before[heir];
      changed.inherits = inherits;
      YamlValue value = yamlOf(changed);
      MR_TRY(document.set({std::string(kContexts), heir}, "inherits", *value.find("inherits"), {}));
    }
    MR_TRY(document.commit());
    return true;
  }
  return false;
}

// One change at a time: those of neighbours would overlap in the text.
Result<> setOne(YamlDocument& document, const YamlPath& map, const std::string& key,
                const YamlValue& value, const std::vector<std::string>& order) {
  MR_TRY(document.set(map, key, value, order));
  return document.commit();
}

Result<> removeOne(YamlDocument& document, const YamlPath& map, const std::string& key) {
  MR_TRY(document.remove(map, key));
  return document.commit();
}

/// Some stay: the last entry of a mapping cannot go by itself.
Result<> changeParameters(YamlDocument& document, const YamlPath& context, YamlValue was,
                          YamlValue is) {
  YamlPath map = context;
  map.emplace_back(std::string("parameters"));
  for (const auto& [name, value] : is.entries) {
    YamlValue* old = was.find(name);
    if (old == nullptr || !old->sameAs(value)) MR_TRY(setOne(document, map, name, value, {}));
  }
  for (const auto& [name, value] : was.entries) {
    if (is.find(name) == nullptr) MR_TRY(removeOne(document, map, name));
  }
  return Done{};
}

Result<> changeContext(YamlDocument& document, std::size_t index, const ParameterContext& old,
                       const ParameterContext& now) {
  const YamlPath at{std::string(kContexts), index};
  YamlValue was = yamlOf(old);
  YamlValue is = yamlOf(now);
  for (const auto& [key, value] : is.entries) {
    YamlValue* before = was.find(key);
    if (before != nullptr && before->sameAs(value)) continue;
    const bool kept = key == "parameters" && before != nullptr &&
                      std::any_of(before->entries.begin(), before->entries.end(), [&](auto& each) {
                        return is.find("parameters")->find(each.first) != nullptr;
                      });
    if (kept) {
      MR_TRY(changeParameters(document, at, *before, value));
    } else {
      MR_TRY(setOne(document, at, key, value, keyNames(ObjectKind::kParameterContext)));
    }
  }
  for (const auto& [key, value] : was.entries) {
    if (is.find(key) == nullptr) MR_TRY(removeOne(document, at, key));
  }
  return Done{};
}

List contextsOf(const std::string& text) { return readFlow(text).flow.parameterContexts; }

}  // namespace

Result<std::string> withContexts(std::string text, const Flow& wanted) {
  const List& after = wanted.parameterContexts;
  if (contextsOf(text) == after) return text;
  YamlDocument document = MR_TRY(YamlDocument::open(std::move(text)));
  while (MR_TRY(renameOne(document, contextsOf(document.text()), after))) continue;
  const List before = contextsOf(document.text());
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (const ParameterContext* now = in(after, before[i].name))
      MR_TRY(changeContext(document, i, before[i], *now));
  }
  for (const ParameterContext& each : after) {
    if (in(before, each.name) != nullptr) continue;
    MR_TRY(document.append({}, kContexts, yamlOf(each), keyNames(ObjectKind::kFlow)));
    MR_TRY(document.commit());
  }
  return document.text();
}

Result<std::string> withoutGoneContexts(std::string text, const Flow& wanted) {
  const List before = contextsOf(text);
  if (before.size() == wanted.parameterContexts.size()) return text;
  YamlDocument document = MR_TRY(YamlDocument::open(std::move(text)));
  for (std::size_t i = before.size(); i-- > 0;) {
    if (in(wanted.parameterContexts, before[i].name) != nullptr) continue;
    MR_TRY(document.removeItem({}, kContexts, i));
    MR_TRY(document.commit());
  }
  return document.text();
}

}  // namespace millrace::flow
