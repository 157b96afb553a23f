// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which attributes of a FlowFile are written out by a processor: those of a list, those whose whole
// name matches, or, without either, all. Threads: the trigger's.

#include "engine/expression/pattern.h"
#include "engine/processor/process_session.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::processors {

struct ChosenAttributes {
  /// Gets a value, or nothing for a listed attribute that the FlowFile does not have.
  using Visitor = std::function<void(std::string_view name, std::optional<std::string_view> value)>;

  const std::vector<std::string>& listed;
  const std::optional<expression::Pattern>& pattern;
  bool core = true;  ///< all includes those that FlowFiles have by nature

  /// The listed ones in their order, then the others once each. Error: the match limit.
  Result<> visit(const SessionFlowFile& file, const Visitor& visitor) const;
};

}  // namespace millrace::processors
