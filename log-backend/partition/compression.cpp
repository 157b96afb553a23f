// SPDX-License-Identifier: Apache-2.0
#include "log-backend/partition/compression.h"

#include "engine/base/big_endian.h"

#include <fmt/format.h>
#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>

namespace millrace::log {
namespace {

using Bytes = std::vector<std::byte>;

Error damaged(const char* codec) {
  return Error::user(fmt::format("the {} data is damaged, send the batch again", codec));
}
Error tooBig(std::size_t limit) {
  return Error::user(
      fmt::format("the records unfold to more than {} bytes, send smaller batches", limit));
}

const Bytef* asBytef(ByteView bytes) { return reinterpret_cast<const Bytef*>(bytes.data()); }
const char* asChars(ByteView bytes) { return reinterpret_cast<const char*>(bytes.data()); }

/// Grows an output buffer by steps, never beyond the limit.
class Growing {
 public:
  Growing(std::size_t input, std::size_t limit)
      : limit_(limit), bytes_(std::min(limit, std::max<std::size_t>(4096, input * 4))) {}
  /// False when the limit is reached.
  bool makeRoom() {
    if (used_ < bytes_.size()) return true;
    if (bytes_.size() >= limit_) return false;
    bytes_.resize(std::min(limit_, bytes_.size() * 2));
    return true;
  }
  std::byte* end() { return bytes_.data() + used_; }
  std::size_t room() const { return bytes_.size() - used_; }
  void took(std::size_t count) { used_ += count; }
  Bytes take() {
    bytes_.resize(used_);
    return std::move(bytes_);
  }

 private:
  std::size_t limit_;
  std::size_t used_ = 0;
  Bytes bytes_;
};

constexpr int kGzipWindow = 15 + 16;

Result<Bytes> gunzip(ByteView bytes, std::size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) return Error::environment("zlib has no memory");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> close(&stream, inflateEnd);
  stream.next_in = const_cast<Bytef*>(asBytef(bytes));
  stream.avail_in = static_cast<uInt>(bytes.size());
  Growing out(bytes.size(), limit);
  while (true) {
    if (!out.makeRoom()) return tooBig(limit);
    const std::size_t room = out.room();
    stream.next_out = reinterpret_cast<Bytef*>(out.end());
    stream.avail_out = static_cast<uInt>(room);
    const int code = inflate(&stream, Z_NO_FLUSH);
    out.took(room - stream.avail_out);
    if (code == Z_STREAM_END) {
      if (stream.avail_in == 0) return out.take();
      if (inflateReset(&stream) != Z_OK) return damaged("gzip");  // a further member
      continue;
    }
    if (code != Z_OK || (stream.avail_in == 0 && stream.avail_out != 0)) return damaged("gzip");
  }
}

Result<Bytes> gzip(ByteView bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    return Error::environment("zlib has no memory");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> close(&stream, deflateEnd);
  Bytes out(deflateBound(&stream, static_cast<uLong>(bytes.size())));
  stream.next_in = const_cast<Bytef*>(asBytef(bytes));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return Error::bug("zlib did not finish");
  out.resize(stream.total_out);
  return out;
}

// xerial: magic, version i32, lowest compatible version i32, then blocks of i32 length + snappy.
constexpr std::array<unsigned char, 8> kXerialMagic{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
constexpr std::size_t kXerialHeader = 16;
constexpr std::size_t kXerialBlock = 32U << 10U;

Result<> unsnap(ByteView block, std::size_t limit, Bytes& out) {
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(asChars(block), block.size(), &size)) return damaged("snappy");
  if (size > limit - out.size()) return tooBig(limit);
  const std::size_t before = out.size();
  out.resize(before + size);
  if (!snappy::RawUncompress(asChars(block), block.size(),
                             reinterpret_cast<char*>(out.data() + before)))
    return damaged("snappy");
  return Done{};
}

Result<Bytes> unsnappy(ByteView bytes, std::size_t limit) {
  Bytes out;
  const bool xerial = bytes.size() >= kXerialHeader &&
                      std::memcmp(bytes.data(), kXerialMagic.data(), kXerialMagic.size()) == 0;
  if (!xerial) {
    MR_TRY(unsnap(bytes, limit, out));
    return out;
  }
  bytes = bytes.subspan(kXerialHeader);
  while (!bytes.empty()) {
    if (bytes.size() < 4) return damaged("snappy");
    const auto size = readBig<std::uint32_t>(bytes.data());
    if (size > bytes.size() - 4) return damaged("snappy");
    MR_TRY(unsnap(bytes.subspan(4, size), limit, out));
    bytes = bytes.subspan(4 + size);
  }
  return out;
}

Bytes snap(ByteView bytes) {
  Bytes out(kXerialHeader);
  std::memcpy(out.data(), kXerialMagic.data(), kXerialMagic.size());
  writeBig(out.data() + 8, std::int32_t{1});
  writeBig(out.data() + 12, std::int32_t{1});
  while (!bytes.empty()) {
    const ByteView block = bytes.first(std::min(kXerialBlock, bytes.size()));
    const std::size_t before = out.size();
    out.resize(before + 4 + snappy::MaxCompressedLength(block.size()));
    std::size_t size = 0;
    snappy::RawCompress(asChars(block), block.size(),
                        reinterpret_cast<char*>(out.data() + before + 4), &size);
    writeBig(out.data() + before, static_cast<std::uint32_t>(size));
    out.resize(before + 4 + size);
    bytes = bytes.subspan(block.size());
  }
  return out;
}

Result<Bytes> unlz4(ByteView bytes, std::size_t limit) {
  LZ4F_dctx* context = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) != 0)
    return Error::environment("lz4 has no memory");
  const std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> close(
      context, LZ4F_freeDecompressionContext);
  Growing out(bytes.size(), limit);
  while (true) {
    if (!out.makeRoom()) return tooBig(limit);
    std::size_t room = out.room();
    std::size_t taken = bytes.size();
    const std::size_t more =
        LZ4F_decompress(context, out.end(), &room, bytes.data(), &taken, nullptr);
    if (LZ4F_isError(more) != 0) return damaged("lz4");
    out.took(room);
    bytes = bytes.subspan(taken);
    if (more == 0 && bytes.empty()) return out.take();
    if (taken == 0 && room == 0 && bytes.empty()) return damaged("lz4");
  }
}

