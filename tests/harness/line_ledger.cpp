// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/line_ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace millrace::tests {
namespace {

constexpr std::size_t kDigitsAt = 5;
constexpr std::size_t kDigits = 8;

}  // namespace

std::string LineLedger::text(std::size_t n) { return fmt::format("line {:08} of the log\n", n); }

bool LineLedger::count(std::string_view lines, std::vector<std::uint8_t>& into) {
  if (lines.size() % kLength != 0) return false;
  for (; !lines.empty(); lines.remove_prefix(kLength)) {
    std::size_t n = 0;
    const char* const end = lines.data() + kDigitsAt + kDigits;
    const auto [stopped, code] = std::from_chars(lines.data() + kDigitsAt, end, n);
    if (code != std::errc{} || stopped != end || lines.substr(0, kLength) != text(n)) return false;
    if (into.size() <= n) into.resize(n + 1);
    if (into[n] < 255) ++into[n];
  }
  return true;
}

std::string LineLedger::check(std::size_t taken) const {
  const auto at = [](const std::vector<std::uint8_t>& counts, std::size_t n) {
    return n < counts.size() ? counts[n] : std::uint8_t{0};
  };
  for (std::size_t n = 0; n < std::max({taken, delivered_.size(), waiting_.size()}); ++n) {
    const unsigned delivered = at(delivered_, n);
    const unsigned waiting = at(waiting_, n);
    if (delivered + waiting == (n < taken ? 1U : 0U)) continue;
    return fmt::format("line {} waits {} times and was delivered {} times; {} lines were taken in",
                       n, waiting, delivered, taken);
  }
  return {};
}

}  // namespace millrace::tests
