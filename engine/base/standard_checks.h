// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the checks of the C++ library (_GLIBCXX_ASSERTIONS: an index that is out of range, the last
// of nothing) do in the small build, which reads this before everything else (cmake/edge.cmake):
// each is there and ends the program, but the place is told as an address in the file. The
// library's own way has the text of the function and of the condition at each of some thousand
// places, a seventh of a megabyte that nobody reads.

#include <bits/c++config.h>

namespace millrace {
/// Tells the caller's address in the program's file and aborts.
/// `addr2line -Cfe PROGRAM ADDRESS` names the function, where PROGRAM has its symbols.
[[noreturn, gnu::cold, gnu::noinline]] void standardCheckFailed() noexcept;
}  // namespace millrace

#undef __glibcxx_assert_impl
#define __glibcxx_assert_impl(condition)           \
  if (__builtin_expect(!bool(condition), false)) { \
    __glibcxx_constexpr_assert(false);             \
    ::millrace::standardCheckFailed();             \
  }
