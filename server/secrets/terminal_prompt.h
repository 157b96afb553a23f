// SPDX-License-Identifier: Apache-2.0
#pragma once
// TerminalPrompt: asks a person for a secret without showing it.

#include "engine/base/result.h"

#include <string>
#include <string_view>

namespace millrace::server {

/// Writes the question to the terminal and reads one line from it with the echo off, which is
/// restored at the end. A user fault when the input ends before the line does. `terminal` is an
/// open descriptor of a terminal, which stays open. Threads: one at a time for each terminal.
Result<std::string> askAtTerminal(int terminal, std::string_view question);

}  // namespace millrace::server
