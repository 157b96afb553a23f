// SPDX-License-Identifier: Apache-2.0
#pragma once
// Regex: a regular expression as java.util.regex writes it, on PCRE2.
// Promise: bounded work: a match that needs too many steps fails the evaluation instead of hanging
// a worker. Differences from Java: case-insensitive matching is Unicode's, and class intersection
// ([a-z&&[^x]]) and union ([a[b]]) are refused. Threads: constant, may be shared.

#include "engine/base/result.h"
#include "engine/expression/value.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::expression {

class Regex {
 public:
  enum class Use : unsigned char {
    kFull,  ///< matches(): the whole text
    kFind,  ///< everything else
  };
  enum class Times : unsigned char { kFirst, kAll };

  static Result<Regex> compile(std::string_view javaPattern, Use use);
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  /// Whether the text (as a whole, or a part of it) matches; false when the evaluation failed.
  bool matches(std::string_view text, Workspace& work) const;
  /// Replaces matches; `$1`, `${name}` and `\$` in the replacement are Java's.
  std::string_view replace(std::string_view text, std::string_view replacement, Times times,
                           Workspace& work) const;
  /// String.split: empty parts at the end are dropped.
  std::vector<std::string_view> split(std::string_view text, Workspace& work) const;

 private:
  struct Code;
  explicit Regex(std::unique_ptr<const Code> code);
  std::unique_ptr<const Code> code_;
};

}  // namespace millrace::expression
