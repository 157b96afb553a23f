// SPDX-License-Identifier: Apache-2.0
#pragma once
// EngineSession: the ProcessSession that commits. One slice of a component is one session: its
// triggers are savepoints, and all that finished becomes one commit at the end.
//
//   session.begin(wiring, limit);
//   session.startTrigger();  processor.onTrigger(...);  session.endTrigger() or
//   session.undoTrigger(...);   (repeated) session.commitSlice() or session.abandon();
//
// Owner: one worker, which uses it again for the next slice. Threads: that worker's, but for
// onDurable callbacks and revoke().

#include "engine/ports/commit_record.h"
#include "engine/processor/process_session.h"
#include "engine/session/revocation.h"
#include "engine/session/session_entry.h"
#include "engine/session/store.h"
#include "engine/session/wiring.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace::engine {

/// What a slice did, for the scheduler and for statistics.
struct SliceResult {
  std::uint64_t in = 0;  ///< FlowFiles taken from queues and not returned
  std::uint64_t inBytes = 0;
  std::uint64_t out = 0;  ///< FlowFiles put on queues
  std::uint64_t outBytes = 0;
  std::uint64_t removed = 0;  ///< removed, auto-terminated or expired
  std::uint64_t bytesRead = 0;
  std::uint64_t bytesWritten = 0;
  Lsn lsn;             ///< 0: there was nothing to commit
  Nanos yieldFor = 0;  ///< asked by the retry policy
  /// From the queueing of the first FlowFile that it took to the commit; -1: it took none.
  Millis waited = -1;
  std::vector<std::string> notes;  ///< warnings: what was dropped where a connection is full
};

class EngineSession final : public ProcessSession {
 public:
  explicit EngineSession(Store& store);
  ~EngineSession() override;

  /// `limit`: FlowFiles queued by later commits are not taken. `ahead`: how many FlowFiles may be
  /// taken from a queue at once before they are asked for.
  void begin(std::shared_ptr<const Wiring> wiring, Lsn limit, std::size_t ahead);
  /// The trigger sees at most `mostInputs` FlowFiles.
  void startTrigger(std::size_t mostInputs = SIZE_MAX);
  /// An Error when the trigger left a FlowFile in hand: it must be undone.
  Result<> endTrigger();
  /// Undoes what the trigger did. Its inputs go back where they were, held for the penalty duration
  /// if asked.
  void undoTrigger(bool penalize);
  /// True when the trigger took, made, committed or otherwise did something.
  bool triggerDidSomething() const;
  /// FlowFiles in the slice so far.
  std::size_t entryCount() const { return used_; }
  /// FlowFiles that undoTrigger() would give back to the input queues.
  std::size_t triggerInputs() const;
  /// The uuid of the FlowFile that the trigger took, when it took one alone; else empty.
  std::string triggerInput() const;
  /// True when the trigger took held FlowFiles back since its last commit().
  bool triggerTookHeld() const;
  /// Commits what the finished triggers did. On an Error everything since the last commit() is
  /// undone, nothing penalized. The result counts what commit() committed before it.
  Result<SliceResult> commitSlice();
  /// Undoes the whole slice.
  void abandon(bool penalize);
  /// Takes the session away from a thread that does not come back: everything since the last commit
  /// is undone, at once or as soon as that thread leaves the call of the engine that it is in, and
  /// nothing of the session can be used any more. What the thread may be looking at stays in memory
  /// as long as the session. From any thread.
  void revoke() { revocation_.revoke(); }
  /// Whoever uses a session that may be revoked enters it for each use.
  Revocation& revocation() { return revocation_; }

  /// Makes a FlowFile that is what another one was, for an operator's replay: `past` with its
  /// attributes but the uuid, its lineage and its content, which is revived. A REPLAY fact leads
  /// from the old one to it.
  Result<SessionFlowFile*> replay(const FlowFile& past);

  /// For an operator's session: those of the first input queue with these keys (ascending) that
  /// wait and are not held, however deep. After an Error abandon() returns what it took.
  Result<std::vector<SessionFlowFile*>> take(std::vector<QueueKey> keys);

