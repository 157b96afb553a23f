// SPDX-License-Identifier: Apache-2.0
#include "server/http/uri.h"

#include <fmt/format.h>

namespace millrace::server {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool hasControl(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  }
  return false;
}

Result<std::string> field(std::string_view text) {
  std::string spaced(text);
  for (char& c : spaced) c = c == '+' ? ' ' : c;
  return percentDecoded(spaced);
}

}  // namespace

const std::string* Target::field(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return &value;
  }
  return nullptr;
}

Result<std::string> percentDecoded(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result.push_back(text[i]);
      continue;
    }
    const bool whole = text.size() - i > 2;
    const int high = whole ? digit(text[i + 1]) : -1;
    const int low = whole ? digit(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return Error::user("a '%' in the address is not followed by two hexadecimal digits");
    result.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return result;
}

Result<Target> parseTarget(std::string_view target) {
  Target result;
  const std::size_t mark = target.find('?');
  std::string_view path = target.substr(0, mark);
  if (path.empty() || path.front() != '/')
    return Error::user("the address has no path; it begins with '/'");
  path.remove_prefix(1);
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    std::string segment = MR_TRY(percentDecoded(path.substr(0, slash)));
    if (segment.empty() || segment == "." || segment == ".." || hasControl(segment))
      return Error::user("the address has an empty, climbing or unprintable part");
    result.segments.push_back(std::move(segment));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  if (mark == std::string_view::npos) return result;
  std::string_view query = target.substr(mark + 1);
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view part = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    std::string name = MR_TRY(field(part.substr(0, equals)));
    std::string value =
        equals == std::string_view::npos ? std::string() : MR_TRY(field(part.substr(equals + 1)));
    result.query.emplace_back(std::move(name), std::move(value));
  }
  return result;
}

}  // namespace millrace::server
