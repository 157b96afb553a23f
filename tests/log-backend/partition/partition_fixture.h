// SPDX-License-Identifier: Apache-2.0
#pragma once
// Batches to append, and everything that is in a partition as plain values.

#include "engine/base/fault_file_system.h"
#include "log-backend/partition/partition.h"

#include <cstdlib>

namespace partition_test {

using namespace millrace;
using namespace millrace::log;

struct Line {
  Offset offset = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  Millis timestamp = 0;
  bool operator==(const Line&) const = default;
};

inline std::optional<ByteView> viewOf(const std::optional<std::string>& text) {
  if (!text.has_value()) return std::nullopt;
  return asBytes(*text);
}

/// A batch of records of which only key, value and timestamp count.
inline std::vector<std::byte> batchOf(const std::vector<Line>& lines, BatchHeader fields = {}) {
  BatchBuilder builder(fields);
  Offset offset = 0;
  for (const Line& line : lines) {
    RecordView record;
    record.offset = offset++;
    record.timestamp = line.timestamp;
    record.key = viewOf(line.key);
    record.value = viewOf(line.value);
    builder.add(record);
  }
  return *builder.finish();
}

inline std::vector<std::byte> batchOf(const std::string& value, Millis timestamp = 0,
                                      BatchHeader fields = {}) {
  return batchOf({{0, "k", value, timestamp}}, fields);
}

inline BatchHeader producer(std::int64_t id, std::int16_t epoch, std::int32_t sequence,
                            bool transactional = false) {
  BatchHeader fields;
  fields.producerId = id;
  fields.producerEpoch = epoch;
  fields.baseSequence = sequence;
  if (transactional) fields.attributes = BatchHeader::kTransactional;
  return fields;
}

enum class Markers { kSkipped, kShown };

inline std::optional<std::string> textOf(const std::optional<ByteView>& bytes) {
  if (!bytes.has_value()) return std::nullopt;
  return std::string(asText(*bytes));
}

/// Appends the records at or after `from` of a fetched range; where the next fetch goes on.
inline Offset linesOf(ByteView bytes, Offset from, std::vector<Line>& lines,
                      Markers markers = Markers::kSkipped) {
  Offset next = from;
  while (const auto header = readBatchHeader(bytes)) {
    if (header->size() > bytes.size()) break;
    const ByteView batch = bytes.first(header->size());
    if (!crcMatches(batch)) abort();
    auto records = BatchRecords::open(*header, batch);
    if (!records.ok()) abort();
    RecordView record;
    while (records->next(record)) {
      if (record.offset < from || (header->control() && markers == Markers::kSkipped)) continue;
      lines.push_back({record.offset, textOf(record.key), textOf(record.value), record.timestamp});
    }
    if (records->damaged()) abort();
    next = header->nextOffset();
    bytes = bytes.subspan(batch.size());
  }
  return next;
}

/// Everything from an offset to the limit of the isolation, read by fetches of `maxBytes`.
inline std::vector<Line> readAll(Partition& partition, Offset from,
                                 Isolation isolation = Isolation::kReadUncommitted,
                                 std::uint64_t maxBytes = 1000) {
  std::vector<Line> lines;
  while (true) {
    const FetchResult part = partition.fetch({from, maxBytes, true, isolation});
    if (!part.ok() || part.length == 0) return lines;
    const auto bytes = part.read();
    if (!bytes.ok()) return lines;
    const Offset next = linesOf(*bytes, from, lines);
    if (next <= from) abort();
    from = next;
  }
}

inline std::vector<std::string> valuesOf(const std::vector<Line>& lines) {
  std::vector<std::string> values;
  for (const Line& line : lines) values.push_back(line.value.value_or("(none)"));
  return values;
}

inline std::uint64_t rounds(std::uint64_t whole) {
  const char* factor = std::getenv("MILLRACE_ROUNDS");
  const double scale = factor != nullptr ? std::strtod(factor, nullptr) : 0.1;
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(whole) * scale));
}

}  // namespace partition_test
