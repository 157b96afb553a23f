// SPDX-License-Identifier: Apache-2.0
#pragma once
// The keys and gestures that only the canvas knows, in words, for the sheet of keys. What has a
// menu entry is not here. Threads: constants.

#include <array>

namespace millrace::gui {

struct CanvasKey {
  const char* keys;
  const char* what;
};

inline constexpr std::array kCanvasKeys{
    CanvasKey{"Tab, double click", "Add a component by a few letters"},
    CanvasKey{"Arrows", "Walk from box to box"},
    CanvasKey{"Ctrl+Arrows", "Move the selection; with Alt by one pixel"},
    CanvasKey{"C", "Connect the two chosen boxes"},
    CanvasKey{"Enter", "Enter a group; configure a component"},
    CanvasKey{"Esc", "Take back a gesture, the selection; leave the group"},
    CanvasKey{"Wheel, Shift+Wheel", "Scroll"},
    CanvasKey{"Ctrl+Wheel", "Zoom to the pointer"},
    CanvasKey{"Middle drag, Space+drag", "Pan"},
    CanvasKey{"Drag from a box's right edge", "Make a wire; into the void: add the next component"},
    CanvasKey{"Double click on a wire", "Bend it; again: take the bend away"},
};

}  // namespace millrace::gui
