// SPDX-License-Identifier: Apache-2.0
#pragma once
// Log: topics to publish to and consume from, as a flow's components see them: the one inside of
// this program, whose appends and offsets are part of the session's commit, or a cluster of Kafka
// reached over the network.
//
// Ownership: producers and consumers do not outlive their log. Threads: a log and its producers and
// consumers from any; calls may block for as long as their options say.

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/commit/commit_log.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::log {

struct LogHeader {
  std::string name;
  std::optional<std::string> value;
};

/// A record on its way in. The views are good during the call.
struct OutRecord {
  std::string_view topic;
  std::optional<std::int32_t> partition;  ///< none: as the key says, or in turn
  std::optional<ByteView> key;
  std::optional<ByteView> value;  ///< none: a tombstone
  std::span<const LogHeader> headers;
};

enum class Acknowledgement : std::uint8_t { kNone, kOne, kAll };
/// Where records without a partition go.
enum class Spread : std::uint8_t {
  kByKey,  ///< murmur2 of the key, as the Java client does; without a key in turn
  kInTurn,
};

struct ProducerOptions {
  Acknowledgement acknowledgement = Acknowledgement::kAll;
  std::string compression = "none";  ///< none, gzip, snappy, lz4, zstd
  std::uint64_t maxRecordBytes = 1U << 20U;
  Spread spread = Spread::kByKey;
  bool transactions = true;     ///< a call of send() is one transaction
  std::string transactionalId;  ///< for a cluster; not used by two producers at once
};

class LogProducer {
 public:
  virtual ~LogProducer() = default;
  /// Publishes. With work returned, the records are appended when the session that takes it
  /// commits; with none they are acknowledged as the options say. On an Error none is there with
  /// transactions or the log inside of this program, else some may be.
  virtual Result<std::unique_ptr<LogWork>> send(std::span<const OutRecord> records) = 0;
};

/// Where a group begins that has committed nothing.
enum class OffsetReset : std::uint8_t { kEarliest, kLatest, kNone };

struct ConsumerOptions {
  std::string group;
  std::string member;               ///< tells the members of this flow apart, over restarts
  std::vector<std::string> topics;  ///< when `matches` is not set
  std::function<bool(std::string_view topic)> matches;
  OffsetReset reset = OffsetReset::kLatest;
  bool readCommitted = true;
  bool commitOffsets = true;
  /// There may be something to poll for. From any thread; it does not call back.
  std::function<void()> onReady;
};

/// A record on its way out. Its views are good as long as Polled::memory.
struct InRecord {
  std::int64_t offset = 0;
  Millis timestamp = -1;
  std::optional<ByteView> key;
  std::optional<ByteView> value;  ///< none: a tombstone
  std::vector<LogHeader> headers;
};

struct Polled {
  struct Part {
    std::string topic;
    std::int32_t partition = 0;
    std::vector<InRecord> records;  ///< at least one, offsets rise
  };
  std::vector<Part> parts;  ///< empty: nothing to read
  std::shared_ptr<const void> memory;
  /// For the session that the records go into: commits how far the group came, also where it only
  /// passed what nobody reads; null: not further. Destroyed without that, the records are polled
  /// again.
  std::unique_ptr<LogWork> work;
};

struct PollLimits {
  std::size_t records = 10'000;
  std::uint64_t bytes = 16U << 20U;  ///< of a partition; one batch may exceed it
  Nanos patience = 0;                ///< how long a cluster is waited for, for one more record
};

class LogConsumer {
 public:
  virtual ~LogConsumer() = default;
  /// What several threads poll comes from different partitions.
  virtual Result<Polled> poll(const PollLimits& limits) = 0;
};

/// How far a group came in a partition.
struct GroupPlace {
  std::int64_t committed = 0;  ///< the first offset that is kept when it has committed none
  std::int64_t end = 0;        ///< what the next record gets
};

class Log {
 public:
  virtual ~Log() = default;
  /// What sessions hand their work to; null where there is none.
  virtual CommitLog* commits() = 0;
  virtual Result<std::unique_ptr<LogProducer>> producer(ProducerOptions options) = 0;
  virtual Result<std::unique_ptr<LogConsumer>> consumer(ConsumerOptions options) = 0;
  /// By partition; of the log inside of this program only.
  virtual Result<std::vector<GroupPlace>> placesOf(const std::string& group,
                                                   const std::string& topic) = 0;
};

}  // namespace millrace::log
