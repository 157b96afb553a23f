// SPDX-License-Identifier: Apache-2.0
#pragma once
// Durations and data sizes as people write them: `30 sec`, `1.5 hours`, `64 KB`.
// Units are NiFi's: ns, ms, s, min, h, d, w and their long forms; B, KB, MB, GB, TB, each 1,024 of
// the last.

#include "engine/base/clock.h"
#include "engine/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

/// A duration with a unit, in nanoseconds. The error names the text and shows a right one.
Result<Nanos> parseDuration(std::string_view text);
/// A data size in bytes; a bare number is refused, as in NiFi.
Result<std::uint64_t> parseDataSize(std::string_view text);
/// The shortest exact form: 90'000 ms is "90 sec".
std::string formatDuration(Nanos duration);
std::string formatDataSize(std::uint64_t bytes);

}  // namespace millrace
