// SPDX-License-Identifier: Apache-2.0
#pragma once
// Relationship: a named way out of a processor. Declared as constants in the processor's file and
// told apart by address; those that come from dynamic properties are looked up by name once, when
// the processor is scheduled.

#include <cstdint>
#include <span>
#include <string_view>

namespace millrace {

struct Relationship {
  std::string_view name;
  std::string_view description;
  bool autoTerminated = false;  ///< by default
  std::span<const std::string_view> aliases = {};
};

/// The position of a relationship among those of one configured processor.
struct RelationshipIndex {
  std::uint16_t index = 0;
  bool operator==(const RelationshipIndex&) const = default;
};

}  // namespace millrace
