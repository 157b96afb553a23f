// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/overlay.h"

#include <algorithm>

namespace millrace::gui {
namespace {

QColor between(const QColor& a, const QColor& b, double share) {
  const auto mix = [share](int from, int to) {
    return from + static_cast<int>(share * (to - from));
  };
  return {mix(a.red(), b.red()), mix(a.green(), b.green()), mix(a.blue(), b.blue())};
}

}  // namespace

Overlay nextOverlay(Overlay now) {
  return now == Overlay::kErrors ? Overlay::kNone
                                 : static_cast<Overlay>(static_cast<unsigned char>(now) + 1);
}

QString overlayName(Overlay overlay) {
  switch (overlay) {
    case Overlay::kThroughput:
      return "Throughput";
    case Overlay::kLatency:
      return "Time for a task";
    case Overlay::kBusy:
      return "CPU share";
    case Overlay::kErrors:
      return "Complaints";
    default:
      return {};
  }
}

double overlayValue(Overlay overlay, const ComponentStatus& status) {
  switch (overlay) {
    case Overlay::kThroughput:
      return std::max(status.inRate, status.outRate);
    case Overlay::kLatency:
      return status.taskMillis;
    case Overlay::kBusy:
      return status.busy;
    case Overlay::kErrors:
      return status.bulletins;
    default:
      return 0;
  }
}

QString overlayWords(Overlay overlay, double value) {
  switch (overlay) {
    case Overlay::kThroughput:
      return shortCount(value) + "/s";
    case Overlay::kLatency:
      return QString::number(value, 'f', value < 10 ? 2 : 0) + " ms";
    case Overlay::kBusy:
      return QString::number(value * 100, 'f', value < 0.1 ? 1 : 0) + " %";
    default:
      return shortCount(value);
  }
}

QColor heatColour(const Theme& theme, double share) {
  const double heat = std::clamp(share, 0.0, 1.0);
  return heat < 0.5 ? between(theme.running, theme.warning, heat * 2)
                    : between(theme.warning, theme.error, heat * 2 - 1);
}

}  // namespace millrace::gui
