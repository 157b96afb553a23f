// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/yaml_writer.h"

#include "engine/base/units.h"
#include "engine/flow/elements.h"
#include "engine/flow/spellings.h"

#include <fmt/format.h>

namespace millrace::flow {
namespace {

// Adds the keys of one object, leaving out what equals the default.
class Fields {
 public:
  explicit Fields(YamlValue value) : value_(std::move(value)) {}
  YamlValue take() { return std::move(value_); }

  Fields& always(std::string_view key, YamlValue value) {
    value_.add(key, std::move(value));
    return *this;
  }
  Fields& text(std::string_view key, const std::string& value) {
    if (!value.empty()) value_.add(key, value);
    return *this;
  }
  template <typename Number>
  Fields& number(std::string_view key, Number value, Number fallback) {
    if (value != fallback) value_.add(key, fmt::format("{}", value));
    return *this;
  }
  Fields& duration(std::string_view key, Nanos value, Nanos fallback) {
    if (value != fallback) value_.add(key, formatDuration(value));
    return *this;
  }
  Fields& size(std::string_view key, std::uint64_t value, std::uint64_t fallback) {
    if (value != fallback) value_.add(key, formatDataSize(value));
    return *this;
  }
  template <typename Value, std::size_t N>
  Fields& choice(std::string_view key, const std::array<Spelling<Value>, N>& table, Value value,
                 Value fallback) {
    if (value != fallback) value_.add(key, spell(table, value));
    return *this;
  }
  Fields& names(std::string_view key, const std::vector<Name>& names) {
    if (names.empty()) return *this;
    YamlValue list = YamlValue::bracketedList();
    for (const Name& name : names) list.items.emplace_back(name.text);
    value_.add(key, std::move(list));
    return *this;
  }
  Fields& unlessEmpty(std::string_view key, YamlValue value) {
    if (!value.entries.empty() || !value.items.empty()) value_.add(key, std::move(value));
    return *this;
  }

