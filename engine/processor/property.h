// SPDX-License-Identifier: Apache-2.0
#pragma once
// Property: one setting of a component, declared once, as a constant in the component's own file.
// From it come validation, forms, documentation and the typed read in the processor.
//
//   constexpr Property<std::string> kDirectory{{.name = "Directory", .description = "Folder to
//   write to.",
//                                               .required = true, .scope =
//                                               ExpressionScope::kFlowFile}};
//
// Reading with another type than the declared one does not compile. Properties are constants with
// static storage: they are told apart by address.

#include "engine/base/clock.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace millrace {

/// Which names an expression in the value may use. kNone: the text is taken as it is.
enum class ExpressionScope : std::uint8_t { kNone, kEnvironment, kFlowFile };

enum class PropertyKind : std::uint8_t {
  kText,
  kInteger,  ///< 64-bit
  kDecimal,
  kBoolean,   ///< true or false
  kDuration,  ///< engine/base/units.h
  kDataSize,
  kRegex,    ///< Java's syntax; compiled when the component is configured
  kService,  ///< the name of a controller service
  kJsonPath,
  kCharset,
};

struct AllowedValue {
  std::string_view value;  ///< as it stands in a flow file
  std::string_view description;
  std::span<const std::string_view> aliases = {};  ///< accepted when reading
};

struct PropertyInfo {
  std::string_view name;
  std::string_view description;
  std::optional<std::string_view> defaultValue = std::nullopt;
  bool required = false;  ///< it must have a non-empty value
  bool sensitive = false;
  ExpressionScope scope = ExpressionScope::kNone;
  std::span<const AllowedValue> allowed = {};
  std::span<const std::string_view> aliases = {};  ///< older names, accepted when reading
  /// Kept for the value only while `dependsOn` has one of these values (empty: any non-empty
  /// value).
  std::string_view dependsOn = {};
  std::span<const std::string_view> dependsOnValues = {};
  std::int64_t atLeast = INT64_MIN;  ///< bounds of an integer, duration or size
  std::int64_t atMost = INT64_MAX;
  std::string_view serviceType = {};        ///< for kService: the interface it must offer
  PropertyKind kind = PropertyKind::kText;  ///< filled by Property<T>
};

/// Types for which C++ has no name of its own.
struct Duration {
  Nanos nanos = 0;
};
struct DataSize {
  std::uint64_t bytes = 0;
};
struct RegexText {};
struct ServiceName {};
struct JsonPathText {};
struct CharsetName {};

namespace property_detail {
template <typename T>
inline constexpr PropertyKind kKindOf = PropertyKind::kText;
template <>
inline constexpr PropertyKind kKindOf<std::int64_t> = PropertyKind::kInteger;
template <>
inline constexpr PropertyKind kKindOf<double> = PropertyKind::kDecimal;
template <>
inline constexpr PropertyKind kKindOf<bool> = PropertyKind::kBoolean;
template <>
inline constexpr PropertyKind kKindOf<Duration> = PropertyKind::kDuration;
template <>
inline constexpr PropertyKind kKindOf<DataSize> = PropertyKind::kDataSize;
template <>
inline constexpr PropertyKind kKindOf<RegexText> = PropertyKind::kRegex;
template <>
inline constexpr PropertyKind kKindOf<ServiceName> = PropertyKind::kService;
template <>
inline constexpr PropertyKind kKindOf<JsonPathText> = PropertyKind::kJsonPath;
template <>
inline constexpr PropertyKind kKindOf<CharsetName> = PropertyKind::kCharset;
}  // namespace property_detail

/// A property whose values have type T: std::string, std::int64_t, double, bool, Duration,
/// DataSize, or one of the marked texts (RegexText, ServiceName, JsonPathText, CharsetName), which
/// read as text and are checked as named.
template <typename T>
struct Property {
  PropertyInfo info;
  constexpr Property(PropertyInfo declared) : info(declared) {
    info.kind = property_detail::kKindOf<T>;
  }  // NOLINT
};

}  // namespace millrace
