// SPDX-License-Identifier: Apache-2.0
#include "engine/site_to_site/packet_reader.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace millrace::site_to_site {
namespace {

constexpr std::uint32_t kMostAttributes = 25'000;
constexpr std::uint64_t kMostAttributeBytes = 16ULL << 20U;
constexpr std::uint32_t kMostBlock = 1U << 20U;
constexpr std::size_t kPartBytes = 64 * 1024;

Error malformed(std::string_view what) {
  return Error::environment(fmt::format("what the other side sends is malformed: {}", what));
}

}  // namespace

Result<> PacketReader::readInto(FlowFileSink& sink) {
  MR_TRY(sink.begin(MR_TRY(readAttributes())));
  for (std::uint64_t left = MR_TRY(readLength()); left > 0;) {
    const ByteView part = MR_TRY(readPart(left));
    left -= part.size();
    MR_TRY(sink.write(part));
  }
  MR_TRY(finish());
  return sink.end();
}

/// A compressed packet's next block, out of its compression.
Result<> PacketReader::nextBlock() {
  if (!more_) return malformed("a packet ends too early");
  std::array<std::byte, 4> mark{};
  MR_TRY(peer_.read(mark));
  if (asText(mark) != "SYNC") return malformed("a block does not begin with SYNC");
  const std::uint32_t size = MR_TRY(peer_.readInt());
  const std::uint32_t packed = MR_TRY(peer_.readInt());
  if (size > kMostBlock || packed > ::compressBound(kMostBlock))
    return malformed(fmt::format("a block of {} bytes as {}", size, packed));
  std::string bytes(packed, '\0');
  MR_TRY(peer_.read(std::as_writable_bytes(std::span(bytes.data(), bytes.size()))));
  block_.assign(size, '\0');
  used_ = 0;
  uLongf length = size;
  // Of an empty block zlib needs a place to write to all the same.
  Bytef none = 0;
  Bytef* const into = size == 0 ? &none : reinterpret_cast<Bytef*>(block_.data());
  const int code = ::uncompress(into, &length, reinterpret_cast<const Bytef*>(bytes.data()),
                                static_cast<uLong>(bytes.size()));
  if (code != Z_OK || length != size) return malformed("a block that zlib cannot read");
  const std::uint8_t next = MR_TRY(peer_.readByte());
  if (next > 1) return malformed("a block ends with neither 0 nor 1");
  more_ = next == 1;
  return Done{};
}

Result<> PacketReader::read(std::span<std::byte> into) {
  if (compression_ == Compression::kNone) {
    MR_TRY(peer_.read(into));
  } else {
    for (std::span<std::byte> left = into; !left.empty();) {
      if (used_ == block_.size()) {
        MR_TRY(nextBlock());
        continue;
      }
      const std::size_t count = std::min(left.size(), block_.size() - used_);
      std::memcpy(left.data(), block_.data() + used_, count);
      used_ += count;
      left = left.subspan(count);
    }
  }
  checksum_ = static_cast<std::uint32_t>(
      ::crc32_z(checksum_, reinterpret_cast<const Bytef*>(into.data()), into.size()));
  return Done{};
}

Result<std::uint32_t> PacketReader::readInt() {
  std::array<std::byte, 4> bytes{};
  MR_TRY(read(bytes));
  std::uint32_t value = 0;
  for (const std::byte byte : bytes) value = value << 8U | static_cast<std::uint8_t>(byte);
  return value;
}

Result<std::string> PacketReader::readText(std::uint64_t& left) {
  const std::uint32_t size = MR_TRY(readInt());
  if (size > left) return malformed("its attributes are too large");
  left -= size;
  std::string text(size, '\0');
  MR_TRY(read(std::as_writable_bytes(std::span(text.data(), text.size()))));
  return text;
}

Result<AttributeTexts> PacketReader::readAttributes() {
  const std::uint32_t count = MR_TRY(readInt());
  if (count > kMostAttributes) return malformed(fmt::format("{} attributes", count));
  AttributeTexts attributes;
  std::uint64_t left = kMostAttributeBytes;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string key = MR_TRY(readText(left));
    attributes.emplace_back(std::move(key), MR_TRY(readText(left)));
  }
  return attributes;
}

Result<std::uint64_t> PacketReader::readLength() {
  std::uint64_t length = MR_TRY(readInt());
  length = length << 32U | MR_TRY(readInt());
  if (length > static_cast<std::uint64_t>(INT64_MAX)) return malformed("a negative length");
  return length;
}

/// At least one byte of the content; good until the next call.
Result<ByteView> PacketReader::readPart(std::uint64_t most) {
  part_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(most, kPartBytes)));
  MR_TRY(read(part_));
  return ByteView(part_);
}

Result<> PacketReader::finish() {
  if (compression_ == Compression::kNone) return Done{};
  // Nothing but empty blocks may follow.
  while (more_ && used_ == block_.size()) MR_TRY(nextBlock());
  if (used_ != block_.size()) return malformed("a packet is longer than it said");
  return Done{};
}

}  // namespace millrace::site_to_site
