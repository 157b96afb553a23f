// SPDX-License-Identifier: Apache-2.0
#include "processors/formats/flowfile_v3.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace millrace::processors {

namespace {

constexpr std::string_view kMagic = "NiFiFF3";
constexpr std::uint32_t kLongField = 0xFFFF;
constexpr std::uint64_t kMostAttributes = 16 * 1024 * 1024;  // bytes of one package

template <typename Number>
void appendBigEndian(Number number, std::string& out) {
  for (std::size_t shift = sizeof number * 8; shift > 0; shift -= 8) {
    out.push_back(static_cast<char>((number >> (shift - 8)) & 0xFFU));
  }
}

template <typename Number>
Number fromBigEndian(std::string_view bytes) {
  Number number = 0;
  for (const char c : bytes)
    number = static_cast<Number>((number << 8U) | static_cast<unsigned char>(c));
  return number;
}

void appendFieldLength(std::size_t length, std::string& out) {
  if (length < kLongField) {
    appendBigEndian(static_cast<std::uint16_t>(length), out);
  } else {
    appendBigEndian(static_cast<std::uint16_t>(kLongField), out);
    appendBigEndian(static_cast<std::uint32_t>(length), out);
  }
}

void appendField(std::string_view text, std::string& out) {
  appendFieldLength(text.size(), out);
  out += text;
}

}  // namespace

void appendPackageHeader(PackageVersion version, const expression::AttributeSource& attributes,
                         std::uint64_t contentSize, std::string& out) {
  if (version == PackageVersion::kV3) out += kMagic;
  std::size_t count = 0;
  attributes.forEachAttribute([&](std::string_view, std::string_view) { ++count; });
  appendFieldLength(count, out);
  attributes.forEachAttribute([&](std::string_view key, std::string_view value) {
    appendField(key, out);
    appendField(value, out);
  });
  appendBigEndian(contentSize, out);
}

Result<bool> PackageReader::atEnd() {
  if (ahead_.empty()) ahead_ = MR_TRY(source_.next());
  return ahead_.empty();
}

Result<> PackageReader::take(std::size_t count, char* into) {
  while (count > 0) {
    if (MR_TRY(atEnd())) {
      return Error::user(fmt::format("a FlowFile package ends too early, at byte {}", used_));
    }
    const std::size_t part = std::min(count, ahead_.size());
    std::memcpy(into, ahead_.data(), part);
    ahead_ = ahead_.subspan(part);
    used_ += part;
    into += part;
    count -= part;
  }
  return Done{};
}

Result<std::uint32_t> PackageReader::fieldLength() {
  std::array<char, 4> bytes;
  MR_TRY(take(2, bytes.data()));
  const auto small = fromBigEndian<std::uint16_t>({bytes.data(), 2});
  if (small < kLongField) return std::uint32_t{small};
  MR_TRY(take(4, bytes.data()));
  return fromBigEndian<std::uint32_t>({bytes.data(), 4});
}

Result<std::string> PackageReader::text() {
  const std::uint32_t length = MR_TRY(fieldLength());
  headLeft_ -= std::min<std::uint64_t>(headLeft_, length + 2);
  if (headLeft_ == 0) {
    return Error::user(
        fmt::format("a FlowFile package has more than {} bytes of attributes, up to byte {}",
                    kMostAttributes, used_));
  }
  if (length > source_.size() - used_) {
    return Error::user(fmt::format(
        "a FlowFile package has an attribute of {} bytes at byte {}, more than there are", length,
        used_));
  }
  std::string text(length, '\0');
  MR_TRY(take(length, text.data()));
  return text;
}

Result<std::optional<PackageHeader>> PackageReader::next() {
  while (left_ > 0) (void)MR_TRY(content());
  if (MR_TRY(atEnd())) return std::optional<PackageHeader>();
  if (version_ == PackageVersion::kV3) {
    std::array<char, kMagic.size()> magic;
    MR_TRY(take(magic.size(), magic.data()));
    if (std::string_view(magic.data(), magic.size()) != kMagic) {
      return Error::user(fmt::format("there is no FlowFile package of version 3 at byte {}",
                                     used_ - magic.size()));
    }
  }
  PackageHeader header;
  headLeft_ = kMostAttributes;
  const std::uint32_t count = MR_TRY(fieldLength());
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string key = MR_TRY(text());
    header.attributes.emplace_back(std::move(key), MR_TRY(text()));
  }
  std::array<char, 8> size;
  MR_TRY(take(size.size(), size.data()));
  header.contentSize = fromBigEndian<std::uint64_t>({size.data(), size.size()});
  if (header.contentSize > source_.size() - used_) {
    return Error::user(
        fmt::format("a FlowFile package ends too early: {} bytes of content at byte {} of {}",
                    header.contentSize, used_, source_.size()));
  }
  left_ = header.contentSize;
  return std::optional(std::move(header));
}

Result<ByteView> PackageReader::content() {
  if (left_ == 0) return ByteView{};
  if (MR_TRY(atEnd())) {
    return Error::user(fmt::format("a FlowFile package ends too early, at byte {}", used_));
  }
  const ByteView part =
      ahead_.first(static_cast<std::size_t>(std::min<std::uint64_t>(left_, ahead_.size())));
  ahead_ = ahead_.subspan(part.size());
  used_ += part.size();
  left_ -= part.size();
  return part;
}

}  // namespace millrace::processors
