// SPDX-License-Identifier: Apache-2.0
#pragma once
// WriteBehind: keeps the medium busy while a long file is written from its start to its end, so
// that the sync at the end has little left to do, and keeps a file that is larger than its share
// out of the page cache. On a File that is not streamed it does nothing.
// Owner: who writes the file. Threads: one.

#include "engine/base/file_system.h"

namespace millrace {

/// Steps in which a streamed file is written back and forgotten, bytes.
constexpr std::uint64_t kStreamWindow = 8ULL << 20U;

class WriteBehind {
 public:
  /// `expected`: how long the file will be, where that is known; 0 else.
  explicit WriteBehind(std::uint64_t expected = 0) : expected_(expected) {}
  /// All bytes before `end` are written. Waits for the window before the last one at most. An Error
  /// is that of a sync that failed.
  Result<> wroteUpTo(File& file, std::uint64_t end);
  /// wroteUpTo() has something to do.
  bool isDue(std::uint64_t end) const { return end >= begun_ + kStreamWindow; }

 private:
  std::uint64_t expected_;
  std::uint64_t begun_ = 0;      ///< write-back was started up to here
  std::uint64_t arrived_ = 0;    ///< on the medium up to here
  std::uint64_t forgotten_ = 0;  ///< not in the cache up to here
};

/// To be told after a range of a content was read that is read from its start to its end: what is
/// well behind leaves the page cache when the content is larger than its share. `start` and
/// `length` say where in the file the content is; `from` and `to` count from its start.
void readBehind(File& file, std::uint64_t start, std::uint64_t length, std::uint64_t from,
                std::uint64_t to);

}  // namespace millrace
