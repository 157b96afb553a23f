// SPDX-License-Identifier: Apache-2.0
#include "repositories/provenance/blocks/block_format.h"

#include "engine/base/crc32c.h"
#include "engine/base/random.h"

#include <zstd.h>

#include <algorithm>

namespace millrace::repo {
namespace {

constexpr std::string_view kFileMark = "MRPF";
constexpr std::string_view kBlockMark = "MRPB";
constexpr std::uint16_t kVersion = 1;
constexpr int kLevel =
    1;  // the fastest that zstd calls a level: the pass must keep up with the flow
constexpr std::uint64_t kMostRaw = 1ULL << 30;  // a block that claims more is damaged

std::vector<std::byte> compress(ByteView raw) {
  if (raw.empty()) return {};
  std::vector<std::byte> out(ZSTD_compressBound(raw.size()));
  const std::size_t got = ZSTD_compress(out.data(), out.size(), raw.data(), raw.size(), kLevel);
  MR_ASSERT(ZSTD_isError(got) == 0);  // the room is enough by zstd's own word
  out.resize(got);
  return out;
}

ByteWriter encodeSummary(const BlockSummary& summary) {
  ByteWriter out;
  out.svarint(summary.firstTime);
  out.svarint(summary.lastTime);
  out.varint(summary.types);
  out.varint(summary.commits);
  out.varint(summary.components.size());
  for (const ComponentId component : summary.components) out.varint(component.raw());
  out.varint(summary.ids.size());
  std::uint64_t last = 0;
  for (const auto& ids : summary.ids) {
    out.varint(ids.first - last);
    out.varint(ids.last - ids.first);
    last = ids.last;
  }
  out.varint(summary.keys.size());
  for (const std::uint64_t key : summary.keys) out.u64(key);
  return out;
}

}  // namespace

std::uint64_t searchKey(std::string_view name, std::string_view value) {
  // FNV-1a over both, then mixed; it is on disk.
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto add = [&](unsigned char c) { hash = (hash ^ c) * 0x100000001b3ULL; };
  for (const char c : name) add(static_cast<unsigned char>(c));
  add(0);
  for (const char c : value) add(static_cast<unsigned char>(c));
  return mix64(hash);
}

std::vector<std::byte> encodeFileHeader(StoreId store, std::uint64_t number) {
  ByteWriter out;
  out.raw(asBytes(kFileMark));
  out.u32(0);
  out.u16(kVersion);
  out.u16(0);
  out.u32(0);
  out.u64(store.high);
  out.u64(store.low);
  out.u64(number);
  out.patchU32(4, crc32c(out.view().subspan(8)));
  std::vector<std::byte> bytes = out.take();
  bytes.resize(kProvenanceHeaderBytes);
  return bytes;
}

bool isFileHeader(ByteView bytes, StoreId store, std::uint64_t number) {
  const auto wanted = encodeFileHeader(store, number);
  return bytes.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), bytes.begin());
}

std::optional<BlockHeader> decodeBlockHeader(ByteView bytes, StoreId store) {
  if (bytes.size() < kBlockHeaderBytes) return std::nullopt;
  ByteReader in(bytes.first(kBlockHeaderBytes));
  if (asText(in.raw(4)) != kBlockMark) return std::nullopt;
  if (in.u32() != crc32c(bytes.subspan(8, kBlockHeaderBytes - 8))) return std::nullopt;
  if (in.u16() != kVersion) return std::nullopt;
  in.u16();
  BlockHeader header;
  header.crc = in.u32();
  header.store.high = in.u64();
  header.store.low = in.u64();
  header.first = Lsn(in.u64());
  header.last = Lsn(in.u64());
  header.summaryBytes = in.u32();
  header.bodyBytes = in.u32();
  header.bodyRaw = in.u32();
  header.contentBytes = in.u32();
  header.contentRaw = in.u64();
  if (!(header.store == store) || header.first > header.last) return std::nullopt;
  return header;
}

bool blockCrcHolds(const BlockHeader& header, ByteView rest) {
  return rest.size() == header.length() - kBlockHeaderBytes && crc32c(rest) == header.crc;
}

std::optional<BlockSummary> decodeBlockSummary(const BlockHeader& header, ByteView bytes) {
  ByteReader in(bytes);
  BlockSummary summary;
  summary.first = header.first;
  summary.last = header.last;
  summary.firstTime = in.svarint();
  summary.lastTime = in.svarint();
  summary.types = static_cast<std::uint32_t>(in.varint());
  summary.commits = in.varint();
  for (std::uint64_t left = in.varint(); left > 0 && !in.failed(); --left)
    summary.components.emplace_back(in.varint());
  std::uint64_t last = 0;
  for (std::uint64_t left = in.varint(); left > 0 && !in.failed(); --left) {
    BlockSummary::Ids ids;
    ids.first = last + in.varint();
    last = ids.last = ids.first + in.varint();
    summary.ids.push_back(ids);
  }
  for (std::uint64_t left = in.varint(); left > 0 && !in.failed(); --left)
    summary.keys.push_back(in.u64());
  if (in.failed() || !in.atEnd()) return std::nullopt;
  return summary;
}

std::vector<std::byte> encodeBlock(StoreId store, const BlockSummary& summary, ByteView body,
                                   ByteView contents) {
  const ByteWriter head = encodeSummary(summary);
  const std::vector<std::byte> packedBody = compress(body);
  const std::vector<std::byte> packedContents = compress(contents);
  ByteWriter out;
  out.reserve(kBlockHeaderBytes + head.size() + packedBody.size() + packedContents.size());
  out.raw(asBytes(kBlockMark));
  out.u32(0);
  out.u16(kVersion);
  out.u16(0);
  out.u32(0);
  out.u64(store.high);
  out.u64(store.low);
  out.u64(summary.first.raw());
  out.u64(summary.last.raw());
  out.u32(static_cast<std::uint32_t>(head.size()));
  out.u32(static_cast<std::uint32_t>(packedBody.size()));
  out.u32(static_cast<std::uint32_t>(body.size()));
  out.u32(static_cast<std::uint32_t>(packedContents.size()));
  out.u64(contents.size());
  while (out.size() < kBlockHeaderBytes) out.u8(0);
  out.raw(head.view());
  out.raw(packedBody);
  out.raw(packedContents);
  out.patchU32(12, crc32c(out.view().subspan(kBlockHeaderBytes)));
  out.patchU32(4, crc32c(out.view().subspan(8, kBlockHeaderBytes - 8)));
  return out.take();
}

std::optional<std::vector<std::byte>> decompress(ByteView bytes, std::uint64_t rawBytes) {
  std::vector<std::byte> out;
  if (rawBytes == 0) return bytes.empty() ? std::optional(std::move(out)) : std::nullopt;
  if (rawBytes > kMostRaw) return std::nullopt;
  out.resize(static_cast<std::size_t>(rawBytes));
  const std::size_t got = ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size());
  if (ZSTD_isError(got) != 0 || got != out.size()) return std::nullopt;
  return out;
}

}  // namespace millrace::repo
