// SPDX-License-Identifier: Apache-2.0
#include "engine/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace millrace {
void assertionFailed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "millrace: broken invariant %s at %s:%d\n", expression, file, line);
  std::abort();
}
}  // namespace millrace
