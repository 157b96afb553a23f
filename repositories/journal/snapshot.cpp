// SPDX-License-Identifier: Apache-2.0
#include "repositories/journal/snapshot.h"

#include "repositories/journal/snapshot_reader.h"
#include "repositories/journal/snapshot_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

namespace millrace::repo {

/// The entries of the previous snapshot that a step takes: ranges of keys for each connection.
class SnapshotStep::Touched final : public CommitRecordVisitor {
 public:
  explicit Touched(Lsn previous) : previous_(previous) {}

  /// Makes the ranges of a connection ordered and apart; they may overlap as they come, since an
  /// input may stay in its queue and be taken again.
  void settle() {
    for (auto& [connection, ranges] : ranges_) {
      std::sort(ranges.begin(), ranges.end(),
                [](const Range& a, const Range& b) { return a.first < b.first; });
      std::size_t kept = 0;
      for (std::size_t i = 1; i < ranges.size(); ++i) {
        if (ranges[i].first <= ranges[kept].last) {
          ranges[kept].last = std::max(ranges[kept].last, ranges[i].last);
        } else {
          ranges[++kept] = ranges[i];
        }
      }
      ranges.resize(kept + 1);
    }
  }
  bool intersect(ConnectionId connection, QueueKey first, QueueKey last) const {
    const auto found = ranges_.find(connection);
    if (found == ranges_.end()) return false;
    const auto range =
        std::lower_bound(found->second.begin(), found->second.end(), first,
                         [](const Range& r, const QueueKey& wanted) { return r.last < wanted; });
    return range != found->second.end() && range->first <= last;
  }
  bool has(ConnectionId connection, QueueKey key) const { return intersect(connection, key, key); }

  std::uint64_t flowFiles() const { return flowFiles_; }
  Lsn previous() const { return previous_; }

  bool wantsFlowFiles() const override { return false; }
  void begin(ComponentId, Millis, std::uint64_t) override {}
  Result<> input(const InputRun& run) override {
    flowFiles_ += run.count;
    if (run.first.lsn <= previous_) {
      const QueueKey last{run.first.lsn, run.first.index + (run.count - 1)};
      ranges_[run.connection].push_back({run.first, last});
    }
    return Done{};
  }
  Result<> outputs(ConnectionId) override { return Done{}; }
  Result<> same(std::uint32_t, std::uint32_t count) override {
    flowFiles_ += count;
    return Done{};
  }
  FlowFile* inputFlowFile(std::uint32_t) override { return &any_; }
  Result<> changed(std::uint32_t, FlowFile) override {
    ++flowFiles_;
    return Done{};
  }
  Result<> created(FlowFile) override {
    ++flowFiles_;
    return Done{};
  }
  Result<> dropped(std::uint32_t, std::uint32_t, DropReason, std::string_view) override {
    return Done{};
  }
  void fact(const Fact&) override {}
  void state(ComponentId, std::string_view, std::optional<std::string_view>) override {}

 private:
  struct Range {
    QueueKey first;
    QueueKey last;
  };
  Lsn previous_;
  std::map<ConnectionId, std::vector<Range>> ranges_;
  std::uint64_t flowFiles_ = 0;
  FlowFile any_;  // what an input is does not matter here
};

SnapshotStep::SnapshotStep(Lsn previous) : touched_(std::make_unique<Touched>(previous)) {}
SnapshotStep::~SnapshotStep() = default;
SnapshotStep::SnapshotStep(SnapshotStep&&) noexcept = default;
SnapshotStep& SnapshotStep::operator=(SnapshotStep&&) noexcept = default;

Result<> SnapshotStep::add(const SnapshotCommit& commit) {
  const Result<> read = decodeCommitRecord(commit.record, commit.buffers, *touched_);
  if (!read.ok()) {
    return Error::environment(fmt::format("LSN {}: {}", commit.lsn.raw(), read.error().message),
                              false);
  }
  commits_.push_back(commit);
  return Done{};
}

std::uint64_t SnapshotStep::flowFiles() const { return touched_->flowFiles(); }

namespace {

Result<> loadState(SnapshotReader& reader, StoreImage& image) {
  while (const SnapshotState* part = MR_TRY(reader.nextState())) {
    StoreImage::ComponentState& state = image.stateOf(part->component);
    state.version = part->version;
    for (const SnapshotState::Value& value : part->values)
      state.values.insert_or_assign(value.key, StoreImage::StateValue{value.value, value.version});
  }
  while (const std::vector<LogPlace>* ends = MR_TRY(reader.nextLogEnds())) {
    for (const LogPlace& place : *ends) image.placeLogEnd(place);
  }
  return Done{};
}

/// What the step left at the connections, handed to the writer in order beside the untouched rows.
class FreshRows {
 public:
  FreshRows(StoreImage& image, SnapshotWriter& writer) : image_(image), writer_(writer) {
    image.forEachQueue([&](ConnectionId connection, std::uint64_t, std::uint64_t) {
      waiting_.push_back(connection);
    });
    std::reverse(waiting_.begin(), waiting_.end());
  }

