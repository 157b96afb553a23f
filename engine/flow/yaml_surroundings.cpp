// SPDX-License-Identifier: Apache-2.0
// The part of yaml_components.h that is not about the graph itself: remote groups, parameters and
// layout.
#include "engine/flow/paths.h"
#include "engine/flow/yaml_components.h"
#include "engine/flow/yaml_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace millrace::flow {
namespace {

std::string whereOf(const YamlNode& node, const std::string& groupPath) {
  const YamlEntry* name = node.find("name");
  if (name == nullptr || !name->value.isScalar()) return groupPath;
  return joinPath(groupPath, name->value.text);
}

RemotePort readRemotePort(const YamlNode& node, const std::string& remotePath, Findings& findings) {
  RemotePort port;
  port.at = node.at;
  if (node.isScalar()) {
    port.name = node.text;
    return port;
  }
  YamlObject object(node, ObjectKind::kRemotePort, whereOf(node, remotePath), findings);
  if (!object.isMap()) return port;
  port.name = object.text("name");
  port.comment = object.text("comment");
  port.target = object.text("target");
  object.number("concurrency", 1, port.concurrency);
  object.boolean("compress", port.compress);
  object.choice("state", kRunStates, port.state);
  if (const YamlNode* batch = object.value("batch")) {
    YamlObject limits(*batch, ObjectKind::kRemoteBatch, object.where(), findings);
    if (limits.isMap()) {
      limits.number("count", 0, INT64_MAX, port.batch.count);
      limits.size("size", port.batch.size);
      limits.duration("duration", port.batch.duration);
    }
  }
  return port;
}

bool isParameterReference(std::string_view text) {
  return text.size() > 3 && text.starts_with("#{") && text.ends_with("}") &&
         text.find('}') == text.size() - 1;
}

Proxy readProxy(const YamlNode& node, const std::string& where, Findings& findings) {
  Proxy proxy;
  YamlObject object(node, ObjectKind::kProxy, where, findings);
  if (!object.isMap()) return proxy;
  proxy.host = object.text("host");
  std::uint64_t port = 0;
  object.number("port", 1, 65'535, port);
  proxy.port = static_cast<std::uint16_t>(port);
  proxy.user = object.text("user");
  proxy.password = object.text("password");
  if (!proxy.password.empty() && !isParameterReference(proxy.password))
    object.refuse(object.value("password")->at, "a password does not belong in a flow file",
                  "refer to a sensitive parameter, as '#{proxy password}'");
  return proxy;
}

bool isParameterName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_. ").find(c) != std::string_view::npos;
  });
}

std::optional<Point> readPair(YamlObject& object, std::string_view key, const YamlNode& node) {
  std::array<double, 2> numbers{};
  bool good = node.isSequence() && node.items.size() == numbers.size();
  for (std::size_t i = 0; good && i < numbers.size(); ++i) {
    const std::string& text = node.items[i].text;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), numbers[i]);
    good = code == std::errc{} && end == text.data() + text.size() && numbers[i] > -1e12 &&
           numbers[i] < 1e12;
  }
  if (good) return Point{numbers[0], numbers[1]};
  object.refuse(node.at, fmt::format("'{}' takes two numbers", key), "write [120, 80]");
  return std::nullopt;
}

void readId(YamlObject& object, LayoutEntry& entry) {
  const YamlNode* node = object.value("id");
  if (node == nullptr) return;
  const std::string* text = object.scalar("id", *node);
  if (text == nullptr) return;
  std::uint64_t id = 0;
  const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), id, 16);
  if (code != std::errc{} || end != text->data() + text->size() || id == 0)
    object.refuse(node->at, fmt::format("'{}' is no id", *text),
                  "write 1 to 16 hexadecimal digits, or remove the key to have one derived");
  else
    entry.id = ElementId(id);
}

