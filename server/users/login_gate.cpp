// SPDX-License-Identifier: Apache-2.0
#include "server/users/login_gate.h"

#include <algorithm>

namespace millrace::server {
namespace {

constexpr std::uint32_t kAtOnce = 2;
constexpr std::size_t kMostNames = 10'000;
constexpr Nanos kMemory = 3600 * kSecond;

}  // namespace

std::optional<Nanos> LoginGate::enter(const std::string& name) {
  const Nanos now = clock_.monotonic();
  MutexLock lock(mutex_);
  if (const auto found = failures_.find(name);
      found != failures_.end() && found->second.until > now)
    return found->second.until - now;
  if (inside_ >= kAtOnce) return kSecond;
  ++inside_;
  return std::nullopt;
}

void LoginGate::leave(const std::string& name, bool succeeded) {
  const Nanos now = clock_.monotonic();
  MutexLock lock(mutex_);
  --inside_;
  std::erase_if(failures_, [&](const auto& entry) { return now - entry.second.last > kMemory; });
  if (succeeded) {
    failures_.erase(name);
    return;
  }
  // Somebody who makes up names must not make us forget the one that is guessed at.
  if (failures_.size() >= kMostNames && !failures_.contains(name)) return;
  Failures& failures = failures_[name];
  failures.last = now;
  if (++failures.count < kFree) return;
  const std::uint32_t doublings = std::min(failures.count - kFree, 6U);
  failures.until = now + std::min(kSecond << doublings, kLongest);
}

}  // namespace millrace::server
