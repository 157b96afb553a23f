// SPDX-License-Identifier: Apache-2.0
#pragma once
// Records as the batches that go to partitions. Threads: functions of their arguments alone.

#include "log-backend/client/log.h"
#include "log-backend/partition/batch_header.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::log {

/// The codec of a name: none, gzip, snappy, lz4, zstd.
Result<Codec> codecNamed(std::string_view name);

/// How many bytes a record takes in a batch, at most and before it is compressed.
std::uint64_t encodedSize(const OutRecord& record);

/// Cuts what goes to one partition into batches of at most `most` bytes, of at least one record
/// each.
std::vector<std::vector<const OutRecord*>> cutIntoBatches(std::span<const OutRecord* const> records,
                                                          std::uint64_t most);

/// A batch as it goes over the wire; `fields` says codec, producer, epoch and base sequence. All
/// records have one time, so that the same records make the same bytes behind the header.
Result<std::vector<std::byte>> encodeBatch(std::span<const OutRecord* const> records,
                                           const BatchHeader& fields, Millis now);

}  // namespace millrace::log
