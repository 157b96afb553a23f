// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/json/json_path.h"

#include "engine/expression/json/path_program.h"

#include <fmt/format.h>

namespace millrace::expression {

Result<JsonPath> JsonPath::compile(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t from = text.find_first_not_of(kBlanks);
  if (from == std::string_view::npos)
    return Error::user("a JSONPath is empty: write one such as $.name");
  const std::string_view trimmed = text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
  const bool rooted = trimmed.starts_with('$') || trimmed.starts_with('@');
  const std::string whole = rooted ? std::string(trimmed) : fmt::format("$.{}", trimmed);
  return JsonPath(std::unique_ptr<const PathProgram>(MR_TRY(parsePath(whole))));
}

JsonPath::JsonPath(std::unique_ptr<const PathProgram> program) : program_(std::move(program)) {}
JsonPath::JsonPath(JsonPath&&) noexcept = default;
JsonPath& JsonPath::operator=(JsonPath&&) noexcept = default;
JsonPath::~JsonPath() = default;

bool JsonPath::isDefinite() const { return program_->isDefinite; }

std::optional<JsonValue> JsonPath::read(JsonDocument& document) const {
  return readPath(*program_, document.root(), {document, document.root()});
}

}  // namespace millrace::expression
