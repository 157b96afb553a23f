// SPDX-License-Identifier: Apache-2.0
#include "processors/remote/http_peer.h"

#include "engine/expression/json/json_document.h"
#include "engine/site_to_site/packet_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace millrace::processors {
namespace {

using site_to_site::ResponseCode;

constexpr std::string_view kPrefix = "x-nifi-site-to-site-";
constexpr std::size_t kMostAnswer = 64 * 1024;

HttpClientOptions clientOptions(const site_to_site::Agreement& agreement,
                                const PeerAccess& access) {
  HttpClientOptions options;
  options.times = {agreement.timeout, agreement.timeout, agreement.timeout};
  options.tls = access.tls;
  options.proxy = access.proxy;
  options.via = access.via;
  return options;
}

/// What packets are written into, or read from: the body of a request, or that of an answer.
class BodyStream final : public net::Stream {
 public:
  explicit BodyStream(const HttpRequest::Send& send) : send_(&send) {}
  explicit BodyStream(HttpResponse& response) : response_(&response) {}
  Result<std::size_t> read(std::span<std::byte> into, Nanos) override {
    if (left_.empty()) left_ = MR_TRY(response_->next());
    const std::size_t count = std::min(into.size(), left_.size());
    std::memcpy(into.data(), left_.data(), count);
    left_ = left_.subspan(count);
    return count;
  }
  Result<> write(ByteView bytes, Nanos) override { return (*send_)(bytes); }
  Result<> startTls(const net::TlsContext&, const std::string&, Nanos) override {
    return Error::bug("a body has no TLS of its own");
  }
  bool isQuiet() override { return true; }
  bool timedOut() const override { return false; }
  const net::Ends& ends() const override { return ends_; }

 private:
  const HttpRequest::Send* send_ = nullptr;
  HttpResponse* response_ = nullptr;
  ByteView left_;
  net::Ends ends_;
};

Result<std::string> bodyOf(HttpResponse& response) {
  std::string body;
  for (;;) {
    const ByteView part = MR_TRY(response.next());
    if (part.empty()) return body;
    body.append(asText(part));
    if (body.size() > kMostAnswer) return Error::environment("its answer is too long");
  }
}

/// The code in an answer, or the Error that the answer is.
Result<ResponseCode> codeIn(HttpResponse& response) {
  const std::string body = MR_TRY(bodyOf(response));
  expression::JsonDocument document;
  int code = 0;
  std::string text;
  if (document.parse(asBytes(body)).ok()) {
    if (const auto* number = document.root().find("responseCode"))
      std::from_chars(number->text.data(), number->text.data() + number->text.size(), code);
    if (const auto* message = document.root().find("message")) text = message->text;
  }
  const int status = response.head().status;
  if (status / 100 == 2) return static_cast<ResponseCode>(code);
  if (code <= 0 || code > 255)
    return Error::environment(fmt::format("it answers {} {}", status, response.head().reason));
  return Error::environment(fmt::format(
      "{} ({})", site_to_site::meaningOf({static_cast<ResponseCode>(code), text}), status));
}

}  // namespace

HttpPeer::HttpPeer(net::Network& network, const Clock& clock, const PeerAccess& access, Url base,
                   site_to_site::Agreement agreement)
    : base_(std::move(base)),
      agreement_(std::move(agreement)),
      client_(network, clock, clientOptions(agreement_, access)) {}

HttpRequest HttpPeer::requestOf(std::string method, const std::string& target) const {
  HttpRequest request;
  request.method = std::move(method);
  request.url = base_;
  request.url.target = target;
  const auto set = [&](std::string_view name, std::string value) {
    request.fields.set(std::string(kPrefix) + std::string(name), std::move(value));
  };
  request.fields.set("Accept", "application/json");
  set("protocol-version", "1");
  const bool compresses = agreement_.compression == site_to_site::Compression::kBlocks;
  set("use-compression", compresses ? "true" : "false");
  set("request-expiration", std::to_string(agreement_.requestExpiration));
  if (agreement_.batchCount > 0) set("batch-count", std::to_string(agreement_.batchCount));
  if (agreement_.batchSize > 0) set("batch-size", std::to_string(agreement_.batchSize));
  if (agreement_.batchDuration > 0) set("batch-duration", std::to_string(agreement_.batchDuration));
  return request;
}

