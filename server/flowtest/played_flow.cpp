// SPDX-License-Identifier: Apache-2.0
#include "server/flowtest/played_flow.h"

#include "engine/flow/elements.h"
#include "engine/flow/links.h"
#include "engine/flow/paths.h"
#include "server/flowtest/tested_part.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace millrace::flowtest {
namespace {

using flow::ElementKind;

/// No processor has this type, so that nothing runs in its place.
constexpr std::string_view kPlayedType = "played by the test";

bool isNode(ElementKind kind) {
  return kind == ElementKind::kProcessor || kind == ElementKind::kInputPort ||
         kind == ElementKind::kOutputPort || kind == ElementKind::kFunnel;
}

class Director {
 public:
  Director(const TestCase& test, const engine::FindProcessorType& findType,
           flow::Findings& findings)
      : test_(test), findType_(findType), findings_(findings) {}

  PlayedFlow play(const flow::Flow& original) {
    played_.flow = original;
    checkParameters(original);
    if (!test_.group.empty()) {
      if (flow::findGroup(played_.flow, test_.group) == nullptr) {
        refuse(test_.groupAt, fmt::format("the flow has no group '{}'", test_.group),
               near(test_.group, {ElementKind::kGroup}));
        return std::move(played_);
      }
      keepGroup(played_.flow, test_.group);
    }
    dropUnsupportedServices(played_.flow.root);
    asPlainQueues(played_.flow.root);
    // Before any connection is added, so that what reaches a component is what the flow brings.
    for (const flow::Connection* connection : connections()) own_.push_back(*connection);
    for (const StandIn& standIn : test_.replaced) replace(standIn.path, standIn.at);
    for (const Given& given : test_.given) {
      if (given.place.from) replace(given.place.path, given.place.at);
    }
    for (const auto& [name, value] : test_.parameters) freed_.erase(value);
    dropUnusedServices(played_.flow, freed_);
    for (const ExpectedOutput& output : test_.outputs) addTap(output.place);
    for (const Given& given : test_.given) addGiver(given.place);
    for (const StandIn& standIn : test_.replaced) addStandIn(standIn);
    return std::move(played_);
  }

 private:
  struct Found {
    flow::Element* element = nullptr;
    ElementKind kind = ElementKind::kProcessor;
  };

  void refuse(SourcePosition at, std::string message, std::string advice) {
    findings_.push_back(
        {flow::Severity::kError, at, {}, {}, std::move(message), std::move(advice)});
  }

  /// A test that sets what nobody reads does not test what it says.
  void checkParameters(const flow::Flow& flow) {
    const std::vector<std::string> known = parameterNames(flow);
    for (const auto& [name, value] : test_.parameters) {
      if (std::find(known.begin(), known.end(), name) == known.end())
        refuse(test_.at, fmt::format("the flow has no parameter '{}'", name),
               flow::didYouMean(name, known));
    }
  }

  std::vector<const flow::Connection*> connections() {
    std::vector<const flow::Connection*> result;
    flow::forEachElement(std::as_const(played_.flow),
                         [&](ElementKind kind, const std::string&, const flow::Element& element,
                             const flow::Group&) {
                           if (kind == ElementKind::kConnection)
                             result.push_back(static_cast<const flow::Connection*>(&element));
                         });
    return result;
  }

  /// A path of the test as the whole flow knows it.
  std::string fullPath(const std::string& path) const {
    return test_.group.empty() ? path : test_.group + "/" + path;
  }

