// SPDX-License-Identifier: Apache-2.0
#include "log-backend/embedded/embedded_consumer.h"

#include "log-backend/embedded/fetched_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace millrace::log {
namespace {

constexpr std::uint64_t kFetchBytes = 1U << 20U;
/// How long a poll waits for the group's answer, and for what was written to be durable.
constexpr auto kWaitForGroup = std::chrono::milliseconds(2000);
constexpr auto kWaitForMedium = std::chrono::milliseconds(500);
constexpr int kWaitsForMedium = 4;
constexpr int kMostWakes = 1000;

}  // namespace

ConsumeWork::~ConsumeWork() {
  consumer_->ended(taken_, committed_);
  if (!committed_) consumer_->closedOne();
}

void ConsumeWork::refused() const { consumer_->fenced(); }

std::function<void()> ConsumeWork::settled() const {
  return [consumer = consumer_] { consumer->closedOne(); };
}

void EmbeddedConsumer::begin() {
  GroupMember::Options options;
  options.group = options_.group;
  options.instance = options_.member;
  options.topics = [weak = weak_from_this()] {
    std::vector<std::string> topics;
    const auto self = weak.lock();
    if (self == nullptr) return topics;
    if (!self->options_.matches) return self->options_.topics;
    for (const auto& topic : self->log_.parts().topics.all()) {
      const std::string& name = topic->entry.name;
      if (!name.starts_with("__") && self->options_.matches(name)) topics.push_back(name);
    }
    return topics;
  };
  options.partitionsOf = [&topics = log_.parts().topics](const std::string& name) {
    const auto found = topics.find(name);
    return found == nullptr ? 0 : found->entry.partitions;
  };
  options.onAssigned = [weak = weak_from_this()](Assignment assignment) {
    if (const auto self = weak.lock(); self != nullptr) self->assigned(std::move(assignment));
  };
  options.onRevoked = [weak = weak_from_this()] {
    if (const auto self = weak.lock(); self != nullptr) self->revoked();
  };
  const EmbeddedLog::Parts& parts = log_.parts();
  member_ = std::make_shared<GroupMember>(
      GroupMember::Parts{parts.groups, parts.deadlines, parts.clock}, std::move(options));
  joinIfQuiet();
}

void EmbeddedConsumer::close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
    in_ = false;
    changed_.notifyAll();
  }
  {
    MutexLock lock(telling_);
    silent_ = true;
  }
  member_->leave();
}

void EmbeddedConsumer::tellReady() {
  MutexLock lock(telling_);
  if (!silent_ && options_.onReady) options_.onReady();
}

void EmbeddedConsumer::assigned(Assignment assignment) {
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    slots_.clear();
    for (auto& [topic, number] : assignment) {
      auto partition = log_.parts().topics.partition(topic, number);
      if (partition != nullptr)
        slots_[{std::move(topic), number}] = Slot{std::move(partition), std::nullopt, false};
    }
    in_ = true;
    joining_ = false;
    changed_.notifyAll();
  }
  tellReady();
}

void EmbeddedConsumer::revoked() {
  {
    MutexLock lock(mutex_);
    in_ = false;
  }
  joinIfQuiet();
}

void EmbeddedConsumer::fenced() {
  // The session that was refused is open still: its end joins.
  MutexLock lock(mutex_);
  in_ = false;
}

void EmbeddedConsumer::joinIfQuiet() {
  {
    MutexLock lock(mutex_);
    if (closed_ || in_ || joining_ || open_ > 0) return;
    joining_ = true;
  }
  member_->join();
}

void EmbeddedConsumer::ended(const std::vector<ConsumeWork::Taken>& taken, bool committed) {
  MutexLock lock(mutex_);
  for (const ConsumeWork::Taken& each : taken) {
    const auto found = slots_.find({each.topic, each.partition});
    if (found == slots_.end()) continue;
    found->second.taken = false;
    if (committed) found->second.position = each.next;
  }
}

