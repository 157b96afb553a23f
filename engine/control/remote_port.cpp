// SPDX-License-Identifier: Apache-2.0
#include "engine/control/remote_port.h"

#include "engine/base/units.h"

#include <algorithm>
#include <string>

namespace millrace::engine {

const flow::RemoteGroup* remoteGroupOf(const flow::Group& group, const flow::Element& port) {
  const auto has = [&](const std::vector<flow::RemotePort>& ports) {
    return std::any_of(ports.begin(), ports.end(),
                       [&](const flow::RemotePort& one) { return &one == &port; });
  };
  const auto found = std::find_if(
      group.remoteGroups.begin(), group.remoteGroups.end(),
      [&](const flow::RemoteGroup& remote) { return has(remote.inputs) || has(remote.outputs); });
  return found == group.remoteGroups.end() ? nullptr : &*found;
}

Result<flow::Processor> asProcessor(const flow::RemoteGroup& remote, const flow::RemotePort& port,
                                    flow::ElementKind kind) {
  const bool isHttp = remote.transport == flow::RemoteTransport::kHttp;
  if (remote.proxy && !isHttp)
    return Error::user("a proxy has no meaning with the transport RAW; take it out");
  flow::Processor processor;
  static_cast<flow::Element&>(processor) = port;
  const bool sends = kind == flow::ElementKind::kRemoteInputPort;
  processor.type = sends ? kRemoteSenderType : kRemoteFetcherType;
  const auto set = [&](const char* name, std::string value) {
    processor.properties.push_back({name, std::move(value), port.at, port.at});
  };
  std::string urls;
  for (const std::string& url : remote.urls) urls += (urls.empty() ? "" : ",") + url;
  set("URLs", std::move(urls));
  set("Port", port.target.empty() ? port.name : port.target);
  if (isHttp) set("Transport", "HTTP");
  set("Compression", port.compress ? "true" : "false");
  set("Timeout", formatDuration(remote.timeout));
  if (!remote.networkInterface.empty()) set("Local Network Interface", remote.networkInterface);
  if (remote.proxy) {
    set("Proxy Host", remote.proxy->host);
    set("Proxy Port", std::to_string(remote.proxy->port));
    if (!remote.proxy->user.empty()) set("Proxy User", remote.proxy->user);
    if (!remote.proxy->password.empty()) set("Proxy Password", remote.proxy->password);
  }
  if (port.batch.count > 0) set("Batch Count", std::to_string(port.batch.count));
  if (port.batch.size > 0) set("Batch Size", formatDataSize(port.batch.size));
  if (port.batch.duration > 0) set("Batch Duration", formatDuration(port.batch.duration));
  if (sends) {
    processor.autoTerminate.push_back({"success", port.at});
    processor.schedule.kind = flow::ScheduleKind::kEvent;
  }
  processor.concurrency = port.concurrency;
  processor.yield = remote.yield;
  processor.state = port.state;
  return processor;
}

}  // namespace millrace::engine
