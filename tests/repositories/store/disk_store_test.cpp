// SPDX-License-Identifier: Apache-2.0
#include "tests/repositories/store/store_rig.h"

#include <QTest>

using namespace millrace;
using namespace millrace::repo;

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
