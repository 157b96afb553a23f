// SPDX-License-Identifier: Apache-2.0
#include "log-backend/segment/tail_scan.h"

namespace millrace::log {

Result<std::uint64_t> scanTail(File& file, std::uint64_t from, const FrameAt& frameAt) {
  const std::uint64_t size = MR_TRY(file.size());
  while (from < size) {
    const std::uint64_t length = MR_TRY(frameAt(file, from, size));
    if (length == 0) break;
    from += length;
  }
  return from;
}

}  // namespace millrace::log
