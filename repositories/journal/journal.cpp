// SPDX-License-Identifier: Apache-2.0
#include "repositories/journal/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace millrace::repo {
namespace {

constexpr std::array<std::byte, kFrameAlignment> kPadding{};
// What the frames around commits may take besides them, with the unused ends of segments.
constexpr std::uint64_t kSlack = 64 * 1024;

Error brokenJournal() {
  return Error::environment("the journal failed before and takes nothing more; restart the store",
                            false);
}

/// Cuts `length` bytes off the front of `parts`.
std::vector<ByteView> takeFront(std::vector<ByteView>& parts, std::uint64_t length) {
  std::vector<ByteView> front;
  std::size_t whole = 0;
  while (length > 0) {
    ByteView& part = parts[whole];
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(length, part.size()));
    front.push_back(part.first(count));
    part = part.subspan(count);
    length -= count;
    if (part.empty()) ++whole;
  }
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(whole));
  return front;
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(FileSystem& files, const std::string& path,
                                               JournalIdentity identity, JournalOptions options) {
  if (options.segmentBytes % kFrameAlignment != 0 || options.segmentBytes < 4 * kFrameAlignment)
    return Error::user("a journal segment must be a multiple of 512 bytes, at least 2048");
  log::SegmentOptions segmentOptions;
  segmentOptions.suffix = kJournalSuffix;
  segmentOptions.bytes = options.segmentBytes;
  segmentOptions.mostSpares = options.mostSpares;
  segmentOptions.space = options.space;
  segmentOptions.plantedForTests = options.plantedForTests;
  auto segments = MR_TRY(log::SegmentDirectory::open(files, path, segmentOptions));
  const RecoveredJournal found = MR_TRY(recoverJournal(
      *segments, identity.store, identity.cleanDurable, options.damage, options.plantedForTests));
  if (found.epoch >= identity.epoch) {
    return Error::environment(
        fmt::format(
            "{} was written in epoch {}, which the store's identity has not reached; restore "
            "the file 'store' that belongs to it",
            path, found.epoch),
        false);
  }
  std::unique_ptr<Journal> journal(new Journal(std::move(segments), identity, options));
  MR_TRY(journal->prepare(found));
  return journal;
}

Result<> Journal::prepare(const RecoveredJournal& found) {
  recovered_ = found;
  std::vector<std::uint64_t> beyond;
  MutexLock lock(mutex_);
  for (const std::uint64_t number : segments_->numbers()) {
    number_ = std::max(number_, number);
    if (number > found.end.segment) {
      beyond.push_back(number);
      continue;
    }
    auto file = MR_TRY(segments_->openForRead(number));
    std::array<std::byte, kSegmentHeaderBytes> bytes{};
    MR_TRY(file->readAt(0, bytes));
    const auto header = decodeSegmentHeader(bytes);
    live_.push_back({number, header.has_value() ? header->first : Lsn(0), true});
  }
  liveCount_ = live_.size();
  MR_TRY(segments_->remove(beyond));
  if (found.end.segment == 0) return Done{};
  number_ = found.end.segment;
  offset_ = found.end.offset;
  file_ = MR_TRY(segments_->openForWrite(number_));
  fileBytes_ = MR_TRY(file_->size());
  // What recovery read may not be on the medium yet (only the process ended): it is promised now.
  MR_TRY(file_->sync());
  for (const Segment& segment : live_) {
    if (segment.number == number_) continue;
    auto before = MR_TRY(segments_->openForWrite(segment.number));
    MR_TRY(before->sync());
  }
  roomLeft_ = room();
  return Done{};
}

std::uint64_t Journal::room() const {
  const std::uint64_t used = offset_ + kFrameHeaderBytes;
  return file_ == nullptr || used >= fileBytes_ ? 0 : fileBytes_ - used;
}

Result<> Journal::reserve(std::uint64_t bytes) {
  const std::uint64_t perSegment =
      segments_->segmentBytes() - kSegmentHeaderBytes - kFrameHeaderBytes;
  const std::uint64_t needed = bytes + snapshotReserve_.load() + kSlack;
  MR_TRY(awaitReaders());
  const auto ahead = [&] { return roomLeft_.load() + segments_->spares() * perSegment; };
  if (ahead() >= needed) return Done{};
  MutexLock lock(preparing_);
  while (ahead() < needed) MR_TRY(segments_->prepareSpare());
  return Done{};
}

