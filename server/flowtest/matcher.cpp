// SPDX-License-Identifier: Apache-2.0
#include "server/flowtest/matcher.h"

#include "server/flowtest/text_difference.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace millrace::flowtest {
namespace {

using Json = nlohmann::json;  // keeps keys sorted

std::string canonical(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::optional<std::string> canonicalOf(std::string_view text) {
  const Json value = Json::parse(text, nullptr, false);
  if (value.is_discarded()) return std::nullopt;
  return canonical(value);
}

std::vector<std::string> under(std::string heading, std::string_view text) {
  std::vector<std::string> lines{std::move(heading)};
  for (std::string& line : shownLines(text)) lines.push_back("+ " + std::move(line));
  return lines;
}

}  // namespace

Result<Matcher> Matcher::matches(std::string pattern) {
  auto compiled = expression::Pattern::compile(pattern, expression::Pattern::Use::kWhole);
  if (!compiled.ok()) return compiled.error();
  Matcher matcher(Kind::kMatches, std::move(pattern));
  matcher.pattern_ = std::make_shared<const expression::Pattern>(std::move(*compiled));
  return matcher;
}

Result<Matcher> Matcher::json(const std::string& text) {
  try {
    return Matcher(Kind::kJson, canonical(Json::parse(text)));
  } catch (const Json::parse_error& error) {
    return Error::user(fmt::format("it is no JSON near byte {}", error.byte));
  }
}

std::vector<std::string> Matcher::differences(std::optional<std::string_view> text) const {
  if (kind_ == Kind::kAbsent) {
    if (!text) return {};
    return under("there should be none, and there is:", *text);
  }
  if (!text) {
    std::vector<std::string> lines{"is not there, expected:"};
    for (std::string& line : shownLines(text_)) lines.push_back("- " + std::move(line));
    return lines;
  }
  switch (kind_) {
    case Kind::kContains:
      if (text->find(text_) != std::string_view::npos) return {};
      return under(fmt::format("does not contain '{}'; it is:", shownLine(text_)), *text);
    case Kind::kMatches: {
      expression::Matcher search(*pattern_);
      const auto found = search.find(*text);
      if (!found.ok()) return {"cannot be compared: " + found.error().message};
      if (*found) return {};
      return under(fmt::format("does not match '{}'; it is:", shownLine(text_)), *text);
    }
    case Kind::kJson: {
      const auto actual = canonicalOf(*text);
      if (!actual) return under("is no JSON; it is:", *text);
      // Compared as values first, so that 1 and 1.0 are the same number.
      if (Json::parse(text_) == Json::parse(*text)) return {};
      return textDifference(text_, *actual);
    }
    default:
      return textDifference(text_, *text);
  }
}

}  // namespace millrace::flowtest
