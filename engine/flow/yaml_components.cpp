// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/yaml_components.h"

#include "engine/flow/paths.h"
#include "engine/flow/yaml_object.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::flow {
namespace {

// The path for messages, found before the object is read in full.
std::string whereOf(const YamlNode& node, const std::string& groupPath) {
  const YamlEntry* name = node.find("name");
  if (name == nullptr || !name->value.isScalar()) return groupPath;
  return joinPath(groupPath, name->value.text);
}

void readElement(YamlObject& object, Element& element) {
  element.name = object.text("name");
  element.comment = object.text("comment");
  element.at = object.at();
}

Properties readProperties(YamlObject& object) {
  Properties properties;
  const YamlNode* node = object.value("properties");
  if (node == nullptr) return properties;
  if (!node->isMap()) {
    object.refuse(node->at, "'properties' takes a mapping of names to texts",
                  "write one 'Name: value' line a property, or remove the key");
    return properties;
  }
  for (const YamlEntry& entry : node->entries) {
    if (entry.value.isScalar()) {
      properties.push_back({entry.key.text, entry.value.text, entry.key.at, entry.value.at});
    } else if (entry.value.isNull()) {
      object.refuse(entry.key.at, fmt::format("the property '{}' has no value", entry.key.text),
                    "write '' for an empty text, or remove the line");
    } else {
      object.refuse(entry.value.at,
                    fmt::format("the property '{}' is no single text", entry.key.text),
                    "put the value in quotes, or write it as a block after |");
    }
  }
  return properties;
}

Schedule readSchedule(const YamlNode& node, const std::string& where, Findings& findings) {
  Schedule schedule;
  YamlObject object(node, ObjectKind::kSchedule, where, findings);
  if (!object.isMap()) return schedule;
  schedule.at = object.at();
  bool event = false;
  object.duration("every", schedule.every);
  object.boolean("event", event);
  const int kinds = (object.value("every") != nullptr ? 1 : 0) +
                    (object.value("cron") != nullptr ? 1 : 0) + (event ? 1 : 0);
  if (kinds > 1)
    object.refuse(object.at(), "a schedule is one of 'every', 'cron' and 'event'",
                  "remove all but one");
  if (const YamlNode* cron = object.value("cron")) {
    schedule.kind = ScheduleKind::kCron;
    schedule.cron = object.text("cron");
    if (cron->isScalar() && !looksLikeCron(schedule.cron))
      object.refuse(cron->at, fmt::format("'{}' is no cron schedule", schedule.cron),
                    "write six fields: second minute hour day month weekday, as 0 0 * * * ?");
  }
  if (event) schedule.kind = ScheduleKind::kEvent;
  if (object.value("runs") != nullptr) {
    std::uint64_t runs = 1;
    object.number("runs", 1, UINT64_MAX, runs);
    schedule.runs = runs;
  }
  if (object.value("run-duration") != nullptr) {
    Nanos duration = 0;
    object.duration("run-duration", duration);
    schedule.runDuration = duration;
  }
  return schedule;
}

Retry readRetry(const YamlNode& node, const std::string& where, Findings& findings) {
  Retry retry;
  YamlObject object(node, ObjectKind::kRetry, where, findings);
  if (!object.isMap()) return retry;
  retry.relationships = object.names("relationships");
  object.number("count", 1, retry.count);
  object.choice("backoff", kBackoffs, retry.backoff);
  object.duration("max-backoff", retry.maxBackoff);
  return retry;
}

Endpoint readEndpoint(YamlObject& object, std::string_view key) {
  Endpoint end;
  end.path = object.text(key);
  const YamlNode* node = object.value(key);
  end.at = node == nullptr ? object.at() : node->at;
  return end;
}

}  // namespace

bool looksLikeCron(std::string_view text) {
  int fields = 0;
  bool inField = false;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t';
    if (!space && !inField) ++fields;
    inField = !space;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (!space && !letter && !digit && std::string_view("*?/,-#").find(c) == std::string_view::npos)
      return false;
  }
  return fields == 6 || fields == 7;
}

Processor readProcessor(const YamlNode& node, const std::string& groupPath, Findings& findings) {
  Processor processor;
  YamlObject object(node, ObjectKind::kProcessor, whereOf(node, groupPath), findings);
  processor.at = node.at;
  if (!object.isMap()) return processor;
  readElement(object, processor);
  processor.type = object.text("type");
  if (const YamlNode* type = object.value("type")) processor.typeAt = type->at;
  processor.properties = readProperties(object);
  processor.autoTerminate = object.names("auto-terminate");
  if (const YamlNode* retry = object.value("retry"))
    processor.retry = readRetry(*retry, object.where(), findings);
  if (const YamlNode* schedule = object.value("schedule"))
    processor.schedule = readSchedule(*schedule, object.where(), findings);
  object.number("concurrency", 1, processor.concurrency);
  object.duration("penalty", processor.penalty);
  object.duration("yield", processor.yield);
  object.choice("bulletin-level", kBulletinLevels, processor.bulletinLevel);
  object.choice("execution", kExecutions, processor.execution);
  object.choice("state", kRunStates, processor.state);
  object.boolean("unsupported", processor.unsupported);
  return processor;
}

