// SPDX-License-Identifier: Apache-2.0
#pragma once
// FileSystem: the operating system's files as one interface, so that tests can lose power under us.
//
// Promise: what sync() returned for is on the medium; a created, renamed or unlinked name is there
// to stay only after syncDirectory() of its folder. A failed sync is never tried again on the same
// File: the caller stops. Ownership: a File closes itself. Threads: FileSystem from any thread; a
// File's readAt and writeAt from any thread on ranges that do not overlap.

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

enum class OpenMode : unsigned char {
  kRead,       ///< must exist
  kReadWrite,  ///< must exist
  kCreate,     ///< read and write, created when missing
  kCreateNew,  ///< read and write, must not exist
  kTruncate,   ///< read and write, created or emptied
};

enum class FileKind : unsigned char { kFile, kDirectory, kOther };

struct FileInfo {
  FileKind kind = FileKind::kFile;
  std::uint64_t size = 0;  ///< bytes
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  std::uint64_t links = 1;
  Nanos modified = 0;  ///< nanoseconds since 1970-01-01 UTC
  Nanos changed = 0;
  Nanos accessed = 0;
  std::uint32_t mode = 0;  ///< permission bits
  std::string owner;       ///< filled by describe() only
  std::string group;       ///< filled by describe() only
};

struct DirectoryEntry {
  std::string name;
  FileKind kind = FileKind::kFile;
};

/// One open file. Offsets and sizes are bytes.
class File {
 public:
  virtual ~File() = default;
  /// Reads up to into.size() bytes; fewer only at the end of the file.
  virtual Result<std::size_t> readAt(std::uint64_t offset, std::span<std::byte> into) = 0;
  virtual Result<> writeAt(std::uint64_t offset, ByteView bytes) = 0;
  /// Writes the parts one after the other.
  virtual Result<> writeAtV(std::uint64_t offset, std::span<const ByteView> parts) = 0;
  /// Data and what is needed to read it back (fdatasync).
  virtual Result<> sync() = 0;
  virtual Result<> truncate(std::uint64_t size) = 0;
  virtual Result<std::uint64_t> size() = 0;
  /// Reserves blocks, so that later writes in the range neither grow the file nor meet a full disk.
  virtual Result<> preallocate(std::uint64_t offset, std::uint64_t length) = 0;
  /// Gives the blocks of a range back; it reads as zeros afterwards.
  virtual Result<> punchHole(std::uint64_t offset, std::uint64_t length) = 0;
  /// Facts about the open file itself, whatever name it has by now.
  virtual Result<FileInfo> info() = 0;
};

/// A lock on a file that lasts as long as the object and dies with the process.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  /// Takes the lock at once, or fails with an error that names the holder's process id.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;

  virtual bool exists(const std::string& path) = 0;
  virtual Result<FileInfo> info(const std::string& path) = 0;
  /// info() with the names of owner and group, which cost a look-up.
  virtual Result<FileInfo> describe(const std::string& path) = 0;
  /// Without "." and "..", in no order.
  virtual Result<std::vector<DirectoryEntry>> list(const std::string& path) = 0;
  virtual Result<> createDirectories(const std::string& path) = 0;
  /// Replaces `to` in one step when it exists.
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;
  /// A second name for the same file; fails where the file systems differ or `to` exists.
  virtual Result<> link(const std::string& from, const std::string& to) = 0;
  virtual Result<> remove(const std::string& path) = 0;
  virtual Result<> removeAll(const std::string& path) = 0;
  virtual Result<> syncDirectory(const std::string& path) = 0;
  virtual Result<std::uint64_t> freeBytes(const std::string& path) = 0;

  virtual Result<> setPermissions(const std::string& path, std::uint32_t mode) = 0;
  virtual Result<> setModified(const std::string& path, Nanos time) = 0;
  /// An empty name leaves that part as it is.
  virtual Result<> setOwner(const std::string& path, const std::string& owner,
                            const std::string& group) = 0;

  /// The whole content of a file of at most `limit` bytes.
  Result<std::string> readAll(const std::string& path, std::uint64_t limit = 1ULL << 30);
  /// Replaces a file so that after a crash it has either the old content or the new: temporary
  /// name, sync, rename, directory sync.
  Result<> replaceAll(const std::string& path, std::string_view content);
};

/// The folder part of a path ("." where there is none).
std::string parentPath(const std::string& path);

}  // namespace millrace
