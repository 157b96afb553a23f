// SPDX-License-Identifier: Apache-2.0
#pragma once
// How the wire shows configs: their sources and types. Threads: functions of their arguments.

#include "log-backend/topic/topic_config.h"

namespace millrace::log {

/// Where a config's value comes from, as on the wire.
enum class ConfigSource : std::int8_t { kTopic = 1, kStaticBroker = 4, kDefault = 5 };

inline ConfigSource sourceOf(const TopicConfig& config, std::string_view name) {
  return config.overrides().contains(std::string(name)) ? ConfigSource::kTopic
                                                        : ConfigSource::kDefault;
}

constexpr std::int8_t wireType(ConfigType type) {
  switch (type) {
    case ConfigType::kBoolean:
      return 1;
    case ConfigType::kString:
      return 2;
    case ConfigType::kInt:
      return 3;
    case ConfigType::kLong:
      return 5;
    case ConfigType::kDouble:
      return 6;
    case ConfigType::kList:
      return 7;
  }
  return 0;
}

}  // namespace millrace::log
