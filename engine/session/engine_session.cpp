// SPDX-License-Identifier: Apache-2.0
#include "engine/session/engine_session.h"

#include "engine/session/held_flowfiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace millrace::engine {
namespace {

constexpr std::uint64_t kIdBlock = 1024;
constexpr std::string_view kNotInherited[] = {"uuid", "alternate.identifier", "discard.reason"};

/// A processor that breaks the session's rules is rolled back, as for anything else that it throws.
void require(bool kept, std::string_view rule) {
  if (!kept) throw std::logic_error(std::string(rule));
}
constexpr std::string_view kInHandRule =
    "a FlowFile was used after it had been transferred, removed or held";

}  // namespace

EngineSession::EngineSession(Store& store) : store_(store), revocation_([this] { takeBack(); }) {}

EngineSession::~EngineSession() {
  abandon(false);
  endStreams();
}

void EngineSession::begin(std::shared_ptr<const Wiring> wiring, Lsn limit, std::size_t ahead) {
  MR_ASSERT(used_ == 0);
  wiring_ = std::move(wiring);
  limit_ = limit;
  ahead_ = std::max<std::size_t>(ahead, 1);
  savepoint_ = {};
}

SessionEntry& EngineSession::addEntry() {
  if (used_ == pool_.size()) pool_.emplace_back();
  SessionEntry& entry = pool_[used_++];
  entry.reset(store_.id);
  return entry;
}

SessionEntry& EngineSession::mine(SessionFlowFile& file) {
  return static_cast<SessionEntry&>(file);
}
const SessionEntry& EngineSession::mine(const SessionFlowFile& file) const {
  return static_cast<const SessionEntry&>(file);
}

SessionEntry& EngineSession::addInput(FlowFile file, FlowFileQueue& queue) {
  SessionEntry& entry = addEntry();
  entry.file = std::move(file);
  entry.queue = &queue;
  return entry;
}

void EngineSession::addExpired(FlowFileQueue& queue) {
  for (FlowFile& file : expired_)
    addInput(std::move(file), queue).state = SessionEntry::State::kExpired;
  expired_.clear();
}

bool EngineSession::prefetch() {
  prefetched_.clear();
  prefetchedNext_ = 0;
  const auto& inputs = wiring_->inputs;
  const FlowFileQueue::Poll how{ahead_, store_.clock.monotonic(), store_.clock.wall(), limit_,
                                this};
  for (std::size_t tried = 0; tried < inputs.size(); ++tried) {
    FlowFileQueue& queue = *inputs[nextInput_ % inputs.size()];
    nextInput_ = (nextInput_ + 1) % inputs.size();
    if (queue.isEmpty()) continue;
    const std::size_t got = queue.poll(how, prefetched_, expired_);
    addExpired(queue);
    if (got == 0) continue;
    prefetchedFrom_ = &queue;
    return true;
  }
  return false;
}

void EngineSession::returnPrefetched() {
  if (prefetchedNext_ < prefetched_.size()) {
    prefetched_.erase(prefetched_.begin(),
                      prefetched_.begin() + static_cast<std::ptrdiff_t>(prefetchedNext_));
    prefetchedFrom_->putBack(std::move(prefetched_));
  }
  prefetched_.clear();
  prefetchedNext_ = 0;
}

SessionFlowFile* EngineSession::get() {
  if (inputsLeft_ == 0) return nullptr;
  if (prefetchedNext_ == prefetched_.size() && !prefetch()) return nullptr;
  --inputsLeft_;
  return &addInput(std::move(prefetched_[prefetchedNext_++]), *prefetchedFrom_);
}

std::vector<SessionFlowFile*> EngineSession::get(std::size_t most) {
  std::vector<SessionFlowFile*> result;
  while (result.size() < most) {
    SessionFlowFile* file = get();
    if (file == nullptr) break;
    result.push_back(file);
  }
  return result;
}

std::vector<SessionFlowFile*> EngineSession::get(
    const std::function<Choice(const SessionFlowFile&)>& filter) {
  std::vector<SessionFlowFile*> result;
  returnPrefetched();
  const FlowFileQueue::Poll how{1, store_.clock.monotonic(), store_.clock.wall(), limit_, this};
  bool stopped = false;
  for (const auto& queue : wiring_->inputs) {
    if (stopped) break;
    std::vector<FlowFile> taken;
    SessionEntry probe;
    const auto choose = [&](const FlowFile& file) {
      if (inputsLeft_ == 0) {
        stopped = true;
        return FlowFileQueue::Take::kLeaveAndStop;
      }
      probe.reset(store_.id);
      probe.file = file;
      const Choice choice = filter(probe);
      stopped = choice == Choice::kAcceptAndStop || choice == Choice::kRejectAndStop;
      const bool accepted = choice == Choice::kAccept || choice == Choice::kAcceptAndStop;
      if (accepted) --inputsLeft_;
      if (accepted) return stopped ? FlowFileQueue::Take::kTakeAndStop : FlowFileQueue::Take::kTake;
      return stopped ? FlowFileQueue::Take::kLeaveAndStop : FlowFileQueue::Take::kLeave;
    };
    queue->pollWhere(how, choose, taken, expired_);
    addExpired(*queue);
    for (FlowFile& file : taken) result.push_back(&addInput(std::move(file), *queue));
  }
  return result;
}

