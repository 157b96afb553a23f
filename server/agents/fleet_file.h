// SPDX-License-Identifier: Apache-2.0
#pragma once
// FleetFile: the fleet as the file DATA/agents/registry keeps it (FORMAT.md). Errors name the line.
// Threads: pure functions.

#include "engine/base/result.h"
#include "server/agents/fleet.h"

#include <string>
#include <string_view>

namespace millrace::server {

std::string fleetToText(const Fleet& fleet);
Result<Fleet> fleetFromText(std::string_view text, const std::string& path);

}  // namespace millrace::server
