// SPDX-License-Identifier: Apache-2.0
#include "repositories/store/disk_store.h"

#include "engine/base/crc32c.h"
#include "engine/base/fault_file_system.h"

#include <QTest>

using namespace millrace;
using namespace millrace::repo;

namespace {

constexpr ConnectionId kQueue{7};

DiskStoreOptions smallOptions() {
  DiskStoreOptions options;
  options.journal.segmentBytes = 64ULL << 10U;
  options.journal.snapshotReserve = 0;
  options.snapshotEveryBytes = 64ULL << 10U;
  options.content.segmentBytes = 64ULL << 10U;
  return options;
}

/// A store and what it takes to commit to it.
struct Rig {
  explicit Rig(FileSystem& files, DiskStoreOptions options = smallOptions()) {
    auto opened = DiskStore::open(files, "/data", clock, random, std::move(options));
    if (opened.ok()) store = std::move(*opened);
    if (!opened.ok()) error = opened.error().message;
  }

  FlowFile made(Content content) {
    FlowFile file;
    file.id = FlowFileId(nextId++);
    file.content = std::move(content);
    return file;
  }
  /// Queues a FlowFile with so many bytes in the journal.
  Lsn queueSmall(std::size_t bytes) {
    Content content;
    content.kind = Content::Kind::kInline;
    content.length = bytes;
    content.buffer = std::make_shared<InlineBuffer>(std::vector<std::byte>(bytes));
    content.buffer->retain();
    content.crc = crc32c(content.buffer->bytes());
    return commit(made(std::move(content)), {});
  }
  /// Queues one with content in a file.
  Lsn queueLarge(ContentAppender& appender, std::size_t bytes, ContentClaim& claim) {
    if (!appender.write(std::vector<std::byte>(bytes, std::byte{'x'})).ok()) return Lsn(0);
    claim = appender.finish().valueOr({});
    Content content;
    content.kind = Content::Kind::kStored;
    content.length = bytes;
    content.claim = claim;
    return commit(made(std::move(content)), appender.takeParticipants());
  }
  Lsn commit(const FlowFile& file, std::vector<std::shared_ptr<Participant>> syncs) {
    CommitRecordWriter record;
    record.begin(ComponentId(1), 0, 1);
    record.outputs(kQueue);
    record.created(file);
    auto finished = record.finish();
    return submit(std::move(finished), std::move(syncs));
  }
  Lsn drop(QueueKey key) {
    CommitRecordWriter record;
    record.begin(ComponentId(2), 0, 1);
    record.input(kQueue, key);
    record.dropped(0, DropReason::kRemoved);
    return submit(record.finish(), {});
  }
  Lsn submit(CommitRecordWriter::Finished finished,
             std::vector<std::shared_ptr<Participant>> syncs) {
    Commit commit;
    commit.record = std::move(finished.record);
    commit.inlined = std::move(finished.inlined);
    commit.syncs = std::move(syncs);
    if (!store->commits().reserve(bytesOf(commit)).ok()) return Lsn(0);
    return store->commits().submit(std::move(commit));
  }

  SystemClock clock;
  Random random{1};
  std::uint64_t nextId = 1;
  std::unique_ptr<DiskStore> store;
  std::string error;
};

std::size_t filesIn(MemoryFileSystem& files, const std::string& folder) {
  auto found = files.list(folder);
  return found.ok() ? found->size() : 0;
}

}  // namespace

class DiskStoreTest : public QObject {
  Q_OBJECT
 private slots:
  // pins: 1.11/3
  void growthAloneBringsTheSnapshot() {
    MemoryFileSystem files;
    DiskStoreOptions options = smallOptions();
    options.maintenanceEvery = 3600 * kSecond;
    Rig rig(files, options);
    QVERIFY2(rig.store, rig.error.c_str());
    rig.store->start();
    // The next regular round is an hour away.
    for (int i = 0; i < 10000 && !files.exists("/data/snapshot"); ++i)
      QVERIFY(rig.store->commits().waitDurable(rig.queueSmall(4000)).ok());
    QVERIFY(files.exists("/data/snapshot"));
    QVERIFY(rig.store->stop().ok());
  }

  void whatOneLifeWroteCountsForTheSnapshotOfTheNext() {
    auto files = std::make_unique<MemoryFileSystem>();
    // No life writes enough for a snapshot; together they do.
    for (int life = 0; life < 4; ++life) {
      Rig rig(*files);
      QVERIFY2(rig.store, rig.error.c_str());
      for (int i = 0; i < 5; ++i) (void)rig.queueSmall(4000);
      while (*rig.store->commits().runOnce()) {
      }
      QVERIFY(rig.store->maintain().ok());
      QCOMPARE(files->exists("/data/snapshot"), life == 3);
      rig.store.reset();
      files = files->crash(MemoryFileSystem::Crash::kProcess);
    }
    Rig rig(*files);
    QVERIFY2(rig.store, rig.error.c_str());
    QCOMPARE(rig.store->takeImage().count(), std::uint64_t{20});
  }

  void aSnapshotThatFailedIsMadeLater() {
    MemoryFileSystem files;
    Rig rig(files);
    QVERIFY2(rig.store, rig.error.c_str());
    for (int i = 0; i < 40; ++i) (void)rig.queueSmall(4000);
    while (*rig.store->commits().runOnce()) {
    }
    files.fail(MemoryFileSystem::Operation::kWrite, 1, MemoryFileSystem::Times::kForEver,
               "snapshot");
    QVERIFY(!rig.store->maintain().ok());
    QVERIFY(!files.exists("/data/snapshot"));
    files.clearFaults();
    QVERIFY(rig.store->maintain().ok());  // nothing was committed meanwhile
    QVERIFY(files.exists("/data/snapshot"));
    QVERIFY(rig.store->stop().ok());
  }

