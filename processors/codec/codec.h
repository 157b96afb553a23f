// SPDX-License-Identifier: Apache-2.0
#pragma once
// Codec: compresses or decompresses a stream piece by piece, in memory that does not grow with it.
// Promise: a decompressor takes streams that follow each other as one, and refuses what is damaged
// or cut off with an Error of a user's fault; an Error of `out` is passed on as it is.
// Owner: the caller. Threads: one; push() may not be called after finish().

#include "engine/base/result.h"
#include "engine/processor/process_session.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace millrace::processors {

enum class CodecFormat : std::uint8_t {
  kGzip,
  kDeflate,  ///< zlib's framing, RFC 1950
  kBzip2,
  kXz,
  kLzma,
  kSnappy,        ///< the stream of snappy-java
  kSnappyFramed,  ///< the framing of Google's format description
  kLz4Framed,
  kZstd,
};

class Codec {
 public:
  virtual ~Codec() = default;
  virtual Result<> push(ByteView bytes, ContentWriter& out) = 0;
  /// Ends the stream; `out` is finished by its owner.
  virtual Result<> finish(ContentWriter& out) = 0;
};

/// `level` 0 to 9, as NiFi maps it: zstd takes twice the level; bzip2, lzma, snappy and lz4 have
/// one strength.
Result<std::unique_ptr<Codec>> makeCompressor(CodecFormat format, int level);
Result<std::unique_ptr<Codec>> makeDecompressor(CodecFormat format);

// Made by the two above, one file each.
Result<std::unique_ptr<Codec>> makeZlibCompressor(CodecFormat format, int level);
Result<std::unique_ptr<Codec>> makeZlibDecompressor(CodecFormat format);
Result<std::unique_ptr<Codec>> makeBzip2Compressor();
Result<std::unique_ptr<Codec>> makeBzip2Decompressor();
Result<std::unique_ptr<Codec>> makeLzmaCompressor(CodecFormat format, int level);
Result<std::unique_ptr<Codec>> makeLzmaDecompressor(CodecFormat format);
Result<std::unique_ptr<Codec>> makeLz4Compressor();
Result<std::unique_ptr<Codec>> makeLz4Decompressor();
Result<std::unique_ptr<Codec>> makeZstdCompressor(int level);
Result<std::unique_ptr<Codec>> makeZstdDecompressor();
Result<std::unique_ptr<Codec>> makeSnappyCompressor(CodecFormat format);
Result<std::unique_ptr<Codec>> makeSnappyDecompressor(CodecFormat format);

/// What the codecs produce before it goes on to the content.
using CodecBuffer = std::array<std::byte, 64 * 1024>;

inline Error damagedStream(std::string_view format) {
  return Error::user("the content is no undamaged " + std::string(format) + " stream");
}

}  // namespace millrace::processors
