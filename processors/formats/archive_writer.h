// SPDX-License-Identifier: Apache-2.0
#pragma once
// ArchiveWriter: writes a tar (GNU long names) or a zip into new content, entry by entry, in
// constant memory. Names are UTF-8. Owner: the caller, who keeps `out` for as long. Threads: one.

#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/processor/process_session.h"

#include <cstdint>
#include <memory>
#include <string>

struct archive;

namespace millrace::processors {

struct ArchiveEntry {
  std::string name;
  std::uint64_t size = 0;
  std::uint32_t permissions = 0644;
  Millis modified = 0;
};

class ArchiveWriter {
 public:
  enum class Format : std::uint8_t { kTar, kZip };
  /// `level`: 0 (stored) to 9, of a zip.
  static Result<std::unique_ptr<ArchiveWriter>> open(Format format, int level, ContentWriter& out);
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  Result<> begin(const ArchiveEntry& entry);
  Result<> write(ByteView bytes);
  /// Writes what an archive ends with; `out` is finished by its owner.
  Result<> finish();

 private:
  explicit ArchiveWriter(ContentWriter& out) : out_(out) {}
  Result<> check(long code);
  static long writeOut(archive* handle, void* self, const void* bytes, std::size_t size);

  ContentWriter& out_;
  archive* archive_ = nullptr;  // owned; freed by the destructor
  std::string failure_;         // of `out`
};

}  // namespace millrace::processors
