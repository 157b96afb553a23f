// SPDX-License-Identifier: Apache-2.0
// What stands in the small build for readers of what zstd wrote before its format was settled (0.5
// to 0.7, before September 2016): they are never there, so that such a stream is told to be
// damaged. The functions are those that libzstd 1.5 calls; it gives up when it gets no reader.
#include <cstddef>

namespace {

constexpr std::size_t kUnknown = static_cast<std::size_t>(-10);  // ZSTD_error_prefix_unknown

void isNone(std::size_t* compressed, unsigned long long* bound) {
  *compressed = kUnknown;
  *bound = static_cast<unsigned long long>(-2);  // ZSTD_CONTENTSIZE_ERROR
}

}  // namespace

extern "C" {

void* ZSTDv05_createDCtx() { return nullptr; }
void* ZSTDv06_createDCtx() { return nullptr; }
void* ZSTDv07_createDCtx() { return nullptr; }
void* ZBUFFv05_createDCtx() { return nullptr; }
void* ZBUFFv06_createDCtx() { return nullptr; }
void* ZBUFFv07_createDCtx() { return nullptr; }

std::size_t ZSTDv05_freeDCtx(void*) { return 0; }
std::size_t ZSTDv06_freeDCtx(void*) { return 0; }
std::size_t ZSTDv07_freeDCtx(void*) { return 0; }
std::size_t ZBUFFv05_freeDCtx(void*) { return 0; }
std::size_t ZBUFFv06_freeDCtx(void*) { return 0; }
std::size_t ZBUFFv07_freeDCtx(void*) { return 0; }

std::size_t ZSTDv05_getFrameParams(void*, const void*, std::size_t) { return kUnknown; }
std::size_t ZSTDv06_getFrameParams(void*, const void*, std::size_t) { return kUnknown; }
std::size_t ZSTDv07_getFrameParams(void*, const void*, std::size_t) { return kUnknown; }

void ZSTDv05_findFrameSizeInfoLegacy(const void*, std::size_t, std::size_t* compressed,
                                     unsigned long long* bound) {
  isNone(compressed, bound);
}
void ZSTDv06_findFrameSizeInfoLegacy(const void*, std::size_t, std::size_t* compressed,
                                     unsigned long long* bound) {
  isNone(compressed, bound);
}
void ZSTDv07_findFrameSizeInfoLegacy(const void*, std::size_t, std::size_t* compressed,
                                     unsigned long long* bound) {
  isNone(compressed, bound);
}

std::size_t ZSTDv05_decompress_usingDict(void*, void*, std::size_t, const void*, std::size_t,
                                         const void*, std::size_t) {
  return kUnknown;
}
std::size_t ZSTDv06_decompress_usingDict(void*, void*, std::size_t, const void*, std::size_t,
                                         const void*, std::size_t) {
  return kUnknown;
}
std::size_t ZSTDv07_decompress_usingDict(void*, void*, std::size_t, const void*, std::size_t,
                                         const void*, std::size_t) {
  return kUnknown;
}

std::size_t ZBUFFv05_decompressInitDictionary(void*, const void*, std::size_t) { return kUnknown; }
std::size_t ZBUFFv06_decompressInitDictionary(void*, const void*, std::size_t) { return kUnknown; }
std::size_t ZBUFFv07_decompressInitDictionary(void*, const void*, std::size_t) { return kUnknown; }
std::size_t ZBUFFv05_decompressContinue(void*, void*, std::size_t*, const void*, std::size_t*) {
  return kUnknown;
}
std::size_t ZBUFFv06_decompressContinue(void*, void*, std::size_t*, const void*, std::size_t*) {
  return kUnknown;
}
std::size_t ZBUFFv07_decompressContinue(void*, void*, std::size_t*, const void*, std::size_t*) {
  return kUnknown;
}

}  // extern "C"
