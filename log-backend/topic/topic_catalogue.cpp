// SPDX-License-Identifier: Apache-2.0
#include "log-backend/topic/topic_catalogue.h"

#include "engine/base/big_endian.h"
#include "engine/base/crc32c.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace millrace::log {
namespace {

constexpr std::string_view kHead = "millrace-topics 1\n";

Error damaged() {
  return Error::environment("the catalogue of topics is damaged, restore it from a copy", false);
}

/// The text before the next `end`, which goes too; nothing when there is none.
std::optional<std::string_view> take(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at + 1);
  return part;
}

template <typename Number>
bool parse(std::string_view text, Number& into, int base = 10) {
  const char* const end = text.data() + text.size();
  const auto [stopped, code] = std::from_chars(text.data(), end, into, base);
  return code == std::errc{} && stopped == end;
}

bool parseTopic(std::string_view line, TopicEntry& topic) {
  constexpr std::size_t kHalf = 16;
  const auto name = take(line, ' ');
  const auto id = take(line, ' ');
  if (!name.has_value() || !id.has_value() || id->size() != 2 * kHalf) return false;
  topic.name = *name;
  return parse(id->substr(0, kHalf), topic.id.high, 16) &&
         parse(id->substr(kHalf), topic.id.low, 16) && parse(line, topic.partitions);
}

}  // namespace

std::string TopicId::text() const {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<std::byte, 18> bytes{};
  writeBig(bytes.data(), high);
  writeBig(bytes.data() + 8, low);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8U | std::to_integer<std::uint32_t>(bytes[i + j]);
    for (int shift = 18; shift >= 0; shift -= 6) text += kDigits[(group >> shift) & 63U];
  }
  text.resize(22);
  return text;
}

std::string encodeCatalogue(const std::map<std::string, TopicEntry>& topics) {
  std::string text(kHead);
  for (const auto& [name, topic] : topics) {
    text += fmt::format("topic {} {:016x}{:016x} {}\n", name, topic.id.high, topic.id.low,
                        topic.partitions);
    for (const auto& [config, value] : topic.config.overrides())
      text += fmt::format("config {} {}\n", config, value);
  }
  return text + fmt::format("crc {:08x}\n", crc32c(asBytes(text)));
}

Result<std::map<std::string, TopicEntry>> decodeCatalogue(std::string_view text) {
  std::map<std::string, TopicEntry> topics;
  constexpr std::size_t kCrcLine = 13;
  if (!text.starts_with(kHead) || text.size() < kHead.size() + kCrcLine) return damaged();
  const std::string_view summed = text.substr(0, text.size() - kCrcLine);
  if (text.substr(summed.size()) != fmt::format("crc {:08x}\n", crc32c(asBytes(summed))))
    return damaged();
  std::string_view left = summed.substr(kHead.size());
  TopicEntry topic;
  TopicConfig::Texts overrides;
  const auto finish = [&]() -> Result<> {
    if (topic.name.empty()) return Done{};
    topic.config = MR_TRY(TopicConfig::parse(overrides));
    const std::string name = topic.name;
    topics[name] = std::exchange(topic, {});
    overrides.clear();
    return Done{};
  };
  while (!left.empty()) {
    auto line = take(left, '\n');
    if (!line.has_value()) return damaged();
    const auto kind = take(*line, ' ');
    if (kind == "topic") {
      MR_TRY(finish());
      if (!parseTopic(*line, topic)) return damaged();
    } else if (kind == "config" && !topic.name.empty()) {
      const auto name = take(*line, ' ');
      if (!name.has_value()) return damaged();
      overrides[std::string(*name)] = *line;
    } else {
      return damaged();
    }
  }
  MR_TRY(finish());
  return topics;
}

}  // namespace millrace::log
