// SPDX-License-Identifier: Apache-2.0
#include "log-backend/partition/partition_checkpoint.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>

#include <charconv>

namespace millrace::log {
namespace {

constexpr std::string_view kHead = "millrace-partition 1\n";

/// Takes a line `name number` from the front of `text`.
template <typename Number>
bool takeLine(std::string_view& text, std::string_view name, Number& number, int base = 10) {
  if (!text.starts_with(name)) return false;
  text.remove_prefix(name.size());
  if (text.empty() || text.front() != ' ') return false;
  text.remove_prefix(1);
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (code != std::errc{} || end == text.data() + text.size() || *end != '\n') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

}  // namespace

std::string PartitionCheckpoint::encode() const {
  std::string text(kHead);
  text += fmt::format("log-start {}\nend {}\nsegment {}\nposition {}\nindex {}\ntimeindex {}\n",
                      logStart, end, segment, position, offsetEntries, timeEntries);
  text += fmt::format("cleaned {}\nproducers {}\nepoch {}\n", cleaned, producers, epoch);
  if (undecided != kNoOffset) text += fmt::format("undecided {}\n", undecided);
  return text + fmt::format("crc {:08x}\n", crc32c(asBytes(text)));
}

Result<PartitionCheckpoint> PartitionCheckpoint::decode(std::string_view text) {
  const Error damage = Error::environment(
      "the checkpoint of the partition is damaged, restore it from a copy", false);
  const std::string_view whole = text;
  if (!text.starts_with(kHead)) return damage;
  text.remove_prefix(kHead.size());
  PartitionCheckpoint point;
  std::uint32_t crc = 0;
  const bool fields =
      takeLine(text, "log-start", point.logStart) && takeLine(text, "end", point.end) &&
      takeLine(text, "segment", point.segment) && takeLine(text, "position", point.position) &&
      takeLine(text, "index", point.offsetEntries) &&
      takeLine(text, "timeindex", point.timeEntries) && takeLine(text, "cleaned", point.cleaned) &&
      takeLine(text, "producers", point.producers) && takeLine(text, "epoch", point.epoch);
  if (!fields) return damage;
  if (text.starts_with("undecided") && !takeLine(text, "undecided", point.undecided)) return damage;
  const std::string_view summed = whole.substr(0, whole.size() - text.size());
  if (!takeLine(text, "crc", crc, 16) || !text.empty() || crc != crc32c(asBytes(summed)))
    return damage;
  return point;
}

}  // namespace millrace::log
