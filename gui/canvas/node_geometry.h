// SPDX-License-Identifier: Apache-2.0
#pragma once
// The sizes of what stands on the canvas, in canvas pixels, and where wires meet it.

#include "gui/model/component.h"

#include <QPointF>
#include <QRectF>
#include <QSizeF>

namespace millrace::gui {

inline constexpr double kGrid = 8;          ///< positions snap to it
inline constexpr double kHandleReach = 12;  ///< how near the pointer must be to an outgoing handle

inline constexpr QSizeF kLeastNote{48, 32};

QSizeF sizeOf(const Component& component);
bool hasInput(const Component& component);   ///< wires of its own group may end here
bool hasOutput(const Component& component);  ///< and begin here

/// In the node's coordinates.
inline QPointF inputHandle(const QSizeF& size) { return {0, size.height() / 2}; }
inline QPointF outputHandle(const QSizeF& size) { return {size.width(), size.height() / 2}; }

QPointF snapped(QPointF at);

}  // namespace millrace::gui
