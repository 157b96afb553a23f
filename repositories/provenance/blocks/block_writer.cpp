// SPDX-License-Identifier: Apache-2.0
#include "repositories/provenance/blocks/block_writer.h"

#include "engine/base/random.h"

#include <algorithm>

namespace millrace::repo {
namespace {

constexpr std::uint64_t kLongestRun = 1ULL << 16;  // the index looks back this far from an id
constexpr std::size_t kMostRuns = 1024;            // of one block; the closest are joined

constexpr std::uint32_t bit(FactKind kind) { return 1U << static_cast<unsigned>(kind); }

}  // namespace

void BlockWriter::forget() {
  summary_ = {};
  first_ = last_ = lsn_ = Lsn(0);
  commits_ = importCount_ = told_ = 0;
  body_.clear();
  contents_.clear();
  imports_.begin(ComponentId(), 0, 0);
  imports_.outputs(ConnectionId());
  unsampled_.clear();
  ids_.clear();
  components_.clear();
  lastAttributes_ = Attributes();
  lastFilename_.clear();
}

void BlockWriter::begin(Lsn lsn, ByteView record, InlineBuffers buffers) {
  if (first_ == Lsn(0)) {
    forget();
    first_ = lsn;
  }
  lsn_ = lsn;
  record_ = record;
  buffers_ = buffers;
}

void BlockWriter::head(ComponentId component, Millis time) {
  const std::uint32_t oneIn = options_.sampling ? options_.sampling(component) : 1;
  // By the LSN and not by chance: the same commits again after a crash.
  sampled_ = oneIn == 1 || (oneIn > 1 && mix64(lsn_.raw()) % oneIn == 0);
  if (commits_ == 0) summary_.firstTime = summary_.lastTime = time;
  summary_.firstTime = std::min(summary_.firstTime, time);
  summary_.lastTime = std::max(summary_.lastTime, time);
  if (sampled_) {
    components_.insert(component);
  } else {
    unsampled_.insert(lsn_);
  }
}

void BlockWriter::note(FlowFileId id) {
  const std::uint64_t raw = id.raw();
  if (!ids_.empty()) {
    BlockSummary::Ids& last = ids_.back();
    if (raw >= last.first && raw <= last.last) return;
    if (raw == last.last + 1) {
      last.last = raw;
      return;
    }
  }
  ids_.push_back({raw, raw});
}

void BlockWriter::noteTexts(const FlowFile& file) {
  if (lastAttributes_.sameBlock(file.attributes)) return;
  lastAttributes_ = file.attributes;
  const auto filename = file.attributes.find("filename");
  if (filename && (*filename != lastFilename_ || lastFilename_.empty())) {
    lastFilename_ = *filename;
    summary_.keys.push_back(searchKey("filename", *filename));
  }
  if (!file.ownUuid) return;
  if (const auto uuid = file.attributes.find("uuid"))
    summary_.keys.push_back(searchKey("uuid", *uuid));
}

void BlockWriter::import(ConnectionId from, const FlowFile& file) {
  imports_.input(from, file.key);
  ++importCount_;
  if (file.content.kind != Content::Kind::kInline) {
    imports_.created(file);
    return;
  }
  FlowFile copy = file;
  const bool there =
      file.content.offset + file.content.length <= file.content.buffer->bytes().size();
  if (options_.keepContent && there && contents_.size() < options_.mostContent) {
    const ByteView bytes = file.content.inlineBytes();
    copy.content.buffer =
        std::make_shared<InlineBuffer>(std::vector<std::byte>(bytes.begin(), bytes.end()));
  } else {
    if (elided_ == nullptr) elided_ = std::make_shared<InlineBuffer>(std::vector<std::byte>());
    copy.content.buffer = elided_;
  }
  copy.content.offset = 0;
  imports_.created(copy);
}

void BlockWriter::input(ConnectionId from, const FlowFile& file) {
  if (!sampled_) return;
  ++told_;
  const bool inBlock = file.key.lsn >= first_ && !unsampled_.contains(file.key.lsn);
  if (inBlock) return;  // whoever made it noted it
  note(file.id);
  noteTexts(file);
  import(from, file);
}

void BlockWriter::changed(const FlowFile& after) {
  if (!sampled_) return;
  summary_.types |= bit(FactKind::kContentModified) | bit(FactKind::kAttributesModified);
  noteTexts(after);
}

void BlockWriter::created(const FlowFile& file) {
  if (!sampled_) return;
  ++told_;
  summary_.types |= bit(FactKind::kCreate);
  note(file.id);
  noteTexts(file);
}

void BlockWriter::dropped(DropReason reason) {
  if (!sampled_) return;
  summary_.types |= bit(reason == DropReason::kExpired ? FactKind::kExpire : FactKind::kDrop);
}

void BlockWriter::fact(const Fact& fact) {
  if (!sampled_) return;
  summary_.types |= bit(fact.kind);
  if (fact.kind == FactKind::kRoute) return;  // of an input or an output, which is noted
  note(fact.flowFile);
  for (const FlowFileId id : fact.parents) note(id);
  for (const FlowFileId id : fact.children) note(id);
}

void BlockWriter::keep(const InlineBuffer& buffer) {
  const ByteView bytes = buffer.bytes();
  if (!options_.keepContent || contents_.size() + bytes.size() > options_.mostContent) {
    body_.varint(0);
    return;
  }
  body_.varint(bytes.size());
  contents_.raw(bytes);
}

void BlockWriter::end() {
  last_ = lsn_;
  ++commits_;
  if (!sampled_) return;
  body_.varint(lsn_.raw() - first_.raw());
  body_.varint(record_.size());
  body_.raw(record_);
  body_.varint(buffers_.size());
  for (const auto& buffer : buffers_) keep(*buffer);
  ++summary_.commits;
}

/// Rising and apart, no run longer than the index looks back, and not too many.
std::vector<BlockSummary::Ids> BlockWriter::finishIds() {
  std::sort(ids_.begin(), ids_.end());
  std::vector<BlockSummary::Ids> joined;
  for (const auto& run : ids_) {
    if (!joined.empty() && run.first <= joined.back().last + 1) {
      joined.back().last = std::max(joined.back().last, run.last);
    } else {
      joined.push_back(run);
    }
  }
  if (joined.size() > kMostRuns) {
    std::vector<std::uint64_t> gaps;
    for (std::size_t i = 1; i < joined.size(); ++i)
      gaps.push_back(joined[i].first - joined[i - 1].last);
    const auto cut = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() - kMostRuns);
    std::nth_element(gaps.begin(), cut, gaps.end());
    const std::uint64_t widest = *cut;
    std::vector<BlockSummary::Ids> fewer;
    for (const auto& run : joined) {
      if (!fewer.empty() && run.first - fewer.back().last < widest) {
        fewer.back().last = run.last;
      } else {
        fewer.push_back(run);
      }
    }
    joined = std::move(fewer);
  }
  std::vector<BlockSummary::Ids> split;
  for (auto run : joined) {
    for (; run.last - run.first >= kLongestRun; run.first += kLongestRun)
      split.push_back({run.first, run.first + kLongestRun - 1});
    split.push_back(run);
  }
  return split;
}

BlockWriter::Block BlockWriter::close() {
  MR_ASSERT(commits_ > 0);
  auto imports = imports_.finish();
  ByteWriter whole;
  whole.reserve(imports.record.size() + body_.size() + 16 + 10 * imports.inlined.size());
  whole.varint(importCount_);
  whole.varint(imports.record.size());
  whole.raw(imports.record);
  whole.varint(imports.inlined.size());
  for (const auto& buffer : imports.inlined) {
    whole.varint(buffer->bytes().size());
    contents_.raw(buffer->bytes());
  }
  whole.raw(body_.view());
  Block block;
  summary_.first = first_;
  summary_.last = last_;
  summary_.components.assign(components_.begin(), components_.end());
  summary_.ids = finishIds();
  std::sort(summary_.keys.begin(), summary_.keys.end());
  summary_.keys.erase(std::unique(summary_.keys.begin(), summary_.keys.end()), summary_.keys.end());
  block.bytes = encodeBlock(store_, summary_, whole.view(), contents_.view());
  block.summary = std::move(summary_);
  forget();
  return block;
}

}  // namespace millrace::repo
