// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/escapes.h"

#include "engine/expression/html_entities.h"
#include "engine/expression/utf16.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

namespace millrace::expression {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::pair<std::string_view, char> kEntities[] = {
    {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''},
};

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The value of a character of the alphabet, either of the two in use; -1 for any other.
int base64Value(char c) {
  if (c == '-') return 62;
  if (c == '_') return 63;
  const std::size_t found = kAlphabet.find(c);
  return found == std::string_view::npos ? -1 : static_cast<int>(found);
}

bool allowedInXml(char32_t point) {
  return point == '\t' || point == '\n' || point == '\r' ||
         (point >= 0x20 && point != 0xFFFE && point != 0xFFFF);
}

}  // namespace

std::string base64Encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8U | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += i + j > bytes.size() ? '=' : kAlphabet[(group >> (18 - 6 * j)) & 0x3FU];
    }
  }
  return out;
}

std::string base64Decode(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    if (c == '=') break;
    const int value = base64Value(c);
    if (value < 0) continue;
    bits = (bits << 6U | static_cast<std::uint32_t>(value)) & 0xFFFFU;
    have += 6;
    if (have >= 8) {
      have -= 8;
      out += static_cast<char>((bits >> static_cast<unsigned>(have)) & 0xFFU);
    }
  }
  return out;
}

std::string urlEncode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
        c == '-' || c == '*' || c == '_') {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 0x0FU];
    }
  }
  return out;
}

std::optional<std::string> urlDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hexDigit(text[i + 1]);
      const int low = hexDigit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string escapeXml(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t point = readUtf8(text, at);
    bool special = false;
    for (const auto& [entity, character] : kEntities) {
      if (point != static_cast<unsigned char>(character)) continue;
      out += entity;
      special = true;
    }
    if (special || !allowedInXml(point)) continue;
    // Control characters that XML 1.0 allows but discourages go as numbers; U+0085 ends a line.
    if (point >= 0x7F && point <= 0x9F && point != 0x85) {
      out += fmt::format("&#{};", static_cast<unsigned>(point));
    } else {
      out += text.substr(begin, at - begin);
    }
  }
  return out;
}

std::string unescapeXml(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '&') {
      out += text[at++];
      continue;
    }
    const std::string_view rest = text.substr(at);
    bool known = false;
    for (const auto& [entity, character] : kEntities) {
      if (!rest.starts_with(entity)) continue;
      out += character;
      at += entity.size();
      known = true;
      break;
    }
    if (known) continue;
    if (const auto number = readNumericEntity(rest)) {
      appendUtf8(out, number->point);
      at += number->size;
      continue;
    }
    out += text[at++];
  }
  return out;
}

std::string escapeCsv(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string unescapeCsv(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  const std::string_view inner = text.substr(1, text.size() - 2);
  if (inner.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    out += inner[i];
    if (inner[i] == '"' && i + 1 < inner.size() && inner[i + 1] == '"') ++i;
  }
  return out;
}

}  // namespace millrace::expression
