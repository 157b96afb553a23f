// SPDX-License-Identifier: Apache-2.0
#include "engine/connection/flowfile_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace millrace::engine {
namespace {

// std heaps keep the greatest on top; these say which of two comes later.
bool dueLater(const FlowFile& a, const FlowFile& b) {
  return a.heldUntil != b.heldUntil ? a.heldUntil > b.heldUntil : b.key < a.key;
}

std::uint64_t totalBytes(const std::vector<FlowFile>& files) {
  std::uint64_t total = 0;
  for (const FlowFile& file : files) total += file.size();
  return total;
}

bool byKey(const FlowFile& a, const FlowFile& b) { return a.key < b.key; }

}  // namespace

FlowFileQueue::FlowFileQueue(ConnectionId id, std::string name, QueueSettings settings,
                             std::shared_ptr<QueueMemory> memory, std::shared_ptr<DiskBudget> disk)
    : id_(id),
      name_(std::move(name)),
      memory_(std::move(memory)),
      disk_(std::move(disk)),
      maxCount_(settings.maxCount),
      maxBytes_(settings.maxBytes),
      whenFull_(settings.whenFull),
      givesWay_(isOldestFirst(settings.prioritizers)),
      settings_(std::move(settings)) {
  if (memory_ != nullptr) memory_->enrol(*this);
}

FlowFileQueue::~FlowFileQueue() {
  if (disk_ != nullptr) disk_->take(DiskBudget::cost(count_.load(), bytes_.load()));
  if (memory_ == nullptr) return;
  memory_->leave(*this);
  memory_->changed(-static_cast<std::int64_t>(bytesInMemory_.load()));
}

QueueSettings FlowFileQueue::settings() const {
  MutexLock lock(mutex_);
  return settings_;
}

bool FlowFileQueue::overLimit() const {
  const std::uint64_t maxCount = maxCount_.load(std::memory_order_relaxed);
  const std::uint64_t maxBytes = maxBytes_.load(std::memory_order_relaxed);
  return (maxCount > 0 && count_.load(std::memory_order_acquire) >= maxCount) ||
         (maxBytes > 0 && bytes_.load(std::memory_order_acquire) >= maxBytes);
}

bool FlowFileQueue::isFull() const { return whenFull() == WhenFull::kWait && overLimit(); }

FlowFileQueue::Room FlowFileQueue::room() const {
  const auto left = [](std::uint64_t most, std::uint64_t now) {
    return most == 0 ? UINT64_MAX : most - std::min(most, now);
  };
  const std::uint64_t maxBytes = maxBytes_.load(std::memory_order_relaxed);
  return {left(maxCount_.load(std::memory_order_relaxed), count_.load(std::memory_order_acquire)),
          left(maxBytes, bytes_.load(std::memory_order_acquire)), left(maxBytes, 0)};
}

std::optional<std::string> FlowFileQueue::noteDropped(std::uint64_t count, std::uint64_t bytes,
                                                      Nanos now) {
  MutexLock lock(mutex_);
  dropped_.count += count;
  dropped_.bytes += bytes;
  if (droppedToldAt_ && now - *droppedToldAt_ < kMinute) return std::nullopt;
  droppedToldAt_ = now;
  const QueueStatus dropped = std::exchange(dropped_, {});
  return fmt::format("the connection '{}' is full: {} FlowFiles ({} bytes) were dropped, {} first",
                     name_, dropped.count, dropped.bytes,
                     settings_.whenFull == WhenFull::kDropOldest ? "the oldest" : "the newest");
}

void FlowFileQueue::hold(FlowFile file) {
  held_.push_back(std::move(file));
  std::push_heap(held_.begin(), held_.end(), dueLater);
}

void FlowFileQueue::insertOrdered(std::vector<FlowFile> files) {
  if (files.empty()) return;
  enterMemory(files);
  if (!settings_.prioritizers.empty()) {
    const auto later = [this](const FlowFile& a, const FlowFile& b) {
      return goesBefore(settings_.prioritizers, b, a);
    };
    for (FlowFile& file : files) {
      ranked_.push_back(std::move(file));
      std::push_heap(ranked_.begin(), ranked_.end(), later);
    }
    return;
  }
  if (batches_.empty() || batches_.back().files.back().key < files.front().key) {
    batches_.push_back({std::move(files), 0});
    return;
  }
  // Rare: a rollback, a penalty that ended, or two commits that arrive in the other order. Take out
  // every batch that overlaps, merge, and put the result in their place.
  const auto first = std::find_if(batches_.begin(), batches_.end(), [&](const Batch& batch) {
    return files.front().key < batch.files.back().key;
  });
  auto last = first;
  std::vector<FlowFile> overlapping;
  while (last != batches_.end() && last->files[last->next].key < files.back().key) {
    overlapping.insert(
        overlapping.end(),
        std::make_move_iterator(last->files.begin() + static_cast<std::ptrdiff_t>(last->next)),
        std::make_move_iterator(last->files.end()));
    ++last;
  }
  if (overlapping.empty()) {
    batches_.insert(first, Batch{std::move(files), 0});
    return;
  }
  std::vector<FlowFile> merged;
  merged.reserve(files.size() + overlapping.size());
  std::merge(std::make_move_iterator(files.begin()), std::make_move_iterator(files.end()),
             std::make_move_iterator(overlapping.begin()),
             std::make_move_iterator(overlapping.end()), std::back_inserter(merged), byKey);
  first->files = std::move(merged);
  first->next = 0;
  batches_.erase(first + 1, last);
}

