// SPDX-License-Identifier: Apache-2.0
#include "log-backend/embedded/embedded_producer.h"

#include "log-backend/client/partitioner.h"
#include "log-backend/partition/batch_records.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::log {
namespace {

/// What a record costs beside its key, value and headers: lengths, offsets, the batch's head.
constexpr std::uint64_t kRecordOverhead = 128;

Result<Codec> codecOf(const std::string& name) {
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

}  // namespace

Result<std::unique_ptr<LogProducer>> EmbeddedProducer::make(EmbeddedLog& log,
                                                            ProducerOptions options) {
  const Codec codec = MR_TRY(codecOf(options.compression));
  return std::unique_ptr<LogProducer>(new EmbeddedProducer(log, std::move(options), codec));
}

Result<std::size_t> EmbeddedProducer::targetOf(ProduceWork& work, const OutRecord& record) {
  const auto topic = MR_TRY(log_.topic(std::string(record.topic)));
  const std::int32_t count = topic->entry.partitions;
  std::int32_t number = 0;
  if (record.partition.has_value()) {
    number = *record.partition;
    if (number < 0 || number >= count) {
      return Error::user(
          fmt::format("topic '{}' has partitions 0 to {}, there is none of number {}", record.topic,
                      count - 1, number));
    }
  } else if (record.key.has_value() && options_.spread == Spread::kByKey) {
    number = partitionOfKey(*record.key, count);
  } else {
    number = static_cast<std::int32_t>(turn_.fetch_add(1) % static_cast<std::uint32_t>(count));
  }
  const LogPartitionId id{topic->entry.id.high, topic->entry.id.low,
                          static_cast<std::uint32_t>(number)};
  const auto known = std::find_if(work.targets.begin(), work.targets.end(),
                                  [&](const auto& target) { return target.id == id; });
  if (known != work.targets.end()) return static_cast<std::size_t>(known - work.targets.begin());
  work.targets.push_back({id, topic->partitions[static_cast<std::size_t>(number)]});
  return work.targets.size() - 1;
}

Result<std::unique_ptr<LogWork>> EmbeddedProducer::send(std::span<const OutRecord> records) {
  auto work = std::make_unique<ProduceWork>();
  work->codec = codec_;
  work->items.reserve(records.size());
  std::vector<RecordHeader> headers;
  for (const OutRecord& record : records) {
    ProduceWork::Item item;
    item.target = MR_TRY(targetOf(*work, record));
    item.at = work->bytes.size();
    const auto add = [&](ByteView bytes) {
      work->bytes.insert(work->bytes.end(), bytes.begin(), bytes.end());
      return static_cast<std::int64_t>(bytes.size());
    };
    if (record.key.has_value()) item.keyBytes = add(*record.key);
    if (record.value.has_value()) item.valueBytes = add(*record.value);
    if (!record.headers.empty()) {
      headers.clear();
      for (const LogHeader& each : record.headers) headers.push_back({each.name, each.value});
      item.headerBytes = static_cast<std::size_t>(add(encodeHeaders(headers)));
      item.headerCount = static_cast<std::int32_t>(headers.size());
    }
    const std::uint64_t size = work->bytes.size() - item.at + kRecordOverhead;
    const PartitionConfig config = work->targets[item.target].partition->config();
    if (size > static_cast<std::uint64_t>(config.maxMessageBytes) ||
        size > options_.maxRecordBytes + kRecordOverhead) {
      return Error::user(fmt::format(
          "a record of {} bytes for topic '{}' is longer than Max Request Size ({}) or the topic's "
          "max.message.bytes ({}), raise the smaller one",
          size - kRecordOverhead, record.topic, options_.maxRecordBytes, config.maxMessageBytes));
    }
    if (config.compacts && !record.key.has_value()) {
      return Error::user(
          fmt::format("topic '{}' is compacted and takes no record without a key", record.topic));
    }
    work->items.push_back(item);
  }
  return std::unique_ptr<LogWork>(std::move(work));
}

}  // namespace millrace::log
