// SPDX-License-Identifier: Apache-2.0
#pragma once
// KafkaConsumer: a member of a consumer group of a cluster.
//
// Promise: offsets are committed only of sessions that are durable, and in their order. What a
// session polled that was undone is polled again. Threads: any; one poll at a time.

#include "engine/base/mutex.h"
#include "log-backend/client/kafka_handle.h"

namespace millrace::log {

/// How far one poll came. Destroyed without committed(), the consumer goes back.
class KafkaWork final : public LogWork {
 public:
  struct Taken {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t first = 0;
    std::int64_t next = 0;
  };
  // The client is shared with the consumer and with commits that are not durable yet.
  KafkaWork(std::shared_ptr<rd_kafka_t> client, std::vector<Taken> taken, bool commits)
      : client_(std::move(client)), taken_(std::move(taken)), commits_(commits) {}
  ~KafkaWork() override;

  void committed() { committed_ = true; }
  /// What to call when the commit is durable.
  std::function<void()> settled() const;

 private:
  const std::shared_ptr<rd_kafka_t> client_;
  const std::vector<Taken> taken_;
  const bool commits_;
  bool committed_ = false;
};

class KafkaConsumer final : public LogConsumer {
 public:
  static Result<std::unique_ptr<LogConsumer>> make(const KafkaSettings& settings,
                                                   ConsumerOptions options);
  ~KafkaConsumer() override;

  Result<Polled> poll(const PollLimits& limits) override;

 private:
  KafkaConsumer(const KafkaSettings& settings, ConsumerOptions options,
                std::shared_ptr<rd_kafka_t> client);
  static void readyCallback(rd_kafka_t*, void* self);
  Result<> subscribe() MR_REQUIRES(turn_);
  Result<KafkaMessage> firstMessage() MR_REQUIRES(turn_);
  bool isAssigned() const;

  const KafkaSettings settings_;
  const ConsumerOptions options_;
  const std::shared_ptr<rd_kafka_t> client_;
  KafkaQueue queue_;
  Mutex turn_;
  std::vector<std::string> subscribed_ MR_GUARDED_BY(turn_);
};

}  // namespace millrace::log
