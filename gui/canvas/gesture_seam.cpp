// SPDX-License-Identifier: Apache-2.0
// Alone in its object file, so that a test program's own definition takes its place.

#include "gui/canvas/gesture_seam.h"

namespace millrace::gui {

bool gestureWorks(std::string_view) { return true; }

}  // namespace millrace::gui
