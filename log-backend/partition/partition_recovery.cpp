// SPDX-License-Identifier: Apache-2.0
// Partition, opening: what the checkpoint vouches for is believed, what follows it is read batch by
// batch and cut at the first that is not whole.
#include "log-backend/partition/partition.h"
#include "log-backend/segment/segment_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace millrace::log {

/// What is in the folder: base offsets, rising.
struct Partition::Names {
  std::vector<Offset> logs;
  std::vector<Offset> aborted;
  std::vector<Offset> swaps;
  std::vector<std::string> unfinished;
};

namespace {

std::optional<Offset> baseIn(std::string_view name, std::string_view suffix) {
  constexpr std::size_t kDigits = 20;
  if (name.size() != kDigits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  Offset base = 0;
  const auto [end, code] = std::from_chars(name.data(), name.data() + kDigits, base);
  if (code != std::errc{} || end != name.data() + kDigits) return std::nullopt;
  return base;
}

Error damagedLog(const std::string& path, const std::string& what) {
  return Error::environment(
      fmt::format("{} {}, though it was known to be on the disk, restore the partition from a copy",
                  path, what),
      false);
}

}  // namespace

Partition::Partition(OpenFiles& files, const Clock& clock, std::string folder,
                     PartitionOptions options)
    : files_(files),
      clock_(clock),
      folder_(std::move(folder)),
      options_(std::move(options)),
      config_(options_.config),
      random_(options_.seed) {}

Result<std::shared_ptr<Partition>> Partition::open(OpenFiles& files, const Clock& clock,
                                                   std::string folder, PartitionOptions options) {
  std::shared_ptr<Partition> made(
      new Partition(files, clock, std::move(folder), std::move(options)));
  MR_TRY(made->recover());
  return made;
}

Result<> Partition::recover() {
  MutexLock maintenance(maintenance_);
  MutexLock syncing(syncing_);
  MR_TRY(createFolderDurably(fileSystem(), folder_));
  std::optional<PartitionCheckpoint> point;
  if (fileSystem().exists(path("checkpoint")))
    point = MR_TRY(PartitionCheckpoint::decode(MR_TRY(fileSystem().readAll(path("checkpoint")))));
  const Names names = MR_TRY(finishInterrupted(MR_TRY(look())));
  bool cut = false;
  bool raised = false;
  {
    MutexLock lock(mutex_);
    MR_TRY(openSegments(names, point));
    if (point.has_value()) {
      saved_ = *point;
      cleaned_ = point->cleaned;
      if (!MR_TRY(loadDerived(names, *point))) MR_TRY(deriveAnew(*point));
      savedEpochs_ = epochs_.encode();
    }
    if (fileSystem().exists(path("voided"))) {
      sessions_.voided = MR_TRY(VoidedRanges::decode(MR_TRY(fileSystem().readAll(path("voided")))));
    }
    if (point.has_value()) MR_TRY(voidBefore(*point));
    cut = MR_TRY(scanTail(point));
    opening_ = false;
    if (options_.committedEnd != std::numeric_limits<Offset>::max() &&
        options_.committedEnd > logEnd_) {
      // What a commit named is lost with unsynced writes: its offsets are not given out again, for
      // what gets them would pass for committed.
      logEnd_ = durable_.end = options_.committedEnd;
    }
    logStart_ = std::max(logStart_, segments_.front()->base());
    logEnd_ = std::max(logEnd_, logStart_);
    aborted_.cutBelow(logStart_);
    epoch_ = std::max({epochs_.latest(), saved_.epoch, 0});
    raised = cut || (options_.closed == Closed::kUnknown && logEnd_ > 0);
    if (raised) ++epoch_;
    activeSince_ = clock_.wall();
    durable_.end = std::min(durable_.end, logEnd_);
  }
  // Before anything new is appended: the next opening could no longer tell them from those of
  // commits.
  if (voidedAtOpen_ > 0) {
    VoidedRanges ranges;
    {
      MutexLock lock(mutex_);
      ranges = sessions_.voided;
    }
    MR_TRY(saveVoided(std::move(ranges)));
  }
  // What was read back may be in the page cache only.
  MR_TRY(syncData());
  // An epoch is on the medium before anything is written in it: what this epoch writes may be lost,
  // and then the next must have another number.
  if (raised) MR_TRY(writeCheckpoint());
  return Done{};
}

Result<Partition::Names> Partition::look() {
  Names names;
  for (const DirectoryEntry& entry : MR_TRY(fileSystem().list(folder_))) {
    if (entry.kind != FileKind::kFile) continue;
    const std::string& name = entry.name;
    if (const auto base = baseIn(name, ".log")) names.logs.push_back(*base);
    if (const auto base = baseIn(name, ".txnindex")) names.aborted.push_back(*base);
    if (const auto base = baseIn(name, ".log.swap")) names.swaps.push_back(*base);
    if (name.ends_with(".cleaned") || name.ends_with(".part")) names.unfinished.push_back(name);
  }
  std::sort(names.logs.begin(), names.logs.end());
  std::sort(names.aborted.begin(), names.aborted.end());
  return names;
}

Result<Partition::Names> Partition::finishInterrupted(Names names) {
  for (const std::string& name : names.unfinished) MR_TRY(fileSystem().remove(path(name)));
  for (const Offset base : names.swaps) {
    const std::string swap = segmentPath(folder_, base, ".log.swap");
    Offset last = base;
    {
      const auto file = MR_TRY(fileSystem().open(swap, OpenMode::kRead));
      const std::uint64_t size = MR_TRY(file->size());
      const std::uint64_t reached =
          MR_TRY(walkHeaders(*file, 0, size, [&](std::uint64_t, const BatchHeader& header) {
            last = header.lastOffset();
            return Walk::kOn;
          }));
      if (reached != size) return damagedLog(swap, "is no whole segment");
    }
    for (const Offset old : names.logs) {
      if (old >= base && old <= last) MR_TRY(LogSegment(files_, folder_, old).remove());
    }
    MR_TRY(LogSegment(files_, folder_, base).remove());
    std::erase_if(names.logs, [base, last](Offset old) { return old >= base && old <= last; });
    names.logs.push_back(base);
    MR_TRY(fileSystem().rename(swap, segmentPath(folder_, base, ".log")));
  }
  if (!names.swaps.empty() || !names.unfinished.empty())
    MR_TRY(fileSystem().syncDirectory(folder_));
  std::sort(names.logs.begin(), names.logs.end());
  return names;
}

Result<> Partition::openSegments(const Names& names,
                                 const std::optional<PartitionCheckpoint>& point) {
  if (point.has_value()) {
    logStart_ = point->logStart;
    logEnd_ = point->end;
    durable_ = {point->end, point->segment, point->position};
    if (!std::binary_search(names.logs.begin(), names.logs.end(), point->segment))
      return damagedLog(segmentPath(folder_, point->segment, ".log"), "is missing");
  }
  for (const Offset base : names.logs) {
    auto segment = std::make_shared<LogSegment>(files_, folder_, base);
    const bool trusted = point.has_value() && base <= point->segment;
    if (!trusted) {
      // Its batches are read and its indexes made by scanTail().
      MR_TRY(segment->openTrusted(0, 0, 0));
    } else {
      const bool last = base == point->segment;
      const std::uint64_t bytes = MR_TRY(fileSystem().info(segment->path())).size;
      if (last && bytes < point->position) return damagedLog(segment->path(), "is cut short");
      const auto entries = [&](std::uint64_t count) {
        return last ? std::optional<std::uint64_t>(count) : std::nullopt;
      };
      const bool usable =
          MR_TRY(segment->openTrusted(last ? point->position : bytes, entries(point->offsetEntries),
                                      entries(point->timeEntries)));
      if (!usable) {
        MR_TRY(segment->rebuild(config_));
        if (!last) segment->finish();
      }
    }
    segments_.push_back(std::move(segment));
  }
  if (!segments_.empty()) return Done{};
  segments_.push_back(std::make_shared<LogSegment>(files_, folder_, logEnd_));
  MR_TRY(segments_.back()->create());
  return fileSystem().syncDirectory(folder_);
}

Result<bool> Partition::loadDerived(const Names& names, const PartitionCheckpoint& point) {
  const auto read = [this](const std::string& name) -> Result<std::string> {
    return fileSystem().readAll(name);
  };
  if (point.producers > 0) {
    const auto snapshot = read(segmentPath(folder_, point.end, ".snapshot"));
    if (!snapshot.ok()) return false;
    auto states = ProducerStates::decode(asBytes(*snapshot));
    if (!states.ok()) return false;
    producers_ = std::move(states).value();
  }
  std::vector<AbortedTransaction> all;
  for (const Offset base : names.aborted) {
    const auto text = read(segmentPath(folder_, base, ".txnindex"));
    if (!text.ok()) return false;
    const auto entries = AbortedIndex::decode(asBytes(*text));
    if (!entries.ok()) return false;
    for (const AbortedTransaction& each : *entries) {
      if (each.markerOffset < point.end) all.push_back(each);
    }
  }
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.markerOffset < b.markerOffset; });
  all.erase(std::unique(all.begin(), all.end()), all.end());
  for (const AbortedTransaction& each : all) aborted_.add(each);
  if (point.end == logStart_ && !fileSystem().exists(path("leader-epoch-checkpoint"))) return true;
  const auto text = read(path("leader-epoch-checkpoint"));
  if (!text.ok()) return false;
  auto epochs = LeaderEpochs::decode(*text);
  if (!epochs.ok()) return false;
  epochs_ = std::move(epochs).value();
  epochs_.cutFrom(point.end);
  return true;
}

