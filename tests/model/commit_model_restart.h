// SPDX-License-Identifier: Apache-2.0
#pragma once
// CommitModel at a restart: opens the store as recovery does, and compares it with what was
// promised.

#include "tests/model/commit_model_life.h"

#include <limits>

namespace millrace::model {

inline CommitModel::CommitModel(std::uint64_t seed, PlantedFault planted)
    : random_(seed), planted_(planted), files_(std::make_unique<MemoryFileSystem>(seed * 31 + 7)) {
  // The world around the store exists before it.
  for (const char* folder : {"/in", "/out", "/store"}) (void)files_->createDirectories(folder);
  (void)files_->syncDirectory("/");
  processMode_ = below(8) == 0 && planted == PlantedFault::kNone;
  journalBytes_ = 2048ULL << below(4);
  contentBytes_ = 8192ULL << below(6);
  groupBytes_ = std::array<std::uint64_t, 3>{1, 3000, 8ULL << 20U}[below(3)];
  space_ = below(2) == 0 ? log::Space::kReserved : log::Space::kWritten;
}

inline void CommitModel::closeLife() {
  if (commits_ != nullptr) acknowledged_ = std::max(acknowledged_, commits_->durable().raw());
  workers_.clear();
  commits_.reset();
  partition_.reset();
  content_.reset();
  journal_.reset();
  identity_.reset();
  visible_.clear();
  batches_.clear();
  consumed_ = 0;
  ids_ = {};
}

inline void CommitModel::checkEffectsOfLost(Lsn last) {
  for (auto past = history_.upper_bound(last.raw()); past != history_.end(); ++past) {
    for (const Effect& effect : past->second.effects) {
      if (!files_->exists(effect.path))
        broken("an effect of commit " + std::to_string(past->first) + " ran ahead of its record");
    }
  }
}

inline void CommitModel::replayCommit(const CommitView& commit) {
  const auto found = history_.find(commit.lsn.raw());
  const std::string name = "commit " + std::to_string(commit.lsn.raw());
  if (found == history_.end()) return broken(name + " was never made");
  const Past& past = found->second;
  if (!std::equal(commit.record.begin(), commit.record.end(), past.record.begin(),
                  past.record.end()))
    return broken(name + " has another record than was submitted");
  if (commit.inlined.size() != past.inlined.size() || commit.effects.size() != past.effects.size())
    return broken(name + " lost content or effects");
  for (std::size_t i = 0; i < past.inlined.size(); ++i) {
    const ByteView bytes = commit.inlined[i].bytes;
    if (!commit.inlined[i].elided &&
        !std::equal(bytes.begin(), bytes.end(), past.inlined[i].begin(), past.inlined[i].end()))
      return broken(name + " has other inline content than was submitted");
  }
  if (commit.lsn <= snapshot_.lsn) return;
  for (const Created& each : past.deed.created) {
    FlowFile flowFile;
    flowFile.facts = each;
    flowFile.recovered = true;
    if (each.where == Created::Where::kSegment)
      flowFile.claim = {each.claim[0], each.claim[1], each.claim[2],
                        static_cast<std::uint32_t>(each.claim[3])};
    if (each.where == Created::Where::kInline) {
      const InlinePart& part = commit.inlined[each.inlineIndex];
      flowFile.elided = part.elided;
      flowFile.bytes.assign(part.bytes.begin(), part.bytes.end());
    }
    if (each.where == Created::Where::kInherited) {
      const auto parent = visible_.find(each.parent);
      if (parent == visible_.end()) return broken(name + " builds on a FlowFile that is not there");
      flowFile.claim = parent->second.claim;
      flowFile.bytes = parent->second.bytes;
      flowFile.elided = parent->second.elided;
    }
    visible_[each.id] = std::move(flowFile);
  }
  for (const std::uint64_t id : past.deed.dropped) {
    if (visible_.erase(id) == 0) return broken(name + " drops a FlowFile that is not there");
  }
  batches_.insert(past.deed.appended.begin(), past.deed.appended.end());
  consumed_ = std::max(consumed_, past.deed.consumed);
}

inline void CommitModel::checkContent(const FlowFile& flowFile) {
  if (flowFile.facts.where == Created::Where::kNone || flowFile.facts.length == 0) return;
  const std::string name = "FlowFile " + std::to_string(flowFile.facts.id);
  if (flowFile.elided) return broken(name + " is queued but its content was not written");
  std::vector<std::byte> bytes = flowFile.bytes;
  if (flowFile.claim.length > 0) {
    bytes.resize(static_cast<std::size_t>(flowFile.claim.length));
    const auto got = content_->read(flowFile.claim, 0, bytes);
    if (!got.ok()) return broken(name + ": " + got.error().message);
  }
  if (bytes != contentOf(flowFile.facts.seed, flowFile.facts.length))
    broken(name + " has other content than was written");
}

inline Result<> CommitModel::replay() {
  const repo::RecoveredJournal& found = journal_->recovered();
  if (found.last.raw() < acknowledged_) {
    broken("commit " + std::to_string(acknowledged_) +
           " was called durable, the journal ends with " + std::to_string(found.last.raw()));
  }
  if (found.first.raw() > snapshot_.lsn.raw() + 1) broken("the journal was cut above the snapshot");
  checkEffectsOfLost(found.last);
  if (failure_.has_value()) return Error::bug(*failure_);
  history_.erase(history_.upper_bound(found.last.raw()), history_.end());

  visible_ = snapshot_.flowFiles;
  batches_ = snapshot_.batches;
  consumed_ = snapshot_.consumed;
  repo::UnsettledEffects unsettled;
  repo::JournalReader reader = MR_TRY(journal_->read(found.first, found.last));
  std::uint64_t next = found.first.raw();
  while (!failure_.has_value()) {
    const auto item = MR_TRY(reader.next());
    if (!item.has_value()) break;
    unsettled.add(*item);
    if (!item->commit.has_value()) continue;
    if (item->commit->lsn.raw() != next++) broken("the journal skips a commit");
    replayCommit(*item->commit);
  }
  for (const auto& [id, flowFile] : visible_) {
    if (flowFile.claim.length > 0) content_->retain(flowFile.claim);
  }
  content_->finishReplay();
  for (const auto& [id, flowFile] : visible_) checkContent(flowFile);
  std::uint64_t end = 0;
  for (const Batch& batch : batches_) end = std::max(end, batch.offset + batch.length);
  partition_ = MR_TRY(ModelPartition::open(*files_, end));
  if (MR_TRY(partition_->visible(batches_)) != batches_)
    broken("a batch that a durable commit names cannot be read");
  if (consumed_ > end) broken("the consumer's offset is beyond durable data");

  GroupCommitOptions options;
  options.durability = processMode_ ? Durability::kProcess : Durability::kPower;
  options.groupBytes = groupBytes_;
  options.plantedForTests = planted_;
  commits_ = std::make_unique<GroupCommit>(*journal_, *files_, clock_, options, found.last);
  for (const auto& [id, effect] : unsettled.left()) commits_->runAgain(id, effect);
  workers_.resize(3);
  for (Worker& worker : workers_) worker.appender = MR_TRY(content_->appender());
  checkCounts();
  if (failure_.has_value()) return Error::bug(*failure_);
  return Done{};
}

inline Result<> CommitModel::openStore() {
  identity_ = MR_TRY(repo::StoreIdentity::open(*files_, "/store", random_));
  repo::JournalOptions journalOptions;
  journalOptions.segmentBytes = journalBytes_;
  journalOptions.snapshotReserve = 0;
  journalOptions.space = space_;
  journalOptions.plantedForTests = planted_;
  journal_ = MR_TRY(repo::Journal::open(
      *files_, "/store/journal", {identity_->id(), identity_->epoch(), identity_->cleanDurable()},
      journalOptions));
  repo::DiskContentOptions contentOptions;
  contentOptions.segmentBytes = contentBytes_;
  content_ = MR_TRY(repo::DiskContent::open(*files_, "/store/content", clock_, contentOptions,
                                            repo::DiskContent::LastStop::kUnclean));
  return replay();
}

/// True when the store is open again; otherwise a promise was broken.
inline bool CommitModel::restart() {
  for (int attempt = 0;; ++attempt) {
    closeLife();
    const bool process = processMode_ || below(4) == 0;
    files_ = files_->crash(process && files_->powered() ? MemoryFileSystem::Crash::kProcess
                                                        : MemoryFileSystem::Crash::kPower);
    files_->setCapacity(std::numeric_limits<std::uint64_t>::max());
    // A restart may itself be cut short.
    const bool cut = !processMode_ && attempt < 3 && below(3) == 0;
    if (cut) files_->cutPowerAt(1 + below(40));
    const auto opened = openStore();
    if (cut && !files_->powered()) {
      failure_.reset();  // it looked at a disk without power
      continue;
    }
    files_->clearFaults();
    if (opened.ok()) return true;
    broken(opened.error().message);
    return false;
  }
}

inline void CommitModel::finish() {
  if (!restart()) return;
  for (int i = 0; i < 10; ++i) step();
  for (Worker& worker : workers_) {
    if (worker.session.has_value()) rollBack(worker);
  }
  clock_.advance(kMinute);
  const auto stopped = commits_->stop();
  if (!stopped.ok()) return broken(stopped.error().message);
  if (commits_->synced() != commits_->last()) return broken("a clean stop left commits behind");
  for (const auto& [lsn, past] : history_) {
    for (const Effect& effect : past.effects) {
      const bool move = effect.kind == Effect::Kind::kMoveFile;
      if (files_->exists(effect.path) || (move && !files_->exists(effect.target)))
        return broken("an effect of commit " + std::to_string(lsn) + " was never done");
    }
  }
  const auto noted = identity_->noteCleanStop(commits_->synced());
  if (!noted.ok()) return broken(noted.error().message);
  if (!restart()) return;
  if (commits_->effectsPending() != 0) broken("a settled effect would run again");
}

inline std::optional<std::string> CommitModel::run() {
  const std::uint64_t lives = 2 + below(3);
  for (std::uint64_t life = 0; life < lives && !failure_.has_value(); ++life) {
    if (!restart()) break;
    if (!processMode_) planFault();
    for (std::uint64_t i = 15 + below(60); i > 0 && files_->powered() && !failure_.has_value(); --i)
      step();
  }
  if (!failure_.has_value()) finish();
  return failure_;
}

}  // namespace millrace::model
