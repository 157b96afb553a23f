// SPDX-License-Identifier: Apache-2.0
#pragma once
// MR_ASSERT: an invariant of ours, checked in every build. It stops the process before wrong bytes
// are written.

namespace millrace {
/// Prints the broken invariant and aborts.
[[noreturn]] void assertionFailed(const char* expression, const char* file, int line);
}  // namespace millrace

#define MR_ASSERT(expression)                         \
  (__builtin_expect(static_cast<bool>(expression), 1) \
       ? void(0)                                      \
       : ::millrace::assertionFailed(#expression, __FILE__, __LINE__))
