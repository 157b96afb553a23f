// SPDX-License-Identifier: Apache-2.0
#pragma once
// How two texts differ, for a person to read. Threads: pure functions.

#include <string>
#include <string_view>
#include <vector>

namespace millrace::flowtest {

/// Lines that begin with `- ` (expected), `+ ` (came), or two blanks (both, around the others);
/// empty when the texts are equal. A lone changed line is followed by one that points at the first
/// change. Bounded, however long the texts are.
std::vector<std::string> textDifference(std::string_view expected, std::string_view actual);

/// A text as lines to show, bounded: control characters made visible, bytes that are no text as
/// hexadecimal.
std::vector<std::string> shownLines(std::string_view text);

/// One line of it.
std::string shownLine(std::string_view text);

}  // namespace millrace::flowtest
