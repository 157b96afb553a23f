// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/flow_graph.h"

#include "engine/flow/elements.h"

#include <algorithm>
#include <limits>

namespace millrace::flow {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

bool isNode(ElementKind kind) {
  return kind != ElementKind::kService && kind != ElementKind::kLabel &&
         kind != ElementKind::kGroup && kind != ElementKind::kRemoteGroup &&
         kind != ElementKind::kConnection;
}

}  // namespace

FlowGraph::FlowGraph(const Flow& flow) {
  std::unordered_map<ElementId, std::size_t> places;
  std::vector<std::pair<const Connection*, std::string>> connections;
  forEachElement(flow, [&](ElementKind kind, const std::string& path, const Element& element,
                           const Group& group) {
    if (kind == ElementKind::kConnection)
      connections.emplace_back(static_cast<const Connection*>(&element), path);
    if (!isNode(kind)) return;
    places.emplace(element.id, nodes_.size());
    nodes_.push_back({kind, path, &element, &group, &group == &flow.root, {}, {}});
  });
  for (auto& [connection, path] : connections) {
    const auto from = places.find(connection->from.id);
    const auto to = places.find(connection->to.id);
    if (from == places.end() || to == places.end()) continue;
    nodes_[from->second].out.push_back(wires_.size());
    nodes_[to->second].in.push_back(wires_.size());
    wires_.push_back({from->second, to->second, connection, std::move(path)});
  }
}

bool FlowGraph::hasInput(const Node& node) const {
  return std::any_of(node.in.begin(), node.in.end(),
                     [&](std::size_t wire) { return wires_[wire].from != wires_[wire].to; });
}

std::vector<bool> FlowGraph::reachable(const std::vector<std::size_t>& starts) const {
  std::vector<bool> seen(nodes_.size());
  std::vector<std::size_t> waiting = starts;
  for (const std::size_t start : starts) seen[start] = true;
  while (!waiting.empty()) {
    const std::size_t node = waiting.back();
    waiting.pop_back();
    for (const std::size_t wire : nodes_[node].out) {
      const std::size_t next = wires_[wire].to;
      if (seen[next]) continue;
      seen[next] = true;
      waiting.push_back(next);
    }
  }
  return seen;
}

// Tarjan's strongly connected components with its stack made explicit.
std::vector<std::size_t> FlowGraph::components(const std::vector<bool>& use) const {
  struct Frame {
    std::size_t node;
    std::size_t next;
  };
  std::vector<std::size_t> order(nodes_.size(), kNone);
  std::vector<std::size_t> low(nodes_.size(), kNone);
  std::vector<std::size_t> component(nodes_.size(), kNone);
  std::vector<std::size_t> open;
  std::size_t counter = 0;
  std::size_t count = 0;
  for (std::size_t start = 0; start < nodes_.size(); ++start) {
    if (order[start] != kNone) continue;
    std::vector<Frame> frames{{start, 0}};
    while (!frames.empty()) {
      Frame& frame = frames.back();
      const std::size_t node = frame.node;
      if (frame.next == 0) {
        order[node] = low[node] = counter++;
        open.push_back(node);
      }
      bool descended = false;
      while (frame.next < nodes_[node].out.size()) {
        const std::size_t wire = nodes_[node].out[frame.next++];
        if (!use[wire]) continue;
        const std::size_t next = wires_[wire].to;
        if (order[next] == kNone) {
          frames.push_back({next, 0});
          descended = true;
          break;
        }
        if (component[next] == kNone) low[node] = std::min(low[node], order[next]);
      }
      if (descended) continue;
      if (low[node] == order[node]) {
        std::size_t member = kNone;
        do {
          member = open.back();
          open.pop_back();
          component[member] = count;
        } while (member != node);
        ++count;
      }
      frames.pop_back();
      if (!frames.empty()) low[frames.back().node] = std::min(low[frames.back().node], low[node]);
    }
  }
  return component;
}

std::vector<std::vector<std::size_t>> FlowGraph::cycles(const std::vector<bool>& use) const {
  const std::vector<std::size_t> component = components(use);
  std::vector<std::vector<std::size_t>> result;
  std::vector<bool> done(nodes_.size());  // by component
  std::vector<std::size_t> from(nodes_.size(), kNone);
  for (std::size_t start = 0; start < nodes_.size(); ++start) {
    if (done[component[start]]) continue;
    // Breadth first inside the component, from `start` until it comes back.
    std::vector<std::size_t> queue{start};
    bool closed = false;
    for (std::size_t head = 0; head < queue.size() && !closed; ++head) {
      for (const std::size_t wire : nodes_[queue[head]].out) {
        const std::size_t next = wires_[wire].to;
        if (!use[wire] || component[next] != component[start] || next == queue[head]) continue;
        if (from[next] != kNone) continue;
        from[next] = queue[head];
        if (next == start) {
          closed = true;
          break;
        }
        queue.push_back(next);
      }
    }
    if (!closed) continue;
    done[component[start]] = true;
    std::vector<std::size_t> cycle{start};
    for (std::size_t node = from[start]; node != start; node = from[node]) cycle.push_back(node);
    cycle.push_back(start);
    std::reverse(cycle.begin(), cycle.end());
    result.push_back(std::move(cycle));
  }
  return result;
}

}  // namespace millrace::flow