  std::string near(const std::string& path, const std::set<ElementKind>& kinds) {
    std::vector<std::string> paths;
    const std::string prefix = test_.group.empty() ? "" : test_.group + "/";
    flow::forEachElement(
        std::as_const(played_.flow),
        [&](ElementKind kind, const std::string& known, const flow::Element&, const flow::Group&) {
          if (kinds.contains(kind))
            paths.push_back(known.starts_with(prefix) ? known.substr(prefix.size()) : known);
        });
    std::string advice = flow::didYouMean(path, paths);
    if (!advice.empty()) return advice;
    if (paths.empty()) return "it has none";
    advice = "it has";
    constexpr std::size_t kMostNamed = 12;
    for (std::size_t i = 0; i < std::min(paths.size(), kMostNamed); ++i)
      advice += fmt::format("{} '{}'", i == 0 ? "" : ",", paths[i]);
    return paths.size() > kMostNamed ? advice + " and more" : advice;
  }

  Found find(const std::string& path, SourcePosition at) {
    Found found;
    found.element = flow::findElement(played_.flow, fullPath(path), &found.kind);
    if (found.element != nullptr && isNode(found.kind)) return found;
    refuse(at, fmt::format("the flow has no component '{}'", path),
           near(path, {ElementKind::kProcessor, ElementKind::kInputPort, ElementKind::kOutputPort,
                       ElementKind::kFunnel}));
    return {};
  }

  /// Disables a processor, so that the test can play it.
  void replace(const std::string& path, SourcePosition at) {
    const Found found = find(path, at);
    if (found.element == nullptr) return;
    if (found.kind != ElementKind::kProcessor) {
      refuse(at,
             fmt::format("'{}' is {}, and only a processor can be replaced", path,
                         flow::aKind(found.kind)),
             "name a processor");
      return;
    }
    auto& processor = static_cast<flow::Processor&>(*found.element);
    if (processor.type == kPlayedType) return;
    types_[processor.id] = findType_(processor.type);
    relationships_[processor.id] = relationshipsOf(processor);
    processor.type = kPlayedType;
    processor.state = flow::RunState::kDisabled;
    processor.unsupported = true;
    for (const flow::Property& property : processor.properties) freed_.insert(property.value);
    processor.properties.clear();
    processor.autoTerminate.clear();
    processor.retry = {};
  }

  const ProcessorDescriptor* typeOf(const flow::Processor& processor) const {
    const auto known = types_.find(processor.id);
    return known == types_.end() ? findType_(processor.type) : known->second;
  }

  bool sameRelationship(const flow::Processor& processor, std::string_view a,
                        std::string_view b) const {
    if (a == b) return true;
    const ProcessorDescriptor* type = typeOf(processor);
    if (type == nullptr) return false;
    const Relationship* declared = engine::declaredRelationship(*type, a);
    return declared != nullptr && declared == engine::declaredRelationship(*type, b);
  }

  /// What the processor has by its type and properties, and what the flow connects.
  std::vector<std::string> relationshipsOf(const flow::Processor& processor) {
    if (const auto known = relationships_.find(processor.id); known != relationships_.end())
      return known->second;
    std::vector<std::string> names;
    if (const ProcessorDescriptor* type = findType_(processor.type); type != nullptr) {
      std::vector<PropertyText> texts;
      for (const flow::Property& property : processor.properties)
        texts.emplace_back(property.name, property.value);
      const auto configuration = engine::Configuration::make(
          *type, texts, [](std::string_view) { return std::optional<std::string>("1"); });
      if (configuration.ok()) {
        names = (*configuration)->relationships();
      } else {
        for (const Relationship* declared : type->relationships) names.emplace_back(declared->name);
      }
    }
    const auto add = [&](const std::vector<flow::Name>& written) {
      for (const flow::Name& name : written) {
        const bool known = std::any_of(names.begin(), names.end(), [&](const std::string& other) {
          return sameRelationship(processor, other, name.text);
        });
        if (!known) names.push_back(name.text);
      }
    };
    for (const flow::Connection& connection : own_) {
      if (connection.from.id == processor.id) add(connection.relationships);
    }
    return names;
  }

