// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pictures of a flow: SVG, or PNG at twice the size, of one group.

#include "engine/base/result.h"
#include "gui/canvas/flow_scene.h"

#include <QString>

namespace millrace::gui {

/// `out` ends in .svg or .png; anything else is refused. The scene must be Purpose::kPicture.
Result<> renderPicture(FlowScene& scene, const QString& out);

}  // namespace millrace::gui
