// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which partition a key belongs to, as Kafka's Java client decides it, so that records with one key
// meet in one partition whoever wrote them. Threads: functions of their arguments.

#include "engine/base/bytes.h"

#include <cstdint>

namespace millrace::log {

/// MurmurHash2 of 32 bits with the seed that Kafka's Java client uses.
std::uint32_t murmur2(ByteView bytes);
/// Of `partitions`, at least 1.
std::int32_t partitionOfKey(ByteView key, std::int32_t partitions);

}  // namespace millrace::log
