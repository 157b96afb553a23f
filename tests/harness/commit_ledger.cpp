// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/commit_ledger.h"

#include "engine/base/crc32c.h"
#include "engine/ports/commit_record.h"

#include <fmt/format.h>

#include <optional>

namespace millrace::tests {

/// The entry of one commit: takes effect as a whole in post().
class CommitLedger::Entry final : public CommitRecordVisitor {
 public:
  Entry(CommitLedger& books, Lsn lsn) : books_(books), lsn_(lsn) {}

  void begin(ComponentId, Millis, std::uint64_t) override {}

  Result<> input(const InputRun& run) override {
    Queue& queue = books_.queues_[run.connection];
    for (std::uint32_t i = 0; i < run.count; ++i) {
      const QueueKey key{run.first.lsn, run.first.index + i};
      const auto found = queue.find(key);
      if (found == queue.end()) {
        return problem(fmt::format("took ({}, {}) of connection {:x}, where nothing is",
                                   key.lsn.raw(), key.index, run.connection.raw()));
      }
      inputs_.push_back({run.connection, key, found->second, false});
    }
    return Done{};
  }
  Result<> outputs(ConnectionId connection) override {
    target_ = connection;
    return Done{};
  }
  Result<> same(std::uint32_t ordinal, std::uint32_t count) override {
    for (std::uint32_t i = 0; i < count; ++i) {
      MR_TRY(leave(ordinal + i));
      MR_TRY(arrive(inputs_[ordinal + i].file));
      ++books_.totals_.moved;
    }
    return Done{};
  }
  FlowFile* inputFlowFile(std::uint32_t ordinal) override {
    return ordinal < inputs_.size() ? &inputs_[ordinal].file : nullptr;
  }
  Result<> changed(std::uint32_t ordinal, FlowFile after) override {
    const FlowFileId before = inputs_.at(ordinal).file.id;
    MR_TRY(leave(ordinal));
    if (after.id != before) return problem("changed the id of a FlowFile");
    ++books_.totals_.moved;
    return arrive(std::move(after));
  }
  Result<> created(FlowFile file) override {
    if (!books_.known_.insert(file.id).second)
      return problem(fmt::format("made FlowFile {} again", file.id.raw()));
    ++books_.totals_.created;
    return arrive(std::move(file));
  }
  Result<> dropped(std::uint32_t ordinal, std::uint32_t count, DropReason reason,
                   std::string_view) override {
    for (std::uint32_t i = 0; i < count; ++i) {
      MR_TRY(leave(ordinal + i));
      books_.where_.erase(inputs_[ordinal + i].file.id);
      Totals& totals = books_.totals_;
      switch (reason) {
        case DropReason::kRemoved:
          ++totals.removed;
          break;
        case DropReason::kAutoTerminated:
          ++totals.terminated;
          break;
        case DropReason::kExpired:
          ++totals.expired;
          break;
        case DropReason::kEmptied:
          ++totals.emptied;
          break;
        case DropReason::kOverBudget:
        case DropReason::kCrowded:
          ++totals.crowded;
          break;
      }
    }
    return Done{};
  }
  void fact(const Fact& fact) override {
    const bool end = fact.kind == FactKind::kDrop || fact.kind == FactKind::kExpire;
    if (end && books_.known_.insert(fact.flowFile).second) ++books_.totals_.ephemeral;
  }
  void state(ComponentId, std::string_view, std::optional<std::string_view>) override {}

  Result<> post() {
    for (const Input& input : inputs_) {
      if (!input.left) continue;
      books_.queues_[input.connection].erase(input.key);
    }
    for (auto& [connection, file] : arrivals_) {
      const QueueKey key = file.key;
      if (!books_.queues_[connection].emplace(key, std::move(file)).second)
        return problem("gave one key twice");
    }
    return Done{};
  }

 private:
  struct Input {
    ConnectionId connection;
    QueueKey key;
    FlowFile file;
    bool left = false;
  };

  Error problem(const std::string& what) const {
    return Error::bug(fmt::format("commit {} {}", lsn_.raw(), what));
  }
  Result<> leave(std::uint32_t ordinal) {
    if (ordinal >= inputs_.size()) return problem("speaks of an input that it did not take");
    if (inputs_[ordinal].left) return problem("puts one input to two places");
    inputs_[ordinal].left = true;
    return Done{};
  }
  Result<> arrive(FlowFile file) {
    file.key = {lsn_, static_cast<std::uint32_t>(arrivals_.size())};
    books_.where_[file.id] = target_;
    arrivals_.emplace_back(target_, std::move(file));
    return Done{};
  }

  CommitLedger& books_;
  const Lsn lsn_;
  ConnectionId target_;
  std::vector<Input> inputs_;
  std::vector<std::pair<ConnectionId, FlowFile>> arrivals_;
};

Result<> CommitLedger::readUpTo(const repo::Journal& journal, Lsn upTo) {
  if (upTo <= at_) return Done{};
  repo::JournalReader reader = MR_TRY(journal.read(Lsn(at_.raw() + 1), upTo));
  while (auto item = MR_TRY(reader.next())) {
    if (!item->commit) continue;
    const CommitView& commit = *item->commit;
    std::vector<std::shared_ptr<InlineBuffer>> buffers;
    for (const InlinePart& part : commit.inlined) {
      buffers.push_back(std::make_shared<InlineBuffer>(
          std::vector<std::byte>(part.bytes.begin(), part.bytes.end())));
    }
    if (commit.lsn.raw() != at_.raw() + 1) {
      return Error::bug(fmt::format("commit {} follows {}", commit.lsn.raw(), at_.raw()));
    }
    Entry entry(*this, commit.lsn);
    MR_TRY(decodeCommitRecord(commit.record, buffers, entry));
    MR_TRY(entry.post());
    history_ = crc32c(commit.record, history_);
    at_ = commit.lsn;
  }
  if (at_ < upTo) {
    return Error::bug(
        fmt::format("the journal ends at {}, before the durable commit {}", at_.raw(), upTo.raw()));
  }
  const std::uint64_t queuedNow = queued();
  if (totals_.created != queuedNow + totals_.dropped() || queuedNow != where_.size()) {
    return Error::bug(fmt::format("{} FlowFiles were made, but {} dropped and {} queued ({} known)",
                                  totals_.created, totals_.dropped(), queuedNow, where_.size()));
  }
  return Done{};
}

std::uint64_t CommitLedger::queued() const {
  std::uint64_t count = 0;
  for (const auto& [connection, queue] : queues_) count += queue.size();
  return count;
}

}  // namespace millrace::tests
