// SPDX-License-Identifier: Apache-2.0
#include "log-backend/producer/answer_code.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace millrace::log {
namespace {

struct Meaning {
  std::int16_t code;
  Remedy remedy;
  std::string_view text;
};

constexpr std::array kMeanings{
    Meaning{2, Remedy::kRetry, "CORRUPT_MESSAGE: the batch was damaged on its way"},
    Meaning{3, Remedy::kRetry, "UNKNOWN_TOPIC_OR_PARTITION: there is no such topic or partition"},
    Meaning{5, Remedy::kRetry, "LEADER_NOT_AVAILABLE: the partition has no leader"},
    Meaning{6, Remedy::kRetry, "NOT_LEADER_OR_FOLLOWER: another broker leads the partition"},
    Meaning{7, Remedy::kRetryUnsure, "REQUEST_TIMED_OUT: the replicas took too long"},
    Meaning{8, Remedy::kRetry, "BROKER_NOT_AVAILABLE"},
    Meaning{9, Remedy::kRetry, "REPLICA_NOT_AVAILABLE"},
    Meaning{10, Remedy::kNone,
            "MESSAGE_TOO_LARGE: the topic takes no record so large (max.message.bytes)"},
    Meaning{13, Remedy::kRetryUnsure, "NETWORK_EXCEPTION"},
    Meaning{14, Remedy::kRetry, "COORDINATOR_LOAD_IN_PROGRESS"},
    Meaning{15, Remedy::kRetry, "COORDINATOR_NOT_AVAILABLE"},
    Meaning{16, Remedy::kRetry, "NOT_COORDINATOR"},
    Meaning{17, Remedy::kNone, "INVALID_TOPIC_EXCEPTION: a topic cannot be called so"},
    Meaning{18, Remedy::kNone, "RECORD_LIST_TOO_LARGE: the batch is longer than a segment"},
    Meaning{19, Remedy::kRetry, "NOT_ENOUGH_REPLICAS: too few replicas are in sync"},
    Meaning{20, Remedy::kRetryUnsure, "NOT_ENOUGH_REPLICAS_AFTER_APPEND"},
    Meaning{21, Remedy::kNone, "INVALID_REQUIRED_ACKS"},
    Meaning{29, Remedy::kNone, "TOPIC_AUTHORIZATION_FAILED: the user must not write to the topic"},
    Meaning{31, Remedy::kNone,
            "CLUSTER_AUTHORIZATION_FAILED: the user must not write idempotently"},
    Meaning{33, Remedy::kNone, "UNSUPPORTED_SASL_MECHANISM: the broker does not offer it"},
    Meaning{34, Remedy::kNone, "ILLEGAL_SASL_STATE: the broker asks nobody who he is"},
    Meaning{35, Remedy::kNone, "UNSUPPORTED_VERSION"},
    Meaning{45, Remedy::kNewIdentity, "OUT_OF_ORDER_SEQUENCE_NUMBER"},
    Meaning{47, Remedy::kNewIdentity, "INVALID_PRODUCER_EPOCH"},
    Meaning{48, Remedy::kNone, "INVALID_TXN_STATE"},
    Meaning{49, Remedy::kNewIdentity, "INVALID_PRODUCER_ID_MAPPING"},
    Meaning{51, Remedy::kRetry, "CONCURRENT_TRANSACTIONS: the last transaction is still ending"},
    Meaning{53, Remedy::kNone,
            "TRANSACTIONAL_ID_AUTHORIZATION_FAILED: the user must not use the transactional id"},
    Meaning{56, Remedy::kRetry, "KAFKA_STORAGE_ERROR: the broker's disk fails"},
    Meaning{58, Remedy::kNone, "SASL_AUTHENTICATION_FAILED: user or password are wrong"},
    Meaning{59, Remedy::kNewIdentity, "UNKNOWN_PRODUCER_ID"},
    Meaning{74, Remedy::kRetry, "FENCED_LEADER_EPOCH"},
    Meaning{75, Remedy::kRetry, "UNKNOWN_LEADER_EPOCH"},
    Meaning{76, Remedy::kNone, "UNSUPPORTED_COMPRESSION_TYPE"},
    Meaning{87, Remedy::kNone, "INVALID_RECORD: the topic does not take it (without a key?)"},
    Meaning{89, Remedy::kRetry, "THROTTLING_QUOTA_EXCEEDED"},
    Meaning{90, Remedy::kNewIdentity, "PRODUCER_FENCED: somebody else uses the transactional id"},
};

const Meaning* meaningOf(std::int16_t code) {
  const auto found = std::find_if(kMeanings.begin(), kMeanings.end(),
                                  [code](const Meaning& each) { return each.code == code; });
  return found == kMeanings.end() ? nullptr : &*found;
}

}  // namespace

Remedy remedyOf(std::int16_t code) {
  const Meaning* const meaning = meaningOf(code);
  return meaning == nullptr ? Remedy::kNone : meaning->remedy;
}

std::string answerText(std::int16_t code) {
  const Meaning* const meaning = meaningOf(code);
  return meaning == nullptr ? "error " + std::to_string(code) : std::string(meaning->text);
}

}  // namespace millrace::log
