// SPDX-License-Identifier: Apache-2.0
#include "repositories/provenance/blocks/block_reader.h"

#include "repositories/journal/store_image.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::repo {
namespace {

using Buffers = std::vector<std::shared_ptr<InlineBuffer>>;

Error damaged(std::string_view where) {
  return Error::environment(fmt::format("the block does not parse in its {}", where), false);
}

/// The FlowFiles that a block brings along: keys and rows in the same order.
class Imports final : public CommitRecordVisitor {
 public:
  struct Row {
    ConnectionId connection;
    FlowFile file;
  };

  explicit Imports(std::uint64_t most) : most_(most) {}

  void begin(ComponentId, Millis, std::uint64_t) override {}
  Result<> input(const InputRun& run) override {
    if (keys_.size() + run.count > most_) return damaged("imports");
    for (std::uint32_t i = 0; i < run.count; ++i)
      keys_.push_back({run.connection, {run.first.lsn, run.first.index + i}});
    return Done{};
  }
  Result<> outputs(ConnectionId) override { return Done{}; }
  Result<> same(std::uint32_t, std::uint32_t) override { return damaged("imports"); }
  FlowFile* inputFlowFile(std::uint32_t) override { return nullptr; }
  Result<> changed(std::uint32_t, FlowFile) override { return damaged("imports"); }
  Result<> created(FlowFile file) override {
    if (rows_.size() == keys_.size()) return damaged("imports");
    file.key = keys_[rows_.size()].second;
    rows_.push_back({keys_[rows_.size()].first, std::move(file)});
    return Done{};
  }
  Result<> dropped(std::uint32_t, std::uint32_t, DropReason, std::string_view) override {
    return damaged("imports");
  }
  void fact(const Fact&) override {}
  void state(ComponentId, std::string_view, std::optional<std::string_view>) override {}

  /// In the order of queues and keys, each once.
  Result<std::vector<Row>> rows() && {
    if (rows_.size() != keys_.size()) return damaged("imports");
    const auto place = [](const Row& row) { return std::pair(row.connection, row.file.key); };
    std::stable_sort(rows_.begin(), rows_.end(),
                     [&](const Row& a, const Row& b) { return place(a) < place(b); });
    rows_.erase(std::unique(rows_.begin(), rows_.end(),
                            [&](const Row& a, const Row& b) { return place(a) == place(b); }),
                rows_.end());
    return std::move(rows_);
  }

 private:
  const std::uint64_t most_;
  std::vector<std::pair<ConnectionId, QueueKey>> keys_;
  std::vector<Row> rows_;
};

/// One commit of a block.
struct Part {
  Lsn lsn;
  ByteView record;
  Buffers buffers;
};

/// Takes the body apart. Contents follow each other: those of the commits, then the imports'.
class Body {
 public:
  Body(const BlockHeader& header, const BlockBytes& bytes)
      : header_(header), bytes_(bytes), in_(bytes.body) {}

  Result<> readImports() {
    count_ = in_.varint();
    record_ = in_.raw(in_.varint());
    const std::uint64_t buffers = in_.varint();
    if (in_.failed() || buffers > in_.remaining()) return damaged("imports");
    for (std::uint64_t i = 0; i < buffers; ++i) lengths_.push_back(in_.varint());
    if (in_.failed()) return damaged("imports");
    return Done{};
  }
  bool atEnd() const { return in_.atEnd(); }
  Result<Part> next() {
    Part part;
    part.lsn = Lsn(header_.first.raw() + in_.varint());
    part.record = in_.raw(in_.varint());
    const std::uint64_t buffers = in_.varint();
    if (in_.failed() || part.lsn > header_.last || buffers > in_.remaining())
      return damaged("commits");
    for (std::uint64_t i = 0; i < buffers; ++i)
      part.buffers.push_back(MR_TRY(content(in_.varint())));
    if (in_.failed()) return damaged("commits");
    return part;
  }
  /// After the last next().
  Result<std::vector<Imports::Row>> imports() {
    Buffers buffers;
    for (const std::uint64_t length : lengths_) buffers.push_back(MR_TRY(content(length)));
    Imports rows(count_);
    MR_TRY(decodeCommitRecord(record_, buffers, rows));
    return std::move(rows).rows();
  }

 private:
  Result<std::shared_ptr<InlineBuffer>> content(std::uint64_t length) {
    std::vector<std::byte> bytes;
    if (bytes_.withContents) {
      if (length > bytes_.contents.size() - at_) return damaged("contents");
      const auto begin = bytes_.contents.begin() + static_cast<std::ptrdiff_t>(at_);
      bytes.assign(begin, begin + static_cast<std::ptrdiff_t>(length));
      at_ += static_cast<std::size_t>(length);
    }
    return std::make_shared<InlineBuffer>(std::move(bytes));
  }

  const BlockHeader& header_;
  const BlockBytes& bytes_;
  ByteReader in_;
  std::uint64_t count_ = 0;
  ByteView record_;
  std::vector<std::uint64_t> lengths_;
  std::size_t at_ = 0;
};

}  // namespace

Result<> readBlockEvents(const BlockHeader& header, const BlockBytes& bytes, CommitEvents& events,
                         std::vector<ProvenanceEvent>& into, std::optional<Lsn> only) {
  Body body(header, bytes);
  MR_TRY(body.readImports());
  std::vector<Part> parts;
  while (!body.atEnd()) parts.push_back(MR_TRY(body.next()));
  StoreImage image;
  image.startAt(Lsn(header.first.raw() - 1));
  std::vector<Imports::Row> rows = MR_TRY(body.imports());
  // Commits that were not sampled leave gaps: what they made is among the imports and may have a
  // key from within the block, so that it can be placed only when its time has come.
  std::stable_sort(rows.begin(), rows.end(), [](const Imports::Row& a, const Imports::Row& b) {
    return a.file.key.lsn < b.file.key.lsn;
  });
  std::size_t row = 0;
  for (const Part& part : parts) {
    for (; row < rows.size() && rows[row].file.key.lsn < part.lsn; ++row)
      MR_TRY(image.place(rows[row].connection, std::move(rows[row].file)));
    const bool asked = !only || *only == part.lsn;
    MR_TRY(image.apply(part.lsn, part.record, part.buffers, asked ? &events : nullptr));
    if (asked) events.derive(into);
    if (only && part.lsn >= *only) break;
  }
  return Done{};
}

}  // namespace millrace::repo
