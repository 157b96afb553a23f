// SPDX-License-Identifier: Apache-2.0
#pragma once
// BlockWriter: gathers the commits that it is told of into provenance blocks. The records go in as
// they are; only FlowFiles from before the block are encoded again, once each.
//
// Ownership: a plain object. Threads: one at a time.

#include "engine/ports/commit_observer.h"
#include "repositories/provenance/blocks/block_format.h"

#include <functional>
#include <set>

namespace millrace::repo {

/// How many of a component's commits are recorded: one in that number; 0: none.
using ProvenanceSampling = std::function<std::uint32_t(ComponentId)>;

struct BlockWriterOptions {
  std::uint64_t blockBytes = 1ULL << 20U;    ///< a block is closed at this size before compression
  std::uint64_t blockFlowFiles = 16384;      ///< or when it tells so often of one: a search reads
                                             ///< whole blocks, and some take a byte for each
  bool keepContent = false;                  ///< keep the bytes of inline contents, for replay
  std::uint64_t mostContent = 64ULL << 20U;  ///< in one block; what is more is not kept
  ProvenanceSampling sampling;               ///< empty: all
};

class BlockWriter {
 public:
  struct Block {
    BlockSummary summary;
    std::vector<std::byte> bytes;
  };

  BlockWriter(StoreId store, BlockWriterOptions options)
      : store_(store), options_(std::move(options)) {}

  void begin(Lsn lsn, ByteView record, InlineBuffers buffers);
  void head(ComponentId component, Millis time);
  void input(ConnectionId from, const FlowFile& file);
  void changed(const FlowFile& after);
  void created(const FlowFile& file);
  void dropped(DropReason reason);
  void fact(const Fact& fact);
  void end();

  bool isFull() const {
    return body_.size() + imports_.size() >= options_.blockBytes ||
           told_ >= options_.blockFlowFiles;
  }
  bool isEmpty() const { return commits_ == 0; }
  /// The commit that was begun last since close() or forget(), ended or not.
  Lsn begun() const { return lsn_; }
  /// The block of what was told so far; the next one begins. It must not be empty.
  Block close();
  /// Drops what was told since the last close().
  void forget();

 private:
  void note(FlowFileId id);
  void noteTexts(const FlowFile& file);
  void import(ConnectionId from, const FlowFile& file);
  void keep(const InlineBuffer& buffer);
  std::vector<BlockSummary::Ids> finishIds();

  const StoreId store_;
  const BlockWriterOptions options_;
  BlockSummary summary_;
  Lsn first_;  ///< of the block; 0: none yet
  Lsn last_;
  std::uint64_t commits_ = 0;
  ByteWriter body_;
  ByteWriter contents_;
  CommitRecordWriter imports_;
  std::uint64_t importCount_ = 0;
  std::uint64_t told_ = 0;  ///< inputs and created ones
  std::set<Lsn> unsampled_;
  std::vector<BlockSummary::Ids> ids_;
  std::set<ComponentId> components_;
  Attributes lastAttributes_;
  std::string lastFilename_;
  std::shared_ptr<InlineBuffer> elided_;
  // The commit being told.
  Lsn lsn_;
  ByteView record_;
  InlineBuffers buffers_;
  bool sampled_ = true;
};

}  // namespace millrace::repo
