// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/replace_by_pattern.h"

#include "engine/expression/regex.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace millrace::expression {

namespace {

struct Mappings final : Prepared {
  struct One {
    Regex pattern;
    std::string value;
  };
  std::vector<One> all;
};

/// The place of the first `mark` without a backslash before it; the end when there is none.
std::size_t unescaped(std::string_view text, char mark, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == mark) {
      return i;
    }
  }
  return text.size();
}

std::string withoutEscape(std::string_view text, char mark) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == mark) continue;
    out += text[i];
  }
  return out;
}

Result<std::unique_ptr<Mappings>> parse(std::string_view list) {
  auto mappings = std::make_unique<Mappings>();
  for (std::size_t from = 0; from <= list.size();) {
    const std::size_t end = unescaped(list, ',', from);
    const std::string one = withoutEscape(list.substr(from, end - from), ',');
    const std::size_t colon = unescaped(one, ':', 0);
    if (colon == one.size()) {
      return Error::user(fmt::format("'{}' is no pattern:value; write a colon between them", one));
    }
    Regex pattern = MR_TRY(Regex::compile(
        withoutEscape(std::string_view(one).substr(0, colon), ':'), Regex::Use::kFull));
    mappings->all.push_back(
        {std::move(pattern), withoutEscape(std::string_view(one).substr(colon + 1), ':')});
    from = end + 1;
  }
  return mappings;
}

}  // namespace

Result<std::unique_ptr<const Prepared>> prepareReplaceByPattern(LiteralArguments literals) {
  if (literals[0] == nullptr || literals[0]->type() != Type::kText) {
    return std::unique_ptr<const Prepared>();
  }
  return std::unique_ptr<const Prepared>(MR_TRY(parse(literals[0]->text())));
}

Value replaceByPattern(Call& call) {
  if (call.subject().isNull()) return {};
  const auto* mappings = call.prepared<Mappings>();
  std::unique_ptr<Mappings> own;
  if (mappings == nullptr) {
    const auto list = call.text(0);
    if (!list) return call.subject();
    auto parsed = parse(*list);
    if (!parsed.ok()) return call.fail(std::move(parsed).error().message);
    own = std::move(*parsed);
    mappings = own.get();
  }
  for (const auto& one : mappings->all) {
    if (one.pattern.matches(call.subject().text(), call.work())) {
      return Value::text(call.scratch().keep(one.value));
    }
    if (call.work().failed) return {};
  }
  return call.subject();
}

}  // namespace millrace::expression