std::uint64_t EngineSession::queuedCount() const {
  std::uint64_t count = prefetched_.size() - prefetchedNext_;
  for (const auto& queue : wiring_->inputs) {
    const QueueStatus status = queue->status();
    count += status.count - status.unacknowledged;
  }
  return count;
}

SessionEntry& EngineSession::addCreated() {
  if (nextId_ == idEnd_) {
    const auto first = store_.ids.take(kIdBlock);
    // Ids run out only when the journal cannot be written; the scheduler turns this into a rollback
    // and a bulletin.
    if (!first.ok()) throw std::runtime_error(first.error().message);
    nextId_ = *first;
    idEnd_ = nextId_ + kIdBlock;
  }
  SessionEntry& entry = addEntry();
  entry.file = FlowFile{};
  entry.file.id = FlowFileId(nextId_++);
  // The clock costs more than the rest of this, so a trigger that makes many looks now and then.
  constexpr std::uint32_t kCreatedBetweenLooks = 64;
  if (createdInTrigger_++ % kCreatedBetweenLooks == 0) createdAt_ = store_.clock.wall();
  entry.file.entryDate = createdAt_;
  entry.file.lineageStart = entry.file.entryDate;
  return entry;
}

SessionFlowFile& EngineSession::create() {
  SessionEntry& entry = addCreated();
  entry.file.defaultFilename = true;
  static const Attributes kPath = Attributes().with("path", "./");  // immutable, shared by all
  entry.file.attributes = kPath;
  return entry;
}

void EngineSession::inheritAttributes(SessionEntry& child, const SessionEntry& parent) {
  child.file.attributes = parent.file.attributes.with({}, kNotInherited);
  if (parent.file.defaultFilename && !parent.file.attributes.find("filename")) {
    child.file.attributes = child.file.attributes.with("filename", parent.uuid());
  }
  child.file.lineageStart = parent.file.lineageStart;
  child.root = parent.root != nullptr ? parent.root : const_cast<SessionEntry*>(&parent);
}

SessionFlowFile& EngineSession::create(const SessionFlowFile& parent) {
  const SessionEntry& from = mine(parent);
  SessionEntry& child = addCreated();
  inheritAttributes(child, from);
  for (StoredFact& fact : facts_) {
    if (fact.kind == FactKind::kFork && fact.flowFile == from.file.id) {
      fact.children.push_back(child.file.id);
      return child;
    }
    if (&fact - facts_.data() > 8)
      break;  // one FORK of a parent is enough when it is at hand; more are legal
  }
  facts_.push_back({FactKind::kFork, from.file.id, {}, {}, {from.file.id}, {child.file.id}});
  return child;
}

SessionFlowFile& EngineSession::create(std::span<const SessionFlowFile* const> parents) {
  SessionEntry& child = addCreated();
  if (parents.empty()) {
    child.file.defaultFilename = true;
    return child;
  }
  const SessionEntry& first = mine(*parents.front());
  inheritAttributes(child, first);
  std::vector<std::string_view> different;
  for (const auto& [name, value] : child.file.attributes.pairs()) {
    const bool common = std::all_of(parents.begin() + 1, parents.end(),
                                    [&, key = name, text = value](const auto* parent) {
                                      return parent->attribute(key) == text;
                                    });
    if (!common) different.push_back(name);
  }
  child.file.attributes = child.file.attributes.with({}, different);
  if (!child.file.attributes.find("filename")) child.file.defaultFilename = true;
  StoredFact fact{FactKind::kJoin, child.file.id, {}, {}, {}, {child.file.id}};
  for (const SessionFlowFile* parent : parents) {
    fact.parents.push_back(parent->id());
    child.file.lineageStart = std::min(child.file.lineageStart, parent->lineageStart());
  }
  facts_.push_back(std::move(fact));
  return child;
}

SessionFlowFile& EngineSession::clone(const SessionFlowFile& original) {
  const SessionEntry& from = mine(original);
  SessionEntry& copy = addCreated();
  inheritAttributes(copy, from);
  copy.file.entryDate = from.file.entryDate;
  setContent(copy, from.file.content);
  retainContent(copy.file.content);
  facts_.push_back({FactKind::kClone, from.file.id, {}, {}, {from.file.id}, {copy.file.id}});
  return copy;
}

void EngineSession::putAttribute(SessionFlowFile& file, std::string_view name,
                                 std::string_view value) {
  const Attributes::Pair pair{name, value};
  putAttributes(file, std::span(&pair, 1));
}

void EngineSession::putAttributes(SessionFlowFile& file, std::span<const Attributes::Pair> pairs) {
  SessionEntry& entry = mine(file);
  require(entry.state == SessionEntry::State::kInHand, kInHandRule);
  entry.keepOriginal();
  const bool setsUuid = std::any_of(pairs.begin(), pairs.end(),
                                    [](const auto& pair) { return pair.first == "uuid"; });
  if (!setsUuid) {
    entry.file.attributes = entry.file.attributes.with(pairs);
    return;
  }
  std::vector<Attributes::Pair> rest;
  std::copy_if(pairs.begin(), pairs.end(), std::back_inserter(rest),
               [](const auto& pair) { return pair.first != "uuid"; });
  entry.file.attributes = entry.file.attributes.with(rest);
}

