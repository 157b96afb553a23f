// SPDX-License-Identifier: Apache-2.0
#pragma once
// A log on whatever speaks Kafka's protocol, as the contract of logs wants it.
#include "log-backend/client/kafka_log.h"
#include "tests/log-backend/client/log_contract.h"

namespace log_contract {

/// Topics are made by who derives from it.
class KafkaBench : public LogBench {
 public:
  explicit KafkaBench(const std::string& address) {
    KafkaSettings settings;
    settings.bootstrapServers = address;
    log_ = KafkaLog::make(std::move(settings)).value();
  }

  Log& log() override { return *log_; }
  bool commit(std::unique_ptr<LogWork> work) override {
    std::vector<std::unique_ptr<LogWork>> works;
    works.push_back(std::move(work));
    const auto writing = log_->commits()->prepare(std::move(works));
    Commit commit;
    if (!writing.ok() || !(*writing)->write(commit).ok()) return false;
    (*writing)->submitted();
    for (const auto& each : commit.onDurable) each();
    return true;
  }

 private:
  std::unique_ptr<KafkaLog> log_;
};

}  // namespace log_contract
