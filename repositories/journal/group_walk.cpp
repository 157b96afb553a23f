// SPDX-License-Identifier: Apache-2.0
#include "repositories/journal/group_walk.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::repo {
namespace {

Result<std::optional<SegmentHeader>> headerOf(File& file) {
  std::array<std::byte, kSegmentHeaderBytes> bytes{};
  const std::size_t got = MR_TRY(file.readAt(0, bytes));
  return decodeSegmentHeader(ByteView(bytes).first(got));
}

}  // namespace

Result<GroupWalk> GroupWalk::begin(const log::SegmentDirectory& segments, StoreId store, Lsn from,
                                   PlantedFault plantedForTests) {
  GroupWalk walk(segments, store, plantedForTests);
  walk.numbers_ = segments.numbers();
  std::size_t start = 0;
  for (std::size_t i = 0; i < walk.numbers_.size(); ++i) {
    auto file = MR_TRY(segments.openForRead(walk.numbers_[i]));
    const auto header = MR_TRY(headerOf(*file));
    // A recycled file that has got its name but not its header yet shows those of its earlier life.
    if (!header.has_value() || header->number != walk.numbers_[i]) continue;
    if (header->store != store) {
      return Error::user(
          fmt::format("{} belongs to another store; move it out of the data directory, or open the "
                      "store that it "
                      "came from",
                      segments.pathOf(walk.numbers_[i])));
    }
    if (header->first > from && i > 0) break;
    start = i;
  }
  walk.numbers_.erase(walk.numbers_.begin(),
                      walk.numbers_.begin() + static_cast<std::ptrdiff_t>(start));
  if (walk.numbers_.empty()) {
    walk.stopped_ = true;
    return walk;
  }
  auto file = MR_TRY(segments.openForRead(walk.numbers_[0]));
  const auto header = MR_TRY(headerOf(*file));
  if (!header.has_value() || header->number != walk.numbers_[0]) {
    walk.stopped_ = true;
    return walk;
  }
  walk.first_ = header->first;
  walk.last_ = Lsn(header->first.raw() - 1);
  MR_TRY(walk.enter(0, header->continued));
  if (header->continued != Lsn(0)) MR_TRY(walk.skipContinuation(header->continued));
  walk.end_ = {walk.numbers_[walk.index_], walk.offset_};
  return walk;
}

Result<bool> GroupWalk::enter(std::size_t index, Lsn continued) {
  if (index >= numbers_.size()) return false;
  if (index > 0 && numbers_[index] != numbers_[index - 1] + 1) return false;
  auto file = MR_TRY(segments_.openForRead(numbers_[index]));
  const auto header = MR_TRY(headerOf(*file));
  if (!header.has_value() || header->number != numbers_[index] || header->epoch < epoch_ ||
      header->continued != continued)
    return false;
  if (continued == Lsn(0) && header->first.raw() != last_.raw() + 1) return false;
  // Frames of an earlier epoch are left over from before the file was recycled.
  epoch_ = std::max(epoch_, header->epoch);
  index_ = index;
  fileBytes_ = MR_TRY(file->size());
  file_ = std::move(file);
  offset_ = kSegmentHeaderBytes;
  return true;
}

/// Steps over the rest of a group whose beginning was cut off with the segments before.
Result<> GroupWalk::skipContinuation(Lsn continued) {
  while (true) {
    const std::optional<Frame> frame = MR_TRY(readFrame());
    if (!frame.has_value() || frame->header.part == 0 || frame->header.first != continued) {
      if (!MR_TRY(enter(index_ + 1, continued))) return Done{};
      continue;
    }
    offset_ = alignedUp(offset_ + kFrameHeaderBytes + frame->header.length);
    if (!frame->header.more) return Done{};
  }
}

Result<std::optional<GroupWalk::Frame>> GroupWalk::readFrame() {
  const auto none = std::optional<Frame>();
  std::array<std::byte, kFrameHeaderBytes> bytes{};
  const std::size_t got = MR_TRY(file_->readAt(offset_, bytes));
  const auto header = decodeFrameHeader(ByteView(bytes).first(got));
  if (!header.has_value()) return none;
  if (offset_ + kFrameHeaderBytes + header->length > fileBytes_) return none;
  Frame frame{*header, std::vector<std::byte>(header->length)};
  const std::size_t read = MR_TRY(file_->readAt(offset_ + kFrameHeaderBytes, frame.payload));
  if (read < frame.payload.size()) return none;
  if (planted_ != PlantedFault::kCrcIgnored && !crcHolds(bytes, *header, frame.payload))
    return none;
  if (header->store == store_ && header->version != 1) {
    return Error::user(
        fmt::format("{} was written by a newer version at offset {}; open it with that",
                    segments_.pathOf(numbers_[index_]), offset_));
  }
  return std::optional(std::move(frame));
}

bool GroupWalk::fits(const FrameHeader& header, std::uint32_t part,
                     const FrameHeader* begun) const {
  if (header.store != store_ || header.epoch < epoch_ || header.part != part) return false;
  if (begun != nullptr)
    return header.epoch == begun->epoch && header.first == begun->first &&
           header.last == begun->last;
  return header.first.raw() == last_.raw() + 1 && header.last.raw() + 1 >= header.first.raw();
}

/// The whole group that begins where the walk stands; null when there is none.
Result<std::optional<WalkedGroup>> GroupWalk::readGroup() {
  const auto none = std::optional<WalkedGroup>();
  WalkedGroup found;
  for (std::uint32_t part = 0;; ++part) {
    std::optional<Frame> frame = MR_TRY(readFrame());
    const FrameHeader* const begun = part == 0 ? nullptr : &found.header;
    if (!frame.has_value() || !fits(frame->header, part, begun)) {
      if (part == 0 || !MR_TRY(enter(index_ + 1, begun->first))) return none;
      frame = MR_TRY(readFrame());
      if (!frame.has_value() || !fits(frame->header, part, begun)) return none;
    }
    offset_ = alignedUp(offset_ + kFrameHeaderBytes + frame->header.length);
    if (part == 0) {
      found.header = frame->header;
      found.bytes = std::move(frame->payload);
    } else {
      found.bytes.insert(found.bytes.end(), frame->payload.begin(), frame->payload.end());
    }
    if (!frame->header.more) return std::optional(std::move(found));
  }
}

Result<const WalkedGroup*> GroupWalk::next() {
  if (stopped_) return nullptr;
  stopped_ = true;  // until a whole group is found
  while (true) {
    const std::size_t start = index_;
    std::optional<WalkedGroup> found = MR_TRY(readGroup());
    if (found.has_value()) {
      group_ = std::move(*found);
      break;
    }
    // The end of this segment; what stands there may be the unfinished beginning of a group that
    // was lost in an earlier life.
    if (!MR_TRY(enter(start + 1, Lsn(0)))) return nullptr;
  }
  stopped_ = false;
  last_ = group_.header.last;
  epoch_ = group_.header.epoch;
  durable_ = std::max(durable_, group_.header.durable);
  end_ = {numbers_[index_], offset_};
  return &group_;
}

}  // namespace millrace::repo
