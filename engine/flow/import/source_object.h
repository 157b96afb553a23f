// SPDX-License-Identifier: Apache-2.0
#pragma once
// SourceObject: one mapping of a file that is imported, read key by key under any of the spellings
// that the formats use. What nobody asked for is reported in the end, so that no loss is silent.
// A value of a wrong shape is an error with its place, written as a path of keys too, since an
// exported flow is often one long line. It views the tree and the report, which must outlive it.

#include "engine/base/clock.h"
#include "engine/flow/import/import_report.h"
#include "engine/flow/yaml_tree.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <unordered_set>

namespace millrace::flow {

/// Spellings of one key; the first that is there counts.
using Keys = std::initializer_list<std::string_view>;

class SourceObject {
 public:
  /// `path` is the place in the file, as `rootGroup.processors[2]`.
  SourceObject(const YamlNode& node, std::string path, ImportReport& report);

  SourcePosition at() const { return node_->at; }
  const std::string& path() const { return path_; }
  const YamlNode& node() const { return *node_; }
  /// The component that messages are about, once its name is known.
  void belongsTo(std::string component) { component_ = std::move(component); }
  const std::string& component() const { return component_; }

  /// The value of a key; null when it is absent or has no value.
  const YamlNode* find(Keys keys);
  std::string text(Keys keys);
  /// Numbers, durations and sizes: left alone when the key is absent.
  void number(Keys keys, std::uint64_t least, std::uint32_t& into);
  void number(Keys keys, std::uint64_t& into);
  void decimal(Keys keys, std::optional<double>& into);
  void duration(Keys keys, Nanos& into);
  void size(Keys keys, std::uint64_t& into);
  void boolean(Keys keys, bool& into);
  /// A list of texts, one text, or nothing.
  std::vector<std::string> texts(Keys keys);
  std::vector<SourceObject> objects(Keys keys);
  std::optional<SourceObject> object(Keys keys);

  /// These keys say nothing that a flow file would have to say.
  void ignore(Keys keys);
  /// Reports the key when it has a value that means something (`harmless` are values that do not).
  void lose(std::string_view key, std::string_view why, Keys harmless = {});
  /// Reports every key that was not read.
  void loseTheRest();

  void wrong(const YamlNode& at, const std::string& message, std::string advice);

 private:
  const YamlEntry* entry(Keys keys);
  std::optional<std::string> scalar(Keys keys);

  const YamlNode* node_;
  std::string path_;
  std::string component_;
  ImportReport* report_;
  std::unordered_set<std::string_view> read_;
};

/// A value as one text for a message, shortened.
std::string shown(const YamlNode& node);

}  // namespace millrace::flow
