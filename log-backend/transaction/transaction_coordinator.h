// SPDX-License-Identifier: Apache-2.0
#pragma once
// TransactionCoordinator: producers that write to several partitions, and commit offsets, all or
// nothing. Its state is in __transaction_state.
//
// Promise: EndTxn is answered when every partition has its marker on the medium. A transaction that
// was decided ends as decided after any crash; one that was not is aborted when its time is over.
// Of the producers with one transactional id the last alone may write. The order on the medium is:
// decision, markers, completion; so a completion never stands where a marker is missing.
// Errors: Kafka's codes in the answers. Ownership: everything in Parts outlives it, it outlives the
// last group commit. Threads: any; answers are given without locks. Locks, in this order: a
// transaction's, the group coordinator's, a partition's.

#include "log-backend/group/group_coordinator.h"
#include "log-backend/transaction/transaction.h"

namespace millrace::log {

struct TransactionSettings {
  std::int32_t longestTimeoutMs = 900'000;  ///< transaction.max.timeout.ms
  Millis expirationMs = 604'800'000;        ///< transactional.id.expiration.ms
  std::int32_t partitions = 1;              ///< transaction.state.log.num.partitions
};

class TransactionCoordinator {
 public:
  struct Parts {
    Topics& topics;
    GroupCommit& commits;
    const Clock& clock;
    Deadlines& deadlines;
    GroupCoordinator& groups;
    std::function<Result<std::int64_t>()> nextProducerId;
  };
  TransactionCoordinator(Parts parts, TransactionSettings settings);

  /// Reads what the log has, and goes on with what was decided; after the groups were loaded.
  Result<> load();
  void stop();

  void initProducer(const wire::InitProducerIdRequest& request, std::int16_t version,
                    std::function<void(wire::InitProducerIdResponse)> done);
  void addPartitions(const wire::AddPartitionsToTxnRequest& request, std::int16_t version,
                     std::function<void(wire::AddPartitionsToTxnResponse)> done);
  void addOffsets(const wire::AddOffsetsToTxnRequest& request, std::int16_t version,
                  std::function<void(wire::AddOffsetsToTxnResponse)> done);
  void commitOffsets(const wire::TxnOffsetCommitRequest& request, std::int16_t version,
                     std::function<void(wire::TxnOffsetCommitResponse)> done);
  void end(const wire::EndTxnRequest& request, std::int16_t version,
           std::function<void(wire::EndTxnResponse)> done);

  /// Appends to a partition of an ongoing transaction, which cannot end meanwhile.
  AppendResult append(const std::string& id, const BatchHeader& header, const std::string& topic,
                      std::int32_t number, Partition& partition, std::span<std::byte> batch);

  wire::ListTransactionsResponse list(const wire::ListTransactionsRequest& request);
  wire::DescribeTransactionsResponse describe(const wire::DescribeTransactionsRequest& request);
  /// Forgets ids that nobody has used for long.
  void expire();

 private:
  using Pointer = std::shared_ptr<Transaction>;
  using Ended = std::function<void(ErrorCode)>;

  Pointer find(const std::string& id);
  Pointer findOrMake(const std::string& id);
  /// Of a request that names a producer; `version`: the first that knows PRODUCER_FENCED.
  static ErrorCode check(const Transaction& transaction, std::int64_t producerId,
                         std::int16_t epoch, bool knowsFenced) MR_REQUIRES(transaction.mutex);
  void add(const std::string& id, std::int64_t producerId, std::int16_t epoch, bool knowsFenced,
           const TransactionFacts::Partitions& partitions, const Ended& done);
  ErrorCode bump(Transaction& transaction, const wire::InitProducerIdRequest& request)
      MR_REQUIRES(transaction.mutex);

  // transaction_ending.cpp
  /// From ongoing to its end; `done` once every marker is durable.
  ErrorCode decide(const Pointer& transaction, Marker marker, Ended done)
      MR_REQUIRES(transaction->mutex);
  ErrorCode abortAndFence(const Pointer& transaction) MR_REQUIRES(transaction->mutex);
  void writeMarkers(const Pointer& transaction, TransactionFacts::Partitions left, Ended done);
  void complete(const Pointer& transaction, const Ended& done);
  void timedOut(const Pointer& transaction);
  void armTimeout(const Pointer& transaction, Nanos left) MR_REQUIRES(transaction->mutex);
  /// The facts as they would be; `done` when they are on the medium.
  AppendResult persist(const std::string& id, const TransactionFacts& facts,
                       std::function<void()> done);

  const Parts parts_;
  const TransactionSettings settings_;
  InternalTopic topic_;
  Mutex mutex_;
  // Shared with steps that are on their way to the medium while one expires.
  std::map<std::string, Pointer> transactions_ MR_GUARDED_BY(mutex_);
  std::atomic<bool> stopped_{false};
};

}  // namespace millrace::log
