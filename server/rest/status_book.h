// SPDX-License-Identifier: Apache-2.0
#pragma once
// StatusBook: what every component and connection does, as JSON: counters over the last five
// minutes and since the start. Windows begin at one of the marks.
//
// The text of each is kept and made anew only when something in it changed: of ten thousand
// components few do, and a report is copied together. So the book also knows what changed since a
// report. Ownership: what it is made with outlives it. Threads: any; one at a time looks.

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/control/flow_controller.h"
#include "server/flow_store/edited_flow.h"
#include "server/rest/status_marks.h"
#include "server/rest/status_rows.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace millrace::server {

struct StatusReport {
  std::uint64_t version = 0;  ///< for a later question about what changed after this report
  bool isEmpty = true;        ///< nothing changed
  std::string json;           ///< {"revision","at","components","connections"}
};

class StatusBook {
 public:
  StatusBook(EditedFlow& flow, engine::FlowController& controller, const Clock& clock)
      : flow_(flow), controller_(controller), clock_(clock), marks_(controller, clock) {}

  /// Sets a mark when it is time.
  void mark() { marks_.mark(); }
  /// Looks at everything anew.
  void look();
  /// What the last look saw, in the order of the flow: of what is in the group with this id or in a
  /// group of it (empty: of all), and has changed since the report of that version (0: of all).
  StatusReport report(const std::string& group, std::uint64_t after) const;
  /// Looks, and reports everything of a group.
  StatusReport fresh(const std::string& group);

 private:
  void tellComponents() MR_REQUIRES(mutex_);
  void tellConnections() MR_REQUIRES(mutex_);
  void tellServices() MR_REQUIRES(mutex_);

  EditedFlow& flow_;
  engine::FlowController& controller_;
  const Clock& clock_;
  StatusMarks marks_;
  mutable Mutex mutex_;
  std::shared_ptr<const FlowState> state_ MR_GUARDED_BY(mutex_);  // that rows_ are of
  StatusRows rows_ MR_GUARDED_BY(mutex_);
  std::uint64_t version_ MR_GUARDED_BY(mutex_) = 0;  // of the last look
};

}  // namespace millrace::server
