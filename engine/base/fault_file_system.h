// SPDX-License-Identifier: Apache-2.0
#pragma once
// MemoryFileSystem: files in memory, and the fault-injection fake of every test that asks "and if
// the power goes now?".
//
// Promise: behaves as FileSystem says and no better. Until sync(), each 512-byte sector of a file
// reaches the medium on its own, in any of its versions, in any order; until syncDirectory(),
// created, renamed, linked and unlinked names may be undone, the latest first, per folder. Chance
// comes from the seed: the same calls with the same seed fail the same way.
// Ownership: open files keep their part alive after the file system is gone. Threads: any.

#include "engine/base/file_system.h"

#include <cstdint>
#include <memory>
#include <string>

namespace millrace {

class MemoryMedium;

class MemoryFileSystem final : public FileSystem {
 public:
  enum class Operation : std::uint8_t { kWrite, kSync, kSyncDirectory, kName };
  enum class Times : std::uint8_t { kOnce, kForEver };
  enum class Crash : std::uint8_t {
    kPower,    ///< unsynced sectors and names are lost by chance
    kProcess,  ///< only open files and locks are gone
  };

  explicit MemoryFileSystem(std::uint64_t seed = 1);
  ~MemoryFileSystem() override;

  /// Lets the n-th such operation from now fail (1 is the next), of files whose path contains
  /// `part`. kForEver: that one and all after it. kWrite covers write, truncate, reserve and punch;
  /// a failing write may have written a part. kName covers create, rename, link and remove.
  void fail(Operation operation, std::uint64_t nth, Times times = Times::kOnce,
            const std::string& part = {});
  void clearFaults();
  /// Bytes of the medium, in blocks of 4 KiB; beyond them writes fail as on a full disk. An
  /// unlinked file gives its space back when it is closed and its folder synced.
  void setCapacity(std::uint64_t bytes);
  /// Lets the power go in the middle of the n-th changing operation from now (1 is the next): that
  /// one and everything after it fails.
  void cutPowerAt(std::uint64_t nth);
  bool powered() const;
  /// The path of the operation in whose middle the power went; empty while it is there.
  std::string cutPath() const;
  /// The medium as the next start finds it. This object refuses every call from then on.
  std::unique_ptr<MemoryFileSystem> crash(Crash kind = Crash::kPower);

  /// Calls that changed something, so that a test can cut at each of them.
  std::uint64_t operations() const;
  std::uint64_t syncs() const;
  /// Bytes that streamed files took out of the cache.
  std::uint64_t forgotten() const;
  /// How much one streamed file should take of it.
  static constexpr std::uint64_t kCacheShare = 16ULL << 20U;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  bool exists(const std::string& path) override;
  Result<FileInfo> info(const std::string& path) override;
  Result<FileInfo> describe(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> list(const std::string& path) override;
  Result<> createDirectories(const std::string& path) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> link(const std::string& from, const std::string& to) override;
  Result<> remove(const std::string& path) override;
  Result<> removeAll(const std::string& path) override;
  Result<> syncDirectory(const std::string& path) override;
  Result<std::uint64_t> freeBytes(const std::string& path) override;
  Result<> setPermissions(const std::string& path, std::uint32_t mode) override;
  Result<> setModified(const std::string& path, Nanos time) override;
  Result<> setOwner(const std::string& path, const std::string& owner,
                    const std::string& group) override;

 private:
  class OpenFile;
  class HeldLock;
  explicit MemoryFileSystem(std::shared_ptr<MemoryMedium> medium);
  // Shared with open files and locks, which may be closed after the file system.
  std::shared_ptr<MemoryMedium> medium_;
};

}  // namespace millrace
