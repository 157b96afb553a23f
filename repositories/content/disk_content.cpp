// SPDX-License-Identifier: Apache-2.0
#include "repositories/content/disk_content.h"

#include "log-backend/segment/segment_directory.h"
#include "repositories/content/content_file_name.h"
#include "repositories/content/disk_appender.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace millrace::repo {
namespace {

class DiskLease final : public ContentLease {
 public:
  DiskLease(std::shared_ptr<ContentSegment> segment, const ContentClaim& claim)
      : segment_(std::move(segment)), claim_(claim) {}
  ~DiskLease() override {
    if (segment_ != nullptr) segment_->endLease(claim_);
  }
  DiskLease(const DiskLease&) = delete;
  DiskLease& operator=(const DiskLease&) = delete;

 private:
  std::shared_ptr<ContentSegment> segment_;
  ContentClaim claim_;
};

Error missing(const ContentClaim& claim) {
  return Error::environment(fmt::format("content segment {} is missing; restore it, or drop the "
                                        "FlowFiles that refer to it",
                                        claim.segment),
                            false);
}

}  // namespace

std::string DiskContent::pathOf(std::uint64_t number, ContentSegment::Kind kind) const {
  return path_ + "/" + ContentFileName{number, kind}.text();
}

Result<std::unique_ptr<DiskContent>> DiskContent::open(FileSystem& files, const std::string& path,
                                                       const Clock& clock,
                                                       DiskContentOptions options,
                                                       LastStop lastStop) {
  MR_TRY(log::createFolderDurably(files, path));
  std::unique_ptr<DiskContent> made(new DiskContent(files, path, clock, std::move(options)));
  for (const DirectoryEntry& entry : MR_TRY(files.list(path))) {
    const auto name = ContentFileName::parse(entry.name);
    if (!name) continue;
    const std::uint64_t number = name->number;
    auto segment =
        std::make_shared<ContentSegment>(files, path + "/" + entry.name, number, name->kind);
    const FileInfo info = MR_TRY(files.info(segment->path()));
    segment->close(info.modified / kMillisecond);
    segment->found(info.size);
    if (lastStop == LastStop::kUnclean) MR_TRY(segment->sync());
    MutexLock lock(made->mutex_);
    made->next_ = std::max(made->next_, number + 1);
    made->segments_[number] = std::move(segment);
  }
  return made;
}

DiskContent::Segment DiskContent::find(std::uint64_t number) const {
  MutexLock lock(mutex_);
  const auto found = segments_.find(number);
  return found == segments_.end() ? nullptr : found->second;
}

DiskContent::Segment DiskContent::add(ContentSegment::Kind kind) {
  MutexLock lock(mutex_);
  const std::uint64_t number = next_++;
  auto segment = std::make_shared<ContentSegment>(files_, pathOf(number, kind), number, kind);
  segments_[number] = segment;
  return segment;
}

void DiskContent::forget(std::uint64_t number) {
  MutexLock lock(mutex_);
  segments_.erase(number);
}

Result<std::unique_ptr<ContentAppender>> DiskContent::appender() {
  MutexLock lock(mutex_);
  if (!replayed_) return Error::bug("content cannot be appended before replay is finished");
  return std::unique_ptr<ContentAppender>(std::make_unique<DiskAppender>(*this));
}

Result<std::size_t> DiskContent::read(const ContentClaim& claim, std::uint64_t offset,
                                      std::span<std::byte> into) {
  if (claim.length == 0) return std::size_t{0};
  const Segment segment = find(claim.segment);
  if (segment == nullptr) return missing(claim);
  return segment->read(claim, offset, into);
}

Result<std::unique_ptr<ContentLease>> DiskContent::lease(const ContentClaim& claim) {
  Segment segment;
  if (claim.length > 0) {
    segment = find(claim.segment);
    if (segment == nullptr) return missing(claim);
    MR_TRY(segment->lease(claim));
  }
  return std::unique_ptr<ContentLease>(std::make_unique<DiskLease>(std::move(segment), claim));
}

void DiskContent::retain(const ContentClaim& claim, std::uint32_t count) {
  if (claim.length == 0) return;
  Segment segment;
  {
    MutexLock lock(mutex_);
    // A lost segment keeps its number: a new one must not answer for it.
    next_ = std::max(next_, claim.segment + 1);
    Segment& entry = segments_[claim.segment];
    if (entry == nullptr) {
      entry = std::make_shared<ContentSegment>(files_,
                                               pathOf(claim.segment, ContentSegment::Kind::kOwn),
                                               claim.segment, ContentSegment::Kind::kOwn);
    }
    segment = entry;
  }
  segment->retain(claim, count, false);
}

Result<> DiskContent::revive(const ContentClaim& claim) {
  if (claim.length == 0) return Done{};
  const Segment segment = find(claim.segment);
  const auto gone = [&] {
    return Error::user(fmt::format("the content is gone: {} was given back",
                                   pathOf(claim.segment, ContentSegment::Kind::kOwn)));
  };
  if (segment == nullptr || !files_.exists(segment->path())) return gone();
  segment->retain(claim, 1, false);
  // A hole or a file that went meanwhile does not have the claim's checksum.
  std::array<std::byte, 1> first{};
  auto read = segment->read(claim, 0, first);
  if (read.ok() && *read == 1) return Done{};
  segment->release(claim, Lsn(0), 1);
  noteRelease();
  return gone();
}

void DiskContent::release(const ContentClaim& claim, Lsn dropped, std::uint32_t count) {
  if (claim.length == 0) return;
  const Segment segment = find(claim.segment);
  MR_ASSERT(segment != nullptr);
  segment->release(claim, dropped, count);
  noteRelease();
}

void DiskContent::finishReplay() {
  MutexLock lock(mutex_);
  replayed_ = true;
}

Result<std::uint64_t> DiskContent::reclaim(Lsn synced, std::size_t operations) {
  std::vector<Segment> segments;
  {
    MutexLock lock(mutex_);
    if (!replayed_) return std::uint64_t{0};
    for (const auto& [number, segment] : segments_) segments.push_back(segment);
  }
  const Millis now = clock_.wall();
  const Millis closedBefore = now - options_.archiveAge;
  std::uint64_t bytes = 0;
  bool later = false;
  for (const Segment& segment : segments) {
    if (operations == 0) {
      later = true;
      break;
    }
    const auto done = MR_TRY(segment->reclaim(synced, now, closedBefore, operations));
    bytes += done.bytes;
    operations -= std::min(operations, done.operations);
    later |= done.later;
    if (done.removed) forget(segment->number());
  }
  later_ = later;
  return bytes;
}

std::uint64_t DiskContent::references(const ContentClaim& claim) const {
  const Segment segment = find(claim.segment);
  return segment == nullptr ? 0 : segment->references(claim);
}

void DiskContent::closeSegments() {
  MutexLock lock(mutex_);
  for (const auto& [number, segment] : segments_) segment->close(clock_.wall());
}

std::size_t DiskContent::segmentCount() const {
  MutexLock lock(mutex_);
  return segments_.size();
}

}  // namespace millrace::repo
