// SPDX-License-Identifier: Apache-2.0
#pragma once
// EmbeddedProducer: takes records for the session that will commit them. What can be wrong with a
// record is found here, so that one that is too long spoils no session.
// Threads: any.

#include "log-backend/embedded/embedded_log.h"
#include "log-backend/partition/compression.h"

namespace millrace::log {

/// The records of one call, copied, each with the partition that it goes to.
class ProduceWork final : public LogWork {
 public:
  struct Target {
    LogPartitionId id;
    std::shared_ptr<Partition> partition;
  };
  struct Item {
    std::size_t target = 0;
    std::size_t at = 0;  ///< of the key, the value and the headers, one after the other
    std::int64_t keyBytes = -1;
    std::int64_t valueBytes = -1;
    std::size_t headerBytes = 0;
    std::int32_t headerCount = 0;
  };
  Codec codec = Codec::kNone;
  std::vector<Target> targets;
  std::vector<Item> items;
  std::vector<std::byte> bytes;
};

class EmbeddedProducer final : public LogProducer {
 public:
  static Result<std::unique_ptr<LogProducer>> make(EmbeddedLog& log, ProducerOptions options);

  Result<std::unique_ptr<LogWork>> send(std::span<const OutRecord> records) override;

 private:
  EmbeddedProducer(EmbeddedLog& log, ProducerOptions options, Codec codec)
      : log_(log), options_(std::move(options)), codec_(codec) {}
  Result<std::size_t> targetOf(ProduceWork& work, const OutRecord& record);

  EmbeddedLog& log_;
  const ProducerOptions options_;
  const Codec codec_;
  std::atomic<std::uint32_t> turn_{0};
};

}  // namespace millrace::log
