// SPDX-License-Identifier: Apache-2.0
#pragma once
// DirectProducer: publishes to a cluster, one batch at a time, and waits for its word on each.
//
// Promise: without an Error every record is there once, with acks=all and however often the
// connection breaks; with transactions an Error says that none counts, unless it says that nobody
// knows. Without transactions some records of a failed call may be there: those of a batch that was
// sent and not answered are not there twice when the next call has the same records for the
// partition. Ownership: its settings are its own, the network and the clock are not. Threads: any;
// calls take turns.

#include "engine/base/mutex.h"
#include "log-backend/client/log.h"
#include "log-backend/partition/batch_header.h"
#include "log-backend/producer/cluster.h"
#include "log-backend/producer/producer_identity.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace millrace::log {

class DirectProducer final : public LogProducer {
 public:
  static Result<std::unique_ptr<LogProducer>> make(net::Network& network, const Clock& clock,
                                                   const DirectSettings& settings,
                                                   ProducerOptions options);

  Result<std::unique_ptr<LogWork>> send(std::span<const OutRecord> records) override;

 private:
  using Records = std::vector<const OutRecord*>;
  struct Parcel {
    PartitionName to;
    Records records;
  };
  /// What the broker said of a batch, if it did.
  enum class Word : std::uint8_t { kTaken, kAgain, kAgainUnsure, kNewIdentity };

  DirectProducer(net::Network& network, const Clock& clock, DirectSettings settings,
                 ProducerOptions options, Codec codec, std::string transactionalId)
      : clock_(clock),
        settings_(std::move(settings)),
        options_(std::move(options)),
        codec_(codec),
        idempotent_(options_.acknowledgement == Acknowledgement::kAll),
        cluster_(network, clock_, settings_),
        identity_(cluster_, std::move(transactionalId), settings_.answerWait) {}

  Result<std::vector<Parcel>> pack(std::span<const OutRecord> records) MR_REQUIRES(turn_);
  Result<std::int32_t> partitionOf(const OutRecord& record, std::int32_t count) MR_REQUIRES(turn_);
  Result<> sendAll(const std::vector<Parcel>& parcels) MR_REQUIRES(turn_);
  Result<> sendAsTransaction(const std::vector<Parcel>& parcels) MR_REQUIRES(turn_);
  /// Until the log has the batch, or its time is over.
  Result<> deliver(const Parcel& parcel) MR_REQUIRES(turn_);
  Result<std::vector<std::byte>> encode(const Parcel& parcel) MR_REQUIRES(turn_);
  /// One attempt. An Error: the batch is refused. `why`: what was wrong with the attempt.
  Result<Word> attempt(const PartitionName& to, ByteView batch, Nanos deadline, std::string& why)
      MR_REQUIRES(turn_);

  const Clock& clock_;
  const DirectSettings settings_;
  const ProducerOptions options_;
  const Codec codec_;
  const bool idempotent_;
  Mutex turn_;
  Cluster cluster_ MR_GUARDED_BY(turn_);
  ProducerIdentity identity_ MR_GUARDED_BY(turn_);
  /// Batches of which nobody knows whether the log has them.
  std::map<PartitionName, std::vector<std::byte>> unsure_ MR_GUARDED_BY(turn_);
  std::uint32_t next_ MR_GUARDED_BY(turn_) = 0;  ///< in turn
};

}  // namespace millrace::log
