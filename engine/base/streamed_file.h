// SPDX-License-Identifier: Apache-2.0
#pragma once
// StreamedFile: a File whose bytes can be on their way to the medium while more are written, and
// that can leave the system's page cache again. A file that is larger than its share of the cache
// pushes out what others need, and each of its pages must first be found.
// Ownership: it is the File. Threads: any, as File. Offsets and lengths are bytes.

#include "engine/base/file_system.h"

namespace millrace {

class StreamedFile {
 public:
  virtual ~StreamedFile() = default;
  /// Starts to write a range to the medium and does not wait for it. Nothing is promised: sync()
  /// is needed as before.
  virtual Result<> beginWriteBack(std::uint64_t offset, std::uint64_t length) = 0;
  /// Waits for what beginWriteBack() started. An Error is that of a sync that failed: the caller
  /// stops.
  virtual Result<> awaitWriteBack(std::uint64_t offset, std::uint64_t length) = 0;
  /// Takes a range that is on the medium out of the cache; a hint, which may do nothing.
  virtual void forgetCached(std::uint64_t offset, std::uint64_t length) = 0;
  /// What one file should take of the cache at most.
  virtual std::uint64_t cacheShare() const = 0;
};

inline StreamedFile* streamed(File& file) { return dynamic_cast<StreamedFile*>(&file); }

}  // namespace millrace
