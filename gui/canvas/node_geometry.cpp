// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/node_geometry.h"

#include <algorithm>
#include <cmath>

namespace millrace::gui {

using flow::ElementKind;

QSizeF sizeOf(const Component& component) {
  switch (component.kind) {
    case ElementKind::kInputPort:
    case ElementKind::kOutputPort:
      return {168, 48};
    case ElementKind::kFunnel:
      return {48, 48};
    case ElementKind::kLabel: {
      const auto& size = component.element().layout.size;
      return size ? QSizeF(size->x, size->y).expandedTo(kLeastNote) : QSizeF(240, 96);
    }
    case ElementKind::kGroup:
    case ElementKind::kRemoteGroup:
      return {248, 104};
    default:
      return {232, 88};
  }
}

bool hasInput(const Component& component) {
  return component.kind != ElementKind::kLabel && component.kind != ElementKind::kInputPort;
}

bool hasOutput(const Component& component) {
  return component.kind != ElementKind::kLabel && component.kind != ElementKind::kOutputPort;
}

QPointF snapped(QPointF at) {
  return {std::round(at.x() / kGrid) * kGrid, std::round(at.y() / kGrid) * kGrid};
}

}  // namespace millrace::gui
