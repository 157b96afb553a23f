// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/diff.h"

#include "engine/flow/elements.h"
#include "engine/flow/parameters.h"
#include "engine/flow/paths.h"
#include "engine/flow/yaml_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>

namespace millrace::flow {
namespace {

constexpr std::size_t kLongestShown = 80;  // bytes of a value in a line for people

struct Entry {
  ElementKind kind;
  std::string path;
  const Element* element;
  const Group* group;
};

std::vector<Entry> entriesOf(const Flow& flow) {
  std::vector<Entry> entries;
  forEachElement(flow, [&](ElementKind kind, const std::string& path, const Element& element,
                           const Group& group) {
    entries.push_back({kind, path, &element, &group});
  });
  return entries;
}

// A value as part of a line: short, and in one line.
std::string shown(const std::string& value) {
  if (value.empty()) return "the default";
  std::string result;
  for (const char c : value) {
    if (result.size() >= kLongestShown && (static_cast<unsigned char>(c) & 0xc0U) != 0x80)
      return "'" + result + "…'";
    result += c == '\n' ? "⏎" : static_cast<unsigned char>(c) < 0x20 ? " " : std::string(1, c);
  }
  return "'" + result + "'";
}

std::string words(std::string key) {
  std::replace(key.begin(), key.end(), '.', ' ');
  std::replace(key.begin(), key.end(), '-', ' ');
  return key;
}

using Settings = std::vector<std::pair<std::string, std::string>>;

// The settings as lines of dotted keys. What holds elements of its own is left out.
void flatten(const YamlValue& map, const std::string& prefix, Settings& into) {
  static const std::unordered_set<std::string> kElsewhere{
      "name",    "properties", "parameters", "services",      "inputs",      "outputs",
      "funnels", "labels",     "processors", "remote-groups", "connections", "groups"};
  for (const auto& [key, value] : map.entries) {
    if (prefix.empty() && kElsewhere.contains(key)) continue;
    if (value.kind == YamlValue::Kind::kMap)
      flatten(value, prefix + key + ".", into);
    else
      into.emplace_back(prefix + key,
                        value.kind == YamlValue::Kind::kText ? value.text : renderInBraces(value));
  }
}

YamlValue settingsOf(const Entry& entry) {
  switch (entry.kind) {
    case ElementKind::kProcessor:
      return yamlOf(*static_cast<const Processor*>(entry.element));
    case ElementKind::kInputPort:
    case ElementKind::kOutputPort:
      return yamlOf(*static_cast<const Port*>(entry.element));
    case ElementKind::kFunnel:
      return yamlOf(*static_cast<const Funnel*>(entry.element));
    case ElementKind::kLabel:
      return yamlOf(*static_cast<const Label*>(entry.element));
    case ElementKind::kGroup:
      return yamlOf(*static_cast<const Group*>(entry.element));
    case ElementKind::kRemoteGroup:
      return yamlOf(*static_cast<const RemoteGroup*>(entry.element));
    case ElementKind::kRemoteInputPort:
    case ElementKind::kRemoteOutputPort:
      return yamlOf(*static_cast<const RemotePort*>(entry.element));
    case ElementKind::kService:
      return yamlOf(*static_cast<const Service*>(entry.element));
    case ElementKind::kConnection:
      break;
  }
  // Against NiFi's defaults, not the group's: what the queue does is what counts.
  const auto& connection = *static_cast<const Connection*>(entry.element);
  YamlValue value = yamlOf(connection, Group{});
  std::erase_if(value.entries, [](const auto& pair) { return pair.first.starts_with("relation"); });
  std::vector<std::string> relationships;
  for (const Name& name : connection.relationships) relationships.push_back(name.text);
  std::sort(relationships.begin(), relationships.end());
  YamlValue list = YamlValue::bracketedList();
  for (std::string& name : relationships) list.items.emplace_back(std::move(name));
  if (!list.items.empty()) value.add("relationships", std::move(list));
  if (!connection.name.empty()) value.add("label", connection.name);
  return value;
}

const Properties& propertiesOf(const Entry& entry) {
  static const Properties kNothing;
  if (entry.kind == ElementKind::kProcessor)
    return static_cast<const Processor*>(entry.element)->properties;
  if (entry.kind == ElementKind::kService)
    return static_cast<const Service*>(entry.element)->properties;
  return kNothing;
}

class Comparison {
 public:
  std::vector<Difference> run(const Flow& older, const Flow& newer) {
    compareRoots(older, newer);
    compareContexts(older.parameterContexts, newer.parameterContexts);
    const std::vector<Entry> before = entriesOf(older);
    const std::vector<Entry> after = entriesOf(newer);
    std::vector<bool> used(before.size());
    std::vector<const Entry*> partner(after.size());
    match(before, after, used, partner, [](const Entry& e) {
      return fmt::format("{}:{}", static_cast<int>(e.kind), e.element->id.raw());
    });
    match(before, after, used, partner,
          [](const Entry& e) { return fmt::format("{}:{}", static_cast<int>(e.kind), e.path); });
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (used[i]) continue;
      gone_.push_back({DifferenceKind::kRemoved,
                       before[i].path,
                       {},
                       {},
                       {},
                       fmt::format("{}: {} removed", before[i].path, kindName(before[i].kind))});
    }
    for (std::size_t i = 0; i < after.size(); ++i) {
      if (partner[i] == nullptr)
        add(DifferenceKind::kAdded, after[i].path, {}, {}, {},
            fmt::format("{} added", kindName(after[i].kind)));
      else
        compare(*partner[i], after[i]);
    }
    found_.insert(found_.end(), gone_.begin(), gone_.end());
    return std::move(found_);
  }

