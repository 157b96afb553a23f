// SPDX-License-Identifier: Apache-2.0
#include "engine/ports/lineage.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace millrace {
namespace {

/// What the graph needs of an event.
struct Step {
  FactKind type = FactKind::kCreate;
  Millis time = 0;
  ComponentId component;
  std::string uuid;
  std::vector<std::string> parents;
  std::vector<std::string> children;
};

bool has(const std::vector<std::string>& list, const std::string& uuid) {
  return std::find(list.begin(), list.end(), uuid) != list.end();
}

/// Walks from FlowFile to FlowFile, all of one distance at a time.
class Walk {
 public:
  Walk(ProvenanceRepository& events, std::size_t most) : events_(events), most_(most) {}

  enum class Towards : std::uint8_t { kAncestors, kDescendants };
  Result<> go(const std::string& start, Towards towards) {
    std::vector<std::string> frontier{start};
    std::set<std::string> seen{start};
    while (!frontier.empty() && complete) {
      MR_TRY(load(frontier));
      std::vector<std::string> next;
      for (const std::string& uuid : frontier) {
        for (const ProvenanceEventId id : mentions_[uuid]) {
          const Step& step = known_.at(id);
          const bool up = towards == Towards::kAncestors;
          if (!has(up ? step.children : step.parents, uuid)) continue;
          used_.insert(id);
          for (const std::string& other : up ? step.parents : step.children) {
            if (seen.insert(other).second) next.push_back(other);
          }
        }
      }
      frontier = std::move(next);
    }
    flowFiles.insert(seen.begin(), seen.end());
    return Done{};
  }

  /// The events that belong to the graph: those of its FlowFiles, and those that lead from one to
  /// another.
  std::map<ProvenanceEventId, Step> chosen() const {
    std::map<ProvenanceEventId, Step> result;
    for (const auto& [id, step] : known_) {
      const bool own = step.parents.empty() && step.children.empty();
      if (used_.contains(id) || (own && flowFiles.contains(step.uuid))) result.emplace(id, step);
    }
    return result;
  }

  std::set<std::string> flowFiles;
  bool complete = true;

 private:
  Result<> load(const std::vector<std::string>& uuids) {
    ProvenanceQuery query;
    for (const std::string& uuid : uuids) {
      if (!mentions_.contains(uuid)) query.uuids.push_back(uuid);
    }
    if (query.uuids.empty()) return Done{};
    for (const std::string& uuid : query.uuids) mentions_[uuid];
    std::sort(query.uuids.begin(), query.uuids.end());
    query.limit = most_ - std::min(most_, known_.size());
    if (query.limit == 0) {
      complete = false;
      return Done{};
    }
    ProvenancePage page = MR_TRY(events_.search(query));
    if (page.next) complete = false;
    for (ProvenanceEvent& event : page.events) {
      const auto note = [&](const std::string& uuid) {
        auto& list = mentions_[uuid];
        if (list.empty() || list.back() != event.id) list.push_back(event.id);
      };
      for (const std::string& uuid : query.uuids) {
        if (event.uuid == uuid || has(event.parents, uuid) || has(event.children, uuid)) note(uuid);
      }
      known_.try_emplace(event.id,
                         Step{event.type, event.time, event.component, std::move(event.uuid),
                              std::move(event.parents), std::move(event.children)});
    }
    return Done{};
  }

  ProvenanceRepository& events_;
  const std::size_t most_;
  std::map<ProvenanceEventId, Step> known_;
  std::map<std::string, std::vector<ProvenanceEventId>> mentions_;  ///< of FlowFiles asked for
  std::set<ProvenanceEventId> used_;
};

bool isArrival(FactKind type) { return type == FactKind::kCreate || type == FactKind::kReceive; }

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result + "\"";
}

}  // namespace

std::string Lineage::Node::id() const { return kind == Kind::kFlowFile ? uuid : event.text(); }

Result<Lineage> Lineage::of(ProvenanceRepository& events, const std::string& uuid,
                            std::size_t most) {
  Walk walk(events, most);
  MR_TRY(walk.go(uuid, Walk::Towards::kAncestors));
  MR_TRY(walk.go(uuid, Walk::Towards::kDescendants));
  Lineage lineage;
  lineage.complete = walk.complete;
  const auto steps = walk.chosen();
  if (steps.empty()) return lineage;
  std::map<std::string, std::size_t> flowFileNodes;
  std::map<std::string, std::size_t> last;  // where the line of a FlowFile has come to
  for (const std::string& each : walk.flowFiles) {
    Node node;
    node.uuid = each;
    last[each] = flowFileNodes[each] = lineage.nodes.size();
    lineage.nodes.push_back(std::move(node));
  }
  for (const auto& [id, step] : steps) {
    Node node{Node::Kind::kEvent, step.uuid, id, step.type, step.time, step.component};
    const std::size_t at = lineage.nodes.size();
    lineage.nodes.push_back(std::move(node));
    if (step.parents.empty() && step.children.empty()) {
      // What brings a FlowFile into the flow stands before it, all else behind.
      const std::size_t flowFile = flowFileNodes.at(step.uuid);
      if (isArrival(step.type) && last.at(step.uuid) == flowFile) {
        lineage.edges.push_back({at, flowFile});
      } else {
        lineage.edges.push_back({last.at(step.uuid), at});
        last[step.uuid] = at;
      }
      continue;
    }
    for (const std::string& parent : step.parents) {
      const auto found = last.find(parent);
      if (found == last.end()) continue;
      lineage.edges.push_back({found->second, at});
      found->second = at;
    }
    for (const std::string& child : step.children) {
      if (const auto found = flowFileNodes.find(child); found != flowFileNodes.end())
        lineage.edges.push_back({at, found->second});
    }
  }
  return lineage;
}

std::string Lineage::dot(const std::function<std::string(ComponentId)>& nameOf) const {
  std::string text =
      "digraph lineage {\n  rankdir=TB;\n  node [fontname=\"sans-serif\", fontsize=10];\n";
  for (const Node& node : nodes) {
    if (node.kind == Node::Kind::kFlowFile) {
      text += fmt::format("  {} [shape=ellipse, label={}];\n", quoted(node.id()),
                          quoted("FlowFile " + node.uuid));
    } else {
      const std::string label = fmt::format("{} ({})", millrace::nameOf(node.type), node.id());
      // Names are escaped by themselves: \n here is Graphviz's line break.
      const std::string first = quoted(label);
      const std::string second = quoted(nameOf(node.component));
      text += fmt::format("  {} [shape=box, label={}\\n{}];\n", quoted(node.id()),
                          first.substr(0, first.size() - 1), second.substr(1));
    }
  }
  for (const Edge& edge : edges) {
    text +=
        fmt::format("  {} -> {};\n", quoted(nodes[edge.from].id()), quoted(nodes[edge.to].id()));
  }
  return text + "}\n";
}

}  // namespace millrace
