// SPDX-License-Identifier: Apache-2.0
#include "engine/ports/flowfile_row.h"

#include "engine/ports/commit_record.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace {
namespace {
Error damaged(const ByteReader& from) {
  return Error::environment(fmt::format("FlowFile row does not parse at byte {}", from.position()),
                            false);
}
}  // namespace

void encodeFlowFile(ByteWriter& into, const FlowFile& file) {
  into.u8(flowfile_row::flagsOf(file));
  into.varint(file.id.raw());
  into.varint(file.key.lsn.raw());
  into.varint(file.key.index);
  into.svarint(file.entryDate);
  into.svarint(flowfile_row::minus(file.lineageStart, file.entryDate));
  into.svarint(flowfile_row::minus(file.queuedAt, file.entryDate));
  const auto pairs = file.attributes.pairs();
  into.varint(pairs.size());
  for (const auto& [name, value] : pairs) {
    into.text(name);
    into.text(value);
  }
  into.varint(file.content.length);
  if (file.content.kind == Content::Kind::kStored) flowfile_row::putClaim(into, file.content);
  if (file.content.kind == Content::Kind::kInline) {
    into.u32(file.content.crc);
    into.raw(file.content.inlineBytes());
  }
}

Result<FlowFile> decodeFlowFile(ByteReader& from) {
  constexpr std::uint8_t kKnown =
      flowfile_row::kContentKindMask | flowfile_row::kDefaultFilename | flowfile_row::kOwnUuid;
  FlowFile file;
  const std::uint8_t flags = from.u8();
  const std::uint8_t kind = flags & flowfile_row::kContentKindMask;
  if ((flags & ~kKnown) != 0 || kind > static_cast<std::uint8_t>(Content::Kind::kStored))
    return damaged(from);
  file.defaultFilename = (flags & flowfile_row::kDefaultFilename) != 0;
  file.ownUuid = (flags & flowfile_row::kOwnUuid) != 0;
  file.id = FlowFileId(from.varint());
  file.key.lsn = Lsn(from.varint());
  const std::uint64_t index = from.varint();
  file.key.index = static_cast<std::uint32_t>(index);
  file.entryDate = from.svarint();
  file.lineageStart = flowfile_row::plus(file.entryDate, from.svarint());
  file.queuedAt = flowfile_row::plus(file.entryDate, from.svarint());
  const std::uint64_t count = from.varint();
  if (from.failed() || index > 0xffffffffU || count > from.remaining()) return damaged(from);
  std::vector<Attributes::Pair> pairs;
  pairs.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(count, 64)));
  for (std::uint64_t i = 0; i < count && !from.failed(); ++i) {
    const std::string_view name = from.text();
    pairs.emplace_back(name, from.text());
  }
  if (from.failed()) return damaged(from);
  file.attributes = Attributes(pairs);
  file.content.kind = static_cast<Content::Kind>(kind);
  file.content.length = from.varint();
  if (file.content.kind == Content::Kind::kEmpty && file.content.length != 0) return damaged(from);
  if (file.content.kind == Content::Kind::kStored && !flowfile_row::getClaim(from, file.content))
    return damaged(from);
  if (file.content.kind == Content::Kind::kInline) {
    file.content.crc = from.u32();
    const ByteView bytes = from.raw(file.content.length);
    if (from.failed()) return damaged(from);
    file.content.buffer =
        std::make_shared<InlineBuffer>(std::vector<std::byte>(bytes.begin(), bytes.end()));
    file.content.buffer->retain();
  }
  if (from.failed()) return damaged(from);
  return file;
}

}  // namespace millrace
