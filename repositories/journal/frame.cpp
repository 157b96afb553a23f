// SPDX-License-Identifier: Apache-2.0
#include "repositories/journal/frame.h"

#include "engine/base/crc32c.h"

#include <algorithm>

namespace millrace::repo {
namespace {

constexpr std::uint32_t kFrameMark = 0x464a524dU;    // "MRJF"
constexpr std::uint32_t kSegmentMark = 0x534a524dU;  // "MRJS"
constexpr std::uint8_t kMoreFlag = 1;
constexpr std::size_t kCrcBegins = 8;  // after the mark and the CRC itself
constexpr std::size_t kSegmentHeaderUsed = 60;

}  // namespace

std::array<std::byte, kFrameHeaderBytes> encodeFrameHeader(const FrameHeader& header,
                                                           std::span<const ByteView> payload) {
  ByteWriter out;
  out.u32(kFrameMark);
  out.u32(0);
  out.u8(header.version);
  out.u8(header.more ? kMoreFlag : 0);
  out.u16(0);
  out.u32(header.length);
  out.u64(header.store.high);
  out.u64(header.store.low);
  out.u64(header.epoch);
  out.u64(header.first.raw());
  out.u64(header.last.raw());
  out.u64(header.durable.raw());
  out.u32(header.part);
  out.u32(0);
  std::uint32_t crc = crc32c(out.view().subspan(kCrcBegins));
  for (const ByteView part : payload) crc = crc32c(part, crc);
  out.patchU32(4, crc);
  std::array<std::byte, kFrameHeaderBytes> bytes{};
  std::copy(out.view().begin(), out.view().end(), bytes.begin());
  return bytes;
}

std::optional<FrameHeader> decodeFrameHeader(ByteView bytes) {
  ByteReader in(bytes);
  if (in.u32() != kFrameMark) return std::nullopt;
  FrameHeader header;
  header.crc = in.u32();
  header.version = in.u8();
  header.more = (in.u8() & kMoreFlag) != 0;
  in.u16();
  header.length = in.u32();
  header.store.high = in.u64();
  header.store.low = in.u64();
  header.epoch = in.u64();
  header.first = Lsn(in.u64());
  header.last = Lsn(in.u64());
  header.durable = Lsn(in.u64());
  header.part = in.u32();
  in.u32();
  if (in.failed()) return std::nullopt;
  return header;
}

bool crcHolds(ByteView headerBytes, const FrameHeader& header, ByteView payload) {
  const ByteView covered = headerBytes.first(kFrameHeaderBytes).subspan(kCrcBegins);
  return crc32c(payload, crc32c(covered)) == header.crc;
}

std::array<std::byte, kSegmentHeaderBytes> encodeSegmentHeader(const SegmentHeader& header) {
  ByteWriter out;
  out.u32(kSegmentMark);
  out.u32(0);
  out.u16(1);  // version
  out.u16(0);  // flags
  out.u64(header.store.high);
  out.u64(header.store.low);
  out.u64(header.epoch);
  out.u64(header.number);
  out.u64(header.first.raw());
  out.u64(header.continued.raw());
  out.patchU32(4, crc32c(out.view().subspan(kCrcBegins)));
  std::array<std::byte, kSegmentHeaderBytes> bytes{};
  std::copy(out.view().begin(), out.view().end(), bytes.begin());
  return bytes;
}

std::optional<SegmentHeader> decodeSegmentHeader(ByteView bytes) {
  ByteReader in(bytes);
  if (in.u32() != kSegmentMark) return std::nullopt;
  const std::uint32_t crc = in.u32();
  const std::uint16_t version = in.u16();
  in.u16();
  SegmentHeader header;
  header.store.high = in.u64();
  header.store.low = in.u64();
  header.epoch = in.u64();
  header.number = in.u64();
  header.first = Lsn(in.u64());
  header.continued = Lsn(in.u64());
  if (in.failed() || version != 1) return std::nullopt;
  if (crc32c(bytes.first(kSegmentHeaderUsed).subspan(kCrcBegins)) != crc) return std::nullopt;
  return header;
}

}  // namespace millrace::repo
