// SPDX-License-Identifier: Apache-2.0
#include "processors/codec/codec.h"

#include <lz4frame.h>

#include <algorithm>
#include <vector>

namespace millrace::processors {

namespace {

class Lz4Compressor final : public Codec {
 public:
  ~Lz4Compressor() override { LZ4F_freeCompressionContext(context_); }
  bool open() {
    preferences_.frameInfo.blockSizeID = LZ4F_max4MB;
    preferences_.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    preferences_.frameInfo.blockMode = LZ4F_blockIndependent;
    if (LZ4F_isError(LZ4F_createCompressionContext(&context_, LZ4F_VERSION)) != 0) return false;
    room_.resize(LZ4F_compressBound(kStep, &preferences_));
    return true;
  }
  Result<> push(ByteView bytes, ContentWriter& out) override {
    MR_TRY(begin(out));
    while (!bytes.empty()) {
      const ByteView part = bytes.first(std::min(bytes.size(), kStep));
      MR_TRY(put(LZ4F_compressUpdate(context_, room_.data(), room_.size(), part.data(), part.size(),
                                     nullptr),
                 out));
      bytes = bytes.subspan(part.size());
    }
    return Done{};
  }
  Result<> finish(ContentWriter& out) override {
    MR_TRY(begin(out));
    return put(LZ4F_compressEnd(context_, room_.data(), room_.size(), nullptr), out);
  }

 private:
  static constexpr std::size_t kStep = 64 * 1024;
  Result<> begin(ContentWriter& out) {
    if (begun_) return Done{};
    begun_ = true;
    return put(LZ4F_compressBegin(context_, room_.data(), room_.size(), &preferences_), out);
  }
  Result<> put(std::size_t written, ContentWriter& out) {
    if (LZ4F_isError(written) != 0) return Error::environment("lz4 cannot compress");
    return out.write(ByteView(room_).first(written));
  }
  LZ4F_cctx* context_ = nullptr;  // owned; freed by the destructor
  LZ4F_preferences_t preferences_{};
  std::vector<std::byte> room_;
  bool begun_ = false;
};

class Lz4Decompressor final : public Codec {
 public:
  ~Lz4Decompressor() override { LZ4F_freeDecompressionContext(context_); }
  bool open() {
    return LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) == 0;
  }
  Result<> push(ByteView bytes, ContentWriter& out) override {
    bool mayHoldMore = false;
    while (!bytes.empty() || mayHoldMore) {
      std::size_t written = buffer_.size();
      std::size_t used = bytes.size();
      const std::size_t hint =
          LZ4F_decompress(context_, buffer_.data(), &written, bytes.data(), &used, nullptr);
      if (LZ4F_isError(hint) != 0) return damagedStream("lz4");
      if (used > 0 || written > 0) needsMore_ = hint != 0;
      MR_TRY(out.write(ByteView(buffer_).first(written)));
      bytes = bytes.subspan(used);
      mayHoldMore = written == buffer_.size();
    }
    return Done{};
  }
  Result<> finish(ContentWriter&) override {
    if (needsMore_) return damagedStream("lz4");
    return Done{};
  }

 private:
  LZ4F_dctx* context_ = nullptr;  // owned; freed by the destructor
  CodecBuffer buffer_;
  bool needsMore_ = true;
};

}  // namespace

Result<std::unique_ptr<Codec>> makeLz4Compressor() {
  auto codec = std::make_unique<Lz4Compressor>();
  if (!codec->open()) return Error::environment("lz4 cannot be started");
  return std::unique_ptr<Codec>(std::move(codec));
}

Result<std::unique_ptr<Codec>> makeLz4Decompressor() {
  auto codec = std::make_unique<Lz4Decompressor>();
  if (!codec->open()) return Error::environment("lz4 cannot be started");
  return std::unique_ptr<Codec>(std::move(codec));
}

}  // namespace millrace::processors
