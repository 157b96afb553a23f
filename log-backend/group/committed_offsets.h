// SPDX-License-Identifier: Apache-2.0
#pragma once
// CommittedOffsets: the newest offset of each group and partition, and those of transactions that
// have not ended.
//
// Promise: what counts is the place in the log, not the order of the calls: an older record never
// hides a newer one, whether it came by itself or with the end of a transaction.
// Threads: the coordinator's lock.

#include "log-backend/group/group_records.h"

#include <map>
#include <set>

namespace millrace::log {

class CommittedOffsets {
 public:
  /// By topic and partition.
  using OfGroup = std::map<std::pair<std::string, std::int32_t>, CommittedOffset>;

  void put(const OffsetKey& key, CommittedOffset value, Offset place);
  void remove(const OffsetKey& key);
  void putPending(std::int64_t producerId, const OffsetKey& key, CommittedOffset value,
                  Offset place);
  /// What a transaction committed counts from now on, or never did.
  void end(std::int64_t producerId, Marker marker);

  std::optional<CommittedOffset> find(const OffsetKey& key) const;
  /// A transaction that has not ended commits this one.
  bool pending(const OffsetKey& key) const;
  bool anyPending(const std::string& group) const;
  OfGroup of(const std::string& group) const;
  std::set<std::string> groups() const;
  /// The keys with a partition of the topic.
  std::vector<OffsetKey> ofTopic(const std::string& topic) const;

 private:
  struct Placed {
    CommittedOffset value;
    Offset place = kNoOffset;
  };
  std::map<OffsetKey, Placed> offsets_;
  std::map<std::int64_t, std::map<OffsetKey, Placed>> pending_;  ///< by producer id
};

}  // namespace millrace::log
