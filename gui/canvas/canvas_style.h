// SPDX-License-Identifier: Apache-2.0
#pragma once
// CanvasStyle: what all items of one scene paint with. Owned by the scene.

#include "gui/canvas/overlay.h"
#include "gui/model/flow_comparison.h"
#include "gui/model/flow_model.h"
#include "gui/model/status_store.h"
#include "gui/model/type_catalog.h"
#include "gui/theme/theme.h"

#include <QString>
#include <set>
#include <unordered_map>

namespace millrace::gui {

/// Why a component cannot start, by component; filled in by whoever validates.
using Problems = std::unordered_map<flow::ElementId, std::vector<QString>>;

struct CanvasStyle {
  const FlowModel* model = nullptr;
  const TypeCatalog* types = nullptr;
  const StatusStore* status = nullptr;
  const Theme* theme = nullptr;
  Problems problems;
  bool hitsAreWay = false;         ///< not of a search: where a FlowFile was
  std::set<flow::ElementId> hits;  ///< of a search; when not empty the rest is dimmed
  Overlay overlay = Overlay::kNone;
  double overlayMost = 0;   ///< the greatest value in the shown group
  FlowComparison compared;  ///< with an older flow; empty: with none
  flow::ElementId hovered;
  flow::ElementId wireTarget;  ///< while a wire is drawn: the node that would take it
  flow::ElementId litWire;     ///< while a node is moved: the wire it would be put on
};

/// Levels of detail, by pixels on screen for one of the canvas.
inline constexpr double kFullDetail = 0.6;
inline constexpr double kNamesOnly = 0.3;
inline constexpr double kOverview = 0.2;

/// Share of back-pressure at which a queue turns to warning, and to error.
inline constexpr double kWarnAt = 0.6;
inline constexpr double kErrorAt = 0.9;

}  // namespace millrace::gui
