// SPDX-License-Identifier: Apache-2.0
#pragma once
// The keys of a flow file, in one table: the reader refuses every other, the writer and the editor
// write in this order, schema/flow-1.json and docs/flow-format.md are compared with it by a test.

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flow {

enum class ObjectKind : unsigned char {
  kFlow,
  kGroup,
  kProcessor,
  kSchedule,
  kRetry,
  kConnection,
  kBackPressure,
  kVia,
  kPort,
  kFunnel,
  kLabel,
  kRemoteGroup,
  kProxy,
  kRemotePort,
  kRemoteBatch,
  kService,
  kParameter,
  kParameterContext,
  kLayout,
};
constexpr std::size_t kObjectKinds = 19;

struct KeyInfo {
  std::string_view name;
  bool required = false;
};

/// What a mapping is called and which keys it may have. The texts outlive it.
struct ObjectKeys {
  std::string_view name;
  std::span<const KeyInfo> keys;

  bool knows(std::string_view key) const;
  std::vector<std::string> names() const;
};

/// The keys of an object in the order in which they are written.
std::span<const KeyInfo> keysOf(ObjectKind kind);
/// As the schema and error messages call it: `remote-group`.
std::string_view objectName(ObjectKind kind);
/// Place of a key in that order; the number of keys when it is none of them.
std::size_t keyRank(ObjectKind kind, std::string_view key);
std::vector<std::string> keyNames(ObjectKind kind);

/// A value of a closed set and how a flow file spells it.
template <typename Value>
struct Spelling {
  Value value;
  std::string_view text;
};

template <typename Value, std::size_t N>
std::string_view spell(const std::array<Spelling<Value>, N>& table, Value value) {
  for (const auto& row : table) {
    if (row.value == value) return row.text;
  }
  return {};
}

template <typename Value, std::size_t N>
std::optional<Value> meaning(const std::array<Spelling<Value>, N>& table, std::string_view text) {
  for (const auto& row : table) {
    if (row.text == text) return row.value;
  }
  return std::nullopt;
}

}  // namespace millrace::flow
