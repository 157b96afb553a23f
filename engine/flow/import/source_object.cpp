// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/import/source_object.h"

#include "engine/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace millrace::flow {
namespace {

constexpr std::size_t kLongestShown = 60;

template <typename Number>
bool parseNumber(const std::string& text, Number& into) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), into);
  return code == std::errc{} && end == text.data() + text.size();
}

bool isEmpty(const YamlNode& node) {
  return node.isNull() || (node.isScalar() && node.text.empty()) ||
         (node.isMap() && node.entries.empty()) || (node.isSequence() && node.items.empty());
}

bool isReference(const std::string& text) { return text.find("#{") != std::string::npos; }

}  // namespace

std::string shown(const YamlNode& node) {
  if (node.isMap()) return fmt::format("{} keys", node.entries.size());
  if (node.isSequence()) {
    const bool words = std::all_of(node.items.begin(), node.items.end(),
                                   [](const YamlNode& item) { return item.isScalar(); });
    if (!words) return fmt::format("{} entries", node.items.size());
    std::string list;
    for (const YamlNode& item : node.items) list += (list.empty() ? "" : ", ") + item.text;
    return list.size() > kLongestShown ? fmt::format("{} entries", node.items.size()) : list;
  }
  if (node.text.size() <= kLongestShown) return node.text;
  std::size_t end = kLongestShown;
  while (end > 0 && (static_cast<unsigned char>(node.text[end]) & 0xc0) == 0x80) --end;
  return node.text.substr(0, end) + "…";
}

SourceObject::SourceObject(const YamlNode& node, std::string path, ImportReport& report)
    : node_(&node), path_(std::move(path)), report_(&report) {
  if (!node.isMap()) wrong(node, "a mapping of keys is expected here", "correct the file");
}

void SourceObject::wrong(const YamlNode& at, const std::string& message, std::string advice) {
  report_->error(at.at, component_,
                 path_.empty() ? message : fmt::format("at {}: {}", path_, message),
                 std::move(advice));
}

const YamlEntry* SourceObject::entry(Keys keys) {
  const YamlEntry* first = nullptr;
  for (const std::string_view key : keys) {
    const YamlEntry* found = node_->find(key);
    if (found == nullptr) continue;
    read_.insert(found->key.text);
    if (first == nullptr || first->value.isNull()) first = found;
  }
  return first;
}

const YamlNode* SourceObject::find(Keys keys) {
  const YamlEntry* found = entry(keys);
  return found == nullptr || found->value.isNull() ? nullptr : &found->value;
}

std::optional<std::string> SourceObject::scalar(Keys keys) {
  const YamlEntry* found = entry(keys);
  if (found == nullptr || found->value.isNull()) return std::nullopt;
  if (found->value.isScalar()) return found->value.text;
  wrong(found->value, fmt::format("'{}' must be a text or a number", found->key.text),
        "correct the file");
  return std::nullopt;
}

std::string SourceObject::text(Keys keys) { return scalar(keys).value_or(std::string()); }

void SourceObject::number(Keys keys, std::uint64_t& into) {
  const std::optional<std::string> text = scalar(keys);
  if (!text || text->empty() || parseNumber(*text, into)) return;
  wrong(*find(keys), fmt::format("'{}: {}' is no whole number", *keys.begin(), shown(*find(keys))),
        "correct the file");
}

void SourceObject::number(Keys keys, std::uint64_t least, std::uint32_t& into) {
  std::uint64_t value = into;
  number(keys, value);
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  const std::uint64_t fitting = std::clamp(value, least, kMost);
  if (fitting != value)
    report_->loss(find(keys)->at, component_,
                  fmt::format("'{}: {}' became {}", *keys.begin(), value, fitting));
  into = static_cast<std::uint32_t>(fitting);
}

void SourceObject::decimal(Keys keys, std::optional<double>& into) {
  const std::optional<std::string> text = scalar(keys);
  double value = 0;
  if (!text || text->empty()) return;
  // Within what a canvas can show; this also refuses infinities.
  if (parseNumber(*text, value) && value > -1e9 && value < 1e9)
    into = value;
  else
    report_->loss(
        find(keys)->at, component_,
        fmt::format("'{}: {}' is no number for a canvas", *keys.begin(), shown(*find(keys))));
}

