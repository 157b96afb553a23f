// SPDX-License-Identifier: Apache-2.0
#include "engine/ports/commit_record.h"
#include "engine/ports/flowfile_row.h"

#include <fmt/format.h>

namespace millrace {
namespace {

using flowfile_row::Entry;

constexpr std::uint64_t kMost32 = 0xffffffffU;

class RecordReader {
 public:
  RecordReader(ByteView record, InlineBuffers buffers, CommitRecordVisitor& visitor)
      : from_(record),
        buffers_(buffers),
        visitor_(visitor),
        wantsFlowFiles_(visitor.wantsFlowFiles()) {}

  Result<> read() {
    const std::uint8_t version = from_.u8();
    const bool withLog = version == flowfile_row::kRecordVersionWithLog;
    if (version != flowfile_row::kRecordVersion && !withLog) {
      return Error::environment(
          fmt::format("commit record has version {}, this program reads {} and {}", version,
                      flowfile_row::kRecordVersion, flowfile_row::kRecordVersionWithLog),
          false);
    }
    component_ = ComponentId(from_.varint());
    time_ = from_.svarint();
    const std::uint64_t revision = from_.varint();
    if (from_.failed()) return damaged("head");
    visitor_.begin(component_, time_, revision);
    MR_TRY(inputs());
    MR_TRY(outputs());
    MR_TRY(drops());
    MR_TRY(facts());
    MR_TRY(state());
    if (withLog) MR_TRY(appends());
    if (from_.failed() || !from_.atEnd()) return damaged("end");
    return Done{};
  }

 private:
  Error damaged(std::string_view part) const {
    return Error::environment(
        fmt::format("commit record does not parse in its {} at byte {}", part, from_.position()),
        false);
  }

  /// A number of at most 32 bits.
  std::uint32_t number() {
    const std::uint64_t wide = from_.varint();
    if (wide > kMost32) from_.fail();
    return static_cast<std::uint32_t>(wide);
  }

  bool badOrdinals(std::uint32_t first, std::uint32_t count) const {
    return from_.failed() || count == 0 || count - 1 > kMost32 - first;
  }

  Result<> inputs() {
    for (std::uint32_t left = number(); left > 0; --left) {
      InputRun run;
      run.connection = ConnectionId(from_.varint());
      run.first.lsn = Lsn(from_.varint());
      run.first.index = number();
      run.count = number();
      if (badOrdinals(run.first.index, run.count)) return damaged("inputs");
      MR_TRY(visitor_.input(run));
    }
    return Done{};
  }

  Result<> outputs() {
    for (std::uint32_t groups = number(); groups > 0; --groups) {
      const ConnectionId connection(from_.varint());
      const std::uint32_t entries = number();
      if (from_.failed()) return damaged("outputs");
      MR_TRY(visitor_.outputs(connection));
      for (std::uint32_t i = 0; i < entries; ++i) MR_TRY(entry());
    }
    return Done{};
  }

  Result<> entry() {
    switch (static_cast<Entry>(from_.u8())) {
      case Entry::kSame: {
        const std::uint32_t ordinal = number();
        const std::uint32_t count = number();
        if (badOrdinals(ordinal, count)) return damaged("outputs");
        return visitor_.same(ordinal, count);
      }
      case Entry::kChanged:
        return changed();
      case Entry::kCreated:
        return created();
    }
    return damaged("outputs");
  }

  bool readKey(std::string_view& key) {
    const std::uint64_t place = from_.varint();
    if (place == 0) {
      key = from_.text();
      if (keys_.size() < flowfile_row::kMostKeys) keys_.push_back(key);
      return !from_.failed();
    }
    if (place > keys_.size()) return false;
    key = keys_[place - 1];
    return true;
  }

  bool readAttributes(Attributes& into) {
    const std::uint64_t count = from_.varint();
    if (from_.failed() || count > from_.remaining()) return false;
    pairs_.clear();
    for (std::uint64_t i = 0; i < count; ++i) {
      std::string_view key;
      if (!readKey(key)) return false;
      pairs_.emplace_back(key, from_.text());
    }
    if (from_.failed()) return false;
    if (wantsFlowFiles_) into = Attributes(pairs_);
    return true;
  }

