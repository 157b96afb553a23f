// SPDX-License-Identifier: Apache-2.0
#include "processors/remote/peer_line.h"

#include "engine/net/network.h"

#include <fmt/format.h>

namespace millrace::processors {

Result<PeerSettings> PeerSettings::read(ProcessContext& context) {
  PeerSettings settings;
  settings.addresses = MR_TRY(PeerAddress::parseAll(MR_TRY(context.evaluate(kPeerUrls))));
  settings.port = MR_TRY(context.evaluate(kPeerPort));
  settings.access.timeout = context.get(kPeerTimeout);
  if (context.has(kPeerInterface)) settings.access.via = MR_TRY(context.evaluate(kPeerInterface));
  settings.http = context.get(kPeerTransport) == "HTTP";
  auto* const provider = MR_TRY(serviceOf<SslContextProvider>(context, kPeerTls));
  if (provider != nullptr) settings.access.tls = provider->context();
  if (context.has(kPeerProxyHost)) {
    HttpProxy proxy;
    proxy.host = MR_TRY(context.evaluate(kPeerProxyHost));
    proxy.port = static_cast<std::uint16_t>(context.get(kPeerProxyPort));
    if (context.has(kPeerProxyUser)) proxy.user = context.get(kPeerProxyUser);
    if (context.has(kPeerProxyPassword)) proxy.password = context.get(kPeerProxyPassword);
    settings.access.proxy = std::move(proxy);
  }
  for (const PeerAddress& address : settings.addresses) {
    if (settings.http) MR_TRY(address.base());
  }
  return settings;
}

std::vector<std::string> checkPeer(std::span<const PropertyText> values) {
  std::vector<std::string> wrong;
  if (textOf(values, kPeerProxyHost.info.name).empty()) return wrong;
  if (textOf(values, kPeerTransport.info.name) != "HTTP")
    wrong.emplace_back("Proxy Host needs the Transport HTTP");
  if (textOf(values, kPeerProxyPort.info.name).empty())
    wrong.emplace_back("Proxy Host needs a Proxy Port");
  return wrong;
}

Error at(const std::string& url, Error error) {
  error.message = fmt::format("{}: {}", url, error.message);
  return error;
}

Result<PeerLine> connectTo(ProcessContext& context, const PeerSettings& settings,
                           const PeerAddress& address, site_to_site::Direction direction) {
  PeerLine line;
  line.agreement.communicationId = context.randomUuid();
  line.agreement.requestExpiration = settings.access.timeout / kMillisecond;
  line.agreement.timeout = settings.access.timeout;
  if (settings.http) {
    line.base = MR_TRY(address.base());
    line.agreement.url = line.base.text();
    line.agreement.port = MR_TRY(address.findPort(context.network(), context.clock(),
                                                  settings.access, settings.port, direction));
    return line;
  }
  RemotePlace place = MR_TRY(
      address.find(context.network(), context.clock(), settings.access, settings.port, direction));
  line.agreement.url = fmt::format("nifi://{}:{}", place.at.host, place.at.port);
  if (place.secure && settings.access.tls == nullptr)
    return Error::environment(
        fmt::format("{}: the other side wants TLS; use PutSiteToSite or GetSiteToSite and an SSL "
                    "Context Service",
                    line.agreement.url));
  place.at.via = settings.access.via;
  line.stream = MR_TRY(context.network().connect(place.at, settings.access.timeout));
  if (settings.access.tls != nullptr)
    MR_TRY(line.stream->startTls(*settings.access.tls, place.at.host, settings.access.timeout));
  line.agreement.port = place.portId;
  return line;
}

}  // namespace millrace::processors
