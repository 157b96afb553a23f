// SPDX-License-Identifier: Apache-2.0
#include "gui/model/flow_comparison.h"

#include "engine/flow/diff.h"

#include <algorithm>
#include <map>

namespace millrace::gui {

using flow::Difference;
using flow::DifferenceKind;
using flow::ElementId;

namespace {

using ByPath = std::unordered_map<std::string, ElementId>;

ByPath pathsOf(const FlowModel& model) {
  ByPath paths;
  for (const auto& [id, component] : model.components()) paths.emplace(model.pathOf(id), id);
  return paths;
}

QString inWords(const std::string& text) { return QString::fromStdString(text); }

/// A key of the flow file as people read it: `back-pressure.count` is "back pressure count".
QString settingName(const Difference& difference) {
  switch (difference.kind) {
    case DifferenceKind::kRenamed:
      return "name";
    case DifferenceKind::kMoved:
      return "place in the flow";
    case DifferenceKind::kChanged:
    case DifferenceKind::kLayout:
    case DifferenceKind::kContextChanged:
      return inWords(difference.key).replace('.', ' ').replace('-', ' ');
    case DifferenceKind::kParameterAdded:
    case DifferenceKind::kParameterRemoved:
      return "parameter " + inWords(difference.key);
    case DifferenceKind::kParameterChanged: {
      // `late.value`, `late.comment`; a name may have dots of its own.
      const QString key = inWords(difference.key);
      const qsizetype dot = key.lastIndexOf('.');
      const QString part = key.mid(dot + 1);
      return "parameter " + key.left(dot) + (part == "value" ? QString() : ", " + part);
    }
    default:
      return inWords(difference.key);
  }
}

Mark markFor(DifferenceKind kind) {
  switch (kind) {
    case DifferenceKind::kAdded:
    case DifferenceKind::kContextAdded:
      return Mark::kAdded;
    case DifferenceKind::kRemoved:
    case DifferenceKind::kContextRemoved:
      return Mark::kRemoved;
    case DifferenceKind::kLayout:
      return Mark::kMoved;
    default:
      return Mark::kChanged;
  }
}

/// Of one that only one of the flows has.
std::vector<ComparedDetail> parametersOf(const std::vector<flow::ParameterContext>& contexts,
                                         const std::string& name, Mark mark) {
  std::vector<ComparedDetail> details;
  for (const flow::ParameterContext& context : contexts) {
    if (context.name != name) continue;
    for (const flow::Parameter& each : context.parameters) {
      const QString value =
          each.sensitive ? QString("(sensitive)") : inWords(each.value.value_or(""));
      ComparedDetail detail{"parameter " + inWords(each.name), {}, {}};
      (mark == Mark::kAdded ? detail.after : detail.before) = value;
      details.push_back(std::move(detail));
    }
  }
  return details;
}

}  // namespace

QString markName(Mark mark) {
  switch (mark) {
    case Mark::kAdded:
      return "added";
    case Mark::kRemoved:
      return "removed";
    case Mark::kChanged:
      return "changed";
    case Mark::kMoved:
      return "moved";
  }
  return {};
}

FlowComparison::FlowComparison(const flow::Flow& older, const FlowModel& newer) {
  FlowModel before;
  before.reset(older);
  const ByPath olderPaths = pathsOf(before);
  const ByPath newerPaths = pathsOf(newer);
  std::map<std::string, std::size_t> rows;  // by path, and whether it is gone
  for (const Difference& difference : flow::diffFlows(older, newer.toFlow())) {
    const Mark mark = markFor(difference.kind);
    const bool gone = mark == Mark::kRemoved;
    const std::string key =
        (gone ? "-" : "+") + std::string(difference.ofContext ? "#" : "/") + difference.path;
    auto row = rows.find(key);
    if (row == rows.end()) {
      row = rows.emplace(key, components_.size()).first;
      const FlowModel& model = gone ? before : newer;
      const ByPath& paths = gone ? olderPaths : newerPaths;
      const auto id = paths.find(difference.path);
      ComparedComponent component;
      component.mark = mark;
      component.path = inWords(difference.path);
      component.isContext = difference.ofContext;
      if (component.isContext && mark != Mark::kChanged)
        component.details = parametersOf(gone ? older.parameterContexts : newer.parameterContexts(),
                                         difference.path, mark);
      if (!component.isContext && id != paths.end()) {
        component.id = id->second;
        component.group = model.find(id->second)->group;
      }
      components_.push_back(std::move(component));
    }
    ComparedComponent& component = components_[row->second];
    // What is only in another place is the least; what is new has nothing to compare with.
    if (component.mark == Mark::kMoved) component.mark = mark;
    if (mark == Mark::kChanged || mark == Mark::kMoved)
      component.details.push_back(
          {settingName(difference), inWords(difference.before), inWords(difference.after)});
  }
  for (const ComparedComponent& component : components_) {
    if (component.isContext) continue;
    if (component.mark != Mark::kRemoved) {
      marks_.emplace(component.id, component.mark);
      continue;
    }
    const Component* there = before.find(component.id);
    if (there == nullptr || component.id == kRootGroup) continue;
    Gone gone{*there, std::nullopt, {}, {}};
    if (before.hasPosition(component.id)) gone.at = before.position(component.id);
    if (const flow::Connection* wire = there->connection()) {
      gone.from = before.nodeOf(wire->from.id, there->group);
      gone.to = before.nodeOf(wire->to.id, there->group);
    }
    gone_.push_back(std::move(gone));
  }
}

std::optional<Mark> FlowComparison::markOf(ElementId id) const {
  const auto found = marks_.find(id);
  return found == marks_.end() ? std::nullopt : std::optional(found->second);
}

int FlowComparison::count(Mark mark) const {
  return static_cast<int>(std::count_if(components_.begin(), components_.end(),
                                        [&](const auto& each) { return each.mark == mark; }));
}

QString FlowComparison::words() const {
  QStringList parts;
  for (const Mark mark : {Mark::kAdded, Mark::kRemoved, Mark::kChanged}) {
    if (const int number = count(mark); number > 0)
      parts << QString("%1 %2").arg(number).arg(markName(mark));
  }
  if (!parts.isEmpty()) return parts.join(", ");
  return empty() ? "no difference" : "no difference but positions";
}

}  // namespace millrace::gui
