// SPDX-License-Identifier: Apache-2.0
#pragma once
// Dropping: an operator's session that removes FlowFiles that wait in a queue. Commits like any
// other, with a DROP event for each FlowFile.
//
// Errors: those of the store; what was dropped before stays dropped. Threads: any. A FlowFile that
// a session of the destination has in hand, or that is penalized, is left alone.

#include "engine/session/engine_session.h"
#include "engine/session/look_flowfiles.h"

namespace millrace::engine {

struct Dropped {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;  ///< of content
};

/// All of them, but no more than there were when it began. `component` is who the events name.
Result<Dropped> dropAll(Store& store, const std::shared_ptr<FlowFileQueue>& queue,
                        ComponentId component);
struct DroppedSome {
  Dropped dropped;
  NotJudged notJudged;
};
/// Those that the filter wants, looked for once from the front to the end.
Result<DroppedSome> dropWhere(Store& store, const std::shared_ptr<FlowFileQueue>& queue,
                              ComponentId component, const FlowFileFilter& filter);
/// The one with that key, however deep.
Result<Dropped> dropOne(Store& store, const std::shared_ptr<FlowFileQueue>& queue,
                        ComponentId component, QueueKey key);

}  // namespace millrace::engine
