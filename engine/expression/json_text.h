// SPDX-License-Identifier: Apache-2.0
#pragma once
// JSON texts: is it JSON, and the escapes of its strings.

#include <string>
#include <string_view>

namespace millrace::expression {

/// Whether the text is one JSON object or array, nested at most 512 deep.
bool isJsonContainer(std::string_view text);

/// Escapes for use inside a JSON string: quotes, backslash, slash, control characters, and all
/// beyond ASCII as \uXXXX.
std::string escapeJson(std::string_view text);
/// Undoes such escapes; an unknown one stands for its character.
std::string unescapeJson(std::string_view text);

}  // namespace millrace::expression
