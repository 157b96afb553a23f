// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowComparison: what became of each component since an older flow: added, removed, changed or
// only moved on the canvas, with every setting before and after. Components are matched by id, then
// by path (engine/flow/diff.h); shared parameter contexts are among them, by name. Threads: plain
// values.

#include "engine/flow/flow.h"
#include "gui/model/flow_model.h"

#include <QPointF>
#include <QString>
#include <optional>
#include <unordered_map>
#include <vector>

namespace millrace::gui {

enum class Mark : unsigned char { kAdded, kRemoved, kChanged, kMoved };

struct ComparedDetail {
  QString what;  ///< a setting, a property or a parameter, as people name it
  QString before;
  QString after;
};

struct ComparedComponent {
  Mark mark = Mark::kChanged;
  flow::ElementId id;     ///< in the newer flow; of what is gone, in the older one
  flow::ElementId group;  ///< that holds it
  QString path;           ///< or the name of a shared parameter context
  std::vector<ComparedDetail> details{};
  bool isContext = false;  ///< then `id` and `group` say nothing
};

/// Of what is gone, for a canvas: a box that stood somewhere, or a wire between two.
struct Gone {
  Component component;
  std::optional<QPointF> at;  ///< of boxes; none: it had no place
  flow::ElementId from;       ///< of wires: the boxes at its ends
  flow::ElementId to;
};

class FlowComparison {
 public:
  FlowComparison() = default;
  FlowComparison(const flow::Flow& older, const FlowModel& newer);

  bool empty() const { return components_.empty(); }
  /// In the order of the newer flow; what is gone comes last.
  const std::vector<ComparedComponent>& components() const { return components_; }
  const std::vector<Gone>& gone() const { return gone_; }
  std::optional<Mark> markOf(flow::ElementId id) const;
  int count(Mark mark) const;
  /// "2 added, 1 removed, 3 changed"; positions alone are not named. "no difference".
  QString words() const;

 private:
  std::vector<ComparedComponent> components_;
  std::vector<Gone> gone_;
  std::unordered_map<flow::ElementId, Mark> marks_;
};

/// "added", "removed", "changed", "moved".
QString markName(Mark mark);

}  // namespace millrace::gui
