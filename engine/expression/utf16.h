// SPDX-License-Identifier: Apache-2.0
#pragma once
// Positions as Java counts them: in UTF-16 units, over texts that are UTF-8 here.

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::expression {

bool isAscii(std::string_view text);
/// How many UTF-16 units the text has; a byte that is no UTF-8 counts one.
std::size_t utf16Length(std::string_view text);
/// The UTF-16 units of the first `bytes` bytes.
std::size_t utf16Index(std::string_view text, std::size_t bytes);
/// The byte at which a UTF-16 unit begins; the middle of a surrogate pair is its end. The text's
/// size where there are not so many units.
std::size_t byteIndex(std::string_view text, std::size_t units);

/// Appends a code point in UTF-8; a surrogate becomes '?', as when Java encodes it.
void appendUtf8(std::string& out, char32_t point);
/// Reads the code point at `at` and moves past it; a byte that is no UTF-8 gives U+FFFD.
char32_t readUtf8(std::string_view text, std::size_t& at);

/// Java's toUpperCase and toLowerCase for the root locale.
std::string toUpper(std::string_view text);
std::string toLower(std::string_view text);

}  // namespace millrace::expression
