// SPDX-License-Identifier: Apache-2.0
#pragma once
// Transaction: what is known of one transactional id, and how __transaction_state keeps it, in
// Kafka's layout (FORMAT.md). Threads: each has its own lock.

#include "log-backend/group/deadlines.h"
#include "log-backend/group/internal_topic.h"

#include <set>

namespace millrace::log {

/// The numbers are those of the log.
enum class TransactionState : std::int8_t {
  kEmpty = 0,          ///< a producer has the id, and has begun nothing
  kOngoing = 1,        ///< partitions belong to it
  kPrepareCommit = 2,  ///< decided; from here on it cannot end otherwise
  kPrepareAbort = 3,
  kCompleteCommit = 4,  ///< every partition has its marker
  kCompleteAbort = 5,
};
/// As clients are shown it.
std::string_view textOf(TransactionState state);

/// What outlives the process.
struct TransactionFacts {
  using Partitions = std::set<std::pair<std::string, std::int32_t>>;
  std::int64_t producerId = kNoProducer;
  std::int16_t epoch = -1;
  std::int32_t timeoutMs = 0;
  TransactionState state = TransactionState::kEmpty;
  Partitions partitions;
  Millis updated = kNoTimestamp;  ///< wall clock
  Millis started = kNoTimestamp;  ///< wall clock; -1 while nothing is begun
  bool operator==(const TransactionFacts&) const = default;
};

std::vector<std::byte> encodeTransactionKey(const std::string& id);
/// Nothing: a kind of key that we do not know, or a malformed one.
std::optional<std::string> decodeTransactionKey(ByteView bytes);
std::vector<std::byte> encodeTransaction(const TransactionFacts& facts);
std::optional<TransactionFacts> decodeTransaction(ByteView bytes);

struct Transaction {
  explicit Transaction(std::string given) : id(std::move(given)) {}
  const std::string id;
  Mutex mutex;
  TransactionFacts facts MR_GUARDED_BY(mutex);
  /// The epoch before the last InitProducerId that named it, whose answer may have been lost.
  std::int16_t before MR_GUARDED_BY(mutex) = -1;
  /// A step is on its way to the medium; whoever wants another one has to wait.
  bool busy MR_GUARDED_BY(mutex) = false;
  bool gone MR_GUARDED_BY(mutex) = false;  ///< expired
  std::optional<Deadlines::Token> timeout MR_GUARDED_BY(mutex);
};

}  // namespace millrace::log
