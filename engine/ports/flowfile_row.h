// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the writers and readers of FlowFile rows share: entry kinds, flags and the encoding of a
// stored content. Grammar: FORMAT.md in this folder.

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/flowfile/flowfile.h"

#include <cstdint>

namespace millrace::flowfile_row {

constexpr std::uint8_t kRecordVersion = 1;
constexpr std::uint8_t kRecordVersionWithLog = 2;  ///< appends to the log follow
constexpr std::size_t kMostKeys = 64;  ///< attribute names that one record gives a number

enum class Entry : std::uint8_t { kSame = 0, kChanged = 1, kCreated = 2 };

constexpr std::uint8_t kContentKindMask = 0x03;
constexpr std::uint8_t kDefaultFilename = 0x04;
constexpr std::uint8_t kOwnUuid = 0x08;
constexpr std::uint8_t kSameAttributes = 0x10;  ///< kCreated: those of the created entry before
constexpr std::uint8_t kSameContent = 0x20;     ///< kChanged: the content did not change
constexpr std::uint8_t kDelta = 0x40;           ///< kChanged: only the attributes that differ
constexpr std::uint8_t kSameDelta = 0x80;       ///< kChanged: those of the delta before

inline std::uint8_t flagsOf(const FlowFile& file) {
  auto flags = static_cast<std::uint8_t>(file.content.kind);
  if (file.defaultFilename) flags |= kDefaultFilename;
  if (file.ownUuid) flags |= kOwnUuid;
  return flags;
}

/// Times in a record may be anything, so their differences wrap.
inline std::int64_t minus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
inline std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

inline void putClaim(ByteWriter& into, const Content& content) {
  into.varint(content.claim.segment);
  into.varint(content.claim.offset);
  into.varint(content.claim.length);
  into.u32(content.claim.crc);
  into.varint(content.offset);
}

/// Reads a stored content whose length is known; its range must lie inside its claim.
inline bool getClaim(ByteReader& from, Content& content) {
  content.claim.segment = from.varint();
  content.claim.offset = from.varint();
  content.claim.length = from.varint();
  content.claim.crc = from.u32();
  content.offset = from.varint();
  return !from.failed() && content.length <= content.claim.length &&
         content.offset <= content.claim.length - content.length;
}

}  // namespace millrace::flowfile_row
