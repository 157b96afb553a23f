// SPDX-License-Identifier: Apache-2.0
#include "processors/http/received_response.h"

#include "processors/http/digest_authentication.h"
#include "processors/text/charset.h"

#include <algorithm>

namespace millrace::processors {
namespace {

class TextContent final : public ContentReader {
 public:
  explicit TextContent(std::string_view text) : text_(text) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const ByteView part = MR_TRY(next(into.size()));
    std::copy(part.begin(), part.end(), into.begin());
    return part.size();
  }
  Result<ByteView> next(std::size_t most) override {
    const std::string_view part = text_.substr(0, most);
    text_.remove_prefix(part.size());
    return asBytes(part);
  }
  std::uint64_t size() const override { return text_.size(); }

 private:
  std::string_view text_;
};

}  // namespace

Result<ByteView> ResponseBody::next(std::size_t most) {
  if (left_.empty()) left_ = MR_TRY(response_.next());
  const ByteView part = left_.first(std::min(most, left_.size()));
  left_ = left_.subspan(part.size());
  return part;
}

Result<std::size_t> ResponseBody::read(std::span<std::byte> into) {
  const ByteView part = MR_TRY(next(into.size()));
  std::copy(part.begin(), part.end(), into.begin());
  return part.size();
}

BodyText::BodyText(std::string_view contentType, std::uint64_t most)
    : charset_(parameterOf(contentType, "charset").value_or("UTF-8")), most_(most) {}

void BodyText::add(ByteView bytes) {
  const std::string_view more = asText(bytes);
  const std::uint64_t room = most_ - std::min<std::uint64_t>(most_, text_.size());
  cut_ = cut_ || more.size() > room;
  text_ += more.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(room, more.size())));
}

Result<std::string> BodyText::take() {
  const auto charset = Charset::find(charset_);
  if (!charset.ok() || charset->isPlain()) {
    std::size_t length = text_.size();
    // The first byte that was cut off may have continued a character.
    if (cut_) {
      std::size_t start = length;
      while (start > 0 && (static_cast<unsigned char>(text_[start - 1]) & 0xc0U) == 0x80U) --start;
      if (start > 0) {
        const auto lead = static_cast<unsigned char>(text_[start - 1]);
        const std::size_t wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
        if (length - start + 1 < wanted) length = start - 1;
      }
    }
    text_.resize(length);
    return std::move(text_);
  }
  TextContent content(text_);
  const auto decoded = MR_TRY(DecodedContent::make(content, *charset));
  std::string text;
  while (true) {
    const auto part = decoded->next(4096);
    if (!part.ok()) break;  // half a character at the end
    if (part->empty()) break;
    text += asText(*part);
  }
  return text;
}

}  // namespace millrace::processors
