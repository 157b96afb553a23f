// SPDX-License-Identifier: Apache-2.0
#include "repositories/memory/memory_journal.h"

namespace millrace::repo {

Result<> MemoryJournal::reserve(std::uint64_t) { return Done{}; }

Result<> MemoryJournal::append(const JournalGroup& group) {
  if (keep_ == Keep::kNothing) return Done{};
  Group kept{group.first, group.last, group.durable, {}};
  for (const ByteView part : group.parts)
    kept.bytes.insert(kept.bytes.end(), part.begin(), part.end());
  MutexLock lock(mutex_);
  groups_.push_back(std::move(kept));
  return Done{};
}

std::vector<MemoryJournal::Group> MemoryJournal::groups() const {
  MutexLock lock(mutex_);
  return groups_;
}

}  // namespace millrace::repo
