// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lexer: the tokens of one expression, between its `$` and its `}`.
//
//   word    = a run of characters other than $ { } ( ) [ ] , : ; / * ' blank, not begun by a digit
//   number  = [+-] digits | [+-] digits . digits exponent …       string = '…' or "…"
//   `#…` to the end of the line is a comment unless `{` follows the `#`.
// In a string \n \r \t \' \" \\ stand for one character; any other backslash stays, so that regular
// expressions need no doubling.

#include "engine/base/result.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::expression {

struct Token {
  enum class Kind : unsigned char {
    kOpen,       ///< ${
    kParameter,  ///< #{…}; text is the name
    kClose,      ///< }
    kLeft,
    kRight,
    kColon,
    kComma,
    kWord,
    kString,
    kWhole,
    kDecimal,
    kEnd,
  };
  Kind kind = Kind::kEnd;
  std::string text;
  std::size_t at = 0;  ///< offset in the property text
};

class Lexer {
 public:
  /// Reads text[begin, end); places in errors are those of the whole text.
  Lexer(std::string_view text, std::size_t begin, std::size_t end)
      : text_(text.substr(0, end)), at_(begin) {}
  Result<Token> next();

 private:
  void skipBlanks();
  Result<Token> string();
  Result<Token> word();

  std::string_view text_;
  std::size_t at_;
};

}  // namespace millrace::expression
