// SPDX-License-Identifier: Apache-2.0
#pragma once
// Translates a java.util.regex pattern to PCRE2's dialect.

#include "engine/base/result.h"

#include <string>
#include <string_view>

namespace millrace::expression {

/// Fails on what PCRE2 would read differently: class union and intersection.
Result<std::string> fromJavaPattern(std::string_view pattern);

}  // namespace millrace::expression
