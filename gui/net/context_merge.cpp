// SPDX-License-Identifier: Apache-2.0
#include "gui/net/context_merge.h"

#include <algorithm>
#include <optional>
#include <set>

namespace millrace::gui {
namespace {

using Maybe = std::optional<flow::ParameterContext>;

Maybe in(const Contexts& contexts, const std::string& name) {
  for (const flow::ParameterContext& each : contexts) {
    if (each.name == name) return each;
  }
  return std::nullopt;
}

/// A text lists parameters in its own order, which means nothing.
bool same(Maybe a, Maybe b) {
  for (Maybe* each : {&a, &b}) {
    if (!*each) continue;
    std::sort((*each)->parameters.begin(), (*each)->parameters.end(),
              [](const flow::Parameter& x, const flow::Parameter& y) { return x.name < y.name; });
  }
  return a == b;
}

}  // namespace

ContextMerge mergeOfContexts(const Contexts& mine, const Contexts& known, const Contexts& theirs,
                             const std::vector<Change>& coming) {
  ContextMerge merge;
  std::set<std::string> needed;
  for (const Change& change : coming) {
    if (change.after && change.after->kind == flow::ElementKind::kGroup)
      needed.insert(std::get<flow::Group>(change.after->value).parameterContext);
  }
  std::vector<std::string> names;
  for (const Contexts* side : {&theirs, &known}) {
    for (const flow::ParameterContext& each : *side) {
      if (std::find(names.begin(), names.end(), each.name) == names.end())
        names.push_back(each.name);
    }
  }
  for (std::size_t at = 0; at < names.size(); ++at) {
    const Maybe before = in(known, names[at]);
    const Maybe now = in(theirs, names[at]);
    const Maybe ours = in(mine, names[at]);
    if (same(now, ours)) continue;
    if (!ours && needed.contains(names[at])) {
      merge.changes.push_back({ours, now, at});
    } else if (!same(before, now) && !same(ours, before)) {
      merge.kept.push_back(names[at]);
    } else if (!same(before, now)) {
      merge.changes.push_back({ours, now, at});
    }
  }
  return merge;
}

bool contextsDiffer(const Contexts& mine, const Contexts& theirs) {
  return mine.size() != theirs.size() ||
         std::any_of(mine.begin(), mine.end(), [&](const flow::ParameterContext& each) {
           return !same(in(theirs, each.name), each);
         });
}

}  // namespace millrace::gui
