// SPDX-License-Identifier: Apache-2.0
#include "repositories/pages/disk_pages.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>

namespace millrace::repo {

/// One file of pages; removed with the last of them.
class PageFile {
 public:
  PageFile(FileSystem& files, std::string path, std::unique_ptr<File> file)
      : files_(files), path_(std::move(path)), file_(std::move(file)) {}
  PageFile(const PageFile&) = delete;
  PageFile& operator=(const PageFile&) = delete;
  ~PageFile() {
    file_.reset();
    // What cannot be removed goes when the folder is opened next.
    (void)files_.remove(path_);
  }
  File& file() { return *file_; }
  const std::string& path() const { return path_; }

 private:
  FileSystem& files_;
  const std::string path_;
  std::unique_ptr<File> file_;
};

namespace {

class DiskPage final : public FlowFilePage {
 public:
  DiskPage(PageFacts facts, std::shared_ptr<PageFile> file, std::uint64_t offset,
           std::uint64_t length, std::uint32_t crc)
      : FlowFilePage(facts), file_(std::move(file)), offset_(offset), length_(length), crc_(crc) {}

  Result<std::vector<FlowFile>> read() const override {
    std::vector<std::byte> bytes(static_cast<std::size_t>(length_));
    const std::size_t got = MR_TRY(file_->file().readAt(offset_, bytes));
    if (got != bytes.size() || crc32c(bytes) != crc_) {
      return Error::environment(
          fmt::format("{} is damaged at byte {}: queued FlowFiles cannot be read back from there; "
                      "start again, which takes them from the journal",
                      file_->path(), offset_),
          false);
    }
    return decodePage(bytes, facts());
  }

 private:
  const std::shared_ptr<PageFile> file_;
  const std::uint64_t offset_;
  const std::uint64_t length_;
  const std::uint32_t crc_;
};

}  // namespace

Result<std::unique_ptr<DiskPages>> DiskPages::open(FileSystem& files, std::string path,
                                                   Options options) {
  MR_TRY(files.createDirectories(path));
  for (const DirectoryEntry& entry : MR_TRY(files.list(path)))
    MR_TRY(files.remove(path + "/" + entry.name));
  return std::unique_ptr<DiskPages>(new DiskPages(files, std::move(path), options));
}

Result<DiskPages::Room> DiskPages::room(std::uint64_t bytes) {
  MutexLock lock(mutex_);
  if (open_ == nullptr || end_ >= options_.fileBytes) {
    std::string path = fmt::format("{}/{:020}.pages", path_, next_);
    auto file = MR_TRY(files_.open(path, OpenMode::kTruncate));
    ++next_;
    open_ = std::make_shared<PageFile>(files_, std::move(path), std::move(file));
    end_ = 0;
  }
  Room room{open_, end_};
  end_ += bytes;
  return room;
}

Result<std::unique_ptr<FlowFilePage>> DiskPages::write(std::span<const FlowFile> files) {
  const std::vector<std::byte> bytes = encodePage(files);
  Room room = MR_TRY(this->room(bytes.size()));
  MR_TRY(room.file->file().writeAt(room.offset, bytes));
  return std::unique_ptr<FlowFilePage>(std::make_unique<DiskPage>(
      pageFactsOf(files), std::move(room.file), room.offset, bytes.size(), crc32c(bytes)));
}

}  // namespace millrace::repo
