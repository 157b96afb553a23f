// SPDX-License-Identifier: Apache-2.0
#pragma once
// HeldFlowFiles: the FlowFiles that one instance of a processor holds across triggers, so that they
// can be counted, and given back to their queues when the instance is abandoned.
// Ownership: the processor owns each held FlowFile; this knows where they are. Threads: any.

#include "engine/base/mutex.h"
#include "engine/session/session_entry.h"
#include "engine/session/wiring.h"

#include <atomic>
#include <cstdint>
#include <memory>

namespace millrace::engine {

class Held;

class HeldFlowFiles {
 public:
  std::uint32_t count() const { return count_.load(std::memory_order_relaxed); }
  /// Puts all of them back into their queues. Their holder may still look at them, but neither
  /// session nor queue gets them from it any more.
  void giveBack();

 private:
  friend class Held;
  std::atomic<std::uint32_t> count_{0};
  Mutex mutex_;
  Held* first_ MR_GUARDED_BY(mutex_) = nullptr;
};

/// One of them: gives its FlowFile back to its queue unless a session takes it first.
class Held final : public HeldFlowFile {
 public:
  Held(std::unique_ptr<SessionEntry> entry, std::shared_ptr<const Wiring> wiring);
  ~Held() override;
  const SessionFlowFile& flowFile() const override { return *entry_; }
  /// Null when it was given back already.
  std::unique_ptr<SessionEntry> release();

 private:
  friend class HeldFlowFiles;
  /// True when the FlowFile was still this one's to give.
  bool leaveList();

  std::unique_ptr<SessionEntry> entry_;
  const std::shared_ptr<const Wiring> wiring_;  // keeps queue and list alive
  // Guarded by the list's lock.
  Held* previous_ = nullptr;
  Held* next_ = nullptr;
  bool listed_ = false;
};

}  // namespace millrace::engine
