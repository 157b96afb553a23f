// SPDX-License-Identifier: Apache-2.0
#include "server/rest/queue_filter.h"

#include "engine/expression/compiled_expression.h"

#include <memory>

namespace millrace::server {

Result<engine::FlowFileFilter> queueFilter(const std::string& text,
                                           const expression::EvaluationEnvironment& environment) {
  if (text.empty()) return engine::FlowFileFilter();
  auto compiled = expression::CompiledExpression::compile(text);
  if (!compiled.ok()) return Error::user("the filter: " + compiled.error().message);
  if (compiled->isLiteral()) {
    return Error::user(
        "the filter says the same of every FlowFile; write an expression that is true for those "
        "that are wanted, such as ${filename:contains('a')} or ${fileSize:gt(1000)}");
  }
  // shared_ptr: a function must be copyable, and an expression is not.
  const auto expression =
      std::make_shared<const expression::CompiledExpression>(std::move(*compiled));
  const auto random = std::make_shared<Random>(Random::fromEntropy());
  return engine::FlowFileFilter([expression, random, &environment](const SessionFlowFile& file) {
    return expression->evaluateBoolean({environment, *random, &file, nullptr, "filter"});
  });
}

}  // namespace millrace::server
