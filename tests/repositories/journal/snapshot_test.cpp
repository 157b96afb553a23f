// SPDX-License-Identifier: Apache-2.0
#include "repositories/journal/snapshot.h"

#include "engine/base/fault_file_system.h"
#include "repositories/journal/snapshot_reader.h"
#include "repositories/journal/snapshot_writer.h"
#include "tests/repositories/journal/random_store.h"

#include <QTest>

using namespace millrace;
using namespace millrace::repo;

namespace {

const std::string kPath = "store/snapshot";
const StoreId kStore{0x1122334455667788ULL, 0x99aabbccddeeff00ULL};

std::unique_ptr<MemoryFileSystem> freshFiles(std::uint64_t seed = 1) {
  auto files = std::make_unique<MemoryFileSystem>(seed);
  (void)files->createDirectories("store");
  (void)files->syncDirectory(".");
  return files;
}

std::string messageOf(const Result<>& result) {
  return result.ok() ? std::string() : result.error().message;
}

Result<> applyStep(StoreImage& image, const model::Step& step) {
  return image.apply(step.lsn, step.commit.record, step.commit.inlined);
}

std::vector<SnapshotCommit> commitsOf(const std::vector<model::Step>& steps) {
  std::vector<SnapshotCommit> commits;
  for (const model::Step& step : steps)
    commits.push_back({step.lsn, step.commit.record, step.commit.inlined});
  return commits;
}

/// The lines of the snapshot at kPath, or the error.
std::vector<std::string> linesAt(FileSystem& files) {
  const auto loaded = loadSnapshot(files, kPath);
  if (!loaded.ok()) return {loaded.error().message};
  return model::linesOf(loaded->image);
}

/// An image of `commits` random commits, as a snapshot at kPath.
void writeRandom(FileSystem& files, model::RandomStore& store, int commits) {
  StoreImage image;
  for (int i = 0; i < commits; ++i) QVERIFY(applyStep(image, store.commit()).ok());
  QCOMPARE(messageOf(writeSnapshot(files, kPath, {kStore, image.applied()}, image)), std::string());
}

FlowFile plainFile(std::uint64_t id, Lsn lsn, std::uint32_t index) {
  FlowFile file;
  file.id = FlowFileId(id);
  file.key = {lsn, index};
  return file;
}

/// `count` FlowFiles at connection 1, all of LSN 1.
void writeMany(FileSystem& files, std::uint32_t count) {
  const auto writer = SnapshotWriter::create(files, kPath, {kStore, Lsn(1)});
  QVERIFY(writer.ok());
  for (std::uint32_t i = 0; i < count; ++i)
    QVERIFY((*writer)->add(ConnectionId(1), plainFile(i, Lsn(1), i)).ok());
  QVERIFY((*writer)->finish().ok());
}

}  // namespace

class SnapshotTest : public QObject {
  Q_OBJECT
 private slots:
  void anImageComesBackAsItWas() {
    for (int seed = 1; seed <= model::rounds(50); ++seed) {
      const auto files = freshFiles();
      model::RandomStore store(static_cast<std::uint64_t>(seed));
      writeRandom(*files, store, 60);
      QCOMPARE(linesAt(*files), store.lines());
      const auto loaded = loadSnapshot(*files, kPath);
      QVERIFY(loaded->head.store == kStore);
      QVERIFY(loaded->head.lsn == store.last() && loaded->image.applied() == store.last());
    }
  }

  void nothingIsASnapshotToo() {
    const auto files = freshFiles();
    QVERIFY(writeSnapshot(*files, kPath, {kStore, Lsn(0)}, StoreImage()).ok());
    const auto loaded = loadSnapshot(*files, kPath);
    QVERIFY(loaded.ok());
    QVERIFY(loaded->image.count() == 0 && loaded->image.state().empty());
    // Head, summary of 0 connections and 0 components, end.
    QCOMPARE(files->info(kPath)->size, std::uint64_t{48 + 16 + 1 + 16});
  }

