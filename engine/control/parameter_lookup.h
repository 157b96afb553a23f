// SPDX-License-Identifier: Apache-2.0
#pragma once
// Values of parameters as a component of a group sees them: the command line's first, then the flow
// file's. Threads: pure functions.

#include "engine/flow/flow.h"
#include "engine/processor/descriptor.h"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace millrace::engine {

using ParameterOverrides = std::map<std::string, std::string, std::less<>>;

std::optional<std::string> parameterValue(const flow::Flow& flow, const flow::Group& group,
                                          const ParameterOverrides& overrides,
                                          std::string_view name);

/// Text that changes when a parameter does that one of the texts refers to.
std::string parameterFingerprint(
    std::span<const PropertyText> texts,
    const std::function<std::optional<std::string>(std::string_view)>& parameter);

}  // namespace millrace::engine
