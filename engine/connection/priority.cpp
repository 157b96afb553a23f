// SPDX-License-Identifier: Apache-2.0
#include "engine/connection/priority.h"

#include <algorithm>
#include <charconv>
#include <compare>
#include <optional>

namespace millrace::engine {
namespace {

std::optional<std::int64_t> wholeNumber(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::strong_ordering byPriorityAttribute(const FlowFile& a, const FlowFile& b) {
  const auto left = a.attributes.find("priority");
  const auto right = b.attributes.find("priority");
  if (!left || !right) return right.has_value() <=> left.has_value();
  const auto leftNumber = wholeNumber(*left);
  const auto rightNumber = wholeNumber(*right);
  if (leftNumber && rightNumber) return *leftNumber <=> *rightNumber;
  if (leftNumber || rightNumber) return rightNumber.has_value() <=> leftNumber.has_value();
  return left->compare(*right) <=> 0;
}

std::strong_ordering compare(Prioritizer prioritizer, const FlowFile& a, const FlowFile& b) {
  switch (prioritizer) {
    case Prioritizer::kFirstInFirstOut:
      return a.key <=> b.key;
    case Prioritizer::kNewestFirst:
      return b.entryDate <=> a.entryDate;
    case Prioritizer::kOldestFirst:
      return a.entryDate <=> b.entryDate;
    case Prioritizer::kPriorityAttribute:
      return byPriorityAttribute(a, b);
  }
  return std::strong_ordering::equal;
}

}  // namespace

bool goesBefore(std::span<const Prioritizer> prioritizers, const FlowFile& a, const FlowFile& b) {
  for (const Prioritizer prioritizer : prioritizers) {
    const auto order = compare(prioritizer, a, b);
    if (order != std::strong_ordering::equal) return order == std::strong_ordering::less;
  }
  return a.key < b.key;
}

bool isOldestFirst(std::span<const Prioritizer> prioritizers) {
  return std::all_of(prioritizers.begin(), prioritizers.end(), [](Prioritizer each) {
    return each == Prioritizer::kFirstInFirstOut || each == Prioritizer::kOldestFirst;
  });
}

}  // namespace millrace::engine
