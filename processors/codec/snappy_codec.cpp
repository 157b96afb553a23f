// SPDX-License-Identifier: Apache-2.0
// Two ways to put snappy's blocks into a stream.
//   framed: chunk = type u8, length u24 LE, body; the stream begins with FF 06 00 00 "sNaPpY";
//     00 compressed and 01 plain bodies begin with the masked CRC32C of up to 64 KiB; 80..FE
//     skipped
//   snappy-java: 82 "SNAPPY" 00, version u32 BE, least compatible version u32 BE, then blocks:
//     length u32 BE, snappy's bytes of up to 32 KiB
#include "engine/base/crc32c.h"
#include "processors/codec/codec.h"

#include <snappy.h>

#include <algorithm>
#include <string>

namespace millrace::processors {

namespace {

constexpr std::string_view kFramedStart("\xFF\x06\x00\x00sNaPpY", 10);
constexpr std::string_view kJavaStart("\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01", 16);
constexpr std::size_t kFramedBlock = 64 * 1024;
constexpr std::size_t kJavaBlock = 32 * 1024;
constexpr std::size_t kMostBlock = 64 * 1024 * 1024;

std::uint32_t maskedCrc(std::string_view text) {
  const std::uint32_t crc = crc32c(asBytes(text));
  return ((crc >> 15U) | (crc << 17U)) + 0xA282EAD8U;
}

void appendLittle(std::uint32_t number, int bytes, std::string& out) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>((number >> (8 * i)) & 0xFFU));
}
void appendBig(std::uint32_t number, std::string& out) {
  for (int i = 3; i >= 0; --i) out.push_back(static_cast<char>((number >> (8 * i)) & 0xFFU));
}
std::uint32_t little(std::string_view bytes) {
  std::uint32_t number = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    number = (number << 8U) | static_cast<unsigned char>(bytes[i - 1]);
  }
  return number;
}
std::uint32_t big(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char c : bytes) number = (number << 8U) | static_cast<unsigned char>(c);
  return number;
}

class SnappyCompressor final : public Codec {
 public:
  explicit SnappyCompressor(CodecFormat format)
      : isFramed_(format == CodecFormat::kSnappyFramed),
        block_(isFramed_ ? kFramedBlock : kJavaBlock) {}
  Result<> push(ByteView bytes, ContentWriter& out) override {
    pending_ += asText(bytes);
    std::size_t from = 0;
    for (; pending_.size() - from >= block_; from += block_) {
      MR_TRY(put(std::string_view(pending_).substr(from, block_), out));
    }
    pending_.erase(0, from);
    return Done{};
  }
  Result<> finish(ContentWriter& out) override {
    MR_TRY(begin(out));
    if (pending_.empty()) return Done{};
    return put(pending_, out);
  }

 private:
  Result<> begin(ContentWriter& out) {
    if (begun_) return Done{};
    begun_ = true;
    return out.write(isFramed_ ? kFramedStart : kJavaStart);
  }
  Result<> put(std::string_view plain, ContentWriter& out) {
    MR_TRY(begin(out));
    snappy::Compress(plain.data(), plain.size(), &compressed_);
    std::string head;
    if (!isFramed_) {
      appendBig(static_cast<std::uint32_t>(compressed_.size()), head);
    } else {
      const bool helps = compressed_.size() < plain.size() - plain.size() / 8;
      if (!helps) compressed_.assign(plain);
      head.push_back(helps ? '\0' : '\1');
      appendLittle(static_cast<std::uint32_t>(compressed_.size() + 4), 3, head);
      appendLittle(maskedCrc(plain), 4, head);
    }
    MR_TRY(out.write(head));
    return out.write(compressed_);
  }
  bool isFramed_;
  std::size_t block_;
  std::string pending_;
  std::string compressed_;
  bool begun_ = false;
};

class SnappyDecompressor final : public Codec {
 public:
  explicit SnappyDecompressor(CodecFormat format)
      : isFramed_(format == CodecFormat::kSnappyFramed) {}
  Result<> push(ByteView bytes, ContentWriter& out) override {
    pending_ += asText(bytes);
    std::size_t from = 0;
    while (true) {
      const std::string_view rest = std::string_view(pending_).substr(from);
      const std::size_t used = MR_TRY(isFramed_ ? framed(rest, out) : java(rest, out));
      if (used == 0) break;
      from += used;
    }
    pending_.erase(0, from);
    return Done{};
  }
  Result<> finish(ContentWriter&) override {
    if (!begun_ || !pending_.empty()) return damagedStream("snappy");
    return Done{};
  }

 private:
  /// Both take one chunk and say how long it was; 0 when it is not all there yet.
  Result<std::size_t> framed(std::string_view rest, ContentWriter& out) {
    if (rest.size() < 4) return std::size_t{0};
    const auto type = static_cast<unsigned char>(rest[0]);
    const std::size_t length = little(rest.substr(1, 3));
    if (!begun_ && type != 0xFF) return damagedStream("snappy framed");
    if (rest.size() < 4 + length) return std::size_t{0};
    const std::string_view body = rest.substr(4, length);
    if (type == 0xFF) {
      if (rest.substr(0, 4 + length) != kFramedStart) return damagedStream("snappy framed");
      begun_ = true;
    } else if (type <= 1) {
      if (length < 4) return damagedStream("snappy framed");
      const std::string_view bytes = body.substr(4);
      std::size_t plain = bytes.size();
      if (type == 0 && !snappy::GetUncompressedLength(bytes.data(), bytes.size(), &plain)) {
        return damagedStream("snappy framed");
      }
      if (plain > kFramedBlock) return damagedStream("snappy framed");
      if (type == 1) {
        plain_.assign(bytes);
      } else if (!snappy::Uncompress(bytes.data(), bytes.size(), &plain_)) {
        return damagedStream("snappy framed");
      }
      if (maskedCrc(plain_) != little(body.substr(0, 4))) return damagedStream("snappy framed");
      MR_TRY(out.write(plain_));
    } else if (type < 0x80) {
      return damagedStream("snappy framed");
    }
    return 4 + length;
  }
  Result<std::size_t> java(std::string_view rest, ContentWriter& out) {
    constexpr std::string_view kMagic = kJavaStart.substr(0, 8);
    if (!begun_ || rest.starts_with(kMagic.substr(0, 4))) {  // streams may follow each other
      if (rest.size() < kJavaStart.size()) return std::size_t{0};
      if (!rest.starts_with(kMagic)) return damagedStream("snappy");
      begun_ = true;
      return kJavaStart.size();
    }
    if (rest.size() < 4) return std::size_t{0};
    const std::size_t length = big(rest.substr(0, 4));
    if (length > kMostBlock) return damagedStream("snappy");
    if (rest.size() < 4 + length) return std::size_t{0};
    const std::string_view bytes = rest.substr(4, length);
    std::size_t plain = 0;
    if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &plain) || plain > kMostBlock ||
        !snappy::Uncompress(bytes.data(), bytes.size(), &plain_)) {
      return damagedStream("snappy");
    }
    MR_TRY(out.write(plain_));
    return 4 + length;
  }
  bool isFramed_;
  bool begun_ = false;
  std::string pending_;
  std::string plain_;
};

}  // namespace

Result<std::unique_ptr<Codec>> makeSnappyCompressor(CodecFormat format) {
  return std::unique_ptr<Codec>(std::make_unique<SnappyCompressor>(format));
}

Result<std::unique_ptr<Codec>> makeSnappyDecompressor(CodecFormat format) {
  return std::unique_ptr<Codec>(std::make_unique<SnappyDecompressor>(format));
}

}  // namespace millrace::processors
