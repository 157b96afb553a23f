// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowFileQueue: the queue of one connection. It hands out FlowFiles in order (prioritizers, then
// queue key), keeps those that are held (penalty, back-off) apart until they are due, and counts
// what lies in it, FlowFiles in open sessions included, for back-pressure. What waits longest for
// its turn may be in pages instead of memory; that changes no order and no count.
//
// Promise: a FlowFile put back by a rollback returns to its place. Order never depends on a clock.
// Ownership: the queue owns what lies in it; poll() gives it away until acknowledge() or putBack().
// Threads: every method from any thread. Listeners are called without a lock held.

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/connection/disk_budget.h"
#include "engine/connection/priority.h"
#include "engine/connection/queue_memory.h"
#include "engine/flowfile/flowfile.h"
#include "engine/ports/flowfile_pages.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace millrace::engine {

/// What happens at a limit: who writes waits, or something is dropped (session_outputs.cpp).
enum class WhenFull : std::uint8_t { kWait, kDropOldest, kDropNewest };

/// What stands for the key of a FlowFile, equal for equal keys; called with the queue's lock held.
using KeyOf = std::function<std::uint64_t(const FlowFile& file)>;

struct QueueSettings {
  std::uint64_t maxCount = 10'000;      ///< FlowFiles; 0: no limit
  std::uint64_t maxBytes = 1ULL << 30;  ///< bytes of content; 0: no limit
  WhenFull whenFull = WhenFull::kWait;
  Millis expiration = 0;                  ///< age since entry into the flow; 0: never
  std::vector<Prioritizer> prioritizers;  ///< empty: first in, first out
  /// FlowFiles of one key are with one session at a time, in order; null: there are no keys.
  std::shared_ptr<const KeyOf> keyOf = nullptr;
};

/// What lies in a queue.
struct QueueStatus {
  std::uint64_t count = 0;           ///< FlowFiles, in open sessions included
  std::uint64_t bytes = 0;           ///< of their content
  std::uint64_t unacknowledged = 0;  ///< of count: in open sessions
  std::uint64_t held = 0;            ///< of count: not due yet
};

class FlowFileQueue {
 public:
  /// When so many wait for others of their keys, nobody looks behind them.
  static constexpr std::size_t kMostWaiting = 10'000;

  /// Without a memory budget nothing is paged out. What lies here counts in `disk`, if there is
  /// one; whoever made the queue enrols it there.
  FlowFileQueue(ConnectionId id, std::string name, QueueSettings settings,
                std::shared_ptr<QueueMemory> memory = nullptr,
                std::shared_ptr<DiskBudget> disk = nullptr);
  ~FlowFileQueue();
  FlowFileQueue(const FlowFileQueue&) = delete;
  FlowFileQueue& operator=(const FlowFileQueue&) = delete;

  ConnectionId id() const { return id_; }
  const std::string& name() const { return name_; }
  QueueSettings settings() const;
  void change(QueueSettings settings);

  /// Adds the outputs of one commit: keys set, ascending.
  void push(std::vector<FlowFile> batch);
  /// Adds what recovery found: batches ascending, pages in key order.
  void restore(std::vector<RestoredBatch> batches);

  struct Poll {
    std::size_t most = 1;
    Nanos now = 0;     ///< monotonic: held FlowFiles are due by it
    Millis wall = 0;   ///< for expiration
    Lsn limit{~0ULL};  ///< nothing queued by a later commit (effect: outside)
    /// Who takes them, as far as keys go: theirs are nobody else's until leaveLanes(). Null: no
    /// matter which keys others have.
    const void* owner = nullptr;
  };
  /// Appends up to `most` FlowFiles to `into`, and those found too old to `expired`; both are the
  /// caller's until acknowledged or put back. Returns how many it appended to `into`.
  std::size_t poll(const Poll& how, std::vector<FlowFile>& into, std::vector<FlowFile>& expired);
  /// What a visitor chooses of FlowFiles in order. Taken ones are the caller's, as after poll().
  /// Of a queue with pages it sees the part in memory, as NiFi's filters see the active part.
  enum class Take : std::uint8_t { kTake, kLeave, kTakeAndStop, kLeaveAndStop };
  void pollWhere(const Poll& how, const std::function<Take(const FlowFile&)>& choose,
                 std::vector<FlowFile>& into, std::vector<FlowFile>& expired);
  /// The session that took FlowFiles as `owner` has ended: others may have what has the same keys.
  void leaveLanes(const void* owner);
  /// The commit that took them has its LSN: they are gone from this queue.
  void acknowledge(std::uint64_t count, std::uint64_t bytes);
  /// A rollback returns them, to their places; a heldUntil in the future holds them.
  void putBack(std::vector<FlowFile> files);

