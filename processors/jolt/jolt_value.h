// SPDX-License-Identifier: Apache-2.0
#pragma once
// JoltValue: a JSON value that can be changed. Keys keep their order, numbers their text.
// Threads: a plain value.

#include "engine/base/result.h"
#include "engine/expression/json/json_document.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace millrace::processors {

class JoltValue {
 public:
  using Kind = expression::JsonKind;

  JoltValue() = default;  ///< null
  static JoltValue from(const expression::JsonValue& value);
  static JoltValue string(std::string text) { return {Kind::kString, std::move(text)}; }
  static JoltValue number(std::string text) { return {Kind::kNumber, std::move(text)}; }
  static JoltValue boolean(bool truth) { return {Kind::kBoolean, truth ? "true" : "false"}; }
  static JoltValue array() { return {Kind::kArray, {}}; }
  static JoltValue object() { return {Kind::kObject, {}}; }
  /// A whole JSON text.
  static Result<JoltValue> parse(ByteView text, std::uint64_t maxStringLength);

  Kind kind() const { return kind_; }
  bool isNull() const { return kind_ == Kind::kNull; }
  bool isArray() const { return kind_ == Kind::kArray; }
  bool isObject() const { return kind_ == Kind::kObject; }
  bool isString() const { return kind_ == Kind::kString; }
  bool isNumber() const { return kind_ == Kind::kNumber; }
  /// Of a string, a number as written, or a boolean.
  const std::string& text() const { return text_; }

  /// Items of an array, values of an object.
  std::vector<JoltValue>& items() { return items_; }
  const std::vector<JoltValue>& items() const { return items_; }
  std::size_t size() const { return items_.size(); }
  /// Keys of an object, beside its items.
  const std::vector<std::string>& keys() const { return keys_; }

  JoltValue* find(std::string_view key);
  const JoltValue* find(std::string_view key) const {
    return const_cast<JoltValue*>(this)->find(key);
  }
  /// The value of a key, which is made as null where it is missing.
  JoltValue& at(std::string_view key);
  void erase(std::string_view key);
  /// Sorts the keys of all objects; those that begin with ~ come first.
  void sortKeys();

  enum class Layout : std::uint8_t { kCompact, kPretty };
  void write(std::string& into, Layout layout, int depth = 0) const;

  bool operator==(const JoltValue& other) const;

 private:
  JoltValue(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}

  Kind kind_ = Kind::kNull;
  std::string text_;
  std::vector<JoltValue> items_;
  std::vector<std::string> keys_;
  std::unordered_map<std::string, std::size_t> places_;  // of keys, once there are many
};

}  // namespace millrace::processors
