// SPDX-License-Identifier: Apache-2.0
#include "engine/ports/commit_record.h"

#include "engine/ports/flowfile_row.h"

#include <algorithm>
#include <bit>

namespace millrace {

using flowfile_row::Entry;

namespace {
std::size_t slotOf(const InlineBuffer* buffer) {
  return static_cast<std::size_t>(
      reinterpret_cast<std::uintptr_t>(buffer) * 0x9e3779b97f4a7c15ULL >> 24);
}
}  // namespace

void CommitRecordWriter::begin(ComponentId component, Millis time, std::uint64_t flowRevision) {
  forget();
  head_.u8(flowfile_row::kRecordVersion);
  head_.varint(component.raw());
  head_.svarint(time);
  head_.varint(flowRevision);
  time_ = time;
  lastId_ = 0;
}

void CommitRecordWriter::forget() {
  for (ByteWriter* part :
       {&head_, &inputs_, &outputs_, &group_, &drops_, &facts_, &state_, &lastDelta_})
    part->clear();
  inputRuns_ = outputGroups_ = groupEntries_ = dropRuns_ = factCount_ = stateCount_ = 0;
  run_.count = same_.count = dropRun_.count = 0;
  inGroup_ = false;
  lastAttributes_ = Attributes();
  hasLastAttributes_ = false;
  keys_.clear();
  keyText_.clear();
  expectedKey_ = 0;
  inlined_.clear();
  slots_.clear();
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
      std::uint64_t{run_.first.index} + run_.count == key.index) {
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
  if (same_.count > 0 && std::uint64_t{same_.first} + same_.count == ordinal) {
    ++same_.count;
    return;
  }
  flushSame();
  same_ = {ordinal, 1};
}

void CommitRecordWriter::key(ByteWriter& into, std::string_view text) {
  const auto is = [&](std::size_t number) {
    const Run& range = keys_[number];
    return range.count == text.size() &&
           std::string_view(keyText_).substr(range.first, range.count) == text;
  };
  // FlowFiles of one session mostly have the same names in the same order.
  std::size_t number = expectedKey_ < keys_.size() && is(expectedKey_) ? expectedKey_ : 0;
  while (number < keys_.size() && !is(number)) ++number;
  expectedKey_ = number + 1;
  if (number < keys_.size()) {
    into.varint(number + 1);
    return;
  }
  into.varint(0);
  into.text(text);
  if (keys_.size() == flowfile_row::kMostKeys) return;
  keys_.push_back(
      {static_cast<std::uint32_t>(keyText_.size()), static_cast<std::uint32_t>(text.size())});
  keyText_.append(text);
}

void CommitRecordWriter::attributes(const Attributes& attributes) {
  pairs_.clear();
  attributes.appendTo(pairs_);
  group_.varint(pairs_.size());
  expectedKey_ = 0;
  for (const auto& [name, value] : pairs_) {
    key(group_, name);
    group_.text(value);
  }
}

std::size_t CommitRecordWriter::positionOf(const std::shared_ptr<InlineBuffer>& buffer) {
  constexpr std::size_t kFew = 8;
  if (inlined_.size() <= kFew) {
    // The newest buffer is nearly always the one.
    for (std::size_t i = inlined_.size(); i > 0; --i) {
      if (inlined_[i - 1] == buffer) return i - 1;
    }
    inlined_.push_back(buffer);
    return inlined_.size() - 1;
  }
  if (inlined_.back() == buffer) return inlined_.size() - 1;
  if (slots_.size() < 2 * (inlined_.size() + 1)) placeInlined();
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = slotOf(buffer.get()) & mask;
  for (; slots_[at] != 0; at = (at + 1) & mask) {
    if (inlined_[slots_[at] - 1] == buffer) return slots_[at] - 1;
  }
  inlined_.push_back(buffer);
  slots_[at] = static_cast<std::uint32_t>(inlined_.size());
  return inlined_.size() - 1;
}

void CommitRecordWriter::placeInlined() {
  slots_.assign(std::bit_ceil(4 * (inlined_.size() + 1)), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < inlined_.size(); ++i) {
    std::size_t at = slotOf(inlined_[i].get()) & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = static_cast<std::uint32_t>(i + 1);
  }
}

void CommitRecordWriter::content(const Content& content) {
  group_.varint(content.length);
  if (content.kind == Content::Kind::kInline) {
    group_.varint(positionOf(content.buffer));
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
  changes_.clear();
  const bool delta = after.attributes.appendChangesSince(before.attributes, changes_);
  std::uint8_t flags = flowfile_row::flagsOf(after);
  if (sameContent) flags |= flowfile_row::kSameContent;
  if (delta) {
    flags |= flowfile_row::kDelta;
    delta_.clear();
    delta_.varint(changes_.size());
    for (const auto& [name, value] : changes_) {
      key(delta_, name);
      delta_.u8(value.has_value() ? 1 : 0);
      if (value.has_value()) delta_.text(*value);
    }
    if (std::ranges::equal(delta_.view(), lastDelta_.view())) {
      group_.u8(flags | flowfile_row::kSameDelta);
    } else {
      group_.u8(flags);
      group_.raw(delta_.view());
      std::swap(delta_, lastDelta_);
    }
  } else {
    group_.u8(flags);
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
  group_.svarint(flowfile_row::minus(file.entryDate, time_));
  group_.svarint(flowfile_row::minus(file.lineageStart, file.entryDate));
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
  if (dropRun_.count > 0 && std::uint64_t{dropRun_.first} + dropRun_.count == ordinal &&
      dropReason_ == reason && dropRelationship_ == relationship) {
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
  whole.reserve(head_.size() + size() + 5 * 5);
  whole.raw(head_.view());
  const auto section = [&](std::uint32_t count, const ByteWriter& body) {
    whole.varint(count);
    whole.raw(body.view());
  };
  section(inputRuns_, inputs_);
  section(outputGroups_, outputs_);
  section(dropRuns_, drops_);
  section(factCount_, facts_);
  section(stateCount_, state_);
  Finished finished{whole.take(), std::exchange(inlined_, {})};
  forget();
  return finished;
}

void addLogPlaces(std::vector<std::byte>& record, std::span<const LogPlace> places) {
  MR_ASSERT(!record.empty() && !places.empty());
  record.front() = static_cast<std::byte>(flowfile_row::kRecordVersionWithLog);
  ByteWriter section;
  section.varint(places.size());
  for (const LogPlace& place : places) {
    section.u64(place.partition.topicHigh);
    section.u64(place.partition.topicLow);
    section.varint(place.partition.partition);
    section.varint(static_cast<std::uint64_t>(place.end));
  }
  record.insert(record.end(), section.view().begin(), section.view().end());
}

}  // namespace millrace
