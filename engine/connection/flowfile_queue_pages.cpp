// SPDX-License-Identifier: Apache-2.0
// The part of a queue that is not in memory, and what decides when it is.
#include "engine/connection/flowfile_queue.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace millrace::engine {
namespace {

bool byKey(const FlowFile& a, const FlowFile& b) { return a.key < b.key; }

/// Gives a lock back for a moment.
class Unlocked {
 public:
  explicit Unlocked(Mutex& mutex) MR_NO_THREAD_SAFETY_ANALYSIS : mutex_(mutex) { mutex_.unlock(); }
  ~Unlocked() MR_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  Mutex& mutex_;
};

/// What is enough of a FlowFile to know its place.
FlowFile placeOf(std::span<const FlowFile> files, std::span<const Prioritizer> prioritizers) {
  const auto first = std::min_element(
      files.begin(), files.end(),
      [&](const FlowFile& a, const FlowFile& b) { return goesBefore(prioritizers, a, b); });
  FlowFile place;
  place.key = first->key;
  if (prioritizers.empty()) return place;
  place.entryDate = first->entryDate;
  place.attributes = first->attributes;
  return place;
}

/// The part of a batch that is still here and has keys from `first` to `last`.
template <typename Batch>
auto between(Batch& batch, const FlowFile& first, const FlowFile& last) {
  const auto here = batch.files.begin() + static_cast<std::ptrdiff_t>(batch.next);
  return std::pair(std::lower_bound(here, batch.files.end(), first, byKey),
                   std::upper_bound(here, batch.files.end(), last, byKey));
}

}  // namespace

void FlowFileQueue::enterMemory(const std::vector<FlowFile>& files) {
  if (memory_ == nullptr) return;
  std::uint64_t bytes = files.size() * sizeof(FlowFile);
  const Attributes none;
  const Attributes* before = &none;
  for (const FlowFile& file : files) {
    bytes += file.attributes.bytesBeyond(*before);
    before = &file.attributes;
    if (file.content.kind == Content::Kind::kInline) bytes += file.content.length;
  }
  inMemory_.fetch_add(files.size(), std::memory_order_relaxed);
  bytesInMemory_.fetch_add(bytes, std::memory_order_relaxed);
  memory_->changed(static_cast<std::int64_t>(bytes));
}

void FlowFileQueue::leaveMemory(std::size_t count) {
  if (memory_ == nullptr || count == 0) return;
  const std::uint64_t all = inMemory_.load(std::memory_order_relaxed);
  const std::uint64_t bytes = bytesInMemory_.load(std::memory_order_relaxed);
  const std::uint64_t share = count == all ? bytes : bytes / all * count;
  inMemory_.fetch_sub(count, std::memory_order_relaxed);
  bytesInMemory_.fetch_sub(share, std::memory_order_relaxed);
  memory_->changed(-static_cast<std::int64_t>(share));
}

bool FlowFileQueue::pageGoesLater(const Paged& a, const Paged& b) const {
  return goesBefore(settings_.prioritizers, b.best, a.best);
}

const FlowFile* FlowFileQueue::firstInMemory() const {
  if (!ranked_.empty()) return &ranked_.front();
  if (batches_.empty()) return nullptr;
  return &batches_.front().files[batches_.front().next];
}

bool FlowFileQueue::isNextPaged() const {
  if (pages_.empty()) return false;
  const FlowFile* first = firstInMemory();
  return first == nullptr || goesBefore(settings_.prioritizers, pages_.front().best, *first);
}

std::optional<Lsn> FlowFileQueue::nextLsn() const {
  if (isNextPaged()) return pages_.front().best.key.lsn;
  const FlowFile* first = firstInMemory();
  if (first == nullptr) return std::nullopt;
  return first->key.lsn;
}

void FlowFileQueue::addPage(const FlowFile& best, std::shared_ptr<FlowFilePage> page) {
  pages_.push_back({best, std::move(page)});
  std::push_heap(pages_.begin(), pages_.end(),
                 [this](const Paged& a, const Paged& b) { return pageGoesLater(a, b); });
}

void FlowFileQueue::addPage(std::span<const FlowFile> files, std::shared_ptr<FlowFilePage> page) {
  addPage(placeOf(files, settings_.prioritizers), std::move(page));
}

