// SPDX-License-Identifier: Apache-2.0
#pragma once
// YamlDocument: a YAML text that can be changed in places and is otherwise left as it was, byte for
// byte: comments, blank lines, quotes, block texts, line ends. Changes are collected as patches and
// applied by commit(), which reads the new text again and compares it with what was asked for: when
// they differ, nothing changes and commit() fails, so that an edit is right or does not happen.
// A comment on the lines directly above an element, or beside it, goes when the element is removed
// and stays through every other edit. Threads: one at a time.

#include "engine/base/result.h"
#include "engine/flow/source_text.h"
#include "engine/flow/yaml_tree.h"
#include "engine/flow/yaml_value.h"

#include <variant>

namespace millrace::flow {

/// The way from the root to a node: keys of mappings and places in lists.
using YamlPath = std::vector<std::variant<std::string, std::size_t>>;

class YamlDocument {
 public:
  /// Fails with the first finding when the text is no YAML of the flow format's kind.
  static Result<YamlDocument> open(std::string text);

  const std::string& text() const { return text_; }
  const YamlNode& root() const { return root_; }
  const YamlNode* find(const YamlPath& path) const;

  // Each takes the path of a mapping in the committed text. Changes of one commit must concern
  // different elements.

  /// Sets a key; a new one is placed by `order`, or at the end when it is not in there.
  Result<> set(const YamlPath& map, const std::string& key, const YamlValue& value,
               const std::vector<std::string>& order);
  /// Removes a key that is there. The last one of a mapping cannot be removed by itself.
  Result<> remove(const YamlPath& map, const std::string& key);
  /// Adds to the list under a key, which is created if need be.
  Result<> append(const YamlPath& map, const std::string& key, const YamlValue& item,
                  const std::vector<std::string>& order);
  /// Removes from the list under a key, and the key with the last item.
  Result<> removeItem(const YamlPath& map, const std::string& key, std::size_t index);
  /// Replaces an item of the list under a key by a text or a mapping in braces.
  Result<> setItem(const YamlPath& map, const std::string& key, std::size_t index,
                   const YamlValue& item);
  Result<> renameKey(const YamlPath& map, const std::string& key, const std::string& name);

  Result<> commit();
  /// Forgets what was not committed.
  void discard();

 private:
  struct Patch {
    std::size_t begin;
    std::size_t end;
    std::string text;
  };

  YamlDocument() = default;
  YamlStyle style() const;
  Result<const YamlNode*> mapAt(const YamlPath& path) const;
  YamlValue* expectedAt(const YamlPath& path);
  void patch(std::size_t begin, std::size_t end, std::string replacement);
  void replaceValue(const SourceText& source, const YamlNode& map, const YamlEntry& entry,
                    const YamlValue& value);
  void insertEntry(const SourceText& source, const YamlNode& map, const std::string& key,
                   const YamlValue& value, const std::vector<std::string>& order);
  void removeLines(const SourceText& source, std::size_t begin, std::size_t end);
  void removeFromBraces(std::size_t begin, std::size_t end, std::size_t previousEnd,
                        std::size_t nextBegin);

  std::string text_;
  YamlNode root_;
  std::vector<Patch> patches_;
  YamlValue expected_;
};

}  // namespace millrace::flow
