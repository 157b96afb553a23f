// SPDX-License-Identifier: Apache-2.0
#pragma once
// StoreImage: what the journal says is there: the content of every queue in key order, the state of
// every component, how far the log belongs to commits, and the last LSN that it knows of. Recovery
// fills one from a snapshot and the records after it; a snapshot step fills a partial one.
//
// Promise: a record that does not fit what is there (an input that is not queued, an ordinal used
// twice, an LSN that goes back) is an Error that names LSN, connection and key; the image is then
// of no further use. Ownership: holds its FlowFiles; an inline content shares the buffer that it
// was read from, which is retained once for each FlowFile and released when a record drops it.
// Threads: one at a time.

#include "engine/ports/commit_observer.h"
#include "engine/ports/commit_record.h"
#include "repositories/journal/store_image_queue.h"

#include <functional>
#include <map>
#include <string>

namespace millrace::repo {

class StoreImage {
 public:
  struct StateValue {
    std::string value;
    Lsn version;  ///< the commit that put it
  };
  struct ComponentState {
    Lsn version;  ///< the last commit that put or removed a key
    std::map<std::string, StateValue, std::less<>> values;
  };

  /// Lets deep queues go into pages while commits are applied. The pages outlive the image.
  void foldInto(FlowFilePages& pages) { pages_ = &pages; }
  /// Applies the commit of that LSN, which must be greater than applied(). The observer, when there
  /// is one, is told of it; of a record that fails it has heard the part before the Error.
  Result<> apply(Lsn lsn, ByteView record, InlineBuffers buffers,
                 CommitObserver* observer = nullptr);
  Lsn applied() const { return applied_; }
  /// FlowFiles that apply() took and queued, all commits together.
  std::uint64_t touched() const { return touched_; }

  /// Loading: everything up to `lsn` is there once the calls below have put it there.
  void startAt(Lsn lsn) { applied_ = lsn; }
  /// Queues a FlowFile under the key that it has; each queue is filled in key order.
  Result<> place(ConnectionId connection, FlowFile file);
  Result<> place(ConnectionId connection, std::unique_ptr<FlowFilePage> page, bool noClaims);
  ComponentState& stateOf(ComponentId component) { return state_[component]; }
  void placeLogEnd(const LogPlace& place) { logEnds_[place.partition] = place.end; }

  const std::map<ComponentId, ComponentState>& state() const { return state_; }
  /// Up to where the batches of sessions in each partition of the log are those of commits.
  const std::map<LogPartitionId, std::int64_t>& logEnds() const { return logEnds_; }
  /// FlowFiles in all queues.
  std::uint64_t count() const;
  /// Calls visit(ConnectionId, FlowFiles, content bytes) for each queue that is not empty, by id.
  template <typename Visit>
  void forEachQueue(Visit&& visit) const {
    for (const auto& [connection, queue] : queues_) {
      if (queue.count() > 0) visit(connection, queue.count(), queue.bytes());
    }
  }
  /// Calls visit(const FlowFile&) in key order. The Error is that of reading a page.
  template <typename Visit>
  Result<> forEachFlowFile(ConnectionId connection, Visit&& visit) const {
    const auto found = queues_.find(connection);
    if (found == queues_.end()) return Done{};
    return found->second.forEach(std::forward<Visit>(visit));
  }
  /// Calls visit(const FlowFile&) for each whose content is stored.
  template <typename Visit>
  Result<> forEachStored(Visit&& visit) const {
    for (const auto& [connection, queue] : queues_) MR_TRY(queue.forEachStored(visit));
    return Done{};
  }
  /// Moves a queue's content out, in key order, in parts of at most 4,096.
  std::vector<RestoredBatch> takeQueue(ConnectionId connection);

 private:
  class Applier;

  Lsn applied_;
  std::uint64_t touched_ = 0;
  FlowFilePages* pages_ = nullptr;
  std::map<ConnectionId, StoreImageQueue> queues_;
  std::map<ComponentId, ComponentState> state_;
  std::map<LogPartitionId, std::int64_t> logEnds_;
};

}  // namespace millrace::repo