  bool readContent(std::uint8_t flags, Content& content) {
    content = Content{};
    content.kind = static_cast<Content::Kind>(flags & flowfile_row::kContentKindMask);
    content.length = from_.varint();
    if (content.kind == Content::Kind::kEmpty) return !from_.failed() && content.length == 0;
    if (content.kind == Content::Kind::kStored) return flowfile_row::getClaim(from_, content);
    const std::uint64_t position = from_.varint();
    content.offset = from_.varint();
    content.crc = from_.u32();
    if (from_.failed() || position >= buffers_.size()) return false;
    if (content.kind != Content::Kind::kInline || buffers_[position] == nullptr) return false;
    if (!wantsFlowFiles_) return true;
    content.buffer = buffers_[position];
    // An elided buffer is empty: its FlowFiles were dropped by a later commit of the same group.
    const std::uint64_t size = content.buffer->bytes().size();
    if (size != 0 && (content.length > size || content.offset > size - content.length))
      return false;
    return true;
  }

  bool readDelta() {
    set_.clear();
    removed_.clear();
    for (std::uint32_t left = number(); left > 0; --left) {
      std::string_view key;
      if (from_.failed() || !readKey(key)) return false;
      const std::uint8_t isSet = from_.u8();
      if (isSet > 1) return false;
      if (isSet == 1) {
        set_.emplace_back(key, from_.text());
      } else {
        removed_.push_back(key);
      }
    }
    return !from_.failed();
  }

  /// FlowFiles that shared their attributes share them again after the same change.
  void repeatDelta(Attributes& attributes) {
    if (!wantsFlowFiles_) return;
    if (deltaRepeated_ && deltaBase_.sameBlock(attributes)) {
      attributes = deltaResult_;
      return;
    }
    deltaBase_ = attributes;
    deltaResult_ = attributes.with(set_, removed_);
    deltaRepeated_ = true;
    attributes = deltaResult_;
  }

  Result<> changed() {
    const std::uint32_t ordinal = number();
    const std::uint8_t flags = from_.u8();
    if (from_.failed() || (flags & flowfile_row::kSameAttributes) != 0)
      return damaged("changed FlowFile");
    FlowFile* before = visitor_.inputFlowFile(ordinal);
    if (before == nullptr) return damaged("changed FlowFile");
    FlowFile after = *before;
    after.defaultFilename = (flags & flowfile_row::kDefaultFilename) != 0;
    after.ownUuid = (flags & flowfile_row::kOwnUuid) != 0;
    const bool delta = (flags & flowfile_row::kDelta) != 0;
    if ((flags & flowfile_row::kSameDelta) != 0) {
      if (!delta || !hasDelta_) return damaged("changed FlowFile");
      repeatDelta(after.attributes);
    } else if (delta) {
      hasDelta_ = true;
      deltaRepeated_ = false;
      if (!readDelta()) return damaged("changed FlowFile");
      if (wantsFlowFiles_) after.attributes = before->attributes.with(set_, removed_);
    } else if (!readAttributes(after.attributes)) {
      return damaged("changed FlowFile");
    }
    if ((flags & flowfile_row::kSameContent) == 0 && !readContent(flags, after.content))
      return damaged("changed FlowFile");
    return visitor_.changed(ordinal, std::move(after));
  }

  Result<> created() {
    const std::uint8_t flags = from_.u8();
    constexpr std::uint8_t kForeign =
        flowfile_row::kSameContent | flowfile_row::kDelta | flowfile_row::kSameDelta;
    if ((flags & kForeign) != 0) return damaged("created FlowFile");
    FlowFile file;
    lastId_ += static_cast<std::uint64_t>(from_.svarint());
    file.id = FlowFileId(lastId_);
    file.entryDate = flowfile_row::plus(time_, from_.svarint());
    file.lineageStart = flowfile_row::plus(file.entryDate, from_.svarint());
    file.queuedAt = time_;
    file.defaultFilename = (flags & flowfile_row::kDefaultFilename) != 0;
    file.ownUuid = (flags & flowfile_row::kOwnUuid) != 0;
    if ((flags & flowfile_row::kSameAttributes) != 0) {
      if (!hasLastAttributes_) return damaged("created FlowFile");
      file.attributes = lastAttributes_;
    } else {
      if (!readAttributes(file.attributes)) return damaged("created FlowFile");
      lastAttributes_ = file.attributes;
      hasLastAttributes_ = true;
    }
    if (!readContent(flags, file.content)) return damaged("created FlowFile");
    return visitor_.created(std::move(file));
  }

