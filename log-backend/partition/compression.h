// SPDX-License-Identifier: Apache-2.0
#pragma once
// Compression of the records of a batch: gzip, snappy, lz4 and zstd under Kafka's numbers.
//
// Promise: decompress() never yields more than `limit` bytes; damaged input is an error. Snappy is
// read bare and in xerial's blocks, and written in the latter, which every client reads.
// Threads: functions of their arguments alone.

#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace millrace::log {

enum class Codec : std::uint8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };

/// No batch may unfold to more than this.
constexpr std::size_t kMostDecompressed = 64U << 20U;

Result<std::vector<std::byte>> decompress(Codec codec, ByteView bytes,
                                          std::size_t limit = kMostDecompressed);
Result<std::vector<std::byte>> compress(Codec codec, ByteView bytes);

/// Kafka's clients of before 0.10 computed the checksum of an lz4 frame's header over too much:
/// writes the right one. What is no frame stays as it is.
void mendLz4Header(std::span<std::byte> frame);

}  // namespace millrace::log
