// SPDX-License-Identifier: Apache-2.0
#pragma once
// EmbeddedLog: the topics of this program's own data directory as a Log, and their part in the
// commits of sessions.
//
// Promise: as Log and CommitLog say; records and offsets of a session become durable and visible
// with its commit. Errors: user faults name topic and limit. Ownership: its parts outlive it, it
// outlives the last group commit and every producer and consumer. Threads: any; between a session's
// first append and its LSN one lock is held, in front of those of partitions and of the group
// coordinator.

#include "engine/base/mutex.h"
#include "log-backend/client/log.h"
#include "log-backend/group/group_coordinator.h"
#include "log-backend/topic/topics.h"

#include <atomic>

namespace millrace::log {

class EmbeddedConsumer;

class EmbeddedLog final : public Log, public CommitLog {
 public:
  struct Parts {
    Topics& topics;
    const Clock& clock;
    Deadlines& deadlines;
    GroupCoordinator& groups;
    bool autoCreateTopics = true;
    std::int32_t numPartitions = 1;
  };
  explicit EmbeddedLog(Parts parts) : parts_(parts) {}

  CommitLog* commits() override { return this; }
  Result<std::unique_ptr<LogProducer>> producer(ProducerOptions options) override;
  Result<std::unique_ptr<LogConsumer>> consumer(ConsumerOptions options) override;
  Result<std::vector<GroupPlace>> placesOf(const std::string& group,
                                           const std::string& topic) override;
  Result<std::unique_ptr<LogWriting>> prepare(std::vector<std::unique_ptr<LogWork>> works) override;

  /// Something became visible somewhere: consumers with nothing to do look again.
  void advanced();

  /// The topic, made if it is not there and that is allowed.
  Result<std::shared_ptr<const Topic>> topic(const std::string& name);
  const Parts& parts() const { return parts_; }
  Mutex& order() { return order_; }

 private:
  const Parts parts_;
  Mutex order_;  ///< held from a session's first append to its LSN
  Mutex mutex_;
  std::vector<std::weak_ptr<EmbeddedConsumer>> consumers_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::log
