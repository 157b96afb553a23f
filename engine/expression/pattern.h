// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pattern and Matcher: a regular expression as java.util.regex writes it, with its flags, capture
// groups and named groups, on PCRE2's machine code.
// Promise: bounded work: a match that needs too many steps is an Error instead of a worker that
// hangs. Texts are UTF-8; bytes that are none match nothing and do no harm. Differences from Java:
// case-insensitive matching is always Unicode's; class intersection ([a-z&&[^x]]), union ([a[b]])
// and canonical equivalence are refused.
// Threads: a Pattern is constant and may be shared; a Matcher belongs to one thread, lends its
// Pattern, and keeps no text alive.

#include "engine/base/result.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::expression {

/// The flags of Pattern.compile.
struct PatternFlags {
  bool caseInsensitive = false;
  bool comments = false;        ///< blanks and #... in the pattern mean nothing
  bool dotAll = false;          ///< `.` matches line terminators too
  bool literal = false;         ///< the pattern is a plain text
  bool multiline = false;       ///< ^ and $ match at every line
  bool unicodeClasses = false;  ///< \w, \d, \s, \b are Unicode's
  bool unixLines = false;       ///< only \n ends a line
};

class Pattern {
 public:
  enum class Use : unsigned char {
    kWhole,  ///< matches(): the whole text
    kFind,   ///< find(): a part of it
  };
  /// Flags at the head of the pattern, as in `(?is)a.b`, add to the given ones.
  static Result<Pattern> compile(std::string_view javaPattern, Use use, PatternFlags flags = {});
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  /// Groups without the whole match.
  std::size_t groupCount() const;
  /// Named groups and their numbers, by number.
  const std::vector<std::pair<std::string, std::size_t>>& names() const;
  /// A pattern that matches just this text.
  static std::string quote(std::string_view text);

 private:
  friend class Matcher;
  struct Code;
  explicit Pattern(std::unique_ptr<const Code> code);
  std::unique_ptr<const Code> code_;
};

/// One search after another; its memory is used again.
class Matcher {
 public:
  explicit Matcher(const Pattern& pattern);
  ~Matcher();
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;

  /// The first match at `from` or behind it (of the whole text, for Use::kWhole). The text must
  /// outlive the calls below.
  Result<bool> find(std::string_view text, std::size_t from = 0);
  /// The next match in the same text, as Java's repeated find(): behind an empty one, one character
  /// on.
  Result<bool> findNext();

  std::size_t begin() const;
  std::size_t end() const;
  std::size_t groupCount() const { return pattern_.groupCount(); }
  /// Nothing when the group took no part in the match or does not exist; 0 is the whole match.
  std::optional<std::string_view> group(std::size_t index) const;
  /// Appends a replacement in which `$1`, `${name}` and `\$` mean what they mean in Java.
  Result<> expand(std::string_view replacement, std::string& into) const;

 private:
  struct Data;
  const Pattern& pattern_;
  std::unique_ptr<Data> data_;
  std::string_view text_;
  int groups_ = 0;
};

}  // namespace millrace::expression
