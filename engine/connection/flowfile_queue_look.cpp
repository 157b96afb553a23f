// SPDX-License-Identifier: Apache-2.0
// A queue as people look at it: without taking anything, at any depth, or taking just some.
#include "engine/connection/flowfile_queue.h"

#include <algorithm>
#include <iterator>

namespace millrace::engine {
namespace {

/// The few that go first of many, behind a place.
class BestFew {
 public:
  BestFew(std::vector<Prioritizer> order, const FlowFile* after, std::size_t most)
      : order_(std::move(order)), after_(after), most_(most) {}

  bool goesBefore(const FlowFile& a, const FlowFile& b) const {
    return engine::goesBefore(order_, a, b);
  }
  void offer(const FlowFile& file) {
    if (after_ != nullptr && !goesBefore(*after_, file)) return;
    if (!wants(file)) return;
    const auto byOrder = [this](const FlowFile& a, const FlowFile& b) { return goesBefore(a, b); };
    if (best_.size() == most_) {
      std::pop_heap(best_.begin(), best_.end(), byOrder);
      best_.pop_back();
    }
    best_.push_back(file);
    std::push_heap(best_.begin(), best_.end(), byOrder);
  }
  /// False when it, and all behind it, come too late.
  bool wants(const FlowFile& file) const {
    return best_.size() < most_ || (most_ > 0 && goesBefore(file, best_.front()));
  }
  std::vector<FlowFile> take() {
    std::sort(best_.begin(), best_.end(),
              [this](const FlowFile& a, const FlowFile& b) { return goesBefore(a, b); });
    return std::move(best_);
  }

