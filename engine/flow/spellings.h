// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a flow file spells the values of the model's closed sets: read, written and documented alike.

#include "engine/flow/flow.h"
#include "engine/flow/keys.h"

namespace millrace::flow {

inline constexpr std::array<Spelling<RunState>, 3> kRunStates{{
    {RunState::kRunning, "running"},
    {RunState::kStopped, "stopped"},
    {RunState::kDisabled, "disabled"},
}};
inline constexpr std::array<Spelling<bool>, 2> kServiceStates{{
    {true, "enabled"},
    {false, "disabled"},
}};
inline constexpr std::array<Spelling<bool>, 2> kBooleans{{{true, "true"}, {false, "false"}}};
inline constexpr std::array<Spelling<BulletinLevel>, 5> kBulletinLevels{{
    {BulletinLevel::kDebug, "debug"},
    {BulletinLevel::kInfo, "info"},
    {BulletinLevel::kWarn, "warn"},
    {BulletinLevel::kError, "error"},
    {BulletinLevel::kNone, "none"},
}};
inline constexpr std::array<Spelling<Backoff>, 2> kBackoffs{{
    {Backoff::kPenalize, "penalize"},
    {Backoff::kYield, "yield"},
}};
inline constexpr std::array<Spelling<Execution>, 2> kExecutions{{
    {Execution::kAll, "all"},
    {Execution::kPrimary, "primary"},
}};
inline constexpr std::array<Spelling<Prioritizer>, 4> kPrioritizers{{
    {Prioritizer::kFifo, "fifo"},
    {Prioritizer::kNewestFirst, "newest first"},
    {Prioritizer::kOldestFirst, "oldest first"},
    {Prioritizer::kPriorityAttribute, "priority attribute"},
}};
inline constexpr std::array<Spelling<WhenFull>, 3> kWhenFull{{
    {WhenFull::kWait, "wait"},
    {WhenFull::kDropOldest, "drop oldest"},
    {WhenFull::kDropNewest, "drop newest"},
}};
inline constexpr std::array<Spelling<RemoteTransport>, 2> kTransports{{
    {RemoteTransport::kRaw, "raw"},
    {RemoteTransport::kHttp, "http"},
}};
inline constexpr std::array<Spelling<FlowFileConcurrency>, 3> kFlowFileConcurrencies{{
    {FlowFileConcurrency::kUnbounded, "unbounded"},
    {FlowFileConcurrency::kSingleFlowFile, "single flowfile"},
    {FlowFileConcurrency::kSingleBatch, "single batch"},
}};
inline constexpr std::array<Spelling<OutboundPolicy>, 2> kOutboundPolicies{{
    {OutboundPolicy::kStream, "stream"},
    {OutboundPolicy::kBatch, "batch"},
}};

}  // namespace millrace::flow
