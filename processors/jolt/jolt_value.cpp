// SPDX-License-Identifier: Apache-2.0
#include "processors/jolt/jolt_value.h"

#include <algorithm>
#include <numeric>

namespace millrace::processors {

using expression::JsonDocument;
using expression::JsonMember;
using expression::JsonValue;

namespace {

constexpr std::size_t kFewKeys = 16;  // that are searched one by one

}  // namespace

JoltValue JoltValue::from(const JsonValue& value) {
  switch (value.kind) {
    case Kind::kNull:
      return {};
    case Kind::kBoolean:
      return boolean(value.truth);
    case Kind::kNumber:
      return number(std::string(value.text));
    case Kind::kString:
      return string(std::string(value.text));
    case Kind::kArray: {
      JoltValue made = array();
      made.items_.reserve(value.count);
      for (const JsonMember& member : value.members()) made.items_.push_back(from(member.value));
      return made;
    }
    case Kind::kObject: {
      JoltValue made = object();
      for (const JsonMember& member : value.members()) made.at(member.key) = from(member.value);
      return made;
    }
  }
  return {};
}

Result<JoltValue> JoltValue::parse(ByteView text, std::uint64_t maxStringLength) {
  JsonDocument document;
  MR_TRY(document.parse(text, maxStringLength));
  return from(document.root());
}

JoltValue* JoltValue::find(std::string_view key) {
  if (keys_.size() <= kFewKeys) {
    const auto found = std::find(keys_.begin(), keys_.end(), key);
    return found == keys_.end() ? nullptr
                                : &items_[static_cast<std::size_t>(found - keys_.begin())];
  }
  if (places_.empty()) {
    for (std::size_t i = 0; i < keys_.size(); ++i) places_.emplace(keys_[i], i);
  }
  const auto found = places_.find(std::string(key));
  return found == places_.end() ? nullptr : &items_[found->second];
}

JoltValue& JoltValue::at(std::string_view key) {
  if (JoltValue* present = find(key)) return *present;
  if (!places_.empty()) places_.emplace(key, keys_.size());
  keys_.emplace_back(key);
  return items_.emplace_back();
}

void JoltValue::erase(std::string_view key) {
  const JoltValue* present = find(key);
  if (present == nullptr) return;
  const std::ptrdiff_t place = present - items_.data();
  items_.erase(items_.begin() + place);
  keys_.erase(keys_.begin() + place);
  places_.clear();
}

void JoltValue::sortKeys() {
  if (isObject()) {
    std::vector<std::size_t> order(keys_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const bool aFirst = keys_[a].starts_with('~');
      const bool bFirst = keys_[b].starts_with('~');
      return aFirst != bFirst ? aFirst : keys_[a] < keys_[b];
    });
    std::vector<JoltValue> items;
    std::vector<std::string> keys;
    for (const std::size_t place : order) {
      items.push_back(std::move(items_[place]));
      keys.push_back(std::move(keys_[place]));
    }
    items_ = std::move(items);
    keys_ = std::move(keys);
    places_.clear();
  }
  for (JoltValue& item : items_) item.sortKeys();
}

void JoltValue::write(std::string& into, Layout layout, int depth) const {
  const bool pretty = layout == Layout::kPretty;
  const auto newLine = [&](int indent) {
    into += '\n';
    into.append(static_cast<std::size_t>(indent) * 2, ' ');
  };
  switch (kind_) {
    case Kind::kNull:
      into += "null";
      return;
    case Kind::kBoolean:
    case Kind::kNumber:
      into += text_;
      return;
    case Kind::kString:
      expression::appendJson(JsonValue::string(text_), into);
      return;
    case Kind::kArray:
      into += '[';
      for (std::size_t i = 0; i < items_.size(); ++i) {
        if (i > 0) into += ',';
        if (pretty) into += ' ';
        items_[i].write(into, layout, depth);
      }
      if (pretty) into += ' ';
      into += ']';
      return;
    case Kind::kObject:
      into += '{';
      for (std::size_t i = 0; i < items_.size(); ++i) {
        if (i > 0) into += ',';
        if (pretty) newLine(depth + 1);
        expression::appendJson(JsonValue::string(keys_[i]), into);
        into += pretty ? " : " : ":";
        items_[i].write(into, layout, depth + 1);
      }
      if (pretty && items_.empty()) into += ' ';
      if (pretty && !items_.empty()) newLine(depth);
      into += '}';
      return;
  }
}

bool JoltValue::operator==(const JoltValue& other) const {
  if (kind_ != other.kind_ || items_.size() != other.items_.size()) return false;
  if (!isObject()) return text_ == other.text_ && items_ == other.items_;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const JoltValue* there = other.find(keys_[i]);
    if (there == nullptr || !(*there == items_[i])) return false;
  }
  return true;
}

}  // namespace millrace::processors
