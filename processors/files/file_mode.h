// SPDX-License-Identifier: Apache-2.0
#pragma once
// Permissions of files as people write them.

#include "engine/base/result.h"

#include <fmt/format.h>

#include <cstdint>
#include <string_view>

namespace millrace::processors {

/// The bits of `rwxr-x---` or of an octal number such as `750`.
inline Result<std::uint32_t> parseFileMode(std::string_view text) {
  const Error wrong =
      Error::user(fmt::format("'{}' is no permissions: write them as rw-r----- or 640", text));
  std::uint32_t mode = 0;
  if (text.size() == 9) {
    constexpr std::string_view kLetters = "rwxrwxrwx";
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != kLetters[i] && text[i] != '-') return wrong;
      mode = mode << 1 | (text[i] == '-' ? 0U : 1U);
    }
    return mode;
  }
  if (text.empty() || text.size() > 4) return wrong;
  for (const char c : text) {
    if (c < '0' || c > '7') return wrong;
    mode = mode << 3 | static_cast<std::uint32_t>(c - '0');
  }
  return mode;
}

}  // namespace millrace::processors
