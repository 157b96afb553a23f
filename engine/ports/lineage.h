// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lineage: where a FlowFile came from and what became of it, as a graph of FlowFiles and events.
//
// Promise: holds the FlowFile, its ancestors and its descendants, as far as the events are kept; of
// the ancestors' other descendants nothing. At most a stated number of events; what was left out is
// said. Errors: those of the repository. Threads: any.

#include "engine/ports/provenance_repository.h"

#include <functional>
#include <string>
#include <vector>

namespace millrace {

struct Lineage {
  struct Node {
    enum class Kind : std::uint8_t { kFlowFile, kEvent };
    Kind kind = Kind::kFlowFile;
    std::string uuid;  ///< the FlowFile, or the one that the event tells of
    ProvenanceEventId event;
    FactKind type = FactKind::kCreate;
    Millis time = 0;
    ComponentId component;
    /// How an edge and an outside reader name it.
    std::string id() const;
  };
  struct Edge {
    std::size_t from = 0;  ///< positions in nodes
    std::size_t to = 0;
  };

  std::vector<Node> nodes;
  std::vector<Edge> edges;
  bool complete = true;  ///< false: there is more than `most` events

  static Result<Lineage> of(ProvenanceRepository& events, const std::string& uuid,
                            std::size_t most = 1000);

  /// For Graphviz. `nameOf`: what a component is called.
  std::string dot(const std::function<std::string(ComponentId)>& nameOf) const;
};

}  // namespace millrace