 private:
  void add(DifferenceKind kind, const std::string& path, std::string key, std::string before,
           std::string after, const std::string& text) {
    found_.push_back({kind, path, std::move(key), std::move(before), std::move(after),
                      path.empty() ? text : path + ": " + text});
  }
  void addChange(DifferenceKind kind, const std::string& path, const std::string& key,
                 const std::string& before, const std::string& after) {
    add(kind, path, key, before, after,
        fmt::format("{} changed from {} to {}", words(key), shown(before), shown(after)));
  }

  template <typename KeyOf>
  static void match(const std::vector<Entry>& before, const std::vector<Entry>& after,
                    std::vector<bool>& used, std::vector<const Entry*>& partner, KeyOf keyOf) {
    std::unordered_map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (!used[i]) places.emplace(keyOf(before[i]), i);
    }
    for (std::size_t i = 0; i < after.size(); ++i) {
      if (partner[i] != nullptr) continue;
      const auto found = places.find(keyOf(after[i]));
      if (found == places.end() || used[found->second]) continue;
      used[found->second] = true;
      partner[i] = &before[found->second];
    }
  }

  void compareRoots(const Flow& older, const Flow& newer) {
    if (older.name != newer.name)
      add(DifferenceKind::kRenamed, "", "name", older.name, newer.name,
          fmt::format("the flow is renamed from {} to {}", shown(older.name), shown(newer.name)));
    compareSettings("", yamlOf(older.root), yamlOf(newer.root), DifferenceKind::kChanged);
    compareParameters("", older.root.parameters, newer.root.parameters);
  }

  void compare(const Entry& before, const Entry& after) {
    const std::string& path = after.path;
    if (after.kind != ElementKind::kConnection) {
      if (before.element->name != after.element->name)
        add(DifferenceKind::kRenamed, path, "name", before.element->name, after.element->name,
            fmt::format("{} renamed from {}", kindName(after.kind), shown(before.element->name)));
      if (before.group->id != after.group->id)
        add(DifferenceKind::kMoved, path, {}, before.path, after.path,
            fmt::format("{} moved here from {}", kindName(after.kind), shown(before.path)));
    }
    compareSettings(path, settingsOf(before), settingsOf(after), DifferenceKind::kChanged);
    compareProperties(path, propertiesOf(before), propertiesOf(after));
    if (after.kind == ElementKind::kGroup)
      compareParameters(path, static_cast<const Group*>(before.element)->parameters,
                        static_cast<const Group*>(after.element)->parameters);
    Element oldPlace;
    Element newPlace;
    oldPlace.layout = before.element->layout;
    newPlace.layout = after.element->layout;
    YamlValue oldLayout = YamlValue::map();
    YamlValue newLayout = YamlValue::map();
    oldLayout.add("layout", layoutOf(oldPlace));
    newLayout.add("layout", layoutOf(newPlace));
    compareSettings(path, oldLayout, newLayout, DifferenceKind::kLayout);
  }

  void compareSettings(const std::string& path, const YamlValue& before, const YamlValue& after,
                       DifferenceKind kind) {
    Settings old;
    Settings fresh;
    flatten(before, "", old);
    flatten(after, "", fresh);
    const std::map<std::string, std::string> was(old.begin(), old.end());
    const std::map<std::string, std::string> is(fresh.begin(), fresh.end());
    for (const auto& [key, value] : fresh) {
      const auto found = was.find(key);
      if (found == was.end())
        addChange(kind, path, key, "", value);
      else if (found->second != value)
        addChange(kind, path, key, found->second, value);
    }
    for (const auto& [key, value] : old) {
      if (!is.contains(key)) addChange(kind, path, key, value, "");
    }
  }

