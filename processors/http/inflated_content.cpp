// SPDX-License-Identifier: Apache-2.0
#include "processors/http/inflated_content.h"

#include <algorithm>

namespace millrace::processors {
namespace {

// gzip can make a thousand times as much of it: so much is in memory at once.
constexpr std::size_t kStep = 4 * 1024;

}  // namespace

Result<std::unique_ptr<InflatedContent>> InflatedContent::make(ContentReader& compressed) {
  auto codec = MR_TRY(makeDecompressor(CodecFormat::kGzip));
  return std::unique_ptr<InflatedContent>(new InflatedContent(compressed, std::move(codec)));
}

Result<ByteView> InflatedContent::next(std::size_t most) {
  while (used_ == collected_.text.size() && !ended_) {
    collected_.text.clear();
    used_ = 0;
    const ByteView part = MR_TRY(compressed_.next(kStep));
    if (part.empty()) {
      ended_ = true;
      MR_TRY(codec_->finish(collected_));
    } else {
      MR_TRY(codec_->push(part, collected_));
    }
  }
  const ByteView left = asBytes(collected_.text).subspan(used_);
  const ByteView part = left.first(std::min(most, left.size()));
  used_ += part.size();
  return part;
}

Result<std::size_t> InflatedContent::read(std::span<std::byte> into) {
  const ByteView part = MR_TRY(next(into.size()));
  std::copy(part.begin(), part.end(), into.begin());
  return part.size();
}

Result<> copyContent(ContentReader& from, ContentWriter& to) {
  while (true) {
    const ByteView part = MR_TRY(from.next());
    if (part.empty()) return Done{};
    MR_TRY(to.write(part));
  }
}

}  // namespace millrace::processors