  QueueStatus status() const;
  /// At a limit at which one waits.
  bool isFull() const;
  WhenFull whenFull() const { return whenFull_.load(std::memory_order_relaxed); }
  /// Its front is its oldest, so that it can be dropped for the disk budget.
  bool givesWay() const { return givesWay_.load(std::memory_order_relaxed); }
  /// How much more of it there may be; UINT64_MAX: no limit. What is dropped is told at once, then
  /// once a minute: a sentence when it is time for one.
  struct Room {
    std::uint64_t count = UINT64_MAX;
    std::uint64_t bytes = UINT64_MAX;
    std::uint64_t mostBytes = UINT64_MAX;  ///< when it is empty
  };
  Room room() const;
  std::optional<std::string> noteDropped(std::uint64_t count, std::uint64_t bytes, Nanos now);
  bool isEmpty() const { return count_.load(std::memory_order_acquire) == 0; }
  /// True when poll() would find something now. `limit` as in Poll.
  bool hasDue(Nanos now, Lsn limit = Lsn{~0ULL}) const;
  /// When the next held FlowFile is due; nothing when none is held.
  std::optional<Nanos> nextDue() const;
  /// The LSN that must be durable before the first waiting FlowFile may be handed to an outside
  /// effect.
  std::optional<Lsn> firstLsn() const;
  /// Copies of up to `most` FlowFiles in order, held ones last. Pages that it needs are read.
  std::vector<FlowFile> peek(std::size_t most) const;
  /// Copies of up to `most` FlowFiles that go behind `after`, in order, held ones at their places;
  /// null: from the front. Of `after` count key, entry date and attributes; it need not be here any
  /// more. Takes no more memory than they and one page. Errors: a page cannot be read.
  Result<std::vector<FlowFile>> look(const FlowFile* after, std::size_t most) const;
  /// A copy of the one with that key; nothing when it does not wait here.
  Result<std::optional<FlowFile>> find(QueueKey key) const;
  /// Takes those of these (ascending keys) that wait and are not held, wherever they are, as poll()
  /// does. After an Error, too, those in `into` are the caller's.
  Result<> pollKeys(std::vector<QueueKey> keys, std::vector<FlowFile>& into);

  /// For QueueMemory: bytes in memory beyond what a queue always keeps there.
  std::uint64_t pageableBytes() const;
  /// For QueueMemory: writes pages of what waits longest, and says how many FlowFiles left memory.
  Result<std::uint64_t> pageOut(FlowFilePages& pages);

  /// pushed: FlowFiles arrived or returned. drained: the queue went from full to having room.
  void onPushed(std::function<void()> listener);
  void onDrained(std::function<void()> listener);
  /// The last FlowFile is gone, and no session has one.
  void onEmptied(std::function<void()> listener);
  /// The destination is handed only durable FlowFiles: sessions that push here call notifyDurable()
  /// then.
  void setNotifyWhenDurable(bool notify) { notifyWhenDurable_ = notify; }
  bool notifiesWhenDurable() const { return notifyWhenDurable_.load(std::memory_order_relaxed); }
  void notifyDurable() { notifyPushed(); }

