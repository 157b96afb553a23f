// SPDX-License-Identifier: Apache-2.0
#include "processors/text/charset.h"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace millrace::processors {

namespace {

/// An open conversion of the C library.
class Conversion {
 public:
  static Result<Conversion> open(const std::string& to, const std::string& from) {
    const iconv_t handle = iconv_open(to.c_str(), from.c_str());
    if (handle == reinterpret_cast<iconv_t>(-1)) {
      return Error::user(fmt::format("there is no character set to convert {} to {}", from, to));
    }
    return Conversion(handle);
  }
  Conversion(Conversion&& other) noexcept : handle_(std::exchange(other.handle_, kNone)) {}
  Conversion& operator=(Conversion&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Conversion() {
    if (handle_ != kNone) iconv_close(handle_);
  }

  /// Appends the converted text; returns how many bytes were used. It stops at an incomplete
  /// character at the end. What cannot be converted becomes `substitute`, `step` bytes at a time.
  template <typename Step>
  std::size_t run(std::string_view from, std::string_view substitute, Step step,
                  std::string& into) {
    std::array<char, 4096> room{};
    std::size_t used = 0;
    while (used < from.size()) {
      char* in = const_cast<char*>(from.data() + used);  // iconv's signature predates const
      std::size_t inLeft = from.size() - used;
      char* out = room.data();
      std::size_t outLeft = room.size();
      const std::size_t result = iconv(handle_, &in, &inLeft, &out, &outLeft);
      const int failure = result == static_cast<std::size_t>(-1) ? errno : 0;
      into.append(room.data(), room.size() - outLeft);
      used = from.size() - inLeft;
      if (failure == EINVAL) break;
      if (failure == EILSEQ) {
        into += substitute;
        used = std::min(from.size(), used + step(from.substr(used)));
      }
    }
    return used;
  }

 private:
  static inline const iconv_t kNone = reinterpret_cast<iconv_t>(-1);
  explicit Conversion(iconv_t handle) : handle_(handle) {}
  iconv_t handle_;
};

/// The bytes of the UTF-8 character at the head.
std::size_t characterLength(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && length < 4 &&
         (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
    ++length;
  }
  return length;
}

/// The bytes of malformed UTF-8 that one replacement stands for: as many as could have begun a
/// character (the Unicode Standard, section 3.9, table 3-8).
std::size_t malformedLength(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = at(0);
  const std::size_t whole = first >= 0xF0 && first <= 0xF4   ? 4
                            : first >= 0xE0 && first <= 0xEF ? 3
                            : first >= 0xC2 && first <= 0xDF ? 2
                                                             : 1;
  std::size_t length = 1;
  while (length < whole && length < text.size()) {
    unsigned lowest = 0x80;
    unsigned highest = 0xBF;
    if (length == 1 && first == 0xE0) lowest = 0xA0;
    if (length == 1 && first == 0xED) highest = 0x9F;
    if (length == 1 && first == 0xF0) lowest = 0x90;
    if (length == 1 && first == 0xF4) highest = 0x8F;
    if (at(length) < lowest || at(length) > highest) break;
    ++length;
  }
  return length;
}

}  // namespace

Result<Charset> Charset::find(std::string_view name) {
  std::string upper;
  for (const char c : name) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  Charset charset;
  if (upper == "UTF-8" || upper == "UTF8" || upper == "US-ASCII" || upper == "ASCII") {
    charset.isPlain_ = true;
    charset.name_ = upper.starts_with("UTF") ? "UTF-8" : "US-ASCII";
    return charset;
  }
  charset.hasByteOrderMark_ = upper == "UTF-16";
  charset.name_ = upper == "UTF-16" ? "UTF-16BE" : upper;
  if (charset.name_.find('/') != std::string::npos) {  // an option of the converter, no name
    return Error::user(fmt::format("there is no character set '{}'; use one such as UTF-8", name));
  }
  if (auto tried = Conversion::open("UTF-8", charset.name_); !tried.ok()) {
    return Error::user(fmt::format("there is no character set '{}'; use one such as UTF-8", name));
  }
  return charset;
}

Result<std::string> Charset::decode(std::string_view bytes) const {
  if (isPlain()) return std::string(bytes);
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string text;
  auto conversion = MR_TRY(Conversion::open("UTF-8", name_));
  const std::size_t used = conversion.run(
      bytes, kReplacement, [](std::string_view) { return std::size_t{1}; }, text);
  if (used < bytes.size()) text += kReplacement;
  return text;
}

Result<std::string> Charset::encode(std::string_view utf8) const {
  if (isPlain()) return std::string(utf8);
  std::string bytes;
  auto conversion = MR_TRY(Conversion::open(name_, "UTF-8"));
  conversion.run(utf8, "?", characterLength, bytes);
  return bytes;
}

struct DecodedContent::Converter {
  Conversion conversion;
  bool detectsOrder;
  std::size_t unit;  // bytes to skip behind what is wrong; 0: those of UTF-8
  std::string_view malformed;
};

DecodedContent::DecodedContent(ContentReader& content, std::unique_ptr<Converter> converter)
    : content_(content), converter_(std::move(converter)) {}
DecodedContent::~DecodedContent() = default;

Result<std::unique_ptr<DecodedContent>> DecodedContent::make(ContentReader& content,
                                                             const Charset& charset,
                                                             std::string_view malformed) {
  const std::size_t unit = charset.name().starts_with("UTF-16")   ? 2
                           : charset.name().starts_with("UTF-32") ? 4
                           : charset.name() == "UTF-8"            ? 0
                                                                  : 1;
  auto converter =
      std::make_unique<Converter>(Converter{MR_TRY(Conversion::open("UTF-8", charset.name())),
                                            charset.hasByteOrderMark(), unit, malformed});
  return std::unique_ptr<DecodedContent>(new DecodedContent(content, std::move(converter)));
}

Result<> DecodedContent::fill() {
  text_.clear();
  given_ = 0;
  while (text_.empty() && !ended_) {
    const ByteView part = MR_TRY(content_.next());
    ended_ = part.empty();
    raw_ += asText(part);
    if (atStart_ && converter_->detectsOrder && raw_.size() < 2 && !ended_) continue;
    if (atStart_ && converter_->detectsOrder) {
      if (raw_.starts_with("\xFF\xFE")) {
        converter_->conversion = MR_TRY(Conversion::open("UTF-8", "UTF-16LE"));
        raw_.erase(0, 2);
      } else if (raw_.starts_with("\xFE\xFF")) {
        raw_.erase(0, 2);
      }
    }
    atStart_ = false;
    const std::size_t unit = converter_->unit;
    raw_.erase(
        0, converter_->conversion.run(
               raw_, converter_->malformed,
               [unit](std::string_view rest) { return unit == 0 ? malformedLength(rest) : unit; },
               text_));
    if (ended_ && !raw_.empty()) {
      text_ += converter_->malformed;
      raw_.clear();
    }
  }
  return Done{};
}

Result<ByteView> DecodedContent::next(std::size_t most) {
  if (given_ == text_.size()) MR_TRY(fill());
  std::string_view part = std::string_view(text_).substr(given_, most);
  // A piece ends where a character does.
  const auto continues = [&](std::size_t at) {
    return at < text_.size() && (static_cast<unsigned char>(text_[at]) & 0xC0U) == 0x80U;
  };
  while (part.size() > 1 && most >= 4 && continues(given_ + part.size())) part.remove_suffix(1);
  given_ += part.size();
  return asBytes(part);
}

Result<std::size_t> DecodedContent::read(std::span<std::byte> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const ByteView part = MR_TRY(next(into.size() - filled));
    if (part.empty()) break;
    std::copy(part.begin(), part.end(), into.begin() + static_cast<std::ptrdiff_t>(filled));
    filled += part.size();
  }
  return filled;
}

struct EncodedContent::Converter {
  Conversion conversion;
};

EncodedContent::EncodedContent(ContentWriter& content, std::unique_ptr<Converter> converter,
                               bool mark)
    : content_(content), converter_(std::move(converter)), needsMark_(mark) {}
EncodedContent::~EncodedContent() = default;

Result<std::unique_ptr<EncodedContent>> EncodedContent::make(ContentWriter& content,
                                                             const Charset& charset) {
  auto converter =
      std::make_unique<Converter>(Converter{MR_TRY(Conversion::open(charset.name(), "UTF-8"))});
  return std::unique_ptr<EncodedContent>(
      new EncodedContent(content, std::move(converter), charset.hasByteOrderMark()));
}

Result<> EncodedContent::write(ByteView bytes) {
  if (bytes.empty()) return Done{};
  std::string raw;
  if (needsMark_) raw = "\xFE\xFF";
  needsMark_ = false;
  std::string question;
  converter_->conversion.run("?", "?", characterLength, question);
  const std::string_view text = asText(bytes);
  const std::size_t used = converter_->conversion.run(text, question, characterLength, raw);
  if (used < text.size()) raw += question;
  return content_.write(std::string_view(raw));
}

}  // namespace millrace::processors
