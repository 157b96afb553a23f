// SPDX-License-Identifier: Apache-2.0
// Turning a slice into one commit: retry, the record, and what becomes visible with the LSN.
#include "engine/base/random.h"
#include "engine/session/engine_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace millrace::engine {

using State = SessionEntry::State;

namespace {

std::string retryAttribute(ComponentId component) {
  return fmt::format("retryCount.{}", component.raw());
}

std::uint32_t retriesSoFar(const FlowFile& file, const std::string& attribute) {
  const auto text = file.attributes.find(attribute);
  std::uint32_t count = 0;
  for (const char c : text.value_or(std::string_view{})) {
    if (c < '0' || c > '9' || count > 1'000'000) return 0;
    count = count * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return count;
}

}  // namespace

/// NiFi's framework retry: an input that goes to a retried relationship, or whose children do,
/// returns to its queue as it was with one more on its counter, and its children are dropped.
/// Source output is never retried.
void EngineSession::applyRetry() {
  const std::string attribute = retryAttribute(wiring_->component);
  for (std::size_t i = 0; i < used_; ++i) {
    SessionEntry& entry = pool_[i];
    if (entry.state != State::kTransferred || !wiring_->routes[entry.route].retried) continue;
    SessionEntry* root = entry.root != nullptr ? entry.root : &entry;
    if (!root->isInput() || root->state == State::kToSelf) continue;
    const std::uint32_t count = retriesSoFar(root->before(), attribute);
    if (count >= wiring_->retry.count) continue;
    root->keepOriginal();
    // Never let the count of an unchanged content touch zero: the disk writer would take it for
    // dropped.
    const Content& before = root->original->content;
    if (root->file.content.buffer != before.buffer || !(root->file.content.claim == before.claim)) {
      releaseContent(root->file.content, Lsn(0));
    }
    root->file = *root->original;
    root->file.attributes = root->file.attributes.with(attribute, std::to_string(count + 1));
    root->state = State::kToSelf;
    const Nanos base = wiring_->retry.backoff == RetryPolicy::Backoff::kPenalize ? wiring_->penalty
                                                                                 : wiring_->yield;
    const Nanos delay = count < 32 && base < (wiring_->retry.maxBackoff >> count)
                            ? base << count
                            : wiring_->retry.maxBackoff;
    if (wiring_->retry.backoff == RetryPolicy::Backoff::kPenalize) {
      root->penalized = true;
      root->holdFor = delay;
    } else {
      root->penalized = false;
      retryYield_ = std::max(retryYield_, delay);
    }
    for (std::size_t j = 0; j < used_; ++j) {
      SessionEntry& child = pool_[j];
      if (child.root != root || child.state == State::kReturned) continue;
      releaseContent(child.file.content, Lsn(0));
      std::erase_if(facts_, [&](const StoredFact& fact) {
        return fact.flowFile == child.file.id ||
               std::find(fact.children.begin(), fact.children.end(), child.file.id) !=
                   fact.children.end();
      });
      child.state = State::kReturned;  // made here and gone: nothing of it is left
    }
    std::erase_if(facts_, [&](const StoredFact& fact) { return fact.flowFile == root->file.id; });
  }
  for (std::size_t i = 0; i < used_; ++i) {
    SessionEntry& entry = pool_[i];
    if (entry.state == State::kTransferred && entry.file.attributes.find(attribute)) {
      entry.keepOriginal();
      entry.file.attributes = entry.file.attributes.without(attribute);
    }
  }
}

namespace {

/// The clone of a FlowFile that goes to a further connection of its relationship: another uuid, the
/// rest the same.
FlowFile cloneOf(const SessionEntry& entry, FlowFileId id) {
  FlowFile copy = entry.file;
  if (copy.ownUuid) {
    copy.attributes = copy.attributes.without("uuid");
    copy.ownUuid = false;
  }
  if (copy.defaultFilename && !copy.attributes.find("filename")) {
    copy.attributes = copy.attributes.with("filename", entry.uuid());
  }
  copy.id = id;
  return copy;
}

}  // namespace

void EngineSession::encode() {
  record_.begin(wiring_->component, store_.clock.wall(), wiring_->flowRevision);
  std::uint32_t ordinal = 0;
  leaving_.clear();
  for (std::size_t i = 0; i < used_; ++i) {
    SessionEntry& entry = pool_[i];
    if (!entry.isInput() || entry.state == State::kReturned || entry.state == State::kHeld)
      continue;
    entry.ordinal = ordinal++;
    record_.input(entry.queue->id(), entry.file.key);
    if (leaving_.empty() || leaving_.back().queue != entry.queue) {
      const auto same = std::find_if(leaving_.begin(), leaving_.end(), [&](const Leaving& leaving) {
        return leaving.queue == entry.queue;
      });
      if (same == leaving_.end()) {
        leaving_.push_back({entry.queue, 0, 0});
      } else {
        std::iter_swap(same, leaving_.end() - 1);
      }
    }
    ++leaving_.back().count;
    leaving_.back().bytes += entry.before().size();
  }
  for (const Outputs& outputs : outputs_) {
    if (outputs.items.empty()) continue;
    record_.outputs(outputs.queue->id());
    for (const Outputs::Item& item : outputs.items) {
      const SessionEntry& entry = *item.entry;
      if (item.isClone) {
        record_.created(cloneOf(entry, item.cloneId));
      } else if (!entry.isInput()) {
        record_.created(entry.file);
      } else if (entry.original) {
        record_.changed(entry.ordinal, *entry.original, entry.file);
      } else {
        record_.same(entry.ordinal);
      }
    }
  }
  for (std::size_t i = 0; i < used_; ++i) {
    const SessionEntry& entry = pool_[i];
    const bool terminated =
        entry.state == State::kTransferred && wiring_->routes[entry.route].connections.empty();
    const bool crowded = entry.state == State::kCrowded;
    const bool overBudget = entry.state == State::kOverBudget;
    if (!terminated && !crowded && !overBudget && entry.state != State::kRemoved &&
        entry.state != State::kExpired)
      continue;
    const DropReason reason = terminated                       ? DropReason::kAutoTerminated
                              : crowded                        ? DropReason::kCrowded
                              : overBudget                     ? DropReason::kOverBudget
                              : entry.state == State::kExpired ? DropReason::kExpired
                                                               : DropReason::kRemoved;
    if (entry.isInput()) {
      record_.dropped(entry.ordinal, reason,
                      terminated ? wiring_->routes[entry.route].relationship : std::string_view{});
    } else {
      Fact fact;
      fact.kind = FactKind::kDrop;
      fact.flowFile = entry.file.id;
      if (terminated) fact.relationship = wiring_->routes[entry.route].relationship;
      if (crowded) fact.details = "the connection was full";
      if (overBudget) fact.details = "the disk budget was full";
      record_.fact(fact);
    }
  }
  for (const StoredFact& stored : facts_) {
    // Known only now: a processor may report before it transfers.
    const bool routed = stored.routed != nullptr && stored.routed->state == State::kTransferred;
    const std::string_view relationship =
        routed ? std::string_view(wiring_->routes[stored.routed->route].relationship)
               : std::string_view{};
    record_.fact({stored.kind, stored.flowFile, relationship, stored.transitUri, stored.details,
                  stored.parents, stored.children});
  }
  for (const StateChange& change : stateChanges_) {
    record_.state(change.key,
                  change.value ? std::optional<std::string_view>(*change.value) : std::nullopt);
  }
}

Result<SliceResult> EngineSession::commitSlice() {
  returnPrefetched();
  // What is held stays in its queue, what was given back is there again: for the journal nothing
  // happened to it.
  const bool untouched =
      std::all_of(pool_.begin(), pool_.begin() + static_cast<std::ptrdiff_t>(used_),
                  [](const SessionEntry& entry) {
                    return entry.state == State::kHeld || entry.state == State::kReturned;
                  });
  const bool nothing = untouched && stateChanges_.empty() && effects_.empty() &&
                       callbacks_.empty() && facts_.empty() && logWorks_.empty();
  if (nothing) {
    SliceResult result = std::exchange(committed_, {});
    for (const CounterChange& change : counters_)
      store_.counters.adjust(wiring_->componentName, change.name, change.delta);
    clear();
    return result;
  }
  auto log = prepareLog();
  if (!log.ok()) {
    Error error = std::move(log).error();
    abandon(false);
    return error;
  }
  if (wiring_->hasRetry()) applyRetry();
  gatherOutputs();
  encode();
  Commit commit;
  auto finished = record_.finish();
  commit.record = std::move(finished.record);
  commit.inlined = std::move(finished.inlined);
  for (const Leaving& leaving : leaving_) commit.flowFiles += leaving.count;
  for (const Outputs& outputs : outputs_) commit.flowFiles += outputs.items.size();
  commit.syncs = std::move(syncs_);
  syncs_.clear();
  if (appender_ != nullptr) {
    for (auto& participant : appender_->takeParticipants())
      commit.syncs.push_back(std::move(participant));
  }
  commit.effects = std::move(effects_);
  commit.onDurable = std::move(callbacks_);
  effects_.clear();
  callbacks_.clear();
  for (const Outputs& outputs : outputs_) {
    if (outputs.items.empty() || !outputs.queue->notifiesWhenDurable()) continue;
    commit.notices.emplace_back([queue = outputs.queue] { queue->notifyDurable(); });
  }

  std::unique_ptr<LogWriting> writing = std::move(*log);
  std::uint64_t bytes = bytesOf(commit);
  if (writing != nullptr) bytes += kMostLogPlaceBytes * (writing->mostPlaces() + 1);
  if (auto reserved = store_.commits.reserve(bytes); !reserved.ok()) {
    Error error = std::move(reserved).error();
    abandon(false);
    return error;
  }
  if (revocation_.isRevoked()) {  // while it waited for room in the journal
    store_.commits.unreserve(bytes);
    return Error::bug(fmt::format("the task of {} was terminated", wiring_->componentName));
  }
  if (writing != nullptr) {
    // From here to the LSN no other session writes to the log: its order is that of the journal.
    auto places = writing->write(commit);
    if (!places.ok()) {
      store_.commits.unreserve(bytes);
      Error error = std::move(places).error();
      abandon(false);
      return error;
    }
    if (!places->empty()) addLogPlaces(commit.record, *places);
  }
  Lsn lsn;
  const auto submit = [&] {
    lsn = store_.commits.submit(std::move(commit), bytes, Writing::kNext);
  };
  if (stateChanges_.empty()) {
    submit();
  } else if (!store_.state.commit(wiring_->component, stateRead_->version, stateChanges_, submit)) {
    store_.commits.unreserve(bytes);
    const std::string name = wiring_->componentName;
    abandon(false);
    return Error{Fault::kEnvironment, true,
                 fmt::format("the state of {} was changed by another task meanwhile", name)};
  }
  if (writing != nullptr) writing->submitted();
  writing.reset();
  SliceResult result = std::exchange(committed_, {});
  publish(lsn, result);
  store_.commits.writeNext();
  for (const CounterChange& change : counters_)
    store_.counters.adjust(wiring_->componentName, change.name, change.delta);
  result.yieldFor = std::max(result.yieldFor, retryYield_);
  result.bytesRead += bytesRead_;
  result.bytesWritten += bytesWritten_;
  clear();
  return result;
}

void EngineSession::onCommit(CommitLog& log, std::unique_ptr<LogWork> work) {
  MR_ASSERT(logWorks_.empty() || log_ == &log);
  log_ = &log;
  logWorks_.push_back(std::move(work));
}

Result<std::unique_ptr<LogWriting>> EngineSession::prepareLog() {
  if (logWorks_.empty()) return std::unique_ptr<LogWriting>();
  return log_->prepare(std::exchange(logWorks_, {}));
}

void EngineSession::publish(Lsn lsn, SliceResult& result) {
  result.lsn = lsn;
  const Millis wall = store_.clock.wall();
  const Nanos now = store_.clock.monotonic();
  if (used_ > 0 && pool_[0].isInput())
    result.waited = std::max<Millis>(0, wall - pool_[0].before().queuedAt);
  // What left the flow or lost its old content.
  for (std::size_t i = 0; i < used_; ++i) {
    SessionEntry& entry = pool_[i];
    const bool terminated =
        entry.state == State::kTransferred && wiring_->routes[entry.route].connections.empty();
    if (terminated || entry.state == State::kRemoved || entry.state == State::kExpired ||
        entry.state == State::kCrowded || entry.state == State::kOverBudget) {
      releaseContent(entry.file.content, lsn);
      ++result.removed;
    }
    if (entry.original && entry.state != State::kHeld) {
      const Content& before = entry.original->content;
      const bool replaced =
          before.buffer != entry.file.content.buffer || !(before.claim == entry.file.content.claim);
      if (replaced) releaseContent(before, lsn);
    }
  }
  std::uint32_t index = 0;
  for (Outputs& outputs : outputs_) {
    if (outputs.items.empty()) continue;
    std::vector<FlowFile> batch;
    batch.reserve(outputs.items.size());
    // Clones first read the entry that a later item moves from, so copy for clones and move for
    // originals.
    for (const Outputs::Item& item : outputs.items) {
      SessionEntry& entry = *item.entry;
      if (item.isClone) {
        batch.push_back(cloneOf(entry, item.cloneId));
        retainContent(batch.back().content);
      } else if (wiring_->routes.empty() || entry.state == State::kToSelf ||
                 wiring_->routes[entry.route].connections.size() == 1) {
        batch.push_back(std::move(entry.file));
      } else {
        batch.push_back(entry.file);
      }
      FlowFile& file = batch.back();
      file.key = {lsn, index++};
      file.queuedAt = wall;
      file.heldUntil = entry.penalized ? now + entry.holdFor : 0;
      result.outBytes += file.size();
    }
    result.out += batch.size();
    outputs.queue->push(std::move(batch));
  }
  for (const Leaving& leaving : leaving_) {
    leaving.queue->acknowledge(leaving.count, leaving.bytes);
    result.in += leaving.count;
    result.inBytes += leaving.bytes;
  }
  tellCrowded(now, result);
}

}  // namespace millrace::engine
