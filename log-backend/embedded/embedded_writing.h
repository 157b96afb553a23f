// SPDX-License-Identifier: Apache-2.0
#pragma once
// EmbeddedWriting: what one session does to the embedded log, from the batches built before its
// commit to the word that the commit is durable.
// Owner: the session's commit. Threads: the session's; what it leaves in the commit to be done when
// it is durable runs wherever that is told.

#include "log-backend/embedded/embedded_consumer.h"
#include "log-backend/embedded/embedded_log.h"
#include "log-backend/embedded/embedded_producer.h"

#include <map>
#include <optional>

namespace millrace::log {

class EmbeddedWriting final : public LogWriting {
 public:
  EmbeddedWriting(EmbeddedLog& log, std::vector<std::unique_ptr<LogWork>> works);
  ~EmbeddedWriting() override;

  /// Gathers the records of all works into batches.
  Result<> build();
  std::size_t mostPlaces() const override { return batches_.size() + consumed_.size(); }
  Result<std::vector<LogPlace>> write(Commit& commit) override;
  void submitted() override;

 private:
  struct Batches {
    std::shared_ptr<Partition> partition;
    std::vector<std::vector<std::byte>> ready;
  };
  struct Appended {
    LogPartitionId id;
    std::shared_ptr<Partition> partition;
    OffsetRange range;
  };
  /// The open batch of a partition.
  struct Open;
  Result<> close(Open& open);
  Result<> writeBatches();
  Result<> writeOffsets(Commit& commit);

  EmbeddedLog& log_;
  std::vector<std::unique_ptr<LogWork>> works_;
  std::map<LogPartitionId, Batches> batches_;
  std::vector<ConsumeWork*> consumed_;  ///< in works_
  std::vector<Appended> appended_;
  std::vector<std::function<void()>> undone_;  ///< called where the session is not submitted
  std::optional<MutexLock> order_;
  bool submitted_ = false;
};

}  // namespace millrace::log
