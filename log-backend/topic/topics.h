// SPDX-License-Identifier: Apache-2.0
#pragma once
// Topics: all topics of a store with their partitions.
//
// Promise: a topic that create() returned is there after any crash, with its id, and one that
// remove() returned for is not; a crash in between leaves one or the other, never a part.
// Errors: a Refusal with Kafka's code and a sentence. Ownership: OpenFiles and clock outlive it;
// partitions are shared with whoever uses them while their topic is removed. Threads: any; changes
// wait for each other, look-ups do not wait for a change's disk work.

#include "log-backend/partition/partition.h"
#include "log-backend/topic/topic_catalogue.h"

namespace millrace::log {

struct TopicsOptions {
  Watermark watermark = Watermark::kDurable;
  std::uint64_t seed = 0;                 ///< of topic ids and jitter; take it from entropy
  std::int32_t mostPartitions = 100'000;  ///< of one topic
  /// Up to where the batches of sessions in a partition belong to durable commits; null: nothing
  /// is known of commits (PartitionOptions::committedEnd).
  std::function<Offset(TopicId, std::int32_t partition)> committedEnd;
  /// Retention deletes nothing from that offset on; null, or nothing: it does as it is configured.
  std::function<std::optional<Offset>(const std::string& topic, std::int32_t partition)> floor;
  /// Something became visible in a partition. Called without locks.
  std::function<void()> onAdvance;
};

struct Topic {
  TopicEntry entry;
  std::vector<std::shared_ptr<Partition>> partitions;
};

class Topics {
 public:
  static Result<std::unique_ptr<Topics>> open(OpenFiles& files, const Clock& clock,
                                              std::string folder, TopicsOptions options);

  /// What create() would refuse.
  Refusal check(const std::string& name, std::int32_t partitions,
                const TopicConfig::Texts& config) const;
  Refusal create(const std::string& name, std::int32_t partitions,
                 const TopicConfig::Texts& config);
  Refusal remove(const std::string& name);
  /// More partitions for a topic; never fewer.
  Refusal growTo(const std::string& name, std::int32_t partitions);
  /// Replaces all overrides.
  Refusal configure(const std::string& name, const TopicConfig::Texts& config);

  /// Null when there is none; a topic found is a picture of that moment.
  std::shared_ptr<const Topic> find(const std::string& name) const;
  std::shared_ptr<const Topic> find(TopicId id) const;
  std::vector<std::shared_ptr<const Topic>> all() const;
  const std::string& folder() const { return folder_; }
  /// On the file system of the folder.
  Result<std::uint64_t> freeBytes() const { return files_.files().freeBytes(folder_); }
  std::shared_ptr<Partition> partition(const std::string& name, std::int32_t number) const;

  /// Retention and compaction, once over all partitions; the first failure is returned after all
  /// had their turn.
  Result<> maintain();
  /// Checkpoints everything, so that the next start is a clean one.
  Result<> close();

 private:
  Topics(OpenFiles& files, const Clock& clock, std::string folder, TopicsOptions options);
  Result<> load();
  Result<> removeLeftovers(const std::map<std::string, TopicEntry>& entries);
  Result<std::shared_ptr<Partition>> openPartition(const TopicEntry& entry, std::int32_t number,
                                                   Closed closed);
  /// The partitions from `first` on, with nothing of an earlier life in them.
  Result<> makePartitions(Topic& topic, std::int32_t first) MR_REQUIRES(changing_);
  void unmakePartitions(const Topic& topic, std::int32_t first) MR_REQUIRES(changing_);
  Result<> saveWith(const std::string& name, const TopicEntry* entry) MR_REQUIRES(changing_);
  void publish(const std::string& name, std::shared_ptr<const Topic> topic);
  std::string partitionFolder(const std::string& name, std::int32_t number) const;

  OpenFiles& files_;
  const Clock& clock_;
  const std::string folder_;
  const TopicsOptions options_;

  Mutex changing_;
  Random random_ MR_GUARDED_BY(changing_);
  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<const Topic>> topics_ MR_GUARDED_BY(mutex_);
  std::map<TopicId, std::string> names_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::log
