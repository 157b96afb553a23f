// SPDX-License-Identifier: Apache-2.0
#pragma once
// MemoryContent: the ContentRepository without files. Each content is a segment of its own.
//
// Promise and threads: as the port says, until the process ends. adopt() copies the file's bytes.

#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "engine/ports/content_repository.h"

#include <atomic>
#include <functional>
#include <map>
#include <vector>

namespace millrace::repo {

class MemoryContent final : public ContentRepository {
 public:
  /// `files`: where adopt() reads; `most`: bytes of content kept before appending is refused.
  explicit MemoryContent(FileSystem& files, std::uint64_t most = ~std::uint64_t{0})
      : files_(files), most_(most) {}

  Result<std::unique_ptr<ContentAppender>> appender() override;
  Result<std::size_t> read(const ContentClaim& claim, std::uint64_t offset,
                           std::span<std::byte> into) override;
  Result<std::unique_ptr<ContentLease>> lease(const ContentClaim& claim) override;
  void retain(const ContentClaim& claim, std::uint32_t count = 1) override;
  Result<> revive(const ContentClaim& claim) override;
  void release(const ContentClaim& claim, Lsn dropped, std::uint32_t count = 1) override;
  void finishReplay() override {}
  Result<std::uint64_t> reclaim(Lsn synced, std::size_t operations) override;
  std::uint64_t references(const ContentClaim& claim) const override;
  /// True once something was refused because it would have been too much.
  bool hasRefused() const { return refused_; }

  /// Told when a content has no user left, so that reclaim() has work; quick. Before anybody else
  /// uses this.
  void setOnRelease(std::function<void()> told) { onRelease_ = std::move(told); }
  /// Something without a user is there still.
  bool reclaimsLater() const {
    MutexLock lock(mutex_);
    return !unreferenced_.empty();
  }

 private:
  friend class MemoryAppender;
  class Lease;
  struct Content {
    // Shared with readers, which copy without the lock.
    std::shared_ptr<const std::vector<std::byte>> bytes;
    std::uint64_t count = 0;
    std::uint32_t leases = 0;
    Lsn dropped;
  };
  Error full();
  /// So much more, beside what is kept.
  Result<> hasRoomFor(std::uint64_t length);
  Result<ContentClaim> keep(std::vector<std::byte> bytes, std::uint32_t crc);

  FileSystem& files_;
  const std::uint64_t most_;
  std::function<void()> onRelease_;
  std::atomic<bool> refused_ = false;
  mutable Mutex mutex_;
  std::map<std::uint64_t, Content> contents_ MR_GUARDED_BY(mutex_);
  std::vector<std::uint64_t> unreferenced_ MR_GUARDED_BY(mutex_);  ///< segments, for reclaim()
  std::uint64_t next_ MR_GUARDED_BY(mutex_) = 1;
  std::uint64_t bytes_ MR_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace::repo
