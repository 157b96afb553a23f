// SPDX-License-Identifier: Apache-2.0
#include "processors/text/base_encoding.h"

#include <fmt/format.h>

#include <optional>

namespace millrace::processors {
namespace {

constexpr std::string_view alphabetOf(Base base) {
  switch (base) {
    case Base::kHexadecimal:
      return "0123456789abcdef";
    case Base::kBase32:
      return "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    case Base::kBase64:
      return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  }
  return {};
}

unsigned groupOf(Base base) { return base == Base::kBase64 ? 4 : base == Base::kBase32 ? 8 : 1; }

std::optional<std::uint32_t> valueOf(Base base, char character) {
  const auto between = [&](char from, char to) { return character >= from && character <= to; };
  const auto offset = [&](char from, unsigned start) {
    return static_cast<std::uint32_t>(character - from) + start;
  };
  switch (base) {
    case Base::kHexadecimal:
      if (between('0', '9')) return offset('0', 0);
      if (between('a', 'f')) return offset('a', 10);
      if (between('A', 'F')) return offset('A', 10);
      break;
    case Base::kBase32:
      if (between('A', 'Z')) return offset('A', 0);
      if (between('a', 'z')) return offset('a', 0);
      if (between('2', '7')) return offset('2', 26);
      break;
    case Base::kBase64:
      if (between('A', 'Z')) return offset('A', 0);
      if (between('a', 'z')) return offset('a', 26);
      if (between('0', '9')) return offset('0', 52);
      if (character == '+' || character == '-') return 62;
      if (character == '/' || character == '_') return 63;
      break;
  }
  return std::nullopt;
}

}  // namespace

BaseEncoder::BaseEncoder(Base base, std::uint64_t lineLength)
    : bits_(static_cast<unsigned>(base)),
      group_(groupOf(base)),
      lineLength_(base == Base::kHexadecimal ? 0 : lineLength / group_ * group_) {}

void BaseEncoder::put(char character, std::string& into) {
  into += character;
  ++written_;
  if (lineLength_ == 0 || ++inLine_ < lineLength_) return;
  into += '\n';
  inLine_ = 0;
}

void BaseEncoder::add(ByteView bytes, std::string& into) {
  const std::string_view alphabet = alphabetOf(static_cast<Base>(bits_));
  for (const std::byte byte : bytes) {
    pending_ = pending_ << 8U | std::to_integer<std::uint32_t>(byte);
    for (pendingBits_ += 8; pendingBits_ >= bits_;) {
      pendingBits_ -= bits_;
      put(alphabet[pending_ >> pendingBits_], into);
      pending_ &= (1U << pendingBits_) - 1;
    }
  }
}

void BaseEncoder::finish(std::string& into) {
  if (pendingBits_ > 0)
    put(alphabetOf(static_cast<Base>(bits_))[pending_ << (bits_ - pendingBits_)], into);
  while (written_ % group_ != 0) put('=', into);
  if (inLine_ > 0) into += '\n';
  inLine_ = 0;
}

BaseDecoder::BaseDecoder(Base base) : base_(base) {}

Result<> BaseDecoder::add(ByteView text, std::string& into) {
  const auto bits = static_cast<unsigned>(base_);
  for (const char character : asText(text)) {
    ++position_;
    const auto value = valueOf(base_, character);
    if (!value) {
      const bool blank = character == ' ' || (character >= '\t' && character <= '\r');
      if (base_ != Base::kHexadecimal && (blank || character == '=')) {
        ended_ = ended_ || character == '=';
        continue;
      }
      return Error::user(
          fmt::format("byte {} of the content is no character of the encoding", position_));
    }
    if (ended_) continue;
    pending_ = pending_ << bits | *value;
    pendingBits_ += bits;
    if (pendingBits_ < 8) continue;
    pendingBits_ -= 8;
    into += static_cast<char>(pending_ >> pendingBits_);
    pending_ &= (1U << pendingBits_) - 1;
  }
  return Done{};
}

Result<> BaseDecoder::finish() const {
  if (base_ != Base::kHexadecimal || pendingBits_ == 0) return Done{};
  return Error::user("the content ends with half a byte");
}

}  // namespace millrace::processors
