// SPDX-License-Identifier: Apache-2.0
#include "engine/commit/group_commit.h"

#include <algorithm>
#include <chrono>
#include <unordered_set>

namespace millrace {

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

Lsn GroupCommit::submit(Commit commit, std::uint64_t reserved) {
  const std::uint64_t bytes = bytesOf(commit);
  MutexLock lock(mutex_);
  last_ = Lsn(last_.raw() + 1);
  reserved_ -= std::min(reserved_, reserved == 0 ? bytes : reserved);
  window_ += bytes;
  gathered_.push_back({std::move(commit), bytes, clock_.monotonic()});
  if (gathered_.size() == 1) work_.notifyOne();
  return last_;
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

GroupCommit::Group GroupCommit::take(Notes notes) {
  Group group;
  group.first = Lsn(taken_.raw() + 1);
  while (!gathered_.empty() &&
         (group.commits.empty() || group.bytes + gathered_.front().bytes <= options_.groupBytes)) {
    group.bytes += gathered_.front().bytes;
    group.commits.push_back(std::move(gathered_.front()));
    gathered_.pop_front();
  }
  group.last = Lsn(taken_.raw() + group.commits.size());
  taken_ = group.last;
  if (!group.commits.empty()) inFlightSince_ = group.commits.front().at;
  group.requests = std::exchange(requests_, {});
  for (const EffectId& id : effects_.takeSettled()) settled_.push_back(id);
  if (!group.commits.empty() || notes == Notes::kAlone) group.settled = std::exchange(settled_, {});
  return group;
}

Result<> GroupCommit::syncParticipants(const Group& group) {
  std::unordered_set<const Participant*> seen;
  const auto once = [&seen](const std::shared_ptr<Participant>& each) -> Result<> {
    if (each == nullptr || !seen.insert(each.get()).second) return Done{};
    return each->sync();
  };
  for (const Submitted& submitted : group.commits) {
    for (const auto& each : submitted.commit.syncs) MR_TRY(once(each));
  }
  for (const SyncRequest& request : group.requests) MR_TRY(once(request.participant));
  return Done{};
}

Result<> GroupCommit::write(Group& group) {
  if (group.commits.empty() && group.settled.empty()) return Done{};
  GroupWriter bytes;
  if (planted(PlantedFault::kLsnOrderBroken) && group.commits.size() > 1)
    std::swap(group.commits.front(), group.commits.back());
  std::uint64_t flowFiles = 0;
  for (const Submitted& submitted : group.commits) {
    bytes.add(submitted.commit, group.last, options_.keepDropped);
    flowFiles += submitted.commit.flowFiles;
  }
  flowFilesWritten_.fetch_add(flowFiles);
  bytes.addSettled(group.settled);
  const std::vector<ByteView> parts = bytes.parts();
  return sink_.append({group.first, group.last, synced(), parts});
}

Result<bool> GroupCommit::runGroup(Notes notes) {
  Group group;
  bool background = false;
  {
    MutexLock lock(mutex_);
    while (busy_) progress_.wait(mutex_);
    if (failed_.has_value()) return failure();
    background = backgroundDue();
    group = take(notes);
    if (group.empty() && !background) return false;
    busy_ = true;
  }
  const bool power = options_.durability == Durability::kPower;
  const auto work = [&]() -> Result<> {
    const bool late = planted(PlantedFault::kContentAfterRecord);
    if (power && !late) MR_TRY(syncParticipants(group));
    MR_TRY(write(group));
    if (planted(PlantedFault::kEffectBeforeDurability)) {
      for (Submitted& early : group.commits)
        effects_.add(group.first, early.commit.effects, early.commit.onDurable);
      effects_.runDue();
    }
    if (power && !(group.commits.empty() && group.settled.empty())) MR_TRY(sink_.sync());
    if (power && late) MR_TRY(syncParticipants(group));
    if (background) MR_TRY(syncBackground());
    return Done{};
  };
  auto done = work();
  if (!done.ok()) return failStop(std::move(done).error());
  release(std::move(group));
  return true;
}

void GroupCommit::release(Group group) {
  {
    MutexLock lock(mutex_);
    std::uint64_t number = group.first.raw();
    for (Submitted& each : group.commits) {
      if (options_.durability == Durability::kProcess) {
        unsynced_.insert(unsynced_.end(), each.commit.syncs.begin(), each.commit.syncs.end());
      }
      const Lsn lsn(number++);
      if (!each.commit.effects.empty() || !each.commit.onDurable.empty())
        effects_.add(lsn, std::move(each.commit.effects), std::move(each.commit.onDurable));
    }
    for (SyncRequest& request : group.requests) {
      if (options_.durability == Durability::kProcess) unsynced_.push_back(request.participant);
      if (request.done) effects_.add(group.last, {}, {std::move(request.done)});
    }
    if (!group.commits.empty()) {
      durable_ = group.last;
      if (options_.durability != Durability::kProcess) synced_ = group.last;
    }
    window_ -= std::min(window_, group.bytes);
    inFlightSince_ = 0;
    busy_ = false;
    effectsWoken_ = true;
    progress_.notifyAll();
    effectWork_.notifyOne();
  }
  // The commits' buffers and participants go here, without the lock.
}

bool GroupCommit::backgroundDue() const {
  return options_.durability == Durability::kProcess && synced_ < durable_ &&
         clock_.monotonic() - lastBackground_ >= options_.backgroundSync;
}

Result<> GroupCommit::syncBackground() {
  std::vector<std::shared_ptr<Participant>> participants;
  Lsn upTo;
  {
    MutexLock lock(mutex_);
    participants = std::exchange(unsynced_, {});
    upTo = durable_;
    lastBackground_ = clock_.monotonic();
  }
  std::unordered_set<const Participant*> seen;
  for (const auto& each : participants) {
    if (each != nullptr && seen.insert(each.get()).second) MR_TRY(each->sync());
  }
  MR_TRY(sink_.sync());
  MutexLock lock(mutex_);
  synced_ = upTo;
  return Done{};
}

Error GroupCommit::failStop(Error error) {
  {
    MutexLock lock(mutex_);
    if (!failed_.has_value()) failed_ = error;
    busy_ = false;
    inFlightSince_ = 0;
    progress_.notifyAll();
    effectWork_.notifyAll();
  }
  if (options_.onFailure) options_.onFailure(error);
  return error;
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
