// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowTrial: one run of a flow for a test: the real engine on repositories in memory, files in
// memory, a virtual clock, and no threads, so that it is the same each time. It gives what the test
// gives, plays what the test replaces, and keeps what comes to the places that the test looks at.
//
// Errors: of the flow's start (a component that refuses) and of what never comes to rest are parts
// of the outcome. Owner: one test. Threads: one.

#include "engine/base/fault_file_system.h"
#include "engine/control/flow_controller.h"
#include "server/flowtest/played_flow.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::flowtest {

struct FlowFileSeen {
  std::string content;
  std::map<std::string, std::string> attributes;
  bool penalized = false;
};

struct Outcome {
  std::vector<std::vector<FlowFileSeen>> outputs;  ///< one list for each TestCase::outputs
  std::vector<engine::Bulletin> bulletins;
  std::map<std::string, std::int64_t> counters;
  /// Of the flow itself, in its order; what only the test took counts as removed.
  std::vector<engine::ComponentSnapshot> components;
  /// What kept the flow from starting or from coming to rest, one sentence each.
  std::vector<std::string> troubles;
  Nanos time = 0;  ///< on the virtual clock
};

class FlowTrial {
 public:
  /// Everything is lent, `test` and `played` included.
  FlowTrial(const TestCase& test, const PlayedFlow& played, engine::FindProcessorType findType,
            engine::FindServiceType findService);
  ~FlowTrial();

  Outcome run();
  /// The files of the sandbox, after run().
  FileSystem& files() { return files_; }

 private:
  struct Parts;
  Result<> load(Outcome& outcome);
  void start(Outcome& outcome);
  Result<> untilRest(Outcome& outcome);
  Result<bool> giveDue();
  Result<> give(std::size_t index);
  Result<bool> playStandIns();
  Result<> lookAtTaps(Outcome& outcome);
  std::optional<Nanos> nextMoment() const;
  bool isIdle() const;
  std::string whatWaits() const;
  std::vector<engine::ComponentSnapshot> components() const;

  const TestCase& test_;
  const PlayedFlow& played_;
  MemoryFileSystem files_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace millrace::flowtest
