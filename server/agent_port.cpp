// SPDX-License-Identifier: Apache-2.0
#include "server/agent_port.h"

#include "server/http/host_guard.h"

namespace millrace::server {

AgentPort::AgentPort(std::unique_ptr<AgentRegistry> registry, C2DeskOptions options,
                     std::unique_ptr<HttpServer> http)
    : registry_(std::move(registry)), desk_(*registry_, options), http_(std::move(http)) {}

Result<std::unique_ptr<AgentPort>> AgentPort::open(
    FileSystem& files, const Clock& clock, const std::string& data, HttpServerOptions options,
    std::function<void(const std::string&)> onTrouble) {
  constexpr std::size_t kMostBody = std::size_t{8} << 20;
  options.bodyBytes = kMostBody;
  // Where certificates are asked for, nobody comes in without one or a token.
  const C2DeskOptions desk{
      options.tls != nullptr,
      isLoopbackHost(options.host) && options.clientCertificates == ClientCertificates::kNone};
  auto registry = MR_TRY(AgentRegistry::open(files, clock, data, std::move(onTrouble)));
  auto http = MR_TRY(HttpServer::open(std::move(options)));
  return std::unique_ptr<AgentPort>(new AgentPort(std::move(registry), desk, std::move(http)));
}

void AgentPort::start() {
  http_->start([this](const HttpRequest& request) { return desk_.handle(request); });
}

Result<> AgentPort::stop() {
  http_->stop();
  return registry_->close();
}

}  // namespace millrace::server
