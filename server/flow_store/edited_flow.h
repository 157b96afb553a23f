// SPDX-License-Identifier: Apache-2.0
#pragma once
// EditedFlow: the flow of a running server: its file, its revision and its journal of changes, kept
// in step. A change is planned, written to the medium (flow file and journal), and only then
// applied to what runs; whoever reads sees the state before it or after it.
//
// Promise: after a crash at any moment flow file and journal agree, and a change that was answered
// is in both. Comments of the file stay. Threads: any; changes are made one after the other,
// readers never wait for one.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "server/flow_store/change_journal.h"
#include "server/flow_store/flow_changes.h"
#include "server/flow_store/plain_secrets.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::server {

struct EditedFlowOptions {
  std::string flow;  ///< path of the flow file
  std::string data;  ///< the data directory
  NamesService namesService;
  IsSensitive isSensitive;  ///< of such properties no change may write a value to the file
  std::function<flow::Findings(const flow::Flow&)> check;
  /// Makes a flow the running one. What it cannot start it reports elsewhere.
  std::function<void(const flow::Flow&)> apply;
};

/// The flow at one revision. Immutable.
struct FlowState {
  std::uint64_t revision = 0;
  std::string text;  ///< of the flow file
  flow::Flow flow;
  std::shared_ptr<const Json> json;
  flow::Findings findings;
};

struct ChangeRequest {
  std::optional<std::uint64_t> revision;  ///< the one that the changes were made on
  std::string who;
  std::string comment;
};

/// What became of a change.
struct ChangeOutcome {
  enum class Kind : unsigned char {
    kDone,
    kMalformed,   ///< no change at all
    kConflict,    ///< somebody changed the same meanwhile: `newer`
    kImpossible,  ///< the outcome would be no flow: `findings`
    kFailed,      ///< the disk, or a fault of ours
  };
  Kind kind = Kind::kDone;
  std::string message;
  std::uint64_t revision = 0;  ///< the present one
  std::vector<std::string> created;
  flow::Findings findings;
  std::string newer;  ///< a JSON object: components by id, null for one that is gone
};

class EditedFlow {
 public:
  using Listener = std::function<void(const ChangeRecord&)>;

  /// Reads and recovers; a change by hand since the last time becomes one of the journal.
  static Result<std::unique_ptr<EditedFlow>> open(FileSystem& files, const Clock& clock,
                                                  EditedFlowOptions options);

  std::shared_ptr<const FlowState> state() const;
  /// Called after each change, by the thread that made it. Set before the first.
  void listen(Listener listener) { listener_ = std::move(listener); }

  /// `changes`: as POST /changes takes them.
  ChangeOutcome change(const ChangeRequest& request, const Json& changes);
  /// Replaces the whole flow; with a revision, only if it is the present one.
  ChangeOutcome replaceText(const ChangeRequest& request, const std::string& yaml);
  ChangeOutcome replaceJson(const ChangeRequest& request, const Json& flow);
  /// Undoes one change, whatever came after it, as far as that does not touch the same.
  ChangeOutcome revert(const ChangeRequest& request, std::uint64_t revision);
  /// Undoes every change after a revision, the latest first.
  ChangeOutcome revertTo(const ChangeRequest& request, std::uint64_t revision);
  /// The flow as it was at a revision. Fault::kUser: there is none, or what it was is not known.
  Result<Json> flowAt(std::uint64_t revision);
  /// Likewise as the text of a flow file, with the present one's comments on what is still there.
  Result<std::string> textAt(std::uint64_t revision);
  /// Looks whether somebody changed the file by hand. Nothing: no, or it is the same flow, or a
  /// change is being made just now. Never waits for one.
  std::optional<ChangeOutcome> pickUp();

  /// Runs something that must not meet a change of the flow.
  void whileUnchanged(const std::function<void()>& action);

  /// When a change last named a component; nothing: none did.
  std::optional<Millis> changedAt(const std::string& id);

  /// Records with a greater revision, oldest first, at most so many.
  Result<std::vector<ChangeRecord>> changesAfter(std::uint64_t revision, std::size_t most);

 private:
  EditedFlow(FileSystem& files, const Clock& clock, EditedFlowOptions options);

  Result<> recover() MR_REQUIRES(mutex_);
  Result<> finishPending() MR_REQUIRES(mutex_);
  Result<std::shared_ptr<FlowState>> stateOf(std::string text) const;
  ChangeOutcome conflictOf(const std::vector<std::string>& ids) const;
  std::optional<ChangeOutcome> conflict(const ChangeRequest& request, const Json& changes)
      MR_REQUIRES(mutex_);
  ChangeOutcome applyList(const ChangeRequest& request, const Json& changes) MR_REQUIRES(mutex_);
  ChangeOutcome commitJson(const ChangeRequest& request, const Json& wanted) MR_REQUIRES(mutex_);
  Result<Json> jsonAt(std::uint64_t revision) MR_REQUIRES(mutex_);
  std::optional<ChangeOutcome> pickUpChange() MR_REQUIRES(mutex_);
  ChangeOutcome commitText(const ChangeRequest& request, std::string text) MR_REQUIRES(mutex_);
  Result<> persist(const ChangeRecord& record, const std::string& text) MR_REQUIRES(mutex_);
  void publish(std::shared_ptr<const FlowState> state);

  FileSystem& files_;
  const Clock& clock_;
  const EditedFlowOptions options_;
  Listener listener_;
  Mutex mutex_;  // one change at a time
  std::unique_ptr<ChangeJournal> journal_ MR_GUARDED_BY(mutex_);
  Nanos fileModified_ MR_GUARDED_BY(mutex_) = 0;
  mutable Mutex stateMutex_;
  std::shared_ptr<const FlowState> state_ MR_GUARDED_BY(stateMutex_);
};

}  // namespace millrace::server
