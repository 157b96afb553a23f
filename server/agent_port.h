// SPDX-License-Identifier: Apache-2.0
#pragma once
// AgentPort: where agents report to: the registry of a data directory, and the port that serves it
// to them. Ownership: files, clock and callback outlive it. Owner: a command. Threads: one calls
// it; the registry may be used from any.

#include "server/agents/agent_registry.h"
#include "server/agents/c2_desk.h"
#include "server/http/http_server.h"

#include <functional>
#include <memory>
#include <string>

namespace millrace::server {

class AgentPort {
 public:
  /// Reads the registry and binds the port; nobody is served yet.
  static Result<std::unique_ptr<AgentPort>> open(FileSystem& files, const Clock& clock,
                                                 const std::string& data, HttpServerOptions options,
                                                 std::function<void(const std::string&)> onTrouble);

  void start();
  /// Answers what is under way, and keeps when agents were last seen.
  Result<> stop();
  std::string address() const { return http_->address(); }
  AgentRegistry& registry() { return *registry_; }

 private:
  AgentPort(std::unique_ptr<AgentRegistry> registry, C2DeskOptions options,
            std::unique_ptr<HttpServer> http);

  std::unique_ptr<AgentRegistry> registry_;
  C2Desk desk_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace millrace::server
