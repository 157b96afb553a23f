// SPDX-License-Identifier: Apache-2.0
#pragma once
// BrokerLink: one connection to a broker, which has told which versions it speaks and believes who
// we are. One request at a time.
//
// Promise: a call ends within its time. After an Error the link is of no more use, and nobody knows
// whether the broker has done what it was asked for. Threads: one at a time.

#include "engine/base/clock.h"
#include "engine/net/network.h"
#include "log-backend/producer/direct_settings.h"
#include "log-backend/protocol/frame.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace millrace::log {

class BrokerLink {
 public:
  static Result<std::unique_ptr<BrokerLink>> open(net::Network& network, const Clock& clock,
                                                  const DirectSettings& settings,
                                                  const net::Endpoint& at, Nanos atMost);

  /// Asks and waits for the answer, whose views are good until the next call.
  template <typename Response, typename Request>
  Result<Response> call(const Request& request, Nanos atMost) {
    const std::int16_t version = MR_TRY(versionOf(Request::kApi));
    const ByteView body =
        MR_TRY(exchange(Request::kApi, version, wire::encodeBody(request, version), atMost));
    return wire::decodeBody<Response>(body, version);
  }
  /// Asks for what is not answered.
  template <typename Request>
  Result<> post(const Request& request, Nanos atMost) {
    const std::int16_t version = MR_TRY(versionOf(Request::kApi));
    return send(Request::kApi, version, wire::encodeBody(request, version), atMost);
  }
  /// Whether it can be used again: open, and not at the end of what its login is good for.
  bool isGood() const;

 private:
  BrokerLink(std::unique_ptr<net::Stream> stream, const Clock& clock,
             const DirectSettings& settings, std::string name)
      : stream_(std::move(stream)), clock_(clock), settings_(settings), name_(std::move(name)) {}

  Result<> greet(Nanos atMost);
  Result<> prove(Nanos atMost);
  /// A step of SASL: what the broker answers.
  Result<std::string> say(std::string_view message, Nanos atMost);
  Result<std::int16_t> versionOf(const wire::Api& api) const;
  Result<> send(const wire::Api& api, std::int16_t version, ByteView body, Nanos atMost);
  Result<ByteView> exchange(const wire::Api& api, std::int16_t version, ByteView body,
                            Nanos atMost);
  Result<> readAll(std::span<std::byte> into, Nanos until);

  struct Range {
    std::int16_t least = 0;
    std::int16_t most = 0;
  };

  const std::unique_ptr<net::Stream> stream_;
  const Clock& clock_;
  const DirectSettings& settings_;
  const std::string name_;
  std::map<std::int16_t, Range> versions_;  ///< by API, once it has said
  std::int32_t lastId_ = 0;
  Nanos goodUntil_ = 0;  ///< 0: for as long as it is open
  std::vector<std::byte> frame_;
};

}  // namespace millrace::log
