// SPDX-License-Identifier: Apache-2.0
#include "repositories/memory/memory_content.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::repo {

class MemoryAppender final : public ContentAppender {
 public:
  explicit MemoryAppender(MemoryContent& content) : content_(content) {}

  Result<> write(ByteView bytes) override {
    // Not when it is finished: it is in memory by then.
    MR_TRY(content_.hasRoomFor(bytes_.size() + bytes.size()));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return Done{};
  }
  Result<ContentClaim> finish() override {
    if (bytes_.empty()) return ContentClaim{};
    const std::uint32_t crc = crc32c(bytes_);
    return content_.keep(std::exchange(bytes_, {}), crc);
  }
  void abandon() override { bytes_.clear(); }
  Result<ContentClaim> adopt(const AdoptableFile& file) override {
    if (file.size == 0) return ContentClaim{};
    MR_TRY(content_.hasRoomFor(file.size));
    auto open = MR_TRY(content_.files_.open(file.path, OpenMode::kRead));
    const auto unchanged = [&]() -> Result<bool> {
      const FileInfo info = MR_TRY(open->info());
      return info.inode == file.inode && info.size == file.size && info.modified == file.modified;
    };
    const bool before = MR_TRY(unchanged());
    std::vector<std::byte> bytes(before ? static_cast<std::size_t>(file.size) : 0);
    const std::size_t got = MR_TRY(open->readAt(0, bytes));
    if (!before || got != file.size || !MR_TRY(unchanged()))
      return Error::environment(
          fmt::format("{} changed while it was taken in; it is read again later", file.path));
    const std::uint32_t crc = crc32c(bytes);
    return content_.keep(std::move(bytes), crc);
  }
  std::vector<std::shared_ptr<Participant>> takeParticipants() override { return {}; }

 private:
  MemoryContent& content_;
  std::vector<std::byte> bytes_;
};

class MemoryContent::Lease final : public ContentLease {
 public:
  Lease(MemoryContent& content, std::uint64_t segment) : content_(content), segment_(segment) {}
  ~Lease() override {
    MutexLock lock(content_.mutex_);
    const auto found = content_.contents_.find(segment_);
    if (found != content_.contents_.end()) --found->second.leases;
  }

 private:
  MemoryContent& content_;
  std::uint64_t segment_;
};

namespace {
Error unknown(const ContentClaim& claim) {
  return Error::bug(fmt::format("nobody retains content {}", claim.segment));
}
}  // namespace

Error MemoryContent::full() {
  refused_ = true;
  return Error::environment(
      fmt::format("content in memory would exceed {} bytes; raise the limit or wait", most_));
}

Result<> MemoryContent::hasRoomFor(std::uint64_t length) {
  MutexLock lock(mutex_);
  if (length > most_ - std::min(most_, bytes_)) return full();
  return Done{};
}

Result<ContentClaim> MemoryContent::keep(std::vector<std::byte> bytes, std::uint32_t crc) {
  const std::uint64_t length = bytes.size();
  auto shared = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  MutexLock lock(mutex_);
  if (length > most_ - std::min(most_, bytes_)) return full();
  bytes_ += length;
  const std::uint64_t number = next_++;
  contents_[number] = {std::move(shared), 1, 0, Lsn(0)};
  return ContentClaim{number, 0, length, crc};
}

Result<std::unique_ptr<ContentAppender>> MemoryContent::appender() {
  return std::unique_ptr<ContentAppender>(std::make_unique<MemoryAppender>(*this));
}

Result<std::size_t> MemoryContent::read(const ContentClaim& claim, std::uint64_t offset,
                                        std::span<std::byte> into) {
  if (offset >= claim.length) return std::size_t{0};
  std::shared_ptr<const std::vector<std::byte>> bytes;
  {
    MutexLock lock(mutex_);
    const auto found = contents_.find(claim.segment);
    if (found == contents_.end() || claim.offset + claim.length > found->second.bytes->size())
      return unknown(claim);
    bytes = found->second.bytes;
  }
  const auto count =
      static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), claim.length - offset));
  std::copy_n(bytes->begin() + static_cast<std::ptrdiff_t>(claim.offset + offset), count,
              into.begin());
  return count;
}

Result<std::unique_ptr<ContentLease>> MemoryContent::lease(const ContentClaim& claim) {
  MutexLock lock(mutex_);
  if (claim.length > 0) {
    const auto found = contents_.find(claim.segment);
    if (found == contents_.end()) return unknown(claim);
    ++found->second.leases;
  }
  return std::unique_ptr<ContentLease>(
      std::make_unique<Lease>(*this, claim.length > 0 ? claim.segment : 0));
}

void MemoryContent::retain(const ContentClaim& claim, std::uint32_t count) {
  if (claim.length == 0) return;
  MutexLock lock(mutex_);
  const auto found = contents_.find(claim.segment);
  MR_ASSERT(found != contents_.end());
  found->second.count += count;
}

Result<> MemoryContent::revive(const ContentClaim& claim) {
  if (claim.length == 0) return Done{};
  MutexLock lock(mutex_);
  const auto found = contents_.find(claim.segment);
  if (found == contents_.end()) return Error::user("the content is gone: it was given back");
  ++found->second.count;
  return Done{};
}

void MemoryContent::release(const ContentClaim& claim, Lsn dropped, std::uint32_t count) {
  if (claim.length == 0) return;
  {
    MutexLock lock(mutex_);
    const auto found = contents_.find(claim.segment);
    MR_ASSERT(found != contents_.end() && found->second.count >= count);
    found->second.count -= count;
    found->second.dropped = std::max(found->second.dropped, dropped);
    if (found->second.count > 0) return;
    unreferenced_.push_back(claim.segment);
  }
  if (onRelease_) onRelease_();
}

Result<std::uint64_t> MemoryContent::reclaim(Lsn synced, std::size_t operations) {
  std::uint64_t freed = 0;
  MutexLock lock(mutex_);
  std::erase_if(unreferenced_, [&](std::uint64_t segment) {
    const auto found = contents_.find(segment);
    // Gone, as it was listed twice; or referred to again, and listed again when that ends.
    if (found == contents_.end() || found->second.count > 0) return true;
    const Content& content = found->second;
    if (operations == 0 || content.leases > 0 || content.dropped > synced) return false;
    freed += content.bytes->size();
    --operations;
    contents_.erase(found);
    return true;
  });
  bytes_ -= freed;
  return freed;
}

std::uint64_t MemoryContent::references(const ContentClaim& claim) const {
  MutexLock lock(mutex_);
  const auto found = contents_.find(claim.segment);
  return found == contents_.end() ? 0 : found->second.count;
}

}  // namespace millrace::repo
