// SPDX-License-Identifier: Apache-2.0
#pragma once
// CommitObserver: what every commit did, told in order of LSN by whoever applies the records to the
// queues that they belong to, so that a record's inputs are FlowFiles and no longer keys.
//
// Calls for one commit: begin, head, input (each FlowFile taken; its ordinal is the number of calls
// before), then for each connection outputs and what went there (same, changed, created), dropped,
// fact, end. Views and references are good during the call. Errors: end() may fail, which ends the
// pass. Threads: one at a time.

#include "engine/ports/commit_record.h"

namespace millrace {

class CommitObserver {
 public:
  virtual ~CommitObserver() = default;
  virtual void begin(Lsn lsn, ByteView record, InlineBuffers buffers) = 0;
  virtual void head(ComponentId component, Millis time, std::uint64_t flowRevision) = 0;
  virtual void input(ConnectionId from, const FlowFile& file) = 0;
  virtual void outputs(ConnectionId to) = 0;
  virtual void same(std::uint32_t ordinal, std::uint32_t count) = 0;
  virtual void changed(std::uint32_t ordinal, const FlowFile& before, const FlowFile& after) = 0;
  virtual void created(const FlowFile& file) = 0;
  virtual void dropped(std::uint32_t ordinal, std::uint32_t count, DropReason reason,
                       std::string_view relationship) = 0;
  virtual void fact(const Fact& fact) = 0;
  virtual Result<> end() = 0;
};

}  // namespace millrace
