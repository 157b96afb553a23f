// SPDX-License-Identifier: Apache-2.0
#pragma once
// HistoryKeeper: looks once a second at what components and connections do and keeps it, and
// GET /api/v1/history/{id}, which shows it. What did nothing is not written; a flow in which
// nothing happens is not even looked at. Ownership: what it is made with outlives it. Threads: its
// own, and any that asks.

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/control/flow_controller.h"
#include "repositories/history/status_history.h"
#include "server/http/router.h"

#include <map>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace millrace::server {

class HistoryKeeper {
 public:
  HistoryKeeper(engine::FlowController& controller, const Clock& clock,
                std::unique_ptr<repo::StatusHistory> history)
      : controller_(controller), clock_(clock), history_(std::move(history)) {}
  ~HistoryKeeper();

  void start();
  void stop();
  /// What the thread does each second; not beside it.
  Result<> look();
  repo::StatusHistory& history() { return *history_; }
  const Clock& clock() const { return clock_; }

 private:
  void addComponents(std::vector<repo::HistorySample>& samples);
  void addConnections(std::vector<repo::HistorySample>& samples, bool all);
  void loop(const std::stop_token& stop);

  engine::FlowController& controller_;
  const Clock& clock_;
  const std::unique_ptr<repo::StatusHistory> history_;
  // Of the thread that looks.
  std::map<ComponentId, repo::HistoryValues> totals_;
  std::map<ConnectionId, std::pair<std::int64_t, std::int64_t>> levels_;
  std::uint64_t changes_ = ~0ULL;
  Millis second_ = 0;
  Millis minute_ = 0;
  bool failed_ = false;
  Mutex mutex_;
  Condition wake_;
  bool stopping_ MR_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

void addHistoryRoute(Router& router, HistoryKeeper& keeper);

}  // namespace millrace::server
