// SPDX-License-Identifier: Apache-2.0
#include "log-backend/producer/record_batches.h"

#include "log-backend/partition/batch_records.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace millrace::log {
namespace {

/// Lengths, deltas and counts of a record, and of one of its headers.
constexpr std::uint64_t kRecordHead = 32;
constexpr std::uint64_t kHeaderHead = 10;

}  // namespace

Result<Codec> codecNamed(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Codec>, 5> kCodecs{{{"none", Codec::kNone},
                                                                       {"gzip", Codec::kGzip},
                                                                       {"snappy", Codec::kSnappy},
                                                                       {"lz4", Codec::kLz4},
                                                                       {"zstd", Codec::kZstd}}};
  for (const auto& [text, codec] : kCodecs) {
    if (text == name) return codec;
  }
  return Error::user(fmt::format("there is no compression '{}'", name));
}

std::uint64_t encodedSize(const OutRecord& record) {
  std::uint64_t size = kRecordHead;
  if (record.key.has_value()) size += record.key->size();
  if (record.value.has_value()) size += record.value->size();
  for (const LogHeader& each : record.headers)
    size += kHeaderHead + each.name.size() + (each.value.has_value() ? each.value->size() : 0);
  return size;
}

std::vector<std::vector<const OutRecord*>> cutIntoBatches(std::span<const OutRecord* const> records,
                                                          std::uint64_t most) {
  std::vector<std::vector<const OutRecord*>> batches;
  std::uint64_t filled = most;
  for (const OutRecord* record : records) {
    const std::uint64_t size = encodedSize(*record);
    if (batches.empty() || filled + size > most) {
      batches.emplace_back();
      filled = kBatchHeaderBytes;
    }
    batches.back().push_back(record);
    filled += size;
  }
  return batches;
}

Result<std::vector<std::byte>> encodeBatch(std::span<const OutRecord* const> records,
                                           const BatchHeader& fields, Millis now) {
  BatchBuilder builder(fields);
  std::vector<RecordHeader> headers;
  Offset offset = 0;
  for (const OutRecord* record : records) {
    headers.clear();
    for (const LogHeader& each : record->headers) headers.push_back({each.name, each.value});
    const std::vector<std::byte> encoded = encodeHeaders(headers);
    RecordView view;
    view.offset = offset++;
    view.timestamp = now;
    view.key = record->key;
    view.value = record->value;
    view.headerCount = static_cast<std::int32_t>(headers.size());
    view.headers = encoded;
    builder.add(view);
  }
  return builder.finish();
}

}  // namespace millrace::log
