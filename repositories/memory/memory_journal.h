// SPDX-License-Identifier: Apache-2.0
#pragma once
// MemoryJournal: a JournalSink without files: the durability `none`, and the fake of tests that
// want to see what was written.
//
// Promise: takes every group at once. Ownership: a plain object. Threads: any.

#include "engine/base/mutex.h"
#include "engine/commit/journal_sink.h"

#include <vector>

namespace millrace::repo {

class MemoryJournal final : public JournalSink {
 public:
  enum class Keep : std::uint8_t { kNothing, kGroups };
  struct Group {
    Lsn first;
    Lsn last;
    Lsn durable;
    std::vector<std::byte> bytes;
  };

  explicit MemoryJournal(Keep keep = Keep::kNothing) : keep_(keep) {}

  Result<> reserve(std::uint64_t bytes) override;
  Result<> append(const JournalGroup& group) override;
  Result<> sync() override { return Done{}; }

  std::vector<Group> groups() const;

 private:
  const Keep keep_;
  mutable Mutex mutex_;
  std::vector<Group> groups_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::repo