  void theSummaryCountsEachConnection() {
    const auto files = freshFiles();
    writeMany(*files, 10'000);
    auto reader = SnapshotReader::open(*files, kPath);
    QVERIFY(reader.ok());
    const std::vector<SnapshotQueue> expected{{ConnectionId(1), 10'000, 0}};
    QVERIFY(reader->queues() == expected);
    std::vector<std::uint32_t> blocks;
    for (auto rows = reader->nextRows(); rows.ok() && *rows != nullptr; rows = reader->nextRows())
      blocks.push_back((*rows)->count);
    QCOMPARE(blocks, (std::vector<std::uint32_t>{4096, 4096, 10'000 - 2 * 4096}));
  }

  // pins: 1.11/1
  void mergingInRandomStepsIsApplyingEverything() {
    for (int seed = 1; seed <= model::rounds(100); ++seed) {
      const auto files = freshFiles();
      model::RandomStore store(static_cast<std::uint64_t>(seed));
      Random random(static_cast<std::uint64_t>(seed));
      StoreImage image;
      QVERIFY(writeSnapshot(*files, kPath, {kStore, Lsn(0)}, StoreImage()).ok());
      for (int step = 0; step < 8; ++step) {
        std::vector<model::Step> steps;
        for (std::uint64_t left = random.below(15); left > 0; --left)
          steps.push_back(store.commit());
        for (const model::Step& commit : steps) QVERIFY(applyStep(image, commit).ok());
        const auto head = mergeSnapshot(*files, kPath, kPath, commitsOf(steps));
        QVERIFY2(head.ok(), head.ok() ? "" : head.error().message.c_str());
        QVERIFY(head->lsn == store.last());
        QCOMPARE(linesAt(*files), model::linesOf(image));
      }
      QCOMPARE(linesAt(*files), store.lines());
    }
  }

  void aStepOverFullBlocksTakesOnlyWhatItNames() {
    const auto files = freshFiles();
    writeMany(*files, 20'000);
    CommitRecordWriter writer;
    writer.begin(ComponentId(1), 5, 1);
    // All of the second block, some of the third, and one that stays.
    std::vector<std::uint32_t> taken;
    for (std::uint32_t i = 4096; i < 8192; ++i) taken.push_back(i);
    for (std::uint32_t i = 9000; i < 9010; i += 2) taken.push_back(i);
    taken.push_back(19'999);
    for (const std::uint32_t index : taken) writer.input(ConnectionId(1), {Lsn(1), index});
    writer.outputs(ConnectionId(1));
    writer.created(plainFile(50'000, Lsn(), 0));
    writer.outputs(ConnectionId(0));
    writer.same(0);
    for (std::uint32_t i = 1; i + 1 < taken.size(); ++i) writer.dropped(i, DropReason::kRemoved);
    const auto commit = writer.finish();
    const std::vector<SnapshotCommit> step{{Lsn(2), commit.record, commit.inlined}};
    const auto head = mergeSnapshot(*files, kPath, kPath, step);
    QVERIFY2(head.ok(), head.ok() ? "" : head.error().message.c_str());

    const auto loaded = loadSnapshot(*files, kPath);
    QVERIFY(loaded.ok());
    std::vector<std::uint64_t> expected;
    for (std::uint32_t i = 0; i < 20'000; ++i) {
      if (i == 19'999 || !std::count(taken.begin(), taken.end(), i)) expected.push_back(i);
    }
    expected.push_back(50'000);
    std::vector<std::uint64_t> ids;
    const auto note = [&](const FlowFile& file) { ids.push_back(file.id.raw()); };
    QVERIFY(loaded->image.forEachFlowFile(ConnectionId(1), note).ok());
    QVERIFY(ids == expected);
    ids.clear();
    QVERIFY(loaded->image.forEachFlowFile(ConnectionId(0), note).ok());
    QCOMPARE(ids, std::vector<std::uint64_t>{4096});
  }

  void aStepThatTakesWhatIsNotThereIsNamedAndChangesNothing() {
    const auto files = freshFiles();
    writeMany(*files, 100);
    CommitRecordWriter writer;
    writer.begin(ComponentId(1), 5, 1);
    writer.input(ConnectionId(1), {Lsn(1), 100});
    writer.dropped(0, DropReason::kRemoved);
    const auto commit = writer.finish();
    const std::vector<SnapshotCommit> step{{Lsn(33), commit.record, commit.inlined}};
    const auto head = mergeSnapshot(*files, kPath, kPath, step);
    QVERIFY(!head.ok());
    const QString message = QString::fromStdString(head.error().message);
    QVERIFY(message.contains("33") && message.contains("(1, 100)") &&
            message.contains("connection 1"));
    QCOMPARE(loadSnapshot(*files, kPath)->image.count(), std::uint64_t{100});
    QVERIFY(!files->exists(kPath + ".part"));
  }

  void contentThatDiedInTheJournalCannotStayQueued() {
    FlowFile file = plainFile(7, Lsn(1), 0);
    file.content.kind = Content::Kind::kInline;
    file.content.buffer = std::make_shared<InlineBuffer>(std::vector<std::byte>());
    file.content.length = 3;
    const auto files = freshFiles();
    const auto writer = SnapshotWriter::create(*files, kPath, {kStore, Lsn(1)});
    const auto added = (*writer)->add(ConnectionId(1), file);
    QVERIFY(!added.ok() && added.error().message.find("FlowFile 7") != std::string::npos);
  }

  void rowsOutOfOrderAreRefused() {
    const auto files = freshFiles();
    const auto writer = SnapshotWriter::create(*files, kPath, {kStore, Lsn(9)});
    QVERIFY((*writer)->add(ConnectionId(5), plainFile(1, Lsn(3), 4)).ok());
    QVERIFY(!(*writer)->add(ConnectionId(5), plainFile(2, Lsn(3), 4)).ok());
    QVERIFY(!(*writer)->add(ConnectionId(4), plainFile(2, Lsn(3), 5)).ok());
    QVERIFY((*writer)->state(ComponentId(1), {}).ok());
    QVERIFY(!(*writer)->state(ComponentId(1), {}).ok());
    QVERIFY(!(*writer)->add(ConnectionId(6), plainFile(2, Lsn(3), 5)).ok());
  }

  void stateLargerThanABlockStaysWhole() {
    const auto files = freshFiles();
    StoreImage image;
    StoreImage::ComponentState& state = image.stateOf(ComponentId(3));
    for (int i = 0; i < 10; ++i)
      state.values["k" + std::to_string(i)] = {std::string(100'000, 'v'), Lsn(0)};
    QVERIFY(writeSnapshot(*files, kPath, {kStore, Lsn(0)}, image).ok());
    QCOMPARE(linesAt(*files), model::linesOf(image));
  }

  void powerCutAnywhereLeavesTheOldOrTheNew() {
    int old = 0;
    int fresh = 0;
    for (std::uint64_t cut = 1;; ++cut) {
      const auto files = freshFiles(cut);
      model::RandomStore store(5);
      writeRandom(*files, store, 20);
      const auto before = store.lines();
      std::vector<model::Step> steps;
      for (int i = 0; i < 5; ++i) steps.push_back(store.commit());
      files->cutPowerAt(cut);
      const auto head = mergeSnapshot(*files, kPath, kPath, commitsOf(steps));
      const bool done = files->powered();
      const auto after = files->crash();
      const auto found = linesAt(*after);
      QVERIFY2(found == before || found == store.lines(), found.front().c_str());
      QVERIFY(!head.ok() || found == store.lines());
      (found == before ? old : fresh) += 1;
      if (done) break;
    }
    QVERIFY(old >= 3 && fresh >= 1);
  }

  void aFullDiskLeavesTheOldOne() {
    const auto files = freshFiles();
    model::RandomStore store(6);
    writeRandom(*files, store, 20);
    const auto before = store.lines();
    const std::vector<model::Step> steps{store.commit()};
    files->fail(MemoryFileSystem::Operation::kWrite, 2, MemoryFileSystem::Times::kForEver);
    QVERIFY(!mergeSnapshot(*files, kPath, kPath, commitsOf(steps)).ok());
    files->clearFaults();
    QCOMPARE(linesAt(*files), before);
    QVERIFY(mergeSnapshot(*files, kPath, kPath, commitsOf(steps)).ok());
    QCOMPARE(linesAt(*files), store.lines());
  }

  void damagedBytesAreNamedByFileAndOffset() {
    const auto files = freshFiles();
    model::RandomStore store(7);
    writeRandom(*files, store, 30);
    const std::string whole = *files->readAll(kPath);
    // Every byte is under a CRC, so that each flipped bit is found.
    Random random(1);
    for (std::size_t at = 0; at < whole.size(); at += 1 + random.below(whole.size() / 500 + 1)) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
      QVERIFY(files->replaceAll(kPath, bytes).ok());
      const auto loaded = loadSnapshot(*files, kPath);
      QVERIFY2(!loaded.ok(), std::to_string(at).c_str());
      QVERIFY(loaded.error().message.find(kPath) != std::string::npos);
      QVERIFY(loaded.error().message.find("byte") != std::string::npos);
    }
  }

  void aSnapshotCutAnywhereIsAnError() {
    const auto files = freshFiles();
    model::RandomStore store(8);
    writeRandom(*files, store, 10);
    const std::string whole = *files->readAll(kPath);
    for (std::size_t length = 0; length < whole.size(); length += 1 + whole.size() / 1000) {
      QVERIFY(files->replaceAll(kPath, std::string_view(whole).substr(0, length)).ok());
      QVERIFY(!loadSnapshot(*files, kPath).ok());
    }
  }
};

QTEST_GUILESS_MAIN(SnapshotTest)
#include "snapshot_test.moc"