void EngineSession::removeAttribute(SessionFlowFile& file, std::string_view name) {
  if (name == "uuid") return;
  SessionEntry& entry = mine(file);
  require(entry.state == SessionEntry::State::kInHand, kInHandRule);
  entry.keepOriginal();
  entry.file.attributes = entry.file.attributes.without(name);
  if (name == "filename") entry.file.defaultFilename = false;
}

void EngineSession::transfer(SessionFlowFile& file, const Relationship& relationship) {
  const auto index = wiring_->find(relationship);
  require(index.has_value(), "transfer to a relationship that this configuration does not have");
  transfer(file, *index);
}

void EngineSession::transfer(SessionFlowFile& file, RelationshipIndex relationship) {
  SessionEntry& entry = mine(file);
  require(entry.state == SessionEntry::State::kInHand, kInHandRule);
  require(relationship.index < wiring_->routes.size(),
          "transfer to a relationship that this configuration does not have");
  entry.state = SessionEntry::State::kTransferred;
  entry.route = relationship.index;
  entry.turn = ++turns_;
}

void EngineSession::transferToSelf(SessionFlowFile& file) {
  SessionEntry& entry = mine(file);
  require(entry.state == SessionEntry::State::kInHand, kInHandRule);
  require(entry.isInput(), "a FlowFile made in this session has no queue to return to");
  entry.state = SessionEntry::State::kToSelf;
  entry.turn = ++turns_;
}

void EngineSession::remove(SessionFlowFile& file) {
  SessionEntry& entry = mine(file);
  require(entry.state == SessionEntry::State::kInHand, kInHandRule);
  entry.state = SessionEntry::State::kRemoved;
}

void EngineSession::penalize(SessionFlowFile& file, std::optional<Nanos> duration) {
  SessionEntry& entry = mine(file);
  entry.penalized = true;
  entry.holdFor = duration.value_or(wiring_->penalty);
}

std::unique_ptr<HeldFlowFile> EngineSession::hold(SessionFlowFile& file) {
  SessionEntry& entry = mine(file);
  require(entry.state == SessionEntry::State::kInHand, kInHandRule);
  require(entry.isInput() && !entry.original, "only an unchanged input can be held");
  auto kept = std::make_unique<SessionEntry>();
  kept->reset(store_.id);
  kept->file = std::move(entry.file);
  kept->queue = entry.queue;
  entry.state = SessionEntry::State::kHeld;
  return std::make_unique<Held>(std::move(kept), wiring_);
}

SessionFlowFile& EngineSession::take(std::unique_ptr<HeldFlowFile> held) {
  std::unique_ptr<SessionEntry> kept = static_cast<Held&>(*held).release();
  require(kept != nullptr, "a held FlowFile was taken twice");
  SessionEntry& entry = addInput(std::move(kept->file), *kept->queue);
  entry.wasHeld = true;
  return entry;
}

void EngineSession::adjustCounter(std::string_view name, std::int64_t delta, bool immediate) {
  if (immediate) {
    store_.counters.adjust(wiring_->componentName, name, delta);
  } else {
    counters_.push_back({std::string(name), delta});
  }
}

void EngineSession::report(ProvenanceType type, const SessionFlowFile& file,
                           std::string_view transitUri, std::string_view details) {
  // The kinds of both enumerations are in the same order; FactKind begins at 1, since it is on
  // disk.
  const auto kind = static_cast<FactKind>(static_cast<std::uint8_t>(type) + 1);
  facts_.push_back({kind, file.id(), std::string(transitUri), std::string(details), {}, {}});
  if (type == ProvenanceType::kRoute) facts_.back().routed = &mine(file);
}

const StateMap& EngineSession::state() {
  if (stateRead_ == nullptr) {
    stateRead_ = store_.state.read(wiring_->component);
    stateView_ = *stateRead_;
  }
  return stateView_;
}

void EngineSession::putState(std::string_view key, std::string_view value) {
  state();
  stateChanges_.push_back({std::string(key), std::string(value)});
  const auto same = std::find_if(stateView_.entries.begin(), stateView_.entries.end(),
                                 [&](const auto& entry) { return entry.first == key; });
  if (same != stateView_.entries.end()) {
    same->second = value;
  } else {
    stateView_.entries.emplace_back(key, value);
  }
}

void EngineSession::removeState(std::string_view key) {
  state();
  stateChanges_.push_back({std::string(key), std::nullopt});
  std::erase_if(stateView_.entries, [&](const auto& entry) { return entry.first == key; });
}

void EngineSession::onDurable(Effect effect) {
  effect.component = wiring_->component.raw();
  effects_.push_back(std::move(effect));
}

void EngineSession::onDurable(std::function<void()> callback) {
  callbacks_.push_back(std::move(callback));
}

}  // namespace millrace::engine
