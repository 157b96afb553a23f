// SPDX-License-Identifier: Apache-2.0
#include "processors/text/term_search.h"

#include <algorithm>
#include <utility>

namespace millrace::processors {

TermSearch::TermSearch(std::vector<std::string> terms) : terms_(std::move(terms)) {
  std::erase_if(terms_, [](const std::string& term) { return term.empty(); });
  std::sort(terms_.begin(), terms_.end());
  terms_.erase(std::unique(terms_.begin(), terms_.end()), terms_.end());
  build();
}

void TermSearch::build() {
  // Each node stands for a run of sorted terms with a common beginning. Made breadth first, the
  // edges of one node lie together, and the fallback of a node is known before its children.
  struct Run {
    std::uint32_t first = 0;
    std::uint32_t last = 0;  // one past
    std::size_t depth = 0;
  };
  std::vector<Run> runs{{0, static_cast<std::uint32_t>(terms_.size()), 0}};
  nodes_.emplace_back();
  for (std::uint32_t at = 0; at < nodes_.size(); ++at) {
    Run run = runs[at];
    if (run.first < run.last && terms_[run.first].size() == run.depth) {
      nodes_[at].term = run.first++;
    } else if (at != 0) {
      nodes_[at].term = nodes_[nodes_[at].fallback].term;
    }
    nodes_[at].firstEdge = static_cast<std::uint32_t>(edges_.size());
    while (run.first < run.last) {
      const char byte = terms_[run.first][run.depth];
      std::uint32_t end = run.first + 1;
      while (end < run.last && terms_[end][run.depth] == byte) ++end;
      const auto child = static_cast<std::uint32_t>(nodes_.size());
      edges_.push_back({static_cast<std::uint8_t>(byte), child});
      ++nodes_[at].edges;
      runs.push_back({run.first, end, run.depth + 1});
      nodes_.emplace_back();
      if (at == 0) {
        fromRoot_[static_cast<std::uint8_t>(byte)] = child;
      } else {
        nodes_[child].fallback = step(nodes_[at].fallback, static_cast<std::uint8_t>(byte));
      }
      run.first = end;
    }
  }
}

std::uint32_t TermSearch::childOf(std::uint32_t node, std::uint8_t byte) const {
  if (node == 0) return fromRoot_[byte];
  const Edge* first = edges_.data() + nodes_[node].firstEdge;
  const Edge* last = first + nodes_[node].edges;
  const Edge* found = std::lower_bound(
      first, last, byte, [](const Edge& edge, std::uint8_t b) { return edge.byte < b; });
  return found != last && found->byte == byte ? found->to : 0;
}

std::uint32_t TermSearch::step(std::uint32_t node, std::uint8_t byte) const {
  for (;; node = nodes_[node].fallback) {
    const std::uint32_t child = childOf(node, byte);
    if (child != 0 || node == 0) return child;
  }
}

std::optional<std::string_view> TermSearch::Scan::next(ByteView bytes) {
  for (const std::byte byte : bytes) {
    node_ = search_.step(node_, std::to_integer<std::uint8_t>(byte));
    const std::uint32_t term = search_.nodes_[node_].term;
    if (term != kNone) return search_.terms_[term];
  }
  return std::nullopt;
}

}  // namespace millrace::processors
