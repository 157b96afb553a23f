// SPDX-License-Identifier: Apache-2.0
#pragma once
// A request's target taken apart (RFC 3986): the path's segments and the query's fields, decoded.
// Whatever is not plainly a path of ours (dots that climb, control characters, broken escapes) is
// refused before anybody looks at it. Threads: pure functions.

#include "engine/base/result.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::server {

struct Target {
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> query;

  /// The first of that name; null when there is none.
  const std::string* field(std::string_view name) const;
};

Result<Target> parseTarget(std::string_view target);
Result<std::string> percentDecoded(std::string_view text);

}  // namespace millrace::server