 private:
  const std::vector<Prioritizer> order_;
  const FlowFile* const after_;
  const std::size_t most_;
  std::vector<FlowFile> best_;  // a heap, the last one on top
};

bool isOneOf(std::span<const QueueKey> keys, QueueKey key) {
  return std::binary_search(keys.begin(), keys.end(), key);
}

bool anyBetween(std::span<const QueueKey> keys, QueueKey first, QueueKey last) {
  const auto found = std::lower_bound(keys.begin(), keys.end(), first);
  return found != keys.end() && !(last < *found);
}

}  // namespace

std::vector<FlowFile> FlowFileQueue::peek(std::size_t most) const {
  std::vector<FlowFile> all;
  std::vector<FlowFile> held;
  std::vector<Paged> pages;
  std::vector<Prioritizer> prioritizers;
  {
    MutexLock lock(mutex_);
    prioritizers = settings_.prioritizers;
    all = ranked_;
    for (const Batch& batch : batches_) {
      for (std::size_t i = batch.next; i < batch.files.size() && all.size() < most; ++i)
        all.push_back(batch.files[i]);
    }
    forEachApart([&](const FlowFile& file) {
      if (held.size() < most) held.push_back(file);
    });
    pages = pages_;
  }
  const auto inOrder = [&](const FlowFile& a, const FlowFile& b) {
    return goesBefore(prioritizers, a, b);
  };
  const auto settle = [&] {
    std::sort(all.begin(), all.end(), inOrder);
    if (all.size() > most) all.resize(most);
  };
  settle();
  std::sort(pages.begin(), pages.end(),
            [&](const Paged& a, const Paged& b) { return inOrder(a.best, b.best); });
  for (const Paged& paged : pages) {
    if (all.size() == most && (all.empty() || inOrder(all.back(), paged.best))) break;
    auto files = paged.page->read();
    if (!files.ok()) break;  // whoever is to work on it says so
    std::move(files->begin(), files->end(), std::back_inserter(all));
    settle();
  }
  for (FlowFile& file : held) {
    if (all.size() >= most) break;
    all.push_back(std::move(file));
  }
  return all;
}

Result<std::vector<FlowFile>> FlowFileQueue::look(const FlowFile* after, std::size_t most) const {
  std::vector<Paged> pages;
  std::optional<BestFew> best;
  {
    MutexLock lock(mutex_);
    best.emplace(settings_.prioritizers, after, most);
    for (const FlowFile& file : ranked_) best->offer(file);
    const auto firstBatch =
        after == nullptr
            ? batches_.begin()
            : std::partition_point(batches_.begin(), batches_.end(), [&](const Batch& b) {
                return !(after->key < b.files.back().key);
              });
    for (auto batch = firstBatch; batch != batches_.end(); ++batch) {
      auto file = batch->files.begin() + static_cast<std::ptrdiff_t>(batch->next);
      if (!best->wants(*file)) break;
      if (after != nullptr) {
        file = std::upper_bound(file, batch->files.end(), *after,
                                [](const FlowFile& a, const FlowFile& b) { return a.key < b.key; });
      }
      for (; file != batch->files.end() && best->wants(*file); ++file) best->offer(*file);
    }
    forEachApart([&](const FlowFile& file) { best->offer(file); });
    const bool byKey = settings_.prioritizers.empty();
    std::copy_if(pages_.begin(), pages_.end(), std::back_inserter(pages), [&](const Paged& paged) {
      return !byKey || after == nullptr || after->key < paged.page->facts().last;
    });
  }
  std::sort(pages.begin(), pages.end(),
            [&](const Paged& a, const Paged& b) { return best->goesBefore(a.best, b.best); });
  for (const Paged& paged : pages) {
    if (!best->wants(paged.best)) break;
    const auto files = MR_TRY(paged.page->read());
    for (const FlowFile& file : files) best->offer(file);
  }
  return best->take();
}

Result<std::optional<FlowFile>> FlowFileQueue::find(QueueKey key) const {
  std::vector<std::shared_ptr<FlowFilePage>> pages;
  const auto isIt = [key](const FlowFile& file) { return file.key == key; };
  {
    MutexLock lock(mutex_);
    const auto batch = std::partition_point(
        batches_.begin(), batches_.end(), [&](const Batch& b) { return b.files.back().key < key; });
    if (batch != batches_.end()) {
      const auto from = batch->files.begin() + static_cast<std::ptrdiff_t>(batch->next);
      const auto file =
          std::lower_bound(from, batch->files.end(), key,
                           [](const FlowFile& each, QueueKey wanted) { return each.key < wanted; });
      if (file != batch->files.end() && isIt(*file)) return std::optional(*file);
    }
    std::optional<FlowFile> apart;
    forEachApart([&](const FlowFile& file) {
      if (isIt(file)) apart = file;
    });
    if (apart) return apart;
    const auto ranked = std::find_if(ranked_.begin(), ranked_.end(), isIt);
    if (ranked != ranked_.end()) return std::optional(*ranked);
    for (const Paged& paged : pages_) {
      if (anyBetween(std::span(&key, 1), paged.page->facts().first, paged.page->facts().last))
        pages.push_back(paged.page);
    }
  }
  for (const auto& page : pages) {
    const auto files = MR_TRY(page->read());
    const auto file = std::find_if(files.begin(), files.end(), isIt);
    if (file != files.end()) return std::optional(*file);
  }
  return std::optional<FlowFile>();
}

void FlowFileQueue::takeFromMemory(std::vector<QueueKey>& keys, std::vector<FlowFile>& into) {
  std::vector<QueueKey> taken;
  const auto takeOut = [&](auto from, auto end) {
    return std::remove_if(from, end, [&](FlowFile& file) {
      if (!isOneOf(keys, file.key)) return false;
      taken.push_back(file.key);
      into.push_back(std::move(file));
      return true;
    });
  };
  const auto first = std::partition_point(
      batches_.begin(), batches_.end(),
      [&](const Batch& batch) { return !keys.empty() && batch.files.back().key < keys.front(); });
  auto last = first;
  for (; last != batches_.end() && !keys.empty() && !(keys.back() < last->files[last->next].key);
       ++last) {
    if (!anyBetween(keys, last->files[last->next].key, last->files.back().key)) continue;
    const auto from = last->files.begin() + static_cast<std::ptrdiff_t>(last->next);
    last->files.erase(takeOut(from, last->files.end()), last->files.end());
  }
  batches_.erase(
      std::remove_if(first, last,
                     [](const Batch& batch) { return batch.next == batch.files.size(); }),
      last);
  if (!ranked_.empty()) {
    ranked_.erase(takeOut(ranked_.begin(), ranked_.end()), ranked_.end());
    std::make_heap(ranked_.begin(), ranked_.end(), [this](const FlowFile& a, const FlowFile& b) {
      return goesBefore(settings_.prioritizers, b, a);
    });
  }
  leaveMemory(taken.size());
  unacknowledged_.fetch_add(taken.size(), std::memory_order_relaxed);
  std::sort(taken.begin(), taken.end());
  std::erase_if(keys, [&](QueueKey key) { return isOneOf(taken, key); });
}

std::shared_ptr<FlowFilePage> FlowFileQueue::pageFor(
    std::span<const QueueKey> keys, std::span<const std::shared_ptr<FlowFilePage>> without) const {
  for (const Paged& paged : pages_) {
    const PageFacts& facts = paged.page->facts();
    if (anyBetween(keys, facts.first, facts.last) &&
        std::find(without.begin(), without.end(), paged.page) == without.end())
      return paged.page;
  }
  return nullptr;
}

Result<> FlowFileQueue::pollKeys(std::vector<QueueKey> keys, std::vector<FlowFile>& into) {
  std::vector<std::shared_ptr<FlowFilePage>> looked;  // without any of them
  bool broughtIn = false;
  Result<> outcome = Done{};
  while (true) {
    std::shared_ptr<FlowFilePage> page;
    {
      MutexLock lock(mutex_);
      takeFromMemory(keys, into);
      page = pageFor(keys, looked);
    }
    if (page == nullptr) break;
    auto files = page->read();
    if (!files.ok()) {
      outcome = files.error();
      break;
    }
    const bool has = std::any_of(files->begin(), files->end(),
                                 [&](const FlowFile& file) { return isOneOf(keys, file.key); });
    if (!has) {
      looked.push_back(std::move(page));
      continue;
    }
    std::sort(files->begin(), files->end(),
              [](const FlowFile& a, const FlowFile& b) { return a.key < b.key; });
    MutexLock lock(mutex_);
    // Not there any more: others brought it in, and what is left of it is in memory.
    if (!removePage(page.get())) continue;
    insertOrdered(std::move(*files));
    takeFromMemory(keys, into);
    broughtIn = true;
  }
  if (broughtIn) {
    notifyPushed();
    if (memory_ != nullptr) memory_->relieve();
  }
  return outcome;
}

}  // namespace millrace::engine
