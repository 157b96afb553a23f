// SPDX-License-Identifier: Apache-2.0
#include "server/http/handler_threads.h"

namespace millrace::server {

void HandlerThreads::start(std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) threads_.emplace_back([this] { loop(); });
}

bool HandlerThreads::post(std::function<void()> job) {
  MutexLock lock(mutex_);
  if (stopping_ || jobs_.size() >= most_) return false;
  jobs_.push_back(std::move(job));
  work_.notifyOne();
  return true;
}

void HandlerThreads::goOn(std::function<void()> job) {
  MutexLock lock(mutex_);
  if (stopping_) return;
  jobs_.push_back(std::move(job));
  work_.notifyOne();
}

void HandlerThreads::stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    work_.notifyAll();
  }
  threads_.clear();
}

void HandlerThreads::loop() {
  while (true) {
    std::function<void()> job;
    {
      MutexLock lock(mutex_);
      while (jobs_.empty() && !stopping_) work_.wait(mutex_);
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace millrace::server