  /// The relationship that a text of the test means; nothing, and a finding, when there is none.
  std::optional<std::string> relationshipOf(const flow::Processor& processor,
                                            const std::string& text, const std::string& path,
                                            SourcePosition at) {
    const std::vector<std::string> names = relationshipsOf(processor);
    if (text.empty()) {
      if (names.size() == 1) return names.front();
      std::string advice = "add 'relationship: …', one of";
      for (const std::string& name : names)
        advice += (&name == &names.front() ? " '" : ", '") + name + "'";
      refuse(at, fmt::format("'{}' has {} relationships", path, names.size()),
             names.empty() ? "connect one in the flow first" : advice);
      return std::nullopt;
    }
    for (const std::string& name : names) {
      if (sameRelationship(processor, name, text)) return name;
    }
    std::string advice = flow::didYouMean(text, names);
    if (advice.empty()) {
      advice = names.empty() ? "it has none" : "it has";
      for (const std::string& name : names)
        advice += (&name == &names.front() ? " '" : ", '") + name + "'";
    }
    refuse(at, fmt::format("'{}' has no relationship '{}'", path, text), std::move(advice));
    return std::nullopt;
  }

  /// A component of the test's own, at the top of the flow.
  flow::Processor& addPlayer(const std::string& name) {
    flow::Processor player;
    player.name = name;
    player.id = flow::derivedId("\ntest/" + name);
    player.type = kPlayedType;
    player.state = flow::RunState::kDisabled;
    player.unsupported = true;
    return played_.flow.root.processors.emplace_back(std::move(player));
  }

  ConnectionId connect(const flow::Endpoint& from, std::vector<flow::Name> relationships,
                       const flow::Endpoint& to) {
    flow::Connection connection;
    connection.from = from;
    connection.relationships = std::move(relationships);
    connection.to = to;
    connection.id = flow::derivedId(fmt::format("\ntest connection {}", ++connections_));
    connection.backPressure = {0, 0};
    played_.flow.root.connections.push_back(connection);
    return ConnectionId(connection.id.raw());
  }

  static flow::Endpoint endpointOf(const flow::Element& element, ElementKind kind) {
    flow::Endpoint endpoint;
    endpoint.path = flow::escapeName(element.name);
    endpoint.kind = kind;
    endpoint.id = element.id;
    return endpoint;
  }

  void addTap(const Place& place) {
    Part& part = played_.taps.emplace_back();
    part.name = place.text();
    const Found found = find(place.path, place.at);
    if (found.element == nullptr) return;
    const flow::Endpoint watched = endpointOf(*found.element, found.kind);
    std::vector<flow::Name> relationships;
    bool ends = false;
    if (place.from && found.kind == ElementKind::kProcessor) {
      auto& processor = static_cast<flow::Processor&>(*found.element);
      const auto name =
          relationshipOf(processor, place.relationship, place.path,
                         place.relationshipAt.known() ? place.relationshipAt : place.at);
      if (!name) return;
      relationships.push_back({*name, {}});
      ends = outgoing(processor, *name).empty();
      std::erase_if(processor.autoTerminate, [&](const flow::Name& ended) {
        return sameRelationship(processor, ended.text, *name);
      });
    } else if (place.from && !place.relationship.empty()) {
      refuse(place.relationshipAt,
             fmt::format("'{}' is {}, which has no relationships", place.path,
                         flow::aKind(found.kind)),
             "remove 'relationship'");
      return;
    }
    // The player moves what the references above point to.
    const flow::Processor& player = addPlayer(fmt::format("test: output {}", played_.taps.size()));
    const flow::Endpoint end = endpointOf(player, ElementKind::kProcessor);
    part.component = ComponentId(player.id.raw());
    if (place.from) {
      part.senders.push_back({ComponentId(watched.id.raw()), ends});
      part.inputs.push_back(connect(watched, std::move(relationships), end));
      return;
    }
    for (const flow::Connection& connection : own_) {
      if (connection.to.id != watched.id) continue;
      part.senders.push_back({ComponentId(connection.from.id.raw())});
      part.inputs.push_back(connect(connection.from, connection.relationships, end));
    }
    if (part.inputs.empty())
      refuse(place.at, fmt::format("no connection of the flow leads to '{}'", place.path),
             "look at what comes 'from' another component");
  }

