// SPDX-License-Identifier: Apache-2.0
#pragma once
// PlacedFile: a new file that has its name only when it is complete: written under a name with a
// dot before it, synced, renamed. After a crash the name is not there, or has the old content, or
// all of the new one; what is left behind is a hidden file that the next attempt overwrites.
// The name itself is safe when the folder is synced, which the caller does once for many files.
// Owner: one trigger. Threads: one.

#include "engine/base/file_system.h"
#include "engine/base/write_behind.h"

#include <memory>
#include <string>

namespace millrace::processors {

class PlacedFile {
 public:
  /// `tag` keeps tasks that write the same name at the same time apart. `size`: bytes to come.
  static Result<PlacedFile> begin(FileSystem& files, std::string path, std::string_view tag,
                                  std::uint64_t size);
  PlacedFile(PlacedFile&& other) noexcept;
  PlacedFile& operator=(PlacedFile&&) = delete;
  ~PlacedFile();  ///< removes what was not placed

  Result<> write(ByteView bytes);
  /// The hidden name, to set permissions and times before the file is seen.
  const std::string& temporary() const { return temporary_; }
  /// Syncs the content; only place() may follow.
  Result<> sync();
  /// Gives the file its name, over one that has it.
  Result<> place();
  /// Gives the file its name unless one has it: false then.
  Result<bool> placeNew();

 private:
  PlacedFile(FileSystem& files, std::string path, std::string temporary, std::unique_ptr<File> file,
             std::uint64_t size)
      : files_(&files),
        path_(std::move(path)),
        temporary_(std::move(temporary)),
        file_(std::move(file)),
        behind_(size) {}
  FileSystem* files_;
  std::string path_;
  std::string temporary_;
  std::unique_ptr<File> file_;
  WriteBehind behind_;
  std::uint64_t at_ = 0;
};

}  // namespace millrace::processors
