// SPDX-License-Identifier: Apache-2.0
#pragma once
// Property text: which part of a value is text, which is an expression, which is a parameter.
//
//   text        = { plain | "${" … "}" | "#{" name "}" }
// A `${` opens an expression when an odd run of `$` ends there and a matching `}` follows; quotes
// hide braces inside it. Of a run of `$` before `{…}`, each pair stands for one `$`. The same holds
// for `#` and parameters, except inside an expression, where the parser reads them.

#include "engine/base/result.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::expression {

using ParameterLookup = std::function<std::optional<std::string>(std::string_view name)>;

struct PropertyText {
  struct Piece {
    bool expression = false;
    std::string text;       ///< of a piece of text, escapes undone
    std::size_t begin = 0;  ///< of an expression: where its `$` is
    std::size_t end = 0;    ///< past its `}`
  };
  std::vector<Piece> pieces;
};

PropertyText scanPropertyText(std::string_view text);

enum class Within : unsigned char {
  kText,            ///< the whole value is text: every reference counts
  kExpressionText,  ///< references inside `${…}` are left to the parser
};

/// Replaces parameter references and undoes their escapes. Adds the names to `names`.
Result<std::string> substituteParameters(std::string_view text, const ParameterLookup& lookup,
                                         Within within, std::vector<std::string>& names);

/// Reads `#{name}` or `#{'any name'}` at `at`; gives the name and the place past the brace, or
/// nothing when it is no reference.
struct ParameterReference {
  std::string name;
  std::size_t end = 0;
};
std::optional<ParameterReference> readParameterReference(std::string_view text, std::size_t at);

/// The value of a parameter, or the error that names it.
Result<std::string> parameterValue(const ParameterLookup& lookup, std::string_view name,
                                   std::string_view text, std::size_t at);

/// `line 2, column 7` of a byte offset; characters are counted, from 1.
std::string placeOf(std::string_view text, std::size_t at);

}  // namespace millrace::expression
