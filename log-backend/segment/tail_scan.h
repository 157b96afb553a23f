// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds the end of what is whole in a segment: the framing says how long the frame at an offset is.
//
// Threads: as the File.

#include "engine/base/file_system.h"

#include <functional>

namespace millrace::log {

/// How many bytes the whole frame at `offset` takes, with what aligns the next one; 0 when no whole
/// frame stands there. `size`: of the file.
using FrameAt =
    std::function<Result<std::uint64_t>(File& file, std::uint64_t offset, std::uint64_t size)>;

/// Walks from `from`, frame by frame, and returns the offset behind the last whole one.
Result<std::uint64_t> scanTail(File& file, std::uint64_t from, const FrameAt& frameAt);

}  // namespace millrace::log
