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
      {"max.connections", number(maxConnections), kInt},
      {"num.partitions", number(numPartitions), kInt},
      {"socket.request.max.bytes", number(maxRequestBytes), kInt},
  };
}

}  // namespace millrace::log
