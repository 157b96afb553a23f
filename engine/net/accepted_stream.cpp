// SPDX-License-Identifier: Apache-2.0
#include "engine/net/accepted_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

namespace millrace::net {
namespace {

constexpr std::size_t kMostUnread = 256 * 1024;
constexpr std::uint64_t kMostUnsent = 256 * 1024;

/// How much of a wait is left.
class Patience {
 public:
  explicit Patience(Nanos atMost)
      : end_(std::chrono::steady_clock::now() + std::chrono::nanoseconds(atMost)) {}
  std::chrono::nanoseconds left() const { return end_ - std::chrono::steady_clock::now(); }

 private:
  const std::chrono::steady_clock::time_point end_;
};

}  // namespace

Error AcceptedStream::overdue(Nanos atMost) {
  timedOut_ = true;
  return Error::environment(
      fmt::format("{} was silent for {} ms", ends_.remoteAddress, atMost / kMillisecond));
}

Result<std::size_t> AcceptedStream::read(std::span<std::byte> into, Nanos atMost) {
  const Patience patience(atMost);
  const MutexLock lock(mutex_);
  while (unread_.empty() && !peerDone_ && !broken_) {
    const auto left = patience.left();
    if (left.count() <= 0) return overdue(atMost);
    changed_.waitFor(mutex_, left);
  }
  // What came before the end counts.
  if (unread_.empty()) return broken_ ? Result<std::size_t>(*broken_) : std::size_t{0};
  const std::size_t count = std::min(into.size(), unread_.size() - taken_);
  std::memcpy(into.data(), unread_.data() + taken_, count);
  taken_ += count;
  if (taken_ == unread_.size()) {
    unread_.clear();
    taken_ = 0;
    // Under the lock, so that it comes after the call that held it; it only queues.
    if (std::exchange(held_, false)) connection_->holdReading(false);
  }
  return count;
}

Result<> AcceptedStream::write(ByteView bytes, Nanos atMost) {
  const Patience patience(atMost);
  {
    const MutexLock lock(mutex_);
    while (unsent_ > kMostUnsent && !broken_) {
      const auto left = patience.left();
      if (left.count() <= 0) return overdue(atMost);
      changed_.waitFor(mutex_, left);
    }
    if (broken_) return *broken_;
    unsent_ += bytes.size();
  }
  connection_->send(std::string(asText(bytes)));
  return Done{};
}

Result<> AcceptedStream::startTls(const TlsContext&, const std::string&, Nanos) {
  return Error::bug("a connection that was accepted has its TLS from the beginning");
}

bool AcceptedStream::isQuiet() {
  const MutexLock lock(mutex_);
  return unread_.empty() && !peerDone_ && !broken_;
}

void AcceptedStream::abort() { ended(Error::environment("the server is stopping")); }

void AcceptedStream::received(ByteView bytes) {
  const MutexLock lock(mutex_);
  if (taken_ > kMostUnread / 4) {
    unread_.erase(0, taken_);
    taken_ = 0;
  }
  unread_ += asText(bytes);
  changed_.notifyAll();
  if (unread_.size() - taken_ < kMostUnread) return;
  held_ = true;
  connection_->holdReading(true);
}

void AcceptedStream::sent(std::size_t bytes) {
  const MutexLock lock(mutex_);
  unsent_ -= std::min<std::uint64_t>(unsent_, bytes);
  changed_.notifyAll();
}

void AcceptedStream::peerDone() {
  const MutexLock lock(mutex_);
  peerDone_ = true;
  changed_.notifyAll();
}

void AcceptedStream::ended(const Error& why) {
  const MutexLock lock(mutex_);
  if (!broken_) broken_ = why;
  changed_.notifyAll();
}

}  // namespace millrace::net
