// SPDX-License-Identifier: Apache-2.0
#pragma once
// CommitModel between two crashes: workers prepare and commit, groups are written, faults strike.

#include "tests/model/commit_model.h"

namespace millrace::model {

inline void CommitModel::planFault() {
  using Operation = MemoryFileSystem::Operation;
  switch (below(8)) {
    case 0:
      files_->fail(Operation::kSync, 1 + below(25));
      break;
    case 1:
      files_->fail(Operation::kWrite, 1 + below(40));
      break;
    case 2:
      files_->fail(Operation::kSyncDirectory, 1 + below(10));
      break;
    case 3:
      files_->fail(Operation::kName, 1, MemoryFileSystem::Times::kOnce, "/in/");
      break;
    case 4:
      files_->setCapacity(256 * 1024 + below(256) * 1024);
      break;
    default:
      files_->cutPowerAt(1 + below(120));
      break;
  }
}

inline Result<std::uint64_t> CommitModel::nextId() {
  if (ids_.count == 0) ids_ = MR_TRY(identity_->reserveIds(1 + below(20)));
  --ids_.count;
  return ids_.first++;
}

inline Result<> CommitModel::addOutput(Worker& worker, Session& session) {
  FlowFile made;
  made.facts.id = MR_TRY(nextId());
  if (!idsEver_.insert(made.facts.id).second)
    broken("the id " + std::to_string(made.facts.id) + " was given out twice");
  const std::uint64_t choice = below(8);
  if (choice < 3) {
    made.facts.seed = random_.next() >> 8U;
    made.facts.length = 1 + below(9000);
    const auto bytes = contentOf(made.facts.seed, made.facts.length);
    const std::size_t cut = static_cast<std::size_t>(below(bytes.size() + 1));
    MR_TRY(worker.appender->write(ByteView(bytes).first(cut)));
    MR_TRY(worker.appender->write(ByteView(bytes).subspan(cut)));
    made.claim = MR_TRY(worker.appender->finish());
    made.facts.where = Created::Where::kSegment;
    const std::uint64_t parts[] = {made.claim.segment, made.claim.offset, made.claim.length,
                                   made.claim.crc};
    std::copy(std::begin(parts), std::end(parts), made.facts.claim);
  } else if (choice < 6) {
    made.facts.seed = random_.next() >> 8U;
    made.facts.length = 1 + below(1500);
    made.facts.where = Created::Where::kInline;
    made.facts.inlineIndex = session.inlined.size();
    session.inlined.push_back(contentOf(made.facts.seed, made.facts.length));
    made.buffer = std::make_shared<InlineBuffer>(session.inlined.back());
    made.buffer->retain();
    session.commit.inlined.push_back(made.buffer);
  } else if (choice == 6 && !session.inputs.empty()) {
    const FlowFile& parent = session.inputs[below(session.inputs.size())];
    made.facts.where = Created::Where::kInherited;
    made.facts.parent = parent.facts.id;
    made.facts.seed = parent.facts.seed;
    made.facts.length = parent.facts.length;
    made.claim = parent.claim;
    made.buffer = parent.buffer;
    made.bytes = parent.bytes;
    made.recovered = parent.recovered;
  }
  session.outputs.push_back(std::move(made));
  return Done{};
}

inline Result<> CommitModel::addEffect(Session& session) {
  Effect effect;
  effect.component = below(3);
  effect.path = "/in/" + std::to_string(nextSource_);
  if (below(3) == 0) {
    effect.kind = Effect::Kind::kMoveFile;
    effect.target = "/out/" + std::to_string(nextSource_);
  }
  ++nextSource_;
  {
    auto file = MR_TRY(files_->open(effect.path, OpenMode::kCreate));
    MR_TRY(file->writeAt(0, asBytes(effect.path)));
    MR_TRY(file->sync());
    MR_TRY(files_->syncDirectory("/in"));
    const FileInfo info = MR_TRY(file->info());
    effect.inode = info.inode;
    effect.size = info.size;
    effect.modified = info.modified;
  }
  session.commit.effects.push_back(std::move(effect));
  return Done{};
}

inline Result<> CommitModel::prepare(Worker& worker) {
  Session& session = worker.session.emplace();
  for (std::uint64_t i = below(4); i > 0 && !visible_.empty(); --i) {
    auto chosen = visible_.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(below(visible_.size())));
    session.inputs.push_back(std::move(chosen->second));
    visible_.erase(chosen);
  }
  for (std::uint64_t i = below(4); i > 0; --i) MR_TRY(addOutput(worker, session));
  if (below(4) == 0) MR_TRY(addEffect(session));
  if (below(4) == 0) {
    session.deed.appended.push_back(MR_TRY(partition_->append(random_.next(), 1 + below(1200))));
    session.commit.syncs.push_back(partition_);
  }
  return Done{};
}

inline void CommitModel::rollBack(Worker& worker) {
  worker.appender->abandon();
  (void)worker.appender->takeParticipants();
  for (FlowFile& output : worker.session->outputs) {
    if (output.facts.where == Created::Where::kSegment) content_->release(output.claim, Lsn(0));
  }
  for (FlowFile& input : worker.session->inputs) visible_.emplace(input.facts.id, std::move(input));
  worker.session.reset();
}

