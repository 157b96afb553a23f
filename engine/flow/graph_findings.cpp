// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/graph_findings.h"

#include "engine/flow/elements.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

namespace millrace::flow {
namespace {

using Node = FlowGraph::Node;
using Wire = FlowGraph::Wire;

// What every FlowFile has, and what expressions may ask of it.
constexpr std::array<std::string_view, 13> kAlwaysThere{
    "filename",          "path",          "uuid",
    "fileSize",          "entryDate",     "lineageStartDate",
    "flowFileId",        "lastQueueDate", "queueDateIndex",
    "penaltyExpiration", "size",          "absolute.path",
    "priority"};

const ComponentInfo* infoOf(const Node& node, const Catalog& catalog) {
  if (node.kind != ElementKind::kProcessor) return nullptr;
  return catalog.find(static_cast<const Processor*>(node.element)->type);
}

void warn(Findings& findings, const Element& element, std::string path, std::string message,
          std::string advice) {
  findings.push_back(
      {Severity::kWarning, element.at, std::move(path), {}, std::move(message), std::move(advice)});
}

// Where FlowFiles can leave the flow: a relationship that ends here, a sink, a way out to another
// program, a wire on which they expire. What nothing is known of counts as one, and so does what
// leads nowhere: others complain of that.
bool isWayOut(const FlowGraph& graph, const Node& node, const Catalog& catalog) {
  if (node.out.empty()) return true;
  if (std::any_of(node.out.begin(), node.out.end(),
                  [&](std::size_t wire) { return graph.wires()[wire].connection->expire != 0; }))
    return true;
  if (node.kind == ElementKind::kRemoteInputPort) return true;
  if (node.kind == ElementKind::kOutputPort) return node.atRoot;
  const ComponentInfo* info = infoOf(node, catalog);
  if (node.kind != ElementKind::kProcessor) return false;
  if (info == nullptr || !static_cast<const Processor*>(node.element)->autoTerminate.empty())
    return true;
  return std::any_of(info->relationships.begin(), info->relationships.end(),
                     [](const RelationshipInfo& known) { return known.autoTerminatedByDefault; });
}

// The wires of circles that FlowFiles can enter but not leave.
std::vector<bool> trappingWires(const FlowGraph& graph, const Catalog& catalog) {
  std::vector<bool> leads(graph.nodes().size());  // to a way out
  std::vector<std::size_t> waiting;
  for (std::size_t i = 0; i < leads.size(); ++i) {
    leads[i] = isWayOut(graph, graph.nodes()[i], catalog);
    if (leads[i]) waiting.push_back(i);
  }
  while (!waiting.empty()) {
    const std::size_t node = waiting.back();
    waiting.pop_back();
    for (const std::size_t wire : graph.nodes()[node].in) {
      const std::size_t from = graph.wires()[wire].from;
      if (leads[from]) continue;
      leads[from] = true;
      waiting.push_back(from);
    }
  }
  std::vector<bool> traps;
  for (const Wire& wire : graph.wires()) traps.push_back(!leads[wire.from] && !leads[wire.to]);
  return traps;
}

std::string pathOf(const FlowGraph& graph, const std::vector<std::size_t>& cycle) {
  std::string path;
  for (const std::size_t node : cycle)
    path += (path.empty() ? "" : " -> ") + graph.nodes()[node].path;
  return path;
}

void findTraps(const FlowGraph& graph, const std::vector<bool>& traps, Findings& findings) {
  std::vector<std::vector<std::size_t>> cycles = graph.cycles(traps);
  for (std::size_t i = 0; i < graph.wires().size(); ++i) {
    const Wire& wire = graph.wires()[i];
    const std::vector<std::size_t>& out = graph.nodes()[wire.from].out;
    const bool alone = std::all_of(out.begin(), out.end(), [&](std::size_t other) {
      return graph.wires()[other].to == wire.from;
    });
    const bool entered = graph.hasInput(graph.nodes()[wire.from]);
    if (traps[i] && alone && entered && out.front() == i) cycles.push_back({wire.from, wire.to});
  }
  for (const std::vector<std::size_t>& cycle : cycles) {
    const Node& first = graph.nodes()[cycle.front()];
    warn(findings, *first.element, first.path,
         fmt::format("the circle {} lets nothing out: what enters it never leaves",
                     pathOf(graph, cycle)),
         "lead a connection out of it, auto-terminate a relationship of one of its members, or "
         "give one of its connections an expiration");
  }
}

void findBlockingCycles(const FlowGraph& graph, const std::vector<bool>& traps,
                        Findings& findings) {
  std::vector<bool> blocks;
  for (std::size_t i = 0; i < graph.wires().size(); ++i) {
    const Connection& connection = *graph.wires()[i].connection;
    const bool limited =
        (connection.backPressure.count != 0 || connection.backPressure.size != 0) &&
        connection.backPressure.whenFull == WhenFull::kWait;
    blocks.push_back(limited && connection.expire == 0 && !traps[i]);
  }
  for (const std::vector<std::size_t>& cycle : graph.cycles(blocks)) {
    const Node& first = graph.nodes()[cycle.front()];
    warn(findings, *first.element, first.path,
         fmt::format("the circle {} blocks itself once every queue in it is full",
                     pathOf(graph, cycle)),
         "use 'retry' on the relationship instead of a wire back, or give one of its connections "
         "'back-pressure: {count: 0, size: 0 B}' or an expiration");
  }
}

bool isDoor(const Node& node) {
  if (node.kind == ElementKind::kProcessor || node.kind == ElementKind::kRemoteInputPort)
    return true;
  return node.kind == ElementKind::kOutputPort && node.atRoot;
}

// Funnels and ports from which no wire leads on to a processor or out of the flow.
void findDeadEnds(const FlowGraph& graph, Findings& findings) {
  std::vector<bool> alive(graph.nodes().size());
  std::vector<std::size_t> waiting;
  for (std::size_t i = 0; i < alive.size(); ++i) {
    alive[i] = isDoor(graph.nodes()[i]);
    if (alive[i]) waiting.push_back(i);
  }
  while (!waiting.empty()) {
    const std::size_t node = waiting.back();
    waiting.pop_back();
    for (const std::size_t wire : graph.nodes()[node].in) {
      const std::size_t from = graph.wires()[wire].from;
      if (alive[from]) continue;
      alive[from] = true;
      waiting.push_back(from);
    }
  }
  for (const Wire& wire : graph.wires()) {
    const Node& to = graph.nodes()[wire.to];
    if (alive[wire.to]) continue;
    warn(findings, *wire.connection, wire.path,
         fmt::format("what is sent to the {} '{}' goes nowhere from there", kindName(to.kind),
                     to.path),
         "lead a connection on from it, or auto-terminate the relationship");
  }
}

bool isSource(const FlowGraph& graph, const Node& node, const Catalog& catalog) {
  switch (node.kind) {
    case ElementKind::kInputPort:
      return node.atRoot || static_cast<const Port*>(node.element)->remoteAccess;
    case ElementKind::kRemoteOutputPort:
      return true;
    case ElementKind::kProcessor: {
      const ComponentInfo* info = infoOf(node, catalog);
      if (info == nullptr || info->traits.source || info->input == InputRequirement::kForbidden)
        return true;
      return info->input == InputRequirement::kAllowed && !graph.hasInput(node);
    }
    default:
      return false;
  }
}

void findUnreachable(const FlowGraph& graph, const Catalog& catalog, Findings& findings) {
  std::vector<std::size_t> sources;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    if (isSource(graph, graph.nodes()[i], catalog)) sources.push_back(i);
  }
  const std::vector<bool> reached = graph.reachable(sources);
  for (std::size_t i = 0; i < reached.size(); ++i) {
    const Node& node = graph.nodes()[i];
    // A processor that needs input and has none is an error already, and a port that nobody uses
    // is harmless.
    if (reached[i] || !graph.hasInput(node)) continue;
    warn(findings, *node.element, node.path,
         fmt::format("no source leads to this {}: it will never have anything to do",
                     kindName(node.kind)),
         "connect it to a source, or remove it");
  }
}

bool covers(const std::string& pattern, const std::string& attribute) {
  if (!pattern.ends_with('*')) return pattern == attribute;
  return attribute.starts_with(pattern.substr(0, pattern.size() - 1));
}

class AttributeSearch {
 public:
  AttributeSearch(const FlowGraph& graph, const Catalog& catalog)
      : graph_(graph), catalog_(catalog) {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
      if (setsUnknown(graph.nodes()[i])) open.push_back(i);
    }
    unknown_ = below(open);
  }