bool FlowFileQueue::removePage(const FlowFilePage* page) {
  const auto gone =
      std::erase_if(pages_, [&](const Paged& paged) { return paged.page.get() == page; });
  if (gone == 0) return false;
  std::make_heap(pages_.begin(), pages_.end(),
                 [this](const Paged& a, const Paged& b) { return pageGoesLater(a, b); });
  return true;
}

bool FlowFileQueue::bringIn(Lsn limit) {
  if (reading_ || unreadable_ || limit < pages_.front().best.key.lsn) return false;
  const std::shared_ptr<FlowFilePage> page = pages_.front().page;
  reading_ = true;
  Result<std::vector<FlowFile>> files = std::vector<FlowFile>();
  {
    const Unlocked unlocked(mutex_);
    files = page->read();
    if (!files.ok() && memory_ != nullptr) memory_->lost(files.error());
  }
  reading_ = false;
  if (!files.ok()) {
    unreadable_ = true;
    return false;
  }
  if (!removePage(page.get())) return true;  // somebody else brought it in meanwhile
  if (!std::is_sorted(files->begin(), files->end(), byKey))
    std::sort(files->begin(), files->end(), byKey);
  insertOrdered(std::move(*files));
  return true;
}

std::uint64_t FlowFileQueue::pageableBytes() const {
  const std::uint64_t count = inMemory_.load(std::memory_order_relaxed);
  const QueueMemory::Options& sizes = memory_->options();
  if (count < sizes.alwaysInMemory + sizes.smallestPage) return 0;
  return bytesInMemory_.load(std::memory_order_relaxed) / count * (count - sizes.alwaysInMemory);
}

std::vector<FlowFile> FlowFileQueue::coldest(std::size_t most) const {
  std::vector<FlowFile> files;
  if (!ranked_.empty()) {
    files = ranked_;
    const auto goesLater = [this](const FlowFile& a, const FlowFile& b) {
      return goesBefore(settings_.prioritizers, b, a);
    };
    const auto end = files.begin() + static_cast<std::ptrdiff_t>(std::min(most, files.size()));
    std::nth_element(files.begin(), end, files.end(), goesLater);
    files.erase(end, files.end());
    std::sort(files.begin(), files.end(), byKey);
    return files;
  }
  std::size_t batch = batches_.size();
  std::size_t found = 0;
  while (batch > 0 && found < most) {
    --batch;
    found += batches_[batch].files.size() - batches_[batch].next;
  }
  std::size_t skip = found > most ? found - most : 0;
  files.reserve(found - skip);
  for (; batch < batches_.size(); ++batch) {
    const Batch& from = batches_[batch];
    files.insert(files.end(), from.files.begin() + static_cast<std::ptrdiff_t>(from.next + skip),
                 from.files.end());
    skip = 0;
  }
  return files;
}

/// Takes exactly these out of memory; false, and nothing done, when one is gone or another has come
/// between them.
bool FlowFileQueue::forget(const std::vector<FlowFile>& files) {
  const auto isOne = [&](const FlowFile& file) {
    return std::binary_search(files.begin(), files.end(), file, byKey);
  };
  if (!settings_.prioritizers.empty()) {
    const auto found = std::count_if(ranked_.begin(), ranked_.end(), isOne);
    if (static_cast<std::size_t>(found) != files.size()) return false;
    std::erase_if(ranked_, isOne);
    std::make_heap(ranked_.begin(), ranked_.end(), [this](const FlowFile& a, const FlowFile& b) {
      return goesBefore(settings_.prioritizers, b, a);
    });
    leaveMemory(files.size());
    return true;
  }
  const auto first = std::find_if(batches_.begin(), batches_.end(), [&](const Batch& batch) {
    return !(batch.files.back().key < files.front().key);
  });
  std::size_t found = 0;
  auto end = first;
  for (; end != batches_.end() && !(files.back().key < end->files[end->next].key); ++end) {
    const auto [from, to] = between(*end, files.front(), files.back());
    for (auto file = from; file != to; ++file, ++found) {
      if (found == files.size() || files[found].key != file->key) return false;
    }
  }
  if (found != files.size()) return false;
  for (auto batch = first; batch != end; ++batch) {
    const auto [from, to] = between(*batch, files.front(), files.back());
    batch->files.erase(from, to);
    // Not each time: a batch of a million leaves in hundreds of pages.
    if (batch->files.capacity() / 2 > batch->files.size()) batch->files.shrink_to_fit();
  }
  batches_.erase(
      std::remove_if(first, end,
                     [](const Batch& batch) { return batch.next == batch.files.size(); }),
      end);
  leaveMemory(files.size());
  return true;
}

