// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/import/remote_import.h"

#include "engine/flow/import/processor_import.h"
#include "engine/flow/import/property_import.h"
#include "engine/flow/import/run_states.h"
#include "engine/flow/paths.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::flow {
namespace {

std::vector<std::string> urlsOf(std::string_view text) {
  std::vector<std::string> urls;
  while (!text.empty()) {
    std::string_view url = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), url.size() + 1));
    while (!url.empty() && url.front() == ' ') url.remove_prefix(1);
    while (!url.empty() && url.back() == ' ') url.remove_suffix(1);
    if (!url.empty()) urls.emplace_back(url);
  }
  return urls;
}

void readProxy(SourceObject& source, RemoteGroup& remote, ImportSite& site) {
  const std::string host = source.text({"proxy host", "proxyHost"});
  std::uint32_t port = 0;
  source.number({"proxy port", "proxyPort"}, 0, port);
  const std::string user = source.text({"proxy user", "proxyUser"});
  const Keys passwordKeys = {"proxy password", "proxyPassword"};
  const std::string password = source.text(passwordKeys);
  if (host.empty()) return;
  if (port == 0 || port > 65535) {
    source.wrong(source.node(), fmt::format("the proxy '{}' has no port from 1 to 65535", host),
                 "write its port");
    return;
  }
  Proxy& proxy = remote.proxy.emplace();
  proxy.host = host;
  proxy.port = static_cast<std::uint16_t>(port);
  proxy.user = user;
  if (password.empty()) return;
  proxy.password = password.starts_with("#{")
                       ? password
                       : secretReference(remote.name, "proxy password", site.group);
  if (proxy.password != password)
    site.context.report.loss(source.find(passwordKeys)->at, source.component(),
                             fmt::format("the proxy's password was left out and is the sensitive "
                                         "parameter {} now",
                                         proxy.password),
                             "set the parameter where the flow runs");
}

// MiNiFi C++ keeps where a port is found in the port's properties; with RAW that is where its own
// protocol is spoken.
std::string readPortProperties(SourceObject& source, RemotePort& port, RemoteTransport transport) {
  auto properties = source.object({"Properties", "properties"});
  if (!properties) return {};
  properties->belongsTo(source.component());
  const std::string target = properties->text({"Port UUID"});
  if (!target.empty()) port.target = target;
  const std::string host = properties->text({"Host Name"});
  const std::string number = properties->text({"Port"});
  for (const std::string_view key : {"SSL Context Service", "Idle Timeout"})
    properties->lose(key, "a remote port has no such setting");
  properties->loseTheRest();
  if (host.empty() || number.empty()) return {};
  return transport == RemoteTransport::kRaw ? fmt::format("nifi://{}:{}", host, number)
                                            : fmt::format("http://{}:{}/nifi", host, number);
}

void readRemotePorts(std::vector<SourceObject> sources, std::vector<RemotePort>& ports,
                     RemoteGroup& remote, GroupPlaces& names, const Ids& remoteIds,
                     ImportSite& site) {
  ImportSite inside{site.context, site.around, names, site.group};
  for (SourceObject& source : sources) {
    RemotePort& port = ports.emplace_back();
    const std::string original = source.text({"name"});
    Ids ids = readIds(source);
    port.target = source.text({"targetId"});
    if (port.target.empty() && site.context.origin == Origin::kMiNiFi) port.target = ids.id;
    readElement(source, port,
                names.claim(source, original, port.target.empty() ? "port" : port.target), inside);
    source.number({"max concurrent tasks", "concurrentlySchedulableTaskCount"}, 1,
                  port.concurrency);
    source.boolean({"use compression", "useCompression"}, port.compress);
    if (auto batch = source.object({"batch size", "batchSize"})) {
      batch->belongsTo(source.component());
      batch->number({"count"}, port.batch.count);
      batch->size({"size"}, port.batch.size);
      batch->duration({"duration"}, port.batch.duration);
      batch->loseTheRest();
    }
    const std::string url = readPortProperties(source, port, remote.transport);
    if (remote.urls.empty() && !url.empty()) remote.urls.push_back(url);
    port.state = readRunState(source, site.context);
    source.ignore({"remoteGroupId", "type"});
    source.loseTheRest();
    const std::string path = escapeName(remote.name) + "/" + escapeName(port.name);
    if (ids.group.empty()) ids.group = remoteIds.id;
    site.places.add(ids, original, {path});
    // The first files had no other name for a remote port than its id over there.
    if (!port.target.empty()) site.places.add({port.target, {}, {}}, {}, {path});
  }
}

void readRemoteGroup(SourceObject& source, ImportSite& site) {
  RemoteGroup& remote = site.group.remoteGroups.emplace_back();
  remote.urls = urlsOf(source.text({"url", "targetUris", "targetUri"}));
  const std::string original = source.text({"name"});
  readElement(source, remote,
              site.places.claim(source, original,
                                remote.urls.empty() ? "Remote group" : remote.urls.front()),
              site);
  const Ids ids = readIds(source);
  source.duration({"timeout", "communicationsTimeout"}, remote.timeout);
  source.duration({"yield period", "yieldDuration"}, remote.yield);
  const std::string transport = source.text({"transport protocol", "transportProtocol"});
  if (transport == "HTTP") remote.transport = RemoteTransport::kHttp;
  if (!transport.empty() && transport != "HTTP" && transport != "RAW")
    source.wrong(*source.find({"transport protocol", "transportProtocol"}),
                 fmt::format("there is no transport '{}'", transport), "write RAW or HTTP");
  remote.networkInterface = source.text({"local network interface", "localNetworkInterface"});
  readProxy(source, remote, site);
  // Inputs and outputs of one remote group share their names, since connections use them.
  GroupPlaces names(joinPath(site.places.path(), remote.name), site.context.report);
  readRemotePorts(source.objects({"Input Ports", "inputPorts"}), remote.inputs, remote, names, ids,
                  site);
  readRemotePorts(source.objects({"Output Ports", "outputPorts"}), remote.outputs, remote, names,
                  ids, site);
  if (remote.urls.empty())
    source.wrong(source.node(), "the remote group has no 'url'",
                 "write the address of the other side");
  source.loseTheRest();
}

}  // namespace

void readRemoteGroups(SourceObject& groupSource, ImportSite& site) {
  for (SourceObject& source : groupSource.objects(
           {"Remote Process Groups", "Remote Processing Groups", "remoteProcessGroups"}))
    readRemoteGroup(source, site);
}

}  // namespace millrace::flow
