// SPDX-License-Identifier: Apache-2.0
// How a group of commits is written and let go: the part of GroupCommit that belongs to whoever
// writes, which is the disk writer but for little that needs no sync.

#include "engine/commit/group_commit.h"

#include <algorithm>
#include <unordered_set>

namespace millrace {

void GroupCommit::writeNext() {
  Group group;
  {
    MutexLock lock(mutex_);
    // Without start() the caller of runOnce() is the writer; one who writes looks again afterwards.
    if (!running_ || failed_.has_value() || busy_ || gathered_.empty()) return;
    if (!isLittle() || !requests_.empty()) {
      work_.notifyOne();
      return;
    }
    group = take(Notes::kAlongOnly);
    busy_ = true;
  }
  auto done = makeDurable(group, false);
  if (!done.ok()) {
    (void)failStop(std::move(done).error());
    return;
  }
  release(std::move(group));
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
  auto done = makeDurable(group, background);
  if (!done.ok()) return failStop(std::move(done).error());
  release(std::move(group));
  return true;
}

Result<> GroupCommit::makeDurable(Group& group, bool background) {
  const bool power = options_.durability == Durability::kPower;
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
}

void GroupCommit::release(Group group) {
  {
    MutexLock lock(mutex_);
    std::uint64_t number = group.first.raw();
    bool asked = false;
    for (Submitted& each : group.commits) {
      if (options_.durability == Durability::kProcess) {
        unsynced_.insert(unsynced_.end(), each.commit.syncs.begin(), each.commit.syncs.end());
      }
      const Lsn lsn(number++);
      if (!each.commit.effects.empty() || !each.commit.onDurable.empty()) {
        effects_.add(lsn, std::move(each.commit.effects), std::move(each.commit.onDurable));
        asked = true;
      }
    }
    for (SyncRequest& request : group.requests) {
      if (options_.durability == Durability::kProcess) unsynced_.push_back(request.participant);
      if (!request.done) continue;
      effects_.add(group.last, {}, {std::move(request.done)});
      asked = true;
    }
    const bool wasSynced = synced_ == durable_;
    if (!group.commits.empty()) {
      durable_ = group.last;
      if (options_.durability != Durability::kProcess) synced_ = group.last;
    }
    window_ -= std::min(window_, group.bytes);
    inFlightSince_ = 0;
    busy_ = false;
    progress_.notifyAll();
    // The disk writer sleeps without an end where everything is synced.
    const bool nowUnsynced = wasSynced && synced_ != durable_;
    if (nowUnsynced || !gathered_.empty() || !requests_.empty()) work_.notifyOne();
    if (asked) {
      effectsWoken_ = true;
      effectWork_.notifyOne();
    }
  }
  for (const Submitted& each : group.commits) {
    for (const auto& notice : each.commit.notices) notice();
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
    if (each == nullptr || !seen.insert(each.get()).second) continue;
    MR_TRY(options_.keepDropped ? each->sync() : each->syncKept(upTo));
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

}  // namespace millrace
