// SPDX-License-Identifier: Apache-2.0
// TransactionCoordinator, the way out: the decision, the markers, the completion; also what a
// restart finds half done, and what takes too long.
#include "engine/commit/group_commit.h"
#include "log-backend/transaction/transaction_coordinator.h"

#include <algorithm>
#include <atomic>

namespace millrace::log {
namespace {

constexpr const char* kTopic = "__transaction_state";
constexpr Nanos kMarkersAgain = kSecond;  ///< after a full disk

std::int16_t wire16(ErrorCode code) { return static_cast<std::int16_t>(code); }

}  // namespace

TransactionCoordinator::TransactionCoordinator(Parts parts, TransactionSettings settings)
    : parts_(std::move(parts)),
      settings_(settings),
      topic_(parts_.topics, parts_.commits, parts_.clock, kTopic, settings.partitions) {}

Result<> TransactionCoordinator::load() {
  if (!topic_.exists()) return Done{};
  std::map<std::string, TransactionFacts> found;
  for (std::int32_t partition = 0; partition < topic_.partitions(); ++partition) {
    MR_TRY(topic_.readAll(partition, [&found](const InternalTopic::Seen& seen) {
      const auto id = decodeTransactionKey(seen.key);
      if (!id.has_value()) return;
      found.erase(*id);
      if (!seen.value.has_value()) return;
      if (auto facts = decodeTransaction(*seen.value); facts.has_value())
        found.emplace(*id, std::move(*facts));
    }));
  }
  for (auto& [id, facts] : found) {
    const Pointer transaction = findOrMake(id);
    MutexLock lock(transaction->mutex);
    transaction->facts = std::move(facts);
    const TransactionState state = transaction->facts.state;
    if (state == TransactionState::kOngoing) {
      const Millis age = parts_.clock.wall() - transaction->facts.started;
      const Millis left =
          std::clamp<Millis>(transaction->facts.timeoutMs - age, 0, transaction->facts.timeoutMs);
      armTimeout(transaction, left * kMillisecond);
    } else if (state == TransactionState::kPrepareCommit ||
               state == TransactionState::kPrepareAbort) {
      transaction->busy = true;
      // Not here and now: the lock is held, and the store does not run yet.
      parts_.deadlines.at(parts_.clock.monotonic(), [this, transaction] {
        TransactionFacts::Partitions left;
        {
          MutexLock again(transaction->mutex);
          left = transaction->facts.partitions;
        }
        writeMarkers(transaction, std::move(left), [](ErrorCode) {});
      });
    }
  }
  return Done{};
}

void TransactionCoordinator::stop() { stopped_ = true; }

AppendResult TransactionCoordinator::persist(const std::string& id, const TransactionFacts& facts,
                                             std::function<void()> done) {
  const KeptRecord record{encodeTransactionKey(id), encodeTransaction(facts)};
  return topic_.append(topic_.partitionOf(id), std::span(&record, 1), std::move(done));
}

void TransactionCoordinator::end(const wire::EndTxnRequest& request, std::int16_t version,
                                 std::function<void(wire::EndTxnResponse)> done) {
  constexpr std::int16_t kFirstWithFenced = 2;
  const auto answer = [done = std::move(done)](ErrorCode code) {
    wire::EndTxnResponse response;
    response.errorCode = wire16(code);
    done(std::move(response));
  };
  const Pointer transaction = find(request.transactionalId);
  ErrorCode code = ErrorCode::kInvalidProducerIdMapping;
  if (transaction != nullptr) {
    MutexLock lock(transaction->mutex);
    const auto wanted =
        request.committed ? TransactionState::kCompleteCommit : TransactionState::kCompleteAbort;
    code = stopped_ ? ErrorCode::kCoordinatorNotAvailable
                    : check(*transaction, request.producerId, request.producerEpoch,
                            version >= kFirstWithFenced);
    if (code == ErrorCode::kNone && transaction->facts.state == TransactionState::kOngoing) {
      code = decide(transaction, request.committed ? Marker::kCommit : Marker::kAbort, answer);
      if (code == ErrorCode::kNone) return;
    } else if (code == ErrorCode::kNone && transaction->facts.state != wanted) {
      code = ErrorCode::kInvalidTxnState;  // else it is done already, and the answer was lost
    }
  }
  answer(code);
}

ErrorCode TransactionCoordinator::decide(const Pointer& transaction, Marker marker, Ended done) {
  TransactionFacts next = transaction->facts;
  next.state = marker == Marker::kCommit ? TransactionState::kPrepareCommit
                                         : TransactionState::kPrepareAbort;
  next.updated = parts_.clock.wall();
  const auto written =
      persist(transaction->id, next,
              [this, transaction, left = next.partitions, done = std::move(done)]() mutable {
                writeMarkers(transaction, std::move(left), std::move(done));
              });
  if (!written.ok()) return ErrorCode::kCoordinatorNotAvailable;
  transaction->facts = std::move(next);
  transaction->busy = true;
  if (transaction->timeout.has_value()) parts_.deadlines.cancel(*transaction->timeout);
  transaction->timeout.reset();
  return ErrorCode::kNone;
}

ErrorCode TransactionCoordinator::abortAndFence(const Pointer& transaction) {
  ++transaction->facts.epoch;
  transaction->before = -1;
  const ErrorCode code = decide(transaction, Marker::kAbort, [](ErrorCode) {});
  if (code != ErrorCode::kNone) --transaction->facts.epoch;
  return code;
}

void TransactionCoordinator::writeMarkers(const Pointer& transaction,
                                          TransactionFacts::Partitions left, Ended done) {
  TransactionFacts facts;
  {
    MutexLock lock(transaction->mutex);
    facts = transaction->facts;
  }
  const Marker kind =
      facts.state == TransactionState::kPrepareCommit ? Marker::kCommit : Marker::kAbort;
  TransactionFacts::Partitions failed;
  std::vector<std::shared_ptr<Partition>> marked;
  for (const auto& [topic, number] : left) {
    const auto partition = parts_.topics.partition(topic, number);
    if (partition == nullptr) continue;  // its topic is gone, and needs no marker
    const auto written = partition->appendMarker(facts.producerId, facts.epoch, {kind, 0});
    if (written.ok()) {
      marked.push_back(partition);
    } else if (written.refusal.code == ErrorCode::kStorageError) {
      failed.emplace(topic, number);
    }
  }
  // The last of the markers to become durable goes on; one more, for when there are none.
  const auto count = std::make_shared<std::atomic<std::size_t>>(marked.size() + 1);
  const auto one = [this, count, transaction, failed, done = std::move(done)] {
    if (count->fetch_sub(1) != 1) return;
    if (failed.empty()) return complete(transaction, done);
    parts_.deadlines.at(parts_.clock.monotonic() + kMarkersAgain,
                        [this, transaction, failed, done] {
                          if (!stopped_) writeMarkers(transaction, failed, done);
                        });
  };
  for (const auto& partition : marked) partition->whenDurable(parts_.commits, one);
  one();
}

void TransactionCoordinator::complete(const Pointer& transaction, const Ended& done) {
  {
    MutexLock lock(transaction->mutex);
    TransactionFacts& facts = transaction->facts;
    const bool commits = facts.state == TransactionState::kPrepareCommit;
    parts_.groups.transactionEnded(facts.producerId, commits ? Marker::kCommit : Marker::kAbort);
    facts.state = commits ? TransactionState::kCompleteCommit : TransactionState::kCompleteAbort;
    facts.partitions.clear();
    facts.updated = parts_.clock.wall();
    facts.started = kNoTimestamp;
    // Nobody waits for it: without it a restart writes the markers again, which changes nothing.
    (void)persist(transaction->id, facts, [] {});
    transaction->busy = false;
  }
  done(ErrorCode::kNone);
}

void TransactionCoordinator::armTimeout(const Pointer& transaction, Nanos left) {
  transaction->timeout = parts_.deadlines.at(parts_.clock.monotonic() + left,
                                             [this, transaction] { timedOut(transaction); });
}

void TransactionCoordinator::timedOut(const Pointer& transaction) {
  MutexLock lock(transaction->mutex);
  transaction->timeout.reset();
  if (stopped_ || transaction->facts.state != TransactionState::kOngoing) return;
  // While a step is on its way, or after the disk refused, it is tried again.
  if (transaction->busy || abortAndFence(transaction) != ErrorCode::kNone)
    armTimeout(transaction, kSecond);
}

wire::ListTransactionsResponse TransactionCoordinator::list(
    const wire::ListTransactionsRequest& request) {
  wire::ListTransactionsResponse response;
  const auto known = [](const std::string& text) {
    for (std::int8_t state = 0; state <= 5; ++state) {
      if (textOf(static_cast<TransactionState>(state)) == text) return true;
    }
    return false;
  };
  for (const std::string& each : request.stateFilters) {
    if (!known(each)) response.unknownStateFilters.push_back(each);
  }
  const auto has = [](const auto& filter, const auto& value) {
    return filter.empty() || std::find(filter.begin(), filter.end(), value) != filter.end();
  };
  std::map<std::string, Pointer> all;
  {
    MutexLock lock(mutex_);
    all = transactions_;
  }
  const Millis now = parts_.clock.wall();
  for (const auto& [id, transaction] : all) {
    MutexLock lock(transaction->mutex);
    const TransactionFacts& facts = transaction->facts;
    const std::string state(textOf(facts.state));
    const bool longEnough = request.durationFilter < 0 ||
                            (facts.started >= 0 && now - facts.started > request.durationFilter);
    if (facts.producerId == kNoProducer || !longEnough || !has(request.stateFilters, state) ||
        !has(request.producerIdFilters, facts.producerId))
      continue;
    response.transactionStates.push_back({id, facts.producerId, state});
  }
  return response;
}

wire::DescribeTransactionsResponse TransactionCoordinator::describe(
    const wire::DescribeTransactionsRequest& request) {
  wire::DescribeTransactionsResponse response;
  for (const std::string& id : request.transactionalIds) {
    auto& answer = response.transactionStates.emplace_back();
    answer.transactionalId = id;
    const Pointer transaction = find(id);
    if (transaction == nullptr) {
      answer.errorCode = wire16(ErrorCode::kTransactionalIdNotFound);
      continue;
    }
    MutexLock lock(transaction->mutex);
    const TransactionFacts& facts = transaction->facts;
    answer.transactionState = textOf(facts.state);
    answer.transactionTimeoutMs = facts.timeoutMs;
    answer.transactionStartTimeMs = facts.started;
    answer.producerId = facts.producerId;
    answer.producerEpoch = facts.epoch;
    for (const auto& [topic, partition] : facts.partitions) {
      if (answer.topics.empty() || answer.topics.back().topic != topic)
        answer.topics.push_back({topic, {}});
      answer.topics.back().partitions.push_back(partition);
    }
  }
  return response;
}

void TransactionCoordinator::expire() {
  std::map<std::string, Pointer> all;
  {
    MutexLock lock(mutex_);
    all = transactions_;
  }
  const Millis now = parts_.clock.wall();
  for (const auto& [id, transaction] : all) {
    {
      MutexLock lock(transaction->mutex);
      const TransactionState state = transaction->facts.state;
      const bool ended = state == TransactionState::kEmpty ||
                         state == TransactionState::kCompleteCommit ||
                         state == TransactionState::kCompleteAbort;
      if (!ended || transaction->busy || now - transaction->facts.updated <= settings_.expirationMs)
        continue;
      const KeptRecord record{encodeTransactionKey(id), std::nullopt};
      if (topic_.exists() &&
          !topic_.append(topic_.partitionOf(id), std::span(&record, 1), [] {}).ok())
        continue;
      transaction->gone = true;
    }
    MutexLock lock(mutex_);
    transactions_.erase(id);
  }
}

}  // namespace millrace::log
