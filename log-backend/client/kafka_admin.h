// SPDX-License-Identifier: Apache-2.0
#pragma once
// KafkaAdmin: looks at and changes the topics and groups of a cluster that speaks Kafka's protocol.
//
// Errors: of a user where the cluster refuses what was asked, else of the environment; both say what
// was tried. Threads: one at a time; every call waits for its answer, as long as
// KafkaSettings::clientTimeout.

#include "log-backend/client/kafka_handle.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::log {

struct PartitionAbout {
  std::int32_t number = 0;
  std::int32_t leader = -1;
  std::vector<std::int32_t> replicas;
  std::vector<std::int32_t> inSync;
  std::int64_t first = 0;  ///< the first offset that is kept
  std::int64_t end = 0;    ///< the one that the next record gets
};

struct ConfigAbout {
  std::string name;
  std::string value;
  bool isDefault = false;
  bool isReadOnly = false;
};

struct GroupListing {
  std::string name;
  std::string state;  ///< Stable, Empty, …
};

struct MemberAbout {
  std::string id;
  std::string client;
  std::string host;
  std::vector<std::pair<std::string, std::int32_t>> partitions;
};

struct GroupAbout {
  std::string name;
  std::string state;
  std::string assignor;
  std::vector<MemberAbout> members;
};

struct GroupOffset {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t committed = 0;
};

/// By partition, from 0 on.
using Offsets = std::map<std::int32_t, std::int64_t>;

class KafkaAdmin {
 public:
  static Result<std::unique_ptr<KafkaAdmin>> make(const KafkaSettings& settings);

  /// All topics, those that are internal too.
  Result<std::vector<std::string>> topics();
  /// With first and last offsets.
  Result<std::vector<PartitionAbout>> partitions(const std::string& topic);
  Result<std::vector<ConfigAbout>> configs(const std::string& topic);
  /// -1 partitions or replicas: as many as the cluster's default.
  Result<> createTopic(const std::string& topic, std::int32_t partitions, std::int32_t replicas,
                       const std::map<std::string, std::string>& configs);
  Result<> setPartitions(const std::string& topic, std::int32_t total);
  /// Sets these, takes those without a value back to their default, and leaves the others.
  Result<> setConfigs(const std::string& topic,
                      const std::map<std::string, std::optional<std::string>>& configs);
  Result<> deleteTopic(const std::string& topic);
  /// Deletes what is before the offsets; -1: everything.
  Result<> deleteRecords(const std::string& topic, const Offsets& before);

  Result<std::vector<GroupListing>> groups();
  Result<GroupAbout> group(const std::string& name);
  Result<std::vector<GroupOffset>> offsets(const std::string& group);
  Result<> setOffsets(const std::string& group, const std::string& topic, const Offsets& offsets);
  Result<> deleteGroup(const std::string& name);

  /// The first offset of each partition whose record is not before the time; the end without one.
  Result<Offsets> offsetsAt(const std::string& topic, Millis time);

 private:
  struct Asked;
  KafkaAdmin(const KafkaSettings& settings, KafkaClient client)
      : settings_(settings), client_(std::move(client)) {}
  Asked prepare(rd_kafka_admin_op_t operation);
  Result<> await(Asked& asked, const std::string& doing);

  const KafkaSettings settings_;
  KafkaClient client_;
};

}  // namespace millrace::log
