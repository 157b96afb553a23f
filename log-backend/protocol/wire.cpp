// SPDX-License-Identifier: Apache-2.0
#include "log-backend/protocol/wire.h"

#include "engine/base/assert.h"

#include <algorithm>
#include <limits>

namespace millrace::log::wire {

TagReader::TagReader(WireReader& reader) : reader_(reader), left_(reader.varint()) {}

void TagReader::finishOne() {
  if (!open_) return;
  open_ = false;
  if (reader_.failed_ || reader_.at_ > end_) return reader_.fail();
  reader_.at_ = end_;
}

std::optional<std::uint32_t> TagReader::next() {
  finishOne();
  if (reader_.failed_ || left_ == 0) return std::nullopt;
  --left_;
  const std::uint64_t tag = reader_.varint();
  const std::uint64_t size = reader_.varint();
  if (reader_.failed_ || size > reader_.remaining() || static_cast<std::int64_t>(tag) <= last_ ||
      tag > std::numeric_limits<std::uint32_t>::max()) {
    reader_.fail();
    return std::nullopt;
  }
  last_ = static_cast<std::int64_t>(tag);
  end_ = reader_.at_ + static_cast<std::size_t>(size);
  open_ = true;
  return static_cast<std::uint32_t>(tag);
}

Uuid WireReader::uuid() {
  Uuid id{};
  const ByteView bytes = raw(static_cast<std::int64_t>(id.size()));
  std::copy(bytes.begin(), bytes.end(), id.begin());
  return id;
}

std::uint64_t WireReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(int8());
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  fail();
  return 0;
}

std::int64_t WireReader::length(std::int64_t (WireReader::*fixedLength)()) {
  if (lengths_ == Lengths::kFixed) return (this->*fixedLength)();
  return static_cast<std::int64_t>(varint()) - 1;
}

ByteView WireReader::raw(std::int64_t count) {
  if (failed_ || count < 0 || static_cast<std::uint64_t>(count) > remaining()) {
    fail();
    return {};
  }
  const ByteView part = bytes_.subspan(at_, static_cast<std::size_t>(count));
  at_ += part.size();
  return part;
}

std::optional<std::string> WireReader::nullableString(bool mayBeNull) {
  const std::int64_t size = length(&WireReader::length16);
  if (size == -1 && mayBeNull && !failed_) return std::nullopt;
  return std::string(asText(raw(size)));
}

std::optional<std::string> WireReader::shortString() {
  const std::int64_t size = int16();
  if (size == -1 && !failed_) return std::nullopt;
  return std::string(asText(raw(size)));
}

std::optional<ByteView> WireReader::nullableBytes(bool mayBeNull) {
  const std::int64_t size = length(&WireReader::length32);
  if (size == -1 && mayBeNull && !failed_) return std::nullopt;
  return raw(size);
}

std::optional<std::size_t> WireReader::count(bool mayBeNull) {
  const std::int64_t count = length(&WireReader::length32);
  if (count == -1 && mayBeNull && !failed_) return std::nullopt;
  // Every element takes a byte at least.
  if (failed_ || count < 0 || static_cast<std::uint64_t>(count) > remaining() ||
      elements_ + static_cast<std::uint64_t>(count) > kMostElements) {
    fail();
    return std::nullopt;
  }
  elements_ += static_cast<std::uint64_t>(count);
  return static_cast<std::size_t>(count);
}

void WireWriter::varint(std::uint64_t v) {
  while (v >= 0x80) {
    fixed(static_cast<std::uint8_t>(v | 0x80U));
    v >>= 7U;
  }
  fixed(static_cast<std::uint8_t>(v));
}

void WireWriter::string(std::string_view v) {
  if (lengths_ == Lengths::kCompact) {
    varint(v.size() + 1);
  } else {
    MR_ASSERT(v.size() <= static_cast<std::size_t>(std::numeric_limits<std::int16_t>::max()));
    int16(static_cast<std::int16_t>(v.size()));
  }
  raw(asBytes(v));
}

void WireWriter::nullableString(const std::optional<std::string>& v, bool mayBeNull) {
  if (v.has_value() || !mayBeNull) return string(v.has_value() ? *v : std::string_view{});
  lengths_ == Lengths::kCompact ? varint(0) : int16(-1);
}

void WireWriter::shortString(const std::optional<std::string>& v) {
  int16(v.has_value() ? static_cast<std::int16_t>(v->size()) : std::int16_t{-1});
  if (v.has_value()) raw(asBytes(*v));
}

void WireWriter::bytes(ByteView v) {
  count(v.size());
  raw(v);
}

void WireWriter::nullableBytes(const std::optional<ByteView>& v, bool mayBeNull) {
  if (v.has_value() || !mayBeNull) return bytes(v.value_or(ByteView()));
  nullCount(true);
}

void WireWriter::nullableRecords(const std::optional<Records>& v, bool mayBeNull) {
  if (!v.has_value() || v->lengthElsewhere == 0) return nullableBytes(v, mayBeNull);
  count(v->lengthElsewhere);
  gaps_.push_back({out_.size(), v->lengthElsewhere});
}

void WireWriter::count(std::size_t n) {
  lengths_ == Lengths::kCompact ? varint(n + 1) : int32(static_cast<std::int32_t>(n));
}

void WireWriter::nullCount(bool mayBeNull) {
  if (!mayBeNull) return count(0);
  lengths_ == Lengths::kCompact ? varint(0) : int32(-1);
}

void TagWriter::begin(std::uint32_t tag) {
  tag_ = tag;
  start_ = writer_.out_.size();
}

void TagWriter::end() {
  WireWriter head(Lengths::kCompact);
  head.varint(tag_);
  head.varint(writer_.out_.size() - start_);
  const ByteView prefix = head.view();
  section_.insert(section_.end(), prefix.begin(), prefix.end());
  const auto field = writer_.out_.begin() + static_cast<std::ptrdiff_t>(start_);
  section_.insert(section_.end(), field, writer_.out_.end());
  writer_.out_.resize(start_);
  ++count_;
}

void TagWriter::finish() {
  writer_.varint(count_);
  writer_.raw(section_);
}

}  // namespace millrace::log::wire
