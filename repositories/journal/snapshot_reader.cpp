// SPDX-License-Identifier: Apache-2.0
#include "repositories/journal/snapshot_reader.h"

#include "engine/ports/commit_record.h"

#include <fmt/format.h>

namespace millrace::repo {

using namespace snapshot_format;

Error SnapshotReader::damage(std::uint64_t offset, std::string_view what) const {
  return Error::environment(
      fmt::format(
          "snapshot {} is damaged at byte {}: {}; restore the file or look at the store with "
          "`millrace repo verify`",
          path_, offset, what),
      false);
}

Result<std::vector<std::byte>> SnapshotReader::bytesAt(std::uint64_t offset,
                                                       std::uint64_t count) const {
  if (offset > size_ || count > size_ - offset) return damage(offset, "it ends too early");
  std::vector<std::byte> bytes(static_cast<std::size_t>(count));
  const std::size_t got = MR_TRY(file_->readAt(offset, bytes));
  if (got != bytes.size()) return damage(offset + got, "it ends too early");
  return bytes;
}

Result<SnapshotReader> SnapshotReader::open(FileSystem& files, std::string path) {
  auto file = MR_TRY(files.open(path, OpenMode::kRead));
  const std::uint64_t size = MR_TRY(file->size());
  SnapshotReader reader(std::move(path), std::move(file), size);
  MR_TRY(reader.readHead());
  MR_TRY(reader.readSummary());
  reader.rewind();
  return reader;
}

Result<> SnapshotReader::readHead() {
  const std::vector<std::byte> bytes = MR_TRY(bytesAt(0, kHeadBytes));
  ByteReader from(bytes);
  if (asText(from.raw(kMark.size())) != kMark) return damage(0, "it is no snapshot");
  const std::uint16_t version = from.u16();
  from.u16();
  from.u32();
  head_.store.high = from.u64();
  head_.store.low = from.u64();
  head_.lsn = Lsn(from.u64());
  from.u32();
  const std::uint32_t crc = from.u32();
  if (crc != crc32c(ByteView(bytes).first(kHeadBytes - sizeof crc)))
    return damage(0, "the CRC of its head is wrong");
  if (version != kVersion) {
    return Error::environment(
        fmt::format(
            "snapshot {} has version {}, this program reads {}: use the program that wrote it",
            path_, version, kVersion),
        false);
  }
  return Done{};
}

Result<> SnapshotReader::readSummary() {
  if (size_ < kHeadBytes + kBlockHeadBytes + kEndBytes) return damage(size_, "it ends too early");
  const std::uint64_t endAt = size_ - kEndBytes;
  const std::vector<std::byte> end = MR_TRY(bytesAt(endAt, kEndBytes));
  ByteReader mark(end);
  summaryAt_ = mark.u64();
  const bool marked = asText(mark.raw(kEndMark.size())) == kEndMark;
  if (!marked || mark.u32() != crc32c(ByteView(end).first(kEndBytes - 4)))
    return damage(endAt, "its end is not there");
  if (summaryAt_ < kHeadBytes || summaryAt_ > endAt) return damage(endAt, "its end points outside");
  const Block block = MR_TRY(readBlock(summaryAt_, endAt));
  if (block.head.kind != static_cast<std::uint8_t>(Kind::kSummary) || block.end != endAt)
    return damage(summaryAt_, "its summary is not there");
  ByteReader from(payload_);
  for (std::uint32_t i = 0; i < block.head.count && !from.failed(); ++i) {
    SnapshotQueue queue;
    queue.connection = ConnectionId(from.varint());
    queue.count = from.varint();
    queue.bytes = from.varint();
    if (!queues_.empty() && !(queues_.back().connection < queue.connection))
      return damage(summaryAt_, "its connections are out of order");
    queues_.push_back(queue);
  }
  components_ = from.varint();
  if (from.failed() || !from.atEnd()) return damage(summaryAt_, "its summary does not parse");
  return Done{};
}

Result<SnapshotReader::Block> SnapshotReader::readBlock(std::uint64_t offset, std::uint64_t limit) {
  if (limit - offset < kBlockHeadBytes) return damage(offset, "a block ends too early");
  const std::vector<std::byte> head = MR_TRY(bytesAt(offset, kBlockHeadBytes));
  ByteReader from(head);
  Block block;
  block.head.kind = from.u8();
  block.head.flags = from.u8();
  from.u16();
  block.head.count = from.u32();
  block.head.length = from.u32();
  block.head.crc = from.u32();
  block.payloadAt = offset + kBlockHeadBytes;
  if (block.head.length > limit - block.payloadAt) return damage(offset, "a block ends too early");
  block.end = block.payloadAt + block.head.length;
  payload_.resize(block.head.length);
  const std::size_t got = MR_TRY(file_->readAt(block.payloadAt, payload_));
  if (got != payload_.size()) return damage(block.payloadAt + got, "a block ends too early");
  const std::uint32_t crc =
      crc32c(payload_, crc32c(ByteView(head).first(kBlockHeadBytes - sizeof block.head.crc)));
  if (crc != block.head.crc) return damage(offset, "the CRC of a block is wrong");
  return block;
}

void SnapshotReader::rewind() {
  at_ = kHeadBytes;
  seen_ = SnapshotQueue();
  seenQueues_ = 0;
  seenComponents_ = 0;
  rows_ = SnapshotRows();
  state_ = SnapshotState();
}

Result<bool> SnapshotReader::advance(Kind kind) {
  while (at_ < summaryAt_) {
    block_ = MR_TRY(readBlock(at_, summaryAt_));
    if (block_.head.kind == static_cast<std::uint8_t>(kind)) {
      at_ = block_.end;
      return true;
    }
    // Kinds come in the order of their numbers, the summary aside.
    const bool later = block_.head.kind == static_cast<std::uint8_t>(Kind::kState) ||
                       block_.head.kind == static_cast<std::uint8_t>(Kind::kLogEnds);
    if (later && block_.head.kind > static_cast<std::uint8_t>(kind)) return false;
    if ((block_.head.flags & kMayBeSkipped) == 0)
      return damage(at_, fmt::format("a block of kind {} is not known here", block_.head.kind));
    at_ = block_.end;
  }
  return false;
}

Result<> SnapshotReader::checkQueue() const {
  if (seenQueues_ == 0) return Done{};
  if (seenQueues_ > queues_.size() || queues_[seenQueues_ - 1] != seen_) {
    return damage(summaryAt_,
                  fmt::format("connection {} has {} FlowFiles of {} bytes, which is not "
                              "what the summary says",
                              seen_.connection.raw(), seen_.count, seen_.bytes));
  }
  return Done{};
}

Result<> SnapshotReader::checkOrder() {
  if (rows_.count == 0 || rows_.last < rows_.first || rows_.last.lsn > head_.lsn)
    return damage(block_.payloadAt, "a block of rows has impossible keys");
  if (seenQueues_ == 0 || seen_.connection < rows_.connection) {
    MR_TRY(checkQueue());
    ++seenQueues_;
    seen_ = {rows_.connection, 0, 0};
  } else if (seen_.connection != rows_.connection || !(lastKey_ < rows_.first)) {
    return damage(block_.payloadAt, "a block of rows is out of order");
  }
  seen_.count += rows_.count;
  seen_.bytes += rows_.bytes;
  lastKey_ = rows_.last;
  return Done{};
}

Result<const SnapshotRows*> SnapshotReader::nextRows() {
  if (!MR_TRY(advance(Kind::kRows))) {
    MR_TRY(checkQueue());
    if (seenQueues_ != queues_.size()) return damage(at_, "connections of the summary are missing");
    return nullptr;
  }
  ByteReader from(payload_);
  rows_.connection = ConnectionId(from.varint());
  for (QueueKey* key : {&rows_.first, &rows_.last}) {
    key->lsn = Lsn(from.varint());
    const std::uint64_t index = from.varint();
    if (index > 0xffffffffU) from.fail();
    key->index = static_cast<std::uint32_t>(index);
  }
  rows_.bytes = from.varint();
  if (from.failed()) return damage(block_.payloadAt, "a block of rows does not parse");
  rows_.count = block_.head.count;
  rows_.noClaims = (block_.head.flags & kNoClaims) != 0;
  rows_.payload = payload_;
  rows_.rowsAt = from.position();
  rows_.offset = block_.payloadAt;
  MR_TRY(checkOrder());
  return &rows_;
}

namespace {

/// A rows block of a snapshot file whose CRC held when the file was opened.
class SnapshotPage final : public FlowFilePage {
 public:
  SnapshotPage(PageFacts facts, std::shared_ptr<File> file, std::string path, std::uint64_t offset,
               ByteView rows)
      : FlowFilePage(facts),
        file_(std::move(file)),
        path_(std::move(path)),
        offset_(offset),
        length_(rows.size()),
        crc_(crc32c(rows)) {}

