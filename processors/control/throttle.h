// SPDX-License-Identifier: Apache-2.0
#pragma once
// Throttle: lets amounts pass until their sum within a sliding span of time reaches a limit. The
// amount that passes the limit is let through whole, and what it was too much is waited for
// afterwards, so that the rate holds over time whatever the size of single amounts.
// Times are monotonic. Threads: one.

#include "engine/base/clock.h"

#include <algorithm>
#include <cstdint>
#include <deque>

namespace millrace::processors {

class Throttle {
 public:
  Throttle(std::int64_t limit, Nanos span) : limit_(limit), span_(span) {}

  /// True when something may pass now.
  bool isOpen(Nanos now) {
    forgetBefore(now);
    return now >= blockedUntil_ && sum_ < limit_;
  }
  void pass(std::int64_t amount, Nanos now) {
    if (amount <= 0) return;
    passed_.push_back({now, amount});
    sum_ += amount;
    if (sum_ <= limit_) return;
    // Twice the limit at once is worth two spans, and so on.
    const double spans = static_cast<double>(sum_) / static_cast<double>(limit_);
    constexpr double kMostSpans = 1e6;
    blockedUntil_ =
        now + static_cast<Nanos>(static_cast<double>(span_) * std::min(spans, kMostSpans));
  }
  /// When isOpen() can next be true.
  Nanos opensAt(Nanos now) {
    forgetBefore(now);
    Nanos at = std::max(now, blockedUntil_);
    std::int64_t left = sum_;
    for (const Passed& passed : passed_) {
      if (left < limit_) break;
      left -= passed.amount;
      at = std::max(at, passed.at + span_);
    }
    return at;
  }
  /// True when it could be forgotten.
  bool isIdle(Nanos now) const {
    return now >= blockedUntil_ && (passed_.empty() || passed_.back().at + span_ <= now);
  }

 private:
  struct Passed {
    Nanos at = 0;
    std::int64_t amount = 0;
  };
  void forgetBefore(Nanos now) {
    while (!passed_.empty() && passed_.front().at + span_ <= now) {
      sum_ -= passed_.front().amount;
      passed_.pop_front();
    }
  }

  std::int64_t limit_;
  Nanos span_;
  std::int64_t sum_ = 0;  // of passed_
  Nanos blockedUntil_ = 0;
  std::deque<Passed> passed_;
};

}  // namespace millrace::processors