void FlowFileQueue::entered(std::uint64_t count, std::uint64_t bytes) {
  bytes_.fetch_add(bytes, std::memory_order_acq_rel);
  count_.fetch_add(count, std::memory_order_acq_rel);
  if (disk_ != nullptr) disk_->add(DiskBudget::cost(count, bytes));
}

void FlowFileQueue::push(std::vector<FlowFile> batch) {
  if (batch.empty()) return;
  {
    MutexLock lock(mutex_);
    entered(batch.size(), totalBytes(batch));
    const auto isHeld = [](const FlowFile& file) { return file.heldUntil != 0; };
    if (std::any_of(batch.begin(), batch.end(), isHeld)) {
      std::vector<FlowFile> ready;
      for (FlowFile& file : batch) {
        if (isHeld(file)) {
          hold(std::move(file));
        } else {
          ready.push_back(std::move(file));
        }
      }
      batch = std::move(ready);
    }
    insertOrdered(std::move(batch));
  }
  if (memory_ != nullptr) memory_->relieve();
  notifyPushed();
}

void FlowFileQueue::releaseDue(Nanos now) {
  std::vector<FlowFile> due;
  while (!held_.empty() && held_.front().heldUntil <= now) {
    std::pop_heap(held_.begin(), held_.end(), dueLater);
    held_.back().heldUntil = 0;
    due.push_back(std::move(held_.back()));
    held_.pop_back();
  }
  if (due.empty()) return;
  std::sort(due.begin(), due.end(), byKey);
  insertOrdered(std::move(due));
}

bool FlowFileQueue::isExpired(const FlowFile& file, Millis wall) const {
  return settings_.expiration > 0 && wall - file.entryDate > settings_.expiration;
}

bool FlowFileQueue::takeFirst(const Poll& how, FlowFile& file) {
  if (!settings_.prioritizers.empty()) {
    if (ranked_.empty() || how.limit < ranked_.front().key.lsn) return false;
    std::pop_heap(ranked_.begin(), ranked_.end(), [this](const FlowFile& a, const FlowFile& b) {
      return goesBefore(settings_.prioritizers, b, a);
    });
    file = std::move(ranked_.back());
    ranked_.pop_back();
    return true;
  }
  if (batches_.empty()) return false;
  Batch& batch = batches_.front();
  if (how.limit < batch.files[batch.next].key.lsn) return false;
  file = std::move(batch.files[batch.next]);
  if (++batch.next == batch.files.size()) batches_.pop_front();
  return true;
}

std::size_t FlowFileQueue::poll(const Poll& how, std::vector<FlowFile>& into,
                                std::vector<FlowFile>& expired) {
  constexpr std::size_t kMostExpired = 10'000;  // of one call, as in NiFi
  std::size_t taken = 0;
  bool broughtIn = false;
  {
    MutexLock lock(mutex_);
    if (!held_.empty()) releaseDue(how.now);
    std::size_t left = 0;  // memory since it was last accounted for
    FlowFile file;
    while (taken < how.most && expired.size() < kMostExpired && waiting_ < kMostWaiting) {
      if (isNextPaged()) {
        leaveMemory(std::exchange(left, 0));
        if (!bringIn(how.limit)) break;
        broughtIn = true;
        continue;
      }
      if (!takeFirst(how, file)) break;
      ++left;
      const bool old = isExpired(file, how.wall);
      if (!old && !enterLane(file, how.owner)) continue;
      unacknowledged_.fetch_add(1, std::memory_order_relaxed);
      if (old) {
        expired.push_back(std::move(file));
      } else {
        into.push_back(std::move(file));
        ++taken;
      }
    }
    leaveMemory(left);
  }
  if (broughtIn) notifyPushed();  // others may have found nothing while the page was read
  return taken;
}

