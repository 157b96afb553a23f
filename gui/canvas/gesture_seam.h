// SPDX-License-Identifier: Apache-2.0
#pragma once
// The place at which tests take a gesture away, to show that they would notice: every handler asks
// here by its name before it acts. In Studio the answer is always yes; a test program that defines
// gestureWorks() itself is linked with its own. Threads: the GUI thread.

#include <string_view>

namespace millrace::gui {

bool gestureWorks(std::string_view name);

}  // namespace millrace::gui
