// SPDX-License-Identifier: Apache-2.0
// The prioritizers of a flow, as queues know them.
#include "engine/control/flow_plan.h"

namespace millrace::engine {

Prioritizer prioritizerOf(flow::Prioritizer prioritizer) {
  switch (prioritizer) {
    case flow::Prioritizer::kFifo:
      return Prioritizer::kFirstInFirstOut;
    case flow::Prioritizer::kNewestFirst:
      return Prioritizer::kNewestFirst;
    case flow::Prioritizer::kOldestFirst:
      return Prioritizer::kOldestFirst;
    case flow::Prioritizer::kPriorityAttribute:
      return Prioritizer::kPriorityAttribute;
  }
  return Prioritizer::kFirstInFirstOut;
}

}  // namespace millrace::engine
