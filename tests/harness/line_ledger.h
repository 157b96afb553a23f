// SPDX-License-Identifier: Apache-2.0
#pragma once
// LineLedger: accounts for numbered lines: each that was taken in must be found exactly once,
// waiting or delivered. A line is text(n), all of one length, so that a position in a file tells
// how many were read.
//
// Threads: one.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::tests {

class LineLedger {
 public:
  static constexpr std::size_t kLength = 25;
  static std::string text(std::size_t n);

  /// Counts every line of `lines` as delivered for good. False when it is not made of whole lines.
  bool deliver(std::string_view lines) { return count(lines, delivered_); }
  /// Counts them as waiting, until clearWaiting().
  bool wait(std::string_view lines) { return count(lines, waiting_); }
  void clearWaiting() { waiting_.clear(); }

  /// What is wrong when the first `taken` lines have been taken in; empty: nothing.
  std::string check(std::size_t taken) const;

 private:
  static bool count(std::string_view lines, std::vector<std::uint8_t>& into);
  std::vector<std::uint8_t> delivered_;
  std::vector<std::uint8_t> waiting_;
};

}  // namespace millrace::tests
