// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/uri_text.h"

#include <fmt/format.h>

namespace millrace::expression {

namespace {

constexpr std::string_view kUser = "_-!.~'()*,;:$&+=";
constexpr std::string_view kPath = "_-!.~'()*,;:$&+=/@";
constexpr std::string_view kQuery = "_-!.~'()*,;:$&+=/@?[]";

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

void appendQuoted(std::string& out, std::string_view text, std::string_view allowed) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (isLetter(c) || isDigit(c) || byte >= 0x80 || allowed.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
}

bool isScheme(std::string_view scheme) {
  if (scheme.empty() || !isLetter(scheme.front())) return false;
  for (const char c : scheme) {
    if (!isLetter(c) && !isDigit(c) && c != '+' && c != '-' && c != '.') return false;
  }
  return true;
}

bool isHost(std::string_view host) {
  constexpr std::string_view kOther = "-._[]:%";
  if (host.empty()) return false;
  for (const char c : host) {
    if (!isLetter(c) && !isDigit(c) && kOther.find(c) == std::string_view::npos) return false;
  }
  return true;
}

}  // namespace

Result<std::string> uriText(const UriParts& parts) {
  std::string out;
  if (parts.scheme) {
    if (!isScheme(*parts.scheme)) {
      return Error::user(
          fmt::format("'{}' is no scheme of a URI; use http, https, …", *parts.scheme));
    }
    out += *parts.scheme;
    out += ':';
  }
  if (!parts.host && (parts.user || parts.port != -1)) {
    return Error::user("a URI with a user or a port needs a host");
  }
  if (parts.port < -1 || parts.port > 65535) {
    return Error::user(fmt::format("{} is no port; use 0 to 65535, or -1 for none", parts.port));
  }
  if (parts.host) {
    if (!isHost(*parts.host)) {
      return Error::user(fmt::format("'{}' is no name of a host", *parts.host));
    }
    out += "//";
    if (parts.user) {
      appendQuoted(out, *parts.user, kUser);
      out += '@';
    }
    const bool bracket =
        parts.host->find(':') != std::string_view::npos && !parts.host->starts_with('[');
    out += bracket ? fmt::format("[{}]", *parts.host) : std::string(*parts.host);
    if (parts.port != -1) out += fmt::format(":{}", parts.port);
  }
  if (parts.path) {
    const bool relative = !parts.path->empty() && parts.path->front() != '/';
    if (relative && (parts.scheme || parts.host)) {
      return Error::user(fmt::format("the path '{}' must begin with /", *parts.path));
    }
    appendQuoted(out, *parts.path, kPath);
  }
  if (parts.query) {
    out += '?';
    appendQuoted(out, *parts.query, kQuery);
  }
  if (parts.fragment) {
    out += '#';
    appendQuoted(out, *parts.fragment, kQuery);
  }
  return out;
}

}  // namespace millrace::expression
