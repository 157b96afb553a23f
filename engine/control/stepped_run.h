// SPDX-License-Identifier: Apache-2.0
#pragma once
// SteppedRun: runs a flow on the caller's thread and on a virtual clock, one event at a time: a
// slice, a group of commits, or a move of the clock to the next timer. The same flow on the same
// store makes the same steps each time.
//
// Ownership: lends everything. Threads: one. The controller's components were started with
// startComponents(), the group commit was never started.

#include "engine/commit/group_commit.h"
#include "engine/control/flow_controller.h"

#include <optional>

namespace millrace::engine {

class SteppedRun {
 public:
  SteppedRun(FlowController& controller, GroupCommit& commits, VirtualClock& clock)
      : controller_(controller), commits_(commits), clock_(clock) {}

  /// Runs one slice; false when no component is ready.
  bool slice() { return controller_.runOne(); }
  /// Makes one group of commits durable and runs the effects that are due; false when there was
  /// nothing to do. An Error is that of the disk.
  Result<bool> group() { return commits_.runOnce(); }
  /// A slice, or else a group; false when both have to wait for the clock.
  Result<bool> work();
  /// When a component wants to be looked at next; nothing when none ever will.
  std::optional<Nanos> nextMoment() const { return controller_.nextTimer(); }
  /// Moves the clock on; never back, and at least by the smallest step.
  void advanceTo(Nanos moment);
  /// Moves the clock to the next moment; false when there is none.
  bool wait();

 private:
  FlowController& controller_;
  GroupCommit& commits_;
  VirtualClock& clock_;
};

}  // namespace millrace::engine
