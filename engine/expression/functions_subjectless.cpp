// SPDX-License-Identifier: Apache-2.0
// Functions that stand first: they bring in the machine, chance, state and constants.
#include "engine/expression/function_table.h"
#include "engine/expression/java_number.h"
#include "engine/expression/uri_text.h"
#include "engine/expression/uuid_text.h"

#include <fmt/format.h>

namespace millrace::expression {

namespace {

Value kept(Call& call, std::string_view text) { return Value::text(call.scratch().keep(text)); }

Value ip(Call& call) { return kept(call, call.input().environment.machine.address()); }
Value hostname(Call& call) {
  const Value full = call.argument(0);
  const Machine& machine = call.input().environment.machine;
  return kept(call, !full.isNull() && full.boolean() ? machine.fullName() : machine.hostname());
}
Value uuid(Call& call) { return kept(call, randomUuid(call.input().random)); }
Value nextInt(Call& call) {
  return Value::whole(call.input().environment.counter.fetch_add(1, std::memory_order_relaxed));
}
Value literal(Call& call) { return call.argument(0); }
Value thread(Call& call) { return kept(call, call.input().threadName); }
Value getStateValue(Call& call) {
  const auto key = call.text(0);
  if (!key || call.input().state == nullptr) return {};
  const auto value = call.input().state->attribute(*key);
  return value ? Value::text(*value) : Value();
}

/// The argument of hostname() decides what is asked of the network, so it is no matter of data.
Result<std::unique_ptr<const Prepared>> requireFlag(LiteralArguments literals) {
  for (const Value* literal : literals) {
    if (literal == nullptr || literal->type() != Type::kBoolean) {
      return Error::user("takes true or false, written as such");
    }
  }
  return std::unique_ptr<const Prepared>();
}

Value getUri(Call& call) {
  UriParts parts;
  parts.scheme = call.text(0);
  parts.user = call.text(1);
  parts.host = call.text(2);
  if (const auto port = call.text(3)) {
    const ParsedNumber number = parseNumber(*port);
    if (number.form != ParsedNumber::Form::kWhole) {
      return call.fail(fmt::format("the port '{}' is no number", *port));
    }
    parts.port = number.whole;
  }
  parts.path = call.text(4);
  parts.query = call.text(5);
  parts.fragment = call.text(6);
  const auto uri = uriText(parts);
  if (!uri.ok()) return call.fail(uri.error().message);
  return kept(call, *uri);
}

constexpr Arguments kNone{};
constexpr Arguments kUriParts{
    7, 7, {Kind::kText, Kind::kText, Kind::kText, Kind::kText, Kind::kText}};
constexpr Arguments kText{1, 1, {Kind::kText}};

constexpr FunctionEntry kEntries[] = {
    {"ip", Form::kSubject, Kind::kAny, kNone, Kind::kText, ip, nullptr,
     "The address of this machine.", "${ip()}", ""},
    {"hostname",
     Form::kSubject,
     Kind::kAny,
     {0, 1, {Kind::kBoolean}},
     Kind::kText,
     hostname,
     requireFlag,
     "The name of this machine; with true, its fully qualified name.",
     "${hostname()}",
     ""},
    {"UUID", Form::kSubject, Kind::kAny, kNone, Kind::kText, uuid, nullptr, "A random UUID.",
     "${UUID():length()}", "36"},
    {"nextInt", Form::kSubject, Kind::kAny, kNone, Kind::kWhole, nextInt, nullptr,
     "The next number of a counter that the whole process shares and that begins at 0.",
     "${nextInt()}", ""},
    {"literal", Form::kSubject, Kind::kAny, kText, Kind::kText, literal, nullptr,
     "Its argument, so that a constant or the result of an expression can be a subject.",
     "${literal('a,b'):substringAfter(',')}", "b"},
    {"thread", Form::kSubject, Kind::kAny, kNone, Kind::kText, thread, nullptr,
     "The name of the thread that evaluates.", "${thread()}", ""},
    {"getStateValue", Form::kSubject, Kind::kAny, kText, Kind::kText, getStateValue, nullptr,
     "A value of the processor's state; null where there is none.",
     "${getStateValue('missing'):isNull()}", "true"},
    {"getUri", Form::kSubject, Kind::kAny, kUriParts, Kind::kText, getUri, nullptr,
     "A URI of scheme, user, host, port, path, query and fragment; null, or a port of -1, leaves a "
     "part out.",
     "${getUri('https', null, 'example.org', 8443, '/a b', 'x=1', null)}",
     "https://example.org:8443/a%20b?x=1"},
};

}  // namespace

std::span<const FunctionEntry> subjectlessFunctions() { return kEntries; }

}  // namespace millrace::expression
