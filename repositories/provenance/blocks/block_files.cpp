// SPDX-License-Identifier: Apache-2.0
#include "repositories/provenance/blocks/block_files.h"

#include "log-backend/segment/segment_directory.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace millrace::repo {
namespace {

constexpr std::string_view kSuffix = ".provenance";
constexpr std::size_t kDigits = 12;

std::uint64_t numberOf(std::string_view name) {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return 0;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, number);
  return error == std::errc() && end == name.data() + kDigits ? number : 0;
}

/// Reads exactly that much, or says that the file is shorter.
Result<bool> readWhole(File& file, std::uint64_t offset, std::span<std::byte> into) {
  std::size_t at = 0;
  while (at < into.size()) {
    const std::size_t got = MR_TRY(file.readAt(offset + at, into.subspan(at)));
    if (got == 0) return false;
    at += got;
  }
  return true;
}

}  // namespace

std::string BlockFiles::pathOf(std::uint64_t number) const {
  return fmt::format("{}/{:0{}}{}", path_, number, kDigits, kSuffix);
}

Error BlockFiles::damage(const BlockPlace& place, std::string_view what) const {
  return Error::environment(
      fmt::format("{} at offset {}: {}; the file is damaged: restore it, or move it away, which "
                  "loses its events and nothing else",
                  pathOf(place.file), place.offset, what),
      false);
}

Result<std::unique_ptr<BlockFiles>> BlockFiles::open(FileSystem& files, std::string path,
                                                     StoreId store, Lsn durable, Access access,
                                                     std::uint64_t fileBytes) {
  std::unique_ptr<BlockFiles> made(new BlockFiles(files, std::move(path), store, fileBytes));
  if (access == Access::kWrite) MR_TRY(log::createFolderDurably(files, made->path_));
  if (files.exists(made->path_)) MR_TRY(made->find(durable, access));
  return made;
}

Result<> BlockFiles::find(Lsn durable, Access access) {
  std::map<std::uint64_t, std::uint64_t> sizes;
  for (const DirectoryEntry& entry : MR_TRY(files_.list(path_))) {
    const std::uint64_t number = numberOf(entry.name);
    if (number == 0) continue;
    sizes[number] = MR_TRY(files_.info(path_ + "/" + entry.name)).size;
  }
  // A power cut may have left a last file without a whole block: then the one before is the last.
  std::vector<End> ends;
  for (auto at = sizes.rbegin(); at != sizes.rend(); ++at) {
    ends.push_back(MR_TRY(lookAtEnd(at->first, at->second, durable)));
    if (ends.back().newest > Lsn(0)) break;
  }
  const Lsn newest = ends.empty() ? Lsn(0) : ends.back().newest;
  for (const End& end : ends) {
    if (end.whole == end.size && end.newest > Lsn(0)) continue;
    if (newest < durable)
      return damage({end.number, end.whole, 0}, "blocks that were kept for good end here");
    if (access == Access::kWrite) MR_TRY(cut(end));
  }
  if (!sizes.empty()) number_ = sizes.rbegin()->first;
  for (const End& end : ends) {
    if (end.newest > Lsn(0)) {
      sizes[end.number] = end.whole;
    } else {
      sizes.erase(end.number);
    }
  }
  MutexLock lock(mutex_);
  lengths_ = std::move(sizes);
  last_ = newest;
  return Done{};
}

Result<BlockFiles::End> BlockFiles::lookAtEnd(std::uint64_t number, std::uint64_t size,
                                              Lsn durable) const {
  const auto file = MR_TRY(files_.open(pathOf(number), OpenMode::kRead));
  End end{number, size, 0, Lsn(0)};
  std::array<std::byte, kProvenanceHeaderBytes> head{};
  const bool hasHead = MR_TRY(readWhole(*file, 0, head)) && isFileHeader(head, store_, number);
  if (!hasHead) return end;
  end.whole = kProvenanceHeaderBytes;
  while (end.whole < size) {
    std::array<std::byte, kBlockHeaderBytes> bytes{};
    if (!MR_TRY(readWhole(*file, end.whole, bytes))) break;
    const auto header = decodeBlockHeader(bytes, store_);
    if (!header || header->length() > size - end.whole) break;
    if (header->last > durable) {
      // Only what was written after the last sync may be torn: the rest need not be read.
      std::vector<std::byte> rest(static_cast<std::size_t>(header->length() - kBlockHeaderBytes));
      if (!MR_TRY(readWhole(*file, end.whole + kBlockHeaderBytes, rest))) break;
      if (!blockCrcHolds(*header, rest)) break;
    }
    end.whole += header->length();
    end.newest = header->last;
  }
  return end;
}

/// Takes a torn tail away, so that a later walk does not take it for damage.
Result<> BlockFiles::cut(const End& end) {
  if (end.newest == Lsn(0)) return files_.remove(pathOf(end.number));
  auto writable = MR_TRY(files_.open(pathOf(end.number), OpenMode::kReadWrite));
  MR_TRY(writable->truncate(end.whole));
  return writable->sync();
}

Lsn BlockFiles::last() const {
  MutexLock lock(mutex_);
  return last_;
}

std::map<std::uint64_t, std::uint64_t> BlockFiles::lengths() const {
  MutexLock lock(mutex_);
  return lengths_;
}

std::uint64_t BlockFiles::totalBytes() const {
  MutexLock lock(mutex_);
  std::uint64_t total = 0;
  for (const auto& [number, bytes] : lengths_) total += bytes;
  return total;
}

