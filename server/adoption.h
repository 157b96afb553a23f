// SPDX-License-Identifier: Apache-2.0
#pragma once
// Adoption: what was renamed by hand takes over the queues and the state of what it was before:
// its layout line in the flow file gets the old id.
// Errors: a pair that fits nothing is named, and nothing is changed. Threads: none of its own.

#include "host/flow_names.h"

#include <string>
#include <vector>

namespace millrace::server {

/// What waits in the queue of a connection's new id belongs into that of the old one.
struct JoinedQueue {
  ConnectionId from;
  ConnectionId into;
};

struct AdoptedFlow {
  std::string text;               ///< of the flow file, with the ids
  std::vector<std::string> told;  ///< a sentence for each element that took over something
  std::vector<JoinedQueue> queues;
};

/// `pairs`: `OLD=NEW`, paths of processors, ports, funnels, groups (with all inside) or connections
/// (`A [success] -> B`). `names` says what the data directory knows.
Result<AdoptedFlow> adopt(const std::string& text, const host::FlowNames& names,
                          const std::vector<std::string>& pairs);

}  // namespace millrace::server
