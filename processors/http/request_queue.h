// SPDX-License-Identifier: Apache-2.0
#pragma once
// RequestQueue: requests on their way from the network's thread to the triggers of a processor, and
// Receipt: the answer to a request whose FlowFiles are on their way to the disk.
// Threads: any.

#include "engine/base/mutex.h"
#include "processors/http/http_exchange.h"

#include <cstddef>
#include <deque>
#include <memory>

namespace millrace::processors {

class RequestQueue {
 public:
  /// Takes requests again, at most so many at once.
  void open(std::size_t most);
  /// False: refused, because it is full or closed.
  bool push(std::shared_ptr<HttpExchange> exchange);
  /// The first whose body is in memory; null: none.
  std::shared_ptr<HttpExchange> takeWhole();
  /// The first of all; null: none.
  std::shared_ptr<HttpExchange> take();
  /// Answers all that wait with 503, and refuses what comes.
  void close();

 private:
  Mutex mutex_;
  std::deque<std::shared_ptr<HttpExchange>> waiting_ MR_GUARDED_BY(mutex_);
  std::size_t most_ MR_GUARDED_BY(mutex_) = 0;
};

/// Answers a request with 503 unless somebody confirms it before: a commit that fails lets go of
/// its callbacks without calling them.
class Receipt {
 public:
  explicit Receipt(std::shared_ptr<HttpExchange> exchange) : exchange_(std::move(exchange)) {}
  ~Receipt() {
    if (!released_) exchange_->answer(503, {}, "The data could not be stored\n");
  }
  Receipt(const Receipt&) = delete;
  Receipt& operator=(const Receipt&) = delete;
  void confirm(int status) { exchange_->answer(status); }
  /// Somebody else will answer.
  void release() { released_ = true; }

 private:
  const std::shared_ptr<HttpExchange> exchange_;
  bool released_ = false;
};

}  // namespace millrace::processors
