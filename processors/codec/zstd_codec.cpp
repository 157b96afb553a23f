// SPDX-License-Identifier: Apache-2.0
#include "processors/codec/codec.h"

#include <zstd.h>

namespace millrace::processors {

namespace {

struct ZstdDeleter {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class ZstdCompressor final : public Codec {
 public:
  bool open(int level) {
    context_.reset(ZSTD_createCCtx());
    return context_ != nullptr && ZSTD_isError(ZSTD_CCtx_setParameter(
                                      context_.get(), ZSTD_c_compressionLevel, level)) == 0;
  }
  Result<> push(ByteView bytes, ContentWriter& out) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (in.pos < in.size) (void)MR_TRY(step(in, ZSTD_e_continue, out));
    return Done{};
  }
  Result<> finish(ContentWriter& out) override {
    ZSTD_inBuffer in{nullptr, 0, 0};
    while (MR_TRY(step(in, ZSTD_e_end, out)) > 0) {
    }
    return Done{};
  }

 private:
  Result<std::size_t> step(ZSTD_inBuffer& in, ZSTD_EndDirective mode, ContentWriter& out) {
    ZSTD_outBuffer room{buffer_.data(), buffer_.size(), 0};
    const std::size_t left = ZSTD_compressStream2(context_.get(), &room, &in, mode);
    if (ZSTD_isError(left) != 0) return Error::environment("zstd cannot compress");
    MR_TRY(out.write(ByteView(buffer_).first(room.pos)));
    return left;
  }
  std::unique_ptr<ZSTD_CCtx, ZstdDeleter> context_;
  CodecBuffer buffer_;
};

class ZstdDecompressor final : public Codec {
 public:
  bool open() {
    context_.reset(ZSTD_createDCtx());
    return context_ != nullptr;
  }
  Result<> push(ByteView bytes, ContentWriter& out) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    bool mayHoldMore = true;
    while (in.pos < in.size || mayHoldMore) {
      ZSTD_outBuffer room{buffer_.data(), buffer_.size(), 0};
      const std::size_t before = in.pos;
      const std::size_t hint = ZSTD_decompressStream(context_.get(), &room, &in);
      if (ZSTD_isError(hint) != 0) return damagedStream("zstd");
      // Without progress the hint is that of a frame not begun.
      if (in.pos > before || room.pos > 0) needsMore_ = hint != 0;
      mayHoldMore = room.pos == room.size;
      MR_TRY(out.write(ByteView(buffer_).first(room.pos)));
    }
    return Done{};
  }
  Result<> finish(ContentWriter&) override {
    if (needsMore_) return damagedStream("zstd");
    return Done{};
  }

 private:
  std::unique_ptr<ZSTD_DCtx, ZstdDeleter> context_;
  CodecBuffer buffer_;
  bool needsMore_ = true;
};

}  // namespace

Result<std::unique_ptr<Codec>> makeZstdCompressor(int level) {
  auto codec = std::make_unique<ZstdCompressor>();
  if (!codec->open(level)) return Error::environment("zstd cannot be started");
  return std::unique_ptr<Codec>(std::move(codec));
}

Result<std::unique_ptr<Codec>> makeZstdDecompressor() {
  auto codec = std::make_unique<ZstdDecompressor>();
  if (!codec->open()) return Error::environment("zstd cannot be started");
  return std::unique_ptr<Codec>(std::move(codec));
}

}  // namespace millrace::processors
