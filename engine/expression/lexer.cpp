// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/lexer.h"

#include "engine/expression/property_text.h"

#include <fmt/format.h>

namespace millrace::expression {

namespace {

bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool endsWord(char c) {
  return isBlank(c) || std::string_view("${}()[],:;/*'").find(c) != std::string_view::npos;
}

std::size_t digits(std::string_view text, std::size_t at) {
  while (at < text.size() && isDigit(text[at])) ++at;
  return at;
}

/// Whether the whole text is a number of the grammar.
Token::Kind numberKind(std::string_view text) {
  const std::size_t first = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  std::size_t at = digits(text, first);
  bool any = at > first;
  if (any && at == text.size()) return Token::Kind::kWhole;
  bool decimal = false;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = digits(text, at + 1);
    any = any || fraction > at + 1;
    at = fraction;
    decimal = true;
  }
  if (!any) return Token::Kind::kWord;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t end = digits(text, at);
    if (end == at) return Token::Kind::kWord;
    at = end;
    decimal = true;
  }
  return decimal && at == text.size() ? Token::Kind::kDecimal : Token::Kind::kWord;
}

}  // namespace

void Lexer::skipBlanks() {
  while (at_ < text_.size()) {
    if (isBlank(text_[at_])) {
      ++at_;
    } else if (text_[at_] == '#' && (at_ + 1 >= text_.size() || text_[at_ + 1] != '{')) {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    } else {
      return;
    }
  }
}

Result<Token> Lexer::string() {
  Token token{Token::Kind::kString, {}, at_};
  const char quote = text_[at_++];
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == quote) return token;
    if (c == '\n' || c == '\r' || c == '\t') {
      return Error::user(fmt::format("{}: a line break or tab inside quotes; write \\n, \\r or \\t",
                                     placeOf(text_, at_ - 1)));
    }
    if (c != '\\' || at_ >= text_.size()) {
      token.text += c;
      continue;
    }
    const char escaped = text_[at_++];
    switch (escaped) {
      case 'n':
        token.text += '\n';
        break;
      case 'r':
        token.text += '\r';
        break;
      case 't':
        token.text += '\t';
        break;
      case '\'':
      case '"':
      case '\\':
        token.text += escaped;
        break;
      default:
        token.text += '\\';
        token.text += escaped;
    }
  }
  return Error::user(fmt::format("{}: the quote is never closed", placeOf(text_, token.at)));
}

Result<Token> Lexer::word() {
  Token token{Token::Kind::kWord, {}, at_};
  std::size_t end = at_;
  while (end < text_.size() && !endsWord(text_[end])) ++end;
  if (end == at_) {
    return Error::user(fmt::format("{}: '{}' does not belong here; quote names that contain it",
                                   placeOf(text_, at_), text_[at_]));
  }
  token.text = text_.substr(at_, end - at_);
  token.kind = numberKind(token.text);
  if (token.kind == Token::Kind::kWord && isDigit(token.text.front())) {
    return Error::user(fmt::format("{}: a name that begins with a digit must be quoted: '{}'",
                                   placeOf(text_, at_), token.text));
  }
  at_ = end;
  return token;
}

Result<Token> Lexer::next() {
  skipBlanks();
  if (at_ >= text_.size()) return Token{Token::Kind::kEnd, {}, text_.size()};
  const char c = text_[at_];
  const auto one = [&](Token::Kind kind) { return Token{kind, std::string(1, c), at_++}; };
  switch (c) {
    case '}':
      return one(Token::Kind::kClose);
    case '(':
      return one(Token::Kind::kLeft);
    case ')':
      return one(Token::Kind::kRight);
    case ':':
      return one(Token::Kind::kColon);
    case ',':
      return one(Token::Kind::kComma);
    case '\'':
    case '"':
      return string();
    case '$':
      if (at_ + 1 < text_.size() && text_[at_ + 1] == '{') {
        at_ += 2;
        return Token{Token::Kind::kOpen, "${", at_ - 2};
      }
      break;
    case '#': {
      auto reference = readParameterReference(text_, at_);
      if (!reference) {
        return Error::user(fmt::format(
            "{}: this is no reference to a parameter; write #{{name}} or #{{'any name'}}",
            placeOf(text_, at_)));
      }
      Token token{Token::Kind::kParameter, std::move(reference->name), at_};
      at_ = reference->end;
      return token;
    }
    default:
      break;
  }
  return word();
}

}  // namespace millrace::expression