Result<Bytes> lz4(ByteView bytes) {
  LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;  // the Java client reads no other
  Bytes out(LZ4F_compressFrameBound(bytes.size(), &preferences));
  const std::size_t size =
      LZ4F_compressFrame(out.data(), out.size(), bytes.data(), bytes.size(), &preferences);
  if (LZ4F_isError(size) != 0) return Error::bug("lz4 did not finish");
  out.resize(size);
  return out;
}

Result<Bytes> unzstd(ByteView bytes, std::size_t limit) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                        ZSTD_freeDCtx);
  if (context == nullptr) return Error::environment("zstd has no memory");
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  Growing out(bytes.size(), limit);
  while (true) {
    if (!out.makeRoom()) return tooBig(limit);
    ZSTD_outBuffer part{out.end(), out.room(), 0};
    const std::size_t before = in.pos;
    const std::size_t more = ZSTD_decompressStream(context.get(), &part, &in);
    if (ZSTD_isError(more) != 0) return damaged("zstd");
    out.took(part.pos);
    if (more == 0 && in.pos == in.size) return out.take();
    if (in.pos == before && part.pos == 0 && in.pos == in.size) return damaged("zstd");
  }
}

Result<Bytes> zstd(ByteView bytes) {
  Bytes out(ZSTD_compressBound(bytes.size()));
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(size) != 0) return Error::bug("zstd did not finish");
  out.resize(size);
  return out;
}

}  // namespace

Result<Bytes> decompress(Codec codec, ByteView bytes, std::size_t limit) {
  switch (codec) {
    case Codec::kNone:
      return Bytes(bytes.begin(), bytes.end());
    case Codec::kGzip:
      return gunzip(bytes, limit);
    case Codec::kSnappy:
      return unsnappy(bytes, limit);
    case Codec::kLz4:
      return unlz4(bytes, limit);
    case Codec::kZstd:
      return unzstd(bytes, limit);
  }
  return Error::user(fmt::format("there is no codec {}", static_cast<int>(codec)));
}

void mendLz4Header(std::span<std::byte> frame) {
  // Magic number (4), flags, block size; with the flag of a content size eight bytes of it; then
  // the checksum, one byte. lz4 computes it for itself alone: one of 256 is what it takes.
  constexpr std::size_t kFlagsAt = 4;
  constexpr std::byte kHasSize{0x08};
  constexpr int kChecksums = 256;
  if (frame.size() <= kFlagsAt) return;
  const std::size_t at = (frame[kFlagsAt] & kHasSize) == std::byte{} ? 6 : 14;
  if (frame.size() <= at) return;
  LZ4F_dctx* context = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) != 0) return;
  const std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> close(
      context, LZ4F_freeDecompressionContext);
  const std::byte given = frame[at];
  for (int tried = 0; tried < kChecksums; ++tried) {
    frame[at] = static_cast<std::byte>(tried);
    LZ4F_frameInfo_t info = LZ4F_INIT_FRAMEINFO;
    std::size_t taken = frame.size();
    LZ4F_resetDecompressionContext(context);
    if (LZ4F_isError(LZ4F_getFrameInfo(context, &info, frame.data(), &taken)) == 0) return;
  }
  frame[at] = given;
}

Result<Bytes> compress(Codec codec, ByteView bytes) {
  switch (codec) {
    case Codec::kNone:
      return Bytes(bytes.begin(), bytes.end());
    case Codec::kGzip:
      return gzip(bytes);
    case Codec::kSnappy:
      return snap(bytes);
    case Codec::kLz4:
      return lz4(bytes);
    case Codec::kZstd:
      return zstd(bytes);
  }
  return Error::user(fmt::format("there is no codec {}", static_cast<int>(codec)));
}

}  // namespace millrace::log
