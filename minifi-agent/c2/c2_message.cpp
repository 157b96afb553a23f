// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/c2/c2_message.h"

#include "engine/base/crc32c.h"
#include "engine/expression/json/json_document.h"
#include "minifi-agent/c2/json_builder.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::agent {
namespace {

using expression::JsonDocument;
using expression::JsonKind;
using expression::JsonValue;

constexpr std::size_t kMostOperations = 64;

void addDevice(JsonBuilder& json, const HeartbeatFacts& facts) {
  const DeviceFacts& device = facts.device;
  json.key("deviceInfo").open('{').member("identifier", device.id);
  json.key("systemInfo").open('{');
  json.member("machineArch", device.architecture);
  if (device.memory != 0) json.member("physicalMem", device.memory);
  if (device.cores != 0) json.member("vCores", device.cores);
  json.member("operatingSystem", device.system).close('}');
  json.key("networkInfo").open('{').member("hostname", device.hostname);
  if (!facts.address.empty()) json.member("ipAddress", facts.address);
  json.close('}').close('}');
}

void addAgent(JsonBuilder& json, const HeartbeatFacts& facts, bool full) {
  json.key("agentInfo").open('{').member("identifier", facts.agent);
  if (!facts.agentClass.empty()) json.member("agentClass", facts.agentClass);
  json.member("agentManifestHash", fmt::format("{:08x}", crc32c(asBytes(facts.manifest))));
  if (full) json.key("agentManifest").raw(facts.manifest);
  json.key("status").open('{').member("uptime", facts.uptime / kMillisecond);
  json.key("components").open('{').key("FlowController").open('{');
  json.member("running", facts.running).close('}').close('}').close('}').close('}');
}

void addFlow(JsonBuilder& json, const HeartbeatFacts& facts) {
  json.key("flowInfo").open('{');
  if (!facts.flowId.empty()) {
    json.member("flowId", facts.flowId);
    json.key("versionedFlowSnapshotURI").open('{').member("bucketId", "default");
    json.member("flowId", facts.flowId).close('}');
  }
  if (!facts.trialFlowId.empty()) json.member("trialFlowId", facts.trialFlowId);
  json.member("runStatus", facts.running ? "RUNNING" : "STOPPED");
  json.key("components").open('{');
  for (const ComponentFacts& each : facts.components) {
    json.key(each.path).open('{').member("running", each.running);
    json.member("uuid", each.id).close('}');
  }
  json.close('}').key("queues").open('{');
  for (const QueueFacts& each : facts.queues) {
    json.key(each.id).open('{').member("name", each.name).member("uuid", each.id);
    json.member("size", each.size).member("sizeMax", each.sizeMax);
    json.member("dataSize", each.dataSize).member("dataSizeMax", each.dataSizeMax).close('}');
  }
  json.close('}');
  if (!facts.bulletins.empty()) json.key("processorBulletins").raw(writeBulletins(facts.bulletins));
  json.close('}');
}

/// A text, or the plain form of another scalar.
std::string textOf(const JsonValue* value) {
  if (value == nullptr || value->isContainer() || value->kind == JsonKind::kNull) return {};
  std::string text;
  expression::appendPlain(*value, "", text);
  return text;
}

}  // namespace

std::string writeBulletins(const std::vector<BulletinFacts>& bulletins) {
  JsonBuilder json;
  json.open('[');
  for (const BulletinFacts& each : bulletins) {
    json.open('{').member("id", each.id).member("timestamp", each.time).member("level", each.level);
    if (!each.component.empty()) json.member("sourceId", each.component);
    json.member("sourceName", each.name).member("message", each.message).close('}');
  }
  json.close(']');
  return json.text();
}

std::string writeHeartbeat(const HeartbeatFacts& facts, bool full) {
  JsonBuilder json;
  json.open('{').member("operation", "heartbeat");
  addDevice(json, facts);
  addAgent(json, facts, full);
  addFlow(json, facts);
  json.close('}');
  return json.text();
}

std::string Operation::argument(std::initializer_list<std::string_view> names) const {
  for (const std::string_view each : names) {
    const auto found = arguments.find(std::string(each));
    if (found != arguments.end() && !found->second.empty()) return found->second;
  }
  return {};
}

Result<std::vector<Operation>> readOperations(std::string_view body) {
  std::vector<Operation> operations;
  // A server with nothing to say may say nothing.
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return operations;
  JsonDocument document;
  const auto parsed = document.parse(asBytes(body));
  if (!parsed.ok() || document.root().kind != JsonKind::kObject)
    return Error::environment("the server's answer is no JSON object; is it a server of C2?");
  const JsonValue* requested = document.root().find("requestedOperations");
  if (requested == nullptr) requested = document.root().find("requested_operations");
  if (requested == nullptr || requested->kind == JsonKind::kNull) return operations;
  if (requested->kind != JsonKind::kArray)
    return Error::environment("the server's requestedOperations is no array");
  for (const auto& [none, each] : requested->members()) {
    if (each.kind != JsonKind::kObject || operations.size() == kMostOperations) continue;
    Operation operation;
    operation.id = textOf(each.find("identifier"));
    if (operation.id.empty()) operation.id = textOf(each.find("operationId"));
    operation.name = textOf(each.find("operation"));
    std::transform(
        operation.name.begin(), operation.name.end(), operation.name.begin(),
        [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    operation.operand = textOf(each.find("operand"));
    if (const JsonValue* args = each.find("args");
        args != nullptr && args->kind == JsonKind::kObject) {
      for (const auto& [name, value] : args->members())
        operation.arguments[std::string(name)] = textOf(&value);
    }
    // What cannot be acknowledged cannot be asked for.
    if (!operation.id.empty() && !operation.name.empty())
      operations.push_back(std::move(operation));
  }
  return operations;
}

std::string writeAcknowledgement(const Acknowledgement& acknowledgement) {
  constexpr const char* kStates[] = {"FULLY_APPLIED", "NOT_APPLIED", "NO_OPERATION"};
  JsonBuilder json;
  json.open('{')
      .member("operation", "acknowledge")
      .member("operationId", acknowledgement.operation);
  json.key("operationState").open('{');
  json.member("state", kStates[static_cast<std::size_t>(acknowledgement.state)]);
  json.member("details", acknowledgement.details).close('}');
  for (const auto& [name, value] : acknowledgement.answer) json.key(name).raw(value);
  // C++ calls it so, too.
  json.member("identifier", acknowledgement.operation).close('}');
  return json.text();
}

}  // namespace millrace::agent
