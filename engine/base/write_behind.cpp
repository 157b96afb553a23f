// SPDX-License-Identifier: Apache-2.0
#include "engine/base/write_behind.h"

#include "engine/base/streamed_file.h"

#include <algorithm>

namespace millrace {

Result<> WriteBehind::wroteUpTo(File& file, std::uint64_t end) {
  if (!isDue(end)) return Done{};
  StreamedFile* const stream = streamed(file);
  if (stream == nullptr) return Done{};
  // One window is on its way while the next one fills; the one before must have arrived, so that
  // a slow medium slows the writer down instead of filling the memory.
  const std::uint64_t before = begun_;
  MR_TRY(stream->beginWriteBack(before, end - before));
  begun_ = end;
  if (before == arrived_) return Done{};
  MR_TRY(stream->awaitWriteBack(arrived_, before - arrived_));
  arrived_ = before;
  if (std::max(expected_, end) <= stream->cacheShare()) return Done{};
  stream->forgetCached(forgotten_, arrived_ - forgotten_);
  forgotten_ = arrived_;
  return Done{};
}

void readBehind(File& file, std::uint64_t start, std::uint64_t length, std::uint64_t from,
                std::uint64_t to) {
  const std::uint64_t window = to / kStreamWindow;
  if (from / kStreamWindow == window) return;
  StreamedFile* const stream = streamed(file);
  if (stream == nullptr || length <= stream->cacheShare()) return;
  const std::uint64_t first = from / kStreamWindow * kStreamWindow;
  stream->forgetCached(start + first, window * kStreamWindow - first);
}

}  // namespace millrace
