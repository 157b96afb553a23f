// SPDX-License-Identifier: Apache-2.0
#include "engine/ports/commit_record.h"

#include "engine/ports/flowfile_row.h"

#include <algorithm>

namespace millrace {

using flowfile_row::Entry;

void CommitRecordWriter::begin(ComponentId component, Millis time, std::uint64_t flowRevision) {
  MR_ASSERT(size() == 0);
  head_.clear();
  head_.u8(flowfile_row::kRecordVersion);
  head_.varint(component.raw());
  head_.svarint(time);
  head_.varint(flowRevision);
  time_ = time;
  lastId_ = 0;
  hasLastAttributes_ = false;
  keys_.clear();
}

void CommitRecordWriter::flushInputs() {
  if (run_.count == 0) return;
  inputs_.varint(run_.connection.raw());
  inputs_.varint(run_.first.lsn.raw());
  inputs_.varint(run_.first.index);
  inputs_.varint(run_.count);
  ++inputRuns_;
  run_.count = 0;
}

void CommitRecordWriter::input(ConnectionId connection, QueueKey key) {
  if (run_.count > 0 && run_.connection == connection && run_.first.lsn == key.lsn &&
      run_.first.index + run_.count == key.index) {
    ++run_.count;
    return;
  }
  flushInputs();
  run_ = {connection, key, 1};
}

void CommitRecordWriter::closeGroup() {
  if (!inGroup_) return;
  flushSame();
  outputs_.varint(groupConnection_.raw());
  outputs_.varint(groupEntries_);
  outputs_.raw(group_.view());
  group_.clear();
  groupEntries_ = 0;
  ++outputGroups_;
  inGroup_ = false;
}

void CommitRecordWriter::outputs(ConnectionId connection) {
  closeGroup();
  groupConnection_ = connection;
  inGroup_ = true;
}

void CommitRecordWriter::flushSame() {
  if (same_.count == 0) return;
  group_.u8(static_cast<std::uint8_t>(Entry::kSame));
  group_.varint(same_.first);
  group_.varint(same_.count);
  ++groupEntries_;
  same_.count = 0;
}

void CommitRecordWriter::same(std::uint32_t ordinal) {
  if (same_.count > 0 && same_.first + same_.count == ordinal) {
    ++same_.count;
    return;
  }
  flushSame();
  same_ = {ordinal, 1};
}

void CommitRecordWriter::key(std::string_view text) {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i] == text) {
      group_.varint(i + 1);
      return;
    }
  }
  group_.varint(0);
  group_.text(text);
  if (keys_.size() < flowfile_row::kMostKeys) keys_.emplace_back(text);
}

void CommitRecordWriter::attributes(const Attributes& attributes) {
  const auto pairs = attributes.pairs();
  group_.varint(pairs.size());
  for (const auto& [name, value] : pairs) {
    key(name);
    group_.text(value);
  }
}

void CommitRecordWriter::content(const Content& content) {
  group_.varint(content.length);
  if (content.kind == Content::Kind::kInline) {
    std::size_t position = 0;
    // The newest buffer is nearly always the one.
    for (position = inlined_.size(); position > 0 && inlined_[position - 1] != content.buffer;
         --position) {
    }
    if (position == 0) {
      inlined_.push_back(content.buffer);
      position = inlined_.size();
    }
    group_.varint(position - 1);
    group_.varint(content.offset);
    group_.u32(content.crc);
  } else if (content.kind == Content::Kind::kStored) {
    flowfile_row::putClaim(group_, content);
  }
}

