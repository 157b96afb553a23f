// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/trigger_witness.h"

#include "processors/registry.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace millrace::tests {
namespace {

// So that a slice ends by time, whatever it does.
constexpr Nanos kTriggerTime = 50 * kMicrosecond;
constexpr Nanos kTransferTime = 20 * kMicrosecond;
constexpr std::size_t kMostTypes = 128;
thread_local TriggerWitness* presentWitness = nullptr;

}  // namespace

/// Hands on every call and notes what is made and where it goes.
class TriggerWitness::WatchedSession final : public ProcessSession {
 public:
  WatchedSession(ProcessSession& session, const ProcessContext& context, TriggerWitness& witness,
                 std::string_view type)
      : session_(session), context_(context), witness_(witness), type_(type) {}

  /// What was noted so far has happened.
  void confirm() {
    for (const FlowFileId id : made_) witness_.made_.push_back({id, context_.componentId()});
    for (const std::string& name : sent_) ++witness_.coverage_.transfers[{type_, name}];
    made_.clear();
    sent_.clear();
  }

  SessionFlowFile* get() override { return session_.get(); }
  std::vector<SessionFlowFile*> get(std::size_t most) override { return session_.get(most); }
  std::vector<SessionFlowFile*> get(
      const std::function<Choice(const SessionFlowFile&)>& filter) override {
    return session_.get(filter);
  }
  std::uint64_t queuedCount() const override { return session_.queuedCount(); }
  SessionFlowFile& create() override { return note(session_.create()); }
  SessionFlowFile& create(const SessionFlowFile& parent) override {
    return note(session_.create(parent));
  }
  SessionFlowFile& create(std::span<const SessionFlowFile* const> parents) override {
    return note(session_.create(parents));
  }
  SessionFlowFile& clone(const SessionFlowFile& original) override {
    return note(session_.clone(original));
  }
  void shareContent(SessionFlowFile& to, const SessionFlowFile& from) override {
    session_.shareContent(to, from);
  }
  Result<SessionFlowFile*> clone(const SessionFlowFile& original, std::uint64_t offset,
                                 std::uint64_t size) override {
    auto copy = session_.clone(original, offset, size);
    if (copy.ok()) note(**copy);
    return copy;
  }
  void putAttribute(SessionFlowFile& file, std::string_view name, std::string_view value) override {
    session_.putAttribute(file, name, value);
  }
  void putAttributes(SessionFlowFile& file, std::span<const Attributes::Pair> pairs) override {
    session_.putAttributes(file, pairs);
  }
  void removeAttribute(SessionFlowFile& file, std::string_view name) override {
    session_.removeAttribute(file, name);
  }
  Result<std::unique_ptr<ContentReader>> read(const SessionFlowFile& file) override {
    return session_.read(file);
  }
  Result<ByteView> readAll(const SessionFlowFile& file, std::uint64_t limit) override {
    return session_.readAll(file, limit);
  }
  Result<std::unique_ptr<ContentWriter>> write(SessionFlowFile& file) override {
    return session_.write(file);
  }
  Result<std::unique_ptr<ContentWriter>> append(SessionFlowFile& file) override {
    return session_.append(file);
  }
  Result<> writeAll(SessionFlowFile& file, ByteView bytes) override {
    return session_.writeAll(file, bytes);
  }
  Result<> importFile(SessionFlowFile& file, const std::string& path, std::uint64_t inode,
                      std::uint64_t size, Nanos modified) override {
    return session_.importFile(file, path, inode, size, modified);
  }
  void transfer(SessionFlowFile& file, const Relationship& relationship) override {
    session_.transfer(file, relationship);
    witness_.clock_.advance(kTransferTime);
    sent_.emplace_back(relationship.name);
  }
  void transfer(SessionFlowFile& file, RelationshipIndex relationship) override {
    session_.transfer(file, relationship);
    witness_.clock_.advance(kTransferTime);
    sent_.push_back(nameOf(relationship));
  }
  void transferToSelf(SessionFlowFile& file) override { session_.transferToSelf(file); }
  void giveBack(SessionFlowFile& file) override { session_.giveBack(file); }
  void remove(SessionFlowFile& file) override { session_.remove(file); }
  void penalize(SessionFlowFile& file, std::optional<Nanos> duration) override {
    session_.penalize(file, duration);
  }
  std::unique_ptr<HeldFlowFile> hold(SessionFlowFile& file) override { return session_.hold(file); }
  SessionFlowFile& take(std::unique_ptr<HeldFlowFile> held) override {
    return session_.take(std::move(held));
  }
  void adjustCounter(std::string_view name, std::int64_t delta, bool immediate) override {
    session_.adjustCounter(name, delta, immediate);
  }
  void report(ProvenanceType type, const SessionFlowFile& file, std::string_view transitUri,
              std::string_view details) override {
    session_.report(type, file, transitUri, details);
  }
  const StateMap& state() override { return session_.state(); }
  void putState(std::string_view key, std::string_view value) override {
    session_.putState(key, value);
  }
  void removeState(std::string_view key) override { session_.removeState(key); }
  void onDurable(Effect effect) override { session_.onDurable(std::move(effect)); }
  void onDurable(std::function<void()> callback) override {
    session_.onDurable(std::move(callback));
  }
  void onCommit(CommitLog& log, std::unique_ptr<LogWork> work) override {
    session_.onCommit(log, std::move(work));
  }
  Result<> commit() override {
    auto committed = session_.commit();
    if (committed.ok()) confirm();
    return committed;
  }

