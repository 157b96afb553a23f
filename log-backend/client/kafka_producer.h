// SPDX-License-Identifier: Apache-2.0
#pragma once
// KafkaProducer: publishes to a cluster and waits for its word.
// Threads: any; with transactions one send() at a time.

#include "engine/base/mutex.h"
#include "log-backend/client/kafka_handle.h"

#include <atomic>

namespace millrace::log {

class KafkaProducer final : public LogProducer {
 public:
  static Result<std::unique_ptr<LogProducer>> make(const KafkaSettings& settings,
                                                   ProducerOptions options);

  Result<std::unique_ptr<LogWork>> send(std::span<const OutRecord> records) override;

 private:
  struct Delivery;
  KafkaProducer(const KafkaSettings& settings, ProducerOptions options, KafkaClient client)
      : settings_(settings), options_(std::move(options)), client_(std::move(client)) {}
  static void delivered(rd_kafka_t*, const rd_kafka_message_t* message, void*);

  Result<> begin() MR_REQUIRES(turn_);
  Result<> end(Result<> sent) MR_REQUIRES(turn_);
  Result<> sendAll(std::span<const OutRecord> records);
  Result<> hand(const OutRecord& record, Delivery& delivery);

  const KafkaSettings settings_;
  const ProducerOptions options_;
  Mutex turn_;
  bool registered_ MR_GUARDED_BY(turn_) = false;  ///< the transactional id is ours
  std::atomic<std::uint32_t> next_{0};
  // The last, so that what waits for its callbacks is still there when it goes.
  KafkaClient client_;
};

}  // namespace millrace::log