  SessionFlowFile* get() override;
  std::vector<SessionFlowFile*> get(std::size_t most) override;
  std::vector<SessionFlowFile*> get(
      const std::function<Choice(const SessionFlowFile&)>& filter) override;
  std::uint64_t queuedCount() const override;
  SessionFlowFile& create() override;
  SessionFlowFile& create(const SessionFlowFile& parent) override;
  SessionFlowFile& create(std::span<const SessionFlowFile* const> parents) override;
  SessionFlowFile& clone(const SessionFlowFile& original) override;
  void shareContent(SessionFlowFile& to, const SessionFlowFile& from) override;
  Result<SessionFlowFile*> clone(const SessionFlowFile& original, std::uint64_t offset,
                                 std::uint64_t size) override;
  void putAttribute(SessionFlowFile& file, std::string_view name, std::string_view value) override;
  void putAttributes(SessionFlowFile& file, std::span<const Attributes::Pair> pairs) override;
  void removeAttribute(SessionFlowFile& file, std::string_view name) override;
  Result<std::unique_ptr<ContentReader>> read(const SessionFlowFile& file) override;
  Result<ByteView> readAll(const SessionFlowFile& file, std::uint64_t limit) override;
  Result<std::unique_ptr<ContentWriter>> write(SessionFlowFile& file) override;
  Result<std::unique_ptr<ContentWriter>> append(SessionFlowFile& file) override;
  Result<> writeAll(SessionFlowFile& file, ByteView bytes) override;
  Result<> importFile(SessionFlowFile& file, const std::string& path, std::uint64_t inode,
                      std::uint64_t size, Nanos modified) override;
  void transfer(SessionFlowFile& file, const Relationship& relationship) override;
  void transfer(SessionFlowFile& file, RelationshipIndex relationship) override;
  void transferToSelf(SessionFlowFile& file) override;
  void giveBack(SessionFlowFile& file) override;
  void remove(SessionFlowFile& file) override;
  void penalize(SessionFlowFile& file, std::optional<Nanos> duration) override;
  std::unique_ptr<HeldFlowFile> hold(SessionFlowFile& file) override;
  SessionFlowFile& take(std::unique_ptr<HeldFlowFile> held) override;
  void adjustCounter(std::string_view name, std::int64_t delta, bool immediate) override;
  void report(ProvenanceType type, const SessionFlowFile& file, std::string_view transitUri,
              std::string_view details) override;
  const StateMap& state() override;
  void putState(std::string_view key, std::string_view value) override;
  void removeState(std::string_view key) override;
  void onDurable(Effect effect) override;
  void onDurable(std::function<void()> callback) override;
  void onCommit(CommitLog& log, std::unique_ptr<LogWork> work) override;
  Result<> commit() override;

 private:
  friend class SessionContentReader;
  friend class SessionContentWriter;

  struct StoredFact {
    FactKind kind = FactKind::kCreate;
    FlowFileId flowFile;
    std::string transitUri;
    std::string details;
    std::vector<FlowFileId> parents;
    std::vector<FlowFileId> children;
    const SessionEntry* routed = nullptr;  ///< kRoute: whose relationship it tells
  };
  struct CounterChange {
    std::string name;
    std::int64_t delta = 0;
  };
  /// Sizes of the lists below when a trigger began.
  struct Savepoint {
    std::size_t entries = 0;
    std::size_t facts = 0;
    std::size_t stateChanges = 0;
    std::size_t effects = 0;
    std::size_t callbacks = 0;
    std::size_t counters = 0;
    std::size_t logWorks = 0;
  };
  /// The outputs of one connection, gathered while the commit is built.
  struct Outputs {
    std::shared_ptr<FlowFileQueue> queue;
    struct Item {
      SessionEntry* entry = nullptr;
      bool isClone = false;
      FlowFileId cloneId;
    };
    std::vector<Item> items;
  };
  struct Leaving {  // of one input queue
    FlowFileQueue* queue = nullptr;
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
  };

  struct Crowd {  // a connection that drops something where it is full
    std::shared_ptr<FlowFileQueue> queue;
    FlowFileQueue::Room room;
    std::size_t firstAccepted = 0;  ///< what the session made before it is dropped
    std::uint64_t dropped = 0;
    std::uint64_t droppedBytes = 0;
    bool take(std::uint64_t size);
    void count(std::uint64_t size);
  };

  struct Brought {  // a FlowFile for other components, all its copies
    SessionEntry* entry = nullptr;
    std::uint64_t cost = 0;
    bool urgent = false;  ///< goes where nothing gives way
  };

