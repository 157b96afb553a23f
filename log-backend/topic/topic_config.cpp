// SPDX-License-Identifier: Apache-2.0
#include "log-backend/topic/topic_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <vector>

namespace millrace::log {
namespace {

using Type = ConfigType;
constexpr std::string_view kMost = "9223372036854775807";

constexpr std::array kDefinitions{
    ConfigDefinition{"cleanup.policy", Type::kList, "delete", 0, "delete compact"},
    ConfigDefinition{"compression.gzip.level", Type::kInt, "-1", -1, ""},
    ConfigDefinition{"compression.lz4.level", Type::kInt, "9", 1, ""},
    // Batches are stored as they came: no other codec is put on them.
    ConfigDefinition{"compression.type", Type::kString, "producer", 0, "producer"},
    ConfigDefinition{"compression.zstd.level", Type::kInt, "3", -131072, ""},
    ConfigDefinition{"delete.retention.ms", Type::kLong, "86400000", 0, ""},
    // Readers keep the files that they read, so files may go at once.
    ConfigDefinition{"file.delete.delay.ms", Type::kLong, "60000", 0, ""},
    // Every group commit syncs: more often than any of these asks.
    ConfigDefinition{"flush.messages", Type::kLong, kMost, 1, ""},
    ConfigDefinition{"flush.ms", Type::kLong, kMost, 0, ""},
    ConfigDefinition{"index.interval.bytes", Type::kInt, "4096", 0, ""},
    ConfigDefinition{"max.compaction.lag.ms", Type::kLong, kMost, 1, ""},
    ConfigDefinition{"max.message.bytes", Type::kInt, "1048588", 0, ""},
    ConfigDefinition{"message.timestamp.after.max.ms", Type::kLong, kMost, 0, ""},
    ConfigDefinition{"message.timestamp.before.max.ms", Type::kLong, kMost, 0, ""},
    ConfigDefinition{"message.timestamp.difference.max.ms", Type::kLong, kMost, 0, ""},
    ConfigDefinition{"message.timestamp.type", Type::kString, "CreateTime", 0,
                     "CreateTime LogAppendTime"},
    ConfigDefinition{"min.cleanable.dirty.ratio", Type::kDouble, "0.5", 0, ""},
    ConfigDefinition{"min.compaction.lag.ms", Type::kLong, "0", 0, ""},
    ConfigDefinition{"min.insync.replicas", Type::kInt, "1", 1, ""},
    ConfigDefinition{"preallocate", Type::kBoolean, "false", 0, "false"},
    ConfigDefinition{"remote.storage.enable", Type::kBoolean, "false", 0, "false"},
    ConfigDefinition{"retention.bytes", Type::kLong, "-1", -1, ""},
    ConfigDefinition{"retention.ms", Type::kLong, "604800000", -1, ""},
    ConfigDefinition{"segment.bytes", Type::kInt, "1073741824", 14, ""},
    ConfigDefinition{"segment.index.bytes", Type::kInt, "10485760", 4, ""},
    ConfigDefinition{"segment.jitter.ms", Type::kLong, "0", 0, ""},
    ConfigDefinition{"segment.ms", Type::kLong, "604800000", 1, ""},
    ConfigDefinition{"unclean.leader.election.enable", Type::kBoolean, "false", 0, "false"},
};

const ConfigDefinition* definitionOf(std::string_view name) {
  const auto found = std::find_if(kDefinitions.begin(), kDefinitions.end(),
                                  [name](const auto& each) { return each.name == name; });
  return found == kDefinitions.end() ? nullptr : &*found;
}

/// The words of a text, split at one character, without blanks around them.
std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    std::string_view word = text.substr(0, text.find(at));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    words.push_back(word);
  }
  return words;
}

Error wrong(const ConfigDefinition& config, std::string_view text, const std::string& takes) {
  return Error::user(fmt::format("{} is {}, it takes {}", config.name,
                                 text.empty() ? "empty" : fmt::format("'{}'", text), takes));
}

