// SPDX-License-Identifier: Apache-2.0
#pragma once
// DiskContent: the ContentRepository on a file system, one folder of numbered segments.
//
// Promise and threads: as the port says. A segment is never appended to after a restart. Errors:
// damage names file and offset. Ownership: file system and clock outlive it.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "engine/ports/content_repository.h"
#include "repositories/content/content_segment.h"

#include <atomic>
#include <functional>

namespace millrace::repo {

struct DiskContentOptions {
  std::uint64_t segmentBytes = 64ULL << 20U;  ///< a segment is closed at this size
  Millis archiveAge = 0;                      ///< how long dropped content is kept for replay
  /// Long content is written to the medium as it comes, so that its group's sync stays short. Off
  /// for the durability `process`.
  bool writeBehind = true;
  /// Told when content was released or a segment closed: reclaim() may have work. Any thread;
  /// quick.
  std::function<void()> onRelease;
};

class DiskContent final : public ContentRepository {
 public:
  enum class LastStop : std::uint8_t {
    kClean,
    kUnclean,  ///< files may hold bytes that are in memory only: they are synced before use
  };

  static Result<std::unique_ptr<DiskContent>> open(FileSystem& files, const std::string& path,
                                                   const Clock& clock, DiskContentOptions options,
                                                   LastStop lastStop);

  Result<std::unique_ptr<ContentAppender>> appender() override;
  Result<std::size_t> read(const ContentClaim& claim, std::uint64_t offset,
                           std::span<std::byte> into) override;
  Result<std::unique_ptr<ContentLease>> lease(const ContentClaim& claim) override;
  void retain(const ContentClaim& claim, std::uint32_t count = 1) override;
  Result<> revive(const ContentClaim& claim) override;
  void release(const ContentClaim& claim, Lsn dropped, std::uint32_t count = 1) override;
  void finishReplay() override;
  Result<std::uint64_t> reclaim(Lsn synced, std::size_t operations) override;
  std::uint64_t references(const ContentClaim& claim) const override;

  /// What the last reclaim() left is dead, and goes with time; otherwise only onRelease brings
  /// more.
  bool reclaimsLater() const { return later_.load(); }

  /// Ends every open segment, so that reclaim() may take it. Nobody appends any more.
  void closeSegments();

  std::size_t segmentCount() const;

 private:
  friend class DiskAppender;
  DiskContent(FileSystem& files, std::string path, const Clock& clock, DiskContentOptions options)
      : files_(files), path_(std::move(path)), clock_(clock), options_(std::move(options)) {}
  // Shared with appenders, the commits that wait for their sync, and readers.
  using Segment = std::shared_ptr<ContentSegment>;
  Segment find(std::uint64_t number) const;
  std::string pathOf(std::uint64_t number, ContentSegment::Kind kind) const;
  /// Takes the next number.
  Segment add(ContentSegment::Kind kind);
  void forget(std::uint64_t number);
  void noteRelease() const {
    if (options_.onRelease) options_.onRelease();
  }

  FileSystem& files_;
  const std::string path_;
  const Clock& clock_;
  const DiskContentOptions options_;
  std::atomic<bool> later_{false};
  mutable Mutex mutex_;
  std::map<std::uint64_t, Segment> segments_ MR_GUARDED_BY(mutex_);
  std::uint64_t next_ MR_GUARDED_BY(mutex_) = 1;
  bool replayed_ MR_GUARDED_BY(mutex_) = false;
};

}  // namespace millrace::repo
