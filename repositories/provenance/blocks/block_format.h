// SPDX-License-Identifier: Apache-2.0
#pragma once
// Provenance blocks: the commits of a range of LSNs, compressed, with the FlowFiles that they took
// from before the range, so that a block stands alone. Grammar: FORMAT.md in this folder.
//
// Pure encoding: no file is touched here.

#include "engine/ports/commit_record.h"
#include "repositories/journal/frame.h"

#include <optional>
#include <vector>

namespace millrace::repo {

constexpr std::uint64_t kProvenanceHeaderBytes = 64;  ///< of a file
constexpr std::uint64_t kBlockHeaderBytes = 96;

/// What a block holds, for finding it: it may name more than there is, never less.
struct BlockSummary {
  struct Ids {
    std::uint64_t first = 0;
    std::uint64_t last = 0;  ///< inclusive
    auto operator<=>(const Ids&) const = default;
  };
  Lsn first;
  Lsn last;
  Millis firstTime = 0;
  Millis lastTime = 0;
  std::uint32_t types = 0;  ///< bit n: maybe an event of FactKind n
  std::uint64_t commits = 0;
  std::vector<ComponentId> components;  ///< rising
  std::vector<Ids> ids;                 ///< of FlowFiles, rising and apart
  std::vector<std::uint64_t> keys;      ///< hashes of texts (searchKey), rising
};

/// What texts are found by: the hash of an attribute's name and value.
std::uint64_t searchKey(std::string_view name, std::string_view value);

struct BlockHeader {
  StoreId store;
  Lsn first;
  Lsn last;
  std::uint32_t summaryBytes = 0;
  std::uint32_t bodyBytes = 0;  ///< compressed
  std::uint32_t bodyRaw = 0;
  std::uint32_t contentBytes = 0;  ///< compressed
  std::uint64_t contentRaw = 0;
  std::uint32_t crc = 0;  ///< of all that follows the header
  std::uint64_t length() const {
    return kBlockHeaderBytes + summaryBytes + bodyBytes + contentBytes;
  }
};

std::vector<std::byte> encodeFileHeader(StoreId store, std::uint64_t number);
/// False when the bytes are no header of that file.
bool isFileHeader(ByteView bytes, StoreId store, std::uint64_t number);

/// Nothing when the bytes are no whole header of that store.
std::optional<BlockHeader> decodeBlockHeader(ByteView bytes, StoreId store);
bool blockCrcHolds(const BlockHeader& header, ByteView rest);
/// Nothing when the bytes do not parse.
std::optional<BlockSummary> decodeBlockSummary(const BlockHeader& header, ByteView bytes);

/// One block as it stands in a file.
std::vector<std::byte> encodeBlock(StoreId store, const BlockSummary& summary, ByteView body,
                                   ByteView contents);
/// Decompresses; nothing when the bytes do not.
std::optional<std::vector<std::byte>> decompress(ByteView bytes, std::uint64_t rawBytes);

}  // namespace millrace::repo
