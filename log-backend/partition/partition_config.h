// SPDX-License-Identifier: Apache-2.0
#pragma once
// PartitionConfig: what a partition obeys, with Kafka's defaults. Names and checks of the texts are
// in log-backend/topic/topic_config.h. -1 is "no limit" where the member says so.

#include "engine/base/clock.h"

#include <cstdint>
#include <limits>

namespace millrace::log {

constexpr std::int64_t kForEver = std::numeric_limits<std::int64_t>::max();

enum class TimestampType : std::uint8_t { kCreateTime, kLogAppendTime };

struct PartitionConfig {
  bool deletes = true;               ///< cleanup.policy holds delete
  bool compacts = false;             ///< cleanup.policy holds compact
  Millis retentionMs = 604'800'000;  ///< -1: no limit
  std::int64_t retentionBytes = -1;  ///< -1: no limit
  std::int64_t segmentBytes = 1'073'741'824;
  Millis segmentMs = 604'800'000;
  Millis segmentJitterMs = 0;
  std::int64_t segmentIndexBytes = 10'485'760;
  std::int64_t indexIntervalBytes = 4096;
  std::int64_t maxMessageBytes = 1'048'588;  ///< a batch with its first 12 bytes
  Millis deleteRetentionMs = 86'400'000;
  Millis minCompactionLagMs = 0;
  Millis maxCompactionLagMs = kForEver;
  double minCleanableDirtyRatio = 0.5;
  TimestampType timestampType = TimestampType::kCreateTime;
  Millis timestampBeforeMaxMs = kForEver;
  Millis timestampAfterMaxMs = kForEver;
};

}  // namespace millrace::log