  /// True when a FlowFile that enters `node` cannot have the attribute.
  bool isMissing(std::size_t node, const std::string& attribute) {
    if (unknown_[node] || !graph_.hasInput(graph_.nodes()[node])) return false;
    if (std::find(kAlwaysThere.begin(), kAlwaysThere.end(), attribute) != kAlwaysThere.end())
      return false;
    auto found = has_.find(attribute);
    if (found == has_.end()) {
      std::vector<std::size_t> writers;
      for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
        if (writes(graph_.nodes()[i], attribute)) writers.push_back(i);
      }
      found = has_.emplace(attribute, below(writers)).first;
    }
    return !found->second[node];
  }

 private:
  // Nodes that a wire from one of these leads into, at any distance.
  std::vector<bool> below(const std::vector<std::size_t>& starts) const {
    std::vector<std::size_t> next;
    for (const std::size_t start : starts) {
      for (const std::size_t wire : graph_.nodes()[start].out)
        next.push_back(graph_.wires()[wire].to);
    }
    return graph_.reachable(next);
  }
  bool setsUnknown(const Node& node) const {
    if (node.kind == ElementKind::kRemoteOutputPort) return true;
    if (node.kind == ElementKind::kInputPort)
      return node.atRoot || static_cast<const Port*>(node.element)->remoteAccess;
    if (node.kind != ElementKind::kProcessor) return false;
    const ComponentInfo* info = infoOf(node, catalog_);
    return info == nullptr || info->writesAnyAttribute;
  }
  bool writes(const Node& node, const std::string& attribute) const {
    const ComponentInfo* info = infoOf(node, catalog_);
    if (info == nullptr) return false;
    if (std::any_of(info->writes.begin(), info->writes.end(),
                    [&](const AttributeInfo& a) { return covers(a.name, attribute); }))
      return true;
    if (info->dynamicProperties != DynamicProperties::kAttributes) return false;
    const Properties& properties = static_cast<const Processor*>(node.element)->properties;
    return std::any_of(properties.begin(), properties.end(), [&](const Property& property) {
      return property.name == attribute && info->property(property.name) == nullptr;
    });
  }

  const FlowGraph& graph_;
  const Catalog& catalog_;
  std::vector<bool> unknown_;
  std::unordered_map<std::string, std::vector<bool>> has_;
};

