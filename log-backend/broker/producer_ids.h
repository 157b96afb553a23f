// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProducerIds: ids for idempotent producers, none of which is ever given twice.
// Ids come in ranges that whoever reserves them has made durable. Threads: any.

#include "engine/base/mutex.h"
#include "engine/base/result.h"

#include <cstdint>
#include <functional>

namespace millrace::log {

class ProducerIds {
 public:
  /// Returns the first of `count` ids that nobody had before, durably.
  using Reserve = std::function<Result<std::int64_t>(std::int64_t count)>;
  explicit ProducerIds(Reserve reserve) : reserve_(std::move(reserve)) {}

  Result<std::int64_t> next();

 private:
  const Reserve reserve_;
  Mutex mutex_;
  std::int64_t next_ MR_GUARDED_BY(mutex_) = 0;
  std::int64_t end_ MR_GUARDED_BY(mutex_) = 0;
};

}  // namespace millrace::log
