// SPDX-License-Identifier: Apache-2.0
#pragma once
// CommitEvents: derives the provenance events of commits, as NiFi's session does: what a processor
// reported, and what it did not where that can be seen. CREATE for a FlowFile without another
// birth; CONTENT_MODIFIED where the content changed; ATTRIBUTES_MODIFIED where attributes changed
// and nothing else is told of the FlowFile; DROP and EXPIRE for what left; a ROUTE back to the
// queue that the FlowFile came from is left out.
//
// Ownership: keeps copies of what it was told until the next begin(). Threads: one at a time.

#include "engine/ports/commit_observer.h"
#include "engine/ports/provenance_repository.h"

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace millrace {

class CommitEvents : public CommitObserver {
 public:
  /// `store`: of which uuids are made.
  explicit CommitEvents(std::uint64_t store) : store_(store) {}

  /// Only events that fit; null: all. The query outlives its use.
  void expect(const ProvenanceQuery* query);

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
  Result<> end() override { return Done{}; }

  /// The events of the commit, in the order of their ids, appended to `into`.
  void derive(std::vector<ProvenanceEvent>& into);

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  struct Known {  ///< one FlowFile of the commit
    FlowFile before;
    FlowFile after;
    ConnectionId from;  ///< 0: made here
    ConnectionId to;    ///< 0: nowhere
    bool isChanged = false;
    bool isBorn = false;           ///< a fact tells its birth
    bool isTold = false;           ///< some event tells of it
    bool hasContentEvent = false;  ///< a fact tells that the content is another
  };
  struct KeptFact {
    FactKind kind = FactKind::kCreate;
    FlowFileId flowFile;
    std::string relationship;
    std::string transitUri;
    std::string details;
    std::vector<FlowFileId> parents;
    std::vector<FlowFileId> children;
  };
  struct Leaving {
    std::size_t known = 0;
    DropReason reason = DropReason::kRemoved;
    std::string relationship;
  };

  std::size_t knownOf(FlowFileId id) const;
  bool mayFit(FactKind type, FlowFileId id, const KeptFact* fact) const;
  std::string uuidOf(FlowFileId id) const;
  /// Takes the next number; appends the event when it fits the query.
  void add(FactKind type, FlowFileId id, const KeptFact* fact, const Leaving* leaving,
           std::vector<ProvenanceEvent>& into);
  void describe(ProvenanceEvent& event, const Known& known) const;
  void noteBirths();
  void addUntold(std::vector<ProvenanceEvent>& into);
  bool isSelfRoute(const KeptFact& fact) const;

  const std::uint64_t store_;
  const ProvenanceQuery* query_ = nullptr;
  std::vector<std::uint64_t> wantedIds_;  ///< sorted
  bool byUuidText_ = false;               ///< some uuid is not one of this store's making
  Lsn lsn_;
  ComponentId component_;
  Millis time_ = 0;
  std::uint64_t revision_ = 0;
  bool skip_ = false;  ///< nothing of this commit can fit
  ConnectionId output_;
  std::vector<Known> known_;  ///< inputs by ordinal, then what was created
  std::size_t inputs_ = 0;
  std::vector<KeptFact> facts_;
  std::vector<Leaving> leaving_;
  mutable std::size_t hint_ = 0;  ///< facts mostly tell of FlowFiles in their order
  mutable std::unordered_map<std::uint64_t, std::size_t> byId_;  ///< filled when it is needed
  std::uint32_t next_ = 0;
};

/// All of the query but its paging.
bool fits(const ProvenanceEvent& event, const ProvenanceQuery& query);
/// As a user sees it: what the FlowFile came with, or what its id makes.
std::string uuidOf(const FlowFile& file, std::uint64_t store);
/// The attributes of a FlowFile as a user sees them, `uuid` and a rendered `filename` first.
std::vector<std::pair<std::string, std::string>> attributesOf(const FlowFile& file,
                                                              std::uint64_t store);

}  // namespace millrace
