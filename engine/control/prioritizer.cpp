// SPDX-License-Identifier: Apache-2.0
// The settings of a connection, as queues know them.
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

WhenFull whenFullOf(flow::WhenFull whenFull) {
  switch (whenFull) {
    case flow::WhenFull::kWait:
      return WhenFull::kWait;
    case flow::WhenFull::kDropOldest:
      return WhenFull::kDropOldest;
    case flow::WhenFull::kDropNewest:
      return WhenFull::kDropNewest;
  }
  return WhenFull::kWait;
}

}  // namespace millrace::engine