Result<std::unique_ptr<HttpResponse>> HttpPeer::ask(std::string method, const std::string& target) {
  HttpRequest request = requestOf(std::move(method), target);
  if (request.method == "POST") {
    request.hasBody = true;
    request.length = 0;
    request.body = [](const HttpRequest::Send&) -> Result<> { return Done{}; };
  }
  return client_.send(request);
}

/// Opens a transaction.
Result<> HttpPeer::begin(std::string_view ports) {
  checksum_ = 0;
  const auto response = MR_TRY(ask(
      "POST", fmt::format("/nifi-api/data-transfer/{}/{}/transactions", ports, agreement_.port)));
  const std::string location(response->head().fields.value("Location"));
  MR_TRY(codeIn(*response));
  if (location.empty()) return Error::environment("it does not say where its transaction is");
  transaction_ = MR_TRY(base_.resolve(location)).target;
  return Done{};
}

Result<ResponseCode> HttpPeer::end(std::string_view query) {
  const auto response = MR_TRY(ask("DELETE", fmt::format("{}?{}", transaction_, query)));
  return codeIn(*response);
}

Result<HttpPeer::End> HttpPeer::deliver(const std::function<Result<>(const Send& send)>& produce) {
  MR_TRY(begin("input-ports"));
  HttpRequest request = requestOf("POST", transaction_ + "/flow-files");
  request.fields.set("Accept", "text/plain");
  request.fields.set("Content-Type", "application/octet-stream");
  request.hasBody = true;
  request.body = [&](const HttpRequest::Send& send) -> Result<> {
    checksum_ = 0;
    BodyStream stream(send);
    site_to_site::PeerStream peer(stream, agreement_.timeout);
    MR_TRY(produce([&](const auto& attributes, std::uint64_t size, const auto& next) -> Result<> {
      return site_to_site::PacketStream(peer, agreement_.compression, checksum_)
          .writeFlowFile(attributes, size, next);
    }));
    return peer.flush();
  };
  std::string theirs;
  {
    const auto response = MR_TRY(client_.send(request));
    if (response->head().status / 100 != 2) {
      MR_TRY(codeIn(*response));
      return Error::environment("it does not take what is sent");
    }
    theirs = MR_TRY(bodyOf(*response));
  }
  if (withoutBlanks(theirs) != std::to_string(checksum_)) {
    (void)end(fmt::format("responseCode={}", static_cast<int>(ResponseCode::kBadChecksum)));
    return Error::environment(fmt::format(
        "what arrived was not what was sent: its checksum is {}, ours {}", theirs, checksum_));
  }
  const ResponseCode ended =
      MR_TRY(end(fmt::format("responseCode={}", static_cast<int>(ResponseCode::kConfirm))));
  if (ended == ResponseCode::kFinished) return End::kFinished;
  if (ended == ResponseCode::kFinishedButFull) return End::kFinishedButFull;
  return site_to_site::refusalOf({ended, {}});
}

Result<bool> HttpPeer::fetch(site_to_site::FlowFileSink& into) {
  MR_TRY(begin("output-ports"));
  HttpRequest request = requestOf("GET", transaction_ + "/flow-files");
  request.fields.set("Accept", "application/octet-stream");
  const auto response = MR_TRY(client_.send(request));
  if (response->head().status == 204) return false;
  if (response->head().status / 100 != 2) {
    MR_TRY(codeIn(*response));
    return Error::environment("it does not give what it has");
  }
  BodyStream stream(*response);
  site_to_site::PeerStream peer(stream, agreement_.timeout);
  while (MR_TRY(peer.waitForMore(agreement_.timeout)))
    MR_TRY(site_to_site::PacketReader(peer, agreement_.compression, checksum_).readInto(into));
  return true;
}

Result<> HttpPeer::finish() {
  const ResponseCode ended = MR_TRY(end(fmt::format(
      "responseCode={}&checksum={}", static_cast<int>(ResponseCode::kConfirm), checksum_)));
  if (ended == ResponseCode::kConfirm || ended == ResponseCode::kFinished) return Done{};
  return site_to_site::refusalOf({ended, {}});
}

}  // namespace millrace::processors
