// SPDX-License-Identifier: Apache-2.0
#pragma once
// TriggerWitness: stands between the engine and the processors of a flow. It notes what each
// trigger did with which FlowFiles, as the processor sees it, lets a little time pass for each, and
// makes some triggers go wrong: they throw when all is done, or keep a FlowFile without saying
// where it goes.
//
// Only one witness is present at a time on a thread (the engine makes processors through a plain
// function). Threads: one.

#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "engine/processor/processor.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::tests {

/// Triggers of each type of processor, and FlowFiles that it sent to each relationship.
struct Coverage {
  std::map<std::string, std::uint64_t, std::less<>> triggers;
  std::map<std::pair<std::string, std::string>, std::uint64_t> transfers;  ///< type, relationship
};

class TriggerWitness {
 public:
  struct Made {
    FlowFileId flowFile;
    ComponentId component;
  };
  struct Troubles {
    std::uint64_t throwOneIn = 0;  ///< triggers; 0: never
    std::uint64_t leakOneIn = 0;
  };

  TriggerWitness(VirtualClock& clock, Coverage& coverage, std::uint64_t seed, Troubles troubles);
  ~TriggerWitness();
  TriggerWitness(const TriggerWitness&) = delete;
  TriggerWitness& operator=(const TriggerWitness&) = delete;

  /// The descriptor of that type whose processors the present witness watches; null when there is
  /// none.
  static const ProcessorDescriptor* find(std::string_view type);

  /// FlowFiles made by triggers that ended well since the last call.
  std::vector<Made> takeMade() { return std::exchange(made_, {}); }
  std::uint64_t thrown() const { return thrown_; }
  std::uint64_t leaked() const { return leaked_; }

 private:
  class Watched;
  class WatchedSession;
  template <std::size_t kPosition>
  static std::unique_ptr<Processor> makeWatched();
  template <std::size_t... kPositions>
  static std::vector<ProcessorDescriptor> watchedTypes(std::index_sequence<kPositions...>);

  VirtualClock& clock_;
  Coverage& coverage_;
  Random random_;
  const Troubles troubles_;
  std::vector<Made> made_;
  std::uint64_t thrown_ = 0;
  std::uint64_t leaked_ = 0;
};

}  // namespace millrace::tests
