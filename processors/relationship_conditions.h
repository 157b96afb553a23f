// SPDX-License-Identifier: Apache-2.0
#pragma once
// On which choice of a property a relationship depends, found by asking the descriptor's own
// function for each choice: so that those who have the descriptor as text only (forms, editors)
// know it too. Promise: a relationship without a condition exists under every choice of every
// single property, the others at their defaults. Threads: pure functions.

#include "engine/processor/descriptor.h"

#include <optional>
#include <string_view>
#include <vector>

namespace millrace::processors {

struct RelationshipCondition {
  std::string_view property;
  std::vector<std::string_view> values;  ///< the choices under which it exists
};

std::optional<RelationshipCondition> conditionOf(const ProcessorDescriptor& descriptor,
                                                 std::string_view relationship);
/// Of the relationships that dynamic properties make.
std::optional<RelationshipCondition> conditionOfDynamic(const ProcessorDescriptor& descriptor);

}  // namespace millrace::processors
