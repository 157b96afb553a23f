// SPDX-License-Identifier: Apache-2.0
// The index in SQLite finds what the one in memory finds, which looks at every block.

#include "engine/base/random.h"
#include "repositories/provenance/index/sqlite_block_index.h"

#include <QTemporaryDir>
#include <QTest>
#include <algorithm>

using namespace millrace;
using repo::BlockIndex;
using repo::BlockQuery;

namespace {

constexpr std::uint64_t kInEveryBlock = 42;  // the key of a name that all FlowFiles have

class Blocks {
 public:
  explicit Blocks(std::uint64_t seed) : random_(seed) {}

  /// The next one to six blocks of a file; a new file now and then.
  std::vector<BlockIndex::Entry> next() {
    std::vector<BlockIndex::Entry> entries;
    if (random_.below(20) == 0) {
      ++file_;
      offset_ = repo::kProvenanceHeaderBytes;
    }
    for (std::uint64_t i = 0; i < 1 + random_.below(6); ++i) entries.push_back(block());
    return entries;
  }
  std::uint64_t file() const { return file_; }
  /// One that was given to some block, or to none.
  std::uint64_t someKey() {
    return random_.below(4) == 0 ? random_.next() : given_[random_.below(given_.size())];
  }
  Random& random() { return random_; }

 private:
  BlockIndex::Entry block() {
    BlockIndex::Entry entry;
    entry.place = {file_, offset_, 1000};
    offset_ += 1000;
    repo::BlockSummary& summary = entry.summary;
    summary.first = Lsn(lsn_);
    lsn_ += 1 + random_.below(5000);
    summary.last = Lsn(lsn_ - 1);
    summary.firstTime = summary.lastTime = static_cast<Millis>(lsn_);
    summary.types = 1;
    summary.keys.push_back(kInEveryBlock);
    // Mostly new, some of those before, some at the ends of what a key can be.
    const std::uint64_t count = random_.below(10) == 0 ? 3000 : random_.below(100);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t kind = random_.below(20);
      const std::uint64_t key = kind == 0   ? ~0ULL - random_.below(3)
                                : kind == 1 ? random_.below(3)
                                : kind == 2 && !given_.empty()
                                    ? given_[random_.below(given_.size())]
                                    : random_.next();
      summary.keys.push_back(key);
      if (random_.below(20) == 0) given_.push_back(key);
    }
    given_.push_back(summary.keys.back());
    std::sort(summary.keys.begin(), summary.keys.end());
    summary.keys.erase(std::unique(summary.keys.begin(), summary.keys.end()), summary.keys.end());
    return entry;
  }

  Random random_;
  std::uint64_t file_ = 1;
  std::uint64_t offset_ = repo::kProvenanceHeaderBytes;
  std::uint64_t lsn_ = 1;
  std::vector<std::uint64_t> given_;
};

std::vector<std::uint64_t> found(BlockIndex& index, const BlockQuery& query) {
  const auto candidates = index.candidates(query, 100'000);
  if (!candidates.ok()) return {~0ULL};
  std::vector<std::uint64_t> result;
  for (const auto& candidate : *candidates) result.push_back(candidate.first.raw());
  return result;
}

/// Asks both some questions; false when an answer differs.
bool agree(Blocks& blocks, BlockIndex& one, BlockIndex& other, int questions) {
  for (int i = 0; i < questions; ++i) {
    BlockQuery query;
    const std::uint64_t kind = blocks.random().below(4);
    if (kind == 0) query.keys = {blocks.someKey()};
    if (kind == 1) query.keys = {kInEveryBlock, blocks.someKey()};
    if (kind == 2) query.uuids = {blocks.someKey(), blocks.someKey()};
    if (kind == 3) query.keys = {kInEveryBlock};
    if (found(one, query) != found(other, query)) return false;
  }
  return true;
}

}  // namespace

class BlockIndexTest : public QObject {
  Q_OBJECT

