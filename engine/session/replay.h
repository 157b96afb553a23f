// SPDX-License-Identifier: Apache-2.0
#pragma once
// Replay: an operator's session that puts a FlowFile back as it was before an event, into the queue
// from which the event's component had taken it. What it does is a commit like any other, with a
// REPLAY event.
//
// Errors: a user fault when the event has no queue or its content is gone. Threads: any.

#include "engine/ports/provenance_event.h"
#include "engine/session/engine_session.h"

namespace millrace::engine {

/// The new FlowFile; its commit is visible, and durable when the store's journal says so. `queue`
/// is the event's source queue.
Result<FlowFileId> replayEvent(Store& store, const std::shared_ptr<FlowFileQueue>& queue,
                               const ProvenanceEvent& event);

}  // namespace millrace::engine
