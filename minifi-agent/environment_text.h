// SPDX-License-Identifier: Apache-2.0
#pragma once
// Environment variables in the texts of a MiNiFi: `${NAME}`. Threads: pure functions.

#include "engine/base/result.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::agent {

using Variables = std::function<std::optional<std::string>(const std::string& name)>;

/// Every `${NAME}` that is a variable, replaced by its value; of one that is not, nothing changes.
std::string withVariables(std::string_view text, const Variables& variables);

/// The same for a whole config file, where only names in capital letters are taken (`[A-Z0-9_]`,
/// no digit first) and `$${NAME}` is left alone: what is left is the Expression Language's. A value
/// that could change the structure of the file is an Error that names the variable.
Result<std::string> configWithVariables(std::string_view config, const Variables& variables);

}  // namespace millrace::agent
