// SPDX-License-Identifier: Apache-2.0
#include "processors/codec/codec.h"

#include <lzma.h>

namespace millrace::processors {

namespace {

constexpr std::uint64_t kMostMemory = 1ULL << 30;  // a stream that asks for more is refused

/// Both directions: liblzma has one call for them.
class LzmaCodec final : public Codec {
 public:
  explicit LzmaCodec(std::string_view name) : name_(name) {}
  ~LzmaCodec() override { lzma_end(&stream); }

  Result<> push(ByteView bytes, ContentWriter& out) override {
    stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    stream.avail_in = bytes.size();
    while (stream.avail_in > 0 && !ended_) MR_TRY(step(LZMA_RUN, out));
    return Done{};
  }
  Result<> finish(ContentWriter& out) override {
    stream.avail_in = 0;
    while (!ended_) MR_TRY(step(LZMA_FINISH, out));
    return Done{};
  }

  lzma_stream stream = LZMA_STREAM_INIT;

 private:
  Result<> step(lzma_action action, ContentWriter& out) {
    stream.next_out = reinterpret_cast<std::uint8_t*>(buffer_.data());
    stream.avail_out = buffer_.size();
    const lzma_ret code = lzma_code(&stream, action);
    if (code == LZMA_MEM_ERROR) return Error::environment("there is no memory for lzma");
    if (code == LZMA_MEMLIMIT_ERROR) {
      return Error::user("the content needs more than 1 GiB of memory to be decompressed");
    }
    if (code != LZMA_OK && code != LZMA_STREAM_END) return damagedStream(name_);
    MR_TRY(out.write(ByteView(buffer_).first(buffer_.size() - stream.avail_out)));
    ended_ = code == LZMA_STREAM_END;
    return Done{};
  }
  std::string_view name_;
  CodecBuffer buffer_;
  bool ended_ = false;
};

Result<std::unique_ptr<Codec>> opened(std::unique_ptr<LzmaCodec> codec, lzma_ret code) {
  if (code != LZMA_OK) return Error::environment("liblzma cannot be started");
  return std::unique_ptr<Codec>(std::move(codec));
}

std::string_view nameOf(CodecFormat format) { return format == CodecFormat::kXz ? "xz" : "lzma"; }

}  // namespace

Result<std::unique_ptr<Codec>> makeLzmaCompressor(CodecFormat format, int level) {
  auto codec = std::make_unique<LzmaCodec>(nameOf(format));
  if (format == CodecFormat::kXz) {
    const auto code =
        lzma_easy_encoder(&codec->stream, static_cast<std::uint32_t>(level), LZMA_CHECK_CRC64);
    return opened(std::move(codec), code);
  }
  lzma_options_lzma options;
  if (lzma_lzma_preset(&options, LZMA_PRESET_DEFAULT) != 0) return Error::bug("lzma has no preset");
  const auto code = lzma_alone_encoder(&codec->stream, &options);
  return opened(std::move(codec), code);
}

Result<std::unique_ptr<Codec>> makeLzmaDecompressor(CodecFormat format) {
  auto codec = std::make_unique<LzmaCodec>(nameOf(format));
  const auto code = format == CodecFormat::kXz
                        ? lzma_stream_decoder(&codec->stream, kMostMemory, LZMA_CONCATENATED)
                        : lzma_alone_decoder(&codec->stream, kMostMemory);
  return opened(std::move(codec), code);
}

}  // namespace millrace::processors
