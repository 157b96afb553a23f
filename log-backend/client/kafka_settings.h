// SPDX-License-Identifier: Apache-2.0
#pragma once
// KafkaSettings: how a cluster that speaks Kafka's protocol is reached, whoever does the talking
// (kafka_log.h, log-backend/producer). Threads: a plain value.

#include "engine/base/clock.h"

#include <string>
#include <utility>
#include <vector>

namespace millrace::log {

struct KafkaSettings {
  std::string bootstrapServers;
  /// Further settings under librdkafka's names, such as `security.protocol`.
  std::vector<std::pair<std::string, std::string>> settings;
  Nanos metadataWait = 5 * kSecond;         ///< for what a cluster must say first
  Nanos acknowledgementWait = 5 * kSecond;  ///< for each record that is sent
  Nanos clientTimeout = 60 * kSecond;       ///< for one request
};

}  // namespace millrace::log