  SessionEntry& addEntry();
  SessionEntry& mine(SessionFlowFile& file);
  const SessionEntry& mine(const SessionFlowFile& file) const;
  SessionEntry& addInput(FlowFile file, FlowFileQueue& queue);
  SessionEntry& addCreated();
  void addExpired(FlowFileQueue& queue);
  bool prefetch();
  void returnPrefetched();
  void leaveLanes();
  void undoFrom(const Savepoint& savepoint, bool penalize);
  void releaseContent(const Content& content, Lsn at);
  void retainContent(const Content& content);
  void setContent(SessionEntry& entry, Content content);
  void inheritAttributes(SessionEntry& child, const SessionEntry& parent);
  Result<Content> storeInline(ByteView bytes);
  Result<ContentAppender*> appender();

  void applyRetry();
  void gatherOutputs();
  void makeRoom();
  bool isAccepted(std::size_t index, const std::shared_ptr<FlowFileQueue>& queue);
  bool dropFirst(Crowd& crowd);
  Crowd& crowdOf(const std::shared_ptr<FlowFileQueue>& queue);
  void tellCrowded(Nanos now, SliceResult& result);
  std::uint64_t growth() const;
  std::vector<Brought> brought() const;
  void keepBudget();
  void lowerByOthers(DiskBudget& budget, std::uint64_t grows, std::size_t brought,
                     std::uint64_t& excess);
  void dropOverBudget(SessionEntry& entry);
  void forgetOverBudget();
  void tellOverBudget(Nanos now, SliceResult& result);
  Outputs& outputsOf(const std::shared_ptr<FlowFileQueue>& queue);
  void encode();
  /// What the session wants of the log, ready to be written; null when that is nothing.
  Result<std::unique_ptr<LogWriting>> prepareLog();
  void publish(Lsn lsn, SliceResult& result);
  void clear();
  void endStreams();
  void takeBack();

  Store& store_;
  Revocation revocation_;
  /// Rises when entries are given to other FlowFiles: streams of before are stale. Shared with
  /// them.
  const std::shared_ptr<std::atomic<std::uint64_t>> streamEpoch_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
  std::shared_ptr<const Wiring> wiring_;
  Lsn limit_;
  std::size_t ahead_ = 1;
  std::size_t nextInput_ = 0;  // round robin over the input queues

  std::deque<SessionEntry> pool_;  // stable addresses; used again by every slice
  std::uint32_t createdInTrigger_ = 0;
  Millis createdAt_ = 0;
  std::size_t used_ = 0;     // entries of this slice
  std::uint32_t turns_ = 0;  // transfers so far
  std::vector<FlowFile> prefetched_;
  std::size_t prefetchedNext_ = 0;
  FlowFileQueue* prefetchedFrom_ = nullptr;
  std::vector<FlowFile> expired_;
  std::vector<StoredFact> facts_;
  std::vector<CounterChange> counters_;
  std::vector<StateChange> stateChanges_;
  std::shared_ptr<const StateMap> stateRead_;
  StateMap stateView_;  // as changed by this session
  std::vector<Effect> effects_;
  std::vector<std::function<void()>> callbacks_;
  CommitLog* log_ = nullptr;
  std::vector<std::unique_ptr<LogWork>> logWorks_;
  Savepoint savepoint_;
  std::size_t inputsLeft_ = SIZE_MAX;  // of the trigger

  std::shared_ptr<InlineBuffer> inline_;
  std::unique_ptr<ContentAppender> appender_;
  bool appenderBusy_ = false;  // a writer of this session has a claim open on it
  std::vector<std::shared_ptr<Participant>> syncs_;  // further ones to sync before the commit
  std::vector<std::vector<std::byte>> readBuffers_;  // of readAll() in this trigger
  std::uint64_t bytesRead_ = 0;
  std::uint64_t bytesWritten_ = 0;
  std::uint64_t nextId_ = 0;
  std::uint64_t idEnd_ = 0;

  CommitRecordWriter record_;
  std::vector<Outputs> outputs_;
  std::vector<Leaving> leaving_;
  std::vector<Crowd> crowds_;
  QueueStatus overBudget_;                                 // dropped by this slice
  std::vector<std::shared_ptr<FlowFileQueue>> giving_;     // queues of others that it took from
  std::vector<std::shared_ptr<FlowFileQueue>> accepting_;  // of one FlowFile
  Nanos retryYield_ = 0;
  SliceResult committed_;          // by commit(), not reported yet
  bool triggerCommitted_ = false;  // by commit(), in this trigger
};

}  // namespace millrace::engine
