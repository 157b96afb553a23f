// SPDX-License-Identifier: Apache-2.0
#pragma once
// StatusHistory: figures of components and connections over time as a SQLite file: a row a second
// for ten minutes, a minute for a day, five minutes for thirty days.
//
// Promise: coarser rows are made of the finer ones: sums of sums; of levels the mean, and of their
// greatest the greatest. The last seconds before a crash may be missing. Errors: those of SQLite,
// with the file's name; a file that cannot be used is begun anew. Threads: any; one at a time
// inside.

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/base/result.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace millrace::repo {

enum class HistoryStep : std::uint8_t { kSecond = 0, kMinute = 1, kFiveMinutes = 2 };

/// Milliseconds from one row to the next, and for how long they are kept.
Millis lengthOf(HistoryStep step);
Millis keptFor(HistoryStep step);

/// kSums: eight sums over the step. kLevels: two levels, the greatest of each, and nothing.
enum class HistoryKind : std::uint8_t { kSums = 0, kLevels = 1 };

using HistoryValues = std::array<std::int64_t, 8>;

struct HistorySample {
  std::uint64_t id = 0;
  HistoryKind kind = HistoryKind::kSums;
  HistoryValues values{};
};

struct HistoryRow {
  Millis at = 0;  ///< where the step begins, since 1970
  HistoryKind kind = HistoryKind::kSums;
  HistoryValues values{};
};

class StatusHistory {
 public:
  /// `path`: a file of the machine, or ":memory:". `onBulletin` hears of a file that is begun anew.
  static Result<std::unique_ptr<StatusHistory>> open(
      std::string path, const std::function<void(const std::string&)>& onBulletin = {});
  ~StatusHistory();

  /// Samples of the second that holds `now`, perhaps none; then makes coarser rows of what is over
  /// and forgets what is too old. Samples of one second must come in one call.
  Result<> add(Millis now, std::span<const HistorySample> samples);
  /// Rows of one id with from <= at <= to, oldest first, at most so many, the latest ones.
  Result<std::vector<HistoryRow>> rows(std::uint64_t id, HistoryStep step, Millis from, Millis to,
                                       std::size_t most);

 private:
  class Database;
  explicit StatusHistory(std::unique_ptr<Database> database);
  Mutex mutex_;
  std::unique_ptr<Database> database_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::repo
