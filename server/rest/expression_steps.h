// SPDX-License-Identifier: Apache-2.0
#pragma once
// The steps in which a text with expressions comes to its value: each expression call by call, an
// inner one before what it is an argument of. Threads: a pure function.

#include <string>
#include <string_view>
#include <vector>

namespace millrace::server {

/// Of `${a:trim():plus(${b})}`: `${a}`, `${a:trim()}`, `${b}`, and the whole. Expressions by
/// themselves, but for those that stand for nothing without what follows (`${anyAttribute(…)}`).
/// At most `most`, the first ones.
std::vector<std::string> stepsOf(std::string_view propertyText, std::size_t most);

}  // namespace millrace::server
