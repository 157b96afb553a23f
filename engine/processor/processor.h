// SPDX-License-Identifier: Apache-2.0
#pragma once
// Processor: what one component does when triggered. The engine makes one instance for each
// component of a flow and calls it under these rules:
//
// - onScheduled() comes before the first trigger and again after each change of its properties; no
// trigger runs then.
// - onTrigger() may run on several threads at once, up to the component's concurrency (one where
// the descriptor says
//   serial): members that it changes need a lock.
// - onUnscheduled() comes when a stop is asked for, while triggers may still run: unblock them.
// onStopped() comes when
//   the last trigger has ended.
// - An Error from onTrigger(), or anything thrown, undoes that trigger, penalizes its input and
// raises a bulletin.
//   A fault of the data is no Error: route the FlowFile to a relationship.

#include "engine/base/result.h"
#include "engine/processor/descriptor.h"
#include "engine/processor/process_context.h"
#include "engine/processor/process_session.h"

namespace millrace {

class Processor {
 public:
  virtual ~Processor() = default;
  virtual Result<> onScheduled(ProcessContext& context) {
    (void)context;
    return Done{};
  }
  virtual Result<> onTrigger(ProcessContext& context, ProcessSession& session) = 0;
  /// Asked after onScheduled() where the descriptor says that it blocks: false when it will not,
  /// the way that it is configured, and so needs no thread of its own.
  virtual bool mayWait() const { return true; }
  virtual void onUnscheduled(ProcessContext& context) { (void)context; }
  virtual void onStopped(ProcessContext& context) { (void)context; }
};

}  // namespace millrace
