// SPDX-License-Identifier: Apache-2.0
#include "log-backend/broker/desk.h"

namespace millrace::log {

std::string userOf(const Exchange& exchange) {
  const ClientSession* session = exchange.session();
  if (session != nullptr && session->isAuthenticated()) return session->sasl->user();
  return session == nullptr || session->certificate.empty() ? "ANONYMOUS" : session->certificate;
}

Nanos charge(const Desk& desk, const Exchange& exchange, QuotaList::Direction direction,
             std::uint64_t bytes) {
  if (desk.quotas == nullptr) return 0;
  return desk.quotas->charge(direction, userOf(exchange), exchange.clientId(),
                             static_cast<double>(bytes), desk.clock.monotonic());
}

Access accessOf(const Desk& desk, const Exchange& exchange) {
  if (desk.acls == nullptr) return {};
  return {desk.acls->rules(), {"User:" + userOf(exchange), exchange.clientHost()}};
}

wire::Uuid wireId(TopicId id) {
  wire::Uuid uuid;
  writeBig(uuid.data(), static_cast<std::int64_t>(id.high));
  writeBig(uuid.data() + 8, static_cast<std::int64_t>(id.low));
  return uuid;
}

TopicId topicId(const wire::Uuid& uuid) {
  return {static_cast<std::uint64_t>(readBig<std::int64_t>(uuid.data())),
          static_cast<std::uint64_t>(readBig<std::int64_t>(uuid.data() + 8))};
}

bool isInternal(const std::string& topic) {
  return topic == "__consumer_offsets" || topic == "__transaction_state";
}

Refusal autoCreate(Desk& desk, const std::string& name, const Access& access) {
  if (!desk.settings.autoCreateTopics || isInternal(name)) {
    return {ErrorCode::kUnknownTopicOrPartition, "there is no topic '" + name + "', create it"};
  }
  if (!access.mayCluster(Operation::kCreate) && !access.mayTopic(Operation::kCreate, name)) {
    return {ErrorCode::kTopicAuthorizationFailed,
            "there is no topic '" + name + "', and you may not create it"};
  }
  Refusal refusal = desk.topics.create(name, desk.settings.numPartitions, {});
  // Somebody else may have been faster.
  if (refusal.code == ErrorCode::kTopicAlreadyExists) return {};
  return refusal;
}

ErrorCode checkEpoch(std::int32_t clients, std::int32_t ours) {
  if (clients < 0 || clients == ours) return ErrorCode::kNone;
  return clients < ours ? ErrorCode::kFencedLeaderEpoch : ErrorCode::kUnknownLeaderEpoch;
}

}  // namespace millrace::log
