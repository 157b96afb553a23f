// SPDX-License-Identifier: Apache-2.0
// Dates (milliseconds) and instants (nanoseconds): read, print, move.
#include "engine/expression/date_pattern.h"
#include "engine/expression/date_text.h"
#include "engine/expression/duration.h"
#include "engine/expression/function_table.h"

#include <limits>
#include <optional>

namespace millrace::expression {

namespace {

/// What the literal arguments of a date function say, each where it is a literal.
struct PreparedDate final : Prepared {
  std::optional<DatePattern> pattern;
  std::optional<Amount> amount;
  std::optional<TimeZone> zone;
};

bool isText(LiteralArguments literals, std::size_t index) {
  return index < literals.size() && literals[index] != nullptr &&
         literals[index]->type() == Type::kText;
}

Result<std::unique_ptr<const Prepared>> prepareFormat(LiteralArguments literals) {
  auto prepared = std::make_unique<PreparedDate>();
  if (isText(literals, 0)) prepared->pattern = MR_TRY(DatePattern::compile(literals[0]->text()));
  if (isText(literals, 1)) prepared->zone = MR_TRY(TimeZone::named(literals[1]->text()));
  return std::unique_ptr<const Prepared>(std::move(prepared));
}

Result<std::unique_ptr<const Prepared>> prepareToInstant(LiteralArguments literals) {
  if (literals.size() == 1) return Error::user("takes a format and a time zone, or nothing");
  return prepareFormat(literals);
}

Result<std::unique_ptr<const Prepared>> prepareAmount(LiteralArguments literals) {
  auto prepared = std::make_unique<PreparedDate>();
  if (isText(literals, 0)) prepared->amount = MR_TRY(parseAmount(literals[0]->text()));
  if (isText(literals, 1)) prepared->zone = MR_TRY(TimeZone::named(literals[1]->text()));
  return std::unique_ptr<const Prepared>(std::move(prepared));
}

/// The time zone of the second argument, the local one where there is none.
std::optional<TimeZone> zoneOf(Call& call) {
  const auto* prepared = call.prepared<PreparedDate>();
  if (prepared != nullptr && prepared->zone) return prepared->zone;
  const auto name = call.text(1);
  if (!name) return call.input().environment.zone;
  auto zone = TimeZone::named(*name);
  if (zone.ok()) return *zone;
  call.fail(std::move(zone).error().message);
  return std::nullopt;
}

/// The pattern of the first argument, kept in `own` when it had to be compiled now.
const DatePattern* patternOf(Call& call, std::optional<DatePattern>& own) {
  const auto* prepared = call.prepared<PreparedDate>();
  if (prepared != nullptr && prepared->pattern) return &*prepared->pattern;
  const auto text = call.text(0);
  if (!text) return nullptr;
  auto pattern = DatePattern::compile(*text);
  if (!pattern.ok()) {
    call.fail(std::move(pattern).error().message);
    return nullptr;
  }
  own = std::move(*pattern);
  return &*own;
}

Value formatMoment(Call& call, Instant moment) {
  std::optional<DatePattern> own;
  const DatePattern* pattern = patternOf(call, own);
  const auto zone = zoneOf(call);
  if (pattern == nullptr || !zone) return {};
  return Value::text(call.scratch().keep(pattern->format(moment, *zone)));
}

Value format(Call& call) {
  if (call.subject().isNull()) return {};
  return formatMoment(call, Instant::ofMillis(call.subject().date()));
}
Value formatInstant(Call& call) {
  if (call.subject().isNull()) return {};
  return formatMoment(call, call.subject().instant());
}

/// Reads the subject by the format; a number is already a moment. Nothing when it is null or the
/// evaluation has failed.
std::optional<Instant> readMoment(Call& call) {
  const Value& subject = call.subject();
  if (subject.isNull()) return std::nullopt;
  if (subject.type() != Type::kText) {
    const Value moment = convert(subject, Kind::kInstant, call.work());
    if (moment.isNull()) return std::nullopt;
    return moment.instant();
  }
  if (call.argumentCount() == 0) {
    // Without a format only a number is a date; anything else is none, silently.
    const Value number = convert(subject, Kind::kWhole, call.work());
    if (number.isNull()) return std::nullopt;
    return Instant::ofMillis(number.whole());
  }
  std::optional<DatePattern> own;
  const DatePattern* pattern = patternOf(call, own);
  const auto zone = zoneOf(call);
  if (pattern == nullptr || !zone) return std::nullopt;
  auto moment = pattern->parse(subject.text(), *zone);
  if (!moment.ok()) {
    call.fail(std::move(moment).error().message);
    return std::nullopt;
  }
  return *moment;
}

Value toDate(Call& call) {
  const auto moment = readMoment(call);
  return moment ? Value::date(moment->millis()) : Value();
}
Value toInstant(Call& call) {
  const auto moment = readMoment(call);
  return moment ? Value::instant(*moment) : Value();
}

template <std::int64_t perSecond>
Value toUnits(Call& call) {
  if (call.subject().isNull()) return {};
  const Instant moment = call.subject().instant();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / perSecond - 1;
  if (moment.seconds > kMost || moment.seconds < -kMost) {
    return call.fail("the date is too far away for a number of 64 bits");
  }
  return Value::whole(moment.seconds * perSecond + moment.nanos / (1'000'000'000 / perSecond));
}

std::optional<Instant> shifted(Call& call, Instant moment, int sign, const TimeZone& zone) {
  const auto* prepared = call.prepared<PreparedDate>();
  std::optional<Amount> amount;
  if (prepared != nullptr && prepared->amount) {
    amount = prepared->amount;
  } else {
    auto parsed = parseAmount(call.text(0).value_or(""));
    if (!parsed.ok()) {
      call.fail(std::move(parsed).error().message);
      return std::nullopt;
    }
    amount = *parsed;
  }
  auto result = shift(moment, *amount, sign, zone);
  if (!result.ok()) {
    call.fail(std::move(result).error().message);
    return std::nullopt;
  }
  return *result;
}

template <int sign>
Value shiftDate(Call& call) {
  if (call.subject().isNull()) return {};
  const auto zone = zoneOf(call);
  if (!zone) return {};
  const auto moment = shifted(call, Instant::ofMillis(call.subject().date()), sign, *zone);
  return moment ? Value::date(moment->millis()) : Value();
}
template <int sign>
Value shiftInstant(Call& call) {
  if (call.subject().isNull()) return {};
  const auto moment = shifted(call, call.subject().instant(), sign, TimeZone());
  return moment ? Value::instant(*moment) : Value();
}

Value now(Call& call) { return Value::date(call.input().environment.clock.wall()); }

Value isValidDate(Call& call) {
  if (call.subject().isNull()) return Value::boolean(false);
  std::optional<DatePattern> own;
  const DatePattern* pattern = patternOf(call, own);
  const auto zone = zoneOf(call);
  if (pattern == nullptr || !zone) return Value::boolean(false);
  return Value::boolean(
      pattern->parse(call.subject().text(), *zone, DatePattern::Calendar::kStrict).ok());
}

Value isValidInstant(Call& call) {
  if (call.subject().isNull()) return Value::boolean(false);
  return Value::boolean(isInstantText(call.subject().text()));
}

constexpr Arguments kNone{};
constexpr Arguments kFormat{1, 2, {Kind::kText, Kind::kText}};
constexpr Arguments kOptionalFormat{0, 2, {Kind::kText, Kind::kText}};
constexpr Arguments kAmount{1, 1, {Kind::kText}};

constexpr FunctionEntry kEntries[] = {
    {"format", Form::kMethod, Kind::kDate, kFormat, Kind::kText, format, prepareFormat,
     "The date by a Java pattern, in the local or the given time zone.",
     "${literal(0):format('yyyy-MM-dd HH:mm', 'UTC')}", "1970-01-01 00:00"},
    {"formatInstant", Form::kMethod, Kind::kInstant, kFormat, Kind::kText, formatInstant,
     prepareFormat, "The instant by a Java pattern, in the local or the given time zone.",
     "${literal(1500):formatInstant('HH:mm:ss.SSSSSS', 'UTC')}", "00:00:01.500000"},
    {"toDate", Form::kMethod, Kind::kAny, kOptionalFormat, Kind::kDate, toDate, prepareFormat,
     "Reads a date by a Java pattern, in the local or the given time zone; without a pattern, from "
     "milliseconds since 1970.",
     "${date:toDate('yyyy-MM-dd HH:mm:ss', 'UTC'):toNumber()}", "1709214310000"},
    {"toInstant", Form::kMethod, Kind::kAny, kOptionalFormat, Kind::kInstant, toInstant,
     prepareToInstant,
     "Reads an instant by a Java pattern in the given time zone; without both, from milliseconds "
     "since 1970.",
     "${date:toInstant('yyyy-MM-dd HH:mm:ss', 'UTC')}", "2024-02-29T13:45:10Z"},
    {"toMicros", Form::kMethod, Kind::kInstant, kNone, Kind::kWhole, toUnits<1'000'000>, nullptr,
     "Microseconds since 1970.", "${literal(1):toInstant():toMicros()}", "1000"},
    {"toNanos", Form::kMethod, Kind::kInstant, kNone, Kind::kWhole, toUnits<1'000'000'000>, nullptr,
     "Nanoseconds since 1970.", "${literal(1):toInstant():toNanos()}", "1000000"},
    {"plusDuration", Form::kMethod, Kind::kDate, kFormat, Kind::kDate, shiftDate<1>, prepareAmount,
     "The date an amount later; days and longer keep the time of day, a month's end stays in its "
     "month.",
     "${date:toDate('yyyy-MM-dd HH:mm:ss', 'UTC'):plusDuration('1 year', 'UTC')"
     ":format('yyyy-MM-dd', 'UTC')}",
     "2025-02-28"},
    {"minusDuration", Form::kMethod, Kind::kDate, kFormat, Kind::kDate, shiftDate<-1>,
     prepareAmount, "The date an amount earlier.",
     "${date:toDate('yyyy-MM-dd HH:mm:ss', 'UTC'):minusDuration('2 weeks', 'UTC')"
     ":format('yyyy-MM-dd', 'UTC')}",
     "2024-02-15"},
    {"plusInstantDuration", Form::kMethod, Kind::kInstant, kAmount, Kind::kInstant, shiftInstant<1>,
     prepareAmount, "The instant an amount later, in UTC.",
     "${literal(0):toInstant():plusInstantDuration('36 hours')}", "1970-01-02T12:00:00Z"},
    {"minusInstantDuration", Form::kMethod, Kind::kInstant, kAmount, Kind::kInstant,
     shiftInstant<-1>, prepareAmount, "The instant an amount earlier, in UTC.",
     "${literal(0):toInstant():minusInstantDuration('1 month')}", "1969-12-01T00:00:00Z"},
    {"isValidDate", Form::kMethod, Kind::kText, kFormat, Kind::kBoolean, isValidDate, prepareFormat,
     "Whether the subject is a date of the pattern that exists in the calendar.",
     "${date:isValidDate('yyyy-MM-dd HH:mm:ss')}", "true"},
    {"isValidInstant", Form::kMethod, Kind::kText, kNone, Kind::kBoolean, isValidInstant, nullptr,
     "Whether the subject is a moment as ISO 8601 or RFC 1123 writes it.",
     "${literal('2024-02-29T13:45:10Z'):isValidInstant()}", "true"},
    {"now", Form::kSubject, Kind::kAny, kNone, Kind::kDate, now, nullptr, "The present moment.",
     "${now():toNumber()}", ""},
};

}  // namespace

std::span<const FunctionEntry> dateFunctions() { return kEntries; }

}  // namespace millrace::expression