LayoutEntry readLayoutEntry(const YamlEntry& line, Findings& findings) {
  LayoutEntry entry;
  entry.path = line.key.text;
  entry.at = line.key.at;
  YamlObject object(line.value, ObjectKind::kLayout, entry.path, findings);
  if (!object.isMap()) return entry;
  Layout& layout = entry.layout;
  if (const YamlNode* at = object.value("at")) layout.at = readPair(object, "at", *at);
  if (const YamlNode* size = object.value("size")) layout.size = readPair(object, "size", *size);
  layout.colour = object.text("colour");
  const bool hex = std::all_of(layout.colour.begin(), layout.colour.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (const YamlNode* colour = object.value("colour");
      colour != nullptr && colour->isScalar() && (!hex || layout.colour.size() != 6))
    object.refuse(colour->at, fmt::format("'{}' is no colour", layout.colour),
                  "write six hexadecimal digits, as ff8800");
  object.decimal("font-size", layout.fontSize);
  if (object.value("bends") != nullptr) {
    for (const YamlNode& bend : object.items("bends")) {
      if (const std::optional<Point> point = readPair(object, "bends", bend))
        layout.bends.push_back(*point);
    }
  }
  object.integer("label-at", layout.labelAt);
  object.integer("z", layout.z);
  readId(object, entry);
  return entry;
}

}  // namespace

RemoteGroup readRemoteGroup(const YamlNode& node, const std::string& groupPath,
                            Findings& findings) {
  RemoteGroup remote;
  remote.at = node.at;
  YamlObject object(node, ObjectKind::kRemoteGroup, whereOf(node, groupPath), findings);
  if (!object.isMap()) return remote;
  remote.name = object.text("name");
  remote.comment = object.text("comment");
  for (Name& url : object.names("urls")) remote.urls.push_back(std::move(url.text));
  object.duration("timeout", remote.timeout);
  object.duration("yield", remote.yield);
  object.choice("transport", kTransports, remote.transport);
  remote.networkInterface = object.text("network-interface");
  if (const YamlNode* proxy = object.value("proxy"))
    remote.proxy = readProxy(*proxy, object.where(), findings);
  for (const YamlNode& item : object.items("inputs"))
    remote.inputs.push_back(readRemotePort(item, object.where(), findings));
  for (const YamlNode& item : object.items("outputs"))
    remote.outputs.push_back(readRemotePort(item, object.where(), findings));
  return remote;
}

std::vector<Parameter> readParameters(const YamlNode& node, const std::string& where,
                                      Findings& findings) {
  std::vector<Parameter> parameters;
  const auto refuse = [&](SourcePosition at, std::string message, std::string advice) {
    findings.push_back({Severity::kError, at, where, {}, std::move(message), std::move(advice)});
  };
  if (!node.isMap()) {
    refuse(node.at, "'parameters' takes a mapping of names to values", "write name: value lines");
    return parameters;
  }
  for (const YamlEntry& entry : node.entries) {
    Parameter& parameter = parameters.emplace_back();
    parameter.name = entry.key.text;
    parameter.at = entry.key.at;
    if (!isParameterName(parameter.name))
      refuse(parameter.at, fmt::format("'{}' is no name for a parameter", parameter.name),
             "use letters, digits, '-', '_', '.' and spaces");
    if (entry.value.isScalar()) {
      parameter.value = entry.value.text;
    } else {
      YamlObject object(entry.value, ObjectKind::kParameter, where, findings);
      if (object.isMap()) {
        if (object.value("value") != nullptr) parameter.value = object.text("value");
        parameter.comment = object.text("comment");
        object.boolean("sensitive", parameter.sensitive);
        if (parameter.sensitive && parameter.value)
          refuse(object.value("value")->at,
                 fmt::format("'{}' is sensitive: its value does not belong in a flow file",
                             parameter.name),
                 "remove the value and set it where the flow runs");
      }
    }
  }
  return parameters;
}

ParameterContext readParameterContext(const YamlNode& node, Findings& findings) {
  ParameterContext context;
  context.at = node.at;
  YamlObject object(node, ObjectKind::kParameterContext, whereOf(node, ""), findings);
  if (!object.isMap()) return context;
  context.name = object.text("name");
  context.comment = object.text("comment");
  context.inherits = object.names("inherits");
  if (const YamlNode* parameters = object.value("parameters"))
    context.parameters = readParameters(*parameters, context.name, findings);
  return context;
}

std::vector<LayoutEntry> readLayout(const YamlNode& node, Findings& findings) {
  std::vector<LayoutEntry> entries;
  if (!node.isMap()) {
    findings.push_back({Severity::kError,
                        node.at,
                        {},
                        {},
                        "'layout' takes a mapping of paths to places",
                        "write 'Name: {at: [x, y]}' lines, or remove the key"});
    return entries;
  }
  for (const YamlEntry& entry : node.entries) entries.push_back(readLayoutEntry(entry, findings));
  return entries;
}

}  // namespace millrace::flow
