// SPDX-License-Identifier: Apache-2.0
#pragma once
// Requeue: an operator's session that takes one FlowFile that waits in a queue, changes it if
// wanted, and puts it at the end of the same or of another queue. One commit: after a crash it is
// in one place, as it was or as it became. Leaves the events that NiFi has for it:
// ATTRIBUTES_MODIFIED, CONTENT_MODIFIED, and ROUTE when it changed the queue.
//
// Errors: those of the store; then it waits where it was. Threads: any; waits until the commit is
// durable.

#include "engine/session/engine_session.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::engine {

struct FlowFileEdit {
  /// Names and values; without a value the attribute goes. `uuid` cannot be changed.
  std::vector<std::pair<std::string, std::optional<std::string>>> attributes;
  std::optional<std::string> content;  ///< bytes; none: as it is
  std::string details;                 ///< of the events: who did it
};

/// False: it does not wait there (any more), or is held. `component` is who the events name.
Result<bool> requeueFlowFile(Store& store, const std::shared_ptr<FlowFileQueue>& from, QueueKey key,
                             const std::shared_ptr<FlowFileQueue>& into, const FlowFileEdit& edit,
                             ComponentId component);

}  // namespace millrace::engine
