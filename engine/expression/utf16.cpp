// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/utf16.h"

#include <locale.h>

#include <cwctype>

namespace millrace::expression {

namespace {

unsigned char byteAt(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

/// The tables of case of the C library, which need no locale to be set in the process.
locale_t unicode() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

char32_t upperOf(char32_t point) {
  const locale_t locale = unicode();
  if (locale == nullptr) return point;
  return static_cast<char32_t>(towupper_l(static_cast<wint_t>(point), locale));
}
char32_t lowerOf(char32_t point) {
  const locale_t locale = unicode();
  if (locale == nullptr) return point;
  return static_cast<char32_t>(towlower_l(static_cast<wint_t>(point), locale));
}

bool isLetter(char32_t point) {
  const locale_t locale = unicode();
  return locale != nullptr && iswalpha_l(static_cast<wint_t>(point), locale) != 0;
}

}  // namespace

bool isAscii(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

char32_t readUtf8(std::string_view text, std::size_t& at) {
  const unsigned char first = byteAt(text, at++);
  if (first < 0x80) return first;
  std::size_t more = 0;
  char32_t point = 0;
  char32_t least = 0;
  if ((first & 0xE0U) == 0xC0U) {
    more = 1;
    point = first & 0x1FU;
    least = 0x80;
  } else if ((first & 0xF0U) == 0xE0U) {
    more = 2;
    point = first & 0x0FU;
    least = 0x800;
  } else if ((first & 0xF8U) == 0xF0U) {
    more = 3;
    point = first & 0x07U;
    least = 0x10000;
  } else {
    return 0xFFFD;
  }
  if (at + more > text.size()) return 0xFFFD;
  for (std::size_t i = 0; i < more; ++i) {
    const unsigned char next = byteAt(text, at + i);
    if ((next & 0xC0U) != 0x80U) return 0xFFFD;
    point = (point << 6) | (next & 0x3FU);
  }
  if (point < least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return 0xFFFD;
  at += more;
  return point;
}

std::size_t utf16Index(std::string_view text, std::size_t bytes) {
  return utf16Length(text.substr(0, bytes));
}

std::size_t utf16Length(std::string_view text) {
  if (isAscii(text)) return text.size();
  std::size_t units = 0;
  for (std::size_t at = 0; at < text.size();) units += readUtf8(text, at) >= 0x10000 ? 2 : 1;
  return units;
}

std::size_t byteIndex(std::string_view text, std::size_t units) {
  std::size_t at = 0;
  std::size_t seen = 0;
  while (at < text.size() && seen < units) seen += readUtf8(text, at) >= 0x10000 ? 2 : 1;
  return at;
}

void appendUtf8(std::string& out, char32_t point) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0U | (point >> 6));
    put(0x80U | (point & 0x3FU));
  } else if (point >= 0xD800 && point <= 0xDFFF) {
    put('?');
  } else if (point < 0x10000) {
    put(0xE0U | (point >> 12));
    put(0x80U | ((point >> 6) & 0x3FU));
    put(0x80U | (point & 0x3FU));
  } else {
    put(0xF0U | (point >> 18));
    put(0x80U | ((point >> 12) & 0x3FU));
    put(0x80U | ((point >> 6) & 0x3FU));
    put(0x80U | (point & 0x3FU));
  }
}

std::string toUpper(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t point = readUtf8(text, at);
    switch (point) {
      case 0xFFFD:
        out += text.substr(begin, at - begin);
        break;
      case 0xDF:
        out += "SS";
        break;
      case 0xFB00:
        out += "FF";
        break;
      case 0xFB01:
        out += "FI";
        break;
      case 0xFB02:
        out += "FL";
        break;
      default:
        appendUtf8(out, upperOf(point));
    }
  }
  return out;
}

std::string toLower(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool letterBefore = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t point = readUtf8(text, at);
    if (point == 0xFFFD) {
      out += text.substr(begin, at - begin);
    } else if (point == 0x130) {
      appendUtf8(out, 'i');
      appendUtf8(out, 0x307);
    } else if (point == 0x3A3) {
      std::size_t next = at;
      const bool letterAfter = next < text.size() && isLetter(readUtf8(text, next));
      appendUtf8(out, letterBefore && !letterAfter ? 0x3C2 : 0x3C3);  // the final sigma
    } else {
      appendUtf8(out, lowerOf(point));
    }
    letterBefore = isLetter(point);
  }
  return out;
}

}  // namespace millrace::expression
