// SPDX-License-Identifier: Apache-2.0
#pragma once
// DirectLog: a cluster that speaks Kafka's protocol as a Log to publish to, with our own protocol
// code in the place of librdkafka. It has no consumers: asking for one is an Error.
//
// Promise: as KafkaLog's (log-backend/client/kafka_log.h). Ownership: network and clock outlive it;
// producers do not. Threads: any.

#include "log-backend/client/log.h"
#include "log-backend/producer/direct_settings.h"

#include <memory>

namespace millrace::log {

class DirectLog final : public Log {
 public:
  /// Nobody is connected to yet.
  DirectLog(net::Network& network, const Clock& clock, DirectSettings settings)
      : network_(network), clock_(clock), settings_(std::move(settings)) {}

  CommitLog* commits() override { return nullptr; }
  Result<std::unique_ptr<LogProducer>> producer(ProducerOptions options) override;
  Result<std::unique_ptr<LogConsumer>> consumer(ConsumerOptions options) override;
  Result<std::vector<GroupPlace>> placesOf(const std::string& group,
                                           const std::string& topic) override;

 private:
  net::Network& network_;
  const Clock& clock_;
  const DirectSettings settings_;
};

}  // namespace millrace::log
