// SPDX-License-Identifier: Apache-2.0
#pragma once
// The types of Kafka's protocol on the wire: what the codec made from apis.txt reads and writes
// with.
//
// Promise: WireReader never reads past its bytes, and never makes more elements than kMostElements
// in one message, whatever its counts say: after anything wrong failed() is true and every later
// read yields an empty value. Ownership: views that were read belong to the frame. Threads: one.

#include "engine/base/big_endian.h"
#include "engine/base/bytes.h"

#include <array>
#include <bit>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::log::wire {

using Uuid = std::array<std::byte, 16>;

/// Batches of records: here, or only how many bytes they are, which whoever sends the frame puts in
/// their place (WireWriter::gaps()).
struct Records : ByteView {
  Records() = default;
  Records(ByteView here) : ByteView(here) {}  // NOLINT: implicit by intent
  static Records elsewhere(std::size_t length) {
    Records records;
    records.lengthElsewhere = length;
    return records;
  }
  std::size_t lengthElsewhere = 0;
};

/// Where bytes are missing in what was written: so many, before the byte `at`.
struct Gap {
  std::size_t at = 0;
  std::size_t length = 0;
};

/// One line of apis.txt.
struct Api {
  std::int16_t key;
  std::string_view name;
  std::int16_t least;  ///< versions, both included
  std::int16_t most;
  std::int16_t flexible;  ///< first version with compact lengths and tagged fields
  constexpr bool serves(std::int16_t version) const { return version >= least && version <= most; }
};

enum class Lengths : std::uint8_t { kFixed, kCompact };

class WireReader;

/// The tagged fields at the end of a structure. Each is read from its own bytes; what a reader
/// leaves of them is skipped.
class TagReader {
 public:
  explicit TagReader(WireReader& reader);
  /// The next tag; nothing after the last or at damage.
  std::optional<std::uint32_t> next();

 private:
  void finishOne();
  WireReader& reader_;
  std::uint64_t left_ = 0;
  std::int64_t last_ = -1;
  std::size_t end_ = 0;  ///< of the tag that is read
  bool open_ = false;
};

class WireReader {
 public:
  static constexpr std::uint64_t kMostElements = 1'000'000;

  WireReader(ByteView bytes, Lengths lengths) : bytes_(bytes), lengths_(lengths) {}

  bool boolean() { return int8() != 0; }
  std::int8_t int8() { return fixed<std::int8_t>(); }
  std::int16_t int16() { return fixed<std::int16_t>(); }
  std::int32_t int32() { return fixed<std::int32_t>(); }
  std::int64_t int64() { return fixed<std::int64_t>(); }
  double float64() { return std::bit_cast<double>(fixed<std::int64_t>()); }
  Uuid uuid();
  std::string string() { return nullableString(false).value_or(std::string()); }
  std::optional<std::string> nullableString(bool mayBeNull);
  ByteView bytes() { return nullableBytes(false).value_or(ByteView()); }
  std::optional<ByteView> nullableBytes(bool mayBeNull);
  /// Of an array; nothing: it is null, or something is wrong.
  std::optional<std::size_t> count(bool mayBeNull);
  TagReader tags() { return TagReader(*this); }
  /// A string with a length of two bytes, whatever the version.
  std::optional<std::string> shortString();

  bool failed() const { return failed_; }
  bool atEnd() const { return at_ == bytes_.size(); }
  std::size_t remaining() const { return bytes_.size() - at_; }

 private:
  friend class TagReader;
  template <typename Number>
  Number fixed() {
    if (failed_ || remaining() < sizeof(Number)) {
      fail();
      return 0;
    }
    const Number value = readBig<Number>(bytes_.data() + at_);
    at_ += sizeof(Number);
    return value;
  }
  void fail() {
    failed_ = true;
    at_ = bytes_.size();
  }
  std::uint64_t varint();
  /// -1: null.
  std::int64_t length(std::int64_t (WireReader::*fixedLength)());
  std::int64_t length16() { return int16(); }
  std::int64_t length32() { return int32(); }
  ByteView raw(std::int64_t count);

  ByteView bytes_;
  const Lengths lengths_;
  std::size_t at_ = 0;
  std::uint64_t elements_ = 0;
  bool failed_ = false;
};

class WireWriter {
 public:
  explicit WireWriter(Lengths lengths) : lengths_(lengths) {}

  void boolean(bool v) { int8(v ? 1 : 0); }
  void int8(std::int8_t v) { fixed(v); }
  void int16(std::int16_t v) { fixed(v); }
  void int32(std::int32_t v) { fixed(v); }
  void int64(std::int64_t v) { fixed(v); }
  void float64(double v) { fixed(std::bit_cast<std::int64_t>(v)); }
  void uuid(const Uuid& v) { out_.insert(out_.end(), v.begin(), v.end()); }
  void string(std::string_view v);
  /// Where null is not allowed it becomes empty.
  void nullableString(const std::optional<std::string>& v, bool mayBeNull);
  void bytes(ByteView v);
  void nullableBytes(const std::optional<ByteView>& v, bool mayBeNull);
  /// Not within a tagged field where they are elsewhere.
  void nullableRecords(const std::optional<Records>& v, bool mayBeNull);
  void count(std::size_t n);
  void nullCount(bool mayBeNull);
  void varint(std::uint64_t v);
  void shortString(const std::optional<std::string>& v);

  std::vector<std::byte> take() { return std::move(out_); }
  ByteView view() const { return out_; }
  /// In the order of their places.
  const std::vector<Gap>& gaps() const { return gaps_; }

 private:
  friend class TagWriter;
  template <typename Number>
  void fixed(Number v) {
    const std::size_t at = out_.size();
    out_.resize(at + sizeof v);
    writeBig(out_.data() + at, v);
  }
  void raw(ByteView v) { out_.insert(out_.end(), v.begin(), v.end()); }
  const Lengths lengths_;
  std::vector<std::byte> out_;
  std::vector<Gap> gaps_;
};

/// Gathers tagged fields, rising tags, and writes them as a section.
class TagWriter {
 public:
  explicit TagWriter(WireWriter& writer) : writer_(writer) {}
  void begin(std::uint32_t tag);
  void end();
  void finish();

 private:
  WireWriter& writer_;
  std::uint64_t count_ = 0;
  std::uint32_t tag_ = 0;
  std::size_t start_ = 0;  ///< of the field in the writer
  std::vector<std::byte> section_;
};

}  // namespace millrace::log::wire
