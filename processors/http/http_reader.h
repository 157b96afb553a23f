// SPDX-License-Identifier: Apache-2.0
#pragma once
// HttpReader: takes the bytes of a connection as they come and says what they mean: heads, bodies
// without their chunks, ends. Either side of a connection has one.
//
// Promise: bounded memory whatever the peer sends: a head has at most `headLimit` bytes, bodies are
// passed on as they come. An Error is the peer's fault and final. Threads: one.

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "processors/http/http_message.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace millrace::processors {

class HttpReader {
 public:
  enum class Side : std::uint8_t { kRequests, kResponses };
  struct Events {
    /// The head is complete. For a response: true when no body follows, whatever the head says.
    std::function<bool(HttpHead&& head)> head;
    std::function<void(ByteView bytes)> body;
    std::function<void()> end;  ///< of one message
  };

  HttpReader(Side side, std::uint64_t headLimit, Events events);
  ~HttpReader();
  HttpReader(const HttpReader&) = delete;
  HttpReader& operator=(const HttpReader&) = delete;

  /// Takes bytes up to the end of a message and returns how many; the rest belongs to the next one.
  /// The status that an Error deserves is in errorStatus(). Answers of the kind 1xx are passed
  /// over.
  Result<std::size_t> push(ByteView bytes);
  /// The connection has ended: ends a body that lasts until then, else an Error if it is in the
  /// midst of a message.
  Result<> endOfConnection();
  /// 400, or 431 for a head that is too large.
  int errorStatus() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millrace::processors
