// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/links.h"

#include "engine/base/random.h"
#include "engine/flow/elements.h"
#include "engine/flow/paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace millrace::flow {
namespace {

enum class Side : bool { kFrom, kTo };

struct Target {
  ElementKind kind;
  const Element* element;
  const Group* group = nullptr;
  const RemoteGroup* remote = nullptr;
};
using Names = std::unordered_map<std::string, Target>;

class Linker {
 public:
  explicit Linker(Findings& findings) : findings_(findings) {}

  void giveIds(Flow& flow) {
    std::unordered_map<std::uint64_t, std::string> owners;
    forEachElement(flow, [&](ElementKind, const std::string& path, Element& element, Group&) {
      if (!element.idIsGiven) element.id = derivedId(path);
      const auto [owner, fresh] = owners.emplace(element.id.raw(), path);
      if (!fresh && owner->second != path)  // equal paths are reported as equal names
        error(element.at, path,
              fmt::format("its id {:x} is the id of '{}' too", element.id.raw(), owner->second),
              "remove one of the two ids from 'layout', or give another there");
    });
  }

  void linkGroup(const std::string& path, Group& group) {
    const Names names = namesOf(path, group);
    std::unordered_set<std::string> seen;
    for (Connection& connection : group.connections) {
      const std::string connectionName = connectionPath(path, connection);
      if (!seen.insert(connectionName).second)
        error(connection.at, connectionName, "this connection stands here twice",
              "remove one of them");
      resolve(connection.from, Side::kFrom, connectionName, names);
      resolve(connection.to, Side::kTo, connectionName, names);
      checkRelationships(connection, connectionName);
    }
    for (Group& inner : group.groups) linkGroup(joinPath(path, inner.name), inner);
  }

  void checkContexts(const Flow& flow) {
    std::vector<std::string> known;
    std::unordered_set<std::string> seen;
    for (const ParameterContext& context : flow.parameterContexts) {
      if (context.name.empty())
        error(context.at, "", "a parameter context has an empty name", "give it one");
      else if (!seen.insert(context.name).second)
        error(context.at, context.name, "two parameter contexts have this name",
              "rename one of them");
      known.push_back(context.name);
    }
    const auto check = [&](const std::string& name, SourcePosition at, const std::string& where) {
      if (seen.contains(name)) return;
      error(at, where, fmt::format("there is no parameter context '{}'", name),
            advised(didYouMean(name, known), "add it to 'parameter-contexts'"));
    };
    for (const ParameterContext& context : flow.parameterContexts) {
      for (const Name& parent : context.inherits) check(parent.text, parent.at, context.name);
    }
    if (!flow.root.parameterContext.empty())
      check(flow.root.parameterContext, flow.root.parameterContextAt, "");
    forEachElement(
        flow, [&](ElementKind kind, const std::string& path, const Element& element, const Group&) {
          if (kind != ElementKind::kGroup) return;
          const auto& group = static_cast<const Group&>(element);
          if (!group.parameterContext.empty())
            check(group.parameterContext, group.parameterContextAt, path);
        });
  }

 private:
  void error(SourcePosition at, std::string where, std::string message, std::string advice) {
    findings_.push_back(
        {Severity::kError, at, std::move(where), {}, std::move(message), std::move(advice)});
  }
  static std::string advised(std::string suggestion, std::string otherwise) {
    return suggestion.empty() ? std::move(otherwise) : std::move(suggestion);
  }

