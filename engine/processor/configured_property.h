// SPDX-License-Identifier: Apache-2.0
#pragma once
// ConfiguredProperty: the text that a flow gives a property, parsed once: a typed value where there
// is no expression, a compiled expression where there is one.

#include "engine/base/result.h"
#include "engine/expression/compiled_expression.h"
#include "engine/processor/property.h"

#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// Turns a duration, size, integer, boolean or choice into its number; checks bounds and allowed
/// values. Errors name the property.
Result<std::int64_t> parsePropertyNumber(const PropertyInfo& info, std::string_view text);
Result<double> parsePropertyDecimal(const PropertyInfo& info, std::string_view text);

class ConfiguredProperty {
 public:
  /// `info` is null for a dynamic property. The text has had its parameters replaced where the
  /// scope is kNone.
  static Result<ConfiguredProperty> make(const PropertyInfo* info, std::string name,
                                         std::optional<std::string> text, ExpressionScope scope,
                                         const expression::ParameterResolver& parameters);

  const std::string& name() const { return name_; }
  const PropertyInfo* info() const { return info_; }
  bool isSet() const { return isSet_; }
  /// True when evaluating gives the same text for every FlowFile.
  bool isLiteral() const { return isLiteral_; }
  /// The text of a literal.
  const std::string& text() const { return text_; }
  std::int64_t number() const { return number_; }
  double decimal() const { return decimal_; }
  const expression::CompiledExpression& expression() const { return *expression_; }

 private:
  const PropertyInfo* info_ = nullptr;
  std::string name_;
  std::string text_;
  bool isSet_ = false;
  bool isLiteral_ = true;
  std::int64_t number_ = 0;
  double decimal_ = 0;
  std::shared_ptr<const expression::CompiledExpression>
      expression_;  // shared by copies of the configuration; immutable
};

/// How a property's type is read: `fixed` from a parsed literal, `parse` from evaluated text.
template <typename T>
struct ReadAs {  // std::string and the marked texts
  using Value = std::string_view;
  using Owned = std::string;
  static Value fixed(const ConfiguredProperty& property) { return property.text(); }
  static Result<Owned> parse(const PropertyInfo&, std::string text) { return text; }
};
template <>
struct ReadAs<std::int64_t> {
  using Value = std::int64_t;
  using Owned = std::int64_t;
  static Value fixed(const ConfiguredProperty& property) { return property.number(); }
  static Result<Owned> parse(const PropertyInfo& info, std::string_view text) {
    return parsePropertyNumber(info, text);
  }
};
template <>
struct ReadAs<double> {
  using Value = double;
  using Owned = double;
  static Value fixed(const ConfiguredProperty& property) { return property.decimal(); }
  static Result<Owned> parse(const PropertyInfo& info, std::string_view text) {
    return parsePropertyDecimal(info, text);
  }
};
template <>
struct ReadAs<bool> {
  using Value = bool;
  using Owned = bool;
  static Value fixed(const ConfiguredProperty& property) { return property.number() != 0; }
  static Result<Owned> parse(const PropertyInfo& info, std::string_view text) {
    return MR_TRY(parsePropertyNumber(info, text)) != 0;
  }
};
template <>
struct ReadAs<Duration> {
  using Value = Nanos;
  using Owned = Nanos;
  static Value fixed(const ConfiguredProperty& property) { return property.number(); }
  static Result<Owned> parse(const PropertyInfo& info, std::string_view text) {
    return parsePropertyNumber(info, text);
  }
};
template <>
struct ReadAs<DataSize> {
  using Value = std::uint64_t;
  using Owned = std::uint64_t;
  static Value fixed(const ConfiguredProperty& property) {
    return static_cast<std::uint64_t>(property.number());
  }
  static Result<Owned> parse(const PropertyInfo& info, std::string_view text) {
    return static_cast<std::uint64_t>(MR_TRY(parsePropertyNumber(info, text)));
  }
};

}  // namespace millrace
