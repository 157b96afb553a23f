// SPDX-License-Identifier: Apache-2.0
#pragma once
// The whole graph in a few calls: boxes as rectangles, wires as straight lines, no items painted.
// Used by the view when it is far out, and by the minimap.

#include "gui/canvas/flow_scene.h"

class QPainter;

namespace millrace::gui {

struct OverviewCount {
  int boxes = 0;
  int wires = 0;
};

/// The painter has scene coordinates; `shown` is what is visible of them. Wires longer than
/// `longest` are left out: they only make a hairball. Returns what was painted.
OverviewCount paintOverview(QPainter& painter, const FlowScene& scene, const QRectF& shown,
                            double longest);

}  // namespace millrace::gui
