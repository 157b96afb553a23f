// SPDX-License-Identifier: Apache-2.0
// What stands in the small build for the end of a program by an exception that nobody caught: the
// library's own brings a reader of mangled names with it.
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace __gnu_cxx {

void __verbose_terminate_handler();

void __verbose_terminate_handler() {
  try {
    if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
    std::fputs("millrace-agent: terminated\n", stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "millrace-agent: terminated by an exception: %s\n", error.what());
  } catch (...) {
    std::fputs("millrace-agent: terminated by an exception\n", stderr);
  }
  std::abort();
}

}  // namespace __gnu_cxx
