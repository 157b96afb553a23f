// SPDX-License-Identifier: Apache-2.0
#pragma once
// When a queue will be full: a straight line through what it held in the last minutes, as NiFi's
// prediction draws it (ordinary least squares; only a line with R² of 0.9 or more is believed, its
// nifi.analytics.connection.model.score.threshold). Threads: pure functions.

#include "engine/base/clock.h"

#include <cstdint>
#include <optional>
#include <span>

namespace millrace::server {

struct FillSample {
  Nanos at = 0;
  std::uint64_t value = 0;
};

/// Nanoseconds from the last sample on until the limit is reached: 0 when it is; nothing when it
/// does not grow, does not grow steadily, or there are too few samples. Limit 0: there is none.
/// Samples: rising times.
std::optional<Nanos> timeUntil(std::span<const FillSample> samples, std::uint64_t limit);

}  // namespace millrace::server
