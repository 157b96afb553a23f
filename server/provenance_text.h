// SPDX-License-Identifier: Apache-2.0
#pragma once
// How `millrace provenance` shows events, and how it reads times. Threads: any.

#include "host/flow_names.h"

#include "engine/ports/provenance_event.h"

#include <string>
#include <string_view>

namespace millrace::server {

/// UTC, such as 2026-11-22T16:05:00.250Z.
std::string timeText(Millis time);
/// UTC: 2026-11-22, 2026-11-22T16:05, with seconds, with milliseconds, with Z or without; or
/// milliseconds since 1970.
Result<Millis> parseTime(std::string_view text);

/// One line.
std::string lineOf(const ProvenanceEvent& event, const host::FlowNames& names);
/// Everything, over several lines.
std::string pageOf(const ProvenanceEvent& event, const host::FlowNames& names);
/// Everything, as one JSON object without a line break.
std::string jsonOf(const ProvenanceEvent& event, const host::FlowNames& names);

}  // namespace millrace::server
