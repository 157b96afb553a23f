// SPDX-License-Identifier: Apache-2.0
#include "engine/control/journalled_state.h"

#include "engine/ports/commit_record.h"

namespace millrace::engine {

void JournalledState::load() {
  if (loaded_) return;
  loaded_ = true;
  const auto kept = store_.state.read(service_);  // the store may have another one meanwhile
  for (const auto& [key, value] : kept->entries) entries_[key] = value;
}

std::optional<std::string> JournalledState::find(std::string_view key) {
  const MutexLock lock(mutex_);
  load();
  const auto found = entries_.find(key);
  return found == entries_.end() ? std::nullopt : std::optional<std::string>(found->second);
}

void JournalledState::forEach(
    const std::function<void(std::string_view key, std::string_view value)>& each) {
  const MutexLock lock(mutex_);
  load();
  for (const auto& [key, value] : entries_) each(key, value);
}

Result<> JournalledState::change(std::span<const Change> changes) {
  if (changes.empty()) return Done{};
  CommitRecordWriter record;
  record.begin(service_, store_.clock.wall(), 0);
  for (const Change& change : changes)
    record.state(change.key,
                 change.value ? std::optional<std::string_view>(*change.value) : std::nullopt);
  auto finished = record.finish();
  Commit commit;
  commit.record = std::move(finished.record);
  commit.inlined = std::move(finished.inlined);
  const std::uint64_t bytes = bytesOf(commit);
  const MutexLock lock(mutex_);
  load();
  MR_TRY(store_.commits.reserve(bytes));
  store_.commits.submit(std::move(commit), bytes);
  for (const Change& change : changes) {
    if (change.value) {
      entries_[change.key] = *change.value;
    } else {
      entries_.erase(change.key);
    }
  }
  return Done{};
}

}  // namespace millrace::engine
