// SPDX-License-Identifier: Apache-2.0
// What stands in the small build for PCRE2's compiler of machine code, a quarter of a megabyte:
// patterns are interpreted. That is slower where much text is searched, and no memory is ever both
// written and executed. The functions are those of PCRE2 10 that its other parts call; none of them
// is reached but the first and the two that have nothing to free and nothing to tell.
#include <cstddef>
#include <cstdint>

extern "C" {

constexpr int kNotThere = -45;  // PCRE2_ERROR_JIT_BADOPTION

int pcre2_jit_compile_8(void* /*code*/, std::uint32_t /*options*/) { return kNotThere; }
int pcre2_jit_match_8(const void* /*code*/, const std::uint8_t* /*subject*/, std::size_t /*length*/,
                      std::size_t /*start*/, std::uint32_t /*options*/, void* /*data*/,
                      void* /*context*/) {
  return kNotThere;
}
int _pcre2_jit_check_exec_8(const void* /*code*/, std::uint32_t /*options*/) { return 0; }
void _pcre2_jit_free_8(void* /*code*/, void* /*memory*/) {}
void _pcre2_jit_free_rodata_8(void* /*current*/, void* /*allocator*/) {}
std::size_t _pcre2_jit_get_size_8(const void* /*code*/) { return 0; }
const char* _pcre2_jit_get_target_8() { return nullptr; }

}  // extern "C"
