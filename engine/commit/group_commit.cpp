// SPDX-License-Identifier: Apache-2.0
#include "engine/commit/group_commit.h"

#include <algorithm>
#include <chrono>

namespace millrace {
namespace {

/// Less than this is written by its committer: some microseconds, where waking an idle thread takes
/// fifty.
constexpr std::uint64_t kLittle = 8ULL << 10U;

}  // namespace

GroupCommit::GroupCommit(JournalSink& sink, FileSystem& files, const Clock& clock,
                         GroupCommitOptions options, Lsn last)
    : sink_(sink),
      clock_(clock),
      options_(std::move(options)),
      effects_(files, clock, options_.effects),
      last_(last),
      taken_(last),
      durable_(last),
      synced_(last),
      lastBackground_(clock.monotonic()) {}

GroupCommit::~GroupCommit() {
  bool running = false;
  {
    MutexLock lock(mutex_);
    running = running_;
  }
  if (running) (void)stop();
}

Error GroupCommit::failure() const {
  return Error::environment(
      "the store has stopped, restart it once its disk works: " + failed_->message, false);
}

bool GroupCommit::windowFull() const {
  if (window_ == 0) return false;
  if (window_ >= options_.windowBytes) return true;
  const Nanos oldest = inFlightSince_ != 0 ? inFlightSince_
                       : gathered_.empty() ? clock_.monotonic()
                                           : gathered_.front().at;
  return clock_.monotonic() - oldest >= options_.windowTime;
}

Result<> GroupCommit::reserve(std::uint64_t bytes) {
  std::uint64_t ahead = 0;
  {
    MutexLock lock(mutex_);
    while (!failed_.has_value() && windowFull()) {
      if (running_) {
        progress_.wait(mutex_);
        continue;
      }
      mutex_.unlock();
      const auto ran = runOnce();
      mutex_.lock();
      if (!ran.ok()) return ran.error();
    }
    if (failed_.has_value()) return failure();
    reserved_ += bytes;
    ahead = reserved_ + window_;
  }
  auto space = sink_.reserve(ahead);
  if (!space.ok()) unreserve(bytes);
  return space;
}

void GroupCommit::unreserve(std::uint64_t bytes) {
  MutexLock lock(mutex_);
  reserved_ -= std::min(reserved_, bytes);
}

Lsn GroupCommit::submit(Commit commit, std::uint64_t reserved, Writing writing) {
  const std::uint64_t bytes = bytesOf(commit);
  MutexLock lock(mutex_);
  last_ = Lsn(last_.raw() + 1);
  reserved_ -= std::min(reserved_, reserved == 0 ? bytes : reserved);
  window_ += bytes;
  gathered_.push_back({std::move(commit), bytes, clock_.monotonic()});
  if (gathered_.size() == 1 && (writing == Writing::kWriter || !isLittle())) work_.notifyOne();
  return last_;
}

bool GroupCommit::isLittle() const {
  return options_.durability != Durability::kPower && window_ < kLittle;
}

void GroupCommit::requestSync(std::shared_ptr<Participant> participant,
                              std::function<void()> done) {
  MutexLock lock(mutex_);
  requests_.push_back({std::move(participant), std::move(done)});
  work_.notifyOne();
}

Lsn GroupCommit::last() const {
  MutexLock lock(mutex_);
  return last_;
}
Lsn GroupCommit::durable() const {
  MutexLock lock(mutex_);
  return durable_;
}
Lsn GroupCommit::synced() const {
  MutexLock lock(mutex_);
  return synced_;
}
bool GroupCommit::failed() const {
  MutexLock lock(mutex_);
  return failed_.has_value();
}

Result<> GroupCommit::waitDurable(Lsn lsn) {
  MutexLock lock(mutex_);
  while (durable_ < lsn) {
    if (failed_.has_value()) return failure();
    if (lsn > last_) return Error::bug("waiting for a commit that was never submitted");
    if (running_) {
      progress_.wait(mutex_);
      continue;
    }
    mutex_.unlock();
    const auto ran = runOnce();
    mutex_.lock();
    if (!ran.ok()) return ran.error();
  }
  return Done{};
}

Result<bool> GroupCommit::runOnce() {
  auto ran = runGroup(Notes::kAlongOnly);
  if (!ran.ok()) return ran;
  {
    MutexLock lock(mutex_);
    if (running_) return ran;
  }
  return effects_.runDue() || *ran;
}

void GroupCommit::start() {
  {
    MutexLock lock(mutex_);
    if (running_) return;
    running_ = true;
    effectsWoken_ = true;
  }
  writer_ = std::jthread([this](const std::stop_token& stop) { writerLoop(stop); });
  effectThread_ = std::jthread([this](const std::stop_token& stop) { effectLoop(stop); });
}

void GroupCommit::writerLoop(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] {
    MutexLock lock(mutex_);
    work_.notifyAll();
  });
  while (true) {
    {
      MutexLock lock(mutex_);
      while (gathered_.empty() && requests_.empty() && !backgroundDue() && !stop.stop_requested() &&
             !failed_.has_value()) {
        if (options_.durability == Durability::kProcess && synced_ < durable_) {
          work_.waitFor(mutex_, std::chrono::nanoseconds(options_.backgroundSync));
        } else {
          work_.wait(mutex_);
        }
      }
      if (failed_.has_value()) return;
      if (stop.stop_requested() && gathered_.empty() && requests_.empty()) return;
    }
    if (!runGroup(Notes::kAlongOnly).ok()) return;
  }
}

void GroupCommit::effectLoop(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] {
    MutexLock lock(mutex_);
    effectWork_.notifyAll();
  });
  while (!stop.stop_requested() && !failed()) {
    effects_.runDue();
    const std::optional<Nanos> due = effects_.dueIn();
    if (due == Nanos{0}) continue;
    MutexLock lock(mutex_);
    while (!effectsWoken_ && !stop.stop_requested() && !failed_.has_value()) {
      if (!due.has_value()) {
        effectWork_.wait(mutex_);
        continue;
      }
      effectWork_.waitFor(mutex_, std::chrono::nanoseconds(*due));
      break;
    }
    effectsWoken_ = false;
  }
}

Result<> GroupCommit::stop() {
  if (writer_.joinable()) {
    writer_.request_stop();
    writer_.join();
  }
  if (effectThread_.joinable()) {
    effectThread_.request_stop();
    effectThread_.join();
  }
  {
    MutexLock lock(mutex_);
    running_ = false;
    if (failed_.has_value()) return failure();
  }
  while (MR_TRY(runGroup(Notes::kAlongOnly))) {
  }
  while (effects_.runDue(EffectRunner::Pauses::kIgnore)) {
  }
  MR_TRY(runGroup(Notes::kAlone));
  if (options_.durability == Durability::kProcess) {
    auto synced = syncBackground();
    if (!synced.ok()) return failStop(std::move(synced).error());
  }
  return Done{};
}

}  // namespace millrace
