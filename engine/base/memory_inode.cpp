// SPDX-License-Identifier: Apache-2.0
#include "engine/base/memory_inode.h"

#include <algorithm>

namespace millrace {
namespace {
// Enough to show every order that matters; the oldest version is always kept.
constexpr std::size_t kMostVersions = 6;
}  // namespace

MemoryInode::~MemoryInode() {
  used_->fetch_sub(static_cast<std::uint64_t>(std::count(blocks_.begin(), blocks_.end(), true)));
}

std::size_t MemoryInode::read(std::uint64_t offset, std::span<std::byte> into) const {
  if (offset >= live_.size()) return 0;
  const std::size_t count = std::min(into.size(), live_.size() - static_cast<std::size_t>(offset));
  std::copy_n(live_.begin() + static_cast<std::ptrdiff_t>(offset), count, into.begin());
  return count;
}

MemoryInode::Sector MemoryInode::sectorNow(std::uint64_t index) const {
  Sector sector(kSector);
  read(index * kSector, sector);
  return sector;
}

void MemoryInode::remember(std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return;
  const std::uint64_t last = (offset + length - 1) / kSector;
  for (std::uint64_t index = offset / kSector; index <= last; ++index) {
    std::vector<Sector>& versions = unsynced_[index];
    if (versions.empty()) {
      const auto lost = lost_.find(index);
      if (lost != lost_.end()) {
        versions.push_back(std::move(lost->second));
        lost_.erase(lost);
      }
    }
    if (versions.size() >= kMostVersions) versions.erase(versions.begin() + 1);
    versions.push_back(sectorNow(index));
  }
}

void MemoryInode::write(std::uint64_t offset, ByteView bytes) {
  if (bytes.empty()) return;
  remember(offset, bytes.size());
  takeBlocks(offset, bytes.size());
  const std::uint64_t end = offset + bytes.size();
  if (live_.size() < end) live_.resize(static_cast<std::size_t>(end));
  std::copy(bytes.begin(), bytes.end(), live_.begin() + static_cast<std::ptrdiff_t>(offset));
}

void MemoryInode::resize(std::uint64_t size) {
  if (size < live_.size()) {
    remember(size, live_.size() - size);
    const std::uint64_t firstFree = (size + kBlock - 1) / kBlock;
    for (std::uint64_t block = firstFree; block < blocks_.size(); ++block) {
      if (blocks_[block]) used_->fetch_sub(1);
    }
    if (firstFree < blocks_.size()) blocks_.resize(firstFree);
  }
  live_.resize(static_cast<std::size_t>(size));
}

void MemoryInode::punch(std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t end = std::min<std::uint64_t>(offset + length, live_.size());
  if (offset >= end) return;
  remember(offset, end - offset);
  std::fill(live_.begin() + static_cast<std::ptrdiff_t>(offset),
            live_.begin() + static_cast<std::ptrdiff_t>(end), std::byte{0});
  const std::uint64_t last = std::min<std::uint64_t>((offset + length) / kBlock, blocks_.size());
  for (std::uint64_t block = (offset + kBlock - 1) / kBlock; block < last; ++block) {
    if (!blocks_[block]) continue;
    blocks_[block] = false;
    used_->fetch_sub(1);
  }
}

std::uint64_t MemoryInode::blocksMissing(std::uint64_t offset, std::uint64_t length) const {
  if (length == 0) return 0;
  std::uint64_t missing = 0;
  for (std::uint64_t block = offset / kBlock; block <= (offset + length - 1) / kBlock; ++block) {
    if (block >= blocks_.size() || !blocks_[block]) ++missing;
  }
  return missing;
}

void MemoryInode::takeBlocks(std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return;
  const std::uint64_t last = (offset + length - 1) / kBlock;
  if (blocks_.size() <= last) blocks_.resize(last + 1);
  for (std::uint64_t block = offset / kBlock; block <= last; ++block) {
    if (blocks_[block]) continue;
    blocks_[block] = true;
    used_->fetch_add(1);
  }
}

void MemoryInode::synced() {
  unsynced_.clear();
  durableSize_ = live_.size();
}

void MemoryInode::syncFailed(Random& random) {
  for (auto& [index, versions] : unsynced_) {
    const std::uint64_t choice = random.below(versions.size() + 1);
    if (choice < versions.size()) lost_[index] = std::move(versions[choice]);
  }
  unsynced_.clear();
  if (random.oneIn(2)) durableSize_ = live_.size();
}

std::vector<std::byte> MemoryInode::afterPowerLoss(Random& random) const {
  std::vector<std::byte> content = live_;
  content.resize(static_cast<std::size_t>(std::max<std::uint64_t>(live_.size(), durableSize_)));
  const auto put = [&content](std::uint64_t index, const Sector& sector) {
    const std::uint64_t at = index * kSector;
    if (at >= content.size()) return;
    const std::size_t count =
        std::min<std::size_t>(kSector, content.size() - static_cast<std::size_t>(at));
    std::copy_n(sector.begin(), count, content.begin() + static_cast<std::ptrdiff_t>(at));
  };
  for (const auto& [index, sector] : lost_) put(index, sector);
  // A medium mostly loses everything or nothing since the last sync; in between lies the mix.
  enum class Mood : std::uint8_t { kAllLost, kAllKept, kMostlyKept, kMixed };
  const auto mood = static_cast<Mood>(random.below(4));
  for (const auto& [index, versions] : unsynced_) {
    const bool keep = mood == Mood::kAllKept || (mood == Mood::kMostlyKept && !random.oneIn(4));
    if (keep) continue;
    const std::uint64_t choice = mood == Mood::kAllLost ? 0 : random.below(versions.size() + 1);
    if (choice < versions.size()) put(index, versions[choice]);
  }
  std::uint64_t size = live_.size();
  if (size != durableSize_) {
    const std::uint64_t low = std::min(size, durableSize_);
    const std::uint64_t high = std::max(size, durableSize_);
    if (mood == Mood::kAllLost) size = durableSize_;
    if (mood == Mood::kMixed) size = low + random.below(high - low + 1);
  }
  content.resize(static_cast<std::size_t>(size));
  return content;
}

void MemoryInode::restore(std::vector<std::byte> content) {
  live_ = std::move(content);
  durableSize_ = live_.size();
  takeBlocks(0, live_.size());
}

}  // namespace millrace
