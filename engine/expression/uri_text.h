// SPDX-License-Identifier: Apache-2.0
#pragma once
// URIs made of their parts, as java.net.URI makes them: what a part may not hold is written %XX.

#include "engine/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::expression {

struct UriParts {
  std::optional<std::string_view> scheme;
  std::optional<std::string_view> user;
  std::optional<std::string_view> host;
  std::int64_t port = -1;  ///< -1 for none
  std::optional<std::string_view> path;
  std::optional<std::string_view> query;
  std::optional<std::string_view> fragment;
};

Result<std::string> uriText(const UriParts& parts);

}  // namespace millrace::expression
