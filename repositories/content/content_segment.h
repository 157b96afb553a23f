// SPDX-License-Identifier: Apache-2.0
#pragma once
// ContentSegment: one file of content, and the count of who still needs which part of it.
// FORMAT.md has the file's grammar.
//
// Promise: sync() covers all that was written before it, name included; after a sync that failed,
// every later one fails. Liveness is kept per claim and, for holes, per block of 4 KiB.
// Threads: write from its one appender, everything else from any thread.

#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "engine/base/write_behind.h"
#include "engine/commit/commit.h"
#include "engine/flowfile/content_claim.h"

#include <atomic>
#include <map>
#include <optional>

namespace millrace::repo {

constexpr std::uint64_t kContentHeaderBytes = 64;
constexpr std::uint64_t kContentBlock = 4096;
/// Smaller holes are worth their cost only in a segment in which nothing dies any more.
constexpr std::uint64_t kSmallestHole = 256 * 1024;
constexpr Millis kIdleBeforeSmallHoles = 10'000;

class ContentSegment final : public Participant {
 public:
  enum class Kind : std::uint8_t {
    kOwn,      ///< written by an appender, behind a header
    kAdopted,  ///< somebody's file, linked in
  };

  ContentSegment(FileSystem& files, std::string path, std::uint64_t number, Kind kind)
      : files_(files), path_(std::move(path)), number_(number), kind_(kind) {}

  std::uint64_t number() const { return number_; }
  const std::string& path() const { return path_; }
  Kind kind() const { return kind_; }

  // The appender's part.
  Result<> create();
  Result<> write(std::uint64_t offset, ByteView bytes);
  /// What lies well before `end` reaches the medium while the rest is written; sync() is needed as
  /// before.
  Result<> writeBehind(std::uint64_t end);
  void close(Millis now);
  Result<> sync() override;
  Result<> syncKept(Lsn written) override;
  /// Takes the file that adoption opened, so that the descriptor that read it syncs it.
  void use(std::shared_ptr<File> file);

  /// Opening: the file has that many bytes; what nobody comes to retain of them is a hole to be.
  void found(std::uint64_t bytes);

  // Who needs what.
  void retain(const ContentClaim& claim, std::uint32_t count, bool verified);
  void release(const ContentClaim& claim, Lsn dropped, std::uint32_t count);
  Result<> lease(const ContentClaim& claim);
  void endLease(const ContentClaim& claim);
  std::uint64_t references(const ContentClaim& claim) const;

  Result<std::size_t> read(const ContentClaim& claim, std::uint64_t offset,
                           std::span<std::byte> into);

  struct Reclaimed {
    bool removed = false;  ///< the file is gone, drop the segment
    std::uint64_t bytes = 0;
    std::size_t operations = 0;
    bool later = false;  ///< something is dead that time, a sync or the end of a lease sets free
  };
  /// Wall times; a segment closed later than `closedBefore` is left alone.
  Result<Reclaimed> reclaim(Lsn synced, Millis now, Millis closedBefore, std::size_t operations);

 private:
  struct Key {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Users {
    std::uint64_t count = 0;
    std::uint32_t leases = 0;
    Lsn dropped;
    bool verified = false;
  };
  struct Hole {
    std::uint64_t begin = 0;  ///< blocks
    std::uint64_t end = 0;
  };
  Result<std::shared_ptr<File>> file();
  Error unknownClaim(const ContentClaim& claim) const;
  void countBlocks(const Key& key, int change) MR_REQUIRES(mutex_);
  std::vector<Hole> holes(std::size_t most, std::uint64_t smallest) const MR_REQUIRES(mutex_);

  FileSystem& files_;
  const std::string path_;
  const std::uint64_t number_;
  const Kind kind_;
  std::atomic<std::uint64_t> written_{0};  ///< counts writes
  WriteBehind behind_;                     ///< the appender's

  Mutex syncing_;
  std::uint64_t synced_ MR_GUARDED_BY(syncing_) = 0;
  bool named_ MR_GUARDED_BY(syncing_) = false;
  std::optional<Error> syncFailure_ MR_GUARDED_BY(syncing_);

  mutable Mutex mutex_;
  // Shared: a reader keeps the file it reads while the segment is reclaimed.
  std::shared_ptr<File> file_ MR_GUARDED_BY(mutex_);
  std::optional<Millis> closed_ MR_GUARDED_BY(mutex_);
  std::map<Key, Users> users_ MR_GUARDED_BY(mutex_);
  std::vector<std::uint32_t> blocks_ MR_GUARDED_BY(mutex_);
  std::vector<bool> punched_ MR_GUARDED_BY(mutex_);
  Millis lastDeath_ MR_GUARDED_BY(mutex_) = 0;  ///< when reclaim() last found dead content
};

/// Reads the whole content: its length is there and its checksum holds, or the Error names `path`,
/// offset and what is wrong.
Result<> verifyContent(File& file, const std::string& path, const ContentClaim& claim);

}  // namespace millrace::repo
