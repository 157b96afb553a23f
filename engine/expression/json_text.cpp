// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/json_text.h"

#include "engine/expression/utf16.h"

#include <charconv>

namespace millrace::expression {

namespace {

constexpr int kMaxDepth = 512;

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isHex(char c) { return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// A recogniser of RFC 8259.
class Recogniser {
 public:
  explicit Recogniser(std::string_view text) : text_(text) {}
  bool container() {
    blanks();
    if (peek() != '{' && peek() != '[') return false;
    if (!value(0)) return false;
    blanks();
    return at_ == text_.size();
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void blanks() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
  }
  bool word(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted) return false;
    at_ += wanted.size();
    return true;
  }
  bool string() {
    if (peek() != '"') return false;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') continue;
      ++at_;
      if (peek() == 'u') {
        for (int i = 0; i < 4; ++i) {
          ++at_;
          if (!isHex(peek())) return false;
        }
      } else if (at_ >= text_.size() ||
                 std::string_view("\"\\/bfnrt").find(peek()) == std::string_view::npos) {
        return false;
      }
    }
    return false;
  }
  bool digits() {
    const std::size_t begin = at_;
    while (isDigit(peek())) ++at_;
    return at_ > begin;
  }
  bool number() {
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (peek() == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return false;
    }
    return true;
  }
  bool members(char close, bool named, int depth) {
    ++at_;
    blanks();
    if (peek() == close) {
      ++at_;
      return true;
    }
    while (true) {
      blanks();
      if (named) {
        if (!string()) return false;
        blanks();
        if (peek() != ':') return false;
        ++at_;
      }
      if (!value(depth + 1)) return false;
      blanks();
      if (peek() == close) {
        ++at_;
        return true;
      }
      if (peek() != ',') return false;
      ++at_;
    }
  }
  bool value(int depth) {
    if (depth > kMaxDepth) return false;
    blanks();
    switch (peek()) {
      case '{':
        return members('}', true, depth);
      case '[':
        return members(']', false, depth);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void appendUnit(std::string& out, unsigned unit) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[(unit >> shift) & 0xFU];
}

/// Four hexadecimal digits at `at`, or -1.
int unitAt(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  int unit = 0;
  const char* begin = text.data() + at;
  const auto [end, code] = std::from_chars(begin, begin + 4, unit, 16);
  return code == std::errc() && end == begin + 4 && unit >= 0 ? unit : -1;
}

}  // namespace

bool isJsonContainer(std::string_view text) { return Recogniser(text).container(); }

std::string escapeJson(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  for (std::size_t at = 0; at < text.size();) {
    const char32_t point = readUtf8(text, at);
    switch (point) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '/':
        out += "\\/";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (point >= 0x20 && point <= 0x7F) {
          out += static_cast<char>(point);
        } else if (point < 0x10000) {
          appendUnit(out, static_cast<unsigned>(point));
        } else {
          appendUnit(out, static_cast<unsigned>(0xD800 + ((point - 0x10000) >> 10)));
          appendUnit(out, static_cast<unsigned>(0xDC00 + ((point - 0x10000) & 0x3FFU)));
        }
    }
  }
  return out;
}

std::string unescapeJson(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      out += text[at];
      continue;
    }
    const char c = text[++at];
    switch (c) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {
        const int first = unitAt(text, at + 1);
        if (first < 0) {
          out += "\\u";
          break;
        }
        at += 4;
        char32_t point = static_cast<char32_t>(first);
        if (first >= 0xD800 && first < 0xDC00 && text.substr(at + 1, 2) == "\\u") {
          const int second = unitAt(text, at + 3);
          if (second >= 0xDC00 && second < 0xE000) {
            point = 0x10000 + (static_cast<char32_t>(first - 0xD800) << 10) +
                    static_cast<char32_t>(second - 0xDC00);
            at += 6;
          }
        }
        appendUtf8(out, point);
        break;
      }
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace millrace::expression