void FlowFileQueue::pollWhere(const Poll& how, const std::function<Take(const FlowFile&)>& choose,
                              std::vector<FlowFile>& into, std::vector<FlowFile>& expired) {
  bool broughtIn = false;
  {
    MutexLock lock(mutex_);
    if (!held_.empty()) releaseDue(how.now);
    while (isNextPaged() && bringIn(how.limit)) broughtIn = true;
    std::size_t seen = 0;
    std::vector<FlowFile> left;
    FlowFile file;
    while (!isNextPaged() && takeFirst(how, file)) {
      ++seen;
      if (isExpired(file, how.wall)) {
        unacknowledged_.fetch_add(1, std::memory_order_relaxed);
        expired.push_back(std::move(file));
        continue;
      }
      if (!enterLane(file, how.owner, false)) {
        left.push_back(std::move(file));
        continue;
      }
      const Take choice = choose(file);
      if (choice == Take::kTake || choice == Take::kTakeAndStop) {
        unacknowledged_.fetch_add(1, std::memory_order_relaxed);
        into.push_back(std::move(file));
      } else {
        left.push_back(std::move(file));
      }
      if (choice == Take::kTakeAndStop || choice == Take::kLeaveAndStop) break;
    }
    leaveMemory(seen);
    if (settings_.prioritizers.empty()) std::sort(left.begin(), left.end(), byKey);
    insertOrdered(std::move(left));
  }
  if (broughtIn) notifyPushed();
}

void FlowFileQueue::acknowledge(std::uint64_t count, std::uint64_t bytes) {
  unacknowledged_.fetch_sub(count, std::memory_order_relaxed);
  if (disk_ != nullptr) disk_->take(DiskBudget::cost(count, bytes));
  // Each limit is compared with what the subtraction itself saw: a push between a look and the
  // subtraction would fill the queue, and nobody would tell the source that it has room again.
  const auto crosses = [](std::uint64_t before, std::uint64_t taken, std::uint64_t limit) {
    return limit > 0 && before >= limit && before - taken < limit;
  };
  const std::uint64_t bytesBefore = bytes_.fetch_sub(bytes, std::memory_order_acq_rel);
  const std::uint64_t countBefore = count_.fetch_sub(count, std::memory_order_acq_rel);
  const bool emptied = countBefore == count && notifyWhenEmptied_.load(std::memory_order_relaxed);
  const bool drained = crosses(bytesBefore, bytes, maxBytes_.load(std::memory_order_relaxed)) ||
                       crosses(countBefore, count, maxCount_.load(std::memory_order_relaxed));
  if (!emptied && !drained) return;
  Listener onDrain;
  Listener onEmpty;
  {
    MutexLock lock(mutex_);
    if (drained) onDrain = drained_;
    if (emptied) onEmpty = emptied_;
  }
  if (onDrain != nullptr && *onDrain) (*onDrain)();
  if (onEmpty != nullptr && *onEmpty) (*onEmpty)();
}

void FlowFileQueue::putBack(std::vector<FlowFile> files) {
  if (files.empty()) return;
  {
    MutexLock lock(mutex_);
    unacknowledged_.fetch_sub(files.size(), std::memory_order_relaxed);
    std::vector<FlowFile> ready;
    for (FlowFile& file : files) {
      if (file.heldUntil != 0) {
        hold(std::move(file));
      } else {
        ready.push_back(std::move(file));
      }
    }
    std::sort(ready.begin(), ready.end(), byKey);
    insertOrdered(std::move(ready));
  }
  notifyPushed();
}

QueueStatus FlowFileQueue::status() const {
  MutexLock lock(mutex_);
  return {count_.load(), bytes_.load(), unacknowledged_.load(), held_.size()};
}

bool FlowFileQueue::hasDue(Nanos now, Lsn limit) const {
  MutexLock lock(mutex_);
  if (!held_.empty() && held_.front().heldUntil <= now) return true;
  if (isNextPaged() && (reading_ || unreadable_)) return false;
  if (waiting_ >= kMostWaiting) return false;
  const auto next = nextLsn();
  return next && *next <= limit;
}

std::optional<Nanos> FlowFileQueue::nextDue() const {
  MutexLock lock(mutex_);
  if (held_.empty()) return std::nullopt;
  return held_.front().heldUntil;
}

std::optional<Lsn> FlowFileQueue::firstLsn() const {
  MutexLock lock(mutex_);
  return nextLsn();
}

void FlowFileQueue::onPushed(std::function<void()> listener) {
  MutexLock lock(mutex_);
  pushed_ = std::make_shared<const std::function<void()>>(std::move(listener));
}

void FlowFileQueue::onEmptied(std::function<void()> listener) {
  MutexLock lock(mutex_);
  notifyWhenEmptied_ = static_cast<bool>(listener);
  emptied_ = std::make_shared<const std::function<void()>>(std::move(listener));
}

void FlowFileQueue::onDrained(std::function<void()> listener) {
  MutexLock lock(mutex_);
  drained_ = std::make_shared<const std::function<void()>>(std::move(listener));
}

void FlowFileQueue::notifyPushed() {
  Listener listener;
  {
    MutexLock lock(mutex_);
    listener = pushed_;
  }
  if (listener != nullptr && *listener) (*listener)();
}

}  // namespace millrace::engine
