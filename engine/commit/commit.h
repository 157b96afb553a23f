// SPDX-License-Identifier: Apache-2.0
#pragma once
// Commit: all effects of one session, on its way into the journal (kernel.md sections 2 and 3 in
// prose: docs/architecture.md). Prepared privately by a worker, handed over once with
// GroupCommit::submit().
//
// The record is opaque here: engine/ports/commit_record.h defines what is in it.

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/id.h"
#include "engine/base/result.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace {

/// A commit's place in the journal; the first is 1. Durable commits are always a prefix.
using Lsn = Id<struct LsnTag>;

enum class Durability : std::uint8_t {
  kPower,    ///< survives a power cut: effects wait for the sync of their group
  kProcess,  ///< survives the end of the process: effects wait for the write, files are synced each
             ///< second
  kNone,     ///< in memory only
};

/// A repeatable effect on the outside world, kept as data in the commit: recovery runs it again
/// until a later commit settles it. It is safe to run twice: it checks inode and time before it
/// touches a file.
struct Effect {
  enum class Kind : std::uint8_t { kDeleteFile = 1, kMoveFile = 2 };
  Kind kind = Kind::kDeleteFile;
  std::uint64_t component = 0;  ///< id of the component that asked; effects of one run in LSN order
  std::string path;
  std::string target;       ///< kMoveFile: where to
  std::uint64_t inode = 0;  ///< 0: any
  std::uint64_t size = 0;
  Nanos modified = 0;
};

/// Somebody whose writes must be on the medium before the journal frame that refers to them: a
/// content segment, a log partition. sync() runs on the disk writer's thread, at most once per
/// group per participant.
class Participant {
 public:
  virtual ~Participant() = default;
  virtual Result<> sync() = 0;
  /// In the background, where effects do not wait for it: as sync(), but for what commits up to
  /// `written` have dropped, which no FlowFile will ask for again.
  virtual Result<> syncKept(Lsn written) {
    (void)written;
    return sync();
  }
};

/// Content that travels inside the journal (up to 4 KiB each FlowFile), shared by all FlowFiles of
/// one session. When all of them are dropped by a commit of the same group or an earlier one, it is
/// not written at all. Threads: bytes are constant once the commit is submitted; `live` and
/// `deadAt` are atomic.
class InlineBuffer {
 public:
  explicit InlineBuffer(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  ByteView bytes() const { return bytes_; }
  /// Bytes may be added only before the owning commit is submitted. Returns the offset of the added
  /// range.
  std::uint64_t add(ByteView more) {
    const std::uint64_t at = bytes_.size();
    bytes_.insert(bytes_.end(), more.begin(), more.end());
    return at;
  }
  void retain(std::uint32_t flowFiles = 1) {
    live_.fetch_add(flowFiles, std::memory_order_relaxed);
  }
  /// Called for each FlowFile whose drop has taken its LSN.
  void releaseAt(Lsn dropped, std::uint32_t flowFiles = 1) {
    std::uint64_t seen = deadAt_.load(std::memory_order_relaxed);
    while (seen < dropped.raw() &&
           !deadAt_.compare_exchange_weak(seen, dropped.raw(), std::memory_order_relaxed)) {
    }
    live_.fetch_sub(flowFiles, std::memory_order_acq_rel);
  }
  /// True when every FlowFile that referred to it was dropped by `last` or an earlier commit.
  bool deadBy(Lsn last) const {
    return live_.load(std::memory_order_acquire) == 0 &&
           deadAt_.load(std::memory_order_relaxed) <= last.raw();
  }

 private:
  std::vector<std::byte> bytes_;
  std::atomic<std::uint32_t> live_{0};
  std::atomic<std::uint64_t> deadAt_{0};
};

struct Commit {
  std::vector<std::byte> record;                       ///< encoded by the worker
  std::vector<std::shared_ptr<InlineBuffer>> inlined;  ///< the record names them by position
  std::vector<std::shared_ptr<Participant>>
      syncs;                    ///< synced before the frame is written; duplicates allowed
  std::vector<Effect> effects;  ///< run after the commit is durable, again after a crash
  std::vector<std::function<void()>>
      onDurable;  ///< run after the commit is durable, lost in a crash
  /// Run after the commit is durable by whoever wrote it, before anything else that it asked for:
  /// for telling those inside who wait for it. Short, never waiting, never throwing.
  std::vector<std::function<void()>> notices;
  std::uint64_t flowFiles = 0;  ///< taken and queued by it: what reading the record again costs
};

}  // namespace millrace