Result<> Partition::deriveAnew(const PartitionCheckpoint& point) {
  producers_ = {};
  aborted_ = {};
  epochs_ = {};
  const Millis now = clock_.wall();
  for (const SegmentPointer& segment : segments_) {
    if (segment->base() > point.segment) break;
    const auto file = MR_TRY(segment->file());
    const std::uint64_t reached =
        MR_TRY(walkBatches(*file, 0, segment->size(), Checked::kHeader,
                           [&](std::uint64_t, const BatchHeader& header, ByteView batch)
                               MR_NO_THREAD_SAFETY_ANALYSIS -> Result<Walk> {
                                 takeIn(header, batch, now);
                                 return Walk::kOn;
                               }));
    if (reached != segment->size())
      return damagedLog(segment->path(), fmt::format("has no batch at byte {}", reached));
  }
  logEnd_ = point.end;
  return Done{};
}

void Partition::foundOfSession(const BatchHeader& header) {
  if (header.baseOffset < options_.committedEnd) return;
  if (sessions_.voided.add({header.baseOffset, header.nextOffset()})) ++voidedAtOpen_;
}

Result<> Partition::voidBefore(const PartitionCheckpoint& point) {
  if (point.undecided == kNoOffset) return Done{};
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const SegmentPointer& segment = segments_[i];
    if (segment->base() > point.segment) break;
    if (i + 1 < segments_.size() && segments_[i + 1]->base() <= point.undecided) continue;
    const auto file = MR_TRY(segment->file());
    MR_TRY(walkHeaders(*file, 0, segment->size(),
                       [&](std::uint64_t, const BatchHeader& header) MR_NO_THREAD_SAFETY_ANALYSIS {
                         if (header.ofSession()) foundOfSession(header);
                         return Walk::kOn;
                       }));
  }
  return Done{};
}

