// SPDX-License-Identifier: Apache-2.0
#pragma once
// Overlay: one figure of every component as a colour on the canvas, from calm to hot, relative to
// the greatest of the shown group. Threads: plain functions.

#include "gui/model/status_store.h"
#include "gui/theme/theme.h"

#include <QColor>
#include <QString>

namespace millrace::gui {

enum class Overlay : unsigned char { kNone, kThroughput, kLatency, kBusy, kErrors };

/// The one that follows when somebody cycles through them.
Overlay nextOverlay(Overlay now);
QString overlayName(Overlay overlay);
/// FlowFiles a second, milliseconds a task, tasks at work at a time, complaints.
double overlayValue(Overlay overlay, const ComponentStatus& status);
/// "120/s", "3.5 ms", "45 %", "2".
QString overlayWords(Overlay overlay, double value);
/// 0: calm, 1: hot.
QColor heatColour(const Theme& theme, double share);

}  // namespace millrace::gui
