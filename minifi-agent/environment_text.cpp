// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/environment_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::agent {
namespace {

bool isCapitalName(std::string_view name) {
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// True when the value means itself in a plain, a quoted and a JSON text.
bool isPlain(std::string_view value) {
  constexpr std::string_view kSafe = " _./:@+,=-~";
  const bool safe = std::all_of(value.begin(), value.end(), [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || kSafe.find(c) != std::string_view::npos;
  });
  return safe && value.find(": ") == std::string_view::npos && !value.ends_with(':');
}

/// Calls `value` for the name in each `${…}`; what it gives takes its place.
template <typename Value>
Result<std::string> replaced(std::string_view text, Value value) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = text.find("${", at);
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) {
      result += text.substr(at);
      break;
    }
    result += text.substr(at, open - at);
    const bool escaped = open > 0 && text[open - 1] == '$';
    const std::optional<std::string> found =
        MR_TRY(value(text.substr(open + 2, close - open - 2), escaped));
    if (found) {
      result += *found;
      at = close + 1;
    } else {
      result += "${";
      at = open + 2;
    }
  }
  return result;
}

using Found = Result<std::optional<std::string>>;

}  // namespace

std::string withVariables(std::string_view text, const Variables& variables) {
  const auto found = replaced(
      text, [&](std::string_view name, bool) -> Found { return variables(std::string(name)); });
  return *found;  // the function above never refuses
}

Result<std::string> configWithVariables(std::string_view config, const Variables& variables) {
  return replaced(config, [&](std::string_view name, bool escaped) -> Found {
    if (escaped || !isCapitalName(name)) return std::optional<std::string>();
    std::optional<std::string> value = variables(std::string(name));
    if (value && !isPlain(*value)) {
      return Error::user(fmt::format(
          "the environment variable {} has a value with characters that mean something in the "
          "file; use letters, digits, spaces and ./:@+,=-~_ or write the value into the file",
          name));
    }
    return value;
  });
}

}  // namespace millrace::agent
