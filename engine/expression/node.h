// SPDX-License-Identifier: Apache-2.0
#pragma once
// Node: a compiled expression as a tree. Owned by one CompiledExpression, constant once built.

#include "engine/expression/call.h"
#include "engine/expression/function_table.h"
#include "engine/expression/value.h"

#include <memory>
#include <string>
#include <vector>

namespace millrace::expression {

struct Node {
  enum class Op : unsigned char {
    kLiteral,    ///< `literal`, whose text is `text`
    kAttribute,  ///< the attribute named `text`
    kNamed,      ///< the attribute whose name `subject` gives: ${${a}:…}
    kCall,       ///< `function` on `subject` (absent when it stands first) with `arguments`
    kMapped,     ///< `function` (a delegate) with `arguments`, `subject` run once a value,
                 ///< folded by `reducer`
    kTemplate,   ///< `arguments` one after the other; a single one as it is
    kCurrent,    ///< the delegate's value at hand
  };

  Op op = Op::kLiteral;
  Kind kind = Kind::kText;  ///< of the result
  Value literal;
  std::string text;
  const FunctionEntry* function = nullptr;
  const FunctionEntry* reducer = nullptr;
  std::unique_ptr<const Node> subject;
  std::vector<std::unique_ptr<const Node>> arguments;
  std::unique_ptr<const Node> reducerArgument;
  std::unique_ptr<const Prepared> prepared;
};

using NodePointer = std::unique_ptr<const Node>;

}  // namespace millrace::expression