 private:
  SessionFlowFile& note(SessionFlowFile& file) {
    made_.push_back(file.id());
    return file;
  }
  std::string nameOf(RelationshipIndex index) const {
    const ProcessorDescriptor* type = TriggerWitness::find(type_);
    for (const Relationship* declared : type->relationships) {
      if (context_.relationship(declared->name) == index) return std::string(declared->name);
    }
    return "(dynamic)";
  }

  ProcessSession& session_;
  const ProcessContext& context_;
  TriggerWitness& witness_;
  const std::string type_;
  std::vector<FlowFileId> made_;
  std::vector<std::string> sent_;
};

class TriggerWitness::Watched final : public Processor {
 public:
  Watched(const ProcessorDescriptor& type, TriggerWitness& witness)
      : type_(type), witness_(witness), processor_(type.make()) {}

  Result<> onScheduled(ProcessContext& context) override {
    return processor_->onScheduled(context);
  }
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    witness_.clock_.advance(kTriggerTime);
    ++witness_.coverage_.triggers[std::string(type_.type)];
    WatchedSession watched(session, context, witness_, type_.type);
    const Troubles& troubles = witness_.troubles_;
    if (troubles.leakOneIn > 0 && witness_.random_.oneIn(troubles.leakOneIn) &&
        session.get() != nullptr) {
      ++witness_.leaked_;
    }
    MR_TRY(processor_->onTrigger(context, watched));
    if (troubles.throwOneIn > 0 && witness_.random_.oneIn(troubles.throwOneIn)) {
      ++witness_.thrown_;
      throw std::runtime_error("thrown by the test when all was done");
    }
    watched.confirm();
    return Done{};
  }
  void onUnscheduled(ProcessContext& context) override { processor_->onUnscheduled(context); }
  void onStopped(ProcessContext& context) override { processor_->onStopped(context); }

 private:
  const ProcessorDescriptor& type_;
  TriggerWitness& witness_;
  std::unique_ptr<Processor> processor_;
};

TriggerWitness::TriggerWitness(VirtualClock& clock, Coverage& coverage, std::uint64_t seed,
                               Troubles troubles)
    : clock_(clock), coverage_(coverage), random_(seed), troubles_(troubles) {
  presentWitness = this;
}

TriggerWitness::~TriggerWitness() { presentWitness = nullptr; }

template <std::size_t kPosition>
std::unique_ptr<Processor> TriggerWitness::makeWatched() {
  return std::make_unique<Watched>(*builtinProcessors()[kPosition], *presentWitness);
}

template <std::size_t... kPositions>
std::vector<ProcessorDescriptor> TriggerWitness::watchedTypes(
    std::index_sequence<kPositions...> /*positions*/) {
  constexpr std::array<std::unique_ptr<Processor> (*)(), sizeof...(kPositions)> kMakers{
      &makeWatched<kPositions>...};
  const auto types = builtinProcessors();
  if (types.size() > kMakers.size()) throw std::logic_error("raise kMostTypes");
  std::vector<ProcessorDescriptor> result;
  for (std::size_t i = 0; i < types.size(); ++i) {
    result.push_back(*types[i]);
    result.back().make = kMakers[i];
  }
  return result;
}

const ProcessorDescriptor* TriggerWitness::find(std::string_view type) {
  static const std::vector<ProcessorDescriptor> kTypes =
      watchedTypes(std::make_index_sequence<kMostTypes>());
  const auto found = std::find_if(kTypes.begin(), kTypes.end(),
                                  [&](const auto& known) { return known.type == type; });
  return found == kTypes.end() ? nullptr : &*found;
}

}  // namespace millrace::tests
