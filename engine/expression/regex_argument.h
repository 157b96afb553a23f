// SPDX-License-Identifier: Apache-2.0
#pragma once
// RegexArgument: the pattern of a call, compiled once when it is a literal, else at each call.
// Threads: belongs to one evaluation.

#include "engine/expression/call.h"
#include "engine/expression/function_table.h"
#include "engine/expression/regex.h"

#include <optional>

namespace millrace::expression {

/// A literal pattern, kept with the compiled call.
struct PreparedRegex final : Prepared {
  explicit PreparedRegex(Regex compiled) : regex(std::move(compiled)) {}
  Regex regex;
};

/// For FunctionEntry::prepare of functions whose first argument is a pattern.
Result<std::unique_ptr<const Prepared>> prepareFind(LiteralArguments literals);
Result<std::unique_ptr<const Prepared>> prepareMatch(LiteralArguments literals);

class RegexArgument {
 public:
  RegexArgument(Call& call, std::size_t index, Regex::Use use);
  /// False when the argument is null, or when it is no pattern and the evaluation has failed.
  explicit operator bool() const { return regex_ != nullptr; }
  const Regex* operator->() const { return regex_; }

 private:
  std::optional<Regex> own_;
  const Regex* regex_ = nullptr;
};

}  // namespace millrace::expression
