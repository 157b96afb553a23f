// SPDX-License-Identifier: Apache-2.0
#include "server/server_plan.h"

#include "engine/base/units.h"
#include "server/http/host_guard.h"
#include "server/users/user_list.h"

#include <fmt/format.h>

#include <charconv>

namespace millrace::server {
namespace {

bool isEverywhere(std::string_view host) { return host == "0.0.0.0" || host == "::"; }

Result<> mayServeOthers(FileSystem& files, const ServerArguments& arguments,
                        const HttpServerOptions& options) {
  const UserList users = MR_TRY(UserList::read(files, arguments.data));
  if (options.tls == nullptr || users.all().empty()) {
    return Error::user(
        fmt::format("--listen {}: other machines are served with TLS and to users alone; give "
                    "--tls-cert and --tls-key, and add a user with millrace add-user, or use "
                    "127.0.0.1",
                    arguments.listen));
  }
  if (isEverywhere(options.host) && options.names.empty()) {
    return Error::user(
        fmt::format("--listen {}: say with --host by which name or address clients "
                    "call the server",
                    arguments.listen));
  }
  return Done{};
}

Result<HttpServerOptions> httpOptions(FileSystem& files, const ServerArguments& arguments,
                                      TlsFiles& tls) {
  HttpServerOptions options;
  const auto listen = log::parseHostAndPort(arguments.listen);
  if (!listen.ok()) return Error::user("--listen: " + listen.error().message);
  options.host = listen->host == "localhost" ? "127.0.0.1" : listen->host;
  options.port = listen->port;
  options.names = arguments.names;
  if (arguments.tlsCertificate.empty() && !arguments.tlsKey.empty())
    return Error::user("--tls-key has no meaning without --tls-cert, give both");
  if (!arguments.httpTrust.empty() && arguments.tlsCertificate.empty())
    return Error::user("--http-trust needs --tls-cert");
  if (!arguments.httpTrust.empty()) {
    options.tls = MR_TRY(tls.open(arguments.httpTrust));
    options.clientCertificates = ClientCertificates::kWanted;
  } else if (!arguments.tlsCertificate.empty()) {
    options.tls = MR_TRY(tls.open());
  }
  if (isLoopbackHost(options.host)) return options;
  MR_TRY(mayServeOthers(files, arguments, options));
  if (!isEverywhere(options.host)) options.names.push_back(options.host);
  return options;
}

/// What --kafka-security-protocol says.
struct KafkaProtocol {
  bool tls = false;
  bool sasl = false;
};

Result<KafkaProtocol> kafkaProtocol(const std::string& name) {
  constexpr std::string_view kNames[] = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"};
  for (const std::string_view each : kNames) {
    if (each == name) return KafkaProtocol{name.ends_with("SSL"), name.starts_with("SASL")};
  }
  return Error::user(
      fmt::format("--kafka-security-protocol: '{}' is none, use PLAINTEXT, SSL, SASL_PLAINTEXT or "
                  "SASL_SSL",
                  name));
}

Result<log::BrokerOptions> brokerOptions(const ServerArguments& arguments, TlsFiles& tls,
                                         LogSecurity& security) {
  log::BrokerOptions options;
  auto listen = log::parseHostAndPort(arguments.kafka);
  if (!listen.ok()) return Error::user("--kafka: " + listen.error().message);
  if (listen->host == "localhost") listen->host = "127.0.0.1";
  const KafkaProtocol protocol = MR_TRY(kafkaProtocol(arguments.kafkaSecurity));
  const bool isHere = isLoopbackHost(listen->host);
  const bool certified = !arguments.kafkaTrust.empty();
  if (certified && !protocol.tls)
    return Error::user("--kafka-trust needs --kafka-security-protocol SSL or SASL_SSL");
  if (!isHere && !protocol.sasl && !certified) {
    return Error::user(
        fmt::format("--kafka {}: clients on other machines are served when they prove who they "
                    "are; give --kafka-security-protocol SASL_SSL, or SSL with --kafka-trust, or "
                    "use 127.0.0.1",
                    arguments.kafka));
  }
  if (isEverywhere(listen->host) && arguments.advertise.empty()) {
    return Error::user(
        fmt::format("--kafka {}: say with --kafka-advertise HOST:PORT where clients reach it",
                    arguments.kafka));
  }
  if (protocol.tls && arguments.tlsCertificate.empty()) {
    return Error::user(
        fmt::format("--kafka-security-protocol {} needs --tls-cert", arguments.kafkaSecurity));
  }
  if (certified) {
    options.tls = MR_TRY(tls.open(arguments.kafkaTrust));
    options.clientCertificates = true;
  } else if (protocol.tls) {
    options.tls = MR_TRY(tls.open());
  }
  // A password in clear is for those only that nobody can overhear.
  security = {protocol.sasl, protocol.tls || isHere};
  options.host = listen->host;
  options.port = listen->port;
  if (arguments.advertise.empty()) return options;
  const auto advertise = log::parseHostAndPort(arguments.advertise);
  if (!advertise.ok()) return Error::user("--kafka-advertise: " + advertise.error().message);
  options.advertisedHost = advertise->host;
  options.advertisedPort = advertise->port;
  return options;
}

Result<net::ListenOptions> siteToSiteOptions(const ServerArguments& arguments, TlsFiles& tls) {
  const auto at = log::parseHostAndPort(arguments.siteToSite);
  if (!at.ok()) return Error::user("--s2s: " + at.error().message);
  net::ListenOptions options;
  options.at = {at->host == "localhost" ? "127.0.0.1" : at->host, at->port};
  if (arguments.siteToSiteTrust.empty()) {
    if (isLoopbackHost(options.at.host)) return options;
    return Error::user(
        fmt::format("--s2s {}: clients on other machines are served when they show a certificate; "
                    "give --tls-cert and --s2s-trust, or use 127.0.0.1",
                    arguments.siteToSite));
  }
  if (arguments.tlsCertificate.empty()) return Error::user("--s2s-trust needs --tls-cert");
  options.tls = MR_TRY(tls.open(arguments.siteToSiteTrust));
  options.clientCertificate = net::ClientCertificate::kNeeded;
  return options;
}

Result<HttpServerOptions> c2Options(const ServerArguments& arguments, TlsFiles& tls) {
  const auto at = log::parseHostAndPort(arguments.c2);
  if (!at.ok()) return Error::user("--c2: " + at.error().message);
  HttpServerOptions options;
  options.host = at->host == "localhost" ? "127.0.0.1" : at->host;
  options.port = at->port;
  options.names = arguments.names;
  if (!arguments.c2Trust.empty() && arguments.tlsCertificate.empty())
    return Error::user("--c2-trust needs --tls-cert");
  if (!arguments.c2Trust.empty()) {
    options.tls = MR_TRY(tls.open(arguments.c2Trust));
    options.clientCertificates = ClientCertificates::kWanted;
  } else if (!arguments.tlsCertificate.empty()) {
    options.tls = MR_TRY(tls.open());
  }
  if (isLoopbackHost(options.host)) return options;
  if (options.tls == nullptr) {
    return Error::user(
        fmt::format("--c2 {}: agents on other machines are served with TLS alone; give --tls-cert, "
                    "or use 127.0.0.1",
                    arguments.c2));
  }
  if (isEverywhere(options.host) && options.names.empty()) {
    return Error::user(fmt::format(
        "--c2 {}: say with --host by which name or address agents call the server", arguments.c2));
  }
  if (!isEverywhere(options.host)) options.names.push_back(options.host);
  return options;
}

Result<ParkedRules> parkedRules(const ServerArguments& arguments) {
  ParkedRules rules;
  if (!arguments.parkedAge.empty()) {
    const auto age = parseDuration(arguments.parkedAge);
    if (!age.ok()) return Error::user("--parked-age: " + age.error().message);
    rules.age = *age / kMillisecond;
  }
  if (!arguments.parkedSize.empty()) {
    const auto size = parseDataSize(arguments.parkedSize);
    if (!size.ok()) return Error::user("--parked-size: " + size.error().message);
    rules.bytes = *size;
  }
  return rules;
}

Result<bool> onOrOff(const std::string& text, std::string_view option) {
  if (text != "on" && text != "off")
    return Error::user(fmt::format("--{}: '{}' is neither on nor off", option, text));
  return text == "on";
}

}  // namespace

Result<LogOptions> logOptions(const ServerArguments& arguments) {
  constexpr std::uint64_t kSmallest = 64ULL << 10;
  constexpr std::uint32_t kMostFiles = 1000;
  LogOptions options;
  if (arguments.logFormat != "text" && arguments.logFormat != "json") {
    return Error::user(
        fmt::format("--log-format: '{}' is none, use text or json", arguments.logFormat));
  }
  options.format = arguments.logFormat == "json" ? LogFormat::kJson : LogFormat::kText;
  options.toStandardError = MR_TRY(onOrOff(arguments.logStandardError, "log-stderr"));
  options.file = arguments.logFile;
  const auto size = parseDataSize(arguments.logFileSize);
  if (!size.ok()) return Error::user("--log-file-size: " + size.error().message);
  if (*size < kSmallest) return Error::user("--log-file-size: a file has at least 64 KB");
  options.fileBytes = *size;
  const std::string& files = arguments.logFiles;
  const char* const end = files.data() + files.size();
  const auto [stop, error] = std::from_chars(files.data(), end, options.files);
  if (stop != end || error != std::errc() || options.files < 1 || options.files > kMostFiles) {
    return Error::user(
        fmt::format("--log-files: '{}' is no number from 1 to {}", files, kMostFiles));
  }
  options.levels = arguments.logLevels;
  return options;
}

Result<ServerPlan> planOf(FileSystem& files, const ServerArguments& arguments) {
  ServerPlan plan;
  plan.data = arguments.data;
  plan.flow = arguments.flow;
  plan.kafkaSettings = arguments.kafkaSettings;
  const auto drain = parseDuration(arguments.drain);
  if (!drain.ok()) return Error::user("--drain: " + drain.error().message);
  plan.drain = *drain;
  const auto archive = parseDuration(arguments.archive);
  if (!archive.ok()) return Error::user("--archive: " + archive.error().message);
  plan.archive = *archive;
  plan.parked = MR_TRY(parkedRules(arguments));
  plan.log = MR_TRY(logOptions(arguments));
  plan.tls = std::make_unique<TlsFiles>(files, arguments.tlsCertificate, arguments.tlsKey);
  if (arguments.listen != "off") plan.http = MR_TRY(httpOptions(files, arguments, *plan.tls));
  if (arguments.listen == "off" && !arguments.httpTrust.empty())
    return Error::user("--http-trust has no meaning with --listen off, leave one out");
  if (arguments.kafka != "off")
    plan.kafka = MR_TRY(brokerOptions(arguments, *plan.tls, plan.kafkaSecurity));
  if (arguments.siteToSite != "off")
    plan.siteToSite = MR_TRY(siteToSiteOptions(arguments, *plan.tls));
  if (arguments.siteToSite == "off" && !arguments.siteToSiteTrust.empty())
    return Error::user("--s2s-trust has no meaning without --s2s, give both");
  if (arguments.c2 != "off") plan.c2 = MR_TRY(c2Options(arguments, *plan.tls));
  if (arguments.c2 == "off" && !arguments.c2Trust.empty())
    return Error::user("--c2-trust has no meaning without --c2, give both");
  if (arguments.kafka == "off" && !arguments.kafkaTrust.empty())
    return Error::user("--kafka-trust has no meaning with --kafka off, leave one out");
  if (arguments.kafka == "off" && !arguments.advertise.empty())
    return Error::user("--kafka-advertise has no meaning with --kafka off, leave one out");
  return plan;
}

}  // namespace millrace::server
