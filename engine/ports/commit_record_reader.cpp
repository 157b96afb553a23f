// SPDX-License-Identifier: Apache-2.0
#include "engine/ports/commit_record.h"
#include "engine/ports/flowfile_row.h"

#include <fmt/format.h>

namespace millrace {
namespace {

using flowfile_row::Entry;

class RecordReader {
 public:
  RecordReader(ByteView record, InlineBuffers buffers, CommitRecordVisitor& visitor)
      : from_(record), buffers_(buffers), visitor_(visitor) {}

  Result<> read() {
    const std::uint8_t version = from_.u8();
    if (version != flowfile_row::kRecordVersion) {
      return Error::environment(fmt::format("commit record has version {}, this program reads {}",
                                            version, flowfile_row::kRecordVersion),
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
    if (from_.failed() || !from_.atEnd()) return damaged("end");
    return Done{};
  }

 private:
  Error damaged(std::string_view part) const {
    return Error::environment(
        fmt::format("commit record does not parse in its {} at byte {}", part, from_.position()),
        false);
  }

  Result<> inputs() {
    for (std::uint64_t left = from_.varint(); left > 0; --left) {
      InputRun run;
      run.connection = ConnectionId(from_.varint());
      run.first.lsn = Lsn(from_.varint());
      run.first.index = static_cast<std::uint32_t>(from_.varint());
      run.count = static_cast<std::uint32_t>(from_.varint());
      if (from_.failed()) return damaged("inputs");
      MR_TRY(visitor_.input(run));
    }
    return Done{};
  }

  Result<> outputs() {
    for (std::uint64_t groups = from_.varint(); groups > 0; --groups) {
      const ConnectionId connection(from_.varint());
      const std::uint64_t entries = from_.varint();
      if (from_.failed()) return damaged("outputs");
      MR_TRY(visitor_.outputs(connection));
      for (std::uint64_t i = 0; i < entries; ++i) MR_TRY(entry());
    }
    return Done{};
  }

  Result<> entry() {
    switch (static_cast<Entry>(from_.u8())) {
      case Entry::kSame: {
        const auto ordinal = static_cast<std::uint32_t>(from_.varint());
        const auto count = static_cast<std::uint32_t>(from_.varint());
        if (from_.failed()) return damaged("outputs");
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
    const std::uint64_t number = from_.varint();
    if (number == 0) {
      key = from_.text();
      if (keys_.size() < flowfile_row::kMostKeys) keys_.push_back(key);
      return !from_.failed();
    }
    if (number > keys_.size()) return false;
    key = keys_[number - 1];
    return true;
  }

  bool readAttributes(Attributes& into) {
    const std::uint64_t count = from_.varint();
    if (from_.failed() || count > from_.remaining()) return false;
    std::vector<Attributes::Pair> pairs;
    pairs.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      std::string_view key;
      if (!readKey(key)) return false;
      pairs.emplace_back(key, from_.text());
    }
    if (from_.failed()) return false;
    into = Attributes(pairs);
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
    content.buffer = buffers_[position];
    // An elided buffer is empty: its FlowFiles were dropped by a later commit of the same group.
    const std::uint64_t size = content.buffer->bytes().size();
    if (size != 0 && (content.length > size || content.offset > size - content.length))
      return false;
    return true;
  }

  Result<> changed() {
    const auto ordinal = static_cast<std::uint32_t>(from_.varint());
    const std::uint8_t flags = from_.u8();
    FlowFile* before = visitor_.inputFlowFile(ordinal);
    if (from_.failed() || before == nullptr) return damaged("changed FlowFile");
    FlowFile after = *before;
    after.defaultFilename = (flags & flowfile_row::kDefaultFilename) != 0;
    after.ownUuid = (flags & flowfile_row::kOwnUuid) != 0;
    if ((flags & flowfile_row::kDelta) != 0) {
      std::vector<Attributes::Pair> set;
      std::vector<std::string_view> removed;
      for (std::uint64_t left = from_.varint(); left > 0 && !from_.failed(); --left) {
        std::string_view key;
        if (!readKey(key)) return damaged("changed FlowFile");
        if (from_.u8() != 0) {
          set.emplace_back(key, from_.text());
        } else {
          removed.push_back(key);
        }
      }
      if (from_.failed()) return damaged("changed FlowFile");
      after.attributes = before->attributes.with(set, removed);
    } else if (!readAttributes(after.attributes)) {
      return damaged("changed FlowFile");
    }
    if ((flags & flowfile_row::kSameContent) == 0 && !readContent(flags, after.content))
      return damaged("changed FlowFile");
    return visitor_.changed(ordinal, std::move(after));
  }

  Result<> created() {
    const std::uint8_t flags = from_.u8();
    FlowFile file;
    lastId_ += static_cast<std::uint64_t>(from_.svarint());
    file.id = FlowFileId(lastId_);
    file.entryDate = time_ + from_.svarint();
    file.lineageStart = file.entryDate + from_.svarint();
    file.queuedAt = time_;
    file.defaultFilename = (flags & flowfile_row::kDefaultFilename) != 0;
    file.ownUuid = (flags & flowfile_row::kOwnUuid) != 0;
    if ((flags & flowfile_row::kSameAttributes) != 0) {
      file.attributes = lastAttributes_;
    } else if (!readAttributes(file.attributes)) {
      return damaged("created FlowFile");
    }
    lastAttributes_ = file.attributes;
    if (!readContent(flags, file.content)) return damaged("created FlowFile");
    return visitor_.created(std::move(file));
  }

  Result<> drops() {
    for (std::uint64_t left = from_.varint(); left > 0; --left) {
      const auto ordinal = static_cast<std::uint32_t>(from_.varint());
      const auto count = static_cast<std::uint32_t>(from_.varint());
      const auto reason = static_cast<DropReason>(from_.u8());
      const std::string_view relationship = from_.text();
      if (from_.failed()) return damaged("drops");
      MR_TRY(visitor_.dropped(ordinal, count, reason, relationship));
    }
    return Done{};
  }

  Result<> facts() {
    for (std::uint64_t left = from_.varint(); left > 0; --left) {
      Fact fact;
      fact.kind = static_cast<FactKind>(from_.u8());
      fact.flowFile = FlowFileId(from_.varint());
      fact.relationship = from_.text();
      fact.transitUri = from_.text();
      fact.details = from_.text();
      for (auto* list : {&fact.parents, &fact.children}) {
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
    for (std::uint64_t left = from_.varint(); left > 0; --left) {
      const bool isSet = from_.u8() != 0;
      const std::string_view key = from_.text();
      std::optional<std::string_view> value;
      if (isSet) value = from_.text();
      if (from_.failed()) return damaged("state");
      visitor_.state(component_, key, value);
    }
    return Done{};
  }

  ByteReader from_;
  InlineBuffers buffers_;
  CommitRecordVisitor& visitor_;
  ComponentId component_;
  Millis time_ = 0;
  std::uint64_t lastId_ = 0;
  Attributes lastAttributes_;
  std::vector<std::string_view> keys_;
};

}  // namespace

Result<> decodeCommitRecord(ByteView record, InlineBuffers buffers, CommitRecordVisitor& visitor) {
  return RecordReader(record, buffers, visitor).read();
}

void encodeFlowFile(ByteWriter& into, const FlowFile& file) {
  into.u8(flowfile_row::flagsOf(file));
  into.varint(file.id.raw());
  into.varint(file.key.lsn.raw());
  into.varint(file.key.index);
  into.svarint(file.entryDate);
  into.svarint(file.lineageStart - file.entryDate);
  into.svarint(file.queuedAt - file.entryDate);
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
  FlowFile file;
  const std::uint8_t flags = from.u8();
  file.defaultFilename = (flags & flowfile_row::kDefaultFilename) != 0;
  file.ownUuid = (flags & flowfile_row::kOwnUuid) != 0;
  file.id = FlowFileId(from.varint());
  file.key.lsn = Lsn(from.varint());
  file.key.index = static_cast<std::uint32_t>(from.varint());
  file.entryDate = from.svarint();
  file.lineageStart = file.entryDate + from.svarint();
  file.queuedAt = file.entryDate + from.svarint();
  const Error damaged = Error::environment(
      fmt::format("FlowFile row does not parse at byte {}", from.position()), false);
  const std::uint64_t count = from.varint();
  if (from.failed() || count > from.remaining()) return damaged;
  std::vector<Attributes::Pair> pairs;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string_view name = from.text();
    pairs.emplace_back(name, from.text());
  }
  if (from.failed()) return damaged;
  file.attributes = Attributes(pairs);
  file.content.kind = static_cast<Content::Kind>(flags & flowfile_row::kContentKindMask);
  file.content.length = from.varint();
  if (file.content.kind == Content::Kind::kStored && !flowfile_row::getClaim(from, file.content))
    return damaged;
  if (file.content.kind == Content::Kind::kInline) {
    file.content.crc = from.u32();
    const ByteView bytes = from.raw(file.content.length);
    file.content.buffer =
        std::make_shared<InlineBuffer>(std::vector<std::byte>(bytes.begin(), bytes.end()));
    file.content.buffer->retain();
  }
  if (from.failed()) return damaged;
  return file;
}

}  // namespace millrace