  void addGiver(const Place& place) {
    Part& part = played_.givers.emplace_back();
    part.name = place.text();
    const Found found = find(place.path, place.at);
    if (found.element == nullptr) return;
    if (place.from) {
      if (found.kind != ElementKind::kProcessor) return;  // refused already
      const auto& processor = static_cast<const flow::Processor&>(*found.element);
      const auto name =
          relationshipOf(processor, place.relationship, place.path,
                         place.relationshipAt.known() ? place.relationshipAt : place.at);
      if (!name) return;
      part.component = ComponentId(processor.id.raw());
      part.routes.push_back({*name, outgoing(processor, *name)});
      return;
    }
    if (found.kind == ElementKind::kProcessor) {
      const ProcessorDescriptor* type = typeOf(static_cast<const flow::Processor&>(*found.element));
      if (type != nullptr && type->input == InputRequirement::kForbidden) {
        refuse(
            place.at, fmt::format("'{}' is a source, which takes nothing", place.path),
            fmt::format("write 'from: {}': it is replaced, and these come out of it", place.path));
        return;
      }
    }
    const flow::Endpoint end = endpointOf(*found.element, found.kind);
    const flow::Processor& player = addPlayer(fmt::format("test: given {}", played_.givers.size()));
    part.component = ComponentId(player.id.raw());
    part.routes.push_back(
        {"given", {connect(endpointOf(player, ElementKind::kProcessor), {{"given", {}}}, end)}});
  }

  void addStandIn(const StandIn& standIn) {
    Part& part = played_.standIns.emplace_back();
    part.name = standIn.path;
    ElementKind kind = ElementKind::kProcessor;
    const flow::Element* element = flow::findElement(played_.flow, fullPath(standIn.path), &kind);
    if (element == nullptr || kind != ElementKind::kProcessor) return;
    const auto& processor = static_cast<const flow::Processor&>(*element);
    part.component = ComponentId(processor.id.raw());
    for (const flow::Connection* connection : connections()) {
      if (connection->to.id == processor.id)
        part.inputs.push_back(ConnectionId(connection->id.raw()));
    }
    if (!standIn.relationship) return;
    const auto name =
        relationshipOf(processor, *standIn.relationship, standIn.path, standIn.relationshipAt);
    if (name) part.routes.push_back({*name, outgoing(processor, *name)});
  }

  std::vector<ConnectionId> outgoing(const flow::Processor& processor, const std::string& name) {
    std::vector<ConnectionId> result;
    for (const flow::Connection* connection : connections()) {
      if (connection->from.id != processor.id) continue;
      const bool carries = std::any_of(
          connection->relationships.begin(), connection->relationships.end(),
          [&](const flow::Name& other) { return sameRelationship(processor, other.text, name); });
      if (carries) result.push_back(ConnectionId(connection->id.raw()));
    }
    return result;
  }

  const TestCase& test_;
  const engine::FindProcessorType& findType_;
  flow::Findings& findings_;
  PlayedFlow played_;
  std::vector<flow::Connection> own_;                            // of the flow itself
  std::map<flow::ElementId, const ProcessorDescriptor*> types_;  // of what was replaced
  std::set<std::string> freed_;  // what its properties said, among it names of services
  std::map<flow::ElementId, std::vector<std::string>> relationships_;
  std::size_t connections_ = 0;
};

}  // namespace

PlayedFlow playFlow(const flow::Flow& original, const TestCase& test,
                    const engine::FindProcessorType& findType, flow::Findings& findings) {
  return Director(test, findType, findings).play(original);
}

}  // namespace millrace::flowtest
