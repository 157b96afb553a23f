// SPDX-License-Identifier: Apache-2.0
#include "repositories/store/memory_store.h"

#include <chrono>
#include <utility>

namespace millrace::repo {
namespace {

constexpr Nanos kReclaimEvery = 20 * kMillisecond;  // what a flow drops in it stays in memory
constexpr Nanos kIdlePause = kSecond;               // when the last round found nothing
constexpr std::size_t kOperationsOfARound = 10'000;

GroupCommitOptions withoutFiles(GroupCommitOptions options) {
  options.durability = Durability::kNone;
  return options;
}

}  // namespace

MemoryStore::MemoryStore(FileSystem& files, const Clock& clock, GroupCommitOptions options)
    : content_(files), commits_(journal_, files, clock, withoutFiles(std::move(options))) {
  content_.setOnRelease([this] { stir(); });
}

MemoryStore::~MemoryStore() { (void)stop(); }

void MemoryStore::start() {
  commits_.start();
  reclaimer_ = std::jthread([this](const std::stop_token& stop) { reclaimLoop(stop); });
}

Result<> MemoryStore::stop() {
  if (!reclaimer_.joinable()) return Done{};
  reclaimer_.request_stop();
  {
    MutexLock lock(mutex_);  // it is before its look at the request, or waits
  }
  wake_.notifyAll();
  reclaimer_.join();
  return commits_.stop();
}

// Who stirs counts first and looks for the sleeper then; the sleeper says that it sleeps first and
// looks at the count then: one of them sees the other.
void MemoryStore::stir() {
  ++stirs_;
  if (!resting_) return;
  {
    MutexLock lock(mutex_);  // it has not looked yet, or waits
  }
  wake_.notifyAll();
}

void MemoryStore::reclaimLoop(const std::stop_token& stop) {
  Nanos pause = kReclaimEvery;
  bool settled = false;
  std::uint64_t seen = 0;
  while (true) {
    {
      MutexLock lock(mutex_);
      resting_ = settled;
      while (resting_ && stirs_ == seen && !stop.stop_requested()) wake_.wait(mutex_);
      if (resting_.exchange(false)) pause = kReclaimEvery;
      if (stop.stop_requested()) return;
      wake_.waitFor(mutex_, std::chrono::nanoseconds(pause));
    }
    if (stop.stop_requested()) return;
    seen = stirs_;
    const auto freed = content_.reclaim(commits_.durable(), kOperationsOfARound);
    pause = freed.ok() && *freed > 0 ? kReclaimEvery : std::min(2 * pause, kIdlePause);
    settled = freed.ok() && !content_.reclaimsLater();
  }
}

}  // namespace millrace::repo
