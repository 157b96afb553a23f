// SPDX-License-Identifier: Apache-2.0
#include "engine/control/topic_wire.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::engine {
namespace {

constexpr const char* kServiceType = "Kafka3ConnectionService";
constexpr Nanos kLookAgain = 10 * kMillisecond;
constexpr Nanos kTryAgain = 10 * kSecond;

/// What is made for a connection has ids that stay the same as long as the connection's does
/// (the finalizer of MurmurHash3 over id and part).
enum class Part : std::uint64_t { kPublisher = 1, kConsumer, kBefore, kAgain, kService };
flow::ElementId idOf(flow::ElementId of, Part part) {
  std::uint64_t mixed = of.raw() + static_cast<std::uint64_t>(part) * 0x9E3779B97F4A7C15ULL;
  mixed = (mixed ^ (mixed >> 33U)) * 0xFF51AFD7ED558CCDULL;
  mixed = (mixed ^ (mixed >> 33U)) * 0xC4CEB9FE1A85EC53ULL;
  mixed ^= mixed >> 33U;
  return flow::ElementId(mixed == 0 ? 1 : mixed);
}

std::string groupOf(const flow::Connection& connection) {
  return fmt::format("wire-{}-{:016x}", connection.via->topic, connection.id.raw());
}

bool hasWires(const flow::Group& group) {
  return std::any_of(group.connections.begin(), group.connections.end(),
                     [](const flow::Connection& each) { return each.via.has_value(); }) ||
         std::any_of(group.groups.begin(), group.groups.end(), hasWires);
}

void collect(const flow::Group& group, std::vector<TopicWire>& wires) {
  for (const flow::Connection& each : group.connections) {
    if (each.via)
      wires.push_back(
          {each.via->topic, static_cast<std::int32_t>(each.via->partitions), groupOf(each)});
  }
  for (const flow::Group& inner : group.groups) collect(inner, wires);
}

class Drawing {
 public:
  Drawing(flow::Group& group, std::string service) : group_(group), service_(std::move(service)) {}

  void drawOut(std::size_t at) {
    const flow::Connection wire = group_.connections[at];
    const std::string topic = wire.via->topic;
    flow::Processor publisher =
        processorOf(wire, Part::kPublisher, fmt::format("{} to topic {}", wire.from.path, topic),
                    "PublishKafka");
    set(publisher, "Topic Name", topic);
    set(publisher, "FlowFile Attribute Header Pattern", ".*");
    set(publisher, "Max Request Size", "1 GB");
    if (!wire.keyedBy.empty()) set(publisher, "Kafka Key", wire.keyedBy);
    if (wire.backPressure.count > 0) {
      set(publisher, "Lag Group", groupOf(wire));
      set(publisher, "Most Lag", std::to_string(wire.backPressure.count));
    }
    publisher.autoTerminate.push_back({"success", wire.at});
    publisher.yield = kLookAgain;
    publisher.penalty = kTryAgain;

    flow::Processor consumer = processorOf(
        wire, Part::kConsumer, fmt::format("Topic {} to {}", topic, wire.to.path), "ConsumeKafka");
    set(consumer, "Topics", topic);
    set(consumer, "Group ID", groupOf(wire));
    set(consumer, "Auto Offset Reset", "earliest");
    set(consumer, "Header Name Pattern", ".*");

    flow::Connection before = wire;
    before.id = idOf(wire.id, Part::kBefore);
    before.idIsGiven = true;
    before.name.clear();
    before.via.reset();
    before.keyedBy.clear();
    before.prioritizers.clear();
    before.expire = 0;
    before.to = endAt(publisher, wire);
    // What the topic does not take waits for its penalty, and is tried again.
    flow::Connection again = before;
    again.id = idOf(wire.id, Part::kAgain);
    again.from = endAt(publisher, wire);
    again.relationships = {{"failure", wire.at}};
    flow::Connection& behind = group_.connections[at];
    behind.via.reset();  // its keys stay: the attributes came along as headers
    behind.from = endAt(consumer, wire);
    behind.relationships = {{"success", wire.at}};
    group_.connections.push_back(std::move(before));
    group_.connections.push_back(std::move(again));
    group_.processors.push_back(std::move(publisher));
    group_.processors.push_back(std::move(consumer));
  }

 private:
  static void set(flow::Processor& processor, const char* name, std::string value) {
    processor.properties.push_back({name, std::move(value), processor.at, processor.at});
  }
  static flow::Endpoint endAt(const flow::Processor& processor, const flow::Connection& wire) {
    flow::Endpoint end;
    end.path = processor.name;
    end.id = processor.id;
    end.at = wire.at;
    return end;
  }
  flow::Processor processorOf(const flow::Connection& wire, Part part, const std::string& name,
                              const char* type) const {
    flow::Processor processor;
    processor.id = idOf(wire.id, part);
    processor.idIsGiven = true;
    processor.at = wire.at;
    processor.type = type;
    processor.typeAt = wire.at;
    // Several wires may lead from one place into one topic.
    processor.name = name;
    for (int number = 2; isTaken(processor.name); ++number)
      processor.name = fmt::format("{} ({})", name, number);
    set(processor, "Kafka Connection Service", service_);
    return processor;
  }
  bool isTaken(const std::string& name) const {
    const auto same = [&](const flow::Element& each) { return each.name == name; };
    return std::any_of(group_.processors.begin(), group_.processors.end(), same);
  }

  flow::Group& group_;
  const std::string service_;
};

void drawOut(flow::Group& group, const std::string& service) {
  Drawing drawing(group, service);
  const std::size_t count = group.connections.size();
  for (std::size_t at = 0; at < count; ++at) {
    if (group.connections[at].via) drawing.drawOut(at);
  }
  for (flow::Group& inner : group.groups) drawOut(inner, service);
}

bool namesService(const flow::Group& group, const std::string& name) {
  return std::any_of(group.services.begin(), group.services.end(),
                     [&](const flow::Service& each) { return each.name == name; }) ||
         std::any_of(group.groups.begin(), group.groups.end(),
                     [&](const flow::Group& inner) { return namesService(inner, name); });
}

}  // namespace

std::vector<TopicWire> topicWiresOf(const flow::Flow& flow) {
  std::vector<TopicWire> wires;
  collect(flow.root, wires);
  return wires;
}

std::optional<flow::Flow> withTopicWires(const flow::Flow& flow) {
  if (!hasWires(flow.root)) return std::nullopt;
  flow::Flow drawn = flow;
  // Of no name that some group gives to a service of its own.
  std::string name = "Topics of wires";
  while (namesService(drawn.root, name)) name += "'";
  flow::Service service;
  service.name = name;
  service.type = kServiceType;
  service.id = idOf(drawn.root.id, Part::kService);
  service.idIsGiven = true;
  service.properties.push_back({"Log", "embedded", {}, {}});
  drawn.root.services.push_back(std::move(service));
  drawOut(drawn.root, name);
  return drawn;
}

}  // namespace millrace::engine
