// SPDX-License-Identifier: Apache-2.0
#include "engine/site_to_site/packet_stream.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>

namespace millrace::site_to_site {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::size_t kMostAttributes = 25'000;  // what a peer reads of one FlowFile

std::uint32_t checksumOf(std::uint32_t before, ByteView bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace

Result<> PacketStream::write(ByteView bytes) {
  checksum_ = checksumOf(checksum_, bytes);
  if (compression_ == Compression::kNone) return peer_.write(bytes);
  while (!bytes.empty()) {
    const ByteView part = bytes.first(std::min(bytes.size(), kBlockBytes - block_.size()));
    block_.append(asText(part));
    bytes = bytes.subspan(part.size());
    if (block_.size() == kBlockBytes) MR_TRY(writeBlock());
  }
  return Done{};
}

Result<> PacketStream::writeInt(std::uint32_t value) {
  std::array<std::byte, 4> bytes{};
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = std::byte(value >> (24 - 8 * i) & 0xFFU);
  return write(bytes);
}

Result<> PacketStream::writeBlock() {
  uLongf size = ::compressBound(static_cast<uLong>(block_.size()));
  std::string packed(size, '\0');
  const int code = ::compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                               reinterpret_cast<const Bytef*>(block_.data()),
                               static_cast<uLong>(block_.size()), Z_BEST_SPEED);
  if (code != Z_OK) return Error::environment("a block could not be compressed");
  packed.resize(size);
  if (!first_) MR_TRY(peer_.writeByte(1));
  first_ = false;
  MR_TRY(peer_.write(asBytes("SYNC")));
  MR_TRY(peer_.writeInt(static_cast<std::uint32_t>(block_.size())));
  MR_TRY(peer_.writeInt(static_cast<std::uint32_t>(packed.size())));
  block_.clear();
  return peer_.write(asBytes(packed));
}

Result<> PacketStream::finish() {
  if (compression_ == Compression::kNone) return Done{};
  if (!block_.empty()) MR_TRY(writeBlock());
  return peer_.writeByte(0);
}

Result<> PacketStream::writeFlowFile(const AttributeList& attributes, std::uint64_t size,
                                     const std::function<Result<ByteView>()>& next) {
  if (attributes.size() > kMostAttributes)
    return Error::user(fmt::format("{} attributes are more than a peer takes ({}); remove some",
                                   attributes.size(), kMostAttributes));
  MR_TRY(writeInt(static_cast<std::uint32_t>(attributes.size())));
  for (const auto& [key, value] : attributes) {
    for (const std::string_view text : {key, value}) {
      MR_TRY(writeInt(static_cast<std::uint32_t>(text.size())));
      MR_TRY(write(asBytes(text)));
    }
  }
  MR_TRY(writeInt(static_cast<std::uint32_t>(size >> 32U)));
  MR_TRY(writeInt(static_cast<std::uint32_t>(size)));
  std::uint64_t written = 0;
  for (;;) {
    const ByteView part = MR_TRY(next());
    if (part.empty()) break;
    written += part.size();
    MR_TRY(write(part));
  }
  MR_ASSERT(written == size);  // the other side would take what follows for content
  return finish();
}

Result<> PacketStream::writeFlowFile(OutgoingTransaction& transaction) {
  AttributeList attributes;
  for (const auto& [key, value] : transaction.attributes()) attributes.emplace_back(key, value);
  return writeFlowFile(attributes, transaction.size(), [&] { return transaction.read(); });
}

}  // namespace millrace::site_to_site
