// SPDX-License-Identifier: Apache-2.0
#include "log-backend/transaction/transaction.h"

#include "log-backend/protocol/wire.h"

#include <map>

namespace millrace::log {
namespace {

using wire::Lengths;
using wire::WireReader;
using wire::WireWriter;

constexpr std::int16_t kKeyVersion = 0;
constexpr std::int16_t kValueVersion = 0;

}  // namespace

std::string_view textOf(TransactionState state) {
  switch (state) {
    case TransactionState::kEmpty:
      return "Empty";
    case TransactionState::kOngoing:
      return "Ongoing";
    case TransactionState::kPrepareCommit:
      return "PrepareCommit";
    case TransactionState::kPrepareAbort:
      return "PrepareAbort";
    case TransactionState::kCompleteCommit:
      return "CompleteCommit";
    case TransactionState::kCompleteAbort:
      return "CompleteAbort";
  }
  return "";
}

std::vector<std::byte> encodeTransactionKey(const std::string& id) {
  WireWriter writer(Lengths::kFixed);
  writer.int16(kKeyVersion);
  writer.string(id);
  return writer.take();
}

std::optional<std::string> decodeTransactionKey(ByteView bytes) {
  WireReader reader(bytes, Lengths::kFixed);
  if (reader.int16() != kKeyVersion) return std::nullopt;
  std::string id = reader.string();
  if (reader.failed() || !reader.atEnd()) return std::nullopt;
  return id;
}

std::vector<std::byte> encodeTransaction(const TransactionFacts& facts) {
  WireWriter writer(Lengths::kFixed);
  writer.int16(kValueVersion);
  writer.int64(facts.producerId);
  writer.int16(facts.epoch);
  writer.int32(facts.timeoutMs);
  writer.int8(static_cast<std::int8_t>(facts.state));
  std::map<std::string, std::vector<std::int32_t>> byTopic;
  for (const auto& [topic, partition] : facts.partitions) byTopic[topic].push_back(partition);
  writer.count(byTopic.size());
  for (const auto& [topic, partitions] : byTopic) {
    writer.string(topic);
    writer.count(partitions.size());
    for (const std::int32_t each : partitions) writer.int32(each);
  }
  writer.int64(facts.updated);
  writer.int64(facts.started);
  return writer.take();
}

std::optional<TransactionFacts> decodeTransaction(ByteView bytes) {
  WireReader reader(bytes, Lengths::kFixed);
  if (reader.int16() != kValueVersion) return std::nullopt;
  TransactionFacts facts;
  facts.producerId = reader.int64();
  facts.epoch = reader.int16();
  facts.timeoutMs = reader.int32();
  const std::int8_t state = reader.int8();
  if (state < 0 || state > static_cast<std::int8_t>(TransactionState::kCompleteAbort))
    return std::nullopt;
  facts.state = static_cast<TransactionState>(state);
  const std::size_t topics = reader.count(true).value_or(0);
  for (std::size_t i = 0; i < topics && !reader.failed(); ++i) {
    const std::string topic = reader.string();
    const std::size_t partitions = reader.count(false).value_or(0);
    for (std::size_t p = 0; p < partitions && !reader.failed(); ++p)
      facts.partitions.emplace(topic, reader.int32());
  }
  facts.updated = reader.int64();
  facts.started = reader.int64();
  if (reader.failed() || !reader.atEnd()) return std::nullopt;
  return facts;
}

}  // namespace millrace::log