  Result<> drops() {
    for (std::uint32_t left = number(); left > 0; --left) {
      const std::uint32_t ordinal = number();
      const std::uint32_t count = number();
      const std::uint8_t reason = from_.u8();
      const std::string_view relationship = from_.text();
      if (badOrdinals(ordinal, count) ||
          reason > static_cast<std::uint8_t>(DropReason::kOverBudget))
        return damaged("drops");
      MR_TRY(visitor_.dropped(ordinal, count, static_cast<DropReason>(reason), relationship));
    }
    return Done{};
  }

  Result<> facts() {
    Fact fact;
    for (std::uint32_t left = number(); left > 0; --left) {
      const std::uint8_t kind = from_.u8();
      if (kind < static_cast<std::uint8_t>(FactKind::kCreate) ||
          kind > static_cast<std::uint8_t>(FactKind::kReplay))
        return damaged("facts");
      fact.kind = static_cast<FactKind>(kind);
      fact.flowFile = FlowFileId(from_.varint());
      fact.relationship = from_.text();
      fact.transitUri = from_.text();
      fact.details = from_.text();
      for (auto* list : {&fact.parents, &fact.children}) {
        list->clear();
        std::uint64_t last = fact.flowFile.raw();
        for (std::uint64_t count = from_.varint(); count > 0 && !from_.failed(); --count) {
          last += static_cast<std::uint64_t>(from_.svarint());
          list->push_back(FlowFileId(last));
        }
      }
      if (from_.failed()) return damaged("facts");
      visitor_.fact(fact);
    }
    return Done{};
  }

  Result<> state() {
    for (std::uint32_t left = number(); left > 0; --left) {
      const std::uint8_t isSet = from_.u8();
      const std::string_view key = from_.text();
      std::optional<std::string_view> value;
      if (isSet == 1) value = from_.text();
      if (from_.failed() || isSet > 1) return damaged("state");
      visitor_.state(component_, key, value);
    }
    return Done{};
  }

  Result<> appends() {
    const std::uint32_t count = number();
    if (count == 0) return damaged("appends");
    for (std::uint32_t left = count; left > 0; --left) {
      LogPlace place;
      place.partition.topicHigh = from_.u64();
      place.partition.topicLow = from_.u64();
      place.partition.partition = number();
      const std::uint64_t end = from_.varint();
      constexpr std::uint64_t kMostEnd = 0x7fffffffffffffffU;
      if (from_.failed() || end == 0 || end > kMostEnd) return damaged("appends");
      place.end = static_cast<std::int64_t>(end);
      visitor_.appended(place);
    }
    return Done{};
  }

  ByteReader from_;
  InlineBuffers buffers_;
  CommitRecordVisitor& visitor_;
  const bool wantsFlowFiles_;
  ComponentId component_;
  Millis time_ = 0;
  std::uint64_t lastId_ = 0;
  Attributes lastAttributes_;
  bool hasLastAttributes_ = false;
  std::vector<std::string_view> keys_;
  std::vector<Attributes::Pair> pairs_;
  // The last delta, and what it made of the attributes that it was last repeated on.
  std::vector<Attributes::Pair> set_;
  std::vector<std::string_view> removed_;
  bool hasDelta_ = false;
  bool deltaRepeated_ = false;
  Attributes deltaBase_, deltaResult_;
};

}  // namespace

Result<> decodeCommitRecord(ByteView record, InlineBuffers buffers, CommitRecordVisitor& visitor) {
  return RecordReader(record, buffers, visitor).read();
}

}  // namespace millrace
