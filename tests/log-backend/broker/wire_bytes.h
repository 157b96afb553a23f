// SPDX-License-Identifier: Apache-2.0
#pragma once
// Frames byte by byte, written and read without the codec under test.

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace broker_test {

class Bytes {
 public:
  Bytes& i8(std::int64_t v) { return number(v, 1); }
  Bytes& i16(std::int64_t v) { return number(v, 2); }
  Bytes& i32(std::int64_t v) { return number(v, 4); }
  Bytes& i64(std::int64_t v) { return number(v, 8); }
  Bytes& text(const std::string& v) {
    i16(static_cast<std::int64_t>(v.size()));
    for (const char each : v) i8(each);
    return *this;
  }
  Bytes& raw(std::span<const std::byte> v) {
    bytes_.insert(bytes_.end(), v.begin(), v.end());
    return *this;
  }
  /// With a length of four bytes.
  Bytes& block(std::span<const std::byte> v) {
    return i32(static_cast<std::int64_t>(v.size())).raw(v);
  }
  const std::vector<std::byte>& get() const { return bytes_; }

 private:
  Bytes& number(std::int64_t v, int size) {
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
      bytes_.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(v) >> shift));
    return *this;
  }
  std::vector<std::byte> bytes_;
};

/// A request with the header of version 1, correlation id 7, client id "c".
inline Bytes request(int key, int version) {
  Bytes bytes;
  bytes.i16(key).i16(version).i32(7).text("c");
  return bytes;
}

/// Reads from the front; anything that is missing ends the test.
class Reader {
 public:
  explicit Reader(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  std::int64_t i8() { return number(1); }
  std::int64_t i16() { return number(2); }
  std::int64_t i32() { return number(4); }
  std::int64_t i64() { return number(8); }
  std::string text() {
    const std::int64_t size = i16();
    std::string read;
    for (std::int64_t i = 0; i < size; ++i) read.push_back(static_cast<char>(i8()));
    return read;
  }
  std::vector<std::byte> block() {
    const std::int64_t size = i32();
    std::vector<std::byte> read;
    for (std::int64_t i = 0; i < size; ++i) read.push_back(static_cast<std::byte>(i8()));
    return read;
  }
  bool atEnd() const { return at_ == bytes_.size(); }

 private:
  std::int64_t number(int size) {
    if (bytes_.size() - at_ < static_cast<std::size_t>(size)) abort();
    std::uint64_t value = 0;
    for (int i = 0; i < size; ++i) value = value << 8 | static_cast<std::uint64_t>(bytes_[at_++]);
    const int unused = 64 - 8 * size;
    return static_cast<std::int64_t>(value << unused) >> unused;
  }
  std::vector<std::byte> bytes_;
  std::size_t at_ = 0;
};

}  // namespace broker_test
