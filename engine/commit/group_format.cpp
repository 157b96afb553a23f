// SPDX-License-Identifier: Apache-2.0
#include "engine/commit/group_format.h"

#include <fmt/format.h>

#include <limits>

namespace millrace {
namespace {

constexpr std::uint8_t kCommitItem = 1;
constexpr std::uint8_t kSettledItem = 2;
constexpr std::uint8_t kMayBeSkipped = 0x80;  ///< set in kinds that an older reader steps over

// Smaller pieces are copied together: a part costs the system call more than that.
constexpr std::size_t kWorthItsOwnPart = 1024;

void writeEffect(ByteWriter& out, const Effect& effect) {
  out.u8(static_cast<std::uint8_t>(effect.kind));
  out.varint(effect.component);
  out.text(effect.path);
  out.text(effect.target);
  out.varint(effect.inode);
  out.varint(effect.size);
  out.svarint(effect.modified);
}

Effect readEffect(ByteReader& in) {
  Effect effect;
  effect.kind = static_cast<Effect::Kind>(in.u8());
  effect.component = in.varint();
  effect.path = in.text();
  effect.target = in.text();
  effect.inode = in.varint();
  effect.size = in.varint();
  effect.modified = in.svarint();
  return effect;
}

Error malformed(Lsn lsn, std::string_view what) {
  return Error::environment(fmt::format("the journal's commit {} {}", lsn.raw(), what), false);
}

}  // namespace

std::uint64_t bytesOf(const Commit& commit) {
  std::uint64_t bytes = 48 + commit.record.size();
  for (const auto& buffer : commit.inlined) bytes += 10 + buffer->bytes().size();
  for (const Effect& effect : commit.effects)
    bytes += 64 + effect.path.size() + effect.target.size();
  return bytes;
}

void GroupWriter::external(ByteView bytes) {
  if (bytes.empty()) return;
  if (bytes.size() < kWorthItsOwnPart) {
    const std::size_t begin = scratch_.size();
    scratch_.raw(bytes);
    return endScratch(begin);
  }
  pieces_.push_back({0, 0, bytes});
  size_ += bytes.size();
}

void GroupWriter::endScratch(std::size_t begin) {
  const std::size_t length = scratch_.size() - begin;
  if (length == 0) return;
  size_ += length;
  Piece* const last = pieces_.empty() ? nullptr : &pieces_.back();
  if (last != nullptr && last->outside.empty() &&
      last->scratchBegin + last->scratchLength == begin) {
    last->scratchLength += length;
    return;
  }
  pieces_.push_back({begin, length, {}});
}

void GroupWriter::add(const Commit& commit, Lsn last, bool keepDead) {
  head_.clear();
  kept_.clear();
  std::uint64_t outside = commit.record.size();
  head_.varint(commit.record.size());
  head_.varint(commit.inlined.size());
  for (const auto& buffer : commit.inlined) {
    const bool elided = !keepDead && buffer->deadBy(last);
    const ByteView bytes = buffer->bytes();
    head_.varint((static_cast<std::uint64_t>(bytes.size()) << 1U) | (elided ? 1U : 0U));
    if (elided) continue;
    kept_.push_back(bytes);
    outside += bytes.size();
  }
  head_.varint(commit.effects.size());
  for (const Effect& effect : commit.effects) writeEffect(head_, effect);

  const std::size_t begin = scratch_.size();
  scratch_.u8(kCommitItem);
  scratch_.varint(head_.size() + outside);
  scratch_.raw(head_.view());
  endScratch(begin);
  external(commit.record);
  for (const ByteView bytes : kept_) external(bytes);
}

void GroupWriter::addSettled(const std::vector<EffectId>& settled) {
  if (settled.empty()) return;
  ByteWriter body;
  body.varint(settled.size());
  for (const EffectId& id : settled) {
    body.varint(id.lsn.raw());
    body.varint(id.index);
  }
  const std::size_t begin = scratch_.size();
  scratch_.u8(kSettledItem);
  scratch_.varint(body.size());
  scratch_.raw(body.view());
  endScratch(begin);
}

std::vector<ByteView> GroupWriter::parts() const {
  std::vector<ByteView> parts;
  parts.reserve(pieces_.size());
  for (const Piece& piece : pieces_) {
    parts.push_back(piece.outside.empty()
                        ? scratch_.view().subspan(piece.scratchBegin, piece.scratchLength)
                        : piece.outside);
  }
  return parts;
}

Result<CommitView> GroupReader::readCommit(ByteView body) {
  ByteReader in(body);
  CommitView commit;
  commit.lsn = next_;
  const std::uint64_t recordLength = in.varint();
  const std::uint64_t inlineCount = in.varint();
  if (inlineCount > in.remaining()) return malformed(next_, "names more content than it has");
  std::vector<std::uint64_t> lengths;
  for (std::uint64_t i = 0; i < inlineCount; ++i) lengths.push_back(in.varint());
  const std::uint64_t effectCount = in.varint();
  if (effectCount > in.remaining()) return malformed(next_, "names more effects than it has");
  for (std::uint64_t i = 0; i < effectCount; ++i) {
    commit.effects.push_back(readEffect(in));
    const Effect::Kind kind = commit.effects.back().kind;
    if (!in.failed() && kind != Effect::Kind::kDeleteFile && kind != Effect::Kind::kMoveFile)
      return malformed(next_,
                       "has an effect of a kind that this version does not know; use a newer one");
  }
  commit.record = in.raw(recordLength);
  for (const std::uint64_t length : lengths) {
    const bool elided = (length & 1U) != 0;
    commit.inlined.push_back({elided, elided ? ByteView{} : in.raw(length >> 1U)});
  }
  if (in.failed() || !in.atEnd()) return malformed(next_, "is shorter or longer than it says");
  return commit;
}

Result<std::optional<GroupItem>> GroupReader::next() {
  while (!in_.atEnd()) {
    const std::uint8_t kind = in_.u8();
    const ByteView body = in_.raw(in_.varint());
    if (in_.failed()) return malformed(next_, "is cut off");
    GroupItem item;
    if (kind == kCommitItem) {
      item.commit = MR_TRY(readCommit(body));
      next_ = Lsn(next_.raw() + 1);
      return std::optional(std::move(item));
    }
    if (kind == kSettledItem) {
      ByteReader in(body);
      const std::uint64_t count = in.varint();
      for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
        const Lsn lsn(in.varint());
        const std::uint64_t index = in.varint();
        if (index > std::numeric_limits<std::uint32_t>::max()) in.fail();
        item.settled.push_back({lsn, static_cast<std::uint32_t>(index)});
      }
      if (in.failed() || !in.atEnd()) return malformed(next_, "follows a note that is damaged");
      return std::optional(std::move(item));
    }
    if ((kind & kMayBeSkipped) == 0)
      return malformed(next_,
                       fmt::format("stands beside an item of kind {}, which this version does "
                                   "not know; use a newer one",
                                   kind));
  }
  return std::optional<GroupItem>();
}

}  // namespace millrace
