// SPDX-License-Identifier: Apache-2.0
#pragma once
// LeaderEpochs: which leader epoch began at which offset, in Kafka's `leader-epoch-checkpoint`.
// Threads: the partition's lock.

#include "log-backend/partition/batch_header.h"

#include <string>
#include <string_view>

namespace millrace::log {

struct EpochStart {
  std::int32_t epoch = 0;
  Offset start = 0;
  bool operator==(const EpochStart&) const = default;
};

class LeaderEpochs {
 public:
  static Result<LeaderEpochs> decode(std::string_view text);
  std::string encode() const;

  /// Notes that a batch of an epoch begins here. True when the epoch is new.
  bool note(std::int32_t epoch, Offset start);
  /// Nothing from `end` on was ever written.
  void cutFrom(Offset end);
  /// What is below is gone; the epoch that covers `start` stays.
  void cutBelow(Offset start);
  std::int32_t latest() const { return starts_.empty() ? -1 : starts_.back().epoch; }

  /// The greatest epoch not above the one asked for, and where it ends. One before all that are
  /// known ended where these begin; {-1, -1} when there is none at all.
  EpochStart endOf(std::int32_t epoch, Offset logEnd) const;
  const std::vector<EpochStart>& starts() const { return starts_; }

 private:
  std::vector<EpochStart> starts_;  ///< rising in both
};

}  // namespace millrace::log
