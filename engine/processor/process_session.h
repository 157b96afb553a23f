// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProcessSession: a unit of work. It owns every FlowFile that it hands out until that FlowFile is
// transferred or removed; at its end all of that becomes one commit, or none of it happened.
//
// Promise: a FlowFile that a trigger neither transferred nor removed is a fault of the processor:
// the trigger is rolled back. References to FlowFiles are good until the end of the trigger that
// got them (of the processor's own session for held ones). Errors of content (a damaged claim, a
// full disk) come back as Results. Threads: a session belongs to the thread of its trigger.

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/commit/commit.h"
#include "engine/commit/commit_log.h"
#include "engine/expression/evaluation.h"
#include "engine/flowfile/flowfile.h"
#include "engine/processor/relationship.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

using expression::AttributeSource;

/// A FlowFile in a session. Its attributes are as changed so far in this session.
class SessionFlowFile : public AttributeSource {
 public:
  virtual FlowFileId id() const = 0;
  virtual std::uint64_t size() const = 0;  ///< bytes of content
  virtual Millis entryDate() const = 0;
  virtual Millis lineageStart() const = 0;
  virtual Millis queuedAt() const = 0;
  /// The attribute's value, or empty text when it is not set.
  std::string_view value(std::string_view name) const {
    return attribute(name).value_or(std::string_view{});
  }
};

/// Reads content from its start. Errors are those of the disk.
class ContentReader {
 public:
  virtual ~ContentReader() = default;
  /// Fewer bytes than asked for only at the end; 0 there.
  virtual Result<std::size_t> read(std::span<std::byte> into) = 0;
  /// The next bytes without a copy, at least one unless at the end, at most `most`; good until the
  /// next call.
  virtual Result<ByteView> next(std::size_t most = 64 * 1024) = 0;
  virtual std::uint64_t size() const = 0;
};

/// Writes new content. It becomes the FlowFile's when finish() succeeds; without it the old content
/// stays.
class ContentWriter {
 public:
  virtual ~ContentWriter() = default;
  virtual Result<> write(ByteView bytes) = 0;
  Result<> write(std::string_view text) { return write(asBytes(text)); }
  virtual Result<> finish() = 0;
};

enum class ProvenanceType : std::uint8_t {
  kCreate,
  kReceive,
  kFetch,
  kSend,
  kUpload,
  kRemoteInvocation,
  kDownload,
  kDrop,
  kExpire,
  kFork,
  kJoin,
  kClone,
  kContentModified,
  kAttributesModified,
  kRoute,
  kAddInfo,
  kReplay,
};

/// A FlowFile kept by a processor across triggers (the bins of MergeContent). For everybody else it
/// is still in its queue: it counts there, and after a crash it is there. Destroying a held
/// FlowFile puts it back.
class HeldFlowFile {
 public:
  virtual ~HeldFlowFile() = default;
  virtual const SessionFlowFile& flowFile() const = 0;
};

/// Component state: a flat map of texts with a version, as other sessions committed it.
struct StateMap {
  std::vector<std::pair<std::string, std::string>> entries;
  std::int64_t version = -1;  ///< -1: never written
  std::optional<std::string_view> find(std::string_view key) const {
    for (const auto& [k, v] : entries) {
      if (k == key) return v;
    }
    return std::nullopt;
  }
};

class ProcessSession {
 public:
  virtual ~ProcessSession() = default;

  // -- taking and making
  // ------------------------------------------------------------------------------------------
  /// The next FlowFile of the input queues, or null.
  virtual SessionFlowFile* get() = 0;
  /// Up to `most` FlowFiles; may be fewer while more are queued.
  virtual std::vector<SessionFlowFile*> get(std::size_t most) = 0;
  /// FlowFiles that the filter accepts, in queue order; it is asked until it says to stop.
  enum class Choice : std::uint8_t { kAccept, kReject, kAcceptAndStop, kRejectAndStop };
  virtual std::vector<SessionFlowFile*> get(
      const std::function<Choice(const SessionFlowFile&)>& filter) = 0;
  /// FlowFiles waiting in the input queues, held and penalized ones included.
  virtual std::uint64_t queuedCount() const = 0;

