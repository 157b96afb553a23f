// SPDX-License-Identifier: Apache-2.0
#pragma once
// StoreImageQueue: the FlowFiles of one connection in key order, in batches of up to 4,096, so that
// placing and taking costs no allocation a FlowFile. A taken entry leaves a gap that is closed when
// it pays. A batch may be a page, of a snapshot or one that a deep queue was folded into; it is
// read only when an entry of it is looked for. So opening a store with a deep queue costs the
// memory of what the journal touched, not of what is queued.
//
// Positions are good until trim(). Errors: those of reading a page. Ownership: holds its FlowFiles.
// Threads: one at a time.

#include "engine/flowfile/flowfile.h"
#include "engine/ports/flowfile_pages.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace millrace::repo {

class StoreImageQueue {
 public:
  struct Position {
    std::size_t batch = 0;
    std::size_t entry = 0;
  };

  /// Appends a FlowFile; its key must be greater than every key that was here. False, and nothing
  /// done, when it is not.
  bool place(FlowFile file);
  /// Appends a page, as place() does. `noClaims`: every content in it is empty or inline.
  bool place(std::unique_ptr<FlowFilePage> page, bool noClaims);
  /// Lets full batches at the end go into pages when enough others are in memory. Voids positions.
  Result<> fold(FlowFilePages& pages);
  Result<std::optional<Position>> find(QueueKey key);
  /// The entry after, gaps included; none at the end.
  Result<std::optional<Position>> next(Position at);
  bool has(Position at) const { return !batches_[at.batch].gone[at.entry]; }
  /// Of a taken entry only the key is left.
  FlowFile& at(Position at) { return batches_[at.batch].files[at.entry]; }
  FlowFile take(Position at);
  /// Gives the room of taken entries back; positions are void afterwards.
  void trim();

  std::uint64_t count() const { return count_; }
  /// Content bytes of the FlowFiles that are here.
  std::uint64_t bytes() const { return bytes_; }

  /// Pages are read one at a time and not kept.
  template <typename Visit>
  Result<> forEach(Visit&& visit) const {
    return forEachBut([](const Batch&) { return false; }, visit);
  }
  /// Those of forEach() whose content is stored.
  template <typename Visit>
  Result<> forEachStored(Visit&& visit) const {
    return forEachBut([](const Batch& batch) { return batch.page != nullptr && batch.noClaims; },
                      [&](const FlowFile& file) {
                        if (file.content.kind == Content::Kind::kStored) visit(file);
                      });
  }
  /// Moves everything out, in key order.
  std::vector<RestoredBatch> takeAll();

 private:
  static constexpr std::size_t kMostFiles = 4096;
  static constexpr std::size_t kWorthClosing = 64;
  static constexpr std::size_t kBatchesInMemory = 16;  ///< more of a queue are folded

  struct Batch {
    std::vector<FlowFile> files;
    std::vector<bool> gone;
    std::size_t alive = 0;
    QueueKey last;
    std::unique_ptr<FlowFilePage> page;  ///< not read yet: `files` and `gone` are empty
    bool noClaims = false;
  };
  template <typename Skip, typename Visit>
  Result<> forEachBut(Skip&& skip, Visit&& visit) const {
    for (const Batch& batch : batches_) {
      if (skip(batch)) continue;
      if (batch.page != nullptr) {
        const std::vector<FlowFile> files = MR_TRY(batch.page->read());
        for (const FlowFile& file : files) visit(file);
        continue;
      }
      for (std::size_t i = 0; i < batch.files.size(); ++i) {
        if (!batch.gone[i]) visit(batch.files[i]);
      }
    }
    return Done{};
  }
  Result<> load(Batch& batch);
  static void closeGaps(Batch& batch);
  static void giveBack(Batch& batch);

  std::vector<Batch> batches_;
  std::size_t takenFrom_ = ~std::size_t{0};  ///< the first batch that lost an entry since trim()
  std::size_t takenTo_ = 0;                  ///< the last
  std::size_t dead_ = 0;                     ///< batches without an entry
  std::size_t inMemory_ = 0;                 ///< batches with files
  std::size_t foldFrom_ = 0;                 ///< batches before it have had their chance
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace millrace::repo
