// SPDX-License-Identifier: Apache-2.0
#include "log-backend/partition/aborted_index.h"

#include "engine/base/big_endian.h"

#include <algorithm>

namespace millrace::log {
namespace {

constexpr std::size_t kEntryBytes = 34;

auto firstMarkedAt(const std::vector<AbortedTransaction>& entries, Offset offset) {
  return std::partition_point(entries.begin(), entries.end(),
                              [offset](const auto& each) { return each.markerOffset < offset; });
}

}  // namespace

std::vector<AbortedTransaction> AbortedIndex::overlapping(Offset from, Offset to) const {
  std::vector<AbortedTransaction> met;
  for (auto at = firstMarkedAt(entries_, from); at != entries_.end(); ++at) {
    if (at->firstOffset < to) met.push_back(*at);
    if (at->lastStable >= to) break;  // all later ones begin behind
  }
  std::sort(met.begin(), met.end(),
            [](const auto& a, const auto& b) { return a.firstOffset < b.firstOffset; });
  return met;
}

std::vector<AbortedTransaction> AbortedIndex::markedIn(Offset from, Offset to) const {
  return {firstMarkedAt(entries_, from), firstMarkedAt(entries_, to)};
}

void AbortedIndex::cutBelow(Offset logStart) {
  entries_.erase(entries_.begin(), firstMarkedAt(entries_, logStart));
}

std::vector<std::byte> AbortedIndex::encode(std::span<const AbortedTransaction> entries) {
  std::vector<std::byte> bytes(entries.size() * kEntryBytes);
  std::byte* at = bytes.data();
  for (const AbortedTransaction& each : entries) {
    writeBig(at, std::int16_t{0});
    writeBig(at + 2, each.producerId);
    writeBig(at + 10, each.firstOffset);
    writeBig(at + 18, each.markerOffset);
    writeBig(at + 26, each.lastStable);
    at += kEntryBytes;
  }
  return bytes;
}

Result<std::vector<AbortedTransaction>> AbortedIndex::decode(ByteView bytes) {
  if (bytes.size() % kEntryBytes != 0)
    return Error::environment("an index of aborted transactions is cut short", false);
  std::vector<AbortedTransaction> entries;
  for (; !bytes.empty(); bytes = bytes.subspan(kEntryBytes)) {
    const std::byte* const at = bytes.data();
    if (readBig<std::int16_t>(at) != 0)
      return Error::environment("an index of aborted transactions has an unknown version", false);
    entries.push_back({readBig<std::int64_t>(at + 2), readBig<std::int64_t>(at + 10),
                       readBig<std::int64_t>(at + 18), readBig<std::int64_t>(at + 26)});
  }
  return entries;
}

}  // namespace millrace::log
