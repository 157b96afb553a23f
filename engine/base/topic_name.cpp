// SPDX-License-Identifier: Apache-2.0
#include "engine/base/topic_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace {

std::string wrongTopicName(std::string_view name) {
  constexpr std::size_t kLongestName = 249;
  if (name.empty()) return "a topic needs a name";
  if (name == "." || name == "..") return fmt::format("a topic must not be called '{}'", name);
  if (name.size() > kLongestName)
    return fmt::format("the topic's name has {} characters, it may have {}", name.size(),
                       kLongestName);
  const bool legal = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (legal) return {};
  return fmt::format(
      "the topic name '{}' holds something else than letters, digits, '.', '_' and '-'", name);
}

}  // namespace millrace
