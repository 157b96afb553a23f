// SPDX-License-Identifier: Apache-2.0
#pragma once
// KafkaReader: reads a topic of a cluster from a place on, or as a member of a group, record by
// record, and knows when it has read all that there is.
// Threads: one. Errors: as KafkaConsumer's.

#include "log-backend/client/kafka_handle.h"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace millrace::log {

struct ReaderOptions {
  std::string topic;
  std::string group;  ///< empty: none, then `from` has the place
  std::map<std::int32_t, std::int64_t> from;  ///< offset of each partition that is read
  /// Where a group begins that has committed nothing.
  OffsetReset reset = OffsetReset::kEarliest;
};

class KafkaReader {
 public:
  static Result<std::unique_ptr<KafkaReader>> make(const KafkaSettings& settings,
                                                   ReaderOptions options);
  ~KafkaReader();

  /// Null when none came in that time; good until the next call.
  Result<const rd_kafka_message_t*> next(Nanos patience);
  /// Whether every partition that is read was read up to where it ended when last looked at.
  bool atEnd() const;
  /// For a group: what next() has given is done with.
  Result<> commit();

 private:
  explicit KafkaReader(ReaderOptions options) : options_(std::move(options)) {}
  static void rebalanced(rd_kafka_t* client, rd_kafka_resp_err_t code,
                         rd_kafka_topic_partition_list_t* places, void* self);

  const ReaderOptions options_;
  std::set<std::int32_t> reading_;
  std::set<std::int32_t> ended_;
  std::map<std::int32_t, std::int64_t> done_;  ///< the next offset, of what is to be committed
  bool joined_ = false;
  KafkaMessage message_;
  KafkaClient client_;
};

}  // namespace millrace::log
