// SPDX-License-Identifier: Apache-2.0
#pragma once
// Frames: how groups stand in the journal's segments. Grammar: FORMAT.md, "segment" and "frame".
//
// Pure encoding: no file is touched here.

#include "engine/base/bytes.h"
#include "engine/commit/commit.h"

#include <array>
#include <optional>

namespace millrace::repo {

/// The random name of a store; it stands in every frame.
struct StoreId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  auto operator<=>(const StoreId&) const = default;
};

/// Frames begin at multiples of this, so that a sector that is durable is never written again.
constexpr std::uint64_t kFrameAlignment = 512;
constexpr std::uint64_t kFrameHeaderBytes = 72;
constexpr std::uint64_t kSegmentHeaderBytes = kFrameAlignment;

constexpr std::uint64_t alignedUp(std::uint64_t offset) {
  return (offset + kFrameAlignment - 1) / kFrameAlignment * kFrameAlignment;
}

struct FrameHeader {
  StoreId store;
  std::uint64_t epoch = 0;
  Lsn first;
  Lsn last;
  Lsn durable;               ///< on the medium when the frame was written
  std::uint32_t length = 0;  ///< of the bytes after the header
  std::uint32_t part = 0;    ///< of a group that takes several frames
  bool more = false;         ///< the group counts only with the frames that follow
  std::uint8_t version = 1;
  std::uint32_t crc = 0;
};

std::array<std::byte, kFrameHeaderBytes> encodeFrameHeader(const FrameHeader& header,
                                                           std::span<const ByteView> payload);
/// Nothing when the bytes do not begin with a frame's mark.
std::optional<FrameHeader> decodeFrameHeader(ByteView bytes);
bool crcHolds(ByteView headerBytes, const FrameHeader& header, ByteView payload);

struct SegmentHeader {
  StoreId store;
  std::uint64_t epoch = 0;
  std::uint64_t number = 0;
  Lsn first;      ///< of the first group that begins here or later
  Lsn continued;  ///< first LSN of the group that goes on here from the segment before; 0: none
};

std::array<std::byte, kSegmentHeaderBytes> encodeSegmentHeader(const SegmentHeader& header);
/// Nothing when the bytes are no whole header.
std::optional<SegmentHeader> decodeSegmentHeader(ByteView bytes);

}  // namespace millrace::repo