  virtual SessionFlowFile& create() = 0;
  /// A child: the parent's attributes but uuid, alternate.identifier and discard.reason; FORK.
  virtual SessionFlowFile& create(const SessionFlowFile& parent) = 0;
  /// A child of many: the attributes that all have with the same value; JOIN.
  virtual SessionFlowFile& create(std::span<const SessionFlowFile* const> parents) = 0;
  /// A copy that shares the content; CLONE.
  virtual SessionFlowFile& clone(const SessionFlowFile& original) = 0;
  /// Gives a FlowFile the content of another, without copying bytes; no provenance edge.
  virtual void shareContent(SessionFlowFile& to, const SessionFlowFile& from) = 0;
  /// A copy of a range of the content, without copying bytes; CLONE.
  virtual Result<SessionFlowFile*> clone(const SessionFlowFile& original, std::uint64_t offset,
                                         std::uint64_t size) = 0;

  // -- attributes
  // -------------------------------------------------------------------------------------------------
  /// Setting `uuid` does nothing, as in NiFi.
  virtual void putAttribute(SessionFlowFile& file, std::string_view name,
                            std::string_view value) = 0;
  virtual void putAttributes(SessionFlowFile& file, std::span<const Attributes::Pair> pairs) = 0;
  virtual void removeAttribute(SessionFlowFile& file, std::string_view name) = 0;

  // -- content
  // ----------------------------------------------------------------------------------------------------
  virtual Result<std::unique_ptr<ContentReader>> read(const SessionFlowFile& file) = 0;
  /// The whole content at once, without a copy where it is in memory; good until the end of the
  /// trigger. More than `limit` bytes is an Error.
  virtual Result<ByteView> readAll(const SessionFlowFile& file, std::uint64_t limit) = 0;
  virtual Result<std::unique_ptr<ContentWriter>> write(SessionFlowFile& file) = 0;
  /// A writer that starts behind the present content.
  virtual Result<std::unique_ptr<ContentWriter>> append(SessionFlowFile& file) = 0;
  /// New content in one piece.
  virtual Result<> writeAll(SessionFlowFile& file, ByteView bytes) = 0;
  Result<> writeAll(SessionFlowFile& file, std::string_view text) {
    return writeAll(file, asBytes(text));
  }
  /// Makes the content of a file the FlowFile's: by a link when it is on the store's file system
  /// and its inode, size and time are those given, else by a copy. The source stays where it is.
  virtual Result<> importFile(SessionFlowFile& file, const std::string& path, std::uint64_t inode,
                              std::uint64_t size, Nanos modified) = 0;

  // -- leaving
  // ----------------------------------------------------------------------------------------------------
  virtual void transfer(SessionFlowFile& file, const Relationship& relationship) = 0;
  virtual void transfer(SessionFlowFile& file, RelationshipIndex relationship) = 0;
  /// Back to the queue it came from, as a new arrival: with its changes, behind what waits there.
  virtual void transferToSelf(SessionFlowFile& file) = 0;
  /// Back to its place in the queue at once, as if it had not been taken; its changes are gone. For
  /// who finds that nothing can be done now, and yields.
  virtual void giveBack(SessionFlowFile& file) = 0;
  virtual void remove(SessionFlowFile& file) = 0;
  /// Its destination does not see it for the component's penalty duration (or the one given).
  virtual void penalize(SessionFlowFile& file, std::optional<Nanos> duration = std::nullopt) = 0;

  /// Takes a FlowFile out of the session without committing it: see HeldFlowFile.
  virtual std::unique_ptr<HeldFlowFile> hold(SessionFlowFile& file) = 0;
  /// Brings a held FlowFile back into this session.
  virtual SessionFlowFile& take(std::unique_ptr<HeldFlowFile> held) = 0;

  // -- facts
  // ------------------------------------------------------------------------------------------------------
  virtual void adjustCounter(std::string_view name, std::int64_t delta, bool immediate = false) = 0;
  /// A provenance event that the engine cannot see by itself.
  virtual void report(ProvenanceType type, const SessionFlowFile& file,
                      std::string_view transitUri = {}, std::string_view details = {}) = 0;

  // -- state and the world
  // ----------------------------------------------------------------------------------------
  virtual const StateMap& state() = 0;
  /// Written with the commit; a write that lost a race rolls the session back.
  virtual void putState(std::string_view key, std::string_view value) = 0;
  virtual void removeState(std::string_view key) = 0;
  /// Runs once the commit of this session is durable, again after a crash until it is settled.
  virtual void onDurable(Effect effect) = 0;
  /// Runs once the commit of this session is durable; lost with the process.
  virtual void onDurable(std::function<void()> callback) = 0;
  /// Work for the log that becomes durable with this session or not at all. The log outlives the
  /// session; one session works on one log.
  virtual void onCommit(CommitLog& log, std::unique_ptr<LogWork> work) = 0;

  /// Ends what has been done so far as a commit of its own and goes on; nothing may be left in
  /// hand.
  virtual Result<> commit() = 0;
};

}  // namespace millrace