 private slots:
  void bothFindTheSameBlocksWhileFilesComeAndGo() {
    QTemporaryDir folder;
    const std::string path = folder.filePath("index.sqlite").toStdString();
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      Blocks blocks(seed);
      repo::MemoryBlockIndex memory;
      auto opened = repo::SqliteBlockIndex::open(path);
      QVERIFY2(opened.ok(), "open");
      auto index = std::move(*opened);
      QVERIFY(index->reset().ok());
      std::uint64_t oldest = 1;
      for (int round = 0; round < 200; ++round) {
        const auto entries = blocks.next();
        QVERIFY(memory.add(entries).ok());
        const auto added = index->add(entries);
        QVERIFY2(added.ok(), added.ok() ? "" : added.error().message.c_str());
        if (blocks.file() - oldest > 4) {
          QVERIFY(memory.forget(oldest).ok() && index->forget(oldest).ok());
          ++oldest;
        }
        if (round % 50 == 49) {  // as another program finds it
          index.reset();
          index = std::move(*repo::SqliteBlockIndex::open(path));
        }
        QVERIFY2(agree(blocks, memory, *index, 5),
                 qPrintable(QString("seed %1, round %2").arg(seed).arg(round)));
      }
    }
  }

  void aFileThatIsReadAgainIsFoundAsBefore() {
    Blocks blocks(7);
    repo::MemoryBlockIndex memory;
    auto index = std::move(*repo::SqliteBlockIndex::open(":memory:"));
    std::vector<BlockIndex::Entry> all;
    for (int i = 0; i < 5; ++i) {
      for (auto& entry : blocks.next()) {
        entry.place.file = 1;
        all.push_back(entry);
      }
    }
    QVERIFY(memory.add(all).ok() && index->add(all).ok());
    for (int again = 0; again < 20; ++again) QVERIFY(index->forget(1).ok() && index->add(all).ok());
    QVERIFY(agree(blocks, memory, *index, 100));
    QVERIFY(index->forget(1).ok());
    BlockQuery query;
    query.keys = {kInEveryBlock};
    QVERIFY(found(*index, query).empty());
  }

  void aPageThatIsDamagedIsAnErrorAndNotAnotherAnswer() {
    QTemporaryDir folder;
    const std::string path = folder.filePath("index.sqlite").toStdString();
    {
      auto index = std::move(*repo::SqliteBlockIndex::open(path));
      BlockIndex::Entry entry;
      entry.place = {1, repo::kProvenanceHeaderBytes, 1000};
      entry.summary.first = entry.summary.last = Lsn(7);
      for (std::uint64_t key = kInEveryBlock; key < 100; ++key) entry.summary.keys.push_back(key);
      QVERIFY(index->add({entry}).ok());
    }
    QFile file(QString::fromStdString(path));
    QVERIFY(file.open(QIODevice::ReadWrite));
    QByteArray bytes = file.readAll();
    // The page of the run begins with the lowest key and its block, eight bytes each.
    const qsizetype at = bytes.indexOf(QByteArray::fromHex("2a000000000000000700000000000000"));
    QVERIFY(at >= 0);
    for (int i = 16; i < 40; ++i)
      bytes[at + i] = static_cast<char>(0xff);  // no number is that long
    QVERIFY(file.seek(0) && file.write(bytes) == bytes.size());
    file.close();
    auto index = std::move(*repo::SqliteBlockIndex::open(path));
    BlockQuery query;
    query.keys = {kInEveryBlock};
    const auto candidates = index->candidates(query, 10);
    QVERIFY(!candidates.ok());
    QVERIFY(candidates.error().message.find("cannot be read") != std::string::npos);
    QVERIFY(index->reset().ok());
    QVERIFY(index->candidates(query, 10).ok());
  }
};

QTEST_GUILESS_MAIN(BlockIndexTest)
#include "block_index_test.moc"