  void aSnapshotThatWasCutShortIsTakenAway() {
    auto files = std::make_unique<MemoryFileSystem>();
    {
      Rig rig(*files);
      QVERIFY2(rig.store, rig.error.c_str());
      for (int i = 0; i < 40; ++i) (void)rig.queueSmall(4000);
      while (*rig.store->commits().runOnce()) {
      }
      // The name is the last thing that a snapshot gets.
      files->fail(MemoryFileSystem::Operation::kName, 2, MemoryFileSystem::Times::kForEver,
                  "snapshot.part");
      QVERIFY(!rig.store->maintain().ok());
    }
    QVERIFY(files->exists("/data/snapshot.part"));
    files = files->crash(MemoryFileSystem::Crash::kProcess);
    Rig rig(*files);
    QVERIFY2(rig.store, rig.error.c_str());
    QVERIFY(!files->exists("/data/snapshot.part"));
    QCOMPARE(rig.store->takeImage().count(), std::uint64_t{40});
  }

  void aCleanStopGivesBackWhatWasDroppedLast() {
    MemoryFileSystem files;
    Rig rig(files);
    QVERIFY2(rig.store, rig.error.c_str());
    auto appender = *rig.store->content().appender();
    ContentClaim claim;
    const Lsn queued = rig.queueLarge(*appender, 20000, claim);
    while (*rig.store->commits().runOnce()) {
    }
    QCOMPARE(filesIn(files, "/data/content"), std::size_t{1});
    const Lsn dropped = rig.drop({queued, 0});
    rig.store->content().release(claim, dropped);
    // The appender is still there, as that of a worker is when the program stops.
    QVERIFY(rig.store->stop().ok());
    QCOMPARE(filesIn(files, "/data/content"), std::size_t{0});
  }

  void manyDeadFilesGoWithoutWaitingForTheNextRound() {
    MemoryFileSystem files;
    DiskStoreOptions options = smallOptions();
    options.maintenanceEvery = 100 * kMillisecond;
    options.content.segmentBytes = 4096;  // a file for each
    Rig rig(files, options);
    QVERIFY2(rig.store, rig.error.c_str());
    auto appender = *rig.store->content().appender();
    for (int i = 0; i < 300; ++i) {
      ContentClaim claim;
      const Lsn queued = rig.queueLarge(*appender, 5000, claim);
      const Lsn dropped = rig.drop({queued, 0});
      rig.store->content().release(claim, dropped);
    }
    appender.reset();
    while (*rig.store->commits().runOnce()) {
    }
    std::uint64_t rounds = 0;
    while (filesIn(files, "/data/content") > 0) {
      QVERIFY(*rig.store->maintain() > 0);  // each round says that there may be more
      QVERIFY(++rounds < 100);
    }
    QVERIFY(rounds > 1);
    QCOMPARE(*rig.store->maintain(), std::uint64_t{0});
  }

  void whatADurableCommitAskedForIsDoneBeforeTheStoreIsOpen() {
    auto files = std::make_unique<MemoryFileSystem>();
    QVERIFY(files->createDirectories("/drop").ok());
    QVERIFY(files->replaceAll("/drop/taken", "text").ok());
    {
      Rig rig(*files);
      QVERIFY2(rig.store, rig.error.c_str());
      files->fail(MemoryFileSystem::Operation::kName, 1, MemoryFileSystem::Times::kForEver,
                  "/drop");
      CommitRecordWriter record;
      record.begin(ComponentId(1), 0, 1);
      record.state("key", "value");
      Commit commit;
      commit.record = record.finish().record;
      Effect effect;
      effect.path = "/drop/taken";
      commit.effects.push_back(effect);
      QVERIFY(rig.store->commits().reserve(bytesOf(commit)).ok());
      (void)rig.store->commits().submit(std::move(commit));
      QVERIFY(rig.store->commits().runOnce().ok());
      QVERIFY(files->exists("/drop/taken"));
    }
    files = files->crash(MemoryFileSystem::Crash::kProcess);
    // A source that still found the file would take it a second time.
    Rig rig(*files);
    QVERIFY2(rig.store, rig.error.c_str());
    QVERIFY(!files->exists("/drop/taken"));
  }

  void aJournalGoesOnWithSegmentsOfAnotherSize() {
    auto files = std::make_unique<MemoryFileSystem>();
    std::uint64_t count = 0;
    for (const std::uint64_t size : {64ULL << 10U, 256ULL << 10U, 32ULL << 10U, 64ULL << 10U}) {
      DiskStoreOptions options = smallOptions();
      options.journal.segmentBytes = size;
      Rig rig(*files, options);
      QVERIFY2(rig.store, rig.error.c_str());
      QCOMPARE(rig.store->takeImage().count(), count);
      rig.nextId = count + 1;
      for (int i = 0; i < 25; ++i) {
        (void)rig.queueSmall(4000);
        while (*rig.store->commits().runOnce()) {
        }
      }
      count += 25;
      // A segment never grows: it was made with all its space.
      auto entries = files->list("/data/journal");
      QVERIFY(entries.ok());
      for (const DirectoryEntry& entry : *entries) {
        const std::uint64_t bytes = files->info("/data/journal/" + entry.name)->size;
        QVERIFY2(bytes == 32U << 10U || bytes == 64U << 10U || bytes == 256U << 10U,
                 qPrintable(QString::number(bytes)));
      }
      rig.store.reset();
      files = files->crash(MemoryFileSystem::Crash::kProcess);
    }
  }
};

QTEST_GUILESS_MAIN(DiskStoreTest)
#include "disk_store_test.moc"
