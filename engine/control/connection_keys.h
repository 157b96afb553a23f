// SPDX-License-Identifier: Apache-2.0
#pragma once
// The `keyed-by` of a connection as its queue wants it.

#include "engine/connection/flowfile_queue.h"
#include "engine/expression/compiled_expression.h"

#include <cstdint>
#include <memory>

namespace millrace::engine {

/// The value of the expression for each FlowFile, hashed; where it cannot be evaluated, that of an
/// empty text. Null without an expression. `environment` must outlive it; `store` names FlowFiles.
std::shared_ptr<const KeyOf> keyOf(std::shared_ptr<const expression::CompiledExpression> expression,
                                   const expression::EvaluationEnvironment& environment,
                                   std::uint64_t store);

}  // namespace millrace::engine