  /// Writes all connections below this one, and begins it.
  Result<> goTo(ConnectionId connection) {
    if (current_ == connection) return Done{};
    MR_TRY(finishCurrent());
    while (!waiting_.empty() && waiting_.back() <= connection) {
      begin(waiting_.back());
      waiting_.pop_back();
      if (*current_ != connection) MR_TRY(finishCurrent());
    }
    current_ = connection;
    return Done{};
  }
  /// Writes the entries of the current connection that come before the key.
  Result<> writeBelow(QueueKey key) {
    while (!atEnd() && parts_[part_].files[entry_].key < key) MR_TRY(writeOne());
    return Done{};
  }
  /// True when an entry of the current connection lies below the key.
  bool hasBelow(QueueKey key) const { return !atEnd() && parts_[part_].files[entry_].key < key; }
  Result<> finish() {
    MR_TRY(finishCurrent());
    while (!waiting_.empty()) {
      begin(waiting_.back());
      waiting_.pop_back();
      MR_TRY(finishCurrent());
    }
    return Done{};
  }

 private:
  bool atEnd() const { return part_ == parts_.size(); }
  void begin(ConnectionId connection) {
    current_ = connection;
    parts_ = image_.takeQueue(connection);
    part_ = entry_ = 0;
  }
  Result<> writeOne() {
    MR_TRY(writer_.add(*current_, parts_[part_].files[entry_]));
    if (++entry_ == parts_[part_].files.size()) {
      entry_ = 0;
      ++part_;
    }
    return Done{};
  }
  Result<> finishCurrent() {
    while (!atEnd()) MR_TRY(writeOne());
    parts_.clear();
    part_ = entry_ = 0;
    return Done{};
  }

