// SPDX-License-Identifier: Apache-2.0
#include "server/flow_store/flow_json.h"

#include "engine/flow/links.h"
#include "engine/flow/paths.h"
#include "engine/flow/yaml_value.h"
#include "engine/flow/yaml_writer.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace millrace::server {
namespace {

using flow::YamlValue;

constexpr std::string_view kIdHead = "00000000-0000-0000-";
constexpr int kDeepest = 100;

constexpr std::array<ComponentList, 9> kLists{{
    {"services", "service"},
    {"inputs", "input"},
    {"outputs", "output"},
    {"funnels", "funnel"},
    {"labels", "label"},
    {"processors", "processor"},
    {"remote-groups", "remote-group"},
    {"connections", "connection"},
    {"groups", "group"},
}};
constexpr std::array<ComponentList, 2> kRemoteLists{{
    {"inputs", "remote-port"},
    {"outputs", "remote-port"},
}};

bool isNumber(std::string_view key) {
  constexpr std::array<std::string_view, 11> kNumbers{
      "millrace", "concurrency", "count", "runs",    "partitions", "port", "max-concurrent-tasks",
      "at",       "font-size",   "z",     "label-at"};
  return std::find(kNumbers.begin(), kNumbers.end(), key) != kNumbers.end();
}

bool isBoolean(std::string_view key) {
  return key == "event" || key == "remote-access" || key == "unsupported" || key == "compress" ||
         key == "sensitive";
}

Json numberOf(const std::string& text) {
  std::int64_t whole = 0;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data(), end, whole).ptr == end) return whole;
  double value = 0;
  if (std::from_chars(text.data(), end, value).ptr == end) return value;
  return text;
}

Json jsonOf(const YamlValue& value, std::string_view key, bool numbers);

/// `texts`: values of properties and parameters stay what they are.
Json objectOf(const YamlValue& map, bool texts, bool numbers) {
  Json result = Json::object();
  for (const auto& [key, value] : map.entries) {
    if (texts && value.kind == YamlValue::Kind::kText) {
      result[key] = value.text;
    } else if (key == "properties" || key == "parameters") {
      result[key] = objectOf(value, true, false);
    } else {
      result[key] = jsonOf(value, key, numbers);
    }
  }
  return result;
}

Json jsonOf(const YamlValue& value, std::string_view key, bool numbers) {
  switch (value.kind) {
    case YamlValue::Kind::kMap:
      return objectOf(value, false, numbers);
    case YamlValue::Kind::kList: {
      Json list = Json::array();
      for (const YamlValue& item : value.items) list.push_back(jsonOf(item, key, numbers));
      return list;
    }
    case YamlValue::Kind::kText:
      break;
  }
  if (numbers || isNumber(key)) return numberOf(value.text);
  if (isBoolean(key)) return value.text == "true";
  return value.text;
}

void addIdentity(Json& json, const flow::Element& element) {
  if (json.is_string()) json = Json{{"name", json}};
  Json named;
  named["id"] = idText(element.id);
  for (auto& [key, value] : json.items()) named[key] = std::move(value);
  YamlValue line = flow::layoutOf(element);
  std::erase_if(line.entries, [](const auto& entry) { return entry.first == "id"; });
  if (!line.entries.empty()) {
    Json layout = Json::object();
    for (const auto& [key, value] : line.entries)
      layout[key] = jsonOf(value, key, key == "size" || key == "bends");
    named["layout"] = std::move(layout);
  }
  json = std::move(named);
}

template <typename Elements>
void addIdentities(Json& owner, const char* key, const Elements& elements) {
  for (std::size_t i = 0; i < elements.size(); ++i) addIdentity(owner[key][i], elements[i]);
}