  void compareProperties(const std::string& path, const Properties& before,
                         const Properties& after) {
    const auto in = [](const Properties& properties, const std::string& name) {
      return std::find_if(properties.begin(), properties.end(),
                          [&](const Property& property) { return property.name == name; });
    };
    for (const Property& property : after) {
      const auto old = in(before, property.name);
      if (old == before.end()) {
        add(DifferenceKind::kPropertyAdded, path, property.name, "", property.value,
            fmt::format("property '{}' set to {}", property.name, quoted(property.value)));
      } else if (old->value != property.value) {
        const bool was = !parameterReferences(old->value).empty();
        const bool is = !parameterReferences(property.value).empty();
        add(was == is ? DifferenceKind::kPropertyChanged
            : is      ? DifferenceKind::kPropertyParameterized
                      : DifferenceKind::kPropertyUnparameterized,
            path, property.name, old->value, property.value,
            fmt::format("property '{}' {} from {} to {}", property.name,
                        was == is ? "changed"
                        : is      ? "parameterized"
                                  : "no longer parameterized, changed",
                        quoted(old->value), quoted(property.value)));
      }
    }
    for (const Property& property : before) {
      if (in(after, property.name) == after.end())
        add(DifferenceKind::kPropertyRemoved, path, property.name, property.value, "",
            fmt::format("property '{}' removed, it was {}", property.name, quoted(property.value)));
    }
  }

  // Of properties and parameters, where an empty text is not the default.
  static std::string quoted(const std::string& value) {
    return value.empty() ? "''" : shown(value);
  }

  void compareParameters(const std::string& path, const std::vector<Parameter>& before,
                         const std::vector<Parameter>& after) {
    const auto in = [](const std::vector<Parameter>& parameters, const std::string& name) {
      return std::find_if(parameters.begin(), parameters.end(),
                          [&](const Parameter& parameter) { return parameter.name == name; });
    };
    for (const Parameter& parameter : after) {
      const auto old = in(before, parameter.name);
      if (old == before.end()) {
        add(DifferenceKind::kParameterAdded, path, parameter.name, "", parameter.value.value_or(""),
            fmt::format("parameter '{}' added", parameter.name));
        continue;
      }
      const auto change = [&](std::string_view what, const std::string& was,
                              const std::string& is) {
        if (was != is)
          add(DifferenceKind::kParameterChanged, path, parameter.name + "." + std::string(what),
              was, is,
              fmt::format("{} of parameter '{}' changed from {} to {}", what, parameter.name,
                          quoted(was), quoted(is)));
      };
      change("value", old->value.value_or(""), parameter.value.value_or(""));
      change("comment", old->comment, parameter.comment);
      change("sensitive", old->sensitive ? "true" : "false",
             parameter.sensitive ? "true" : "false");
    }
    for (const Parameter& parameter : before) {
      if (in(after, parameter.name) == after.end())
        add(DifferenceKind::kParameterRemoved, path, parameter.name, parameter.value.value_or(""),
            "", fmt::format("parameter '{}' removed", parameter.name));
    }
  }

  void compareContexts(const std::vector<ParameterContext>& before,
                       const std::vector<ParameterContext>& after) {
    const std::size_t first = found_.size();
    const auto in = [](const std::vector<ParameterContext>& contexts, const std::string& name) {
      return std::find_if(contexts.begin(), contexts.end(),
                          [&](const ParameterContext& context) { return context.name == name; });
    };
    for (const ParameterContext& context : after) {
      const auto old = in(before, context.name);
      if (old == before.end()) {
        add(DifferenceKind::kContextAdded, context.name, {}, {}, {}, "parameter context added");
        continue;
      }
      const auto names = [](const std::vector<Name>& all) {
        std::string result;
        for (const Name& name : all) result += (result.empty() ? "" : ", ") + name.text;
        return result;
      };
      if (old->comment != context.comment)
        addChange(DifferenceKind::kContextChanged, context.name, "comment", old->comment,
                  context.comment);
      if (old->inherits != context.inherits)
        addChange(DifferenceKind::kContextChanged, context.name, "inherits", names(old->inherits),
                  names(context.inherits));
      compareParameters(context.name, old->parameters, context.parameters);
    }
    for (const ParameterContext& context : before) {
      if (in(after, context.name) == after.end())
        gone_.push_back({DifferenceKind::kContextRemoved,
                         context.name,
                         {},
                         {},
                         {},
                         context.name + ": parameter context removed"});
    }
    for (std::size_t i = first; i < found_.size(); ++i) found_[i].ofContext = true;
    for (Difference& each : gone_) each.ofContext = true;  // they are the first that are gone
  }

  std::vector<Difference> found_;
  std::vector<Difference> gone_;
};

}  // namespace

std::vector<Difference> diffFlows(const Flow& older, const Flow& newer) {
  return Comparison().run(older, newer);
}

}  // namespace millrace::flow
