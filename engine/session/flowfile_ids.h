// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowFileIds: hands out FlowFile ids from ranges whose reservation is durable, so that no id is
// used twice, whatever happened before. Sessions take blocks; what they do not use is skipped.
// Threads: any.

#include "engine/base/mutex.h"
#include "engine/base/result.h"

#include <cstdint>
#include <functional>

namespace millrace::engine {

class FlowFileIds {
 public:
  static constexpr std::uint64_t kRange = 1'000'000;  ///< ids of one durable reservation

  /// `reserve` makes a range of that many ids durable and returns its first.
  using Reserve = std::function<Result<std::uint64_t>(std::uint64_t count)>;
  explicit FlowFileIds(Reserve reserve) : reserve_(std::move(reserve)) {}

  /// The first of `count` ids in a row.
  Result<std::uint64_t> take(std::uint64_t count) {
    MutexLock lock(mutex_);
    if (end_ - next_ < count) {
      next_ = MR_TRY(reserve_(kRange));
      end_ = next_ + kRange;
    }
    const std::uint64_t first = next_;
    next_ += count;
    return first;
  }

 private:
  const Reserve reserve_;
  Mutex mutex_;
  std::uint64_t next_ MR_GUARDED_BY(mutex_) = 0;
  std::uint64_t end_ MR_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace::engine
