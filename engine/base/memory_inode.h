// SPDX-License-Identifier: Apache-2.0
#pragma once
// MemoryInode: one file or folder of MemoryFileSystem, with two views of it: what readers see now,
// and what the medium is sure to have. Between two syncs every 512-byte sector remembers the
// versions it went through, so that a power loss can pick any of them for each sector on its own.
//
// Threads: none of its own; MemoryFileSystem's lock guards it.

#include "engine/base/bytes.h"
#include "engine/base/file_system.h"
#include "engine/base/random.h"

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace millrace {

class MemoryInode {
 public:
  static constexpr std::uint64_t kSector = 512;
  static constexpr std::uint64_t kBlock = 4096;  ///< unit of space

  /// `used` counts the blocks of the whole medium; shared, because an unlinked file that is still
  /// open keeps its space.
  MemoryInode(FileKind kind, std::uint64_t number, std::shared_ptr<std::atomic<std::uint64_t>> used)
      : kind_(kind), number_(number), used_(std::move(used)) {}
  ~MemoryInode();
  MemoryInode(const MemoryInode&) = delete;
  MemoryInode& operator=(const MemoryInode&) = delete;

  FileKind kind() const { return kind_; }
  std::uint64_t number() const { return number_; }
  std::uint64_t size() const { return live_.size(); }

  std::size_t read(std::uint64_t offset, std::span<std::byte> into) const;
  void write(std::uint64_t offset, ByteView bytes);
  void resize(std::uint64_t size);
  /// Zeros a range and gives back the blocks wholly inside it.
  void punch(std::uint64_t offset, std::uint64_t length);
  /// Blocks that a write or reservation of this range would have to take.
  std::uint64_t blocksMissing(std::uint64_t offset, std::uint64_t length) const;
  void takeBlocks(std::uint64_t offset, std::uint64_t length);

  /// All of it is on the medium from now on.
  void synced();
  /// As Linux does it: what was unsynced is clean now whether it reached the medium or not, so that
  /// a second sync would report success for lost bytes.
  void syncFailed(Random& random);
  /// What is found after the power was lost.
  std::vector<std::byte> afterPowerLoss(Random& random) const;
  /// Content that is durable as given: a file of a medium just restarted.
  void restore(std::vector<std::byte> content);

  // Folders: names as seen now, and as on the medium.
  using Names = std::map<std::string, std::shared_ptr<MemoryInode>>;
  Names names;
  Names durableNames;

  Nanos modified = 0;
  Nanos changed = 0;
  std::uint32_t mode = 0644;
  std::uint64_t links = 0;
  std::string owner;
  std::string group;

 private:
  using Sector = std::vector<std::byte>;
  Sector sectorNow(std::uint64_t index) const;
  /// Remembers sectors of a range as they are before a change.
  void remember(std::uint64_t offset, std::uint64_t length);

  FileKind kind_;
  std::uint64_t number_;
  std::shared_ptr<std::atomic<std::uint64_t>> used_;
  std::vector<std::byte> live_;
  std::vector<bool> blocks_;
  std::uint64_t durableSize_ = 0;
  std::map<std::uint64_t, std::vector<Sector>> unsynced_;  ///< oldest version first
  std::map<std::uint64_t, Sector> lost_;  ///< medium's version of sectors whose sync failed
};

}  // namespace millrace