 private:
  YamlValue value_;
};

YamlValue propertiesOf(const Properties& properties) {
  YamlValue map = YamlValue::map();
  for (const Property& property : properties) map.add(property.name, property.value);
  return map;
}

// Ports and funnels that are no more than a name are written as one.
YamlValue nameIfAlone(YamlValue value) {
  if (value.entries.size() == 1) return value.entries.front().second;
  return value;
}

template <typename Elements>
YamlValue listOf(const Elements& elements) {
  YamlValue list = YamlValue::list();
  bool onlyNames = true;
  for (const auto& element : elements) {
    list.items.push_back(yamlOf(element));
    onlyNames = onlyNames && list.items.back().kind == YamlValue::Kind::kText;
  }
  list.inBraces = onlyNames;
  return list;
}

YamlValue pairOf(const Point& point) {
  YamlValue pair = YamlValue::bracketedList();
  pair.items = {fmt::format("{}", point.x), fmt::format("{}", point.y)};
  return pair;
}

// All keys of a group but name, comment and, at the top, what only a file has.
void addGroupBody(Fields& fields, const Group& group) {
  YamlValue connections = YamlValue::list();
  for (const Connection& connection : group.connections)
    connections.items.push_back(yamlOf(connection, group));
  fields.text("parameter-context", group.parameterContext)
      .unlessEmpty("parameters", yamlOf(group.parameters))
      .choice("flowfile-concurrency", kFlowFileConcurrencies, group.flowFileConcurrency,
              FlowFileConcurrency::kUnbounded)
      .choice("outbound-policy", kOutboundPolicies, group.outboundPolicy, OutboundPolicy::kStream)
      .unlessEmpty("default-back-pressure", yamlOf(group.defaultBackPressure, BackPressure{}))
      .duration("default-expire", group.defaultExpire, 0)
      .number("max-concurrent-tasks", group.maxConcurrentTasks, 0U)
      .unlessEmpty("services", listOf(group.services))
      .unlessEmpty("inputs", listOf(group.inputs))
      .unlessEmpty("outputs", listOf(group.outputs))
      .unlessEmpty("funnels", listOf(group.funnels))
      .unlessEmpty("labels", listOf(group.labels))
      .unlessEmpty("processors", listOf(group.processors))
      .unlessEmpty("remote-groups", listOf(group.remoteGroups))
      .unlessEmpty("connections", std::move(connections))
      .unlessEmpty("groups", listOf(group.groups));
}

}  // namespace

YamlValue yamlOf(const ParameterContext& context) {
  return Fields(YamlValue::map())
      .always("name", context.name)
      .text("comment", context.comment)
      .names("inherits", context.inherits)
      .unlessEmpty("parameters", yamlOf(context.parameters))
      .take();
}

YamlValue yamlOf(const Schedule& schedule) {
  Fields fields(YamlValue::bracedMap());
  if (schedule.kind == ScheduleKind::kEvery) fields.duration("every", schedule.every, 0);
  if (schedule.kind == ScheduleKind::kCron) fields.always("cron", schedule.cron);
  if (schedule.kind == ScheduleKind::kEvent) fields.always("event", "true");
  if (schedule.runs) fields.always("runs", fmt::format("{}", *schedule.runs));
  if (schedule.runDuration) fields.always("run-duration", formatDuration(*schedule.runDuration));
  return fields.take();
}

YamlValue yamlOf(const Retry& retry) {
  if (retry == Retry{}) return YamlValue::bracedMap();
  return Fields(YamlValue::bracedMap())
      .names("relationships", retry.relationships)
      .number("count", retry.count, 10U)
      .choice("backoff", kBackoffs, retry.backoff, Backoff::kPenalize)
      .duration("max-backoff", retry.maxBackoff, 10 * kMinute)
      .take();
}

YamlValue yamlOf(const BackPressure& limit, const BackPressure& defaults) {
  return Fields(YamlValue::bracedMap())
      .number("count", limit.count, defaults.count)
      .size("size", limit.size, defaults.size)
      .choice("when-full", kWhenFull, limit.whenFull, defaults.whenFull)
      .take();
}

YamlValue yamlOf(const std::vector<Parameter>& parameters) {
  YamlValue map = YamlValue::map();
  for (const Parameter& parameter : parameters) {
    if (parameter.value && parameter.comment.empty() && !parameter.sensitive) {
      map.add(parameter.name, *parameter.value);
      continue;
    }
    Fields fields(YamlValue::bracedMap());
    if (parameter.value) fields.always("value", *parameter.value);
    fields.text("comment", parameter.comment)
        .choice("sensitive", kBooleans, parameter.sensitive, false);
    map.add(parameter.name, fields.take());
  }
  return map;
}

YamlValue yamlOf(const Processor& processor) {
  return Fields(YamlValue::map())
      .always("name", processor.name)
      .always("type", processor.type)
      .text("comment", processor.comment)
      .unlessEmpty("properties", propertiesOf(processor.properties))
      .names("auto-terminate", processor.autoTerminate)
      .unlessEmpty("retry", yamlOf(processor.retry))
      .unlessEmpty("schedule", yamlOf(processor.schedule))
      .number("concurrency", processor.concurrency, 1U)
      .duration("penalty", processor.penalty, 30 * kSecond)
      .duration("yield", processor.yield, kSecond)
      .choice("bulletin-level", kBulletinLevels, processor.bulletinLevel, BulletinLevel::kWarn)
      .choice("execution", kExecutions, processor.execution, Execution::kAll)
      .choice("state", kRunStates, processor.state, RunState::kRunning)
      .choice("unsupported", kBooleans, processor.unsupported, false)
      .take();
}

YamlValue yamlOf(const Service& service) {
  return Fields(YamlValue::map())
      .always("name", service.name)
      .always("type", service.type)
      .text("comment", service.comment)
      .unlessEmpty("properties", propertiesOf(service.properties))
      .choice("bulletin-level", kBulletinLevels, service.bulletinLevel, BulletinLevel::kWarn)
      .choice("state", kServiceStates, service.enabled, true)
      .choice("unsupported", kBooleans, service.unsupported, false)
      .take();
}

YamlValue yamlOf(const Connection& connection, const Group& group) {
  Fields fields(YamlValue::bracedMap());
  fields.text("name", connection.name)
      .text("comment", connection.comment)
      .always("from", connection.from.path);
  if (connection.relationships.size() == 1)
    fields.always("relationship", connection.relationships.front().text);
  else
    fields.names("relationships", connection.relationships);
  fields.always("to", connection.to.path)
      .unlessEmpty("back-pressure", yamlOf(connection.backPressure, group.defaultBackPressure))
      .duration("expire", connection.expire, group.defaultExpire);
  YamlValue prioritizers = YamlValue::bracketedList();
  for (const Prioritizer prioritizer : connection.prioritizers)
    prioritizers.items.emplace_back(spell(kPrioritizers, prioritizer));
  fields.unlessEmpty("prioritizers", std::move(prioritizers));
  if (connection.via) {
    fields.always("via", Fields(YamlValue::bracedMap())
                             .always("topic", connection.via->topic)
                             .number("partitions", connection.via->partitions, 1U)
                             .take());
  }
  return fields.text("keyed-by", connection.keyedBy).take();
}

YamlValue yamlOf(const Port& port) {
  return nameIfAlone(Fields(YamlValue::bracedMap())
                         .always("name", port.name)
                         .text("comment", port.comment)
                         .number("concurrency", port.concurrency, 1U)
                         .choice("remote-access", kBooleans, port.remoteAccess, false)
                         .choice("state", kRunStates, port.state, RunState::kRunning)
                         .take());
}

YamlValue yamlOf(const Funnel& funnel) {
  return nameIfAlone(Fields(YamlValue::bracedMap())
                         .always("name", funnel.name)
                         .text("comment", funnel.comment)
                         .take());
}

YamlValue yamlOf(const Label& label) {
  return Fields(YamlValue::map())
      .always("name", label.name)
      .always("text", label.text)
      .text("comment", label.comment)
      .take();
}

YamlValue yamlOf(const RemoteGroup& remote) {
  YamlValue urls = YamlValue::bracketedList();
  for (const std::string& url : remote.urls) urls.items.emplace_back(url);
  Fields fields(YamlValue::map());
  fields.always("name", remote.name)
      .text("comment", remote.comment)
      .always("urls", std::move(urls))
      .duration("timeout", remote.timeout, 30 * kSecond)
      .duration("yield", remote.yield, 10 * kSecond)
      .choice("transport", kTransports, remote.transport, RemoteTransport::kRaw)
      .text("network-interface", remote.networkInterface);
  if (remote.proxy) {
    fields.always("proxy", Fields(YamlValue::bracedMap())
                               .always("host", remote.proxy->host)
                               .always("port", fmt::format("{}", remote.proxy->port))
                               .text("user", remote.proxy->user)
                               .text("password", remote.proxy->password)
                               .take());
  }
  return fields.unlessEmpty("inputs", listOf(remote.inputs))
      .unlessEmpty("outputs", listOf(remote.outputs))
      .take();
}

YamlValue yamlOf(const RemotePort& port) {
  YamlValue batch = Fields(YamlValue::bracedMap())
                        .number("count", port.batch.count, std::uint64_t{0})
                        .size("size", port.batch.size, 0)
                        .duration("duration", port.batch.duration, 0)
                        .take();
  return nameIfAlone(Fields(YamlValue::map())
                         .always("name", port.name)
                         .text("comment", port.comment)
                         .text("target", port.target)
                         .number("concurrency", port.concurrency, 1U)
                         .choice("compress", kBooleans, port.compress, false)
                         .unlessEmpty("batch", std::move(batch))
                         .choice("state", kRunStates, port.state, RunState::kRunning)
                         .take());
}

YamlValue yamlOf(const Group& group) {
  Fields fields(YamlValue::map());
  fields.always("name", group.name).text("comment", group.comment);
  addGroupBody(fields, group);
  return fields.take();
}

YamlValue layoutOf(const Element& element) {
  const Layout& layout = element.layout;
  Fields fields(YamlValue::bracedMap());
  if (layout.at) fields.always("at", pairOf(*layout.at));
  if (layout.size) fields.always("size", pairOf(*layout.size));
  fields.text("colour", layout.colour);
  if (layout.fontSize) fields.always("font-size", fmt::format("{}", *layout.fontSize));
  YamlValue bends = YamlValue::bracketedList();
  for (const Point& bend : layout.bends) bends.items.push_back(pairOf(bend));
  fields.unlessEmpty("bends", std::move(bends));
  if (layout.labelAt) fields.always("label-at", fmt::format("{}", *layout.labelAt));
  if (layout.z) fields.always("z", fmt::format("{}", *layout.z));
  if (element.idIsGiven) fields.always("id", fmt::format("{:x}", element.id.raw()));
  return fields.take();
}

std::string writeFlow(const Flow& flow) {
  YamlValue contexts = YamlValue::list();
  for (const ParameterContext& context : flow.parameterContexts)
    contexts.items.push_back(yamlOf(context));
  YamlValue layout = YamlValue::map();
  forEachElement(flow,
                 [&](ElementKind, const std::string& path, const Element& element, const Group&) {
                   YamlValue line = layoutOf(element);
                   // Deep in groups of long names an element has no line: better than a file
                   // that nobody can read.
                   if (!line.entries.empty() && canBeKey(path)) layout.add(path, std::move(line));
                 });
  Fields fields(YamlValue::map());
  fields.always("millrace", "1")
      .always("name", flow.name)
      .text("comment", flow.root.comment)
      .unlessEmpty("parameter-contexts", std::move(contexts));
  addGroupBody(fields, flow.root);
  fields.unlessEmpty("layout", std::move(layout));
  return renderEntries(fields.take(), 0, {}) + "\n";
}

}  // namespace millrace::flow
