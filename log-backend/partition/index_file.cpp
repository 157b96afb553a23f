// SPDX-License-Identifier: Apache-2.0
#include "log-backend/partition/index_file.h"

#include "engine/base/big_endian.h"

#include <algorithm>
#include <array>
#include <span>

namespace millrace::log {
namespace {

constexpr std::size_t kKeptInMemory = 512;

/// The last of `count` rising entries whose key is not above `key`; `at` yields an entry.
template <typename At>
Result<std::optional<IndexEntry>> search(std::uint64_t count, std::int64_t key, const At& at) {
  std::uint64_t low = 0;
  std::uint64_t high = count;  // the answer is before high
  std::optional<IndexEntry> best;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const IndexEntry entry = MR_TRY(at(middle));
    if (entry.key <= key) {
      best = entry;
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return best;
}

}  // namespace

Result<bool> IndexFile::open(std::optional<std::uint64_t> entries) {
  MutexLock lock(mutex_);
  recent_.clear();
  unsynced_.reset();
  written_ = 0;
  if (!files_.files().exists(path_)) {
    fresh_ = true;
    return entries == std::uint64_t{0};
  }
  const std::uint64_t bytes = MR_TRY(files_.files().info(path_)).size;
  const std::uint64_t unit = entryBytes(kind_);
  if (entries.has_value() ? bytes < *entries * unit : bytes % unit != 0) {
    fresh_ = true;
    return false;
  }
  written_ = entries.value_or(bytes / unit);
  fresh_ = bytes != written_ * unit;
  return true;
}

void IndexFile::clear() {
  MutexLock lock(mutex_);
  recent_.clear();
  written_ = 0;
  fresh_ = true;
}

void IndexFile::add(IndexEntry entry) {
  MutexLock lock(mutex_);
  recent_.push_back(entry);
  // A failed write is no loss: the entries stay in memory and go with a later one.
  if (recent_.size() % kKeptInMemory == 0) (void)flush();
}

Result<> IndexFile::flush() {
  if (recent_.empty() && !fresh_) return Done{};
  auto file = MR_TRY(files_.get(path_, OpenMode::kCreate));
  const std::size_t unit = entryBytes(kind_);
  if (fresh_) MR_TRY(file->truncate(written_ * unit));
  fresh_ = false;
  unsynced_ = file;
  std::vector<std::byte> bytes(recent_.size() * unit);
  std::byte* at = bytes.data();
  for (const IndexEntry& entry : recent_) {
    if (kind_ == IndexKind::kOffset) {
      writeBig(at, static_cast<std::int32_t>(entry.key));
      writeBig(at + 4, static_cast<std::int32_t>(entry.value));
    } else {
      writeBig(at, entry.key);
      writeBig(at + 8, static_cast<std::int32_t>(entry.value));
    }
    at += unit;
  }
  MR_TRY(file->writeAt(written_ * unit, bytes));
  written_ += recent_.size();
  recent_.clear();
  return Done{};
}

Result<IndexEntry> IndexFile::readEntry(File& file, std::uint64_t number) const {
  std::array<std::byte, 12> bytes{};
  const std::size_t unit = entryBytes(kind_);
  const std::size_t got = MR_TRY(file.readAt(number * unit, std::span(bytes).first(unit)));
  if (got != unit) return Error::environment("the index " + path_ + " is cut short");
  if (kind_ == IndexKind::kOffset)
    return IndexEntry{readBig<std::int32_t>(bytes.data()), readBig<std::int32_t>(bytes.data() + 4)};
  return IndexEntry{readBig<std::int64_t>(bytes.data()), readBig<std::int32_t>(bytes.data() + 8)};
}

Result<std::optional<IndexEntry>> IndexFile::floor(std::int64_t key) const {
  std::uint64_t written = 0;
  {
    MutexLock lock(mutex_);
    const std::span<const IndexEntry> recent(recent_);
    if (!recent.empty() && recent.front().key <= key) {
      return search(recent.size(), key, [recent](std::uint64_t number) -> Result<IndexEntry> {
        return recent[static_cast<std::size_t>(number)];
      });
    }
    written = written_;
  }
  if (written == 0) return std::optional<IndexEntry>();
  const auto file = MR_TRY(files_.get(path_));
  return search(written, key, [&](std::uint64_t number) { return readEntry(*file, number); });
}

Result<std::optional<IndexEntry>> IndexFile::last() const {
  std::uint64_t written = 0;
  {
    MutexLock lock(mutex_);
    if (!recent_.empty()) return std::optional<IndexEntry>(recent_.back());
    written = written_;
  }
  if (written == 0) return std::optional<IndexEntry>();
  const auto file = MR_TRY(files_.get(path_));
  return std::optional<IndexEntry>(MR_TRY(readEntry(*file, written - 1)));
}

std::uint64_t IndexFile::entries() const {
  MutexLock lock(mutex_);
  return written_ + recent_.size();
}

Result<> IndexFile::sync() {
  std::shared_ptr<File> file;
  {
    MutexLock lock(mutex_);
    if (broken_.has_value()) return *broken_;
    MR_TRY(flush());
    file = std::move(unsynced_);
    unsynced_.reset();
  }
  if (file == nullptr) return Done{};
  auto synced = file->sync();
  if (!synced.ok()) {
    MutexLock lock(mutex_);
    broken_ = synced.error();
  }
  return synced;
}

}  // namespace millrace::log
