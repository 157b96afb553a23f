// SPDX-License-Identifier: Apache-2.0
#include "engine/control/connection_keys.h"

#include "engine/base/random.h"
#include "engine/session/session_entry.h"

#include <functional>
#include <string>
#include <utility>

namespace millrace::engine {

std::shared_ptr<const KeyOf> keyOf(std::shared_ptr<const expression::CompiledExpression> expression,
                                   const expression::EvaluationEnvironment& environment,
                                   std::uint64_t store) {
  if (expression == nullptr) return nullptr;
  return std::make_shared<const KeyOf>(
      [expression = std::move(expression), &environment, store](const FlowFile& file) {
        SessionEntry entry;
        entry.reset(store);
        entry.file = file;
        Random random(file.id.raw());  // so that one FlowFile always has the same key
        const auto value =
            expression->evaluate(expression::EvaluationInput{environment, random, &entry});
        return std::uint64_t{std::hash<std::string>()(value.ok() ? *value : std::string())};
      });
}

}  // namespace millrace::engine
