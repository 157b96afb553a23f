// SPDX-License-Identifier: Apache-2.0
#pragma once
// Parser: from the text of one expression to its tree.
//
//   expression = "${" subject { ":" call } "}"
//   subject    = word | string | expression | parameter | call (a function that stands first)
//   call       = word "(" [ argument { "," argument } ] ")"
//   argument   = string | number | true | false | null | expression | parameter
// What cannot work is refused here: unknown functions, wrong number or kinds of arguments, literals
// that are no patterns or formats, reducers without a delegate.

#include "engine/base/result.h"
#include "engine/expression/node.h"
#include "engine/expression/property_text.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::expression {

/// Where the names that an expression mentions are gathered.
struct References {
  std::vector<std::string>& attributes;
  std::vector<std::string>& parameters;
};

/// Parses text[begin, end), an expression with its `${` and `}`. Places in errors are those of the
/// whole text.
Result<NodePointer> parseExpression(std::string_view text, std::size_t begin, std::size_t end,
                                    const ParameterLookup& parameter, References references);

}  // namespace millrace::expression