void addIdentities(Json& json, const flow::Group& group) {
  addIdentities(json, "services", group.services);
  addIdentities(json, "inputs", group.inputs);
  addIdentities(json, "outputs", group.outputs);
  addIdentities(json, "funnels", group.funnels);
  addIdentities(json, "labels", group.labels);
  addIdentities(json, "processors", group.processors);
  addIdentities(json, "remote-groups", group.remoteGroups);
  addIdentities(json, "connections", group.connections);
  addIdentities(json, "groups", group.groups);
  for (std::size_t i = 0; i < group.remoteGroups.size(); ++i) {
    addIdentities(json["remote-groups"][i], "inputs", group.remoteGroups[i].inputs);
    addIdentities(json["remote-groups"][i], "outputs", group.remoteGroups[i].outputs);
  }
  for (std::size_t i = 0; i < group.groups.size(); ++i)
    addIdentities(json["groups"][i], group.groups[i]);
}

/// JSON to YAML; what belongs into the block `layout` is gathered aside.
class Writer {
 public:
  explicit Writer(const std::set<flow::ElementId>& given) : given_(given) {}

  Result<YamlValue> flow(const Json& json) {
    YamlValue map = MR_TRY(component(json, "group", "", 0));
    std::erase_if(map.entries, [](const auto& entry) { return entry.first == "millrace"; });
    map.entries.insert(map.entries.begin(), {"millrace", YamlValue("1")});
    if (!layout_.entries.empty()) map.add("layout", std::move(layout_));
    return map;
  }

 private:
  static std::span<const ComponentList> listsOf(std::string_view kind) {
    if (kind == "group") return kLists;
    if (kind == "remote-group") return kRemoteLists;
    return {};
  }

  Result<YamlValue> plain(const Json& json, int depth) {
    if (depth > kDeepest) return Error::user("the flow is nested too deeply");
    if (json.is_object()) {
      YamlValue map = YamlValue::map();
      for (const auto& [key, value] : json.items()) map.add(key, MR_TRY(plain(value, depth + 1)));
      return map;
    }
    if (json.is_array()) {
      YamlValue list = YamlValue::list();
      for (const Json& value : json) list.items.push_back(MR_TRY(plain(value, depth + 1)));
      return list;
    }
    if (json.is_string()) return YamlValue(json.get<std::string>());
    if (json.is_null()) return Error::user("a value is null where the flow format has none");
    return YamlValue(json.dump());
  }

  /// `path`: of the component itself.
  Result<YamlValue> component(const Json& json, std::string_view kind, const std::string& path,
                              int depth) {
    if (!json.is_object()) return plain(json, depth);
    if (depth > kDeepest) return Error::user("the flow is nested too deeply");
    YamlValue map = YamlValue::map();
    const auto lists = listsOf(kind);
    for (const auto& [key, value] : json.items()) {
      if (key == "id" || key == "layout") continue;
      const auto list =
          std::find_if(lists.begin(), lists.end(),
                       [&name = key](const ComponentList& each) { return each.key == name; });
      if (list == lists.end() || !value.is_array()) {
        map.add(key, MR_TRY(plain(value, depth + 1)));
        continue;
      }
      if (value.empty()) continue;
      YamlValue items = YamlValue::list();
      for (const Json& item : value) {
        const std::string inner = pathOf(item, list->kind, path);
        items.items.push_back(MR_TRY(component(item, list->kind, inner, depth + 1)));
        if (item.is_object()) MR_TRY(keepLayout(item, inner));
      }
      map.add(key, std::move(items));
    }
    return map;
  }

