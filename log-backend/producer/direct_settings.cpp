// SPDX-License-Identifier: Apache-2.0
#include "log-backend/producer/direct_settings.h"

#include "engine/base/openssl.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <string_view>

namespace millrace::log {
namespace {

constexpr std::uint16_t kPort = 9092;

/// What is set, each taken away once it is understood.
using Texts = std::map<std::string, std::string, std::less<>>;

std::string taken(Texts& texts, std::string_view name) {
  const auto found = texts.find(name);
  if (found == texts.end()) return {};
  std::string value = std::move(found->second);
  texts.erase(found);
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

Result<std::vector<net::Endpoint>> endpointsOf(std::string_view text) {
  std::vector<net::Endpoint> all;
  const std::string whole(text);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::string_view one = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.empty()) continue;
    // librdkafka takes a protocol in front; what counts is Security Protocol.
    if (const std::size_t scheme = one.find("://"); scheme != std::string_view::npos)
      one.remove_prefix(scheme + 3);
    net::Endpoint endpoint{{}, kPort};
    const std::size_t colon = one.rfind(':');
    const bool hasPort =
        colon != std::string_view::npos && one.find(']', colon) == std::string_view::npos;
    if (hasPort) {
      const std::string_view port = one.substr(colon + 1);
      const auto [last, code] =
          std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
      if (code != std::errc{} || last != port.data() + port.size() || endpoint.port == 0)
        return Error::user(fmt::format(
            "Bootstrap Servers is '{}', where '{}' is no port from 1 to 65535", whole, port));
      one = one.substr(0, colon);
    }
    if (one.starts_with('[') && one.ends_with(']')) one = one.substr(1, one.size() - 2);
    if (one.empty())
      return Error::user(
          fmt::format("Bootstrap Servers is '{}', but must be HOST:PORT,HOST:PORT…", whole));
    endpoint.host = one;
    all.push_back(std::move(endpoint));
  }
  if (all.empty()) return Error::user("Bootstrap Servers names no broker");
  return all;
}

Result<std::shared_ptr<const net::TlsContext>> tlsOf(Texts& texts, FileSystem& files) {
  net::TlsStore keys;
  net::TlsStore trust;
  const std::string authority = taken(texts, "ssl.ca.location");
  const std::string certificate = taken(texts, "ssl.certificate.location");
  const std::string key = taken(texts, "ssl.key.location");
  const std::string keyStore = taken(texts, "ssl.keystore.location");
  const std::string keyPassword = taken(texts, "ssl.key.password");
  const std::string storePassword = taken(texts, "ssl.keystore.password");
  net::TlsMaterial material;
  if (!authority.empty()) {
    trust.name = authority;
    trust.bytes = MR_TRY(files.readAll(authority));
    material.trustStore = &trust;
  }
  if (certificate.empty() != key.empty()) {
    return Error::user(
        "ssl.certificate.location and ssl.key.location go together: set both or none");
  }
  if (!certificate.empty() && !keyStore.empty())
    return Error::user("set ssl.keystore.location or ssl.certificate.location, not both");
  if (!certificate.empty()) {
    keys.name = certificate;
    keys.bytes = MR_TRY(files.readAll(certificate)) + '\n' + MR_TRY(files.readAll(key));
    keys.password = keyPassword;
    material.keyStore = &keys;
  } else if (!keyStore.empty()) {
    keys.name = keyStore;
    keys.type = net::StoreType::kPkcs12;
    keys.bytes = MR_TRY(files.readAll(keyStore));
    keys.password = storePassword;
    material.keyStore = &keys;
  }
  return net::TlsContext::make(material);
}

Result<> readSasl(Texts& texts, DirectSettings& made) {
  made.mechanism = taken(texts, "sasl.mechanism");
  if (made.mechanism.empty()) made.mechanism = taken(texts, "sasl.mechanisms");
  if (made.mechanism.empty()) made.mechanism = "PLAIN";
  made.user = taken(texts, "sasl.username");
  made.password = taken(texts, "sasl.password");
  if (made.user.empty()) return Error::user("SASL Username must be set for this protocol");
  if (made.mechanism == "PLAIN") {
    made.sasl = DirectSettings::Sasl::kPlain;
    return Done{};
  }
  made.sasl = DirectSettings::Sasl::kScram;
  if (made.mechanism == "SCRAM-SHA-512") {
    made.scram = ScramHash::kSha512;
  } else if (made.mechanism != "SCRAM-SHA-256") {
    return Error::user(
        fmt::format("the SASL mechanism '{}' is not known here: PLAIN, SCRAM-SHA-256 and "
                    "SCRAM-SHA-512 are",
                    made.mechanism));
  }
  return requireOpenSsl();
}

}  // namespace

Result<DirectSettings> DirectSettings::from(const KafkaSettings& settings, FileSystem& files) {
  DirectSettings made;
  made.bootstrap = MR_TRY(endpointsOf(settings.bootstrapServers));
  made.metadataWait = settings.metadataWait;
  made.acknowledgementWait = settings.acknowledgementWait;
  made.answerWait = settings.clientTimeout;
  Texts texts;
  for (const auto& [name, value] : settings.settings) texts[name] = value;
  if (std::string id = taken(texts, "client.id"); !id.empty()) made.clientId = std::move(id);
  if (made.clientId.size() > 1000) return Error::user("client.id is longer than 1000 bytes");
  const std::string protocol = taken(texts, "security.protocol");
  if (protocol.ends_with("SSL")) made.tls = MR_TRY(tlsOf(texts, files));
  if (protocol.starts_with("SASL")) MR_TRY(readSasl(texts, made));
  if (!texts.empty()) {
    return Error::user(fmt::format(
        "the setting {} is not known here, or not with this Security Protocol: the agent knows "
        "client.id, ssl.ca.location, ssl.certificate.location, ssl.key.location, "
        "ssl.key.password, ssl.keystore.location and ssl.keystore.password; remove it, or run "
        "the flow with millrace server",
        texts.begin()->first));
  }
  return made;
}

}  // namespace millrace::log
