// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowGraph: the nodes and wires of a whole flow, groups dissolved: a port of a group is one node
// with wires on both sides. Promise: every algorithm here is linear and none recurses.
// It views the flow, which must be linked and must outlive it. Threads: constant once built.

#include "engine/flow/flow.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace millrace::flow {

class FlowGraph {
 public:
  struct Node {
    ElementKind kind = ElementKind::kProcessor;
    std::string path;
    const Element* element = nullptr;
    const Group* group = nullptr;
    bool atRoot = false;          ///< its group is the root
    std::vector<std::size_t> in;  ///< wires
    std::vector<std::size_t> out;
  };
  struct Wire {
    std::size_t from = 0;  ///< nodes
    std::size_t to = 0;
    const Connection* connection = nullptr;
    std::string path;
  };

  explicit FlowGraph(const Flow& flow);

  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<Wire>& wires() const { return wires_; }
  /// True when a wire comes from another node than itself.
  bool hasInput(const Node& node) const;
  /// Every node that can be reached from `starts` along wires, these included.
  std::vector<bool> reachable(const std::vector<std::size_t>& starts) const;
  /// For each set of nodes that lie in circles of wires with `use[wire]`, one shortest circle; its
  /// first node is repeated at the end. A wire from a node to itself is no circle.
  std::vector<std::vector<std::size_t>> cycles(const std::vector<bool>& use) const;

 private:
  std::vector<std::size_t> components(const std::vector<bool>& use) const;

  std::vector<Node> nodes_;
  std::vector<Wire> wires_;
};

}  // namespace millrace::flow
