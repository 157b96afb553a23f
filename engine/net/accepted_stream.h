// SPDX-License-Identifier: Apache-2.0
#pragma once
// AcceptedStream: a connection that a server accepted, for a thread that may wait: what comes is
// kept for it, and while that is much, the peer is not read.
//
// Promise: memory is bounded, in both directions; every wait ends. Ownership: shared by the handler
// of the connection, which feeds it, and the thread that talks; either may outlive the other.
// Threads: read() and write() by one; the network's calls from its own; abort() from any.

#include "engine/base/mutex.h"
#include "engine/net/network.h"

#include <memory>
#include <optional>
#include <string>

namespace millrace::net {

class AcceptedStream final : public Stream {
 public:
  explicit AcceptedStream(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)), ends_(connection_->ends()) {}

  Result<std::size_t> read(std::span<std::byte> into, Nanos atMost) override;
  Result<> write(ByteView bytes, Nanos atMost) override;
  /// Its TLS, if any, was there from its beginning.
  Result<> startTls(const TlsContext& tls, const std::string& serverName, Nanos atMost) override;
  bool isQuiet() override;
  bool timedOut() const override { return timedOut_; }
  const Ends& ends() const override { return ends_; }

  /// Every wait, and every later call, is an Error.
  void abort();
  /// Ends the connection once what was written is sent.
  void close() { connection_->closeWhenSent(); }

  // -- for the connection's handler, on the network's thread
  void received(ByteView bytes);
  void sent(std::size_t bytes);
  void peerDone();
  void ended(const Error& why);

 private:
  Error overdue(Nanos atMost);

  const std::shared_ptr<Connection> connection_;  // shared with the network
  const Ends ends_;
  Mutex mutex_;
  Condition changed_;
  std::string unread_ MR_GUARDED_BY(mutex_);
  std::size_t taken_ MR_GUARDED_BY(mutex_) = 0;  // of unread_, by read()
  std::uint64_t unsent_ MR_GUARDED_BY(mutex_) = 0;
  bool held_ MR_GUARDED_BY(mutex_) = false;
  bool peerDone_ MR_GUARDED_BY(mutex_) = false;
  std::optional<Error> broken_ MR_GUARDED_BY(mutex_);
  bool timedOut_ = false;
};

}  // namespace millrace::net
