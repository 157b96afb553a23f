// SPDX-License-Identifier: Apache-2.0
#pragma once
// Matcher: what a test expects a text to be, and a readable reason where it is not.
// Threads: constant once made, may be shared.

#include "engine/base/result.h"
#include "engine/expression/pattern.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flowtest {

class Matcher {
 public:
  enum class Kind : unsigned char {
    kEquals,    ///< byte for byte
    kMatches,   ///< the whole text, as NiFi's matches()
    kContains,  ///< a part
    kJson,      ///< the same JSON value: blanks and the order of keys do not count
    kAbsent,    ///< there is no text at all
  };

  static Matcher equals(std::string text) { return Matcher(Kind::kEquals, std::move(text)); }
  static Matcher contains(std::string text) { return Matcher(Kind::kContains, std::move(text)); }
  static Matcher absent() { return Matcher(Kind::kAbsent, {}); }
  /// Java's syntax; the Error says what is wrong with it.
  static Result<Matcher> matches(std::string pattern);
  /// The Error says where the text is no JSON.
  static Result<Matcher> json(const std::string& text);

  /// Lines that say how the text differs; none when it is as expected. No text: the attribute or
  /// file is not there.
  std::vector<std::string> differences(std::optional<std::string_view> text) const;
  bool accepts(std::optional<std::string_view> text) const { return differences(text).empty(); }

 private:
  Matcher(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}

  Kind kind_;
  std::string text_;  // of JSON in canonical form
  // A Pattern cannot be copied, and test cases share the settings of their file.
  std::shared_ptr<const expression::Pattern> pattern_;
};

}  // namespace millrace::flowtest
