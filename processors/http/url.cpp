// SPDX-License-Identifier: Apache-2.0
#include "processors/http/url.h"

#include "processors/http/http_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace millrace::processors {
namespace {

Error invalid(std::string_view text, std::string_view why) {
  return Error::user(fmt::format("'{}' is no URL: {}", text, why));
}

std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Path and query with what they may not hold encoded; escapes that are there stay.
std::string encodedTarget(std::string_view text) {
  std::string target;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte > 0x20 && byte < 0x7f && std::string_view("\"<>\\^`{|}").find(c) == text.npos;
    if (plain) {
      target += c;
    } else {
      target += fmt::format("%{:02X}", byte);
    }
  }
  return target;
}

/// RFC 3986, 5.2.4, for a path that begins with a slash.
std::string withoutDots(std::string_view path) {
  std::vector<std::string_view> parts;
  bool endsOpen = false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash);
    endsOpen = part == "." || part == "..";
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!endsOpen) parts.push_back(part);
  }
  std::string result;
  for (const std::string_view part : parts) {
    result += '/';
    result += part;
  }
  if (endsOpen || result.empty()) result += '/';
  return result;
}

std::string targetOf(std::string_view pathAndQuery) {
  const std::string_view text = pathAndQuery.substr(0, pathAndQuery.find('#'));
  const std::size_t mark = std::min(text.find('?'), text.size());
  const std::string_view path = text.substr(0, mark);
  return encodedTarget(path.empty() ? "/" : withoutDots(path)) + encodedTarget(text.substr(mark));
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return invalid(text, "it begins with http:// or https://");
  const std::string scheme = lowered(text.substr(0, colon));
  if (scheme != "http" && scheme != "https") return invalid(text, "only http and https are spoken");
  Url url;
  url.secure = scheme == "https";
  url.port = url.secure ? 443 : 80;
  std::string_view rest = text.substr(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view authority = rest.substr(0, end);
  rest.remove_prefix(end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return invalid(text, "the bracket of its host is open");
    url.host = lowered(authority.substr(1, close - 1));
    port = authority.substr(close + 1);
    if (!port.empty() && !port.starts_with(':')) return invalid(text, "its host is malformed");
    if (!port.empty()) port.remove_prefix(1);
  } else {
    const std::size_t at = std::min(authority.find(':'), authority.size());
    url.host = lowered(authority.substr(0, at));
    if (at < authority.size()) port = authority.substr(at + 1);
  }
  if (url.host.empty()) return invalid(text, "it has no host");
  const bool wrong = std::any_of(url.host.begin(), url.host.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 ||
           std::string_view("<>[]\"\\^`{|}%").find(c) != std::string_view::npos;
  });
  if (wrong) return invalid(text, "its host has a character that no host has");
  if (!port.empty()) {
    const auto [stop, code] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (code != std::errc{} || stop != port.data() + port.size() || url.port == 0)
      return invalid(text, "its port is no number from 1 to 65535");
  }
  url.target = targetOf(rest);
  return url;
}

Result<Url> Url::resolve(std::string_view location) const {
  location = withoutBlanks(location);
  const std::size_t special = std::min(location.find_first_of("/?#"), location.size());
  if (location.substr(0, special).ends_with(':')) return parse(location);
  Url url = *this;
  if (location.starts_with("//"))
    return parse(fmt::format("{}:{}", secure ? "https" : "http", location));
  const std::string_view path = pathOf(target);
  if (location.starts_with('/')) {
    url.target = targetOf(location);
  } else if (location.empty() || location.starts_with('#')) {
    // stays where it is
  } else if (location.starts_with('?')) {
    url.target = targetOf(std::string(path) + std::string(location));
  } else {
    url.target = targetOf(std::string(path.substr(0, path.rfind('/') + 1)) + std::string(location));
  }
  return url;
}

std::string Url::authority() const {
  const bool six = host.find(':') != std::string::npos;
  std::string text = six ? "[" + host + "]" : host;
  if (port != (secure ? 443 : 80)) text += fmt::format(":{}", port);
  return text;
}

std::string Url::text() const {
  return fmt::format("{}://{}{}", secure ? "https" : "http", authority(), target);
}

std::string Url::fileName() const {
  const std::string_view path = pathOf(target);
  return percentDecoded(path.substr(path.rfind('/') + 1));
}

std::string percentDecoded(std::string_view text, bool plusIsBlank) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hexDigit(text[i + 1]) >= 0 &&
        hexDigit(text[i + 2]) >= 0) {
      result += static_cast<char>(hexDigit(text[i + 1]) * 16 + hexDigit(text[i + 2]));
      i += 2;
    } else {
      result += plusIsBlank && text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

}  // namespace millrace::processors
