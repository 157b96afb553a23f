// SPDX-License-Identifier: Apache-2.0
#include "repositories/content/content_segment.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::repo {
namespace {

constexpr std::uint32_t kMark = 0x5343524dU;  // "MRCS"
constexpr std::size_t kStep = 256 * 1024;

std::vector<std::byte> headerFor(std::uint64_t number) {
  ByteWriter out;
  out.u32(kMark);
  out.u32(0);
  out.u16(1);  // version
  out.u16(0);  // flags
  out.u64(number);
  out.patchU32(4, crc32c(out.view().subspan(8)));
  std::vector<std::byte> bytes = out.take();
  bytes.resize(kContentHeaderBytes);
  return bytes;
}

}  // namespace

Result<> ContentSegment::create() {
  std::shared_ptr<File> made = MR_TRY(files_.open(path_, OpenMode::kCreateNew));
  MR_TRY(made->writeAt(0, headerFor(number_)));
  written_.fetch_add(1);
  MutexLock lock(mutex_);
  file_ = std::move(made);
  return Done{};
}

void ContentSegment::use(std::shared_ptr<File> file) {
  written_.fetch_add(1);
  MutexLock lock(mutex_);
  file_ = std::move(file);
}

Result<std::shared_ptr<File>> ContentSegment::file() {
  {
    MutexLock lock(mutex_);
    if (file_ != nullptr) return file_;
  }
  std::shared_ptr<File> opened = MR_TRY(files_.open(path_, OpenMode::kReadWrite));
  MutexLock lock(mutex_);
  if (file_ == nullptr) file_ = std::move(opened);
  return file_;
}

Result<> ContentSegment::write(std::uint64_t offset, ByteView bytes) {
  const auto open = MR_TRY(file());
  MR_TRY(open->writeAt(offset, bytes));
  written_.fetch_add(1);
  return Done{};
}

Result<> ContentSegment::writeBehind(std::uint64_t end) {
  if (!behind_.isDue(end)) return Done{};
  const auto open = MR_TRY(file());
  // The system tells of a failed write-back once: whoever is told tells everybody.
  MutexLock lock(syncing_);
  if (syncFailure_.has_value()) return *syncFailure_;
  auto done = behind_.wroteUpTo(*open, end);
  if (!done.ok()) syncFailure_ = done.error();
  return done;
}

void ContentSegment::close(Millis now) {
  MutexLock lock(mutex_);
  if (!closed_.has_value()) closed_ = now;
}

Result<> ContentSegment::sync() {
  const auto open = MR_TRY(file());
  MutexLock lock(syncing_);
  if (syncFailure_.has_value()) return *syncFailure_;
  const std::uint64_t upTo = written_.load();
  if (upTo == synced_ && named_) return Done{};
  auto done = open->sync();
  if (done.ok() && !named_) done = files_.syncDirectory(parentPath(path_));
  if (!done.ok()) {
    syncFailure_ = done.error();
    return done;
  }
  named_ = true;
  synced_ = upTo;
  return done;
}

Result<> ContentSegment::syncKept(Lsn written) {
  {
    MutexLock lock(mutex_);
    const bool kept = std::any_of(users_.begin(), users_.end(), [written](const auto& each) {
      const Users& users = each.second;
      return users.count > 0 || users.leases > 0 || users.dropped > written;
    });
    if (!kept) return Done{};
  }
  return sync();
}

void ContentSegment::countBlocks(const Key& key, int change) {
  if (kind_ == Kind::kAdopted || key.length == 0) return;  // adopted files go as a whole
  const std::uint64_t last = (key.offset + key.length - 1) / kContentBlock;
  if (blocks_.size() <= last) {
    blocks_.resize(static_cast<std::size_t>(last) + 1);
    punched_.resize(blocks_.size());
  }
  for (std::uint64_t block = key.offset / kContentBlock; block <= last; ++block)
    blocks_[block] += static_cast<std::uint32_t>(change);
}

void ContentSegment::found(std::uint64_t bytes) {
  if (kind_ == Kind::kAdopted) return;
  MutexLock lock(mutex_);
  blocks_.resize(static_cast<std::size_t>((bytes + kContentBlock - 1) / kContentBlock));
  punched_.resize(blocks_.size());
}

void ContentSegment::retain(const ContentClaim& claim, std::uint32_t count, bool verified) {
  MutexLock lock(mutex_);
  const auto [entry, isNew] = users_.try_emplace(Key{claim.offset, claim.length});
  if (isNew) countBlocks(entry->first, 1);
  entry->second.count += count;
  entry->second.verified |= verified;
}

void ContentSegment::release(const ContentClaim& claim, Lsn dropped, std::uint32_t count) {
  MutexLock lock(mutex_);
  const auto entry = users_.find(Key{claim.offset, claim.length});
  MR_ASSERT(entry != users_.end() && entry->second.count >= count);
  entry->second.count -= count;
  entry->second.dropped = std::max(entry->second.dropped, dropped);
}

Error ContentSegment::unknownClaim(const ContentClaim& claim) const {
  return Error::bug(fmt::format("nobody retains the content of {} at offset {}, {} bytes", path_,
                                claim.offset, claim.length));
}

