// SPDX-License-Identifier: Apache-2.0
#pragma once
// C2Desk: what the port for agents answers: POST …/c2-protocol/heartbeat and …/acknowledge, GET
// …/flows/ID, under /c2/api and under the names that other C2 servers gave it. Agents show a token
// (Authorization: Bearer) or a certificate; FORMAT.md says how a flow's signature is sent.
// Ownership: the registry outlives it. Threads: handle() from any.

#include "server/agents/agent_registry.h"
#include "server/http/http_server.h"
#include "server/http/router.h"

#include <string>

namespace millrace::server {

constexpr const char* kSignatureHeader = "Millrace-Signature";

struct C2DeskOptions {
  bool secure = false;   ///< flows are fetched over https
  bool trusted = false;  ///< callers are of this machine
};

class C2Desk {
 public:
  C2Desk(AgentRegistry& registry, C2DeskOptions options);
  HttpResponse handle(const HttpRequest& request) const { return router_.handle(request); }

 private:
  std::optional<AgentCaller> callerOf(const HttpRequest& request) const;
  HttpResponse heartbeat(const HttpRequest& request, const std::string& base) const;
  HttpResponse acknowledge(const HttpRequest& request) const;
  HttpResponse flow(const RoutedRequest& request) const;

  AgentRegistry& registry_;
  const C2DeskOptions options_;
  Router router_;
};

}  // namespace millrace::server
