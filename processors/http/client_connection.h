// SPDX-License-Identifier: Apache-2.0
#pragma once
// ClientConnection: a stream with the reader of the answers that come through it.
// Owner: whoever works with it; the pool in between. Threads: one at a time.

#include "engine/net/network.h"
#include "processors/http/http_reader.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::processors {

/// Time limits, each for one step: a connection with its TLS, a read, a write.
struct ClientTimes {
  Nanos connect = 5 * kSecond;
  Nanos read = 15 * kSecond;
  Nanos write = 15 * kSecond;
};

class ClientConnection {
 public:
  ClientConnection(std::unique_ptr<net::Stream> stream, ClientTimes times);

  const net::Ends& ends() const { return stream_->ends(); }
  Result<> write(ByteView bytes) { return stream_->write(bytes, times_.write); }
  /// The head of the next answer. `bodiless`: the request was one whose answer has no body.
  Result<HttpHead> readHead(bool bodiless);
  /// The next bytes of the answer's body; empty at its end.
  Result<ByteView> nextBody();

  /// After an answer: true when the connection is as good as new.
  bool isReusable();
  /// After this answer the connection is of no more use.
  void spoil() { spoilt_ = true; }
  /// After an Error: true when the server had most likely left an old connection, so that it never
  /// saw the request.
  bool wasLeft() const { return unanswered_ && !spoilt_ && !stream_->timedOut(); }

 private:
  Result<> readSome();

  std::unique_ptr<net::Stream> stream_;
  const ClientTimes times_;
  HttpReader reader_;
  std::vector<std::byte> buffer_;
  ByteView left_;  // of the buffer, not yet given to the reader
  std::optional<HttpHead> head_;
  std::string body_;   // as the reader gave it, not yet handed on
  std::string given_;  // handed on
  bool bodiless_ = false;
  bool ended_ = true;
  bool keepsAlive_ = true;
  bool unanswered_ = true;
  bool spoilt_ = false;
};

}  // namespace millrace::processors