void SourceObject::duration(Keys keys, Nanos& into) {
  const std::optional<std::string> text = scalar(keys);
  if (!text || text->empty()) return;
  const Result<Nanos> parsed = *text == "0" ? Result<Nanos>(0) : parseDuration(*text);
  if (parsed.ok()) {
    into = *parsed;
  } else if (isReference(*text)) {
    report_->loss(find(keys)->at, component_,
                  fmt::format("'{}: {}' is a parameter, which a duration cannot be; {} was written",
                              *keys.begin(), shown(*find(keys)), formatDuration(into)),
                  "write the duration");
  } else {
    wrong(*find(keys), fmt::format("'{}': {}", *keys.begin(), parsed.error().message),
          "correct the file");
  }
}

void SourceObject::size(Keys keys, std::uint64_t& into) {
  const std::optional<std::string> text = scalar(keys);
  if (!text || text->empty() || parseNumber(*text, into)) return;
  const Result<std::uint64_t> parsed = parseDataSize(*text);
  if (parsed.ok())
    into = *parsed;
  else
    wrong(*find(keys), fmt::format("'{}': {}", *keys.begin(), parsed.error().message),
          "correct the file");
}

void SourceObject::boolean(Keys keys, bool& into) {
  const std::optional<std::string> text = scalar(keys);
  if (!text || text->empty()) return;
  std::string word = *text;
  std::transform(word.begin(), word.end(), word.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (word == "true" || word == "yes" || word == "on")
    into = true;
  else if (word == "false" || word == "no" || word == "off")
    into = false;
  else
    wrong(*find(keys),
          fmt::format("'{}: {}' is neither true nor false", *keys.begin(), shown(*find(keys))),
          "correct the file");
}

std::vector<std::string> SourceObject::texts(Keys keys) {
  std::vector<std::string> result;
  const YamlNode* node = find(keys);
  if (node == nullptr) return result;
  if (node->isScalar() && !node->text.empty()) result.push_back(node->text);
  if (node->isMap())
    wrong(*node, fmt::format("'{}' must be a list", *keys.begin()), "write a list");
  for (const YamlNode& item : node->items) {
    if (item.isScalar())
      result.push_back(item.text);
    else
      wrong(item, fmt::format("'{}' must be a list of texts", *keys.begin()), "correct the file");
  }
  return result;
}

std::vector<SourceObject> SourceObject::objects(Keys keys) {
  std::vector<SourceObject> result;
  const YamlEntry* found = entry(keys);
  if (found == nullptr || found->value.isNull()) return result;
  const std::string& key = found->key.text;
  const std::string path = path_.empty() ? key : path_ + "." + key;
  if (!found->value.isSequence() && !isEmpty(found->value)) {
    wrong(found->value, fmt::format("'{}' must be a list", key), "write a list");
    return result;
  }
  for (std::size_t i = 0; i < found->value.items.size(); ++i)
    result.emplace_back(found->value.items[i], fmt::format("{}[{}]", path, i), *report_);
  return result;
}

std::optional<SourceObject> SourceObject::object(Keys keys) {
  const YamlEntry* found = entry(keys);
  if (found == nullptr || isEmpty(found->value)) return std::nullopt;
  const std::string& key = found->key.text;
  return SourceObject(found->value, path_.empty() ? key : path_ + "." + key, *report_);
}

void SourceObject::ignore(Keys keys) {
  for (const std::string_view key : keys) {
    if (const YamlEntry* found = node_->find(key)) read_.insert(found->key.text);
  }
}

void SourceObject::lose(std::string_view key, std::string_view why, Keys harmless) {
  const YamlEntry* found = entry({key});
  if (found == nullptr || isEmpty(found->value)) return;
  if (std::find(harmless.begin(), harmless.end(), found->value.text) != harmless.end()) return;
  report_->loss(found->key.at, component_,
                fmt::format("'{}: {}' was left out", key, shown(found->value)), std::string(why));
}

void SourceObject::loseTheRest() {
  for (const YamlEntry& entry : node_->entries) {
    if (read_.contains(entry.key.text) || isEmpty(entry.value)) continue;
    report_->loss(entry.key.at, component_,
                  fmt::format("'{}: {}' was left out: a flow file has no place for it",
                              entry.key.text, shown(entry.value)));
  }
}

}  // namespace millrace::flow
