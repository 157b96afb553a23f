// SPDX-License-Identifier: Apache-2.0
#pragma once
// TopicWire: a connection that is a topic (`via`) is run as what it stands for: a processor that
// publishes what its source transfers, and one that consumes it into the queue before its
// destination. That queue keeps the connection's id and settings, so that penalty, retry, order and
// expiry are those of any queue. Source: kernel.md, section 9. Threads: pure functions.

#include "engine/flow/flow.h"

#include <optional>
#include <string>
#include <vector>

namespace millrace::engine {

struct TopicWire {
  std::string topic;
  std::int32_t partitions = 1;
  std::string group;  ///< the consumer group whose offsets are how far the wire came
};

/// The wires of a flow, those of its groups too.
std::vector<TopicWire> topicWiresOf(const flow::Flow& flow);

/// The flow with its wires drawn out; nothing when it has none. The flow is linked, and so is what
/// comes back.
std::optional<flow::Flow> withTopicWires(const flow::Flow& flow);

}  // namespace millrace::engine
