// SPDX-License-Identifier: Apache-2.0
#pragma once
// LoginGate: slows down who guesses passwords. After five failures a name has to wait, a second at
// first, twice as long after each further one, a minute at most; a success, or an hour without a
// failure, forgets them. Two passwords at most are looked at in the same moment, since each takes
// memory. Threads: any.

#include "engine/base/clock.h"
#include "engine/base/mutex.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace millrace::server {

class LoginGate {
 public:
  static constexpr std::uint32_t kFree = 5;
  static constexpr Nanos kLongest = 60 * kSecond;

  explicit LoginGate(const Clock& clock) : clock_(clock) {}
  /// Nothing: the password may be looked at, and leave() must follow. Else how long to wait first.
  std::optional<Nanos> enter(const std::string& name);
  void leave(const std::string& name, bool succeeded);

 private:
  struct Failures {
    std::uint32_t count = 0;
    Nanos until = 0;
    Nanos last = 0;
  };

  const Clock& clock_;
  Mutex mutex_;
  std::uint32_t inside_ MR_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Failures> failures_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::server
