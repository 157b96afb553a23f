// SPDX-License-Identifier: Apache-2.0
#pragma once
// What writer and reader of a snapshot file share. Grammar: SNAPSHOT_FORMAT.md in this folder.

#include "engine/base/bytes.h"
#include "engine/base/crc32c.h"
#include "engine/flowfile/flowfile.h"
#include "repositories/journal/frame.h"

#include <cstdint>

namespace millrace::repo {

struct SnapshotHead {
  StoreId store;
  Lsn lsn;  ///< the last commit that is in it
  bool operator==(const SnapshotHead&) const = default;
};

/// What one connection has in a snapshot.
struct SnapshotQueue {
  ConnectionId connection;
  std::uint64_t count = 0;  ///< FlowFiles
  std::uint64_t bytes = 0;  ///< of their content
  bool operator==(const SnapshotQueue&) const = default;
};

}  // namespace millrace::repo

namespace millrace::repo::snapshot_format {

constexpr std::string_view kMark = "MRSNAP\r\n";
constexpr std::string_view kEndMark = "MREN";
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kHeadBytes = 48;
constexpr std::size_t kBlockHeadBytes = 16;
constexpr std::size_t kEndBytes = 16;
constexpr std::uint64_t kMostRows = 4096;
constexpr std::size_t kFullBlock = 256 * 1024;  ///< bytes of payload that close a block

enum class Kind : std::uint8_t { kRows = 1, kState = 2, kSummary = 3, kLogEnds = 4 };
constexpr std::uint8_t kMayBeSkipped = 0x01;  ///< flag of a block whose kind a reader may not know
constexpr std::uint8_t kNoClaims =
    0x02;  ///< flag of a rows block: every content is empty or inline

struct BlockHead {
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;
  std::uint32_t count = 0;
  std::uint32_t length = 0;
  std::uint32_t crc = 0;
};

/// The bytes before the CRC, which covers them and the payload.
inline void putBlockHead(ByteWriter& into, const BlockHead& head) {
  into.u8(head.kind);
  into.u8(head.flags);
  into.u16(0);
  into.u32(head.count);
  into.u32(head.length);
}

}  // namespace millrace::repo::snapshot_format