Result<> Journal::awaitReaders() {
  const auto tooMuch = [&] { return liveCount_.load() * segments_->segmentBytes() > mostBytes_; };
  if (!tooMuch()) return Done{};
  constexpr std::chrono::milliseconds kPatience{200};  // then the session is undone and tried again
  MutexLock lock(mutex_);
  cut_.waitFor(mutex_, kPatience);
  if (!tooMuch()) return Done{};
  return Error::environment(
      fmt::format("the journal holds more than {} bytes that snapshot and provenance have not read "
                  "yet; commits wait for them",
                  mostBytes_));
}

Result<> Journal::roll(Lsn first, Lsn continued) {
  ++number_;
  file_ = MR_TRY(segments_->create(number_));
  offset_ = kSegmentHeaderBytes;
  fileBytes_ = segments_->segmentBytes();
  unsynced_.push_back(file_);
  const auto header =
      encodeSegmentHeader({identity_.store, identity_.epoch, number_, first, continued});
  MR_TRY(file_->writeAt(0, header));
  MutexLock lock(mutex_);
  live_.push_back({number_, first, false});
  liveCount_ = live_.size();
  return Done{};
}

Result<> Journal::writeFrame(const JournalGroup& group, std::span<const ByteView> parts,
                             std::uint64_t length, std::uint32_t part, bool more) {
  FrameHeader header;
  header.store = identity_.store;
  header.epoch = identity_.epoch;
  header.first = group.first;
  header.last = group.last;
  header.durable = group.durable;
  header.length = static_cast<std::uint32_t>(length);
  header.part = part;
  header.more = more;
  const auto head = encodeFrameHeader(header, parts);
  std::vector<ByteView> all;
  all.reserve(parts.size() + 2);
  all.emplace_back(head);
  all.insert(all.end(), parts.begin(), parts.end());
  const std::uint64_t end = offset_ + kFrameHeaderBytes + length;
  all.push_back(ByteView(kPadding).first(static_cast<std::size_t>(alignedUp(end) - end)));
  if (unsynced_.empty() || unsynced_.back() != file_) unsynced_.push_back(file_);
  MR_TRY(file_->writeAtV(offset_, all));
  offset_ = alignedUp(end);
  return Done{};
}

Result<> Journal::append(const JournalGroup& group) {
  if (broken_) return brokenJournal();
  broken_ = true;  // until it went well
  std::uint64_t left = 0;
  for (const ByteView part : group.parts) left += part.size();
  std::vector<ByteView> parts(group.parts.begin(), group.parts.end());
  const std::uint64_t most = segments_->segmentBytes() - kSegmentHeaderBytes - kFrameHeaderBytes;
  if (room() < left && (left <= most || room() == 0)) MR_TRY(roll(group.first));
  if (file_ == nullptr || room() == 0) MR_TRY(roll(group.first));
  for (std::uint32_t part = 0;; ++part) {
    const std::uint64_t length = std::min(left, room());
    left -= length;
    const std::vector<ByteView> front = takeFront(parts, length);
    MR_TRY(writeFrame(group, front, length, part, left > 0));
    if (left == 0) break;
    MR_TRY(roll(Lsn(group.last.raw() + 1), group.first));
  }
  roomLeft_ = room();
  for (const ByteView part : group.parts) appended_ += part.size();
  broken_ = false;
  return Done{};
}

Result<> Journal::sync() {
  if (broken_) return brokenJournal();
  broken_ = true;
  for (const auto& file : unsynced_) MR_TRY(file->sync());
  unsynced_.clear();
  broken_ = false;
  {
    MutexLock lock(mutex_);
    for (auto each = live_.rbegin(); each != live_.rend() && !each->synced; ++each)
      each->synced = true;
  }
  if (onSynced_) onSynced_();
  return Done{};
}

Result<JournalReader> Journal::read(Lsn from, Lsn upTo) const {
  return JournalReader::open(*segments_, identity_.store, from, upTo, planted_);
}

Result<> Journal::cutBelow(Lsn mark) {
  std::vector<std::uint64_t> dead;
  {
    MutexLock lock(mutex_);
    // The segment that becomes the first must be able to say where the journal begins.
    while (live_.size() > 1 && live_[1].synced && live_[1].first <= mark) {
      dead.push_back(live_.front().number);
      live_.erase(live_.begin());
    }
    liveCount_ = live_.size();
  }
  cut_.notifyAll();
  return segments_->remove(dead);
}

}  // namespace millrace::repo
