// SPDX-License-Identifier: Apache-2.0
#include "repositories/provenance/blocks/provenance_blocks.h"

#include "repositories/provenance/blocks/block_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::repo {

Result<std::unique_ptr<ProvenanceBlocks>> ProvenanceBlocks::open(
    FileSystem& files, const std::string& path, StoreId store, const Clock& clock, Lsn durable,
    std::unique_ptr<BlockIndex> index, ProvenanceOptions options) {
  auto blocks = MR_TRY(
      BlockFiles::open(files, path, store, durable, BlockFiles::Access::kWrite, options.fileBytes));
  const StoreId seen = options.seen.value_or(store);
  return std::unique_ptr<ProvenanceBlocks>(new ProvenanceBlocks(
      seen, store, clock, std::move(blocks), std::move(index), std::move(options)));
}

void ProvenanceBlocks::begin(Lsn lsn, ByteView record, InlineBuffers buffers) {
  skip_ = lsn <= mark();
  if (skip_) return;
  // A pass that failed is told again from the last snapshot on.
  if (lsn <= writer_.begun()) writer_.forget();
  writer_.begin(lsn, record, buffers);
}

void ProvenanceBlocks::head(ComponentId component, Millis time, std::uint64_t) {
  if (!skip_) writer_.head(component, time);
}
void ProvenanceBlocks::input(ConnectionId from, const FlowFile& file) {
  if (!skip_) writer_.input(from, file);
}
void ProvenanceBlocks::changed(std::uint32_t, const FlowFile&, const FlowFile& after) {
  if (!skip_) writer_.changed(after);
}
void ProvenanceBlocks::created(const FlowFile& file) {
  if (!skip_) writer_.created(file);
}
void ProvenanceBlocks::dropped(std::uint32_t, std::uint32_t, DropReason reason, std::string_view) {
  if (!skip_) writer_.dropped(reason);
}
void ProvenanceBlocks::fact(const Fact& fact) {
  if (!skip_) writer_.fact(fact);
}

Result<> ProvenanceBlocks::end() {
  if (skip_) return Done{};
  writer_.end();
  return writer_.isFull() ? closeBlock() : Result<>(Done{});
}

Result<> ProvenanceBlocks::closeBlock() {
  BlockWriter::Block block = writer_.close();
  const BlockPlace place = MR_TRY(files_->append(block.bytes, block.summary.last));
  fresh_.push_back({place, std::move(block.summary)});
  return Done{};
}

Result<> ProvenanceBlocks::flush() {
  if (!writer_.isEmpty()) MR_TRY(closeBlock());
  if (fresh_.empty()) return Done{};
  MR_TRY(files_->sync());
  MutexLock lock(indexing_);
  // The index is behind when it was lost or another program wrote; it catches up when it is asked.
  const auto known = index_->known();
  bool follows = known.ok();
  if (follows) {
    const auto at = known->find(fresh_.front().place.file);
    const std::uint64_t end = at == known->end() ? kProvenanceHeaderBytes : at->second;
    follows = end == fresh_.front().place.offset;
  }
  auto added = follows ? index_->add(fresh_) : Result<>(Done{});
  if (!added.ok() && options_.onBulletin) options_.onBulletin(added.error().message);
  fresh_.clear();
  return Done{};
}

Result<std::uint64_t> ProvenanceBlocks::retain() {
  std::uint64_t total = files_->totalBytes();
  std::uint64_t given = 0;
  const auto lengths = files_->lengths();
  for (auto at = lengths.begin(); at != lengths.end() && std::next(at) != lengths.end(); ++at) {
    const auto& [number, bytes] = *at;
    if (oldestFile_ != number) {
      oldestTime_ = MR_TRY(newestTime(number));
      oldestFile_ = number;
    }
    const bool tooOld = oldestTime_ < clock_.wall() - options_.mostAge;
    if (total <= options_.mostBytes && !tooOld) break;
    MR_TRY(files_->remove(number));
    MutexLock lock(indexing_);
    MR_TRY(index_->forget(number));
    total -= bytes;
    given += bytes;
  }
  return given;
}

/// When the newest event of a file happened.
Result<Millis> ProvenanceBlocks::newestTime(std::uint64_t file) const {
  const auto blocks = MR_TRY(files_->walk(file));
  if (blocks.empty()) return Millis{0};
  return MR_TRY(files_->summary(blocks.back())).lastTime;
}

/// Brings the index to what the files hold.
Result<> ProvenanceBlocks::catchUp() {
  const auto lengths = files_->lengths();
  auto known = MR_TRY(index_->known());
  for (const auto& [file, end] : known) {
    const auto there = lengths.find(file);
    // A file that became shorter was restored or cut: all of it is read again.
    if (there == lengths.end() || there->second < end) MR_TRY(index_->forget(file));
  }
  for (const auto& [file, end] : lengths) {
    const auto at = known.find(file);
    std::uint64_t from = at == known.end() || at->second > end ? 0 : at->second;
    if (from == end) continue;
    std::vector<BlockIndex::Entry> entries;
    for (const FoundBlock& block : MR_TRY(files_->walk(file, from)))
      entries.push_back({block.place, MR_TRY(files_->summary(block))});
    MR_TRY(index_->add(entries));
  }
  return Done{};
}

/// Asks the index, which is made again when it fails.
Result<std::vector<BlockIndex::Candidate>> ProvenanceBlocks::candidates(const BlockQuery& query,
                                                                        std::size_t most) {
  MutexLock lock(indexing_);
  const auto ask = [&]() -> Result<std::vector<BlockIndex::Candidate>> {
    MR_TRY(catchUp());
    return index_->candidates(query, most);
  };
  auto found = ask();
  if (found.ok()) return found;
  if (options_.onBulletin)
    options_.onBulletin(found.error().message + "; it is made again from the blocks");
  MR_TRY(index_->reset());
  return ask();
}

