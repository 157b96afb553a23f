// SPDX-License-Identifier: Apache-2.0
#pragma once
// YamlObject: one mapping of a flow file, read key by key. It reports unknown keys, missing
// required keys and values of a wrong type as findings, and leaves the default where a value is
// wrong, so that reading goes on. It views the node and the findings, which must outlive it.

#include "engine/base/clock.h"
#include "engine/flow/keys.h"
#include "engine/flow/spellings.h"
#include "engine/flow/yaml_tree.h"

#include <cstdint>
#include <limits>

namespace millrace::flow {

class YamlObject {
 public:
  /// `where` is the component that the mapping belongs to, for messages.
  YamlObject(const YamlNode& node, ObjectKind kind, std::string where, Findings& findings)
      : YamlObject(node, ObjectKeys{objectName(kind), keysOf(kind)}, std::move(where), findings) {}
  /// A mapping of another format than the flow file's.
  YamlObject(const YamlNode& node, ObjectKeys keys, std::string where, Findings& findings);

  bool isMap() const { return node_.isMap(); }
  const std::string& where() const { return where_; }
  Findings& findings() { return findings_; }
  SourcePosition at() const { return node_.at; }
  /// The value of a key; null when the key is absent. `key` must be in the key table.
  const YamlNode* value(std::string_view key) const;

  std::string text(std::string_view key);
  std::vector<Name> names(std::string_view key);  ///< a list of distinct texts, or one text
  void number(std::string_view key, std::uint64_t least, std::uint64_t most, std::uint64_t& into);
  void number(std::string_view key, std::uint64_t least, std::uint32_t& into);
  void integer(std::string_view key, std::optional<std::int64_t>& into);
  void decimal(std::string_view key, std::optional<double>& into);
  void duration(std::string_view key, Nanos& into);
  void size(std::string_view key, std::uint64_t& into);
  void boolean(std::string_view key, bool& into) { choice(key, kBooleans, into); }

  template <typename Value, std::size_t N>
  void choice(std::string_view key, const std::array<Spelling<Value>, N>& table, Value& into) {
    const YamlNode* node = value(key);
    if (node == nullptr) return;
    if (const std::optional<Value> found = chosen(key, *node, table)) into = *found;
  }
  template <typename Value, std::size_t N>
  std::optional<Value> chosen(std::string_view key, const YamlNode& node,
                              const std::array<Spelling<Value>, N>& table) {
    const std::string* text = scalar(key, node);
    if (text == nullptr) return std::nullopt;
    const std::optional<Value> found = meaning(table, *text);
    if (!found) {
      std::vector<std::string> known;
      for (const auto& row : table) known.emplace_back(row.text);
      refuseChoice(key, node, known);
    }
    return found;
  }

  /// The text of a scalar; null and a finding when it is something else.
  const std::string* scalar(std::string_view key, const YamlNode& node);
  /// The items of a list; nothing and a finding when the value is no list.
  const std::vector<YamlNode>& items(std::string_view key);
  void refuse(SourcePosition at, std::string message, std::string advice);

 private:
  void refuseChoice(std::string_view key, const YamlNode& node,
                    const std::vector<std::string>& known);

  const YamlNode& node_;
  ObjectKeys keys_;
  std::string where_;
  Findings& findings_;
};

}  // namespace millrace::flow
