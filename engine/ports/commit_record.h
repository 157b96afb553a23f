// SPDX-License-Identifier: Apache-2.0
#pragma once
// The record of one commit: what a session took from which queues, what it put where, what it
// dropped, the facts for provenance and the state that it wrote. It serves recovery, snapshots and
// provenance alike. Grammar: FORMAT.md in this folder.
//
// Writing: a CommitRecordWriter belongs to one worker; call in the order inputs, outputs, drops,
// facts, state. Reading: decodeCommitRecord() checks everything that it reads; a record that does
// not parse is an Error.

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/commit/commit.h"
#include "engine/commit/commit_log.h"
#include "engine/flowfile/flowfile.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// Where the bytes that an inline content names are found while reading: by the position of its
/// buffer.
using InlineBuffers = std::span<const std::shared_ptr<InlineBuffer>>;

/// Why a FlowFile left the flow, or what else happened to it; the numbers are on disk.
enum class FactKind : std::uint8_t {
  kCreate = 1,
  kReceive = 2,
  kFetch = 3,
  kSend = 4,
  kUpload = 5,
  kRemoteInvocation = 6,
  kDownload = 7,
  kDrop = 8,
  kExpire = 9,
  kFork = 10,
  kJoin = 11,
  kClone = 12,
  kContentModified = 13,
  kAttributesModified = 14,
  kRoute = 15,
  kAddInfo = 16,
  kReplay = 17,
};

/// Consecutive entries of one queue, as they were taken: `count` entries from `first` with the same
/// LSN.
struct InputRun {
  ConnectionId connection;
  QueueKey first;
  std::uint32_t count = 0;
};

/// Why a FlowFile left the flow; the numbers are on disk.
enum class DropReason : std::uint8_t {
  kRemoved = 0,
  kAutoTerminated = 1,
  kExpired = 2,
  kEmptied = 3,
  kCrowded = 4,     ///< its connection was full
  kOverBudget = 5,  ///< the disk budget of all connections was full
};

struct Fact {
  FactKind kind = FactKind::kCreate;
  FlowFileId flowFile;
  std::string_view relationship;
  std::string_view transitUri;
  std::string_view details;
  std::vector<FlowFileId> parents;  ///< kFork, kJoin, kClone, kReplay
  std::vector<FlowFileId> children;
};

class CommitRecordWriter {
 public:
  /// Starts a record; one that was begun and not finished (a rollback) is forgotten.
  void begin(ComponentId component, Millis time, std::uint64_t flowRevision);

  /// The next FlowFile taken from a queue. Its ordinal is the number of calls before.
  void input(ConnectionId connection, QueueKey key);
  /// Starts the outputs to a connection; the entries that follow go there, in order. The n-th entry
  /// of the whole record gets the queue key (LSN of the commit, n).
  void outputs(ConnectionId connection);
  /// The input of that ordinal, as it was.
  void same(std::uint32_t ordinal);
  /// The input of that ordinal with other attributes or content.
  void changed(std::uint32_t ordinal, const FlowFile& before, const FlowFile& after);
  /// A FlowFile that this session made.
  void created(const FlowFile& file);
  /// The input of that ordinal left the flow. What is not output or dropped stays in its queue.
  /// `relationship` is the auto-terminated one, else empty.
  void dropped(std::uint32_t ordinal, DropReason reason, std::string_view relationship = {});
  void fact(const Fact& fact);
  /// A missing value removes the key.
  void state(std::string_view key, std::optional<std::string_view> value);

  /// The encoded record and the buffers that it names. The writer is empty and can be used again.
  struct Finished {
    std::vector<std::byte> record;
    std::vector<std::shared_ptr<InlineBuffer>> inlined;
  };
  Finished finish();
  std::size_t size() const {
    return inputs_.size() + outputs_.size() + drops_.size() + facts_.size() + state_.size();
  }

 private:
  struct Run {  ///< of ordinals, or of characters
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  void forget();
  void flushInputs();
  void flushSame();
  void flushDrops();
  void closeGroup();
  void key(ByteWriter& into, std::string_view text);
  void attributes(const Attributes& attributes);
  void content(const Content& content);
  std::size_t positionOf(const std::shared_ptr<InlineBuffer>& buffer);
  void placeInlined();

  ByteWriter head_, inputs_, outputs_, group_, drops_, facts_, state_;
  InputRun run_;
  std::uint32_t inputRuns_ = 0;
  Run same_;
  Run dropRun_;
  DropReason dropReason_ = DropReason::kRemoved;
  std::string dropRelationship_;
  std::uint32_t outputGroups_ = 0;
  std::uint32_t groupEntries_ = 0;
  std::uint32_t dropRuns_ = 0;
  std::uint32_t factCount_ = 0;
  std::uint32_t stateCount_ = 0;
  bool inGroup_ = false;
  ConnectionId groupConnection_;
  std::uint64_t lastId_ = 0;
  Millis time_ = 0;
  Attributes lastAttributes_;
  bool hasLastAttributes_ = false;
  ByteWriter delta_, lastDelta_;  ///< encoded changes of this and the last changed FlowFile
  /// The numbered attribute names: ranges of one text, so that a new record allocates nothing.
  std::string keyText_;
  std::vector<Run> keys_;
  std::size_t expectedKey_ = 0;
  std::vector<Attributes::Pair> pairs_;      ///< memory used again by each call
  std::vector<Attributes::Change> changes_;  ///< likewise
  std::vector<std::shared_ptr<InlineBuffer>> inlined_;
  std::vector<std::uint32_t>
      slots_;  ///< hash table of positions in inlined_ plus 1, when there are many
};

/// What a record says, in the order of the calls that wrote it. Views are good until the bytes read
/// from go away.
class CommitRecordVisitor {
 public:
  virtual ~CommitRecordVisitor() = default;
  /// False: changed() and created() get FlowFiles without attributes and content, which costs a
  /// fraction; inputFlowFile() may then return any.
  virtual bool wantsFlowFiles() const { return true; }
  virtual void begin(ComponentId component, Millis time, std::uint64_t flowRevision) = 0;
  virtual Result<> input(const InputRun& run) = 0;
  virtual Result<> outputs(ConnectionId connection) = 0;
  virtual Result<> same(std::uint32_t ordinal, std::uint32_t count) = 0;
  /// The FlowFile of that ordinal as it was before, to be changed in place: null is an error of the
  /// record.
  virtual FlowFile* inputFlowFile(std::uint32_t ordinal) = 0;
  virtual Result<> changed(std::uint32_t ordinal, FlowFile after) = 0;
  virtual Result<> created(FlowFile file) = 0;
  virtual Result<> dropped(std::uint32_t ordinal, std::uint32_t count, DropReason reason,
                           std::string_view relationship) = 0;
  virtual void fact(const Fact& fact) = 0;
  virtual void state(ComponentId component, std::string_view key,
                     std::optional<std::string_view> value) = 0;
  /// What the session appended to the log.
  virtual void appended(const LogPlace& place) { (void)place; }
};

/// Bytes that a place takes in a record, at most; and those of their number.
constexpr std::size_t kMostLogPlaceBytes = 32;
/// Adds to a finished record what its session appended to the log; at most once, at least one.
void addLogPlaces(std::vector<std::byte>& record, std::span<const LogPlace> places);

Result<> decodeCommitRecord(ByteView record, InlineBuffers buffers, CommitRecordVisitor& visitor);

/// One FlowFile by itself, as it stands in snapshots and pages. Inline content follows the row.
void encodeFlowFile(ByteWriter& into, const FlowFile& file);
Result<FlowFile> decodeFlowFile(ByteReader& from);

}  // namespace millrace
