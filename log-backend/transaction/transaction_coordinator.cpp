// SPDX-License-Identifier: Apache-2.0
// TransactionCoordinator, the way in: who may write, and where.
#include "log-backend/transaction/transaction_coordinator.h"

#include <fmt/format.h>

#include <limits>

namespace millrace::log {
namespace {

/// The one after it is left for the abort that fences a producer off.
constexpr std::int16_t kLastEpoch = std::numeric_limits<std::int16_t>::max() - 1;

std::int16_t wire16(ErrorCode code) { return static_cast<std::int16_t>(code); }

bool isDecided(TransactionState state) {
  return state == TransactionState::kPrepareCommit || state == TransactionState::kPrepareAbort;
}

}  // namespace

TransactionCoordinator::Pointer TransactionCoordinator::find(const std::string& id) {
  MutexLock lock(mutex_);
  const auto found = transactions_.find(id);
  return found == transactions_.end() ? nullptr : found->second;
}

TransactionCoordinator::Pointer TransactionCoordinator::findOrMake(const std::string& id) {
  MutexLock lock(mutex_);
  Pointer& place = transactions_[id];
  if (place == nullptr) place = std::make_shared<Transaction>(id);
  return place;
}

ErrorCode TransactionCoordinator::check(const Transaction& transaction, std::int64_t producerId,
                                        std::int16_t epoch, bool knowsFenced) {
  if (transaction.gone || transaction.facts.producerId != producerId)
    return ErrorCode::kInvalidProducerIdMapping;
  if (transaction.facts.epoch != epoch)
    return knowsFenced ? ErrorCode::kProducerFenced : ErrorCode::kInvalidProducerEpoch;
  if (transaction.busy || isDecided(transaction.facts.state))
    return ErrorCode::kConcurrentTransactions;
  return ErrorCode::kNone;
}

/// The producer that a new one with the same id takes the place of, is shut out by its epoch.
ErrorCode TransactionCoordinator::bump(Transaction& transaction,
                                       const wire::InitProducerIdRequest& request) {
  TransactionFacts& facts = transaction.facts;
  const bool resumes = request.producerId != kNoProducer && facts.producerId != kNoProducer;
  if (resumes) {
    if (request.producerId != facts.producerId) return ErrorCode::kProducerFenced;
    const bool again = transaction.before >= 0 && request.producerEpoch == transaction.before;
    if (again) return ErrorCode::kNone;  // the answer was lost
    if (request.producerEpoch != facts.epoch) return ErrorCode::kProducerFenced;
  }
  if (facts.producerId == kNoProducer || facts.epoch >= kLastEpoch) {
    const auto fresh = parts_.nextProducerId();
    if (!fresh.ok()) return ErrorCode::kCoordinatorNotAvailable;
    facts.producerId = *fresh;
    facts.epoch = 0;
    transaction.before = -1;
    return ErrorCode::kNone;
  }
  transaction.before = resumes ? facts.epoch : std::int16_t{-1};
  ++facts.epoch;
  return ErrorCode::kNone;
}

void TransactionCoordinator::initProducer(const wire::InitProducerIdRequest& request,
                                          std::int16_t version,
                                          std::function<void(wire::InitProducerIdResponse)> done) {
  constexpr std::int16_t kFirstWithFenced = 4;
  const auto refuse = [&](ErrorCode code) {
    if (code == ErrorCode::kProducerFenced && version < kFirstWithFenced)
      code = ErrorCode::kInvalidProducerEpoch;
    wire::InitProducerIdResponse response;
    response.errorCode = wire16(code);
    response.producerEpoch = -1;
    done(std::move(response));
  };
  const std::string id = request.transactionalId.value_or("");
  if (id.empty()) return refuse(ErrorCode::kInvalidRequest);
  if (request.transactionTimeoutMs <= 0 ||
      request.transactionTimeoutMs > settings_.longestTimeoutMs)
    return refuse(ErrorCode::kInvalidTransactionTimeout);
  if (stopped_ || topic_.ensure().refused()) return refuse(ErrorCode::kCoordinatorNotAvailable);
  const Pointer transaction = findOrMake(id);
  ErrorCode code = ErrorCode::kNone;
  {
    MutexLock lock(transaction->mutex);
    if (transaction->gone || transaction->busy || isDecided(transaction->facts.state)) {
      code = ErrorCode::kConcurrentTransactions;
    } else if (transaction->facts.state == TransactionState::kOngoing) {
      const bool foreign = request.producerId != kNoProducer &&
                           (request.producerId != transaction->facts.producerId ||
                            request.producerEpoch != transaction->facts.epoch);
      // What the last one began is undone first; the client asks again until that is done.
      code = foreign ? ErrorCode::kProducerFenced : abortAndFence(transaction);
      if (code == ErrorCode::kNone) code = ErrorCode::kConcurrentTransactions;
    } else {
      const TransactionFacts old = transaction->facts;
      const std::int16_t before = transaction->before;
      code = bump(*transaction, request);
      if (code == ErrorCode::kNone) {
        TransactionFacts& facts = transaction->facts;
        facts.timeoutMs = request.transactionTimeoutMs;
        facts.state = TransactionState::kEmpty;
        facts.started = kNoTimestamp;
        facts.updated = parts_.clock.wall();
        transaction->busy = true;
        wire::InitProducerIdResponse response;
        response.producerId = facts.producerId;
        response.producerEpoch = facts.epoch;
        const auto written = persist(id, facts, [transaction, response, done] {
          {
            MutexLock again(transaction->mutex);
            transaction->busy = false;
          }
          done(response);
        });
        if (written.ok()) return;
        transaction->busy = false;
        transaction->facts = old;
        transaction->before = before;
        code = ErrorCode::kCoordinatorNotAvailable;
      }
    }
  }
  refuse(code);
}

void TransactionCoordinator::add(const std::string& id, std::int64_t producerId, std::int16_t epoch,
                                 bool knowsFenced, const TransactionFacts::Partitions& partitions,
                                 const Ended& done) {
  const Pointer transaction = find(id);
  if (transaction == nullptr) return done(ErrorCode::kInvalidProducerIdMapping);
  ErrorCode code = ErrorCode::kNone;
  {
    MutexLock lock(transaction->mutex);
    code = stopped_ ? ErrorCode::kCoordinatorNotAvailable
                    : check(*transaction, producerId, epoch, knowsFenced);
    if (code == ErrorCode::kNone) {
      TransactionFacts next = transaction->facts;
      const bool begins = next.state != TransactionState::kOngoing;
      if (begins) {
        next.state = TransactionState::kOngoing;
        next.partitions.clear();
        next.started = parts_.clock.wall();
      }
      next.partitions.insert(partitions.begin(), partitions.end());
      next.updated = parts_.clock.wall();
      if (begins || next.partitions != transaction->facts.partitions) {
        const auto written = persist(id, next, [transaction, done] {
          {
            MutexLock again(transaction->mutex);
            transaction->busy = false;
          }
          done(ErrorCode::kNone);
        });
        if (written.ok()) {
          transaction->facts = std::move(next);
          transaction->busy = true;
          if (begins) armTimeout(transaction, transaction->facts.timeoutMs * kMillisecond);
          return;
        }
        code = ErrorCode::kCoordinatorNotAvailable;
      }
    }
  }
  done(code);
}

void TransactionCoordinator::addPartitions(
    const wire::AddPartitionsToTxnRequest& request, std::int16_t version,
    std::function<void(wire::AddPartitionsToTxnResponse)> done) {
  constexpr std::int16_t kFirstWithFenced = 2;
  TransactionFacts::Partitions partitions;
  bool allThere = true;
  const auto isThere = [this](const std::string& topic, std::int32_t partition) {
    return parts_.topics.partition(topic, partition) != nullptr;
  };
  for (const auto& topic : request.topics) {
    for (const std::int32_t partition : topic.partitions) {
      partitions.emplace(topic.name, partition);
      allThere = allThere && isThere(topic.name, partition);
    }
  }
  const auto answer = [request, isThere, done](ErrorCode code, bool complete) {
    wire::AddPartitionsToTxnResponse response;
    for (const auto& topic : request.topics) {
      auto& answers = response.results.emplace_back();
      answers.name = topic.name;
      for (const std::int32_t partition : topic.partitions) {
        ErrorCode own = code;
        if (!complete)
          own = isThere(topic.name, partition) ? ErrorCode::kOperationNotAttempted
                                               : ErrorCode::kUnknownTopicOrPartition;
        answers.results.push_back({partition, wire16(own)});
      }
    }
    done(std::move(response));
  };
  if (!allThere) return answer(ErrorCode::kNone, false);
  add(request.transactionalId, request.producerId, request.producerEpoch,
      version >= kFirstWithFenced, partitions, [answer](ErrorCode code) { answer(code, true); });
}

void TransactionCoordinator::addOffsets(const wire::AddOffsetsToTxnRequest& request,
                                        std::int16_t version,
                                        std::function<void(wire::AddOffsetsToTxnResponse)> done) {
  constexpr std::int16_t kFirstWithFenced = 2;
  InternalTopic& offsets = parts_.groups.offsetsTopic();
  const auto answer = [done = std::move(done)](ErrorCode code) {
    wire::AddOffsetsToTxnResponse response;
    response.errorCode = wire16(code);
    done(std::move(response));
  };
  if (offsets.ensure().refused()) return answer(ErrorCode::kCoordinatorNotAvailable);
  add(request.transactionalId, request.producerId, request.producerEpoch,
      version >= kFirstWithFenced, {{offsets.name(), offsets.partitionOf(request.groupId)}},
      answer);
}

void TransactionCoordinator::commitOffsets(
    const wire::TxnOffsetCommitRequest& request, std::int16_t,
    std::function<void(wire::TxnOffsetCommitResponse)> done) {
  InternalTopic& offsets = parts_.groups.offsetsTopic();
  const Pointer transaction = find(request.transactionalId);
  std::optional<wire::TxnOffsetCommitResponse> now;
  const auto refuse = [&](ErrorCode code) {
    now.emplace();
    for (const auto& topic : request.topics) {
      auto& answers = now->topics.emplace_back();
      answers.name = topic.name;
      for (const auto& each : topic.partitions)
        answers.partitions.push_back({each.partitionIndex, wire16(code)});
    }
  };
  if (transaction == nullptr) {
    refuse(ErrorCode::kInvalidProducerIdMapping);
  } else {
    // Held while the records are appended: the transaction does not end in between.
    MutexLock lock(transaction->mutex);
    const ErrorCode code = check(*transaction, request.producerId, request.producerEpoch, false);
    const auto place = std::pair(offsets.name(), offsets.partitionOf(request.groupId));
    if (code != ErrorCode::kNone) {
      refuse(code);
    } else if (transaction->facts.state != TransactionState::kOngoing ||
               !transaction->facts.partitions.contains(place)) {
      refuse(ErrorCode::kInvalidTxnState);
    } else {
      now = parts_.groups.commitPending(request, done);
    }
  }
  if (now.has_value()) done(std::move(*now));
}

AppendResult TransactionCoordinator::append(const std::string& id, const BatchHeader& header,
                                            const std::string& topic, std::int32_t number,
                                            Partition& partition, std::span<std::byte> batch) {
  const auto refuse = [](ErrorCode code, std::string message) {
    AppendResult result;
    result.refusal = {code, std::move(message)};
    return result;
  };
  const Pointer transaction = find(id);
  if (transaction == nullptr)
    return refuse(ErrorCode::kInvalidProducerIdMapping,
                  fmt::format("the transactional id '{}' is unknown, begin anew", id));
  // Held while the batch is appended: the transaction does not end in between.
  MutexLock lock(transaction->mutex);
  const TransactionFacts& facts = transaction->facts;
  if (facts.producerId != header.producerId)
    return refuse(ErrorCode::kInvalidProducerIdMapping,
                  fmt::format("'{}' belongs to another producer than {}", id, header.producerId));
  if (facts.epoch != header.producerEpoch)
    return refuse(ErrorCode::kInvalidProducerEpoch,
                  fmt::format("'{}' is at epoch {}, {} is fenced off", id, facts.epoch,
                              header.producerEpoch));
  if (facts.state != TransactionState::kOngoing || !facts.partitions.contains({topic, number}))
    return refuse(ErrorCode::kInvalidTxnState,
                  fmt::format("partition {} of '{}' is in no transaction of '{}', add it first",
                              number, topic, id));
  return partition.append(batch);
}

}  // namespace millrace::log
