// SPDX-License-Identifier: Apache-2.0
#include "server/agents/c2_wire.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace millrace::server {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDeepest = 64;
constexpr std::size_t kMostBulletins = 100;
constexpr std::size_t kMostBulletinBytes = 16384;  // longer ones are left out

std::string textOf(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Json> parse(std::string_view body) {
  bool tooDeep = false;
  Json json = Json::parse(
      body,
      [&](int depth, Json::parse_event_t, Json&) {
        tooDeep = tooDeep || depth > static_cast<int>(kDeepest);
        return !tooDeep;
      },
      false);
  if (tooDeep) return Error::user(fmt::format("the JSON is nested deeper than {}", kDeepest));
  if (!json.is_object()) return Error::user("the body must be a JSON object");
  return json;
}

/// A member of an object; null where there is none.
const Json* member(const Json* json, const char* key) {
  if (json == nullptr || !json->is_object()) return nullptr;
  const auto found = json->find(key);
  return found == json->end() ? nullptr : &*found;
}

std::string text(const Json* json, const char* key) {
  const Json* const found = member(json, key);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

/// The manifest names the kind of agent; one that does not is told by its bundles.
std::string kindOf(const Json* manifest) {
  if (manifest == nullptr) return {};
  std::string kind = text(manifest, "agentType");
  return kind.empty() ? "unknown" : kind;
}

Outcome outcomeOf(const std::string& state) {
  if (state == "FULLY_APPLIED" || state == "NO_OPERATION") return Outcome::kApplied;
  if (state == "PARTIALLY_APPLIED") return Outcome::kPartly;
  return Outcome::kRefused;
}

/// C2 in C++ names a component by the operand itself, and the whole flow FlowController; in Java,
/// and here, the operand says which of the two it is.
void addOperand(Json& operation, const Command& command, const std::string& kind) {
  const auto component = command.arguments.find("processorId");
  const bool runs = command.operation == "START" || command.operation == "STOP";
  if (!runs || kind != "cpp") {
    operation["operand"] = command.operand;
    return;
  }
  operation["operand"] =
      component == command.arguments.end() ? std::string("FlowController") : component->second;
}

}  // namespace

Result<AgentReport> readHeartbeat(std::string_view body) {
  Json json = MR_TRY(parse(body));
  AgentReport report;
  const Json* const info = member(&json, "agentInfo");
  report.agent = text(info, "identifier");
  if (report.agent.empty())
    return Error::user("a heartbeat needs agentInfo.identifier, the name of the agent");
  report.agentClass = text(info, "agentClass");
  const Json* const manifest = member(info, "agentManifest");
  if (manifest != nullptr && manifest->is_object()) {
    report.manifest = textOf(*manifest);
    report.kind = kindOf(manifest);
    report.version = text(member(manifest, "buildInfo"), "version");
    if (report.version.empty()) report.version = text(manifest, "version");
  }
  Json* const flow = const_cast<Json*>(member(&json, "flowInfo"));
  report.flowId = text(flow, "flowId");
  if (report.flowId.empty())
    report.flowId = text(member(flow, "versionedFlowSnapshotURI"), "flowId");
  if (const Json* bulletins = member(flow, "processorBulletins");
      bulletins != nullptr && bulletins->is_array()) {
    for (const Json& each : *bulletins) {
      std::string bulletin = textOf(each);
      if (each.is_object() && bulletin.size() <= kMostBulletinBytes &&
          report.bulletins.size() < kMostBulletins)
        report.bulletins.push_back(std::move(bulletin));
    }
  }
  // The manifest is kept apart, the bulletins are gathered.
  if (flow != nullptr && flow->is_object()) flow->erase("processorBulletins");
  json["agentInfo"].erase("agentManifest");
  report.status = textOf(json);
  return report;
}

Result<OrderReport> readAcknowledgement(std::string_view body) {
  const Json json = MR_TRY(parse(body));
  OrderReport report;
  for (const char* key : {"operationId", "operationid", "identifier"}) {
    const Json* const id = member(&json, key);
    if (id == nullptr) continue;
    if (id->is_string()) report.operationId = id->get<std::string>();
    break;
  }
  if (report.operationId.empty())
    return Error::user("an acknowledgement needs operationId, which operation it is about");
  const Json* const state = member(&json, "operationState");
  // C2 in C++ once had no state: that it acknowledges was all it said.
  report.outcome = state == nullptr ? Outcome::kApplied : outcomeOf(text(state, "state"));
  report.details = text(state, "details");
  const Json* const info = member(&json, "agentInfo");
  if (const Json* manifest = member(info, "agentManifest"); manifest != nullptr)
    report.manifest = textOf(*manifest);
  Json answer = Json::object();
  for (const auto& [key, value] : json.items()) {
    constexpr std::string_view kEnvelope[] = {"operation",  "operationId",    "operationid",
                                              "identifier", "operationState", "agentInfo",
                                              "deviceInfo", "flowInfo"};
    if (std::find(std::begin(kEnvelope), std::end(kEnvelope), key) == std::end(kEnvelope))
      answer[key] = value;
  }
  if (!answer.empty()) report.answer = textOf(answer);
  return report;
}

std::string writeCommands(const std::vector<Command>& commands, const std::string& kind,
                          const std::string& flows) {
  Json operations = Json::array();
  for (const Command& command : commands) {
    Json operation;
    operation["identifier"] = command.id;
    operation["operation"] = command.operation;
    addOperand(operation, command, kind);
    Json arguments = Json::object();
    for (const auto& [name, value] : command.arguments) arguments[name] = value;
    if (command.operation == "UPDATE") {
      const std::string id = command.arguments.at("flowId");
      // By the names of C++ and of Java.
      arguments["location"] = flows + id;
      arguments["flowUrl"] = flows + id;
    }
    operation["args"] = std::move(arguments);
    operation["dependencies"] = Json::array();
    operations.push_back(std::move(operation));
  }
  Json reply;
  reply["requestedOperations"] = std::move(operations);
  return textOf(reply);
}

}  // namespace millrace::server
