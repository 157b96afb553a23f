// SPDX-License-Identifier: Apache-2.0
#include "repositories/journal/journal_recovery.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::repo {
namespace {

constexpr std::size_t kStep = 1ULL << 20U;

/// The greatest durable LSN above `known` that a whole frame of this file speaks of.
Result<Lsn> durableIn(File& file, std::uint64_t from, StoreId store, Lsn known) {
  std::vector<std::byte> window(kStep);
  std::vector<std::byte> payload;
  for (std::uint64_t at = from;; at += kStep) {
    const std::size_t got = MR_TRY(file.readAt(at, window));
    for (std::size_t i = 0; i + kFrameHeaderBytes <= got; i += kFrameAlignment) {
      const ByteView bytes = ByteView(window).subspan(i, kFrameHeaderBytes);
      const auto header = decodeFrameHeader(bytes);
      if (!header.has_value() || header->store != store || header->durable <= known) continue;
      const std::uint64_t left = MR_TRY(file.size()) - (at + i + kFrameHeaderBytes);
      if (header->length > left) continue;
      payload.resize(header->length);
      MR_TRY(file.readAt(at + i + kFrameHeaderBytes, payload));
      if (crcHolds(bytes, *header, payload)) known = header->durable;
    }
    if (got < window.size()) return known;
  }
}

}  // namespace

Result<RecoveredJournal> recoverJournal(const log::SegmentDirectory& segments, StoreId store,
                                        Lsn cleanDurable, Damage damage,
                                        PlantedFault plantedForTests) {
  GroupWalk walk = MR_TRY(GroupWalk::begin(segments, store, Lsn(0), plantedForTests));
  while (MR_TRY(walk.next()) != nullptr) {
  }
  RecoveredJournal found;
  found.last = walk.last();
  found.first = walk.first() == Lsn(0) ? Lsn(1) : walk.first();
  found.epoch = walk.epoch();
  found.end = walk.end();
  found.greatestDurable = std::max(walk.durable(), cleanDurable);
  for (const std::uint64_t number : segments.numbers()) {
    if (number < found.end.segment) continue;
    auto file = MR_TRY(segments.openForRead(number));
    const std::uint64_t from = number == found.end.segment ? found.end.offset : kSegmentHeaderBytes;
    const Lsn seen = MR_TRY(durableIn(*file, from, store, found.last));
    found.greatestDurable = std::max(found.greatestDurable, seen);
  }
  if (found.greatestDurable <= found.last || damage == Damage::kSalvage) return found;
  const std::string where =
      found.end.segment == 0
          ? fmt::format("before its first commit")
          : fmt::format("in {} at offset {}", segments.pathOf(found.end.segment), found.end.offset);
  return Error::environment(
      fmt::format("the journal is damaged {}: commit {} is missing although commits up to {} were "
                  "durable; restore the file, or salvage what stands before it",
                  where, found.last.raw() + 1, found.greatestDurable.raw()),
      false);
}

}  // namespace millrace::repo
