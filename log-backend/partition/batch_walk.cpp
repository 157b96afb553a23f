// SPDX-License-Identifier: Apache-2.0
#include "log-backend/partition/batch_walk.h"

#include <algorithm>
#include <array>

namespace millrace::log {
namespace {

constexpr std::size_t kChunk = 1U << 20U;

/// A part of the file in memory, moved forward as the walk goes.
class Window {
 public:
  Window(File& file, std::uint64_t to) : file_(file), to_(to) {}
  /// At least `wanted` bytes at `position`, fewer only at the end.
  Result<ByteView> at(std::uint64_t position, std::uint64_t wanted) {
    const std::uint64_t end = std::min(to_, position + wanted);
    if (position < start_ || end > start_ + filled_) {
      const std::uint64_t size = std::min(to_ - position, std::max<std::uint64_t>(kChunk, wanted));
      bytes_.resize(static_cast<std::size_t>(size));
      start_ = position;
      filled_ = MR_TRY(file_.readAt(position, bytes_));
    }
    const auto skipped = static_cast<std::size_t>(position - start_);
    return ByteView(bytes_).first(filled_).subspan(std::min(skipped, filled_));
  }

 private:
  File& file_;
  const std::uint64_t to_;
  std::vector<std::byte> bytes_;
  std::uint64_t start_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace

Result<std::uint64_t> walkBatches(File& file, std::uint64_t from, std::uint64_t to, Checked checked,
                                  const BatchVisitor& visit) {
  Window window(file, to);
  while (from < to) {
    const ByteView head = MR_TRY(window.at(from, kBatchHeaderBytes));
    const auto header = readBatchHeader(head);
    if (!header.has_value() || header->size() > to - from) break;
    const ByteView rest = MR_TRY(window.at(from, header->size()));
    if (rest.size() < header->size()) break;
    const ByteView batch = rest.first(static_cast<std::size_t>(header->size()));
    if (checked == Checked::kCrc && !crcMatches(batch)) break;
    if (MR_TRY(visit(from, *header, batch)) == Walk::kStop) break;
    from += header->size();
  }
  return from;
}

Result<std::uint64_t> walkHeaders(File& file, std::uint64_t from, std::uint64_t to,
                                  const HeaderVisitor& visit) {
  std::array<std::byte, 4096> chunk{};
  std::uint64_t start = 0;
  std::size_t filled = 0;
  while (from < to) {
    if (from < start || from + kBatchHeaderBytes > start + filled) {
      start = from;
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), to - from));
      filled = MR_TRY(file.readAt(from, std::span(chunk).first(size)));
    }
    const auto skipped = static_cast<std::size_t>(from - start);
    const auto header = readBatchHeader(ByteView(chunk).first(filled).subspan(skipped));
    if (!header.has_value() || header->size() > to - from) break;
    if (visit(from, *header) == Walk::kStop) break;
    from += header->size();
  }
  return from;
}

}  // namespace millrace::log