void CommitRecordWriter::changed(std::uint32_t ordinal, const FlowFile& before,
                                 const FlowFile& after) {
  flushSame();
  ++groupEntries_;
  group_.u8(static_cast<std::uint8_t>(Entry::kChanged));
  group_.varint(ordinal);
  const bool sameContent = before.content.kind == after.content.kind &&
                           before.content.buffer == after.content.buffer &&
                           before.content.claim == after.content.claim &&
                           before.content.offset == after.content.offset &&
                           before.content.length == after.content.length;
  const bool delta = after.attributes.derivesFrom(before.attributes);
  std::uint8_t flags = flowfile_row::flagsOf(after);
  if (sameContent) flags |= flowfile_row::kSameContent;
  if (delta) flags |= flowfile_row::kDelta;
  group_.u8(flags);
  if (delta) {
    // The newest change of a key comes first, and the first counts.
    std::vector<std::string_view> seen;
    std::vector<std::pair<std::string_view, std::optional<std::string_view>>> changes;
    const auto fresh = [&](std::string_view name) {
      if (std::find(seen.begin(), seen.end(), name) != seen.end()) return false;
      seen.push_back(name);
      return true;
    };
    after.attributes.forEachChangeSince(
        before.attributes,
        [&](std::string_view name, std::string_view value) {
          if (fresh(name)) changes.emplace_back(name, value);
        },
        [&](std::string_view name) {
          if (fresh(name)) changes.emplace_back(name, std::nullopt);
        });
    group_.varint(changes.size());
    for (const auto& [name, value] : changes) {
      key(name);
      group_.u8(value.has_value() ? 1 : 0);
      if (value.has_value()) group_.text(*value);
    }
  } else {
    attributes(after.attributes);
  }
  if (!sameContent) content(after.content);
}

void CommitRecordWriter::created(const FlowFile& file) {
  flushSame();
  ++groupEntries_;
  group_.u8(static_cast<std::uint8_t>(Entry::kCreated));
  std::uint8_t flags = flowfile_row::flagsOf(file);
  const bool sameAttributes = hasLastAttributes_ && lastAttributes_.sameBlock(file.attributes);
  if (sameAttributes) flags |= flowfile_row::kSameAttributes;
  group_.u8(flags);
  group_.svarint(static_cast<std::int64_t>(file.id.raw() - lastId_));
  lastId_ = file.id.raw();
  group_.svarint(file.entryDate - time_);
  group_.svarint(file.lineageStart - file.entryDate);
  if (!sameAttributes) {
    attributes(file.attributes);
    lastAttributes_ = file.attributes;
    hasLastAttributes_ = true;
  }
  content(file.content);
}

void CommitRecordWriter::flushDrops() {
  if (dropRun_.count == 0) return;
  drops_.varint(dropRun_.first);
  drops_.varint(dropRun_.count);
  drops_.u8(static_cast<std::uint8_t>(dropReason_));
  drops_.text(dropRelationship_);
  ++dropRuns_;
  dropRun_.count = 0;
}

void CommitRecordWriter::dropped(std::uint32_t ordinal, DropReason reason,
                                 std::string_view relationship) {
  if (dropRun_.count > 0 && dropRun_.first + dropRun_.count == ordinal && dropReason_ == reason &&
      dropRelationship_ == relationship) {
    ++dropRun_.count;
    return;
  }
  flushDrops();
  dropRun_ = {ordinal, 1};
  dropReason_ = reason;
  dropRelationship_ = relationship;
}

void CommitRecordWriter::fact(const Fact& fact) {
  ++factCount_;
  facts_.u8(static_cast<std::uint8_t>(fact.kind));
  facts_.varint(fact.flowFile.raw());
  facts_.text(fact.relationship);
  facts_.text(fact.transitUri);
  facts_.text(fact.details);
  for (const auto* list : {&fact.parents, &fact.children}) {
    facts_.varint(list->size());
    std::uint64_t last = fact.flowFile.raw();
    for (const FlowFileId id : *list) {
      facts_.svarint(static_cast<std::int64_t>(id.raw() - last));
      last = id.raw();
    }
  }
}

void CommitRecordWriter::state(std::string_view key, std::optional<std::string_view> value) {
  ++stateCount_;
  state_.u8(value.has_value() ? 1 : 0);
  state_.text(key);
  if (value.has_value()) state_.text(*value);
}

CommitRecordWriter::Finished CommitRecordWriter::finish() {
  flushInputs();
  closeGroup();
  flushDrops();
  ByteWriter whole;
  whole.raw(head_.view());
  const auto section = [&](std::uint32_t count, ByteWriter& body) {
    whole.varint(count);
    whole.raw(body.view());
    body.clear();
  };
  section(inputRuns_, inputs_);
  section(outputGroups_, outputs_);
  section(dropRuns_, drops_);
  section(factCount_, facts_);
  section(stateCount_, state_);
  head_.clear();
  inputRuns_ = outputGroups_ = dropRuns_ = factCount_ = stateCount_ = 0;
  lastAttributes_ = Attributes();
  hasLastAttributes_ = false;
  return {whole.take(), std::exchange(inlined_, {})};
}

}  // namespace millrace
