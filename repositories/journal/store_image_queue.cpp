// SPDX-License-Identifier: Apache-2.0
#include "repositories/journal/store_image_queue.h"

#include "engine/base/assert.h"

#include <algorithm>

namespace millrace::repo {

/// Assigning {} would keep the memory.
void StoreImageQueue::giveBack(Batch& batch) {
  std::vector<FlowFile>().swap(batch.files);
  std::vector<bool>().swap(batch.gone);
}

bool StoreImageQueue::place(FlowFile file) {
  if (!batches_.empty() && !(batches_.back().last < file.key)) return false;
  if (batches_.empty() || batches_.back().files.size() >= kMostFiles ||
      batches_.back().alive == 0 || batches_.back().page != nullptr) {
    batches_.emplace_back();
    ++inMemory_;
  }
  Batch& batch = batches_.back();
  ++count_;
  bytes_ += file.size();
  ++batch.alive;
  batch.last = file.key;
  batch.gone.push_back(false);
  batch.files.push_back(std::move(file));
  return true;
}

bool StoreImageQueue::place(std::unique_ptr<FlowFilePage> page, bool noClaims) {
  const PageFacts& facts = page->facts();
  if (!batches_.empty() && !(batches_.back().last < facts.first)) return false;
  Batch& batch = batches_.emplace_back();
  count_ += facts.count;
  bytes_ += facts.bytes;
  batch.alive = static_cast<std::size_t>(facts.count);
  batch.last = facts.last;
  batch.noClaims = noClaims;
  batch.page = std::move(page);
  return true;
}

Result<> StoreImageQueue::load(Batch& batch) {
  if (batch.page == nullptr) return Done{};
  batch.files = MR_TRY(batch.page->read());
  batch.gone.assign(batch.files.size(), false);
  batch.page.reset();
  ++inMemory_;
  return Done{};
}

Result<> StoreImageQueue::fold(FlowFilePages& pages) {
  for (; foldFrom_ + 1 < batches_.size(); ++foldFrom_) {
    Batch& batch = batches_[foldFrom_];
    if (inMemory_ <= kBatchesInMemory || batch.page != nullptr || batch.alive < kMostFiles)
      continue;
    batch.page = MR_TRY(pages.write(batch.files));
    batch.noClaims = std::none_of(batch.files.begin(), batch.files.end(), [](const FlowFile& file) {
      return file.content.kind == Content::Kind::kStored;
    });
    giveBack(batch);
    --inMemory_;
  }
  return Done{};
}

Result<std::optional<StoreImageQueue::Position>> StoreImageQueue::find(QueueKey key) {
  const auto batch =
      std::lower_bound(batches_.begin(), batches_.end(), key,
                       [](const Batch& b, const QueueKey& wanted) { return b.last < wanted; });
  if (batch == batches_.end()) return std::optional<Position>();
  MR_TRY(load(*batch));
  const auto file =
      std::lower_bound(batch->files.begin(), batch->files.end(), key,
                       [](const FlowFile& f, const QueueKey& wanted) { return f.key < wanted; });
  if (file == batch->files.end() || file->key != key) return std::optional<Position>();
  return std::optional(Position{static_cast<std::size_t>(batch - batches_.begin()),
                                static_cast<std::size_t>(file - batch->files.begin())});
}

Result<std::optional<StoreImageQueue::Position>> StoreImageQueue::next(Position at) {
  if (++at.entry < batches_[at.batch].files.size()) return std::optional(at);
  at.entry = 0;
  while (++at.batch < batches_.size()) {
    MR_TRY(load(batches_[at.batch]));
    if (!batches_[at.batch].files.empty()) return std::optional(at);
  }
  return std::optional<Position>();
}

FlowFile StoreImageQueue::take(Position at) {
  Batch& batch = batches_[at.batch];
  MR_ASSERT(!batch.gone[at.entry]);
  FlowFile file = std::move(batch.files[at.entry]);
  batch.gone[at.entry] = true;
  if (--batch.alive == 0) ++dead_;
  --count_;
  bytes_ -= file.size();
  takenFrom_ = std::min(takenFrom_, at.batch);
  takenTo_ = std::max(takenTo_, at.batch);
  return file;
}

void StoreImageQueue::closeGaps(Batch& batch) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < batch.files.size(); ++i) {
    if (batch.gone[i]) continue;
    if (kept != i) batch.files[kept] = std::move(batch.files[i]);
    ++kept;
  }
  batch.files.erase(batch.files.begin() + static_cast<std::ptrdiff_t>(kept), batch.files.end());
  batch.files.shrink_to_fit();
  batch.gone.assign(kept, false);
}

void StoreImageQueue::trim() {
  if (takenFrom_ >= batches_.size()) return;
  for (std::size_t i = takenFrom_; i <= takenTo_; ++i) {
    Batch& batch = batches_[i];
    if (batch.page != nullptr) continue;
    if (batch.alive == 0) {
      if (!batch.files.empty()) --inMemory_;
      giveBack(batch);
    } else if (batch.files.size() > kWorthClosing && batch.alive < batch.files.size() / 4) {
      closeGaps(batch);
    }
  }
  takenFrom_ = ~std::size_t{0};
  takenTo_ = 0;
  // Batches without entries are taken out together, so that each is moved over a few times at most.
  if (dead_ * 2 <= batches_.size()) return;
  std::erase_if(batches_, [](const Batch& batch) { return batch.alive == 0; });
  dead_ = 0;
  foldFrom_ = 0;
}

std::vector<RestoredBatch> StoreImageQueue::takeAll() {
  std::vector<RestoredBatch> all;
  for (Batch& batch : batches_) {
    if (batch.alive == 0) continue;
    if (batch.page == nullptr && batch.alive < batch.files.size()) closeGaps(batch);
    all.push_back({std::move(batch.files), std::move(batch.page)});
  }
  *this = StoreImageQueue();
  return all;
}

}  // namespace millrace::repo
