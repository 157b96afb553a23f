// SPDX-License-Identifier: Apache-2.0
#include "log-backend/broker/producer_ids.h"

namespace millrace::log {

Result<std::int64_t> ProducerIds::next() {
  constexpr std::int64_t kAtOnce = 1000;
  MutexLock lock(mutex_);
  if (next_ == end_) {
    next_ = MR_TRY(reserve_(kAtOnce));
    end_ = next_ + kAtOnce;
  }
  return next_++;
}

}  // namespace millrace::log
