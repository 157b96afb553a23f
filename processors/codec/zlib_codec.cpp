// SPDX-License-Identifier: Apache-2.0
#include "processors/codec/codec.h"

#include <zlib.h>

namespace millrace::processors {

namespace {

constexpr int kGzipFraming = 16;  // added to the window bits

z_const Bytef* input(ByteView bytes) {
  return const_cast<z_const Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

int windowBits(CodecFormat format) {
  return format == CodecFormat::kGzip ? MAX_WBITS + kGzipFraming : MAX_WBITS;
}

class ZlibCompressor final : public Codec {
 public:
  ~ZlibCompressor() override { deflateEnd(&stream_); }
  int open(CodecFormat format, int level) {
    constexpr int kMemoryLevel = 8;
    return deflateInit2(&stream_, level, Z_DEFLATED, windowBits(format), kMemoryLevel,
                        Z_DEFAULT_STRATEGY);
  }
  Result<> push(ByteView bytes, ContentWriter& out) override {
    stream_.next_in = input(bytes);
    stream_.avail_in = static_cast<uInt>(bytes.size());
    return run(Z_NO_FLUSH, out);
  }
  Result<> finish(ContentWriter& out) override {
    stream_.avail_in = 0;
    return run(Z_FINISH, out);
  }

 private:
  Result<> run(int flush, ContentWriter& out) {
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      if (deflate(&stream_, flush) == Z_STREAM_ERROR) return Error::bug("zlib cannot compress");
      MR_TRY(out.write(ByteView(buffer_).first(buffer_.size() - stream_.avail_out)));
    } while (stream_.avail_out == 0);
    return Done{};
  }
  z_stream stream_{};
  CodecBuffer buffer_;
};

class ZlibDecompressor final : public Codec {
 public:
  ~ZlibDecompressor() override { inflateEnd(&stream_); }
  int open(CodecFormat format) {
    isGzip_ = format == CodecFormat::kGzip;
    return inflateInit2(&stream_, windowBits(format));
  }
  Result<> push(ByteView bytes, ContentWriter& out) override {
    stream_.next_in = input(bytes);
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      if (ended_) {
        if (!isGzip_) return Done{};  // what follows the stream is none of ours
        if (stream_.avail_in == 0) return Done{};
        inflateReset(&stream_);
        ended_ = false;
      }
      stream_.next_out = reinterpret_cast<Bytef*>(buffer_.data());
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) return damaged();
      MR_TRY(out.write(ByteView(buffer_).first(buffer_.size() - stream_.avail_out)));
      ended_ = code == Z_STREAM_END;
    } while (stream_.avail_in > 0 || (stream_.avail_out == 0 && !ended_));
    return Done{};
  }
  Result<> finish(ContentWriter&) override {
    if (!ended_) return damaged();
    return Done{};
  }

 private:
  Error damaged() const { return damagedStream(isGzip_ ? "gzip" : "deflate"); }
  z_stream stream_{};
  CodecBuffer buffer_;
  bool isGzip_ = true;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<Codec>> makeZlibCompressor(CodecFormat format, int level) {
  auto codec = std::make_unique<ZlibCompressor>();
  if (codec->open(format, level) != Z_OK) return Error::environment("zlib cannot be started");
  return std::unique_ptr<Codec>(std::move(codec));
}

Result<std::unique_ptr<Codec>> makeZlibDecompressor(CodecFormat format) {
  auto codec = std::make_unique<ZlibDecompressor>();
  if (codec->open(format) != Z_OK) return Error::environment("zlib cannot be started");
  return std::unique_ptr<Codec>(std::move(codec));
}

}  // namespace millrace::processors