Result<> checkNumber(const ConfigDefinition& config, std::string_view text) {
  const char* const end = text.data() + text.size();
  if (config.type == Type::kDouble) {
    double value = 0;
    const auto [stopped, code] = std::from_chars(text.data(), end, value);
    if (code == std::errc{} && stopped == end && value >= 0 && value <= 1) return Done{};
    return wrong(config, text, "a number from 0 to 1");
  }
  const bool isInt = config.type == Type::kInt;
  const std::int64_t most = isInt ? std::numeric_limits<std::int32_t>::max() : kForEver;
  std::int64_t value = 0;
  const auto [stopped, code] = std::from_chars(text.data(), end, value);
  const bool whole = code == std::errc{} && stopped == end;
  if (whole && static_cast<double>(value) >= config.least && value <= most) return Done{};
  return wrong(
      config, text,
      fmt::format("a whole number from {} to {}", static_cast<std::int64_t>(config.least), most));
}

Result<> check(const ConfigDefinition& config, std::string_view text) {
  if (config.type == Type::kLong || config.type == Type::kInt || config.type == Type::kDouble)
    return checkNumber(config, text);
  const auto allowed = split(config.allowed, ' ');
  const auto words = config.type == Type::kList ? split(text, ',') : std::vector{text};
  const bool known = std::all_of(words.begin(), words.end(), [&](std::string_view word) {
    return std::find(allowed.begin(), allowed.end(), word) != allowed.end();
  });
  if (known && !words.empty()) return Done{};
  return wrong(config, text,
               config.type == Type::kList ? fmt::format("one or more of: {}", config.allowed)
                                          : fmt::format("one of: {}", config.allowed));
}

}  // namespace

std::span<const ConfigDefinition> topicConfigs() { return kDefinitions; }

Result<TopicConfig> TopicConfig::parse(const Texts& overrides) {
  for (const auto& [name, text] : overrides) {
    const ConfigDefinition* const config = definitionOf(name);
    if (config == nullptr)
      return Error::user(
          fmt::format("there is no topic config '{}', see docs/log.md for the names", name));
    MR_TRY(check(*config, text));
  }
  TopicConfig made;
  made.overrides_ = overrides;
  if (made.number("min.compaction.lag.ms") > made.number("max.compaction.lag.ms")) {
    return Error::user("min.compaction.lag.ms is greater than max.compaction.lag.ms, lower it");
  }
  return made;
}

std::string_view TopicConfig::text(std::string_view name) const {
  if (const auto found = overrides_.find(std::string(name)); found != overrides_.end())
    return found->second;
  const ConfigDefinition* const config = definitionOf(name);
  return config == nullptr ? std::string_view{} : config->byDefault;
}

std::int64_t TopicConfig::number(std::string_view name) const {
  const std::string_view digits = text(name);
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

PartitionConfig TopicConfig::partition() const {
  PartitionConfig made;
  const auto policies = split(text("cleanup.policy"), ',');
  made.deletes = std::find(policies.begin(), policies.end(), "delete") != policies.end();
  made.compacts = std::find(policies.begin(), policies.end(), "compact") != policies.end();
  made.retentionMs = number("retention.ms");
  made.retentionBytes = number("retention.bytes");
  made.segmentBytes = number("segment.bytes");
  made.segmentMs = number("segment.ms");
  made.segmentJitterMs = number("segment.jitter.ms");
  made.segmentIndexBytes = number("segment.index.bytes");
  made.indexIntervalBytes = number("index.interval.bytes");
  made.maxMessageBytes = number("max.message.bytes");
  made.deleteRetentionMs = number("delete.retention.ms");
  made.minCompactionLagMs = number("min.compaction.lag.ms");
  made.maxCompactionLagMs = number("max.compaction.lag.ms");
  made.minCleanableDirtyRatio =
      std::strtod(std::string(text("min.cleanable.dirty.ratio")).c_str(), nullptr);
  made.timestampType = text("message.timestamp.type") == "LogAppendTime"
                           ? TimestampType::kLogAppendTime
                           : TimestampType::kCreateTime;
  // The older name stands for both of the newer ones where these are not given.
  const Millis both = number("message.timestamp.difference.max.ms");
  const auto bound = [&](const char* name) {
    return overrides_.contains(name) ? number(name) : both;
  };
  made.timestampBeforeMaxMs = bound("message.timestamp.before.max.ms");
  made.timestampAfterMaxMs = bound("message.timestamp.after.max.ms");
  return made;
}

}  // namespace millrace::log
