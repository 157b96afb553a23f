// SPDX-License-Identifier: Apache-2.0
#pragma once
// JsonSchema: a JSON Schema of one of the drafts 4, 6, 7, 2019-09 and 2020-12, ready to judge
// documents. `format` is asserted up to draft 7 and says nothing from 2019-09 on, as those drafts
// have it. Patterns are Java's and match anywhere in a text.
//
// A $ref leads to a place in the schema itself, by pointer, anchor or the $id of a part; anything
// else is refused when the schema is compiled. Of $vocabulary nothing is read.
// Threads: constant once compiled, may be shared.

#include "engine/base/result.h"
#include "engine/expression/json/json_document.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::processors {

enum class JsonSchemaDraft : std::uint8_t { k4, k6, k7, k2019, k2020 };

class JsonSchema {
 public:
  /// The Error names the place in the schema.
  static Result<JsonSchema> compile(std::string_view text, JsonSchemaDraft draft);
  JsonSchema(JsonSchema&&) noexcept;
  JsonSchema& operator=(JsonSchema&&) noexcept;
  ~JsonSchema();

  /// What is wrong with a document, as "$.a[0]: a sentence", at most so many; none: it is valid.
  std::vector<std::string> problems(const expression::JsonValue& document, std::size_t most) const;

  struct Code;  // schema_code.h

 private:
  explicit JsonSchema(std::unique_ptr<const Code> code);
  std::unique_ptr<const Code> code_;
};

}  // namespace millrace::processors
