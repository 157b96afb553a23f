// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a batch must be before a partition takes it: everything that needs no state of the
// partition. Threads: functions of their arguments alone.

#include "log-backend/partition/batch_header.h"
#include "log-backend/partition/error_code.h"
#include "log-backend/partition/partition_config.h"

#include <string>

namespace millrace::log {

struct Refusal {
  ErrorCode code = ErrorCode::kNone;
  std::string message;
  bool refused() const { return code != ErrorCode::kNone; }
};

enum class Origin : std::uint8_t {
  kClient,       ///< from outside: everything is checked
  kCoordinator,  ///< a marker of our own
  kSession,      ///< belongs to a commit of the engine
};

/// `batch` holds exactly one batch. Unfolds its records and looks at each of them.
Refusal checkBatch(ByteView batch, Origin origin, const PartitionConfig& config, Millis now);

}  // namespace millrace::log
