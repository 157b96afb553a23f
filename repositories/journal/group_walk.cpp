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
    if (!header.has_value()) continue;
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
  if (walk.numbers_.empty() || !MR_TRY(walk.enter(0))) {
    walk.stopped_ = true;
    return walk;
  }
  walk.end_ = {walk.numbers_[0], kSegmentHeaderBytes};
  return walk;
}

Result<bool> GroupWalk::enter(std::size_t index) {
  if (index >= numbers_.size()) return false;
  if (index > 0 && numbers_[index] != numbers_[index - 1] + 1) return false;
  auto file = MR_TRY(segments_.openForRead(numbers_[index]));
  const auto header = MR_TRY(headerOf(*file));
  const bool begins = first_ == Lsn(0);
  if (!header.has_value() || header->number != numbers_[index] || header->epoch < epoch_)
    return false;
  if (!begins && header->first != Lsn(last_.raw() + 1)) return false;
  if (begins) {
    first_ = header->first;
    last_ = Lsn(header->first.raw() - 1);
  }
  index_ = index;
  fileBytes_ = MR_TRY(file->size());
  file_ = std::move(file);
  offset_ = kSegmentHeaderBytes;
  return true;
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

Result<const WalkedGroup*> GroupWalk::next() {
  if (stopped_) return nullptr;
  stopped_ = true;  // until a whole group is found
  WalkedGroup found;
  for (std::uint32_t part = 0;; ++part) {
    std::optional<Frame> frame = MR_TRY(readFrame());
    const FrameHeader* const begun = part == 0 ? nullptr : &found.header;
    if (!frame.has_value() || !fits(frame->header, part, begun)) {
      if (!MR_TRY(enter(index_ + 1))) return nullptr;
      frame = MR_TRY(readFrame());
      if (!frame.has_value() || !fits(frame->header, part, begun)) return nullptr;
    }
    offset_ = alignedUp(offset_ + kFrameHeaderBytes + frame->header.length);
    if (part == 0) {
      found.header = frame->header;
      found.bytes = std::move(frame->payload);
    } else {
      found.bytes.insert(found.bytes.end(), frame->payload.begin(), frame->payload.end());
    }
    if (!frame->header.more) break;
  }
  group_ = std::move(found);
  stopped_ = false;
  last_ = group_.header.last;
  epoch_ = group_.header.epoch;
  durable_ = std::max(durable_, group_.header.durable);
  end_ = {numbers_[index_], offset_};
  return &group_;
}

}  // namespace millrace::repo
