// SPDX-License-Identifier: Apache-2.0
#pragma once
// Value: what an expression handles while it is evaluated, and how one type becomes another.
// A text is borrowed: from an attribute, a literal of the compiled expression, or the Scratch of
// the evaluation. Threads: a plain value.

#include "engine/expression/scratch.h"
#include "engine/expression/time_zone.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::expression {

enum class Type : unsigned char { kNull, kText, kWhole, kDecimal, kBoolean, kDate, kInstant };

/// A point on the UTC time line; nanos is in [0, 1e9).
struct Instant {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;

  static Instant ofMillis(std::int64_t millis);
  /// Milliseconds since 1970, rounded down; saturates.
  std::int64_t millis() const;
  bool operator==(const Instant&) const = default;
};

class Value {
 public:
  Value() : type_(Type::kNull), whole_(0) {}
  static Value text(std::string_view text) {
    Value v(Type::kText);
    v.text_ = {text.data(), text.size()};
    return v;
  }
  static Value whole(std::int64_t number) {
    Value v(Type::kWhole);
    v.whole_ = number;
    return v;
  }
  static Value decimal(double number) {
    Value v(Type::kDecimal);
    v.decimal_ = number;
    return v;
  }
  static Value boolean(bool flag) {
    Value v(Type::kBoolean);
    v.boolean_ = flag;
    return v;
  }
  static Value date(std::int64_t millis) {
    Value v(Type::kDate);
    v.whole_ = millis;
    return v;
  }
  static Value instant(Instant instant) {
    Value v(Type::kInstant);
    v.instant_ = instant;
    return v;
  }

  Type type() const { return type_; }
  bool isNull() const { return type_ == Type::kNull; }
  // Each of these may be asked only of a value of that type.
  std::string_view text() const { return {text_.data, text_.size}; }
  std::int64_t whole() const { return whole_; }
  double decimal() const { return decimal_; }
  bool boolean() const { return boolean_; }
  std::int64_t date() const { return whole_; }
  Instant instant() const { return instant_; }

 private:
  struct Borrowed {
    const char* data;
    std::size_t size;
  };
  explicit Value(Type type) : type_(type), whole_(0) {}

  Type type_;
  union {
    Borrowed text_;
    std::int64_t whole_;
    double decimal_;
    bool boolean_;
    Instant instant_;
  };
};

/// What a function takes or gives, as far as it is known before the evaluation.
enum class Kind : unsigned char {
  kAny,  ///< taken as it comes
  kText,
  kWhole,
  kDecimal,
  kNumber,  ///< whole or decimal, decided by the value
  kBoolean,
  kDate,
  kInstant,
};

/// The name of a kind in a message.
std::string_view kindName(Kind kind);
/// Whether a result of kind `from` may be given where `to` is wanted (its value may still turn
/// out to be null).
bool convertible(Kind from, Kind to);

/// Where one evaluation works: memory for its texts, the zone that dates are printed in, and the
/// first thing that went wrong.
struct Workspace {
  explicit Workspace(const TimeZone& localZone) : zone(localZone) {}
  /// Notes the first failure of the evaluation; gives null, so that a function can end with it.
  Value fail(std::string message) {
    if (!failed) failure = std::move(message);
    failed = true;
    return {};
  }

  Scratch scratch;
  const TimeZone& zone;
  std::string failure;
  bool failed = false;
};

/// Converts as the language does by itself; a text that is no number becomes null, one that is no
/// date fails the evaluation, as in NiFi.
Value convert(const Value& value, Kind to, Workspace& work);
/// The text of a value; of null the empty text.
std::string_view textOf(const Value& value, Workspace& work);

}  // namespace millrace::expression