  StoreImage& image_;
  SnapshotWriter& writer_;
  std::vector<ConnectionId> waiting_;  ///< the next one last
  std::optional<ConnectionId> current_;
  std::vector<RestoredBatch> parts_;  ///< none is a page: a step has decoded what it works on
  std::size_t part_ = 0;
  std::size_t entry_ = 0;
};

/// The part of the store that the step works on, before it does.
template <typename Touched>
Result<StoreImage> loadTouched(SnapshotReader& reader, const Touched& touched) {
  StoreImage image;
  image.startAt(reader.head().lsn);
  while (const SnapshotRows* rows = MR_TRY(reader.nextRows())) {
    if (!touched.intersect(rows->connection, rows->first, rows->last)) continue;
    std::vector<FlowFile> decoded = MR_TRY(reader.decode(*rows));
    for (FlowFile& file : decoded) {
      if (touched.has(rows->connection, file.key))
        MR_TRY(image.place(rows->connection, std::move(file)));
    }
  }
  MR_TRY(loadState(reader, image));
  return image;
}

/// Blocks smaller than this are decoded and joined to their neighbours.
bool worthCopying(const SnapshotRows& rows) {
  return rows.count >= snapshot_format::kMostRows / 4 ||
         rows.payload.size() >= snapshot_format::kFullBlock / 4;
}

template <typename Touched>
Result<> mergeRows(SnapshotReader& reader, const Touched& touched, FreshRows& fresh,
                   SnapshotWriter& writer) {
  while (const SnapshotRows* rows = MR_TRY(reader.nextRows())) {
    MR_TRY(fresh.goTo(rows->connection));
    MR_TRY(fresh.writeBelow(rows->first));
    if (worthCopying(*rows) && !fresh.hasBelow(rows->last) &&
        !touched.intersect(rows->connection, rows->first, rows->last)) {
      MR_TRY(writer.copy(*rows));
      continue;
    }
    const std::vector<FlowFile> decoded = MR_TRY(reader.decode(*rows));
    for (const FlowFile& file : decoded) {
      if (touched.has(rows->connection, file.key)) continue;
      MR_TRY(fresh.writeBelow(file.key));
      MR_TRY(writer.add(rows->connection, file));
    }
  }
  return fresh.finish();
}

}  // namespace

Result<> writeSnapshot(FileSystem& files, const std::string& path, const SnapshotHead& head,
                       const StoreImage& image) {
  MR_ASSERT(head.lsn == image.applied());
  const auto writer = MR_TRY(SnapshotWriter::create(files, path, head));
  Result<> result = Done{};
  image.forEachQueue([&](ConnectionId connection, std::uint64_t, std::uint64_t) {
    const Result<> read = image.forEachFlowFile(connection, [&](const FlowFile& file) {
      if (result.ok()) result = writer->add(connection, file);
    });
    if (!read.ok() && result.ok()) result = read;
  });
  MR_TRY(std::move(result));
  for (const auto& [component, state] : image.state()) MR_TRY(writer->state(component, state));
  MR_TRY(writer->logEnds(image.logEnds()));
  return writer->finish();
}

Result<LoadedSnapshot> loadSnapshot(FileSystem& files, const std::string& path) {
  SnapshotReader reader = MR_TRY(SnapshotReader::open(files, path));
  LoadedSnapshot loaded;
  loaded.head = reader.head();
  loaded.image.startAt(reader.head().lsn);
  while (const SnapshotRows* rows = MR_TRY(reader.nextRows())) {
    MR_TRY(loaded.image.place(rows->connection, reader.page(*rows), rows->noClaims));
  }
  MR_TRY(loadState(reader, loaded.image));
  return loaded;
}

Result<SnapshotHead> mergeSnapshot(FileSystem& files, const std::string& previous,
                                   const std::string& next, SnapshotStep step,
                                   const SnapshotObserver& observer) {
  SnapshotReader reader = MR_TRY(SnapshotReader::open(files, previous));
  SnapshotStep::Touched& touched = *step.touched_;
  MR_ASSERT(touched.previous() == reader.head().lsn);
  touched.settle();
  StoreImage image = MR_TRY(loadTouched(reader, touched));
  for (const SnapshotCommit& commit : step.commits_)
    MR_TRY(image.apply(commit.lsn, commit.record, commit.buffers, observer.commits));
  if (observer.flush) MR_TRY(observer.flush());

  SnapshotHead head = reader.head();
  head.lsn = image.applied();
  const auto writer = MR_TRY(SnapshotWriter::create(files, next, head));
  reader.rewind();
  FreshRows fresh(image, *writer);
  MR_TRY(mergeRows(reader, touched, fresh, *writer));
  for (const auto& [component, state] : image.state()) MR_TRY(writer->state(component, state));
  MR_TRY(writer->logEnds(image.logEnds()));
  MR_TRY(writer->finish());
  return head;
}

Result<SnapshotHead> mergeSnapshot(FileSystem& files, const std::string& previous,
                                   const std::string& next, std::span<const SnapshotCommit> step) {
  SnapshotStep gathered(MR_TRY(SnapshotReader::open(files, previous)).head().lsn);
  for (const SnapshotCommit& commit : step) MR_TRY(gathered.add(commit));
  return mergeSnapshot(files, previous, next, std::move(gathered));
}

}  // namespace millrace::repo
