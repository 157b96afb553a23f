// SPDX-License-Identifier: Apache-2.0
#pragma once
// BlockFiles: the numbered files of one folder in which provenance blocks stand one after the
// other.
//
// Promise: what sync() returned for is on the medium, names included. Opening for writing cuts a
// torn tail: a bad block behind everything that was known durable. Any other bad block is damage,
// which the Error names by file and offset. Ownership: the file system outlives it. Threads:
// append, sync and remove from one; reading from any.

#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "repositories/provenance/blocks/block_format.h"

#include <map>
#include <memory>
#include <string>

namespace millrace::repo {

/// Where a block stands.
struct BlockPlace {
  std::uint64_t file = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  auto operator<=>(const BlockPlace&) const = default;
};

/// A block found while walking a file.
struct FoundBlock {
  BlockPlace place;
  BlockHeader header;
};

class BlockFiles {
 public:
  enum class Access : std::uint8_t { kWrite, kRead };
  /// `durable`: blocks of commits up to it must be whole. With kRead nothing on the disk changes,
  /// and a missing folder is an empty one.
  static Result<std::unique_ptr<BlockFiles>> open(FileSystem& files, std::string path,
                                                  StoreId store, Lsn durable, Access access,
                                                  std::uint64_t fileBytes = 64ULL << 20U);

  /// The last commit of the last block; 0: there are none.
  Lsn last() const;
  Result<BlockPlace> append(ByteView block, Lsn last);
  Result<> sync();

  /// Rising, with their lengths up to the end of the last whole block.
  std::map<std::uint64_t, std::uint64_t> lengths() const;
  std::uint64_t totalBytes() const;
  std::string pathOf(std::uint64_t number) const;
  /// The blocks of a file from `offset` (0: its beginning), by their headers alone.
  Result<std::vector<FoundBlock>> walk(std::uint64_t number, std::uint64_t offset = 0) const;
  Result<FoundBlock> at(BlockPlace place) const;
  Result<BlockSummary> summary(const FoundBlock& block) const;
  enum class Contents : std::uint8_t { kWithout, kWith };
  struct Bytes {
    std::vector<std::byte> body;
    std::vector<std::byte> contents;
  };
  /// Decompressed, with its checksum compared.
  Result<Bytes> read(const FoundBlock& block, Contents contents) const;
  Error damage(const BlockPlace& place, std::string_view what) const;
  Result<> remove(std::uint64_t number);

 private:
  BlockFiles(FileSystem& files, std::string path, StoreId store, std::uint64_t fileBytes)
      : files_(files), path_(std::move(path)), store_(store), fileBytes_(fileBytes) {}
  struct End {  ///< of a file
    std::uint64_t number = 0;
    std::uint64_t size = 0;
    std::uint64_t whole = 0;  ///< where the last whole block ends
    Lsn newest;               ///< 0: there is no whole block
  };
  Result<> find(Lsn durable, Access access);
  Result<End> lookAtEnd(std::uint64_t number, std::uint64_t size, Lsn durable) const;
  Result<> cut(const End& end);
  Result<> create();

  FileSystem& files_;
  const std::string path_;
  const StoreId store_;
  const std::uint64_t fileBytes_;
  // Of the writer.
  std::unique_ptr<File> file_;
  std::uint64_t number_ = 0;  ///< of the open file; 0: the next append creates one
  bool named_ = true;         ///< the open file's name is on the medium
  bool broken_ = false;
  // Shared.
  mutable Mutex mutex_;
  std::map<std::uint64_t, std::uint64_t> lengths_ MR_GUARDED_BY(mutex_);
  Lsn last_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::repo