void findMissingAttributes(const FlowGraph& graph, const Catalog& catalog,
                           const AttributeUses& uses, Findings& findings) {
  AttributeSearch search(graph, catalog);
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    const ComponentInfo* info = infoOf(node, catalog);
    if (info == nullptr) continue;
    const auto report = [&](const AttributeUse& use) {
      if (!search.isMissing(i, use.attribute)) return;
      findings.push_back(
          {Severity::kWarning, use.at, node.path, use.property,
           fmt::format("it reads the attribute '{}', which nothing upstream sets", use.attribute),
           "set it upstream (UpdateAttribute), or correct the name"});
    };
    if (const auto found = uses.find(node.element->id); found != uses.end()) {
      std::unordered_set<std::string> seen;
      for (const AttributeUse& use : found->second) {
        if (seen.insert(use.property + '\n' + use.attribute).second) report(use);
      }
    }
    for (const AttributeInfo& read : info->reads) {
      if (!read.name.ends_with('*')) report({read.name, "", node.element->at});
    }
  }
}

}  // namespace

void findGraphOddities(const FlowGraph& graph, const Catalog& catalog, const AttributeUses& uses,
                       Findings& findings) {
  const std::vector<bool> traps = trappingWires(graph, catalog);
  findTraps(graph, traps, findings);
  findBlockingCycles(graph, traps, findings);
  findDeadEnds(graph, findings);
  findUnreachable(graph, catalog, findings);
  findMissingAttributes(graph, catalog, uses, findings);
}

}  // namespace millrace::flow
