// SPDX-License-Identifier: Apache-2.0
// The life of a slice: savepoints, undoing, and ending it.
#include "engine/session/engine_session.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::engine {

using State = SessionEntry::State;

void EngineSession::startTrigger(std::size_t mostInputs) {
  inputsLeft_ = mostInputs;
  triggerCommitted_ = false;
  createdInTrigger_ = 0;
  savepoint_ = {used_,           facts_.size(),     stateChanges_.size(),
                effects_.size(), callbacks_.size(), counters_.size(),
                logWorks_.size()};
  readBuffers_.clear();
}

Result<> EngineSession::endTrigger() {
  for (std::size_t i = savepoint_.entries; i < used_; ++i) {
    const SessionEntry& entry = pool_[i];
    if (entry.openStreams > 0) {
      return Error::bug(fmt::format("{} ended its trigger with a stream of FlowFile {} open",
                                    wiring_->componentName, entry.uuid()));
    }
    if (entry.state == State::kInHand) {
      return Error::bug(fmt::format("{} neither transferred nor removed FlowFile {}",
                                    wiring_->componentName, entry.uuid()));
    }
  }
  return Done{};
}

bool EngineSession::triggerDidSomething() const {
  return triggerCommitted_ || used_ > savepoint_.entries ||
         stateChanges_.size() > savepoint_.stateChanges || effects_.size() > savepoint_.effects ||
         callbacks_.size() > savepoint_.callbacks || logWorks_.size() > savepoint_.logWorks;
}

std::size_t EngineSession::triggerInputs() const {
  std::size_t count = 0;
  for (std::size_t i = savepoint_.entries; i < used_; ++i) {
    const State state = pool_[i].state;
    if (pool_[i].isInput() && state != State::kHeld && state != State::kReturned) ++count;
  }
  return count;
}

std::string EngineSession::triggerInput() const {
  const SessionEntry* only = nullptr;
  for (std::size_t i = savepoint_.entries; i < used_; ++i) {
    const State state = pool_[i].state;
    if (!pool_[i].isInput() || state == State::kHeld || state == State::kReturned) continue;
    if (only != nullptr) return {};
    only = &pool_[i];
  }
  return only == nullptr ? std::string() : std::string(only->attribute("uuid").value_or(""));
}

bool EngineSession::triggerTookHeld() const {
  for (std::size_t i = savepoint_.entries; i < used_; ++i) {
    if (pool_[i].wasHeld && pool_[i].state != State::kHeld) return true;
  }
  return false;
}

void EngineSession::undoTrigger(bool penalize) { undoFrom(savepoint_, penalize); }

/// A stream that a processor kept must not reach what comes next.
void EngineSession::endStreams() {
  streamEpoch_->fetch_add(1);
  if (!appenderBusy_) return;
  appender_->abandon();
  appenderBusy_ = false;
}

void EngineSession::undoFrom(const Savepoint& savepoint, bool penalize) {
  endStreams();
  const Nanos until = penalize ? store_.clock.monotonic() + wiring_->penalty : 0;
  // Gathered by queue, so that each is told once.
  std::vector<std::pair<FlowFileQueue*, std::vector<FlowFile>>> back;
  for (std::size_t i = savepoint.entries; i < used_; ++i) {
    SessionEntry& entry = pool_[i];
    if (entry.state == State::kReturned || entry.state == State::kHeld) continue;
    if (!entry.isInput() || entry.original) {
      const bool ownContent = !entry.isInput() ||
                              entry.file.content.buffer != entry.original->content.buffer ||
                              !(entry.file.content.claim == entry.original->content.claim);
      if (ownContent) releaseContent(entry.file.content, Lsn(0));
    }
    if (entry.isInput()) {
      FlowFile file = entry.before();  // a copy: an abandoned thread may be looking at the entry
      file.heldUntil = until;
      auto same = std::find_if(back.begin(), back.end(),
                               [&](const auto& pair) { return pair.first == entry.queue; });
      if (same == back.end()) same = back.insert(back.end(), {entry.queue, {}});
      same->second.push_back(std::move(file));
    }
    entry.state = State::kReturned;
  }
  for (auto& [queue, files] : back) queue->putBack(std::move(files));
  used_ = savepoint.entries;
  facts_.resize(savepoint.facts);
  effects_.resize(savepoint.effects);
  callbacks_.resize(savepoint.callbacks);
  logWorks_.resize(savepoint.logWorks);
  counters_.resize(savepoint.counters);
  if (stateChanges_.size() > savepoint.stateChanges) {
    stateChanges_.resize(savepoint.stateChanges);
    stateView_ = *stateRead_;
    const std::vector<StateChange> kept = std::move(stateChanges_);
    stateChanges_.clear();
    for (const StateChange& change : kept) {
      if (change.value) {
        putState(change.key, *change.value);
      } else {
        removeState(change.key);
      }
    }
  }
}

void EngineSession::abandon(bool penalize) {
  if (wiring_ == nullptr) return;
  undoFrom({}, penalize);
  clear();
}

/// What revoke() undoes. The owner may still look at the FlowFiles, contents and state that it got,
/// so all of that stays as it is.
void EngineSession::takeBack() {
  if (wiring_ == nullptr) return;
  stateChanges_.clear();
  undoFrom({}, false);
  returnPrefetched();
  leaveLanes();
}

/// Others may have FlowFiles with the keys of these, which are behind them wherever they went.
void EngineSession::leaveLanes() {
  for (const auto& queue : wiring_->inputs) queue->leaveLanes(this);
}

void EngineSession::clear() {
  returnPrefetched();
  leaveLanes();
  endStreams();
  for (std::size_t i = 0; i < used_; ++i) {
    pool_[i].file = FlowFile{};
    pool_[i].original.reset();
  }
  used_ = 0;
  turns_ = 0;
  facts_.clear();
  counters_.clear();
  stateChanges_.clear();
  stateRead_.reset();
  effects_.clear();
  callbacks_.clear();
  logWorks_.clear();
  inline_.reset();
  readBuffers_.clear();
  savepoint_ = {};
  bytesRead_ = 0;
  bytesWritten_ = 0;
  retryYield_ = 0;
  // Very large slices are rare: do not keep their memory.
  constexpr std::size_t kKeep = 8192;
  if (pool_.size() > kKeep) pool_.resize(kKeep);
}

Result<> EngineSession::commit() {
  MR_TRY(endTrigger());
  std::shared_ptr<const Wiring> wiring = wiring_;
  const bool committedBefore = triggerCommitted_;
  committed_ = MR_TRY(commitSlice());
  begin(std::move(wiring), limit_, ahead_);
  startTrigger(inputsLeft_);
  triggerCommitted_ = committedBefore || committed_.lsn.raw() != 0;
  return Done{};
}

}  // namespace millrace::engine