Result<> BlockFiles::create() {
  // Never appended to after a restart: the descriptor that wrote is the one that syncs.
  ++number_;
  file_ = MR_TRY(files_.open(pathOf(number_), OpenMode::kTruncate));
  named_ = false;
  MR_TRY(file_->writeAt(0, encodeFileHeader(store_, number_)));
  MutexLock lock(mutex_);
  lengths_[number_] = kProvenanceHeaderBytes;
  return Done{};
}

Result<BlockPlace> BlockFiles::append(ByteView block, Lsn last) {
  if (broken_) {
    return Error::environment(
        fmt::format("provenance cannot be written to {} any more; start again", path_), false);
  }
  std::uint64_t at = 0;
  if (file_ != nullptr) {
    MutexLock lock(mutex_);
    at = lengths_[number_];
  }
  if (file_ != nullptr && at > kProvenanceHeaderBytes && at + block.size() > fileBytes_) {
    MR_TRY(sync());
    file_.reset();
  }
  if (file_ == nullptr) {
    MR_TRY(create());
    at = kProvenanceHeaderBytes;
  }
  // A write that failed half-way is written over by the next try: the length did not move.
  MR_TRY(file_->writeAt(at, block));
  MutexLock lock(mutex_);
  lengths_[number_] = at + block.size();
  last_ = last;
  return BlockPlace{number_, at, block.size()};
}

Result<> BlockFiles::sync() {
  if (file_ == nullptr) return Done{};
  auto done = file_->sync();
  if (done.ok() && !named_) done = files_.syncDirectory(path_);
  if (!done.ok()) {
    broken_ = true;  // a sync is never tried again on the same file
    return done;
  }
  named_ = true;
  return Done{};
}

Result<FoundBlock> BlockFiles::at(BlockPlace place) const {
  const auto file = MR_TRY(files_.open(pathOf(place.file), OpenMode::kRead));
  std::array<std::byte, kBlockHeaderBytes> bytes{};
  const bool whole = MR_TRY(readWhole(*file, place.offset, bytes));
  const auto header = whole ? decodeBlockHeader(bytes, store_) : std::nullopt;
  if (!header) return damage(place, "here a block was expected");
  place.length = header->length();
  return FoundBlock{place, *header};
}

Result<std::vector<FoundBlock>> BlockFiles::walk(std::uint64_t number, std::uint64_t offset) const {
  std::uint64_t end = 0;
  {
    MutexLock lock(mutex_);
    const auto found = lengths_.find(number);
    if (found == lengths_.end()) return std::vector<FoundBlock>();
    end = found->second;
  }
  const auto file = MR_TRY(files_.open(pathOf(number), OpenMode::kRead));
  std::vector<FoundBlock> blocks;
  if (offset == 0) {
    std::array<std::byte, kProvenanceHeaderBytes> head{};
    if (!MR_TRY(readWhole(*file, 0, head)) || !isFileHeader(head, store_, number))
      return damage({number, 0, 0}, "it does not begin as a provenance file of this store does");
    offset = kProvenanceHeaderBytes;
  }
  while (offset < end) {
    std::array<std::byte, kBlockHeaderBytes> bytes{};
    const bool whole = MR_TRY(readWhole(*file, offset, bytes));
    const auto header = whole ? decodeBlockHeader(bytes, store_) : std::nullopt;
    if (!header || header->length() > end - offset)
      return damage({number, offset, 0}, "here a block was expected");
    blocks.push_back({{number, offset, header->length()}, *header});
    offset += header->length();
  }
  return blocks;
}

Result<BlockSummary> BlockFiles::summary(const FoundBlock& block) const {
  const auto file = MR_TRY(files_.open(pathOf(block.place.file), OpenMode::kRead));
  std::vector<std::byte> bytes(block.header.summaryBytes);
  const bool whole = MR_TRY(readWhole(*file, block.place.offset + kBlockHeaderBytes, bytes));
  auto summary = whole ? decodeBlockSummary(block.header, bytes) : std::nullopt;
  if (!summary) return damage(block.place, "the summary of the block does not parse");
  return std::move(*summary);
}

Result<BlockFiles::Bytes> BlockFiles::read(const FoundBlock& block, Contents contents) const {
  const auto file = MR_TRY(files_.open(pathOf(block.place.file), OpenMode::kRead));
  std::vector<std::byte> rest(static_cast<std::size_t>(block.place.length - kBlockHeaderBytes));
  const bool whole = MR_TRY(readWhole(*file, block.place.offset + kBlockHeaderBytes, rest));
  if (!whole || !blockCrcHolds(block.header, rest))
    return damage(block.place, "the checksum of the block does not fit");
  const ByteView all(rest);
  auto body = decompress(all.subspan(block.header.summaryBytes, block.header.bodyBytes),
                         block.header.bodyRaw);
  if (!body) return damage(block.place, "the block does not decompress");
  Bytes bytes{std::move(*body), {}};
  if (contents == Contents::kWith) {
    auto kept = decompress(all.last(block.header.contentBytes), block.header.contentRaw);
    if (!kept) return damage(block.place, "the contents of the block do not decompress");
    bytes.contents = std::move(*kept);
  }
  return bytes;
}

Result<> BlockFiles::remove(std::uint64_t number) {
  MR_TRY(files_.remove(pathOf(number)));
  MutexLock lock(mutex_);
  lengths_.erase(number);
  return Done{};
}

}  // namespace millrace::repo
