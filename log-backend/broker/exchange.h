// SPDX-License-Identifier: Apache-2.0
#pragma once
// Exchange: one request and the answer that it gets, now or later, from whichever thread.
//
// Promise: exactly the first of answer(), answerNothing() and closeConnection() counts; one that is
// dropped without any of them closes its connection, so that no client waits for ever.
// Ownership: shared, because an answer may wait for the disk, for other requests or for time, each
// of which keeps it; it owns the bytes of the frame, and views of a decoded request are good for as
// long. Threads: any, one at a time.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "log-backend/broker/client_session.h"
#include "log-backend/protocol/frame.h"

#include <functional>
#include <memory>
#include <utility>

namespace millrace::log {

/// Bytes of a file that belong into a frame.
struct FilePart {
  std::size_t at = 0;  ///< before which byte of the frame
  std::shared_ptr<File> file;
  std::uint64_t position = 0;
  std::uint64_t length = 0;
};

struct Answer {
  enum class Kind : std::uint8_t { kFrame, kNothing, kClose };
  Kind kind = Kind::kNothing;
  std::vector<std::byte> frame;  ///< with its size in front, which counts the parts
  std::string reason;            ///< of kClose
  Nanos pause = 0;               ///< for so long nothing more is heard from this client
  std::vector<FilePart> parts;   ///< in the order of their places
};

class Exchange {
 public:
  using Send = std::function<void(Answer)>;

  /// `frame`: a request without its size. Fails when its header is malformed.
  static Result<std::shared_ptr<Exchange>> open(std::vector<std::byte> frame,
                                                std::string clientHost, Send send,
                                                std::shared_ptr<ClientSession> session = nullptr);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  std::int16_t key() const { return request_.header.key; }
  std::int16_t version() const { return request_.header.version; }
  /// Null: an API or version that the protocol description does not know.
  const wire::Api* api() const { return request_.api; }
  ByteView body() const { return request_.body; }
  std::string clientId() const { return request_.header.clientId.value_or(""); }
  const std::string& clientHost() const { return clientHost_; }
  /// Of the connection; null without one.
  ClientSession* session() const { return session_.get(); }
  /// The same bytes of this frame, to be changed in place.
  std::span<std::byte> changeable(ByteView view);

  template <typename Response>
  void answer(const Response& response) {
    answerAs(response, version());
  }
  /// `parts`: the records that are elsewhere, in the order in which the response has them.
  template <typename Response>
  void answer(const Response& response, std::vector<FilePart> parts) {
    wire::FramedResponse frame =
        wire::makeResponse(response, version(), request_.header.correlationId);
    MR_ASSERT(frame.gaps.size() == parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i].at = frame.gaps[i].at;
    finish({Answer::Kind::kFrame, std::move(frame.bytes), {}, 0, std::move(parts)});
  }
  /// In another version than the request's: only ApiVersions may.
  template <typename Response>
  void answerAs(const Response& response, std::int16_t version) {
    finish({Answer::Kind::kFrame,
            wire::makeResponse(response, version, request_.header.correlationId).bytes,
            {},
            0,
            {}});
  }
  /// Beside the answer: its client went over a quota.
  void holdUp(Nanos pause) { pause_ = pause; }
  void answerNothing() { finish({}); }
  void closeConnection(std::string reason) {
    finish({Answer::Kind::kClose, {}, std::move(reason), 0, {}});
  }

 private:
  Exchange(std::vector<std::byte> frame, std::string clientHost)
      : frame_(std::move(frame)), clientHost_(std::move(clientHost)) {}
  void finish(Answer answer);

  std::vector<std::byte> frame_;
  const std::string clientHost_;
  wire::RequestFrame request_;
  Send send_;
  Nanos pause_ = 0;
  std::shared_ptr<ClientSession> session_;
};

using ExchangePointer = std::shared_ptr<Exchange>;

}  // namespace millrace::log
