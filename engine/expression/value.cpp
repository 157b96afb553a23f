// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/value.h"

#include "engine/expression/date_text.h"
#include "engine/expression/java_number.h"

#include <limits>

namespace millrace::expression {

namespace {

bool sameIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] | 0x20) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

Value numberOf(const Value& value) {
  switch (value.type()) {
    case Type::kWhole:
    case Type::kDecimal:
      return value;
    case Type::kDate:
      return Value::whole(value.date());
    case Type::kInstant:
      return Value::whole(value.instant().millis());
    case Type::kText: {
      const ParsedNumber number = parseNumber(value.text());
      if (number.form == ParsedNumber::Form::kWhole) return Value::whole(number.whole);
      if (number.form == ParsedNumber::Form::kDecimal) return Value::decimal(number.decimal);
      return {};
    }
    case Type::kNull:
    case Type::kBoolean:
      return {};
  }
  return {};
}

Value booleanOf(const Value& value) {
  if (value.type() == Type::kBoolean) return value;
  if (value.type() != Type::kText) return {};
  std::string_view text = value.text();
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return Value::boolean(sameIgnoringCase(text, "true"));
}

Value dateOf(const Value& value, Workspace& work) {
  switch (value.type()) {
    case Type::kDate:
      return value;
    case Type::kInstant:
      return Value::date(value.instant().millis());
    case Type::kWhole:
      return Value::date(value.whole());
    case Type::kDecimal:
      return Value::date(truncate(value.decimal()));
    case Type::kText: {
      auto moment = readDateText(value.text(), work.zone);
      if (!moment.ok()) return work.fail(std::move(moment).error().message);
      return Value::date(moment->millis());
    }
    case Type::kNull:
    case Type::kBoolean:
      return {};
  }
  return {};
}

Value instantOf(const Value& value, Workspace& work) {
  if (value.type() == Type::kInstant) return value;
  if (value.type() == Type::kText) {
    auto moment = readInstantText(value.text(), work.zone);
    if (!moment.ok()) return work.fail(std::move(moment).error().message);
    return Value::instant(*moment);
  }
  const Value date = dateOf(value, work);
  return date.isNull() ? date : Value::instant(Instant::ofMillis(date.date()));
}

}  // namespace

Instant Instant::ofMillis(std::int64_t millis) {
  std::int64_t seconds = millis / 1000;
  std::int64_t rest = millis % 1000;
  if (rest < 0) {
    rest += 1000;
    --seconds;
  }
  return {seconds, static_cast<std::int32_t>(rest * 1'000'000)};
}

std::int64_t Instant::millis() const {
  constexpr std::int64_t kLimit = std::numeric_limits<std::int64_t>::max() / 1000 - 1;
  if (seconds > kLimit) return std::numeric_limits<std::int64_t>::max();
  if (seconds < -kLimit) return std::numeric_limits<std::int64_t>::min();
  return seconds * 1000 + nanos / 1'000'000;
}

std::string_view kindName(Kind kind) {
  switch (kind) {
    case Kind::kAny:
      return "anything";
    case Kind::kText:
      return "a text";
    case Kind::kWhole:
      return "a whole number";
    case Kind::kDecimal:
      return "a decimal";
    case Kind::kNumber:
      return "a number";
    case Kind::kBoolean:
      return "a boolean";
    case Kind::kDate:
      return "a date";
    case Kind::kInstant:
      return "an instant";
  }
  return "";
}

bool convertible(Kind from, Kind to) {
  if (to == Kind::kAny || to == Kind::kText || from == to || from == Kind::kAny) return true;
  if (to == Kind::kBoolean) return from == Kind::kText;
  return from != Kind::kBoolean;
}

Value convert(const Value& value, Kind to, Workspace& work) {
  switch (to) {
    case Kind::kAny:
      return value;
    case Kind::kText:
      if (value.type() == Type::kText || value.isNull()) return value;
      return Value::text(textOf(value, work));
    case Kind::kNumber:
      return numberOf(value);
    case Kind::kWhole: {
      const Value number = numberOf(value);
      if (number.type() == Type::kDecimal) return Value::whole(truncate(number.decimal()));
      return number;
    }
    case Kind::kDecimal: {
      const Value number = numberOf(value);
      if (number.type() == Type::kWhole) return Value::decimal(static_cast<double>(number.whole()));
      return number;
    }
    case Kind::kBoolean:
      return booleanOf(value);
    case Kind::kDate:
      return dateOf(value, work);
    case Kind::kInstant:
      return instantOf(value, work);
  }
  return {};
}

std::string_view textOf(const Value& value, Workspace& work) {
  char buffer[kNumberTextSize];
  switch (value.type()) {
    case Type::kNull:
      return {};
    case Type::kText:
      return value.text();
    case Type::kWhole:
      return work.scratch.keep(printWhole(value.whole(), buffer));
    case Type::kDecimal:
      return work.scratch.keep(printDecimal(value.decimal(), buffer));
    case Type::kBoolean:
      return value.boolean() ? "true" : "false";
    case Type::kDate:
      return work.scratch.keep(dateText(Instant::ofMillis(value.date()), work.zone));
    case Type::kInstant:
      return work.scratch.keep(instantText(value.instant()));
  }
  return {};
}

}  // namespace millrace::expression