  void addName(Names& names, const std::string& path, Target target) {
    const std::string& name = target.element->name;
    const std::string where = joinPath(path, name);
    const bool control = std::any_of(name.begin(), name.end(),
                                     [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (name.empty() || control)
      error(target.element->at, where,
            name.empty() ? fmt::format("{} has an empty name", aKind(target.kind))
                         : "the name has a line break or another control character",
            "give it a name in one line");
    const auto [other, fresh] = names.emplace(name, target);
    if (!fresh)
      error(target.element->at, where,
            fmt::format("this {} has the name of {} of the same group", kindName(target.kind),
                        aKind(other->second.kind)),
            "rename one of them");
  }

  Names namesOf(const std::string& path, const Group& group) {
    Names names;
    const auto add = [&](ElementKind kind, const auto& elements) {
      for (const auto& element : elements) addName(names, path, {kind, &element});
    };
    add(ElementKind::kService, group.services);
    add(ElementKind::kInputPort, group.inputs);
    add(ElementKind::kOutputPort, group.outputs);
    add(ElementKind::kFunnel, group.funnels);
    add(ElementKind::kLabel, group.labels);
    add(ElementKind::kProcessor, group.processors);
    for (const RemoteGroup& remote : group.remoteGroups) {
      addName(names, path, {ElementKind::kRemoteGroup, &remote, nullptr, &remote});
      Names ports;
      const std::string remotePath = joinPath(path, remote.name);
      for (const RemotePort& port : remote.inputs)
        addName(ports, remotePath, {ElementKind::kRemoteInputPort, &port});
      for (const RemotePort& port : remote.outputs)
        addName(ports, remotePath, {ElementKind::kRemoteOutputPort, &port});
    }
    for (const Group& inner : group.groups)
      addName(names, path, {ElementKind::kGroup, &inner, &inner});
    return names;
  }

  // The ports of a group or remote group that a connection may lead from, or to.
  static std::vector<Target> portsOf(const Target& owner, Side side) {
    std::vector<Target> ports;
    if (owner.group != nullptr) {
      for (const Port& port : side == Side::kFrom ? owner.group->outputs : owner.group->inputs)
        ports.push_back(
            {side == Side::kFrom ? ElementKind::kOutputPort : ElementKind::kInputPort, &port});
    } else {
      for (const RemotePort& port :
           side == Side::kFrom ? owner.remote->outputs : owner.remote->inputs)
        ports.push_back(
            {side == Side::kFrom ? ElementKind::kRemoteOutputPort : ElementKind::kRemoteInputPort,
             &port});
    }
    return ports;
  }

  static bool fits(ElementKind kind, Side side) {
    return kind == ElementKind::kProcessor || kind == ElementKind::kFunnel ||
           kind == (side == Side::kFrom ? ElementKind::kInputPort : ElementKind::kOutputPort);
  }

  void resolve(Endpoint& end, Side side, const std::string& where, const Names& names) {
    end.id = {};
    const std::vector<std::string> parts = splitPath(end.path);
    const std::string_view key = side == Side::kFrom ? "from" : "to";
    const auto found = names.find(parts.front());
    if (found == names.end()) {
      std::vector<std::string> known;
      for (const auto& [name, target] : names) known.push_back(escapeName(name));
      std::sort(known.begin(), known.end());
      error(end.at, where,
            fmt::format("'{}' names '{}', which is not in this group", key, end.path),
            advised(didYouMean(escapeName(parts.front()), known),
                    "name a component of the group, or Group/port"));
      return;
    }
    const Target& target = found->second;
    const bool owner = target.group != nullptr || target.remote != nullptr;
    if (parts.size() == 1 && fits(target.kind, side)) {
      end.kind = target.kind;
      end.id = target.element->id;
    } else if (parts.size() == 2 && owner) {
      resolvePort(end, side, where, target, parts.back());
    } else if (parts.size() == 1) {
      error(end.at, where,
            fmt::format("'{}' names '{}', {}, where no connection can {}", key, end.path,
                        aKind(target.kind), side == Side::kFrom ? "begin" : "end"),
            owner ? fmt::format("name one of its ports, as {}/port", end.path)
                  : "name a processor, a funnel or a port");
    } else {
      error(end.at, where, fmt::format("'{}' names '{}', which leads nowhere", key, end.path),
            "write Name, or Group/port for a port of a group; a / in a name is written \\/");
    }
  }

  void resolvePort(Endpoint& end, Side side, const std::string& where, const Target& owner,
                   const std::string& portName) {
    std::vector<std::string> known;
    for (const Target& port : portsOf(owner, side)) {
      if (port.element->name == portName) {
        end.kind = port.kind;
        end.id = port.element->id;
        return;
      }
      known.push_back(port.element->name);
    }
    error(end.at, where,
          fmt::format("the {} '{}' has no {} port '{}'", kindName(owner.kind), owner.element->name,
                      side == Side::kFrom ? "output" : "input", portName),
          advised(didYouMean(portName, known), "add the port to the group"));
  }

  void checkRelationships(const Connection& connection, const std::string& where) {
    if (connection.from.id == ElementId{}) return;
    const bool processor = connection.from.kind == ElementKind::kProcessor;
    if (processor && connection.relationships.empty())
      error(connection.at, where, "the connection says no relationship of the processor",
            "add 'relationship: …'");
    if (!processor && !connection.relationships.empty())
      error(connection.relationships.front().at, where,
            fmt::format("{} has no relationships", aKind(connection.from.kind)),
            "remove the relationship");
    if (connection.from.kind == ElementKind::kFunnel && connection.from.id == connection.to.id)
      error(connection.at, where, "a funnel cannot lead to itself", "remove the connection");
  }

  Findings& findings_;
};

}  // namespace

ElementId derivedId(std::string_view path) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a, then mixed; part of the format
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  hash = mix64(hash);
  return ElementId(hash == 0 ? 1 : hash);
}

void linkFlow(Flow& flow, Findings& findings) {
  Linker linker(findings);
  linker.giveIds(flow);
  linker.linkGroup("", flow.root);
  linker.checkContexts(flow);
}

void applyLayout(Flow& flow, const std::vector<LayoutEntry>& entries, Findings& findings) {
  std::unordered_map<std::string_view, const LayoutEntry*> waiting;
  for (const LayoutEntry& entry : entries) waiting.emplace(entry.path, &entry);
  forEachElement(flow, [&](ElementKind, const std::string& path, Element& element, Group&) {
    const auto found = waiting.find(path);
    if (found == waiting.end()) return;
    element.layout = found->second->layout;
    element.idIsGiven = found->second->id != ElementId{};
    if (element.idIsGiven) element.id = found->second->id;
    waiting.erase(found);
  });
  for (const LayoutEntry& entry : entries) {
    if (!waiting.contains(entry.path)) continue;
    findings.push_back({Severity::kWarning,
                        entry.at,
                        entry.path,
                        {},
                        "'layout' names an element that is not in the flow",
                        "rename the line if the element was renamed, or remove it"});
  }
}

}  // namespace millrace::flow
