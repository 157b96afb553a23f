// SPDX-License-Identifier: Apache-2.0
#pragma once
// EffectRunner: runs what durable commits asked for, off the workers.
//
// Promise: callbacks run once, in LSN order. Effects run in LSN order per component; one that fails
// holds back its component alone, is tried again with growing pauses, and raises a bulletin; one
// that succeeded, its folders synced, is reported once through takeSettled().
// Ownership: belongs to GroupCommit. Threads: add and the readers from any thread; runDue from one
// at a time. Callbacks run without a lock held and must not throw.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "engine/commit/group_format.h"

#include <deque>
#include <map>
#include <optional>
#include <set>

namespace millrace {

struct EffectOptions {
  Nanos firstPause = 100 * kMillisecond;
  Nanos longestPause = 30 * kSecond;
  /// One sentence about an effect that fails: what, where, what is done about it.
  std::function<void(const std::string&)> onBulletin;
};

class EffectRunner {
 public:
  enum class Pauses : std::uint8_t { kHeed, kIgnore };

  EffectRunner(FileSystem& files, const Clock& clock, EffectOptions options);

  /// LSNs must come in rising order.
  void add(Lsn lsn, std::vector<Effect> effects, std::vector<std::function<void()>> callbacks);
  /// An effect found unsettled at recovery.
  void addAgain(EffectId id, Effect effect);
  /// Runs all that is due now, once. True when it did something.
  bool runDue(Pauses pauses = Pauses::kHeed);
  /// Effects done since the last call.
  std::vector<EffectId> takeSettled();
  /// How long until something is due; nothing when there is nothing to do.
  std::optional<Nanos> dueIn() const;
  /// The lowest LSN that has an effect still to run.
  std::optional<Lsn> oldestPending() const;
  std::size_t pending() const;

 private:
  struct Waiting {
    EffectId id;
    Effect effect;
  };
  struct Lane {
    std::deque<Waiting> waiting;
    Nanos notBefore = 0;
    Nanos pause = 0;
  };
  bool runCallbacks();
  bool runLane(std::uint64_t component, std::deque<Waiting> batch);
  void failed(std::uint64_t component, const Effect& effect, const Error& error);

  FileSystem& files_;
  const Clock& clock_;
  const EffectOptions options_;
  mutable Mutex mutex_;
  std::deque<std::vector<std::function<void()>>> callbacks_ MR_GUARDED_BY(mutex_);
  std::map<std::uint64_t, Lane> lanes_ MR_GUARDED_BY(mutex_);
  std::vector<EffectId> settled_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace
