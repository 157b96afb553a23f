// SPDX-License-Identifier: Apache-2.0
#pragma once
// StatusBook: what every component and connection does, as JSON texts by id: counters over the last
// five minutes and since the start. Windows begin at one of thirty marks, ten seconds apart.
// Ownership: what it is made with outlives it. Threads: any.

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/control/flow_controller.h"
#include "server/flow_store/edited_flow.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace millrace::server {

struct StatusEntry {
  std::string id;
  bool isConnection = false;
  std::string group;  ///< id of the group that it is in
  std::string json;
};

class StatusBook {
 public:
  static constexpr Nanos kMark = 10 * kSecond;

  StatusBook(EditedFlow& flow, engine::FlowController& controller, const Clock& clock)
      : flow_(flow), controller_(controller), clock_(clock) {}

  /// Sets a mark when it is time.
  void mark();
  /// Everything, in the order of the flow.
  std::vector<StatusEntry> entries() const;
  /// {"revision","at","components","connections"} of entries; `group`: of what is in it or in a
  /// group of it; empty: of all.
  std::string statusJson(const std::vector<StatusEntry>& entries, const std::string& group) const;

 private:
  struct Totals {
    std::uint64_t in = 0, out = 0, inBytes = 0, outBytes = 0, read = 0, written = 0, tasks = 0;
    Nanos busy = 0;
  };
  /// What a connection held.
  struct Held {
    std::uint64_t count = 0, bytes = 0;
  };
  struct Mark {
    Nanos at = 0;
    std::unordered_map<ComponentId, Totals> totals;
    std::unordered_map<ConnectionId, Held> held;
  };
  static Totals totalsOf(const engine::ComponentSnapshot& component);
  std::shared_ptr<const Mark> windowStart() const;
  /// Milliseconds until a connection is full, if that can be said.
  std::optional<Millis> fillTime(ConnectionId id, const engine::QueueStatus& queue,
                                 const flow::BackPressure& limit) const;

  EditedFlow& flow_;
  engine::FlowController& controller_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::deque<std::shared_ptr<const Mark>> marks_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::server
