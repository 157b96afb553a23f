// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProvenanceBlocks: the provenance repository on disk: a folder of blocks, and an index of them.
//
// Promise: as the port says. What flush() returned for is on the medium; a commit is in one block,
// whatever happens between. A damaged index is made again from the blocks. Ownership: file system
// and clock outlive it; it owns the index. Threads: as the port says.

#include "engine/base/clock.h"
#include "engine/ports/provenance_repository.h"
#include "repositories/provenance/blocks/block_index.h"
#include "repositories/provenance/blocks/block_writer.h"

namespace millrace::repo {

inline std::string provenancePathOf(const std::string& store) { return store + "/provenance"; }

struct ProvenanceOptions {
  BlockWriterOptions blocks;
  std::uint64_t fileBytes = 64ULL << 20U;    ///< of one file; what is removed, is removed by file
  std::uint64_t mostBytes = 10ULL << 30U;    ///< kept in all
  Millis mostAge = 30LL * 24 * 3600 * 1000;  ///< of the newest event of a file
  std::optional<StoreId> seen;  ///< whose uuids FlowFiles have; absent: the store that writes
  /// One sentence about what goes wrong beside the answer: an index that is made again.
  std::function<void(const std::string&)> onBulletin;
};

class ProvenanceBlocks final : public ProvenanceSink, public ProvenanceRepository {
 public:
  /// `durable`: blocks of commits up to it must be whole (the snapshot's commit).
  static Result<std::unique_ptr<ProvenanceBlocks>> open(FileSystem& files, const std::string& path,
                                                        StoreId store, const Clock& clock,
                                                        Lsn durable,
                                                        std::unique_ptr<BlockIndex> index,
                                                        ProvenanceOptions options);

  void begin(Lsn lsn, ByteView record, InlineBuffers buffers) override;
  void head(ComponentId component, Millis time, std::uint64_t flowRevision) override;
  void input(ConnectionId from, const FlowFile& file) override;
  void outputs(ConnectionId) override {}
  void same(std::uint32_t, std::uint32_t) override {}
  void changed(std::uint32_t ordinal, const FlowFile& before, const FlowFile& after) override;
  void created(const FlowFile& file) override;
  void dropped(std::uint32_t ordinal, std::uint32_t count, DropReason reason,
               std::string_view relationship) override;
  void fact(const Fact& fact) override;
  Result<> end() override;
  Lsn mark() const override { return files_->last(); }
  Result<> flush() override;
  Result<std::uint64_t> retain() override;

  Result<ProvenancePage> search(const ProvenanceQuery& query) override;
  Result<std::optional<ProvenanceEvent>> find(ProvenanceEventId id) override;

  std::uint64_t totalBytes() const { return files_->totalBytes(); }

 private:
  ProvenanceBlocks(StoreId seen, StoreId store, const Clock& clock,
                   std::unique_ptr<BlockFiles> files, std::unique_ptr<BlockIndex> index,
                   ProvenanceOptions options)
      : seen_(seen),
        clock_(clock),
        options_(std::move(options)),
        files_(std::move(files)),
        index_(std::move(index)),
        writer_(store, options_.blocks) {}
  Result<> closeBlock();
  Result<> catchUp() MR_REQUIRES(indexing_);
  Result<std::vector<BlockIndex::Candidate>> candidates(const BlockQuery& query, std::size_t most);
  Result<Millis> newestTime(std::uint64_t file) const;
  BlockQuery blockQuery(const ProvenanceQuery& query) const;
  Result<> readInto(ProvenancePage& page, const ProvenanceQuery& query,
                    const BlockIndex::Candidate& candidate) const;

  const StoreId seen_;  // whose uuids FlowFiles have
  const Clock& clock_;
  const ProvenanceOptions options_;
  std::unique_ptr<BlockFiles> files_;
  std::unique_ptr<BlockIndex> index_;
  // Of the sink.
  BlockWriter writer_;
  bool skip_ = false;
  std::vector<BlockIndex::Entry> fresh_;  ///< written, not yet in the index
  std::uint64_t oldestFile_ = 0;          ///< whose age is known
  Millis oldestTime_ = 0;
  Mutex indexing_;  ///< one thread at a time catches up or adds
};

/// What `repo verify` says of a folder of blocks. Reads all of it; changes nothing.
struct ProvenanceCheck {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::vector<std::string> damage;
  static Result<ProvenanceCheck> of(FileSystem& files, const std::string& path, StoreId store,
                                    Lsn durable);
};

}  // namespace millrace::repo
