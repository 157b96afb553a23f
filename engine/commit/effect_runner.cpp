// SPDX-License-Identifier: Apache-2.0
#include "engine/commit/effect_runner.h"

#include "engine/commit/effect.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace {
namespace {
// How many effects share the syncs of their folders.
constexpr std::size_t kBatch = 1024;
}  // namespace

EffectRunner::EffectRunner(FileSystem& files, const Clock& clock, EffectOptions options)
    : files_(files), clock_(clock), options_(std::move(options)) {}

void EffectRunner::add(Lsn lsn, std::vector<Effect> effects,
                       std::vector<std::function<void()>> callbacks) {
  MutexLock lock(mutex_);
  if (!callbacks.empty()) callbacks_.push_back(std::move(callbacks));
  for (std::uint32_t i = 0; i < effects.size(); ++i)
    lanes_[effects[i].component].waiting.push_back({{lsn, i}, std::move(effects[i])});
}

void EffectRunner::addAgain(EffectId id, Effect effect) {
  MutexLock lock(mutex_);
  lanes_[effect.component].waiting.push_back({id, std::move(effect)});
}

bool EffectRunner::runCallbacks() {
  bool ran = false;
  while (true) {
    std::vector<std::function<void()>> next;
    {
      MutexLock lock(mutex_);
      if (callbacks_.empty()) return ran;
      next = std::move(callbacks_.front());
      callbacks_.pop_front();
    }
    for (const auto& callback : next) callback();
    ran = true;
  }
}

bool EffectRunner::runDue(Pauses pauses) {
  bool ran = runCallbacks();
  std::vector<std::pair<std::uint64_t, std::deque<Waiting>>> due;
  {
    MutexLock lock(mutex_);
    const Nanos now = clock_.monotonic();
    for (auto& [component, lane] : lanes_) {
      if (lane.waiting.empty() || (pauses == Pauses::kHeed && lane.notBefore > now)) continue;
      const std::size_t count = std::min(kBatch, lane.waiting.size());
      due.emplace_back(component, std::deque<Waiting>(
                                      lane.waiting.begin(),
                                      lane.waiting.begin() + static_cast<std::ptrdiff_t>(count)));
    }
  }
  for (auto& [component, batch] : due) ran |= runLane(component, std::move(batch));
  return ran;
}

bool EffectRunner::runLane(std::uint64_t component, std::deque<Waiting> batch) {
  std::size_t done = 0;
  std::set<std::string> folders;
  std::optional<Error> error;
  for (; done < batch.size(); ++done) {
    auto touched = runEffect(files_, batch[done].effect);
    if (!touched.ok()) {
      error = touched.error();
      break;
    }
    folders.insert(touched->begin(), touched->end());
  }
  for (const std::string& folder : folders) {
    const auto synced = files_.syncDirectory(folder);
    if (synced.ok()) continue;
    // None of them is known to last, so all are run again: they are safe to repeat.
    error = synced.error();
    done = 0;
    break;
  }
  {
    MutexLock lock(mutex_);
    Lane& lane = lanes_[component];
    for (std::size_t i = 0; i < done; ++i) settled_.push_back(batch[i].id);
    lane.waiting.erase(lane.waiting.begin(),
                       lane.waiting.begin() + static_cast<std::ptrdiff_t>(done));
    if (!error.has_value()) {
      lane.pause = 0;
      lane.notBefore = 0;
      if (lane.waiting.empty()) lanes_.erase(component);
    }
  }
  if (error.has_value()) failed(component, batch[std::min(done, batch.size() - 1)].effect, *error);
  return done > 0;
}

void EffectRunner::failed(std::uint64_t component, const Effect& effect, const Error& error) {
  Nanos pause = 0;
  {
    MutexLock lock(mutex_);
    Lane& lane = lanes_[component];
    lane.pause =
        lane.pause == 0 ? options_.firstPause : std::min(lane.pause * 2, options_.longestPause);
    lane.notBefore = clock_.monotonic() + lane.pause;
    pause = lane.pause;
  }
  if (!options_.onBulletin) return;
  options_.onBulletin(fmt::format("{} {} after commit failed, tried again in {} ms: {}",
                                  effect.kind == Effect::Kind::kMoveFile ? "Moving" : "Deleting",
                                  effect.path, pause / kMillisecond, error.message));
}

std::vector<EffectId> EffectRunner::takeSettled() {
  MutexLock lock(mutex_);
  return std::exchange(settled_, {});
}

std::optional<Nanos> EffectRunner::dueIn() const {
  MutexLock lock(mutex_);
  if (!callbacks_.empty()) return 0;
  std::optional<Nanos> soonest;
  const Nanos now = clock_.monotonic();
  for (const auto& [component, lane] : lanes_) {
    if (lane.waiting.empty()) continue;
    const Nanos wait = std::max<Nanos>(0, lane.notBefore - now);
    if (!soonest.has_value() || wait < *soonest) soonest = wait;
  }
  return soonest;
}

std::optional<Lsn> EffectRunner::oldestPending() const {
  MutexLock lock(mutex_);
  std::optional<Lsn> oldest;
  for (const auto& [component, lane] : lanes_) {
    if (lane.waiting.empty()) continue;
    const Lsn lsn = lane.waiting.front().id.lsn;
    if (!oldest.has_value() || lsn < *oldest) oldest = lsn;
  }
  return oldest;
}

std::size_t EffectRunner::pending() const {
  MutexLock lock(mutex_);
  std::size_t count = callbacks_.size();
  for (const auto& [component, lane] : lanes_) count += lane.waiting.size();
  return count;
}

}  // namespace millrace
