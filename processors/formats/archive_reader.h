// SPDX-License-Identifier: Apache-2.0
#pragma once
// ArchiveReader: reads a tar or a zip from a content, entry by entry, in constant memory. Names
// come as UTF-8. Owner: the caller, who keeps `source` for as long. Threads: one.
// Errors of a user's fault: the content is no undamaged archive, or the password is wrong.

#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/processor/process_session.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

struct archive;

namespace millrace::processors {

struct ArchiveMember {
  std::string name;
  bool isDirectory = false;
  std::uint32_t permissions = 0;
  std::string owner;
  std::string group;
  Millis modified = 0;
  bool isEncrypted = false;
};

class ArchiveReader {
 public:
  enum class Format : std::uint8_t { kTar, kZip };
  /// `charset`: of the names in a zip that does not say it, empty for UTF-8.
  static Result<std::unique_ptr<ArchiveReader>> open(Format format, const std::string& charset,
                                                     const std::string& password,
                                                     ContentReader& source);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  /// The next member; nothing at the end.
  Result<std::optional<ArchiveMember>> next();
  /// The next bytes of the present member; empty at its end.
  Result<ByteView> content();

 private:
  explicit ArchiveReader(ContentReader& source) : source_(source) {}
  Error failure(long code) const;
  static long readIn(archive* handle, void* self, const void** bytes);

  ContentReader& source_;
  archive* archive_ = nullptr;  // owned; freed by the destructor
  std::optional<Error> sourceError_;
  std::array<std::byte, 64 * 1024> buffer_;
};

}  // namespace millrace::processors
