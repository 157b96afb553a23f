// SPDX-License-Identifier: Apache-2.0
#pragma once
// TopicConfig: the settings of a topic as texts under Kafka's names, checked, and what they mean to
// a partition.
//
// Promise: a TopicConfig that parse() returned is obeyed. A value that Millrace cannot obey (a
// codec of the broker's own, tiered storage) is refused with the config's name, not ignored.
// Threads: values.

#include "engine/base/result.h"
#include "log-backend/partition/partition_config.h"

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace millrace::log {

enum class ConfigType : std::uint8_t { kLong, kInt, kDouble, kBoolean, kList, kString };

struct ConfigDefinition {
  std::string_view name;
  ConfigType type;
  std::string_view byDefault;
  double least;              ///< numbers: smallest allowed value
  std::string_view allowed;  ///< others: the allowed values, separated by blanks; empty: any
};

/// Every config of a topic, by name.
std::span<const ConfigDefinition> topicConfigs();

class TopicConfig {
 public:
  using Texts = std::map<std::string, std::string>;
  /// The defaults.
  TopicConfig() = default;
  /// `overrides`: name and text. The error names the config, and what it takes.
  static Result<TopicConfig> parse(const Texts& overrides);

  const Texts& overrides() const { return overrides_; }
  /// The text in force; empty for an unknown name.
  std::string_view text(std::string_view name) const;
  PartitionConfig partition() const;
  std::int64_t minInsyncReplicas() const { return number("min.insync.replicas"); }

 private:
  std::int64_t number(std::string_view name) const;
  Texts overrides_;
};

}  // namespace millrace::log
