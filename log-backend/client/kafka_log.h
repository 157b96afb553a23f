// SPDX-License-Identifier: Apache-2.0
#pragma once
// KafkaLog: a cluster that speaks Kafka's protocol as a Log, through librdkafka.
//
// Promise: send() returns when the cluster has acknowledged every record as asked for, or with the
// Error that says what failed; with transactions all of a call's records count or none. Offsets are
// committed when the session that polled is durable, so that a crash in between polls its records
// again. Errors: of the environment, but for settings that librdkafka refuses. Ownership: producers
// and consumers may outlive it, sessions may not. Threads: any; librdkafka has its own.

#include "log-backend/client/kafka_settings.h"
#include "log-backend/client/log.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace millrace::log {

class KafkaLog final : public Log, public CommitLog {
 public:
  /// Checks the settings; nobody is connected to yet.
  static Result<std::unique_ptr<KafkaLog>> make(KafkaSettings settings);

  CommitLog* commits() override { return this; }
  Result<std::unique_ptr<LogProducer>> producer(ProducerOptions options) override;
  Result<std::unique_ptr<LogConsumer>> consumer(ConsumerOptions options) override;
  Result<std::vector<GroupPlace>> placesOf(const std::string& group,
                                           const std::string& topic) override;
  Result<std::unique_ptr<LogWriting>> prepare(std::vector<std::unique_ptr<LogWork>> works) override;

 private:
  explicit KafkaLog(KafkaSettings settings) : settings_(std::move(settings)) {}
  const KafkaSettings settings_;
};

}  // namespace millrace::log
