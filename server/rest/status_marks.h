// SPDX-License-Identifier: Apache-2.0
#pragma once
// StatusMarks: what components had done and connections held at each of the last thirty marks, ten
// seconds apart: where the window of a status begins, and what a forecast is drawn through.
// Ownership: what it is made with outlives it. Threads: any.

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/control/flow_controller.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace millrace::server {

/// Everything at one moment; lists are sorted by id.
struct StatusMark {
  struct Done {
    ComponentId id;
    engine::ComponentTotals totals;
  };
  struct Held {
    ConnectionId id;
    std::uint64_t count = 0, bytes = 0;
  };
  Nanos at = 0;
  std::vector<Done> done;
  std::vector<Held> held;
};

class StatusMarks {
 public:
  static constexpr Nanos kApart = 10 * kSecond;

  StatusMarks(engine::FlowController& controller, const Clock& clock)
      : controller_(controller), clock_(clock) {}

  /// Sets a mark when it is time.
  void mark();
  /// Where the window begins; null: at the start.
  std::shared_ptr<const StatusMark> start() const;
  /// All of them, the oldest first.
  std::vector<std::shared_ptr<const StatusMark>> all() const;

 private:
  engine::FlowController& controller_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::deque<std::shared_ptr<const StatusMark>> marks_ MR_GUARDED_BY(mutex_);
};

/// Milliseconds from now until the connection with this queue is full, if that can be said.
/// `near`: where in the marks it may stand.
std::optional<Millis> timeToFull(const std::vector<std::shared_ptr<const StatusMark>>& marks,
                                 const engine::ConnectionFigures& connection, std::size_t near,
                                 const flow::BackPressure& limit, Nanos now);

}  // namespace millrace::server
