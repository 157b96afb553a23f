// SPDX-License-Identifier: Apache-2.0
#include "repositories/content/disk_appender.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::repo {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;
constexpr std::size_t kStep = 256 * 1024;
// A group's sync never waits for more than this of one session.
constexpr std::uint64_t kMostUnsynced = 1ULL << 20U;

Error changed(const std::string& path) {
  return Error::environment(
      fmt::format("{} changed while it was taken in; it is read again later", path));
}

bool isSame(const FileInfo& info, const AdoptableFile& file) {
  return info.kind == FileKind::kFile && info.inode == file.inode && info.size == file.size &&
         info.modified == file.modified;
}

}  // namespace

DiskAppender::~DiskAppender() { closeSegment(); }

void DiskAppender::closeSegment() {
  if (segment_ == nullptr) return;
  segment_->close(content_.clock_.wall());
  segment_ = nullptr;
  content_.noteRelease();
}

Result<> DiskAppender::openSegment() {
  if (segment_ != nullptr && begin_ < content_.options_.segmentBytes) return Done{};
  closeSegment();
  auto segment = content_.add(ContentSegment::Kind::kOwn);
  auto created = segment->create();
  if (!created.ok()) {
    content_.forget(segment->number());
    return created;
  }
  segment_ = std::move(segment);
  begin_ = kContentHeaderBytes;
  return Done{};
}

Result<> DiskAppender::write(ByteView bytes) {
  if (bytes.empty()) return Done{};
  if (written_ == 0 && buffer_.empty()) MR_TRY(openSegment());
  if (buffer_.size() + bytes.size() > kBuffer) MR_TRY(flush());
  if (bytes.size() < kBuffer) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return Done{};
  }
  MR_TRY(segment_->write(begin_ + written_, bytes));
  crc_ = crc32c(bytes, crc_);
  written_ += bytes.size();
  unsynced_ += bytes.size();
  return content_.options_.writeBehind ? segment_->writeBehind(begin_ + written_) : Done{};
}

Result<> DiskAppender::flush() {
  if (buffer_.empty()) return Done{};
  MR_TRY(segment_->write(begin_ + written_, buffer_));
  crc_ = crc32c(buffer_, crc_);
  written_ += buffer_.size();
  unsynced_ += buffer_.size();
  buffer_.clear();
  return Done{};
}

Result<ContentClaim> DiskAppender::finish() {
  MR_TRY(flush());
  if (written_ == 0) return ContentClaim{};
  if (content_.options_.writeBehind && unsynced_ >= kMostUnsynced) {
    unsynced_ = 0;
    MR_TRY(segment_->sync());
  }
  const ContentClaim claim{segment_->number(), begin_, written_, crc_};
  segment_->retain(claim, 1, true);
  if (participants_.empty() || participants_.back() != segment_) participants_.push_back(segment_);
  begin_ += written_;
  abandon();
  return claim;
}

void DiskAppender::abandon() {
  buffer_.clear();
  written_ = 0;
  crc_ = 0;
}

Result<ContentClaim> DiskAppender::adopt(const AdoptableFile& file) {
  if (file.size == 0) return ContentClaim{};
  auto segment = content_.add(ContentSegment::Kind::kAdopted);
  auto claim = adoptInto(*segment, file);
  if (!claim.ok()) {
    if (content_.files_.exists(segment->path())) (void)content_.files_.remove(segment->path());
    content_.forget(segment->number());
    return claim;
  }
  participants_.push_back(std::move(segment));
  return claim;
}

Result<ContentClaim> DiskAppender::adoptInto(ContentSegment& segment, const AdoptableFile& file) {
  MR_TRY(content_.files_.link(file.path, segment.path()));
  std::shared_ptr<File> source = MR_TRY(content_.files_.open(segment.path(), OpenMode::kRead));
  if (!isSame(MR_TRY(source->info()), file)) return changed(file.path);
  std::vector<std::byte> bytes(kStep);
  ContentClaim claim{segment.number(), 0, 0, 0};
  while (true) {
    const std::size_t got = MR_TRY(source->readAt(claim.length, bytes));
    if (got == 0) break;
    claim.crc = crc32c(ByteView(bytes).first(got), claim.crc);
    claim.length += got;
  }
  if (claim.length != file.size || !isSame(MR_TRY(source->info()), file)) return changed(file.path);
  segment.use(std::move(source));
  segment.retain(claim, 1, true);
  segment.close(content_.clock_.wall());
  return claim;
}

std::vector<std::shared_ptr<Participant>> DiskAppender::takeParticipants() {
  unsynced_ = 0;
  return std::exchange(participants_, {});
}

}  // namespace millrace::repo
