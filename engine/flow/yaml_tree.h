// SPDX-License-Identifier: Apache-2.0
#pragma once
// YamlTree: the YAML of a flow file with the byte range of every node, so that errors can point and
// edits can patch. A strict part of YAML 1.2: one document, UTF-8, mappings with plain keys,
// sequences, scalars and comments; no anchors, aliases, tags, merge keys or duplicate keys.
// Promise: bounded in bytes, nodes and nesting; never throws and never crashes on any input.
// Threads: plain values.

#include "engine/flow/finding.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flow {

constexpr std::size_t kMaxFlowBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxYamlNodes = 4'000'000;
constexpr std::size_t kMaxYamlDepth = 128;

struct YamlEntry;

struct YamlNode {
  enum class Kind : unsigned char { kNull, kScalar, kMap, kSequence };
  Kind kind = Kind::kNull;
  bool flowStyle = false;  ///< a collection in braces or brackets
  std::string text;        ///< of a scalar, decoded
  SourcePosition at;
  std::size_t begin = 0;           ///< first byte in the file
  std::size_t end = 0;             ///< one past the last byte, without trailing blanks and comments
  std::vector<YamlEntry> entries;  ///< of a mapping, keys are unique scalars
  std::vector<YamlNode> items;     ///< of a sequence

  bool isMap() const { return kind == Kind::kMap; }
  bool isSequence() const { return kind == Kind::kSequence; }
  bool isScalar() const { return kind == Kind::kScalar; }
  bool isNull() const { return kind == Kind::kNull; }
  const YamlEntry* find(std::string_view key) const;
};

struct YamlEntry {
  YamlNode key;
  YamlNode value;
};

struct YamlTree {
  std::optional<YamlNode> root;  ///< absent when the text is no YAML; then `findings` says why
  Findings findings;             ///< duplicate keys leave a tree behind, all else does not
};

YamlTree parseYaml(std::string_view text);

}  // namespace millrace::flow