Result<bool> Partition::scanTail(const std::optional<PartitionCheckpoint>& point) {
  const Millis now = clock_.wall();
  std::size_t index = 0;
  if (point.has_value()) {
    while (segments_[index]->base() != point->segment) ++index;
  } else {
    logStart_ = logEnd_ = segments_.front()->base();
    durable_ = {logEnd_, logEnd_, 0};
  }
  for (; index < segments_.size(); ++index) {
    LogSegment& segment = *segments_[index];
    if (index > 0 && segment.base() > (point.has_value() ? point->segment : Offset{-1}) &&
        segment.base() != logEnd_) {
      // The end of the segment before is lost, and nothing behind it was ever acknowledged.
      MR_TRY(dropSegmentsFrom(index));
      return true;
    }
    MR_TRY(segment.prepareToAppend());
    const auto file = MR_TRY(segment.file());
    const std::uint64_t size = MR_TRY(file->size());
    const std::uint64_t from = segment.size();
    MR_TRY(walkBatches(*file, from, size, Checked::kCrc,
                       [&](std::uint64_t, const BatchHeader& header, ByteView batch)
                           MR_NO_THREAD_SAFETY_ANALYSIS -> Result<Walk> {
                             if (header.baseOffset < logEnd_ || header.lastOffsetDelta < 0)
                               return Walk::kStop;
                             segment.note(header, config_);
                             takeIn(header, batch, now);
                             return Walk::kOn;
                           }));
    if (size > from) MR_TRY(segment.markUnsynced());
    if (segment.size() < size) {
      MR_TRY(segment.cutToSize());
      if (index + 1 < segments_.size()) MR_TRY(dropSegmentsFrom(index + 1));
      return true;
    }
    if (index + 1 < segments_.size()) segment.finish();
  }
  return false;
}

Result<> Partition::dropSegmentsFrom(std::size_t index) {
  for (std::size_t at = segments_.size(); at-- > index;) MR_TRY(segments_[at]->remove());
  segments_.resize(index);
  return fileSystem().syncDirectory(folder_);
}

}  // namespace millrace::log
