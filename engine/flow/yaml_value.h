// SPDX-License-Identifier: Apache-2.0
#pragma once
// YamlValue: YAML to be written: texts, mappings and lists in order, without positions. Texts are
// quoted only where YAML needs it. Threads: plain values.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::flow {

struct YamlNode;

struct YamlValue {
  enum class Kind : unsigned char { kText, kMap, kList };
  using Entry = std::pair<std::string, YamlValue>;

  Kind kind = Kind::kText;
  bool inBraces = false;  ///< a collection on one line
  std::string text;
  std::vector<Entry> entries;
  std::vector<YamlValue> items;

  YamlValue() = default;
  YamlValue(std::string value) : text(std::move(value)) {}  // NOLINT: implicit by intent
  YamlValue(std::string_view value) : text(value) {}        // NOLINT
  YamlValue(const char* value) : text(value) {}             // NOLINT
  static YamlValue map() { return ofKind(Kind::kMap, false); }
  static YamlValue bracedMap() { return ofKind(Kind::kMap, true); }
  static YamlValue list() { return ofKind(Kind::kList, false); }
  static YamlValue bracketedList() { return ofKind(Kind::kList, true); }

  YamlValue& add(std::string_view key, YamlValue value);
  YamlValue* find(std::string_view key);

  /// The same content: order of keys and style do not count.
  bool sameAs(const YamlValue& other) const;

 private:
  static YamlValue ofKind(Kind kind, bool inBraces);
};

/// What a parsed node says.
YamlValue valueOf(const YamlNode& node);

/// How a value is put behind a key or a dash: on the same line, and on the lines below.
struct YamlRendering {
  std::string line;   ///< empty for a block collection
  std::string below;  ///< each line begins with `newline`; empty for what fits on a line
};

struct YamlStyle {
  std::string newline = "\n";
  std::size_t widest = 120;  ///< a list item in braces that is longer goes on several lines
};

/// `indent` is the column of the key or dash that the value belongs to. Inside braces, pass
/// `renderInBraces` instead: it never has lines below.
YamlRendering render(const YamlValue& value, std::size_t indent, const YamlStyle& style);
std::string renderInBraces(const YamlValue& value);
/// A key, quoted if it needs to be.
std::string renderKey(std::string_view key, bool inBraces);
/// False: YAML has no keys of more than 1024 characters (YAML 1.2, 7.4.2).
bool canBeKey(std::string_view key);
/// `key: value` lines for a whole mapping at a column.
std::string renderEntries(const YamlValue& map, std::size_t indent, const YamlStyle& style);
/// `- value` for a list item whose dash stands at `indent`; without a line break before or behind.
std::string renderItem(const YamlValue& item, std::size_t indent, const YamlStyle& style);
/// `key: value` without a line break before or behind.
std::string renderEntry(std::string_view key, const YamlValue& value, std::size_t indent,
                        const YamlStyle& style);

}  // namespace millrace::flow