inline void CommitModel::commit(Worker& worker) {
  Session& session = *worker.session;
  Deed& deed = session.deed;
  for (const FlowFile& output : session.outputs) deed.created.push_back(output.facts);
  for (const FlowFile& input : session.inputs) deed.dropped.push_back(input.facts.id);
  if (below(6) == 0 && !batches_.empty()) {
    // Consuming what others committed: their appends must be durable with us.
    deed.consumed = batches_.rbegin()->offset + batches_.rbegin()->length;
    session.commit.syncs.push_back(partition_);
  }
  session.commit.record = deed.encode();
  for (auto& each : worker.appender->takeParticipants())
    session.commit.syncs.push_back(std::move(each));
  if (!commits_->reserve(bytesOf(session.commit)).ok()) {
    rollBack(worker);
    return;
  }
  const std::uint64_t lsn = commits_->last().raw() + 1;
  session.commit.onDurable.push_back([this, lsn] { acknowledged_ = std::max(acknowledged_, lsn); });
  Past past{deed, session.commit.record, session.inlined, session.commit.effects};
  const Lsn given = commits_->submit(std::move(session.commit));
  if (given.raw() != lsn) broken("an LSN was left out");
  history_[lsn] = std::move(past);
  for (FlowFile& output : session.outputs) {
    if (output.facts.where == Created::Where::kInherited) {
      if (output.claim.length > 0) content_->retain(output.claim);
      if (output.buffer != nullptr) output.buffer->retain();
    }
    visible_.emplace(output.facts.id, std::move(output));
  }
  for (const FlowFile& input : session.inputs) {
    if (input.claim.length > 0) content_->release(input.claim, given);
    if (input.buffer != nullptr) input.buffer->releaseAt(given);
  }
  batches_.insert(deed.appended.begin(), deed.appended.end());
  consumed_ = std::max(consumed_, deed.consumed);
  worker.session.reset();
}

inline void CommitModel::checkCounts() {
  std::map<ContentClaim, std::uint64_t> expected;
  const auto count = [&expected](const FlowFile& flowFile) {
    if (flowFile.claim.length > 0) ++expected[flowFile.claim];
  };
  for (const auto& [id, flowFile] : visible_) count(flowFile);
  for (const Worker& worker : workers_) {
    if (!worker.session.has_value()) continue;
    for (const FlowFile& input : worker.session->inputs) count(input);
    for (const FlowFile& output : worker.session->outputs) {
      if (output.facts.where == Created::Where::kSegment) count(output);
    }
  }
  for (const auto& [claim, users] : expected) {
    if (content_->references(claim) != users) broken("a reference count differs from a recount");
  }
}

inline void CommitModel::takeSnapshot() {
  // As the snapshot of a store does: from what is on the medium, never from live queues.
  const std::uint64_t upTo = commits_->synced().raw();
  for (std::uint64_t lsn = snapshot_.lsn.raw() + 1; lsn <= upTo; ++lsn) {
    const Past& past = history_.at(lsn);
    for (const Created& each : past.deed.created) {
      FlowFile flowFile;
      flowFile.facts = each;
      flowFile.recovered = true;
      if (each.where == Created::Where::kSegment)
        flowFile.claim = {each.claim[0], each.claim[1], each.claim[2],
                          static_cast<std::uint32_t>(each.claim[3])};
      if (each.where == Created::Where::kInline) flowFile.bytes = past.inlined[each.inlineIndex];
      if (each.where == Created::Where::kInherited) {
        const FlowFile& parent = snapshot_.flowFiles.at(each.parent);
        flowFile.claim = parent.claim;
        flowFile.bytes = parent.bytes;
      }
      snapshot_.flowFiles[each.id] = std::move(flowFile);
    }
    for (const std::uint64_t id : past.deed.dropped) snapshot_.flowFiles.erase(id);
    snapshot_.batches.insert(past.deed.appended.begin(), past.deed.appended.end());
    snapshot_.consumed = std::max(snapshot_.consumed, past.deed.consumed);
  }
  snapshot_.lsn = Lsn(upTo);
  Lsn mark(upTo + 1);
  if (const auto effects = commits_->effectsMark()) mark = std::min(mark, *effects);
  (void)journal_->cutBelow(mark);
}

inline void CommitModel::step() {
  const std::uint64_t choice = below(16);
  Worker& worker = workers_[below(workers_.size())];
  if (choice < 9) {
    if (worker.session.has_value()) {
      if (below(10) == 0) {
        rollBack(worker);
      } else {
        commit(worker);
      }
    } else if (!prepare(worker).ok()) {
      rollBack(worker);
    }
  } else if (choice < 13) {
    if (commits_->runOnce().ok())
      acknowledged_ = std::max(acknowledged_, commits_->durable().raw());
  } else if (choice == 13) {
    (void)content_->reclaim(commits_->synced(), 4);
  } else if (choice == 14) {
    clock_.advance(static_cast<Nanos>(below(400)) * kMillisecond);
    checkCounts();
  } else if (below(3) == 0) {
    takeSnapshot();
  }
}

}  // namespace millrace::model
