// SPDX-License-Identifier: Apache-2.0
#include "processors/remote/peer_line.h"

#include "engine/net/network.h"

#include <fmt/format.h>

namespace millrace::processors {

Result<PeerSettings> PeerSettings::read(ProcessContext& context) {
  PeerSettings settings;
  settings.addresses = MR_TRY(PeerAddress::parseAll(MR_TRY(context.evaluate(kPeerUrls))));
  settings.port = MR_TRY(context.evaluate(kPeerPort));
  settings.timeout = context.get(kPeerTimeout);
  settings.http = context.get(kPeerTransport) == "HTTP";
  auto* const provider = MR_TRY(serviceOf<SslContextProvider>(context, kPeerTls));
  if (provider != nullptr) settings.tls = provider->context();
  for (const PeerAddress& address : settings.addresses) {
    if (settings.http) MR_TRY(address.base());
  }
  return settings;
}

Error at(const std::string& url, Error error) {
  error.message = fmt::format("{}: {}", url, error.message);
  return error;
}

Result<PeerLine> connectTo(ProcessContext& context, const PeerSettings& settings,
                           const PeerAddress& address, site_to_site::Direction direction) {
  PeerLine line;
  line.agreement.communicationId = context.randomUuid();
  line.agreement.requestExpiration = settings.timeout / kMillisecond;
  line.agreement.timeout = settings.timeout;
  if (settings.http) {
    line.base = MR_TRY(address.base());
    line.agreement.url = line.base.text();
    line.agreement.port = MR_TRY(address.findPort(context.network(), context.clock(), settings.tls,
                                                  settings.timeout, settings.port, direction));
    return line;
  }
  const RemotePlace place = MR_TRY(address.find(context.network(), context.clock(), settings.tls,
                                                settings.timeout, settings.port, direction));
  line.agreement.url = fmt::format("nifi://{}:{}", place.at.host, place.at.port);
  if (place.secure && settings.tls == nullptr)
    return Error::environment(
        fmt::format("{}: the other side wants TLS; use PutSiteToSite or GetSiteToSite and an SSL "
                    "Context Service",
                    line.agreement.url));
  line.stream = MR_TRY(context.network().connect(place.at, settings.timeout));
  if (settings.tls != nullptr)
    MR_TRY(line.stream->startTls(*settings.tls, place.at.host, settings.timeout));
  line.agreement.port = place.portId;
  return line;
}

}  // namespace millrace::processors
