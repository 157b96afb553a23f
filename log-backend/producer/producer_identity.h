// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProducerIdentity: the producer id and epoch that the cluster gave, the sequences of batches under
// it, and the transaction that is open, if it has a transactional id.
//
// A sequence counts the records of a partition: a batch begins with nextSequence() and, once the
// log has it, counted() moves on. renew() gives all that up: the next ensure() asks for another id,
// and with a transactional id aborts what is open. Ownership: its producer's. Threads: one at a
// time; a call ends at its deadline.

#include "log-backend/producer/cluster.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace millrace::log {

/// Topic and number.
using PartitionName = std::pair<std::string, std::int32_t>;

class ProducerIdentity {
 public:
  /// `transactionalId`: empty without transactions. A transaction that stays open for longer than
  /// `transactionTimeout` is aborted by the cluster.
  ProducerIdentity(Cluster& cluster, std::string transactionalId, Nanos transactionTimeout)
      : cluster_(cluster),
        transactionalId_(std::move(transactionalId)),
        transactionTimeout_(transactionTimeout) {}

  Result<> ensure(Nanos deadline);
  void renew();
  std::int64_t id() const { return id_; }
  std::int16_t epoch() const { return epoch_; }
  const std::string& transactionalId() const { return transactionalId_; }

  std::int32_t nextSequence(const PartitionName& partition) const;
  void counted(const PartitionName& partition, std::int32_t records);

  /// Says that the transaction, which begins with that, writes to these partitions.
  Result<> enlist(const std::vector<PartitionName>& partitions, Nanos deadline);
  /// Commits it, or aborts it.
  Result<> end(bool commit, Nanos deadline);

 private:
  /// Asks until the answer has no code that may pass.
  template <typename Response, typename Request, typename CodeOf>
  Result<Response> persist(const Request& request, const char* doing, Nanos deadline,
                           const CodeOf& codeOf);

  Cluster& cluster_;
  const std::string transactionalId_;
  const Nanos transactionTimeout_;
  std::int64_t id_ = -1;  ///< -1: none yet
  std::int16_t epoch_ = -1;
  std::map<PartitionName, std::int32_t> sequences_;
};

}  // namespace millrace::log
