// SPDX-License-Identifier: Apache-2.0
#pragma once
// MemoryProvenance: the provenance repository without files: the newest events, up to a number.
//
// Promise and threads: as the port says, until the process ends. Contents keep their buffers alive.

#include "engine/base/mutex.h"
#include "engine/ports/commit_events.h"
#include "engine/ports/provenance_repository.h"

#include <deque>

namespace millrace::repo {

class MemoryProvenance final : public ProvenanceSink, public ProvenanceRepository {
 public:
  /// `store`: of which uuids are made. `most`: events kept.
  explicit MemoryProvenance(std::uint64_t store, std::size_t most = 100000)
      : store_(store), most_(most), events_(store) {}

  void begin(Lsn lsn, ByteView record, InlineBuffers buffers) override;
  void head(ComponentId component, Millis time, std::uint64_t flowRevision) override;
  void input(ConnectionId from, const FlowFile& file) override;
  void outputs(ConnectionId to) override;
  void same(std::uint32_t ordinal, std::uint32_t count) override;
  void changed(std::uint32_t ordinal, const FlowFile& before, const FlowFile& after) override;
  void created(const FlowFile& file) override;
  void dropped(std::uint32_t ordinal, std::uint32_t count, DropReason reason,
               std::string_view relationship) override;
  void fact(const Fact& fact) override;
  Result<> end() override;
  Lsn mark() const override;
  Result<> flush() override { return Done{}; }
  Result<std::uint64_t> retain() override;

  Result<ProvenancePage> search(const ProvenanceQuery& query) override;
  Result<std::optional<ProvenanceEvent>> find(ProvenanceEventId id) override;

 private:
  const std::uint64_t store_;
  const std::size_t most_;
  CommitEvents events_;
  Lsn lsn_;
  bool skip_ = false;
  mutable Mutex mutex_;
  std::deque<ProvenanceEvent> kept_ MR_GUARDED_BY(mutex_);  ///< by id
  Lsn mark_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::repo
