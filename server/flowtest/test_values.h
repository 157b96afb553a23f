// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads the single values of a test file from their YAML: texts, matchers, times, mappings of
// names. Each reports into the findings and returns what could be read. Threads: one.

#include "engine/base/file_system.h"
#include "engine/flow/yaml_object.h"
#include "server/flowtest/test_case.h"

#include <functional>
#include <string>

namespace millrace::flowtest {

class TestValues {
 public:
  /// `folder`: where relative paths begin.
  TestValues(FileSystem& files, std::string folder, flow::Findings& findings)
      : files_(files), folder_(std::move(folder)), findings_(findings) {}

  /// A text, or a mapping with `file` or `base64`.
  std::string text(const flow::YamlNode& node, const std::string& what);
  /// A text, or a mapping with one way to compare; `absent` only where it is allowed.
  std::optional<Matcher> matcher(const flow::YamlNode& node, const std::string& what,
                                 bool mayBeAbsent);
  /// `2026-01-01T08:30:00Z`, milliseconds and zone optional (UTC).
  std::optional<Millis> moment(const flow::YamlNode& node);
  /// Calls `each` for every key of a mapping; a finding when it is none.
  void entries(const flow::YamlNode* node, const std::string& what,
               const std::function<void(const flow::YamlEntry&)>& each);
  /// A scalar; a finding and nothing when it is something else.
  const std::string* scalar(const flow::YamlNode& node, const std::string& what);
  /// A path as the program opens it.
  std::string fileAt(const std::string& path) const;
  void refuse(flow::SourcePosition at, std::string message, std::string advice);
  flow::Findings& findings() { return findings_; }

 private:
  std::string bytesOf(const flow::YamlNode& node, std::string_view key, const std::string& what);

  FileSystem& files_;
  const std::string folder_;
  flow::Findings& findings_;
};

}  // namespace millrace::flowtest