BlockQuery ProvenanceBlocks::blockQuery(const ProvenanceQuery& query) const {
  BlockQuery blocks;
  for (const std::string& text : query.uuids) {
    const auto uuid = Uuid::parse(text);
    const auto id = uuid ? uuid->flowFileId(seen_.high ^ seen_.low) : std::nullopt;
    if (id) {
      blocks.ids.push_back(*id);
    } else {
      blocks.uuids.push_back(searchKey("uuid", text));
    }
  }
  blocks.components = query.components;
  if (query.type) blocks.types = 1U << static_cast<unsigned>(*query.type);
  blocks.from = query.from;
  blocks.to = query.to;
  std::optional<std::string> filename = query.filename;
  for (const auto& [name, value] : query.attributes) {
    if (name == "filename") filename = value;
  }
  if (filename) {
    const std::uint64_t key = searchKey("filename", *filename);
    const auto uuid = Uuid::parse(*filename);
    const auto id = uuid ? uuid->flowFileId(seen_.high ^ seen_.low) : std::nullopt;
    if (!id) {
      blocks.keys.push_back(key);
    } else if (query.uuids.empty()) {
      // A uuid of ours may be the default name of its FlowFile, which no key tells of, or the name
      // that another one has from it.
      blocks.ids.push_back(*id);
      blocks.uuids.push_back(key);
    }
  }
  if (query.before) blocks.below = Lsn(query.before->lsn.raw() + 1);
  return blocks;
}

Result<> ProvenanceBlocks::readInto(ProvenancePage& page, const ProvenanceQuery& query,
                                    const BlockIndex::Candidate& candidate) const {
  const FoundBlock block = MR_TRY(files_->at(candidate.place));
  auto bytes = MR_TRY(files_->read(block, BlockFiles::Contents::kWithout));
  CommitEvents events(seen_.high ^ seen_.low);
  events.expect(&query);
  std::vector<ProvenanceEvent> found;
  auto read = readBlockEvents(block.header, {std::move(bytes.body), {}, false}, events, found);
  if (!read.ok()) return files_->damage(block.place, read.error().message);
  page.commitsRead += block.header.last.raw() - block.header.first.raw() + 1;
  for (auto event = found.rbegin(); event != found.rend(); ++event) {
    if (query.before && event->id >= *query.before) continue;
    if (page.events.size() == query.limit) {
      page.next = page.events.empty() ? event->id : page.events.back().id;
      break;
    }
    page.events.push_back(std::move(*event));
  }
  return Done{};
}

Result<ProvenancePage> ProvenanceBlocks::search(const ProvenanceQuery& query) {
  constexpr std::size_t kAtOnce = 64;
  ProvenancePage page;
  BlockQuery blocks = blockQuery(query);
  while (true) {
    const auto places = MR_TRY(candidates(blocks, kAtOnce));
    for (const auto& candidate : places) {
      MR_TRY(readInto(page, query, candidate));
      if (page.next) return page;
    }
    if (places.size() < kAtOnce) return page;
    blocks.below = places.back().first;
  }
}

Result<std::optional<ProvenanceEvent>> ProvenanceBlocks::find(ProvenanceEventId id) {
  BlockQuery query;
  query.below = Lsn(id.lsn.raw() + 1);
  const auto places = MR_TRY(candidates(query, 1));
  if (places.empty()) return std::optional<ProvenanceEvent>();
  const FoundBlock block = MR_TRY(files_->at(places.front().place));
  if (block.header.last < id.lsn) return std::optional<ProvenanceEvent>();
  auto bytes = MR_TRY(files_->read(block, BlockFiles::Contents::kWith));
  CommitEvents events(seen_.high ^ seen_.low);
  std::vector<ProvenanceEvent> found;
  const BlockBytes parts{std::move(bytes.body), std::move(bytes.contents), true};
  auto read = readBlockEvents(block.header, parts, events, found, id.lsn);
  if (!read.ok()) return files_->damage(block.place, read.error().message);
  for (ProvenanceEvent& event : found) {
    if (event.id == id) return std::optional<ProvenanceEvent>(std::move(event));
  }
  return std::optional<ProvenanceEvent>();
}

Result<ProvenanceCheck> ProvenanceCheck::of(FileSystem& files, const std::string& path,
                                            StoreId store, Lsn durable) {
  ProvenanceCheck check;
  auto opened = BlockFiles::open(files, path, store, durable, BlockFiles::Access::kRead);
  if (!opened.ok()) {
    check.damage.push_back(opened.error().message);
    return check;
  }
  const BlockFiles& blocks = **opened;
  CommitEvents events(store.high ^ store.low);
  std::vector<ProvenanceEvent> derived;
  for (const auto& [number, length] : blocks.lengths()) {
    ++check.files;
    check.bytes += length;
    const auto walked = blocks.walk(number);
    if (!walked.ok()) {
      check.damage.push_back(walked.error().message);
      continue;
    }
    for (const FoundBlock& block : *walked) {
      ++check.blocks;
      const auto summary = blocks.summary(block);
      auto bytes = blocks.read(block, BlockFiles::Contents::kWith);
      if (!summary.ok() || !bytes.ok()) {
        check.damage.push_back(summary.ok() ? bytes.error().message : summary.error().message);
        continue;
      }
      check.commits += summary->commits;
      derived.clear();
      const BlockBytes parts{std::move(bytes->body), std::move(bytes->contents), true};
      auto read = readBlockEvents(block.header, parts, events, derived);
      if (!read.ok())
        check.damage.push_back(blocks.damage(block.place, read.error().message).message);
      check.events += derived.size();
    }
  }
  return check;
}

}  // namespace millrace::repo
