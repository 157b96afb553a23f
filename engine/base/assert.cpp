// SPDX-License-Identifier: Apache-2.0
#include "engine/base/assert.h"

#include "engine/base/standard_checks.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" const char __ehdr_start;  // where the linker's file begins in memory

namespace millrace {
void assertionFailed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "millrace: broken invariant %s at %s:%d\n", expression, file, line);
  std::abort();
}

void standardCheckFailed() noexcept {
  const auto place = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)) -
                     reinterpret_cast<std::uintptr_t>(&__ehdr_start);
  std::fprintf(stderr, "millrace: a check of the C++ library failed at 0x%llx of the program\n",
               static_cast<unsigned long long>(place));
  std::abort();
}
}  // namespace millrace