Service readService(const YamlNode& node, const std::string& groupPath, Findings& findings) {
  Service service;
  YamlObject object(node, ObjectKind::kService, whereOf(node, groupPath), findings);
  service.at = node.at;
  if (!object.isMap()) return service;
  readElement(object, service);
  service.type = object.text("type");
  if (const YamlNode* type = object.value("type")) service.typeAt = type->at;
  service.properties = readProperties(object);
  object.choice("bulletin-level", kBulletinLevels, service.bulletinLevel);
  object.choice("state", kServiceStates, service.enabled);
  object.boolean("unsupported", service.unsupported);
  return service;
}

BackPressure readBackPressure(const YamlNode& node, BackPressure defaults, const std::string& where,
                              Findings& findings) {
  YamlObject object(node, ObjectKind::kBackPressure, where, findings);
  if (!object.isMap()) return defaults;
  object.number("count", 0, INT64_MAX, defaults.count);
  object.size("size", defaults.size);
  object.choice("when-full", kWhenFull, defaults.whenFull);
  return defaults;
}

namespace {

/// Where something is dropped that is not the oldest, or nothing can be dropped.
void refuseDropping(YamlObject& object, const Connection& connection) {
  const WhenFull rule = connection.backPressure.whenFull;
  if (rule == WhenFull::kWait) return;
  if (connection.via) {
    object.refuse(connection.at, "a connection that is a topic drops nothing when it is full",
                  "take 'when-full' or 'via' out; a topic has its own retention");
  }
  const bool oldestGoesFirst = std::all_of(
      connection.prioritizers.begin(), connection.prioritizers.end(), [](Prioritizer prioritizer) {
        return prioritizer == Prioritizer::kFifo || prioritizer == Prioritizer::kOldestFirst;
      });
  if (rule == WhenFull::kDropOldest && !oldestGoesFirst) {
    object.refuse(connection.at,
                  "'when-full: drop oldest' drops what would go next, which with these "
                  "prioritizers is not the oldest",
                  "write 'drop newest', or take the prioritizers out");
  }
}

}  // namespace

Connection readConnection(const YamlNode& node, const std::string& groupPath, const Group& defaults,
                          Findings& findings) {
  Connection connection;
  YamlObject object(node, ObjectKind::kConnection, groupPath, findings);
  connection.at = node.at;
  connection.from.at = node.at;
  connection.to.at = node.at;
  connection.backPressure = defaults.defaultBackPressure;
  connection.expire = defaults.defaultExpire;
  if (!object.isMap()) return connection;
  readElement(object, connection);
  connection.from = readEndpoint(object, "from");
  connection.to = readEndpoint(object, "to");
  connection.relationships = object.names("relationships");
  if (object.value("relationship") != nullptr) {
    if (object.value("relationships") != nullptr)
      object.refuse(object.value("relationship")->at,
                    "a connection has either 'relationship' or 'relationships'",
                    "write all in 'relationships: [a, b]'");
    connection.relationships = object.names("relationship");
  }
  if (const YamlNode* limit = object.value("back-pressure"))
    connection.backPressure =
        readBackPressure(*limit, connection.backPressure, groupPath, findings);
  object.duration("expire", connection.expire);
  if (object.value("prioritizers") != nullptr) {
    for (const YamlNode& item : object.items("prioritizers")) {
      if (const auto prioritizer = object.chosen("prioritizers", item, kPrioritizers))
        connection.prioritizers.push_back(*prioritizer);
    }
  }
  if (const YamlNode* via = object.value("via")) {
    YamlObject topic(*via, ObjectKind::kVia, groupPath, findings);
    connection.via.emplace();
    connection.via->at = via->at;
    if (topic.isMap()) {
      connection.via->topic = topic.text("topic");
      topic.number("partitions", 1, connection.via->partitions);
    }
  }
  connection.keyedBy = object.text("keyed-by");
  refuseDropping(object, connection);
  return connection;
}

Port readPort(const YamlNode& node, const std::string& groupPath, Findings& findings) {
  Port port;
  port.at = node.at;
  if (node.isScalar()) {
    port.name = node.text;
    return port;
  }
  YamlObject object(node, ObjectKind::kPort, whereOf(node, groupPath), findings);
  if (!object.isMap()) return port;
  readElement(object, port);
  object.number("concurrency", 1, port.concurrency);
  object.boolean("remote-access", port.remoteAccess);
  object.choice("state", kRunStates, port.state);
  return port;
}

Funnel readFunnel(const YamlNode& node, const std::string& groupPath, Findings& findings) {
  Funnel funnel;
  funnel.at = node.at;
  if (node.isScalar()) {
    funnel.name = node.text;
    return funnel;
  }
  YamlObject object(node, ObjectKind::kFunnel, whereOf(node, groupPath), findings);
  if (object.isMap()) readElement(object, funnel);
  return funnel;
}

Label readLabel(const YamlNode& node, const std::string& groupPath, Findings& findings) {
  Label label;
  label.at = node.at;
  YamlObject object(node, ObjectKind::kLabel, whereOf(node, groupPath), findings);
  if (!object.isMap()) return label;
  readElement(object, label);
  label.text = object.text("text");
  return label;
}

}  // namespace millrace::flow
