// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/yaml_object.h"

#include "engine/base/assert.h"
#include "engine/base/units.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <unordered_set>

namespace millrace::flow {
namespace {

template <typename Number>
std::optional<Number> parsed(std::string_view text) {
  Number number{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string joined(const std::vector<std::string>& words) {
  std::string result;
  for (std::size_t i = 0; i < words.size(); ++i) result += (i == 0 ? "" : ", ") + words[i];
  return result;
}

}  // namespace

YamlObject::YamlObject(const YamlNode& node, ObjectKeys keys, std::string where, Findings& findings)
    : node_(node), keys_(keys), where_(std::move(where)), findings_(findings) {
  if (!node.isMap()) {
    refuse(node.at, fmt::format("a {} is written as a mapping", keys_.name),
           "write key: value lines");
    return;
  }
  for (const YamlEntry& entry : node.entries) {
    if (keys_.knows(entry.key.text)) continue;
    std::string advice = didYouMean(entry.key.text, keys_.names());
    if (advice.empty()) advice = "known keys are " + joined(keys_.names());
    refuse(entry.key.at, fmt::format("'{}' is no key of a {}", entry.key.text, keys_.name),
           std::move(advice));
  }
  for (const KeyInfo& key : keys_.keys) {
    if (!key.required || node.find(key.name) != nullptr) continue;
    refuse(node.at, fmt::format("the {} has no '{}'", keys_.name, key.name),
           fmt::format("add '{}: …'", key.name));
  }
}

const YamlNode* YamlObject::value(std::string_view key) const {
  MR_ASSERT(keys_.knows(key));
  const YamlEntry* entry = node_.find(key);
  return entry == nullptr ? nullptr : &entry->value;
}

void YamlObject::refuse(SourcePosition at, std::string message, std::string advice) {
  findings_.push_back({Severity::kError, at, where_, {}, std::move(message), std::move(advice)});
}

const std::string* YamlObject::scalar(std::string_view key, const YamlNode& node) {
  if (node.isScalar()) return &node.text;
  if (node.isNull())
    refuse(node.at, fmt::format("'{}' has no value", key), "write one, or remove the key");
  else
    refuse(node.at, fmt::format("'{}' takes one text, not a list or a mapping", key),
           "write it in one line, or in quotes");
  return nullptr;
}

const std::vector<YamlNode>& YamlObject::items(std::string_view key) {
  static const std::vector<YamlNode> kNothing;
  const YamlNode* node = value(key);
  if (node == nullptr) return kNothing;
  if (node->isSequence()) return node->items;
  refuse(node->at, fmt::format("'{}' takes a list", key),
         "write one '- …' line an element, or [] for none");
  return kNothing;
}

std::string YamlObject::text(std::string_view key) {
  const YamlNode* node = value(key);
  if (node == nullptr) return {};
  const std::string* found = scalar(key, *node);
  return found == nullptr ? std::string{} : *found;
}

std::vector<Name> YamlObject::names(std::string_view key) {
  std::vector<Name> result;
  const YamlNode* node = value(key);
  if (node == nullptr) return result;
  if (!node->isSequence()) {
    if (const std::string* one = scalar(key, *node)) result.push_back({*one, node->at});
    return result;
  }
  std::unordered_set<std::string> seen;
  for (const YamlNode& item : node->items) {
    const std::string* one = scalar(key, item);
    if (one == nullptr) continue;
    if (!seen.insert(*one).second)
      refuse(item.at, fmt::format("'{}' stands twice in '{}'", *one, key), "remove one of them");
    else
      result.push_back({*one, item.at});
  }
  return result;
}

void YamlObject::number(std::string_view key, std::uint64_t least, std::uint64_t most,
                        std::uint64_t& into) {
  const YamlNode* node = value(key);
  if (node == nullptr) return;
  const std::string* text = scalar(key, *node);
  if (text == nullptr) return;
  const std::optional<std::uint64_t> number = parsed<std::uint64_t>(*text);
  if (number && *number >= least && *number <= most) {
    into = *number;
  } else {
    refuse(node->at, fmt::format("'{}' is no number that '{}' takes", *text, key),
           fmt::format("write a whole number from {} to {}", least, most));
  }
}

void YamlObject::number(std::string_view key, std::uint64_t least, std::uint32_t& into) {
  std::uint64_t wide = into;
  number(key, least, std::numeric_limits<std::int32_t>::max(), wide);
  into = static_cast<std::uint32_t>(wide);
}

void YamlObject::integer(std::string_view key, std::optional<std::int64_t>& into) {
  const YamlNode* node = value(key);
  if (node == nullptr) return;
  const std::string* text = scalar(key, *node);
  if (text == nullptr) return;
  into = parsed<std::int64_t>(*text);
  if (!into) refuse(node->at, fmt::format("'{}' is no whole number", *text), "write one such as 2");
}

void YamlObject::decimal(std::string_view key, std::optional<double>& into) {
  const YamlNode* node = value(key);
  if (node == nullptr) return;
  const std::string* text = scalar(key, *node);
  if (text == nullptr) return;
  into = parsed<double>(*text);
  if (into && std::isfinite(*into)) return;
  into.reset();
  refuse(node->at, fmt::format("'{}' is no number", *text), "write one such as 120 or 12.5");
}

void YamlObject::duration(std::string_view key, Nanos& into) {
  const YamlNode* node = value(key);
  if (node == nullptr) return;
  const std::string* text = scalar(key, *node);
  if (text == nullptr) return;
  Result<Nanos> result = parseDuration(*text);
  if (result)
    into = *result;
  else
    refuse(node->at, fmt::format("'{}' of '{}' is no duration", *text, key),
           "write a number and a unit, such as '30 sec'");
}

void YamlObject::size(std::string_view key, std::uint64_t& into) {
  const YamlNode* node = value(key);
  if (node == nullptr) return;
  const std::string* text = scalar(key, *node);
  if (text == nullptr) return;
  Result<std::uint64_t> result = parseDataSize(*text);
  if (result)
    into = *result;
  else
    refuse(node->at, fmt::format("'{}' of '{}' is no data size", *text, key),
           "write a number and a unit, such as '64 KB'");
}

void YamlObject::refuseChoice(std::string_view key, const YamlNode& node,
                              const std::vector<std::string>& known) {
  std::string advice = didYouMean(node.text, known);
  if (advice.empty()) advice = "write one of " + joined(known);
  refuse(node.at, fmt::format("'{}' is no value of '{}'", node.text, key), std::move(advice));
}

}  // namespace millrace::flow
