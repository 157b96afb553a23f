// SPDX-License-Identifier: Apache-2.0
#include "repositories/provenance/blocks/block_index.h"

#include <algorithm>

namespace millrace::repo {
namespace {

bool hasId(const BlockSummary& summary, std::uint64_t id) {
  const auto after = std::upper_bound(
      summary.ids.begin(), summary.ids.end(), id,
      [](std::uint64_t wanted, const BlockSummary::Ids& ids) { return wanted < ids.first; });
  return after != summary.ids.begin() && id <= std::prev(after)->last;
}

bool hasKey(const BlockSummary& summary, std::uint64_t key) {
  return std::binary_search(summary.keys.begin(), summary.keys.end(), key);
}

}  // namespace

bool mayHold(const BlockSummary& summary, const BlockQuery& query) {
  if (summary.first >= query.below) return false;
  if (query.types != 0 && (summary.types & query.types) == 0) return false;
  if (query.from && summary.lastTime < *query.from) return false;
  if (query.to && summary.firstTime > *query.to) return false;
  const auto isHere = [&](ComponentId component) {
    return std::binary_search(summary.components.begin(), summary.components.end(), component);
  };
  if (!query.components.empty() &&
      std::none_of(query.components.begin(), query.components.end(), isHere))
    return false;
  if (!std::all_of(query.keys.begin(), query.keys.end(),
                   [&](std::uint64_t key) { return hasKey(summary, key); }))
    return false;
  if (query.ids.empty() && query.uuids.empty()) return true;
  return std::any_of(query.ids.begin(), query.ids.end(),
                     [&](std::uint64_t id) { return hasId(summary, id); }) ||
         std::any_of(query.uuids.begin(), query.uuids.end(),
                     [&](std::uint64_t key) { return hasKey(summary, key); });
}

Result<> MemoryBlockIndex::add(const std::vector<Entry>& blocks) {
  MutexLock lock(mutex_);
  for (const Entry& entry : blocks) entries_.insert_or_assign(entry.summary.first, entry);
  return Done{};
}

Result<std::map<std::uint64_t, std::uint64_t>> MemoryBlockIndex::known() {
  MutexLock lock(mutex_);
  std::map<std::uint64_t, std::uint64_t> result;
  for (const auto& [first, entry] : entries_) {
    std::uint64_t& end = result[entry.place.file];
    end = std::max(end, entry.place.offset + entry.place.length);
  }
  return result;
}

Result<> MemoryBlockIndex::forget(std::uint64_t file) {
  MutexLock lock(mutex_);
  std::erase_if(entries_, [&](const auto& pair) { return pair.second.place.file == file; });
  return Done{};
}

Result<> MemoryBlockIndex::reset() {
  MutexLock lock(mutex_);
  entries_.clear();
  return Done{};
}

Result<std::vector<BlockIndex::Candidate>> MemoryBlockIndex::candidates(const BlockQuery& query,
                                                                        std::size_t most) {
  MutexLock lock(mutex_);
  std::vector<Candidate> result;
  for (auto at = entries_.rbegin(); at != entries_.rend() && result.size() < most; ++at) {
    if (mayHold(at->second.summary, query))
      result.push_back({at->second.place, at->second.summary.first});
  }
  return result;
}

}  // namespace millrace::repo