  Result<std::vector<FlowFile>> read() const override {
    std::vector<std::byte> bytes(length_);
    const std::size_t got = MR_TRY(file_->readAt(offset_, bytes));
    if (got != bytes.size() || crc32c(bytes) != crc_)
      return damaged("it changed since it was opened");
    auto files = decodePage(bytes, facts());
    if (!files.ok()) return damaged(files.error().message);
    for (std::size_t i = 1; i < files->size(); ++i) {
      if (!((*files)[i - 1].key < (*files)[i].key)) return damaged("its rows are out of order");
    }
    if (files->front().key != facts().first || files->back().key != facts().last)
      return damaged("its rows are not those that its head names");
    return files;
  }

 private:
  Error damaged(std::string_view what) const {
    return Error::environment(
        fmt::format("snapshot {} is damaged in the block at byte {}: {}; look at the store with "
                    "`millrace repo verify`",
                    path_, offset_, what),
        false);
  }

  const std::shared_ptr<File> file_;
  const std::string path_;
  const std::uint64_t offset_;
  const std::size_t length_;
  const std::uint32_t crc_;
};

}  // namespace

std::unique_ptr<FlowFilePage> SnapshotReader::page(const SnapshotRows& rows) const {
  return std::make_unique<SnapshotPage>(PageFacts{rows.count, rows.bytes, rows.first, rows.last},
                                        file_, path_, rows.offset + rows.rowsAt,
                                        rows.payload.subspan(rows.rowsAt));
}

Result<std::vector<FlowFile>> SnapshotReader::decode(const SnapshotRows& rows) const {
  ByteReader from(rows.payload.subspan(rows.rowsAt));
  std::vector<FlowFile> files;
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < rows.count; ++i) {
    const std::uint64_t offset = rows.offset + rows.rowsAt + from.position();
    Result<FlowFile> file = decodeFlowFile(from);
    if (!file.ok()) return damage(offset, file.error().message);
    const bool inOrder = files.empty() ? file->key == rows.first : files.back().key < file->key;
    if (!inOrder) return damage(offset, "a row is out of order");
    bytes += file->size();
    files.push_back(std::move(*file));
  }
  if (!from.atEnd() || files.empty() || files.back().key != rows.last || bytes != rows.bytes)
    return damage(rows.offset, "a block of rows does not hold what it says");
  return files;
}