void EmbeddedConsumer::closedOne() {
  bool quiet = false;
  {
    MutexLock lock(mutex_);
    quiet = --open_ == 0 && !in_ && !closed_;
  }
  if (!quiet) return;
  // Not here: this may be the disk writer's thread, or a session that is being undone.
  const EmbeddedLog::Parts& parts = log_.parts();
  parts.deadlines.at(parts.clock.monotonic(), [weak = weak_from_this()] {
    if (const auto self = weak.lock(); self != nullptr) self->joinIfQuiet();
  });
}

void EmbeddedConsumer::advanced() {
  bool tell = false;
  {
    MutexLock lock(mutex_);
    ++advances_;
    changed_.notifyAll();
    tell = std::exchange(idle_, false);
  }
  if (tell) tellReady();
}

bool EmbeddedConsumer::waitAssigned() {
  for (int wakes = 0; !in_ && !closed_ && wakes < kMostWakes; ++wakes) {
    if (!changed_.waitFor(mutex_, kWaitForGroup)) break;
  }
  return in_ && !closed_;
}

std::optional<EmbeddedConsumer::Turn> EmbeddedConsumer::take(const std::vector<Key>& seen) {
  MutexLock lock(mutex_);
  if (!in_ || slots_.empty()) return std::nullopt;
  // In turn, so that a full partition does not starve the others.
  auto at = slots_.upper_bound(lastTaken_);
  for (std::size_t i = 0; i < slots_.size(); ++i, ++at) {
    if (at == slots_.end()) at = slots_.begin();
    auto& [key, slot] = *at;
    if (slot.taken || std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
    slot.taken = true;
    lastTaken_ = key;
    return Turn{key, slot.partition, slot.position};
  }
  return std::nullopt;
}

Result<Offset> EmbeddedConsumer::resetOf(const Turn& turn) const {
  const LogBounds bounds = turn.partition->bounds();
  if (options_.reset == OffsetReset::kEarliest) return bounds.logStart;
  if (options_.reset == OffsetReset::kLatest)
    return options_.readCommitted ? bounds.lastStable : bounds.highWatermark;
  return Error::user(fmt::format(
      "group '{}' has no offset for partition {} of topic '{}' that the log still has, and Auto "
      "Offset Reset is none; commit one or choose earliest or latest",
      options_.group, turn.key.second, turn.key.first));
}

Result<Offset> EmbeddedConsumer::startOf(const Turn& turn) {
  if (turn.position.has_value()) return *turn.position;
  const OffsetKey key{options_.group, turn.key.first, turn.key.second};
  const auto committed = log_.parts().groups.committed(key);
  if (committed.has_value()) return *committed;
  return resetOf(turn);
}

Result<Offset> EmbeddedConsumer::read(Turn& turn, const PollLimits& limits, std::size_t have,
                                      std::vector<InRecord>& records, FetchedRecords& memory) {
  Offset next = MR_TRY(startOf(turn));
  turn.position = next;
  std::uint64_t bytes = 0;
  while (have + records.size() < limits.records && bytes < limits.bytes) {
    FetchRequest request;
    request.offset = next;
    request.maxBytes = std::min(kFetchBytes, limits.bytes);
    request.isolation =
        options_.readCommitted ? Isolation::kReadCommitted : Isolation::kReadUncommitted;
    const FetchResult found = turn.partition->fetch(request);
    if (found.refusal.code == ErrorCode::kOffsetOutOfRange && records.empty()) {
      const Offset reset = MR_TRY(resetOf(turn));
      if (reset == next) break;
      next = reset;
      continue;
    }
    if (!found.ok()) return Error::environment(found.refusal.message);
    if (found.length == 0) {
      next = std::max(next, found.next);
      break;
    }
    bytes += found.length;
    const Offset before = next;
    next = MR_TRY(
        memory.add(MR_TRY(found.read()), next, limits.records - have, found.aborted, records));
    if (next == before) break;
  }
  return next;
}

Result<bool> EmbeddedConsumer::gather(const PollLimits& limits, Polled& polled,
                                      std::vector<ConsumeWork::Taken>& taken,
                                      FetchedRecords& memory) {
  std::vector<Key> seen;
  std::size_t have = 0;
  bool more = false;
  while (have < limits.records) {
    auto turn = take(seen);
    if (!turn.has_value()) break;
    seen.push_back(turn->key);
    if (!turn->position.has_value() &&
        log_.parts().groups.isUnsettled({options_.group, turn->key.first, turn->key.second})) {
      more = true;
      MutexLock lock(mutex_);
      const auto slot = slots_.find(turn->key);
      if (slot != slots_.end()) slot->second.taken = false;
      continue;
    }
    Polled::Part part{turn->key.first, turn->key.second, {}};
    const auto next = read(*turn, limits, have, part.records, memory);
    if (!next.ok() || part.records.empty()) {
      more = more || turn->partition->bounds().more;
      // Markers, and what is aborted or void, are passed with a commit, too: whoever waits for the
      // group to come to the log's end would wait for ever.
      if (next.ok() && options_.commitOffsets && *next > *turn->position) {
        taken.push_back({turn->key.first, turn->key.second, *next});
        continue;
      }
      MutexLock lock(mutex_);
      const auto slot = slots_.find(turn->key);
      if (slot != slots_.end()) {
        slot->second.taken = false;
        if (next.ok()) slot->second.position = *next;
      }
      if (!next.ok()) return next.error();
      continue;
    }
    have += part.records.size();
    taken.push_back({turn->key.first, turn->key.second, *next});
    polled.parts.push_back(std::move(part));
  }
  return !more || !polled.parts.empty();
}

Result<Polled> EmbeddedConsumer::poll(const PollLimits& limits) {
  for (int wait = 0;; ++wait) {
    std::uint64_t advances = 0;
    std::int32_t generation = -1;
    {
      MutexLock lock(mutex_);
      if (!waitAssigned()) {
        idle_ = true;
        return Polled();
      }
      // From here on the group's partitions stay ours until the session has ended.
      ++open_;
      generation = member_->generation();
      advances = advances_;
    }
    Polled polled;
    auto memory = std::make_shared<FetchedRecords>();  // shared with whoever reads the records
    std::vector<ConsumeWork::Taken> taken;
    const auto settled = gather(limits, polled, taken, *memory);
    auto work = std::make_unique<ConsumeWork>(shared_from_this(), taken);
    if (!settled.ok()) return settled.error();
    if (options_.commitOffsets) {
      work->offsets = {options_.group, member_->id(), generation, {}};
      for (const ConsumeWork::Taken& each : taken)
        work->offsets.offsets.emplace_back(OffsetKey{options_.group, each.topic, each.partition},
                                           each.next);
    }
    if (!polled.parts.empty()) {
      polled.memory = std::move(memory);
      polled.work = std::move(work);
      return polled;
    }
    if (!taken.empty()) {
      polled.work = std::move(work);
      restUntil(advances);
      return polled;
    }
    work.reset();
    if (wait < kWaitsForMedium && member_->subscriptionChanged()) {
      revoked();
      continue;
    }
    if (!*settled && wait < kWaitsForMedium) {
      MutexLock lock(mutex_);
      if (advances_ == advances) changed_.waitFor(mutex_, kWaitForMedium);
      continue;
    }
    restUntil(advances);
    return Polled();
  }
}

void EmbeddedConsumer::restUntil(std::uint64_t seen) {
  bool again = false;
  {
    MutexLock lock(mutex_);
    idle_ = true;
    again = advances_ != seen;
  }
  // What came while this poll looked must not wait for what comes next.
  if (again) tellReady();
}

}  // namespace millrace::log
