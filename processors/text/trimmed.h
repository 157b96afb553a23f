// SPDX-License-Identifier: Apache-2.0
#pragma once
// Java's String.trim(). Threads: a pure function.

#include <string_view>

namespace millrace::processors {

inline std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace millrace::processors