 private:
  struct Batch {
    std::vector<FlowFile> files;  // ascending keys
    std::size_t next = 0;         // first that is still here
  };
  struct Paged {
    FlowFile best;  // the one that goes first; of FIFO queues only its key, else without content
    std::shared_ptr<FlowFilePage> page;  // shared with who reads it
  };
  bool pageGoesLater(const Paged& a, const Paged& b) const MR_REQUIRES(mutex_);
  const FlowFile* firstInMemory() const MR_REQUIRES(mutex_);
  /// True when the next FlowFile in order is in a page.
  bool isNextPaged() const MR_REQUIRES(mutex_);
  std::optional<Lsn> nextLsn() const MR_REQUIRES(mutex_);
  void addPage(std::span<const FlowFile> files, std::shared_ptr<FlowFilePage> page)
      MR_REQUIRES(mutex_);
  void addPage(const FlowFile& best, std::shared_ptr<FlowFilePage> page) MR_REQUIRES(mutex_);
  /// False when it is not there.
  bool removePage(const FlowFilePage* page) MR_REQUIRES(mutex_);
  /// Moves those that are in memory from `keys` to `into`.
  void takeFromMemory(std::vector<QueueKey>& keys, std::vector<FlowFile>& into) MR_REQUIRES(mutex_);
  /// A page that may hold one of the keys and is none of these.
  std::shared_ptr<FlowFilePage> pageFor(
      std::span<const QueueKey> keys, std::span<const std::shared_ptr<FlowFilePage>> without) const
      MR_REQUIRES(mutex_);
  /// Reads the pages that come next; the lock is let go meanwhile. False when one is unreadable.
  bool bringIn(Lsn limit) MR_REQUIRES(mutex_);
  std::vector<FlowFile> coldest(std::size_t most) const MR_REQUIRES(mutex_);
  bool forget(const std::vector<FlowFile>& files) MR_REQUIRES(mutex_);
  void enterMemory(const std::vector<FlowFile>& files) MR_REQUIRES(mutex_);
  void leaveMemory(std::size_t count) MR_REQUIRES(mutex_);
  void insertOrdered(std::vector<FlowFile> files) MR_REQUIRES(mutex_);
  void releaseDue(Nanos now) MR_REQUIRES(mutex_);
  bool takeFirst(const Poll& how, FlowFile& file) MR_REQUIRES(mutex_);
  bool isExpired(const FlowFile& file, Millis wall) const MR_REQUIRES(mutex_);
  bool overLimit() const;
  void hold(FlowFile file) MR_REQUIRES(mutex_);
  /// True when `owner` may have it. Else it waits with those of its key (flowfile_queue_lanes.cpp),
  /// unless `mayWait` is false.
  bool enterLane(FlowFile& file, const void* owner, bool mayWait = true) MR_REQUIRES(mutex_);
  std::vector<FlowFile> takeWaiting() MR_REQUIRES(mutex_);
  /// Those that are held, or wait for others of their keys.
  template <typename Visit>
  void forEachApart(Visit&& visit) const MR_REQUIRES(mutex_) {
    for (const FlowFile& file : held_) visit(file);
    for (const auto& [key, lane] : lanes_) {
      for (const FlowFile& file : lane.waiting) visit(file);
    }
  }
  void notifyPushed();
  void entered(std::uint64_t count, std::uint64_t bytes);

  const ConnectionId id_;
  const std::string name_;
  const std::shared_ptr<QueueMemory> memory_;
  const std::shared_ptr<DiskBudget> disk_;  // may be null

  // Own synchronisation.
  std::atomic<std::uint64_t> count_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> unacknowledged_{0};
  std::atomic<std::uint64_t> maxCount_;
  std::atomic<std::uint64_t> maxBytes_;
  std::atomic<WhenFull> whenFull_;
  std::atomic<bool> givesWay_;
  std::atomic<bool> notifyWhenDurable_{false};
  std::atomic<bool> notifyWhenEmptied_{false};
  // Not held ones in memory; changed under the lock, read without.
  std::atomic<std::uint64_t> inMemory_{0};       // FlowFiles
  std::atomic<std::uint64_t> bytesInMemory_{0};  // as estimated; those taken count with the average

  mutable Mutex mutex_;
  QueueSettings settings_ MR_GUARDED_BY(mutex_);
  QueueStatus dropped_ MR_GUARDED_BY(mutex_);  // since it was told
  std::optional<Nanos> droppedToldAt_ MR_GUARDED_BY(mutex_);
  std::deque<Batch> batches_
      MR_GUARDED_BY(mutex_);  // used without prioritizers; ascending, ranges disjoint
  std::vector<FlowFile> ranked_
      MR_GUARDED_BY(mutex_);                          // used with prioritizers; a heap, best first
  std::vector<FlowFile> held_ MR_GUARDED_BY(mutex_);  // a heap, next due first
  struct Lane {
    const void* owner = nullptr;
    std::vector<FlowFile> waiting;  // in the order in which they came up
  };
  // Keys that sessions have.
  std::unordered_map<std::uint64_t, Lane> lanes_ MR_GUARDED_BY(mutex_);
  std::size_t waiting_ MR_GUARDED_BY(mutex_) = 0;  // in all lanes
  std::atomic<bool> hasLanes_{false};
  std::vector<Paged> pages_ MR_GUARDED_BY(mutex_);  // a heap, the one that comes next first
  bool reading_ MR_GUARDED_BY(mutex_) = false;      // the next page; nothing is handed out before
  bool unreadable_ MR_GUARDED_BY(mutex_) = false;
  // Shared, since a caller goes on with it after the lock: copying a std::function would allocate
  // each time.
  using Listener = std::shared_ptr<const std::function<void()>>;
  Listener pushed_ MR_GUARDED_BY(mutex_);
  Listener drained_ MR_GUARDED_BY(mutex_);
  Listener emptied_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::engine
