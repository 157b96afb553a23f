// SPDX-License-Identifier: Apache-2.0
#pragma once
// HttpExchange: one request to a server of ours and its answer, as those see it who work on it
// outside the network's thread. The body comes through a bounded buffer: while it is full, the
// peer's connection is not read.
//
// Promise: exactly one answer; whatever comes second is refused. Who answers before the whole body
// was read need not read it. Owner: shared by the connection, which feeds it, and the task that
// works on it; either may outlive the other. Threads: the head and ends are constant; the rest may
// be called from any thread, the body by one at a time.

#include "engine/base/bytes.h"
#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/net/network.h"
#include "engine/processor/process_session.h"
#include "processors/http/http_message.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace millrace::processors {

class HttpExchange : public std::enable_shared_from_this<HttpExchange> {
 public:
  /// What the server's side of the connection is told, on the network's thread, once the answer is
  /// queued.
  using Answered = std::function<void(bool keepsAlive)>;

  HttpExchange(HttpHead head, std::shared_ptr<net::Connection> connection, const Clock& clock,
               std::size_t bodyAhead, Answered answered);
  ~HttpExchange();

  const HttpHead& head() const { return head_; }
  const net::Ends& ends() const { return connection_->ends(); }

  /// True when what is left of the body is in memory, so that reading it does not wait.
  bool hasWholeBody() const;
  /// The body; reading waits for the peer. Its size is UINT64_MAX where the head does not tell.
  /// Once in the life of an exchange, which it keeps alive.
  std::unique_ptr<ContentReader> body();

  /// A whole answer. False when there was one already, or the peer is gone.
  bool answer(int status, HttpFields fields = {}, std::string_view body = {});
  /// An answer piece by piece: its head, ...
  Result<> beginAnswer(int status, HttpFields fields, std::optional<std::uint64_t> length);
  /// ... its body, waiting while the peer does not take it, ...
  Result<> send(ByteView bytes);
  /// ... and its end. `whole` false: the peer must see that something is missing.
  void endAnswer(bool whole);
  bool isAnswered() const;
  /// Answers 503 if nobody has answered after so much time.
  void expireAfter(Nanos time);

  // -- for the connection, on the network's thread
  /// True when the buffer is full; the connection is not read until somebody takes what is there.
  bool addBody(ByteView bytes);
  void endBody();
  void sent(std::size_t bytes);
  /// The peer is gone, or sent something that is no HTTP.
  void breakOff(const Error& why);
  /// Called once, when the exchange is answered or broken off; by any thread.
  void onSettled(std::function<void()> settled);

 private:
  class Body;
  Result<std::string> take();
  std::string headOf(int status, HttpFields fields, std::optional<std::uint64_t> length);
  void finish(bool keepsAlive);
  void settle();
  bool mayHaveBody(int status) const;

  const HttpHead head_;
  const std::shared_ptr<net::Connection> connection_;  // shared with the network
  const Clock& clock_;
  const std::size_t bodyAhead_;
  const Answered answered_;

  mutable Mutex mutex_;
  Condition changed_;
  std::string buffer_ MR_GUARDED_BY(mutex_);
  bool bodyEnded_ MR_GUARDED_BY(mutex_) = false;
  bool held_ MR_GUARDED_BY(mutex_) = false;
  bool answerBegun_ MR_GUARDED_BY(mutex_) = false;
  std::optional<Error> broken_ MR_GUARDED_BY(mutex_);
  std::uint64_t unsent_ MR_GUARDED_BY(mutex_) = 0;
  std::function<void()> settled_ MR_GUARDED_BY(mutex_);
  // Of an answer in pieces; used by the thread that sends it.
  bool chunks_ = false;
  bool skipsBody_ = false;
  bool keepsAlive_ = true;
};

}  // namespace millrace::processors
