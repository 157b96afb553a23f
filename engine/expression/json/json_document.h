// SPDX-License-Identifier: Apache-2.0
#pragma once
// JsonDocument: a JSON text as a tree of values that keeps the order of keys and the text of
// numbers, so that 1.0 stays 1.0 and no digit of a long number is lost.
//
// Reads what NiFi's reader reads: the first value of the text; what follows it is ignored. Of equal
// keys the last value counts, at the place of the first. Bytes that are no UTF-8 become U+FFFD.
// Ownership: the document owns all that its values point to, until the next parse(). Threads: one
// at a time; parse() again to use its memory again.

#include "engine/base/bytes.h"
#include "engine/base/mutex.h"
#include "engine/base/result.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::expression {

enum class JsonKind : std::uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };

struct JsonMember;

/// A value; what it points to belongs to a document (or to a compiled path, for its literals).
struct JsonValue {
  JsonKind kind = JsonKind::kNull;
  bool truth = false;     ///< of a boolean
  std::string_view text;  ///< of a number as written, of a string without escapes
  const JsonMember* first = nullptr;
  std::size_t count = 0;  ///< members of an object, items of an array

  bool isContainer() const { return kind == JsonKind::kArray || kind == JsonKind::kObject; }
  std::span<const JsonMember> members() const;
  /// The value of a key of an object; null where it has none.
  const JsonValue* find(std::string_view key) const;

  static JsonValue boolean(bool truth) { return {JsonKind::kBoolean, truth, {}, nullptr, 0}; }
  static JsonValue number(std::string_view text) {
    return {JsonKind::kNumber, false, text, nullptr, 0};
  }
  static JsonValue string(std::string_view text) {
    return {JsonKind::kString, false, text, nullptr, 0};
  }
};

struct JsonMember {
  std::string_view key;  ///< empty in an array
  JsonValue value;
};

inline std::span<const JsonMember> JsonValue::members() const { return {first, count}; }

class JsonDocument {
 public:
  /// Deeper nesting is refused, so that nobody needs a deep stack to walk a document.
  static constexpr std::size_t kMaxDepth = 1000;
  /// Longer texts are refused.
  static constexpr std::uint64_t kMaxBytes = 2'000'000'000;

  JsonDocument();
  ~JsonDocument();
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;

  /// Forgets the present values and reads a text. A string of more than `maxStringLength`
  /// characters is an Error, as is what is no JSON: its message names line and column.
  Result<> parse(ByteView text, std::uint64_t maxStringLength = kMaxBytes);
  const JsonValue& root() const { return root_; }
  /// Makes another value the root; it must live as long as those of the document.
  void replaceRoot(const JsonValue& root) { root_ = root; }

  /// Values that live as long as those of the document.
  std::string_view keep(std::string_view text);
  JsonValue array(std::span<const JsonValue> items);
  JsonValue object(std::span<const JsonMember> members);

 private:
  friend class JsonDocumentPool;
  struct Memory;
  std::unique_ptr<Memory> memory_;
  JsonValue root_;
};

/// Documents that wait for their next use, so that a trigger finds warm memory; one that has grown
/// large is not kept. Threads: any.
class JsonDocumentPool {
 public:
  std::unique_ptr<JsonDocument> borrow();
  void giveBack(std::unique_ptr<JsonDocument> document);

 private:
  Mutex mutex_;
  std::vector<std::unique_ptr<JsonDocument>> idle_ MR_GUARDED_BY(mutex_);
};

enum class JsonNumbers : std::uint8_t {
  kAsRead,
  kAsJava,  ///< decimals as Java prints a double: 1.50 is 1.5 and 1e2 is 100.0
};
/// Appends the value as compact JSON.
void appendJson(const JsonValue& value, std::string& out,
                JsonNumbers numbers = JsonNumbers::kAsRead);
/// Appends a scalar's plain text (`nullText` for null), a container as JSON.
void appendPlain(const JsonValue& value, std::string_view nullText, std::string& out,
                 JsonNumbers numbers = JsonNumbers::kAsRead);

}  // namespace millrace::expression
