// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProvenanceRepository: the port for what happened to every FlowFile. Events are not written by
// anybody: they are derived from the commits of the journal, which a ProvenanceSink is told in
// order.
//
// Promise: the events of the commits up to mark(), each once, as far as retention and sampling keep
// them. Errors: damage names file and offset. Threads: the sink from one at a time; search and find
// from any, beside the sink.

#include "engine/ports/commit_observer.h"
#include "engine/ports/provenance_event.h"

namespace millrace {

class ProvenanceSink : public CommitObserver {
 public:
  /// The last commit whose events are kept for good. Commits up to it are ignored when they come
  /// again.
  virtual Lsn mark() const = 0;
  /// Everything told so far is on the medium and can be searched.
  virtual Result<> flush() = 0;
  /// Removes what is older or more than is to be kept. Returns the bytes given back.
  virtual Result<std::uint64_t> retain() = 0;
};

struct ProvenanceQuery {
  /// Any of these: events of the FlowFile, or with it among parents or children. Empty: all.
  std::vector<std::string> uuids;
  std::vector<ComponentId> components;  ///< any of these; empty: all
  std::optional<FactKind> type;
  std::optional<Millis> from;  ///< inclusive
  std::optional<Millis> to;    ///< inclusive
  std::optional<std::string> filename;
  std::vector<std::pair<std::string, std::string>> attributes;  ///< all of these, after the event
  std::size_t limit = 100;
  std::optional<ProvenanceEventId> before;  ///< only older ones: the page after
};

struct ProvenancePage {
  std::vector<ProvenanceEvent> events;    ///< newest first
  std::optional<ProvenanceEventId> next;  ///< for `before`; none: there are no more
  std::uint64_t commitsRead = 0;          ///< what the search cost
};

class ProvenanceRepository {
 public:
  virtual ~ProvenanceRepository() = default;
  /// Inline contents come without their bytes.
  virtual Result<ProvenancePage> search(const ProvenanceQuery& query) = 0;
  virtual Result<std::optional<ProvenanceEvent>> find(ProvenanceEventId id) = 0;
};

}  // namespace millrace
