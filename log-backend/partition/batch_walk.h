// SPDX-License-Identifier: Apache-2.0
#pragma once
// Walks over the batches of a segment file.
// Threads: as the File.

#include "engine/base/file_system.h"
#include "log-backend/partition/batch_header.h"

#include <functional>

namespace millrace::log {

enum class Checked : std::uint8_t { kHeader, kCrc };

/// What a visitor of batches wants next.
enum class Walk : std::uint8_t { kOn, kStop };

/// `batch` lives for the call.
using BatchVisitor =
    std::function<Result<Walk>(std::uint64_t position, const BatchHeader& header, ByteView batch)>;

/// Visits the whole batches in [from, to) of the file and returns the position behind the last one
/// visited: below `to` when the visitor stopped, or when what follows is no whole batch. A walk
/// with kCrc does not show a batch whose CRC is wrong, nor what follows it.
Result<std::uint64_t> walkBatches(File& file, std::uint64_t from, std::uint64_t to, Checked checked,
                                  const BatchVisitor& visit);

/// The same without the records, for look-ups: reads little more than the headers.
using HeaderVisitor = std::function<Walk(std::uint64_t position, const BatchHeader& header)>;
Result<std::uint64_t> walkHeaders(File& file, std::uint64_t from, std::uint64_t to,
                                  const HeaderVisitor& visit);

}  // namespace millrace::log
