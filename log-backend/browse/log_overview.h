// SPDX-License-Identifier: Apache-2.0
#pragma once
// LogOverview: the topics of a log and the groups that read it, as figures of this moment.
// Ownership: topics and groups outlive it. Threads: any; nothing is read from the disk, groups are
// looked at under their coordinator's lock, one at a time.

#include "log-backend/group/group_coordinator.h"
#include "log-backend/topic/topics.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace millrace::log {

struct PartitionFigures {
  std::int32_t number = 0;
  LogBounds bounds;
  std::uint64_t bytes = 0;  ///< of its segments
  std::size_t segments = 0;
  std::size_t voided = 0;  ///< batches of sessions that the last opening found without a commit
};

struct TopicFigures {
  TopicEntry entry;
  bool internal = false;  ///< the log's own: groups or transactions are kept in it
  std::vector<PartitionFigures> partitions;
};

struct GroupPlaceFigures {
  std::string topic;
  std::int32_t partition = 0;
  std::optional<Offset> committed;  ///< none: it has committed nothing there
  std::string metadata;             ///< as the client committed it
  std::optional<Offset> end;        ///< the high watermark; none: the partition is gone
  std::string member;               ///< who has the partition now; empty: nobody
  /// What it has not read yet; none: it has committed nothing, or the partition is gone.
  std::optional<Offset> lag() const;
};

struct GroupMemberFigures {
  std::string id;
  std::optional<std::string> instance;
  std::string client;
  std::string host;
  /// None: its assignment is not one of consumers.
  std::optional<std::vector<std::pair<std::string, std::int32_t>>> partitions;
};

struct GroupFigures {
  std::string name;
  std::string state;         ///< as Kafka's clients show it
  std::string protocolType;  ///< "consumer" for consumers; empty when nobody ever joined
  std::string protocol;      ///< the assignor, while it is stable
  std::vector<GroupMemberFigures> members;
  std::vector<GroupPlaceFigures> places;  ///< by topic and partition
  Offset lag() const;                     ///< of all places together
};

class LogOverview {
 public:
  LogOverview(const Topics& topics, GroupCoordinator& groups) : topics_(topics), groups_(groups) {}

  /// By name.
  std::vector<TopicFigures> topics() const;
  std::optional<TopicFigures> topic(const std::string& name) const;
  std::shared_ptr<Partition> partition(const std::string& topic, std::int32_t number) const {
    return topics_.partition(topic, number);
  }
  /// Every setting of a topic with its text, whether it was chosen or is the default.
  static std::map<std::string, std::string> settingsInForce(const TopicEntry& entry);
  /// By name.
  std::vector<GroupFigures> groups() const;
  std::optional<GroupFigures> group(const std::string& name) const;

 private:
  const Topics& topics_;
  GroupCoordinator& groups_;
};

}  // namespace millrace::log
