// SPDX-License-Identifier: Apache-2.0
#pragma once
// The names of content files (FORMAT.md): a segment's number and its kind. Threads: pure functions.

#include "repositories/content/content_segment.h"

#include <optional>
#include <string>
#include <string_view>

namespace millrace::repo {

struct ContentFileName {
  std::uint64_t number = 0;
  ContentSegment::Kind kind = ContentSegment::Kind::kOwn;

  std::string text() const;
  /// Nothing when the name is none of a content file.
  static std::optional<ContentFileName> parse(std::string_view name);
};

}  // namespace millrace::repo
