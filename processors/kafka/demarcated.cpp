// SPDX-License-Identifier: Apache-2.0
#include "processors/kafka/demarcated.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::processors {

Result<std::optional<std::string_view>> DemarcatedContent::next() {
  while (true) {
    const std::size_t found = buffer_.find(demarcator_, std::max(at_, searched_));
    const bool whole = found != std::string::npos;
    const std::size_t end = whole ? found : buffer_.size();
    if (end - at_ > longest_) {
      return Error::user(fmt::format(
          "a part of the content is longer than Max Request Size ({} bytes)", longest_));
    }
    if (whole || (ended_ && end > at_)) {
      const auto part = std::string_view(buffer_).substr(at_, end - at_);
      at_ = searched_ = whole ? end + demarcator_.size() : end;
      if (!part.empty()) return std::optional<std::string_view>(part);
      continue;
    }
    if (ended_) return std::optional<std::string_view>();
    // A demarcator may begin in what is there and end in what comes.
    const std::size_t left = buffer_.size() - at_;
    const std::size_t open = std::min(left, demarcator_.size() - 1);
    buffer_.erase(0, at_);
    at_ = 0;
    searched_ = left - open;
    const ByteView more = MR_TRY(content_.next());
    buffer_.append(asText(more));
    ended_ = more.empty();
  }
}

}  // namespace millrace::processors
