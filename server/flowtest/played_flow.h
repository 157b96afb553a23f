// SPDX-License-Identifier: Apache-2.0
#pragma once
// PlayedFlow: the flow as a test wants it: only the group that is tested, processors replaced, and
// connections added for what is given and what is looked at. A component that the test plays itself
// stays in the flow, disabled, so that its queues are ordinary ones; the trial takes from them and
// puts into them. Owner: the trial. Threads: pure functions.

#include "engine/control/flow_plan.h"
#include "engine/flow/flow.h"
#include "server/flowtest/test_case.h"

#include <string>
#include <utility>
#include <vector>

namespace millrace::flowtest {

/// A component that the test plays, by the connections of its queues.
struct Part {
  ComponentId component;
  std::string name;
  std::vector<ConnectionId> inputs;
  /// Of a tap, for each input: who sends, and whether nobody but the tap takes it.
  struct Sender {
    ComponentId component;
    bool ends = false;
  };
  std::vector<Sender> senders;
  /// What it can hand on to: a relationship (empty: the only one) and where that leads.
  std::vector<std::pair<std::string, std::vector<ConnectionId>>> routes;
};

struct PlayedFlow {
  flow::Flow flow;
  std::vector<Part> givers;    ///< one for each TestCase::given
  std::vector<Part> standIns;  ///< one for each TestCase::replaced
  std::vector<Part> taps;      ///< one for each TestCase::outputs
};

/// `findings` are about the test file: places that the flow does not have. `original` is linked.
PlayedFlow playFlow(const flow::Flow& original, const TestCase& test,
                    const engine::FindProcessorType& findType, flow::Findings& findings);

}  // namespace millrace::flowtest
