// SPDX-License-Identifier: Apache-2.0
#pragma once
// MemoryStore: commits, content and pages without files (durability `none`): as fast as memory, and
// gone with the process.
//
// Ownership: files (where a processor's file is adopted from) and clock outlive it. Threads:
// construction, start and stop from one; commits() and content() from any. A thread of its own
// gives back content that nothing refers to.

#include "engine/commit/group_commit.h"
#include "repositories/memory/memory_content.h"
#include "repositories/memory/memory_journal.h"
#include "repositories/memory/memory_pages.h"

#include <atomic>
#include <memory>
#include <stop_token>
#include <thread>

namespace millrace::repo {

class MemoryStore {
 public:
  /// `options.durability` is taken as `none`.
  MemoryStore(FileSystem& files, const Clock& clock, GroupCommitOptions options);
  ~MemoryStore();
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  GroupCommit& commits() { return commits_; }
  MemoryContent& content() { return content_; }
  const std::shared_ptr<MemoryPages>& pages() { return pages_; }

  /// The reclaimer sleeps until something is released: no time that passes wakes it. Any thread.
  bool reclaimerRests() const { return resting_; }

  void start();
  /// Every effect has been tried. Nobody commits any more.
  Result<> stop();

 private:
  void reclaimLoop(const std::stop_token& stop);
  void stir();

  // Before all that stirs.
  std::atomic<std::uint64_t> stirs_{0};
  std::atomic<bool> resting_{false};
  Mutex mutex_;
  Condition wake_;
  MemoryJournal journal_;
  MemoryContent content_;
  const std::shared_ptr<MemoryPages> pages_ = std::make_shared<MemoryPages>();
  GroupCommit commits_;
  std::jthread reclaimer_;
};

}  // namespace millrace::repo
