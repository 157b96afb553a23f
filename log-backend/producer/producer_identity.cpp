// SPDX-License-Identifier: Apache-2.0
#include "log-backend/producer/producer_identity.h"

#include "log-backend/producer/answer_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace millrace::log {

template <typename Response, typename Request, typename CodeOf>
Result<Response> ProducerIdentity::persist(const Request& request, const char* doing,
                                           Nanos deadline, const CodeOf& codeOf) {
  std::string why;
  do {
    const auto link = transactionalId_.empty() ? cluster_.anyLink(deadline)
                                               : cluster_.coordinatorOf(transactionalId_, deadline);
    if (!link.ok()) {
      if (!link.error().retry) return link.error();
      why = link.error().message;
      cluster_.forgetCoordinator();
      continue;
    }
    auto answer = (*link)->template call<Response>(request, cluster_.patience(deadline));
    if (!answer.ok()) {
      if (!answer.error().retry) return answer.error();
      why = answer.error().message;
      cluster_.drop(*link);
      cluster_.forgetCoordinator();
      continue;
    }
    const std::int16_t code = codeOf(*answer);
    if (code == answer::kNone) return answer;
    why = answerText(code);
    const Remedy remedy = remedyOf(code);
    if (remedy == Remedy::kNewIdentity) renew();
    if (remedy == Remedy::kNone || remedy == Remedy::kNewIdentity)
      return Error::environment(fmt::format("{} failed: {}", doing, why),
                                remedy == Remedy::kNewIdentity);
    if (code == answer::kNotCoordinator) cluster_.forgetCoordinator();
  } while (cluster_.pause(deadline));
  return Error::environment(fmt::format("{} was not done in time: {}", doing, why));
}

Result<> ProducerIdentity::ensure(Nanos deadline) {
  if (id_ >= 0) return Done{};
  wire::InitProducerIdRequest request;
  if (!transactionalId_.empty()) {
    request.transactionalId = transactionalId_;
    request.transactionTimeoutMs = static_cast<std::int32_t>(std::clamp<Nanos>(
        transactionTimeout_ / kMillisecond, 1000, std::numeric_limits<std::int32_t>::max()));
  }
  const auto answer = MR_TRY(persist<wire::InitProducerIdResponse>(
      request, "asking for a producer id", deadline,
      [](const wire::InitProducerIdResponse& each) { return each.errorCode; }));
  if (answer.producerId < 0) return Error::environment("the cluster gave a producer id below 0");
  id_ = answer.producerId;
  epoch_ = answer.producerEpoch;
  return Done{};
}

void ProducerIdentity::renew() {
  id_ = -1;
  epoch_ = -1;
  sequences_.clear();
}

std::int32_t ProducerIdentity::nextSequence(const PartitionName& partition) const {
  const auto known = sequences_.find(partition);
  return known == sequences_.end() ? 0 : known->second;
}

void ProducerIdentity::counted(const PartitionName& partition, std::int32_t records) {
  // From 2^31 - 1 it goes on with 0.
  const auto next =
      static_cast<std::uint32_t>(nextSequence(partition)) + static_cast<std::uint32_t>(records);
  sequences_[partition] = static_cast<std::int32_t>(next & 0x7fffffffU);
}

Result<> ProducerIdentity::enlist(const std::vector<PartitionName>& partitions, Nanos deadline) {
  wire::AddPartitionsToTxnRequest request;
  request.transactionalId = transactionalId_;
  request.producerId = id_;
  request.producerEpoch = epoch_;
  for (const auto& [topic, number] : partitions) {
    auto found = std::find_if(request.topics.begin(), request.topics.end(),
                              [&](const auto& each) { return each.name == topic; });
    if (found == request.topics.end()) {
      found = request.topics.emplace(request.topics.end());
      found->name = topic;
    }
    found->partitions.push_back(number);
  }
  MR_TRY(persist<wire::AddPartitionsToTxnResponse>(request, "adding partitions to the transaction",
                                                   deadline,
                                                   [](const wire::AddPartitionsToTxnResponse& all) {
                                                     for (const auto& topic : all.results) {
                                                       for (const auto& each : topic.results) {
                                                         if (each.errorCode != answer::kNone)
                                                           return each.errorCode;
                                                       }
                                                     }
                                                     return answer::kNone;
                                                   }));
  return Done{};
}

Result<> ProducerIdentity::end(bool commit, Nanos deadline) {
  wire::EndTxnRequest request;
  request.transactionalId = transactionalId_;
  request.producerId = id_;
  request.producerEpoch = epoch_;
  request.committed = commit;
  MR_TRY(persist<wire::EndTxnResponse>(
      request, commit ? "committing the transaction" : "aborting the transaction", deadline,
      [](const wire::EndTxnResponse& each) { return each.errorCode; }));
  return Done{};
}

}  // namespace millrace::log
