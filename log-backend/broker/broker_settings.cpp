// SPDX-License-Identifier: Apache-2.0
#include "log-backend/broker/broker_settings.h"

namespace millrace::log {

std::vector<BrokerSettings::Text> BrokerSettings::texts() const {
  constexpr std::int8_t kBoolean = 1;
  constexpr std::int8_t kInt = 3;
  constexpr std::int8_t kLong = 5;
  const auto number = [](std::int64_t value) { return std::to_string(value); };
  return {
      {"auto.create.topics.enable", autoCreateTopics ? "true" : "false", kBoolean},
      {"connections.max.idle.ms", number(connectionsMaxIdleMs), kLong},
      {"default.replication.factor", "1", kInt},
      {"fetch.max.bytes", number(fetchMaxBytes), kInt},
      {"group.initial.rebalance.delay.ms", number(groups.initialDelayMs), kInt},
      {"group.max.session.timeout.ms", number(groups.maxSessionMs), kInt},
      {"group.max.size", number(static_cast<std::int64_t>(groups.mostMembers)), kInt},
      {"group.min.session.timeout.ms", number(groups.minSessionMs), kInt},
      {"max.connections", number(maxConnections), kInt},
      {"num.partitions", number(numPartitions), kInt},
      {"offset.metadata.max.bytes", number(groups.mostMetadataBytes), kInt},
      {"offsets.retention.check.interval.ms", number(groups.retentionCheckMs), kLong},
      {"offsets.retention.minutes", number(groups.retentionMinutes), kInt},
      {"offsets.topic.num.partitions", number(groups.offsetsPartitions), kInt},
      {"socket.request.max.bytes", number(maxRequestBytes), kInt},
      {"transaction.max.timeout.ms", number(transactions.longestTimeoutMs), kInt},
      {"transaction.state.log.num.partitions", number(transactions.partitions), kInt},
      {"transactional.id.expiration.ms", number(transactions.expirationMs), kInt},
  };
}

}  // namespace millrace::log
