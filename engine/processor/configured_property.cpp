// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/configured_property.h"

#include "engine/base/units.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Error wrong(const PropertyInfo& info, std::string_view text, std::string_view expected) {
  if (info.sensitive)
    return Error::user(fmt::format("property '{}' must be {}", info.name, expected));
  return Error::user(
      fmt::format("property '{}' is '{}', but must be {}", info.name, text, expected));
}

template <typename Number>
bool readNumber(std::string_view text, Number& number) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  return code == std::errc{} && end == text.data() + text.size() && !text.empty();
}

bool equalIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

/// The allowed value that the text stands for, or an Error that lists them.
Result<std::string> allowedValue(const PropertyInfo& info, std::string_view text) {
  for (const AllowedValue& allowed : info.allowed) {
    if (allowed.value == text) return std::string(text);
  }
  for (const AllowedValue& allowed : info.allowed) {
    const bool alias =
        std::find(allowed.aliases.begin(), allowed.aliases.end(), text) != allowed.aliases.end();
    if (alias || equalIgnoringCase(allowed.value, text)) return std::string(allowed.value);
  }
  std::string list;
  for (const AllowedValue& allowed : info.allowed)
    list += fmt::format("{}'{}'", list.empty() ? "" : ", ", allowed.value);
  return wrong(info, text, "one of " + list);
}

expression::Scope scopeOf(ExpressionScope scope) {
  switch (scope) {
    case ExpressionScope::kNone:
      return expression::Scope::kNone;
    case ExpressionScope::kEnvironment:
      return expression::Scope::kEnvironment;
    case ExpressionScope::kFlowFile:
      return expression::Scope::kAttributes;
  }
  return expression::Scope::kNone;
}

/// As people write it.
std::string inItsUnit(const PropertyInfo& info, std::int64_t bound) {
  if (info.kind == PropertyKind::kDuration) return "'" + formatDuration(bound) + "'";
  if (info.kind == PropertyKind::kDataSize && bound >= 0)
    return "'" + formatDataSize(static_cast<std::uint64_t>(bound)) + "'";
  return std::to_string(bound);
}

bool isNumber(PropertyKind kind) {
  return kind == PropertyKind::kInteger || kind == PropertyKind::kBoolean ||
         kind == PropertyKind::kDuration || kind == PropertyKind::kDataSize;
}

}  // namespace

Result<std::int64_t> parsePropertyNumber(const PropertyInfo& info, std::string_view text) {
  const std::string_view value = trimmed(text);
  std::int64_t number = 0;
  switch (info.kind) {
    case PropertyKind::kBoolean:
      if (equalIgnoringCase(value, "true")) return std::int64_t{1};
      if (equalIgnoringCase(value, "false")) return std::int64_t{0};
      return wrong(info, text, "true or false");
    case PropertyKind::kDuration: {
      const auto duration = parseDuration(value);
      if (!duration.ok()) return wrong(info, text, "a duration such as '30 sec'");
      number = *duration;
      break;
    }
    case PropertyKind::kDataSize: {
      const auto size = parseDataSize(value);
      if (!size.ok()) return wrong(info, text, "a data size such as '64 KB'");
      number = static_cast<std::int64_t>(*size);
      break;
    }
    default:
      if (!readNumber(value, number)) return wrong(info, text, "a whole number");
  }
  if (number < info.atLeast) return wrong(info, text, "at least " + inItsUnit(info, info.atLeast));
  if (number > info.atMost) return wrong(info, text, "at most " + inItsUnit(info, info.atMost));
  return number;
}

Result<double> parsePropertyDecimal(const PropertyInfo& info, std::string_view text) {
  double number = 0;
  if (!readNumber(trimmed(text), number)) return wrong(info, text, "a number");
  return number;
}

Result<ConfiguredProperty> ConfiguredProperty::make(
    const PropertyInfo* info, std::string name, std::optional<std::string> text,
    ExpressionScope scope, const expression::ParameterResolver& parameters) {
  ConfiguredProperty made;
  made.info_ = info;
  made.name_ = std::move(name);
  if (!text && info != nullptr && info->defaultValue) text = std::string(*info->defaultValue);
  if (!text) {
    if (info != nullptr && info->required) {
      return Error::user(fmt::format("property '{}' is required", made.name_));
    }
    return made;
  }
  // A secret is taken as it is, and no message shows it.
  const bool sensitive = info != nullptr && info->sensitive;
  if (sensitive) scope = ExpressionScope::kNone;
  auto compiled = expression::CompiledExpression::compile(*text, {scopeOf(scope), parameters});
  if (!compiled.ok()) {
    return Error::user(
        fmt::format("property '{}' is '{}': {}", made.name_, *text, compiled.error().message));
  }
  made.isLiteral_ = compiled->isLiteral();
  made.isSet_ = !made.isLiteral_ || !compiled->literal().empty();
  if (!made.isLiteral_) {
    made.expression_ = std::make_shared<const expression::CompiledExpression>(std::move(*compiled));
    return made;
  }
  made.text_ = compiled->literal();
  if (info == nullptr) return made;
  if (info->required && made.text_.empty()) {
    return Error::user(fmt::format("property '{}' is required and must not be empty", made.name_));
  }
  if (!made.isSet_) return made;
  if (!info->allowed.empty()) made.text_ = MR_TRY(allowedValue(*info, made.text_));
  if (isNumber(info->kind)) made.number_ = MR_TRY(parsePropertyNumber(*info, made.text_));
  if (info->kind == PropertyKind::kDecimal)
    made.decimal_ = MR_TRY(parsePropertyDecimal(*info, made.text_));
  return made;
}

}  // namespace millrace
