// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/regex_argument.h"

#include <utility>

namespace millrace::expression {

namespace {

Result<std::unique_ptr<const Prepared>> prepareFirst(LiteralArguments literals, Regex::Use use) {
  if (literals.empty() || literals[0] == nullptr || literals[0]->type() != Type::kText) {
    return std::unique_ptr<const Prepared>();
  }
  Regex regex = MR_TRY(Regex::compile(literals[0]->text(), use));
  return std::unique_ptr<const Prepared>(std::make_unique<PreparedRegex>(std::move(regex)));
}

}  // namespace

Result<std::unique_ptr<const Prepared>> prepareFind(LiteralArguments literals) {
  return prepareFirst(literals, Regex::Use::kFind);
}
Result<std::unique_ptr<const Prepared>> prepareMatch(LiteralArguments literals) {
  return prepareFirst(literals, Regex::Use::kFull);
}

RegexArgument::RegexArgument(Call& call, std::size_t index, Regex::Use use) {
  if (const auto* prepared = call.prepared<PreparedRegex>()) {
    regex_ = &prepared->regex;
    return;
  }
  const auto pattern = call.text(index);
  if (!pattern) return;
  auto compiled = Regex::compile(*pattern, use);
  if (!compiled.ok()) {
    call.fail(std::move(compiled).error().message);
    return;
  }
  own_ = std::move(*compiled);
  regex_ = &*own_;
}

}  // namespace millrace::expression
