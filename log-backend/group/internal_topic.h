// SPDX-License-Identifier: Apache-2.0
#pragma once
// InternalTopic: a compacted topic of the log's own in which a coordinator keeps what must outlive
// the process: records by key, the newest of which counts.
//
// Promise: a record is on the medium when the `done` of its append() runs; those run in the order
// of the appends, without locks. Errors: a Refusal, nothing was appended. Ownership: topics and
// commits outlive it. Threads: any; an append is as fast as one of a partition.

#include "engine/base/mutex.h"
#include "log-backend/topic/topics.h"

#include <span>

namespace millrace::log {

struct KeptRecord {
  std::vector<std::byte> key;
  std::optional<std::vector<std::byte>> value;  ///< none: a tombstone
};

/// Who writes inside of a transaction.
struct TransactionWriter {
  std::int64_t producerId = kNoProducer;
  std::int16_t epoch = -1;
};

class InternalTopic {
 public:
  InternalTopic(Topics& topics, GroupCommit& commits, const Clock& clock, std::string name,
                std::int32_t partitions)
      : topics_(topics),
        commits_(commits),
        clock_(clock),
        name_(std::move(name)),
        partitions_(partitions) {}

  const std::string& name() const { return name_; }
  /// Makes the topic when it is not there yet. Disk work; call it without locks.
  Refusal ensure();
  bool exists() const { return topics_.find(name_) != nullptr; }
  /// Of the topic as it is, or will be made.
  std::int32_t partitions() const;
  /// The partition that holds everything of a name.
  std::int32_t partitionOf(std::string_view key) const;

  /// The records in one batch; the offset of the first. The topic is there.
  AppendResult append(std::int32_t partition, std::span<const KeptRecord> records,
                      std::function<void()> done,
                      std::optional<TransactionWriter> writer = std::nullopt);

  /// As append(), in a session of the engine. Nobody else is told, and no reader sees it, before
  /// the partition hears that the commit is durable.
  AppendResult appendOfSession(Partition& log, std::span<const KeptRecord> records);
  std::shared_ptr<Partition> partition(std::int32_t number) const {
    return topics_.partition(name_, number);
  }

  /// What stands in the log, in its order.
  struct Seen {
    Offset offset = kNoOffset;
    BatchHeader header;
    ByteView key;
    std::optional<ByteView> value;
    std::optional<Marker> marker;  ///< of header.producerId; then there is no key
  };
  Result<> readAll(std::int32_t partition, const std::function<void(const Seen&)>& visit) const;

 private:
  Result<std::vector<std::byte>> batchOf(BatchHeader fields, std::span<const KeptRecord> records);

  Topics& topics_;
  GroupCommit& commits_;
  const Clock& clock_;
  const std::string name_;
  const std::int32_t partitions_;
};

}  // namespace millrace::log