Result<const SnapshotState*> SnapshotReader::nextState() {
  if (!MR_TRY(advance(Kind::kState))) {
    if (seenComponents_ != components_) return damage(at_, "state of components is missing");
    return nullptr;
  }
  ByteReader from(payload_);
  const ComponentId component(from.varint());
  const Lsn version(from.varint());
  if (seenComponents_ == 0 || state_.component < component) {
    ++seenComponents_;
    state_.component = component;
    state_.version = version;
  } else if (state_.component != component || state_.version != version) {
    return damage(block_.payloadAt, "a block of state is out of order");
  }
  state_.values.clear();
  for (std::uint32_t i = 0; i < block_.head.count && !from.failed(); ++i) {
    SnapshotState::Value value;
    value.key = from.text();
    value.version = Lsn(from.varint());
    value.value = from.text();
    state_.values.push_back(std::move(value));
  }
  if (from.failed() || !from.atEnd() || version > head_.lsn)
    return damage(block_.payloadAt, "a block of state does not parse");
  return &state_;
}

Result<const std::vector<LogPlace>*> SnapshotReader::nextLogEnds() {
  if (!MR_TRY(advance(Kind::kLogEnds))) return nullptr;
  ByteReader from(payload_);
  logEnds_.clear();
  for (std::uint32_t i = 0; i < block_.head.count && !from.failed(); ++i) {
    LogPlace place;
    place.partition.topicHigh = from.u64();
    place.partition.topicLow = from.u64();
    const std::uint64_t partition = from.varint();
    const std::uint64_t end = from.varint();
    if (partition > 0xffffffffU || end == 0 || end > 0x7fffffffffffffffU) from.fail();
    place.partition.partition = static_cast<std::uint32_t>(partition);
    place.end = static_cast<std::int64_t>(end);
    const bool rising = logEnds_.empty() || logEnds_.back().partition < place.partition;
    if (!rising) from.fail();
    logEnds_.push_back(place);
  }
  if (from.failed() || !from.atEnd())
    return damage(block_.payloadAt, "a block of ends of the log does not parse");
  return &logEnds_;
}

}  // namespace millrace::repo
