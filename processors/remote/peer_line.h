// SPDX-License-Identifier: Apache-2.0
#pragma once
// PeerLine: what processors that speak site-to-site as clients have in common: the properties that
// say where the other side is, and a connection to it with what is to be agreed on. Threads: as a
// processor's.

#include "engine/net/tls_context.h"
#include "engine/processor/processor.h"
#include "engine/site_to_site/raw_opening.h"
#include "processors/http/shared_services.h"
#include "processors/remote/peer_address.h"

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace millrace::processors {

inline constexpr Property<std::string> kPeerUrls{
    {.name = "URLs",
     .description = "Where the other program is, separated by commas: nifi://HOST:PORT is where it "
                    "speaks the protocol; with http or https it is asked for that. The first that "
                    "answers is used.",
     .required = true,
     .scope = ExpressionScope::kEnvironment}};
inline constexpr Property<std::string> kPeerPort{
    {.name = "Port",
     .description = "The id of the port there; with an http URL its name does as well.",
     .required = true,
     .scope = ExpressionScope::kEnvironment}};
inline constexpr std::array kPeerTransports{
    AllowedValue{"RAW", "A connection of its own."},
    AllowedValue{"HTTP", "Requests of HTTP, at the address that is given."}};
inline constexpr Property<std::string> kPeerTransport{{.name = "Transport",
                                                       .description = "What carries the protocol.",
                                                       .defaultValue = "RAW",
                                                       .required = true,
                                                       .allowed = kPeerTransports}};
inline constexpr Property<Duration> kPeerTimeout{
    {.name = "Timeout",
     .description = "How long connecting, and each wait for the other side, may take.",
     .defaultValue = "30 sec",
     .required = true,
     .atLeast = kMillisecond}};
inline constexpr Property<ServiceName> kPeerTls{
    {.name = "SSL Context Service",
     .description = "Keys and trust for TLS; without it, none.",
     .serviceType = SslContextProvider::kType}};

inline constexpr Property<std::string> kPeerProxyHost{
    {.name = "Proxy Host",
     .description = "The HTTP proxy through which the other side is reached; without it, directly.",
     .scope = ExpressionScope::kEnvironment}};
inline constexpr Property<std::int64_t> kPeerProxyPort{{.name = "Proxy Port",
                                                        .description = "The port of that proxy.",
                                                        .dependsOn = "Proxy Host",
                                                        .atLeast = 1,
                                                        .atMost = 65535}};
inline constexpr Property<std::string> kPeerProxyUser{
    {.name = "Proxy User", .description = "The user to be there.", .dependsOn = "Proxy Host"}};
inline constexpr Property<std::string> kPeerProxyPassword{{.name = "Proxy Password",
                                                           .description = "Its password.",
                                                           .sensitive = true,
                                                           .dependsOn = "Proxy Host"}};

inline constexpr Property<std::string> kPeerInterface{
    {.name = "Local Network Interface",
     .description = "The interface that connections leave by, such as eth0, or an address of this "
                    "machine; without it, as the system's routes say.",
     .scope = ExpressionScope::kEnvironment}};
inline constexpr Property<bool> kPeerCompression{
    {.name = "Compression",
     .description = "Whether what is sent is compressed.",
     .defaultValue = "false",
     .required = true}};

/// All of them, with those that say how large a transaction becomes.
constexpr std::array<const PropertyInfo*, 14> peerProperties(const PropertyInfo& batchCount,
                                                             const PropertyInfo& batchSize,
                                                             const PropertyInfo& batchDuration) {
  return {&kPeerUrls.info,      &kPeerPort.info,
          &kPeerTransport.info, &kPeerCompression.info,
          &batchCount,          &batchSize,
          &batchDuration,       &kPeerTimeout.info,
          &kPeerTls.info,       &kPeerInterface.info,
          &kPeerProxyHost.info, &kPeerProxyPort.info,
          &kPeerProxyUser.info, &kPeerProxyPassword.info};
}

/// What is wrong with them together.
std::vector<std::string> checkPeer(std::span<const PropertyText> values);

/// What the properties say. Constant between two calls of onScheduled().
struct PeerSettings {
  std::vector<PeerAddress> addresses;
  std::string port;
  PeerAccess access;
  bool http = false;

  static Result<PeerSettings> read(ProcessContext& context);
};

struct PeerLine {
  std::unique_ptr<net::Stream> stream;  ///< null over HTTP
  Url base;                             ///< over HTTP
  site_to_site::Agreement agreement;    ///< without batches and compression
};

Result<PeerLine> connectTo(ProcessContext& context, const PeerSettings& settings,
                           const PeerAddress& address, site_to_site::Direction direction);

/// The error with the address before it.
Error at(const std::string& url, Error error);

/// The first address that answers; the Error is that of the last. `open` makes of a line what is
/// wanted of it.
template <typename Open>
auto openFirst(ProcessContext& context, const PeerSettings& settings,
               site_to_site::Direction direction, const Open& open)
    -> decltype(open(std::declval<PeerLine>())) {
  Error last = Error::environment("no address answers");
  for (const PeerAddress& address : settings.addresses) {
    auto line = connectTo(context, settings, address, direction);
    if (!line.ok()) {
      last = std::move(line).error();
      continue;
    }
    const std::string url = line->agreement.url;
    auto opened = open(std::move(*line));
    if (opened.ok()) return opened;
    last = at(url, std::move(opened).error());
  }
  return last;
}

}  // namespace millrace::processors
