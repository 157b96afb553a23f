// SPDX-License-Identifier: Apache-2.0
#include "log-backend/partition/session_batches.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace millrace::log {
namespace {

constexpr std::string_view kHead = "millrace-voided 1\n";

/// A number and the character behind it, from the front of `text`.
template <typename Number>
bool takeNumber(std::string_view& text, Number& number, char behind, int base = 10) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (code != std::errc{} || end == text.data() + text.size() || *end != behind) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

}  // namespace

bool VoidedRanges::add(OffsetRange range) {
  const auto after =
      std::partition_point(ranges_.begin(), ranges_.end(),
                           [&](const OffsetRange& each) { return each.begin < range.begin; });
  if (after != ranges_.begin() && std::prev(after)->end >= range.end) return false;
  if (after != ranges_.end() && after->begin == range.begin && after->end >= range.end)
    return false;
  if (after != ranges_.begin() && std::prev(after)->end == range.begin) {
    std::prev(after)->end = range.end;
    return true;
  }
  ranges_.insert(after, range);
  return true;
}

void VoidedRanges::cutBelow(Offset logStart) {
  std::erase_if(ranges_, [logStart](const OffsetRange& each) { return each.end <= logStart; });
}

std::optional<OffsetRange> VoidedRanges::at(Offset offset) const {
  const auto behind =
      std::partition_point(ranges_.begin(), ranges_.end(),
                           [&](const OffsetRange& each) { return each.begin <= offset; });
  if (behind == ranges_.begin() || std::prev(behind)->end <= offset) return std::nullopt;
  return *std::prev(behind);
}

std::optional<Offset> VoidedRanges::next(Offset offset) const {
  const auto found = std::partition_point(
      ranges_.begin(), ranges_.end(), [&](const OffsetRange& each) { return each.begin < offset; });
  if (found == ranges_.end()) return std::nullopt;
  return found->begin;
}

std::string VoidedRanges::encode() const {
  std::string text(kHead);
  for (const OffsetRange& each : ranges_) text += fmt::format("{} {}\n", each.begin, each.end);
  return text + fmt::format("crc {:08x}\n", crc32c(asBytes(text)));
}

Result<VoidedRanges> VoidedRanges::decode(std::string_view text) {
  const Error damage = Error::environment(
      "the list of voided batches is damaged, restore the partition from a copy", false);
  constexpr std::string_view kCrc = "crc ";
  const std::string_view whole = text;
  if (!text.starts_with(kHead)) return damage;
  text.remove_prefix(kHead.size());
  VoidedRanges ranges;
  while (!text.starts_with(kCrc)) {
    OffsetRange range;
    if (!takeNumber(text, range.begin, ' ') || !takeNumber(text, range.end, '\n')) return damage;
    const Offset least = ranges.empty() ? 0 : ranges.ranges_.back().end;
    if (range.begin < least || range.end <= range.begin) return damage;
    ranges.ranges_.push_back(range);
  }
  const std::string_view summed = whole.substr(0, whole.size() - text.size());
  text.remove_prefix(kCrc.size());
  std::uint32_t crc = 0;
  if (!takeNumber(text, crc, '\n', 16) || !text.empty() || crc != crc32c(asBytes(summed)))
    return damage;
  return ranges;
}

}  // namespace millrace::log
