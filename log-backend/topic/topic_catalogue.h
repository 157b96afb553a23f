// SPDX-License-Identifier: Apache-2.0
#pragma once
// TopicCatalogue: which topics there are, in one file replaced in one step (FORMAT.md). A topic
// exists exactly while it stands there.
// Threads: values.

#include "log-backend/topic/topic_config.h"

#include <compare>

namespace millrace::log {

/// A UUID: the same for as long as the topic lives, another one when it is made again.
struct TopicId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const TopicId&) const = default;
  /// 22 characters of base64url, as Kafka shows it.
  std::string text() const;
};

struct TopicEntry {
  std::string name;
  TopicId id;
  std::int32_t partitions = 1;
  TopicConfig config;
};

std::string encodeCatalogue(const std::map<std::string, TopicEntry>& topics);
Result<std::map<std::string, TopicEntry>> decodeCatalogue(std::string_view text);

}  // namespace millrace::log
