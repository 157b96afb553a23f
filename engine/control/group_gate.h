// SPDX-License-Identifier: Apache-2.0
#pragma once
// GroupGate: FlowFile concurrency and outbound policy of a group, in NiFi's semantics.
//
// Single FlowFile: an input port takes one FlowFile when the group is empty. Single batch: when the
// group is empty, the input ports take what is queued before them until nothing is left there, then
// no more until the group is empty again; from a group that puts out a batch they take it whole.
// Batch output: output ports wait until everything in the group has reached them, and let it go
// together; under single FlowFile each FlowFile is told how many left by which port, in attributes
// `batch.output.PORT`.
//
// Empty means: nothing in a queue of the group or of a group in it, FlowFiles in open sessions
// included. Owner: the wirings of the ports. Threads: any.

#include "engine/base/mutex.h"
#include "engine/connection/flowfile_queue.h"
#include "engine/flow/flow.h"
#include "engine/session/port_gate.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace millrace::engine {

class GroupGate : public std::enable_shared_from_this<GroupGate> {
 public:
  using Queues = std::vector<std::shared_ptr<FlowFileQueue>>;
  struct Parts {
    Queues before;   ///< lead to the input ports
    Queues working;  ///< in the group, but for those that lead to its output ports
    std::map<std::string, Queues> leaving;  ///< in the group, to the output port of that name
    /// Groups whose output ports lead to the input ports.
    std::vector<std::weak_ptr<GroupGate>> upstream;
    /// Called when a port may have its turn; without a lock held.
    std::function<void()> wake;
  };

  GroupGate(flow::FlowFileConcurrency concurrency, flow::OutboundPolicy outbound)
      : concurrency_(concurrency), batchOut_(outbound == flow::OutboundPolicy::kBatch) {}
  /// Before the first use of a port's gate.
  void connect(Parts parts) { parts_ = std::move(parts); }

  std::shared_ptr<PortGate> inputPort();
  std::shared_ptr<PortGate> outputPort();

  /// Lets a batch go that is not gone yet.
  bool isReleasing() const;

 private:
  class Input;
  class Output;

  bool canEnter() const;
  bool enter();
  void entered();
  bool canLeave() const;
  void left();
  std::vector<std::pair<std::string, std::string>> counts();

  const flow::FlowFileConcurrency concurrency_;
  const bool batchOut_;
  Parts parts_;
  std::atomic<std::uint32_t> inside_{0};  // slices of input ports
  std::atomic<bool> taking_{false};       // single batch: until nothing is left before the group
  Mutex mutex_;
  std::vector<std::pair<std::string, std::string>> counts_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::engine