Result<std::uint64_t> FlowFileQueue::pageOut(FlowFilePages& pages) {
  const QueueMemory::Options& sizes = memory_->options();
  constexpr int kTries = 3;  // a session may take one of them while the page is written
  for (int tried = 0; tried < kTries; ++tried) {
    std::vector<FlowFile> files;
    {
      MutexLock lock(mutex_);
      const std::uint64_t count = inMemory_.load(std::memory_order_relaxed);
      if (count < sizes.alwaysInMemory + sizes.smallestPage) return std::uint64_t{0};
      files = coldest(std::min(sizes.largestPage, count - sizes.alwaysInMemory));
    }
    if (files.size() < sizes.smallestPage) return std::uint64_t{0};
    std::shared_ptr<FlowFilePage> page = MR_TRY(pages.write(files));
    MutexLock lock(mutex_);
    if (!forget(files)) continue;
    addPage(files, std::move(page));
    return static_cast<std::uint64_t>(files.size());
  }
  return std::uint64_t{0};
}

void FlowFileQueue::restore(std::vector<RestoredBatch> batches) {
  for (RestoredBatch& batch : batches) {
    if (batch.page == nullptr) {
      push(std::move(batch.files));
      continue;
    }
    FlowFile best;
    best.key = batch.page->facts().first;
    const auto prioritizers = settings().prioritizers;
    if (!prioritizers.empty()) {
      const auto files = batch.page->read();
      if (files.ok()) best = placeOf(*files, prioritizers);
      if (!files.ok() && memory_ != nullptr) memory_->lost(files.error());
    }
    MutexLock lock(mutex_);
    entered(batch.page->facts().count, batch.page->facts().bytes);
    addPage(best, std::move(batch.page));
  }
  notifyPushed();
}

void FlowFileQueue::change(QueueSettings settings) {
  // Another order needs to know another first FlowFile of each page. Pages are read without the
  // lock; those written meanwhile are few and read with it.
  std::map<FlowFilePage*, FlowFile> places;
  std::vector<std::shared_ptr<FlowFilePage>> pages;
  {
    MutexLock lock(mutex_);
    if (settings_.prioritizers != settings.prioritizers) {
      for (const Paged& paged : pages_) pages.push_back(paged.page);
    }
  }
  const auto place = [&](FlowFilePage& page) {
    const auto files = page.read();
    if (files.ok()) return placeOf(*files, settings.prioritizers);
    if (memory_ != nullptr) memory_->lost(files.error());
    FlowFile first;
    first.key = page.facts().first;
    return first;
  };
  for (const auto& page : pages) places.emplace(page.get(), place(*page));
  {
    MutexLock lock(mutex_);
    if (settings_.prioritizers != settings.prioritizers) {
      for (Paged& paged : pages_) {
        const auto known = places.find(paged.page.get());
        paged.best = known != places.end() ? known->second : place(*paged.page);
      }
    }
    std::vector<FlowFile> all = std::move(ranked_);
    ranked_.clear();
    for (Batch& batch : batches_) {
      all.insert(
          all.end(),
          std::make_move_iterator(batch.files.begin() + static_cast<std::ptrdiff_t>(batch.next)),
          std::make_move_iterator(batch.files.end()));
    }
    batches_.clear();
    leaveMemory(all.size());
    if (waiting_ > 0) {  // the keys may be others now
      std::vector<FlowFile> files = takeWaiting();
      std::move(files.begin(), files.end(), std::back_inserter(all));
    }
    settings_ = std::move(settings);
    maxCount_ = settings_.maxCount;
    maxBytes_ = settings_.maxBytes;
    whenFull_ = settings_.whenFull;
    givesWay_ = isOldestFirst(settings_.prioritizers);
    std::make_heap(pages_.begin(), pages_.end(),
                   [this](const Paged& a, const Paged& b) { return pageGoesLater(a, b); });
    std::sort(all.begin(), all.end(), byKey);
    insertOrdered(std::move(all));
  }
  notifyPushed();
}

}  // namespace millrace::engine