Result<> ContentSegment::lease(const ContentClaim& claim) {
  MutexLock lock(mutex_);
  const auto entry = users_.find(Key{claim.offset, claim.length});
  if (entry == users_.end()) return unknownClaim(claim);
  ++entry->second.leases;
  return Done{};
}

void ContentSegment::endLease(const ContentClaim& claim) {
  MutexLock lock(mutex_);
  const auto entry = users_.find(Key{claim.offset, claim.length});
  MR_ASSERT(entry != users_.end() && entry->second.leases > 0);
  --entry->second.leases;
}

std::uint64_t ContentSegment::references(const ContentClaim& claim) const {
  MutexLock lock(mutex_);
  const auto entry = users_.find(Key{claim.offset, claim.length});
  return entry == users_.end() ? 0 : entry->second.count;
}

Result<> verifyContent(File& open, const std::string& path, const ContentClaim& claim) {
  std::vector<std::byte> buffer(
      static_cast<std::size_t>(std::min<std::uint64_t>(kStep, claim.length)));
  std::uint32_t crc = 0;
  std::uint64_t done = 0;
  while (done < claim.length) {
    const auto want =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), claim.length - done));
    const std::size_t got = MR_TRY(open.readAt(claim.offset + done, std::span(buffer).first(want)));
    if (got == 0) break;
    crc = crc32c(ByteView(buffer).first(got), crc);
    done += got;
  }
  if (done == claim.length && crc == claim.crc) return Done{};
  return Error::environment(
      fmt::format("the content in {} at offset {}, {} bytes, is damaged: {}; restore the file, or "
                  "drop the FlowFile",
                  path, claim.offset, claim.length,
                  done < claim.length ? "the file is too short" : "its checksum differs"),
      false);
}

Result<std::size_t> ContentSegment::read(const ContentClaim& claim, std::uint64_t offset,
                                         std::span<std::byte> into) {
  const Key key{claim.offset, claim.length};
  bool verified = false;
  {
    MutexLock lock(mutex_);
    const auto entry = users_.find(key);
    if (entry == users_.end()) return unknownClaim(claim);
    verified = entry->second.verified;
  }
  const auto open = MR_TRY(file());
  if (!verified) {
    MR_TRY(verifyContent(*open, path_, claim));
    MutexLock lock(mutex_);
    const auto entry = users_.find(key);
    if (entry != users_.end()) entry->second.verified = true;
  }
  if (offset >= claim.length) return std::size_t{0};
  const auto count =
      static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), claim.length - offset));
  const std::size_t got = MR_TRY(open->readAt(claim.offset + offset, into.first(count)));
  if (got < count) {
    return Error::environment(fmt::format("{} is shorter than the content in it", path_), false);
  }
  readBehind(*open, claim.offset, claim.length, offset, offset + got);
  return got;
}

std::vector<ContentSegment::Hole> ContentSegment::holes(std::size_t most,
                                                        std::uint64_t smallest) const {
  std::vector<Hole> found;
  // Block 0 holds the header.
  for (std::uint64_t block = 1; block < blocks_.size() && found.size() < most;) {
    if (blocks_[block] != 0) {
      ++block;
      continue;
    }
    Hole hole{block, block};
    bool fresh = false;
    for (; hole.end < blocks_.size() && blocks_[hole.end] == 0; ++hole.end)
      fresh |= !punched_[hole.end];
    if (fresh && (hole.end - hole.begin) * kContentBlock >= smallest) found.push_back(hole);
    block = hole.end;
  }
  return found;
}

Result<ContentSegment::Reclaimed> ContentSegment::reclaim(Lsn synced, Millis now,
                                                          Millis closedBefore,
                                                          std::size_t operations) {
  Reclaimed result;
  std::vector<Hole> found;
  {
    MutexLock lock(mutex_);
    if (!closed_.has_value()) return result;
    result.later = *closed_ > closedBefore;
    if (result.later) return result;
    for (auto entry = users_.begin(); entry != users_.end();) {
      const Users& users = entry->second;
      if (users.count > 0 || users.leases > 0 || users.dropped > synced) {
        result.later |= users.count == 0;
        ++entry;
        continue;
      }
      countBlocks(entry->first, -1);
      entry = users_.erase(entry);
      lastDeath_ = now;
    }
    const bool idle = now - lastDeath_ >= kIdleBeforeSmallHoles;
    result.removed = users_.empty();
    if (!result.removed) found = holes(operations, idle ? kContentBlock : kSmallestHole);
    for (const Hole& hole : found) {
      for (std::uint64_t block = hole.begin; block < hole.end; ++block) punched_[block] = true;
    }
    if (!result.removed && found.empty() && !idle) result.later |= !holes(1, kContentBlock).empty();
  }
  // Nobody can come to need a dead range again, so the disk is worked on without the lock.
  if (result.removed) {
    result.bytes = MR_TRY(files_.info(path_)).size;
    MR_TRY(files_.remove(path_));
    result.operations = 1;
    return result;
  }
  if (found.empty()) return result;
  const auto open = MR_TRY(file());
  for (const Hole& hole : found) {
    MR_TRY(open->punchHole(hole.begin * kContentBlock, (hole.end - hole.begin) * kContentBlock));
    result.bytes += (hole.end - hole.begin) * kContentBlock;
    ++result.operations;
  }
  return result;
}

}  // namespace millrace::repo
