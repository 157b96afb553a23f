// SPDX-License-Identifier: Apache-2.0
#pragma once
// RestHost: the server's interface over one running flow: edited flow, status, events, routes and
// port put together. Ownership: the flow host and the file system outlive it. Owner: a command.
// Threads: one calls it; it has its own.

#include "engine/base/file_system.h"
#include "server/agents/agent_registry.h"
#include "server/flow_host.h"
#include "server/http/http_server.h"
#include "server/http/router.h"
#include "server/live_secrets.h"
#include "server/logging/log_book.h"
#include "server/rest/parked_limits.h"

#include <memory>
#include <string>

namespace millrace::server {

struct RestHostOptions {
  std::string flow;  ///< path of the flow file
  std::string data;
  HttpServerOptions http;
  ParkedRules parked;
  StartingSecrets secrets;
  LogBook* log = nullptr;           ///< outlives it; null: what is said is not written
  AgentRegistry* agents = nullptr;  ///< outlives it; null: the server serves no agents
};

class RestHost {
 public:
  /// Recovers the edited flow, makes it the running one if a change was interrupted, and binds the
  /// port; nobody is served yet.
  static Result<std::unique_ptr<RestHost>> open(FlowHost& host, FileSystem& files,
                                                RestHostOptions options);
  ~RestHost();

  void start();
  /// Looks whether the flow file was changed by hand; what is wrong with it, in one sentence.
  Result<> pickUp();
  /// Ends every stream and answers what is under way.
  void stop();
  std::string address() const;
  /// Every route, for whoever compares them with their description.
  const Router& router() const;
  /// What the port answers to a request whose Host and Origin are its own.
  HttpResponse answer(const HttpRequest& request);

 private:
  struct Parts;
  explicit RestHost(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace millrace::server
