// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the codes mean that a cluster answers with (org.apache.kafka.common.protocol.Errors), for a
// producer: in words, and what to do. Threads: functions of their arguments alone.

#include <cstdint>
#include <string>

namespace millrace::log {

enum class Remedy : std::uint8_t {
  kNone,         ///< it will not get better: the records are refused
  kRetry,        ///< the same again after a moment, with the leader asked for anew
  kRetryUnsure,  ///< as kRetry, but the log may have the batch already
  kNewIdentity,  ///< the log does not know the producer, or no longer: with a new producer id
};

/// Of a code that is not 0.
Remedy remedyOf(std::int16_t code);
/// Such as "NOT_LEADER_OR_FOLLOWER", or "error 999".
std::string answerText(std::int16_t code);

namespace answer {
constexpr std::int16_t kNone = 0;
constexpr std::int16_t kUnknownTopic = 3;
constexpr std::int16_t kNotCoordinator = 16;
constexpr std::int16_t kDuplicateSequence = 46;
constexpr std::int16_t kConcurrentTransactions = 51;
}  // namespace answer

}  // namespace millrace::log
