// SPDX-License-Identifier: Apache-2.0
#include "processors/codec/codec.h"

namespace millrace::processors {

Result<std::unique_ptr<Codec>> makeCompressor(CodecFormat format, int level) {
  switch (format) {
    case CodecFormat::kGzip:
    case CodecFormat::kDeflate:
      return makeZlibCompressor(format, level);
    case CodecFormat::kBzip2:
      return makeBzip2Compressor();
    case CodecFormat::kXz:
    case CodecFormat::kLzma:
      return makeLzmaCompressor(format, level);
    case CodecFormat::kSnappy:
    case CodecFormat::kSnappyFramed:
      return makeSnappyCompressor(format);
    case CodecFormat::kLz4Framed:
      return makeLz4Compressor();
    case CodecFormat::kZstd:
      break;
  }
  return makeZstdCompressor(level * 2);
}

Result<std::unique_ptr<Codec>> makeDecompressor(CodecFormat format) {
  switch (format) {
    case CodecFormat::kGzip:
    case CodecFormat::kDeflate:
      return makeZlibDecompressor(format);
    case CodecFormat::kBzip2:
      return makeBzip2Decompressor();
    case CodecFormat::kXz:
    case CodecFormat::kLzma:
      return makeLzmaDecompressor(format);
    case CodecFormat::kSnappy:
    case CodecFormat::kSnappyFramed:
      return makeSnappyDecompressor(format);
    case CodecFormat::kLz4Framed:
      return makeLz4Decompressor();
    case CodecFormat::kZstd:
      break;
  }
  return makeZstdDecompressor();
}

}  // namespace millrace::processors
