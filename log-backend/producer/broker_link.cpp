// SPDX-License-Identifier: Apache-2.0
#include "log-backend/producer/broker_link.h"

#include "engine/base/big_endian.h"
#include "log-backend/producer/answer_code.h"
#include "log-backend/producer/scram_client.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::log {
namespace {

constexpr std::int32_t kMostAnswer = 64 << 20;  // of bytes; a metadata answer has a few thousand

}  // namespace

Result<std::unique_ptr<BrokerLink>> BrokerLink::open(net::Network& network, const Clock& clock,
                                                     const DirectSettings& settings,
                                                     const net::Endpoint& at, Nanos atMost) {
  auto stream = MR_TRY(network.connect(at, atMost));
  if (settings.tls != nullptr) MR_TRY(stream->startTls(*settings.tls, at.host, atMost));
  std::unique_ptr<BrokerLink> link(
      new BrokerLink(std::move(stream), clock, settings, fmt::format("{}:{}", at.host, at.port)));
  MR_TRY(link->greet(atMost));
  if (settings.sasl != DirectSettings::Sasl::kNone) MR_TRY(link->prove(atMost));
  return link;
}

bool BrokerLink::isGood() const {
  return stream_->isQuiet() && (goodUntil_ == 0 || clock_.monotonic() < goodUntil_);
}

Result<> BrokerLink::greet(Nanos atMost) {
  // Every broker speaks version 0, and says the same in it.
  const wire::ApiVersionsRequest request;
  const auto& api = wire::ApiVersionsRequest::kApi;
  const auto body = exchange(api, 0, wire::encodeBody(request, 0), atMost);
  if (!body.ok()) {
    return Error::environment(
        fmt::format("{}; does the port speak Kafka's protocol, with this Security Protocol?",
                    body.error().message),
        body.error().retry);
  }
  const auto answer = MR_TRY(wire::decodeBody<wire::ApiVersionsResponse>(*body, 0));
  if (answer.errorCode != answer::kNone)
    return Error::environment(
        fmt::format("{} does not say what it speaks: {}", name_, answerText(answer.errorCode)));
  for (const auto& each : answer.apiKeys)
    versions_[each.apiKey] = Range{each.minVersion, each.maxVersion};
  return Done{};
}

Result<std::string> BrokerLink::say(std::string_view message, Nanos atMost) {
  wire::SaslAuthenticateRequest request;
  request.authBytes = asBytes(message);
  const auto answer = MR_TRY(call<wire::SaslAuthenticateResponse>(request, atMost));
  if (answer.errorCode != answer::kNone) {
    return Error::environment(
        fmt::format("{} does not believe that we are '{}': {} {}", name_, settings_.user,
                    answerText(answer.errorCode), answer.errorMessage.value_or(std::string())),
        false);
  }
  // A login that ends is made anew by the next link, a little before.
  if (answer.sessionLifetimeMs > 0)
    goodUntil_ = clock_.monotonic() + answer.sessionLifetimeMs * kMillisecond / 10 * 9;
  return std::string(asText(answer.authBytes));
}

Result<> BrokerLink::prove(Nanos atMost) {
  wire::SaslHandshakeRequest request;
  request.mechanism = settings_.mechanism;
  const auto answer = MR_TRY(call<wire::SaslHandshakeResponse>(request, atMost));
  if (answer.errorCode != answer::kNone) {
    std::string offered;
    for (const std::string& each : answer.mechanisms)
      offered += (offered.empty() ? "" : ", ") + each;
    return Error::environment(
        fmt::format("{} refuses SASL with {}: {}; it offers {}", name_, settings_.mechanism,
                    answerText(answer.errorCode), offered.empty() ? "nothing" : offered),
        false);
  }
  if (settings_.sasl == DirectSettings::Sasl::kPlain) {
    std::string message(1, '\0');
    message += settings_.user;
    message += '\0';
    message += settings_.password;
    MR_TRY(say(message, atMost));
    return Done{};
  }
  ScramClient scram(settings_.scram, settings_.user, settings_.password, systemNonce()());
  const std::string serverFirst = MR_TRY(say(scram.first(), atMost));
  const std::string clientFinal = MR_TRY(scram.final(serverFirst));
  return scram.verify(MR_TRY(say(clientFinal, atMost)));
}

Result<std::int16_t> BrokerLink::versionOf(const wire::Api& api) const {
  const auto known = versions_.find(api.key);
  if (known != versions_.end()) {
    const std::int16_t version = std::min(api.most, known->second.most);
    if (version >= std::max(api.least, known->second.least)) return version;
  }
  return Error::environment(
      fmt::format("{} does not speak {} as we do: is it a broker older than Kafka 0.11?", name_,
                  api.name),
      false);
}

Result<> BrokerLink::send(const wire::Api& api, std::int16_t version, ByteView body, Nanos atMost) {
  const auto frame = wire::frameRequest(api, version, ++lastId_, settings_.clientId, body);
  return stream_->write(frame, std::max<Nanos>(atMost, kMillisecond));
}

Result<> BrokerLink::readAll(std::span<std::byte> into, Nanos until) {
  while (!into.empty()) {
    const Nanos left = std::max<Nanos>(until - clock_.monotonic(), kMillisecond);
    const std::size_t got = MR_TRY(stream_->read(into, left));
    if (got == 0) return Error::environment(fmt::format("{} closed the connection", name_));
    into = into.subspan(got);
  }
  return Done{};
}

Result<ByteView> BrokerLink::exchange(const wire::Api& api, std::int16_t version, ByteView body,
                                      Nanos atMost) {
  const Nanos until = clock_.monotonic() + atMost;
  MR_TRY(send(api, version, body, atMost));
  std::array<std::byte, 4> head;
  MR_TRY(readAll(head, until));
  const auto size = readBig<std::int32_t>(head.data());
  if (size < 4 || size > kMostAnswer)
    return Error::environment(fmt::format("{} answers {} with a frame of {} bytes, which is none",
                                          name_, api.name, size));
  frame_.resize(static_cast<std::size_t>(size));
  MR_TRY(readAll(frame_, until));
  const auto answer = MR_TRY(wire::readResponse(api, version, frame_));
  if (answer.correlationId != lastId_)
    return Error::environment(fmt::format("{} answers another request than was made", name_));
  return answer.body;
}

}  // namespace millrace::log
