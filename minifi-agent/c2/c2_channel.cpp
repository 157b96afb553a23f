// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/c2/c2_channel.h"

#include "minifi-agent/c2/flow_seal.h"
#include "processors/http/http_client.h"

#include <fmt/format.h>

#include <utility>

namespace millrace::agent {
namespace {

using processors::HttpClient;
using processors::HttpClientOptions;
using processors::HttpRequest;
using processors::Url;

constexpr std::uint64_t kMostCertificateBytes = 1ULL << 20;
constexpr std::size_t kMostBody = std::size_t{16} << 20;

Result<std::shared_ptr<const net::TlsContext>> tlsOf(FileSystem& files,
                                                     const C2Settings& settings) {
  net::TlsStore keys;
  net::TlsStore trust;
  net::TlsMaterial material;
  if (!settings.certificate.empty()) {
    keys.name = settings.certificate;
    keys.bytes = MR_TRY(files.readAll(settings.certificate, kMostCertificateBytes));
    if (!settings.certificateKey.empty()) {
      keys.bytes += "\n" + MR_TRY(files.readAll(settings.certificateKey, kMostCertificateBytes));
    }
    keys.password = settings.passphrase;
    material.keyStore = &keys;
  }
  if (!settings.authorities.empty()) {
    trust.name = settings.authorities;
    trust.bytes = MR_TRY(files.readAll(settings.authorities, kMostCertificateBytes));
    material.trustStore = &trust;
  }
  return net::TlsContext::make(material);
}

class HttpChannel final : public C2Channel {
 public:
  HttpChannel(net::Network& network, const Clock& clock, HttpClientOptions options, Url server,
              std::string token)
      : client_(network, clock, std::move(options)),
        server_(std::move(server)),
        token_(std::move(token)) {}

  Result<C2Answer> post(const std::string& url, const std::string& body) override {
    HttpRequest request;
    request.method = "POST";
    request.fields.add("Content-Type", "application/json");
    request.hasBody = true;
    request.length = body.size();
    request.body = [&](const HttpRequest::Send& send) { return send(asBytes(body)); };
    return send(url, std::move(request));
  }

  Result<C2Answer> get(const std::string& url) override {
    HttpRequest request;
    request.method = "GET";
    return send(url, std::move(request));
  }

 private:
  Result<C2Answer> send(const std::string& url, HttpRequest request) {
    request.url = MR_TRY(Url::parse(url));
    request.fields.add("Accept", "application/json, application/octet-stream");
    request.fields.add("Connection", "close");
    if (!token_.empty() && request.url.sameServer(server_))
      request.fields.add("Authorization", "Bearer " + token_);
    const auto response = MR_TRY(client_.send(request));
    C2Answer answer;
    answer.status = response->head().status;
    answer.seal = response->head().fields.value(kSealHeader);
    answer.address = response->ends().localAddress;
    for (;;) {
      const ByteView part = MR_TRY(response->next());
      if (part.empty()) return answer;
      if (answer.body.size() + part.size() > kMostBody) {
        return Error::environment(
            fmt::format("{} answers with more than {} MB", url, kMostBody >> 20), false);
      }
      answer.body += asText(part);
    }
  }

  HttpClient client_;
  const Url server_;
  const std::string token_;
};

}  // namespace

Result<std::unique_ptr<C2Channel>> makeC2Channel(net::Network& network, const Clock& clock,
                                                 FileSystem& files, const C2Settings& settings) {
  HttpClientOptions options;
  options.times.read = options.times.write = 10 * kSecond;
  options.idleConnections = 0;
  options.followsRedirects = false;
  Url server = MR_TRY(Url::parse(settings.url));
  // The library is loaded for those who need it.
  if (server.secure) options.tls = MR_TRY(tlsOf(files, settings));
  return std::unique_ptr<C2Channel>(std::make_unique<HttpChannel>(
      network, clock, std::move(options), std::move(server), settings.token));
}

}  // namespace millrace::agent
