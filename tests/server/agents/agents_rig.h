// SPDX-License-Identifier: Apache-2.0
#pragma once
// A registry of agents in memory behind its desk, and conversations with it as bytes. Threads: the
// test's.

#include "engine/base/fault_file_system.h"
#include "server/agents/agent_registry.h"
#include "server/agents/c2_desk.h"

#include <nlohmann/json.hpp>

#include <QTest>
#include <memory>
#include <string>

namespace agents_rig {

using namespace millrace;
using namespace millrace::server;
using Json = nlohmann::ordered_json;

struct Rig {
  std::unique_ptr<MemoryFileSystem> files = std::make_unique<MemoryFileSystem>(7);
  VirtualClock clock;
  std::unique_ptr<AgentRegistry> registry;
  std::unique_ptr<C2Desk> desk;
  std::string trouble;

  Rig() {
    must(files->createDirectories("data"));
    must(files->syncDirectory("."));
    must(open());
  }
  Result<> open(C2DeskOptions options = {false, true}) {
    desk.reset();
    registry.reset();
    auto opened = AgentRegistry::open(*files, clock, "data",
                                      [this](const std::string& text) { trouble = text; });
    if (!opened.ok()) return opened.error();
    registry = std::move(*opened);
    desk = std::make_unique<C2Desk>(*registry, options);
    return Done{};
  }
  static void must(const Result<>& result) {
    if (!result.ok()) qFatal("%s", result.error().message.c_str());
  }
  HttpResponse send(HttpMethod method, const std::string& target, const std::string& body = {},
                    const std::string& token = {}) {
    HttpHeaders headers{{"Host", "server.example:8082"}};
    if (!token.empty()) headers.emplace_back("Authorization", "Bearer " + token);
    return desk->handle({method, target, std::move(headers), body});
  }
  HttpResponse heartbeat(const std::string& body, const std::string& token = {}) {
    return send(HttpMethod::kPost, "/c2/api/c2-protocol/heartbeat", body, token);
  }
  HttpResponse acknowledge(const std::string& body, const std::string& token = {}) {
    return send(HttpMethod::kPost, "/c2/api/c2-protocol/acknowledge", body, token);
  }
  /// A short heartbeat of an agent that was there before.
  static std::string beat(const std::string& agent, const std::string& agentClass = {},
                          const std::string& flowId = {}) {
    Json json;
    json["operation"] = "heartbeat";
    json["agentInfo"]["identifier"] = agent;
    if (!agentClass.empty()) json["agentInfo"]["agentClass"] = agentClass;
    json["agentInfo"]["agentManifest"]["agentType"] = "cpp";
    if (!flowId.empty()) json["flowInfo"]["flowId"] = flowId;
    return json.dump();
  }
  static Json operations(const HttpResponse& response) {
    if (response.status != 200) qFatal("%d %s", response.status, response.body.c_str());
    return Json::parse(response.body).at("requestedOperations");
  }
  template <typename T>
  static T good(const Answered<T>& answer) {
    if (const auto* why = std::get_if<Refused>(&answer))
      qFatal("%d %s", why->status, why->message.c_str());
    return std::get<T>(answer);
  }
};

}  // namespace agents_rig
