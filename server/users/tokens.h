// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tokens: what a client shows instead of a password, for twelve hours. 256 random bits; only a
// digest is kept, in memory, so that a restart asks everybody for the password again. Threads: any.

#include "engine/base/clock.h"
#include "engine/base/mutex.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::server {

class Tokens {
 public:
  static constexpr Nanos kLife = 12 * 3600 * kSecond;
  static constexpr std::size_t kMost = 10000;

  explicit Tokens(const Clock& clock) : clock_(clock) {}
  /// A new token of a user. With too many the one that ends first goes.
  std::string issue(const std::string& user);
  /// Whose it is; nothing when it is nobody's or has ended.
  std::optional<std::string> whose(std::string_view token);
  void end(std::string_view token);
  /// How many of a user there are.
  std::size_t countOf(std::string_view user);
  /// Ends all of a user; how many there were.
  std::size_t endAllOf(std::string_view user);

 private:
  struct Token {
    std::string user;
    Nanos end = 0;
  };
  void forgetEnded() MR_REQUIRES(mutex_);

  const Clock& clock_;
  Mutex mutex_;
  std::map<std::string, Token, std::less<>> tokens_ MR_GUARDED_BY(mutex_);  // by digest
};

}  // namespace millrace::server
