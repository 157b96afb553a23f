// SPDX-License-Identifier: Apache-2.0
#include "processors/remote/peer_address.h"

#include "engine/expression/json/json_document.h"
#include "processors/http/http_client.h"

#include <fmt/format.h>

#include <charconv>

namespace millrace::processors {
namespace {

constexpr std::string_view kRaw = "nifi://";
constexpr std::size_t kMostBytes = 8ULL << 20;

Result<net::Endpoint> readEndpoint(std::string_view text) {
  std::string_view rest = text.substr(kRaw.size());
  const std::size_t colon = rest.rfind(':');
  std::uint16_t port = 0;
  const auto wrong = [&] {
    return Error::user(fmt::format("'{}' is no address; write nifi://HOST:PORT", text));
  };
  if (colon == std::string_view::npos || colon == 0) return wrong();
  const char* const end = rest.data() + rest.size();
  const auto read = std::from_chars(rest.data() + colon + 1, end, port);
  if (read.ec != std::errc() || read.ptr != end || port == 0) return wrong();
  std::string_view host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return net::Endpoint{std::string(host), port};
}

std::string_view textOf(const expression::JsonValue* value) {
  return value == nullptr ? std::string_view() : value->text;
}

Result<std::string> bodyOf(HttpResponse& response) {
  std::string body;
  for (;;) {
    const ByteView part = MR_TRY(response.next());
    if (part.empty()) return body;
    body.append(asText(part));
    if (body.size() > kMostBytes)
      return Error::environment("the other side says too much of itself");
  }
}

}  // namespace

Result<std::vector<PeerAddress>> PeerAddress::parseAll(std::string_view texts) {
  std::vector<PeerAddress> addresses;
  while (!texts.empty()) {
    const std::size_t comma = texts.find(',');
    const std::string_view text = withoutBlanks(texts.substr(0, comma));
    texts = comma == std::string_view::npos ? std::string_view() : texts.substr(comma + 1);
    if (text.empty()) continue;
    PeerAddress& address = addresses.emplace_back();
    address.text_ = text;
    if (text.starts_with(kRaw)) {
      address.raw_ = MR_TRY(readEndpoint(text));
    } else {
      MR_TRY(Url::parse(text));
    }
  }
  if (addresses.empty()) return Error::user("no address is given; write nifi://HOST:PORT");
  return addresses;
}

Result<RemotePlace> PeerAddress::find(net::Network& network, const Clock& clock,
                                      const PeerAccess& access, const std::string& port,
                                      site_to_site::Direction direction) const {
  if (raw_.port != 0) return RemotePlace{raw_, false, port};
  RemotePlace place = MR_TRY(ask(network, clock, access, port, direction));
  if (place.at.port != 0) return place;
  return Error::environment(
      fmt::format("{}: it does not speak site-to-site over a socket; switch that on there", text_));
}

Result<Url> PeerAddress::base() const {
  if (raw_.port != 0)
    return Error::user(fmt::format("'{}' is no address for HTTP; write http://HOST:PORT", text_));
  return Url::parse(text_);
}

Result<std::string> PeerAddress::findPort(net::Network& network, const Clock& clock,
                                          const PeerAccess& access, const std::string& port,
                                          site_to_site::Direction direction) const {
  return MR_TRY(ask(network, clock, access, port, direction)).portId;
}

Result<RemotePlace> PeerAddress::ask(net::Network& network, const Clock& clock,
                                     const PeerAccess& access, const std::string& port,
                                     site_to_site::Direction direction) const {
  HttpRequest request;
  request.method = "GET";
  request.url = MR_TRY(Url::parse(text_));
  request.url.target = "/nifi-api/site-to-site";
  request.fields.set("Accept", "application/json");
  HttpClientOptions options;
  options.times = {access.timeout, access.timeout, access.timeout};
  options.tls = access.tls;
  options.proxy = access.proxy;
  options.via = access.via;
  HttpClient client(network, clock, std::move(options));
  const auto response = MR_TRY(client.send(request));
  const std::string body = MR_TRY(bodyOf(*response));
  if (response->head().status != 200)
    return Error::environment(fmt::format("{} answers {} {}", request.url.text(),
                                          response->head().status, response->head().reason));
  auto place = readSiteToSite(body, request.url.host, port, direction);
  if (!place.ok())
    return Error::environment(fmt::format("{}: {}", request.url.text(), place.error().message));
  return place;
}

Result<RemotePlace> readSiteToSite(std::string_view json, const std::string& host,
                                   const std::string& port, site_to_site::Direction direction) {
  expression::JsonDocument document;
  MR_TRY(document.parse(asBytes(json)));
  const expression::JsonValue* const controller = document.root().find("controller");
  if (controller == nullptr) return Error::environment("it does not say what it has");
  RemotePlace place;
  place.at.host = host;
  const std::string_view number = textOf(controller->find("remoteSiteListeningPort"));
  std::from_chars(number.data(), number.data() + number.size(), place.at.port);
  if (const auto* secure = controller->find("siteToSiteSecure")) place.secure = secure->truth;
  const bool takes = direction == site_to_site::Direction::kIncoming;
  const expression::JsonValue* const ports = controller->find(takes ? "inputPorts" : "outputPorts");
  const expression::JsonValue* byName = nullptr;
  if (ports != nullptr) {
    for (const expression::JsonMember& one : ports->members()) {
      if (textOf(one.value.find("id")) == port) place.portId = port;
      if (textOf(one.value.find("name")) == port) byName = &one.value;
    }
  }
  if (place.portId.empty() && byName != nullptr) place.portId = textOf(byName->find("id"));
  if (place.portId.empty())
    return Error::environment(
        fmt::format("it has no {} port '{}'", takes ? "input" : "output", port));
  return place;
}

}  // namespace millrace::processors
