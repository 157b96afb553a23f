// SPDX-License-Identifier: Apache-2.0
#include "repositories/journal/snapshot_writer.h"

#include <fmt/format.h>

#include <array>

namespace millrace::repo {

using namespace snapshot_format;

std::string unfinishedSnapshotOf(const std::string& path) { return path + ".part"; }

namespace {

bool isElided(const Content& content) {
  if (content.kind != Content::Kind::kInline) return false;
  const std::uint64_t size = content.buffer->bytes().size();
  return content.length > size || content.offset > size - content.length;
}

}  // namespace

SnapshotWriter::SnapshotWriter(FileSystem& files, std::string path, std::unique_ptr<File> file)
    : files_(files), path_(std::move(path)), file_(std::move(file)) {}

SnapshotWriter::~SnapshotWriter() {
  if (finished_) return;
  file_.reset();
  // What cannot be removed is emptied by the next writer.
  (void)files_.remove(unfinishedSnapshotOf(path_));
}

Result<std::unique_ptr<SnapshotWriter>> SnapshotWriter::create(FileSystem& files, std::string path,
                                                               const SnapshotHead& head) {
  auto file = MR_TRY(files.open(unfinishedSnapshotOf(path), OpenMode::kTruncate));
  std::unique_ptr<SnapshotWriter> writer(
      new SnapshotWriter(files, std::move(path), std::move(file)));
  ByteWriter bytes;
  bytes.raw(asBytes(kMark));
  bytes.u16(kVersion);
  bytes.u16(0);
  bytes.u32(0);
  bytes.u64(head.store.high);
  bytes.u64(head.store.low);
  bytes.u64(head.lsn.raw());
  bytes.u32(0);
  bytes.u32(crc32c(bytes.view()));
  MR_TRY(writer->file_->writeAt(0, bytes.view()));
  writer->at_ = bytes.size();
  return writer;
}

Error SnapshotWriter::misuse(std::string_view what) const {
  return Error::bug(fmt::format("snapshot {} was given {}", path_, what));
}

Result<> SnapshotWriter::inOrder(ConnectionId connection, QueueKey first) {
  if (components_ > 0) return misuse("a row after the state");
  if (queues_.empty()) return Done{};
  const bool fits = connection == connection_ ? last_ < first : connection_ < connection;
  if (fits) return Done{};
  return misuse(fmt::format("({}, {}) of connection {} out of order", first.lsn.raw(), first.index,
                            connection.raw()));
}

void SnapshotWriter::note(ConnectionId connection, std::uint64_t count, std::uint64_t bytes) {
  if (queues_.empty() || queues_.back().connection != connection)
    queues_.push_back({connection, 0, 0});
  queues_.back().count += count;
  queues_.back().bytes += bytes;
  connection_ = connection;
}

Result<> SnapshotWriter::add(ConnectionId connection, const FlowFile& file) {
  MR_TRY(inOrder(connection, file.key));
  if (isElided(file.content)) {
    return Error::environment(
        fmt::format("content of FlowFile {} at ({}, {}) of connection {} is not in the journal, "
                    "though nothing dropped it",
                    file.id.raw(), file.key.lsn.raw(), file.key.index, connection.raw()),
        false);
  }
  if (openCount_ > 0 &&
      (connection != connection_ || openCount_ == kMostRows || rows_.size() >= kFullBlock))
    MR_TRY(closeRows());
  if (openCount_ == 0) openFirst_ = file.key;
  encodeFlowFile(rows_, file);
  ++openCount_;
  openBytes_ += file.size();
  if (file.content.kind == Content::Kind::kStored) openHasClaims_ = true;
  note(connection, 1, file.size());
  last_ = file.key;
  return Done{};
}

Result<> SnapshotWriter::copy(const SnapshotRows& rows) {
  MR_TRY(inOrder(rows.connection, rows.first));
  MR_TRY(closeRows());
  MR_TRY(write(Kind::kRows, rows.noClaims ? kNoClaims : 0, rows.count, rows.payload));
  note(rows.connection, rows.count, rows.bytes);
  last_ = rows.last;
  return Done{};
}

Result<> SnapshotWriter::closeRows() {
  if (openCount_ == 0) return Done{};
  ByteWriter payload;
  payload.reserve(rows_.size() + 64);
  payload.varint(connection_.raw());
  for (const QueueKey& key : {openFirst_, last_}) {
    payload.varint(key.lsn.raw());
    payload.varint(key.index);
  }
  payload.varint(openBytes_);
  payload.raw(rows_.view());
  rows_.clear();
  MR_TRY(write(Kind::kRows, openHasClaims_ ? 0 : kNoClaims, openCount_, payload.view()));
  openCount_ = 0;
  openBytes_ = 0;
  openHasClaims_ = false;
  return Done{};
}

Result<> SnapshotWriter::state(ComponentId component, const StoreImage::ComponentState& state) {
  MR_TRY(closeRows());
  if (components_ > 0 && !(lastComponent_ < component))
    return misuse(fmt::format("component {} out of order", component.raw()));
  ++components_;
  lastComponent_ = component;
  auto entry = state.values.begin();
  do {  // a component without keys still has its version
    ByteWriter payload;
    payload.varint(component.raw());
    payload.varint(state.version.raw());
    std::uint64_t count = 0;
    for (; entry != state.values.end() && payload.size() < kFullBlock; ++entry, ++count) {
      payload.text(entry->first);
      payload.varint(entry->second.version.raw());
      payload.text(entry->second.value);
    }
    MR_TRY(write(Kind::kState, 0, count, payload.view()));
  } while (entry != state.values.end());
  return Done{};
}

Result<> SnapshotWriter::logEnds(const std::map<LogPartitionId, std::int64_t>& ends) {
  MR_TRY(closeRows());
  for (auto entry = ends.begin(); entry != ends.end();) {
    ByteWriter payload;
    std::uint64_t count = 0;
    for (; entry != ends.end() && payload.size() < kFullBlock; ++entry, ++count) {
      payload.u64(entry->first.topicHigh);
      payload.u64(entry->first.topicLow);
      payload.varint(entry->first.partition);
      payload.varint(static_cast<std::uint64_t>(entry->second));
    }
    MR_TRY(write(Kind::kLogEnds, 0, count, payload.view()));
  }
  return Done{};
}

Result<> SnapshotWriter::write(Kind kind, std::uint8_t flags, std::uint64_t count,
                               ByteView payload) {
  if (payload.size() > 0xffffffffU || count > 0xffffffffU) {
    return Error::environment(
        fmt::format("a block of {} bytes does not fit in snapshot {}", payload.size(), path_),
        false);
  }
  ByteWriter head;
  head.reserve(kBlockHeadBytes);
  putBlockHead(head, {static_cast<std::uint8_t>(kind), flags, static_cast<std::uint32_t>(count),
                      static_cast<std::uint32_t>(payload.size()), 0});
  head.u32(crc32c(payload, crc32c(head.view())));
  const std::array<ByteView, 2> parts{head.view(), payload};
  MR_TRY(file_->writeAtV(at_, parts));
  at_ += head.size() + payload.size();
  return Done{};
}

Result<> SnapshotWriter::finish() {
  MR_TRY(closeRows());
  const std::uint64_t summaryAt = at_;
  ByteWriter summary;
  for (const SnapshotQueue& queue : queues_) {
    summary.varint(queue.connection.raw());
    summary.varint(queue.count);
    summary.varint(queue.bytes);
  }
  summary.varint(components_);
  MR_TRY(write(Kind::kSummary, 0, queues_.size(), summary.view()));
  ByteWriter end;
  end.u64(summaryAt);
  end.raw(asBytes(kEndMark));
  end.u32(crc32c(end.view()));
  MR_TRY(file_->writeAt(at_, end.view()));
  MR_TRY(file_->sync());
  file_.reset();
  MR_TRY(files_.rename(unfinishedSnapshotOf(path_), path_));
  finished_ = true;
  return files_.syncDirectory(parentPath(path_));
}

}  // namespace millrace::repo