  Result<> keepLayout(const Json& json, const std::string& path) {
    YamlValue line = YamlValue::bracedMap();
    if (const auto layout = json.find("layout"); layout != json.end() && !layout->is_null())
      line = MR_TRY(plain(*layout, 0));
    if (line.kind != YamlValue::Kind::kMap)
      return Error::user(fmt::format("{}: 'layout' must be an object", path));
    line.inBraces = true;
    if (const auto id = json.find("id"); id != json.end()) {
      const auto known = id->is_string() ? idOf(id->get<std::string>()) : std::nullopt;
      if (!known || known->raw() == 0) {
        return Error::user(fmt::format(
            "{}: its id {} is none; ids are UUIDs of which only the last sixteen digits are used: "
            "{}0123-456789abcdef",
            path, jsonText(*id), kIdHead));
      }
      if (*known != flow::derivedId(path) || given_.contains(*known))
        line.add("id", fmt::format("{:x}", known->raw()));
    }
    // As writeFlow(): what is too deep for a key has no line.
    if (!line.entries.empty() && flow::canBeKey(path) && layout_.find(path) == nullptr)
      layout_.add(path, std::move(line));
    return Done{};
  }

  const std::set<flow::ElementId>& given_;
  YamlValue layout_ = YamlValue::map();
};

std::string textAt(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::span<const ComponentList> componentLists() { return kLists; }

std::string jsonText(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string idText(flow::ElementId id) {
  return fmt::format("{}{:04x}-{:012x}", kIdHead, id.raw() >> 48, id.raw() & 0xffff'ffff'ffffULL);
}

std::optional<flow::ElementId> idOf(std::string_view text) {
  constexpr std::size_t kLength = 36;
  if (text.size() != kLength || !text.starts_with(kIdHead) || text[23] != '-') return std::nullopt;
  std::string digits(text.substr(kIdHead.size(), 4));
  digits += text.substr(24);
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, 16);
  if (stop != end || error != std::errc()) return std::nullopt;
  return flow::ElementId(value);
}

std::string pathOf(const Json& component, std::string_view kind, const std::string& groupPath) {
  if (!component.is_object()) return groupPath;
  if (kind != "connection") return flow::joinPath(groupPath, textAt(component, "name"));
  flow::Connection connection;
  connection.from.path = textAt(component, "from");
  connection.to.path = textAt(component, "to");
  if (const std::string one = textAt(component, "relationship"); !one.empty())
    connection.relationships.push_back({one, {}});
  if (const auto many = component.find("relationships"); many != component.end()) {
    for (const Json& name : *many) {
      if (name.is_string()) connection.relationships.push_back({name.get<std::string>(), {}});
    }
  }
  return flow::connectionPath(groupPath, connection);
}

Json flowToJson(const flow::Flow& flow) {
  Json json;
  json["id"] = idText(flow::ElementId(0));
  json["millrace"] = 1;
  json["name"] = flow.name;
  if (!flow.parameterContexts.empty()) {
    json["parameter-contexts"] = Json::array();
    for (const flow::ParameterContext& context : flow.parameterContexts)
      json["parameter-contexts"].push_back(objectOf(flow::yamlOf(context), false, false));
  }
  Json root = objectOf(flow::yamlOf(flow.root), false, false);
  addIdentities(root, flow.root);
  for (auto& [key, value] : root.items()) {
    if (key != "name") json[key] = std::move(value);
  }
  return json;
}

Result<flow::ReadFlow> flowFromJson(const Json& json, const std::set<flow::ElementId>& given) {
  if (!json.is_object()) return Error::user("a flow is a JSON object");
  const YamlValue map = MR_TRY(Writer(given).flow(json));
  flow::ReadFlow read = flow::readFlow(flow::renderEntries(map, 0, {}) + "\n");
  for (flow::Finding& finding : read.findings) finding.at = {};
  return read;
}

Json findingsToJson(const flow::Findings& findings) {
  Json list = Json::array();
  for (const flow::Finding& finding : findings) {
    Json item;
    item["severity"] = finding.severity == flow::Severity::kError ? "error" : "warning";
    item["message"] =
        finding.advice.empty() ? finding.message : finding.message + "; " + finding.advice;
    item["component"] = finding.component;
    item["property"] = finding.property;
    item["line"] = finding.at.line;
    item["column"] = finding.at.column;
    list.push_back(std::move(item));
  }
  return list;
}

}  // namespace millrace::server
