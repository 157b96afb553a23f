// SPDX-License-Identifier: Apache-2.0
#include "processors/codec/codec.h"

#include <bzlib.h>

namespace millrace::processors {

namespace {

char* input(ByteView bytes) {
  return const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
}

class Bzip2Compressor final : public Codec {
 public:
  ~Bzip2Compressor() override { BZ2_bzCompressEnd(&stream_); }
  int open() {
    constexpr int kBlocksOf100k = 9;
    return BZ2_bzCompressInit(&stream_, kBlocksOf100k, 0, 0);
  }
  Result<> push(ByteView bytes, ContentWriter& out) override {
    stream_.next_in = input(bytes);
    stream_.avail_in = static_cast<unsigned>(bytes.size());
    while (stream_.avail_in > 0) (void)MR_TRY(step(BZ_RUN, out));
    return Done{};
  }
  Result<> finish(ContentWriter& out) override {
    stream_.avail_in = 0;
    while (MR_TRY(step(BZ_FINISH, out)) != BZ_STREAM_END) {
    }
    return Done{};
  }

 private:
  Result<int> step(int action, ContentWriter& out) {
    stream_.next_out = reinterpret_cast<char*>(buffer_.data());
    stream_.avail_out = static_cast<unsigned>(buffer_.size());
    const int code = BZ2_bzCompress(&stream_, action);
    if (code < 0) return Error::bug("bzip2 cannot compress");
    MR_TRY(out.write(ByteView(buffer_).first(buffer_.size() - stream_.avail_out)));
    return code;
  }
  bz_stream stream_{};
  CodecBuffer buffer_;
};

class Bzip2Decompressor final : public Codec {
 public:
  ~Bzip2Decompressor() override { BZ2_bzDecompressEnd(&stream_); }
  int open() { return BZ2_bzDecompressInit(&stream_, 0, 0); }
  Result<> push(ByteView bytes, ContentWriter& out) override {
    stream_.next_in = input(bytes);
    stream_.avail_in = static_cast<unsigned>(bytes.size());
    do {
      if (ended_) {
        if (stream_.avail_in == 0) return Done{};
        MR_TRY(startAgain());
      }
      stream_.next_out = reinterpret_cast<char*>(buffer_.data());
      stream_.avail_out = static_cast<unsigned>(buffer_.size());
      const int code = BZ2_bzDecompress(&stream_);
      if (code != BZ_OK && code != BZ_STREAM_END) return damagedStream("bzip2");
      MR_TRY(out.write(ByteView(buffer_).first(buffer_.size() - stream_.avail_out)));
      ended_ = code == BZ_STREAM_END;
    } while (stream_.avail_in > 0 || (stream_.avail_out == 0 && !ended_));
    return Done{};
  }
  Result<> finish(ContentWriter&) override {
    if (!ended_) return damagedStream("bzip2");
    return Done{};
  }

 private:
  Result<> startAgain() {
    char* const next = stream_.next_in;
    const unsigned available = stream_.avail_in;
    BZ2_bzDecompressEnd(&stream_);
    stream_ = {};
    if (open() != BZ_OK) return Error::environment("bzip2 cannot be started");
    stream_.next_in = next;
    stream_.avail_in = available;
    ended_ = false;
    return Done{};
  }
  bz_stream stream_{};
  CodecBuffer buffer_;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<Codec>> makeBzip2Compressor() {
  auto codec = std::make_unique<Bzip2Compressor>();
  if (codec->open() != BZ_OK) return Error::environment("bzip2 cannot be started");
  return std::unique_ptr<Codec>(std::move(codec));
}

Result<std::unique_ptr<Codec>> makeBzip2Decompressor() {
  auto codec = std::make_unique<Bzip2Decompressor>();
  if (codec->open() != BZ_OK) return Error::environment("bzip2 cannot be started");
  return std::unique_ptr<Codec>(std::move(codec));
}

}  // namespace millrace::processors
