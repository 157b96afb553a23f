// SPDX-License-Identifier: Apache-2.0
#pragma once
// Values of parameters as a component of a group sees them: those from outside the flow file first,
// then the file's. Values of sensitive parameters come from outside alone; they are kept apart from
// the others, so that a secret never reaches a parameter of the same name that is not sensitive.
// Threads: pure functions.

#include "engine/flow/flow.h"
#include "engine/processor/descriptor.h"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace millrace::engine {

using ParameterValues = std::map<std::string, std::string, std::less<>>;

/// Values that a run gives to parameters, by name, in every group.
struct ParameterOverrides {
  ParameterValues plain;    ///< before those of the flow file
  ParameterValues secrets;  ///< of parameters that the flow calls sensitive
  bool operator==(const ParameterOverrides&) const = default;
};

std::optional<std::string> parameterValue(const flow::Flow& flow, const flow::Group& group,
                                          const ParameterOverrides& overrides,
                                          std::string_view name);

/// Text that changes when a parameter does that one of the texts refers to.
std::string parameterFingerprint(
    std::span<const PropertyText> texts,
    const std::function<std::optional<std::string>(std::string_view)>& parameter);

}  // namespace millrace::engine
