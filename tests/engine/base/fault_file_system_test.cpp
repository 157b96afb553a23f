// SPDX-License-Identifier: Apache-2.0
#include "engine/base/fault_file_system.h"

#include <QTest>
#include <set>
#include <thread>

using namespace millrace;

namespace {

std::string text(FileSystem& files, const std::string& path) {
  auto content = files.readAll(path);
  return content.ok() ? *content : "(none)";
}

void put(FileSystem& files, const std::string& path, const std::string& content) {
  auto file = files.open(path, OpenMode::kCreate);
  QVERIFY(file.ok());
  QVERIFY((*file)->writeAt(0, asBytes(content)).ok());
}

void putDurably(FileSystem& files, const std::string& path, const std::string& content) {
  put(files, path, content);
  QVERIFY((*files.open(path, OpenMode::kReadWrite))->sync().ok());
  QVERIFY(files.syncDirectory(parentPath(path)).ok());
}

}  // namespace

class FaultFileSystemTest : public QObject {
  Q_OBJECT
 private slots:
  void readsBackWhatWasWritten() {
    MemoryFileSystem files;
    QVERIFY(files.createDirectories("/a/b").ok());
    put(files, "/a/b/c", "hello");
    QCOMPARE(text(files, "/a/b/c"), std::string("hello"));
    QVERIFY(!files.open("/a/x/c", OpenMode::kCreate).ok());
    QVERIFY(!files.open("/a/b/c", OpenMode::kCreateNew).ok());
    QCOMPARE(files.list("/a")->size(), std::size_t{1});
    QVERIFY(!files.remove("/a").ok());
    QVERIFY(files.removeAll("/a").ok());
    QVERIFY(!files.exists("/a/b/c"));
  }

  void syncedBytesUnderSyncedNamesSurvive() {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      MemoryFileSystem files(seed);
      putDurably(files, "/f", std::string(3000, 'x'));
      QCOMPARE(text(*files.crash(), "/f"), std::string(3000, 'x'));
    }
  }

  void unsyncedSectorsAreLostTornAndReordered() {
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
      MemoryFileSystem files(seed);
      putDurably(files, "/f", std::string(1024, '0'));
      auto file = *files.open("/f", OpenMode::kReadWrite);
      QVERIFY(file->writeAt(0, asBytes(std::string(1024, '1'))).ok());
      QVERIFY(file->writeAt(0, asBytes(std::string(1024, '2'))).ok());
      const std::string after = text(*files.crash(), "/f");
      QCOMPARE(after, std::string(512, after[0]) + std::string(512, after[600]));
      seen.insert({after[0], after[600]});
    }
    for (const char* each : {"00", "22", "01", "10", "12", "21", "02", "20"})
      QVERIFY2(seen.contains(each), each);
  }

  void unsyncedNamesAreLostAndSyncedOnesStay() {
    bool lostCreate = false;
    bool lostRename = false;
    bool lostUnlink = false;
    bool lostLink = false;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      MemoryFileSystem files(seed);
      putDurably(files, "/old", "old");
      putDurably(files, "/gone", "gone");
      put(files, "/new", "new");
      QVERIFY(files.rename("/old", "/moved").ok());
      QVERIFY(files.remove("/gone").ok());
      QVERIFY(files.link("/moved", "/twin").ok());
      auto after = files.crash();
      QVERIFY2(after->exists("/old") != after->exists("/moved"), "a rename is one step");
      lostCreate |= !after->exists("/new");
      lostRename |= after->exists("/old");
      lostUnlink |= after->exists("/gone");
      lostLink |= !after->exists("/twin");
    }
    QVERIFY(lostCreate && lostRename && lostUnlink && lostLink);
    MemoryFileSystem files(7);
    putDurably(files, "/old", "old");
    QVERIFY(files.rename("/old", "/moved").ok());
    QVERIFY(files.syncDirectory("/").ok());
    QCOMPARE(text(*files.crash(), "/moved"), std::string("old"));
  }

  void aFileInAnUnsyncedFolderIsLostWithIt() {
    bool lost = false;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      MemoryFileSystem files(seed);
      QVERIFY(files.createDirectories("/d").ok());
      putDurably(files, "/d/f", "x");
      lost |= !files.crash()->exists("/d/f");
    }
    QVERIFY(lost);
  }

  void aFailedSyncLosesBytesThatALaterSyncDoesNotBringBack() {
    bool lost = false;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      MemoryFileSystem files(seed);
      putDurably(files, "/f", "old");
      auto file = *files.open("/f", OpenMode::kReadWrite);
      QVERIFY(file->writeAt(0, asBytes("new")).ok());
      files.fail(MemoryFileSystem::Operation::kSync, 1);
      QVERIFY(!file->sync().ok());
      QVERIFY(file->sync().ok());
      QCOMPARE(text(files, "/f"), std::string("new"));
      lost |= text(*files.crash(), "/f") == "old";
    }
    QVERIFY(lost);
  }

  void theChosenOperationFailsOnceOrForEver() {
    MemoryFileSystem files;
    auto file = *files.open("/journal", OpenMode::kCreate);
    auto other = *files.open("/other", OpenMode::kCreate);
    files.fail(MemoryFileSystem::Operation::kWrite, 2, MemoryFileSystem::Times::kOnce, "journal");
    QVERIFY(file->writeAt(0, asBytes("a")).ok());
    QVERIFY(other->writeAt(0, asBytes("a")).ok());
    QVERIFY(!file->writeAt(1, asBytes("b")).ok());
    QVERIFY(file->writeAt(1, asBytes("b")).ok());
    files.fail(MemoryFileSystem::Operation::kSync, 1, MemoryFileSystem::Times::kForEver);
    QVERIFY(!file->sync().ok());
    QVERIFY(!other->sync().ok());
    files.clearFaults();
    QVERIFY(file->sync().ok());
    files.fail(MemoryFileSystem::Operation::kName, 1);
    QVERIFY(!files.rename("/other", "/x").ok());
    QVERIFY(files.exists("/other"));
  }

  void aFullDiskRefusesWritesUntilSpaceIsGivenBack() {
    MemoryFileSystem files;
    files.setCapacity(16 * 1024);
    auto file = *files.open("/f", OpenMode::kCreate);
    QVERIFY(file->preallocate(0, 12 * 1024).ok());
    auto other = *files.open("/g", OpenMode::kCreate);
    QVERIFY(other->writeAt(0, asBytes(std::string(4096, 'x'))).ok());
    const auto refused = other->writeAt(4096, asBytes("x"));
    QVERIFY(!refused.ok());
    QVERIFY(file->writeAt(0, asBytes(std::string(12 * 1024, 'x'))).ok());
    QCOMPARE(*files.freeBytes("/"), std::uint64_t{0});
    QVERIFY(file->punchHole(0, 8192).ok());
    QVERIFY(other->writeAt(4096, asBytes("x")).ok());
    QVERIFY(files.remove("/f").ok());
    QCOMPARE(*files.freeBytes("/"), std::uint64_t{4096});  // open: the last block is still taken
    file.reset();
    QVERIFY(files.syncDirectory("/").ok());
    QCOMPARE(*files.freeBytes("/"), std::uint64_t{8192});
  }

  void afterTheCutNothingAnswers() {
    MemoryFileSystem files;
    auto file = *files.open("/f", OpenMode::kCreate);
    files.cutPowerAt(2);
    QVERIFY(file->writeAt(0, asBytes("a")).ok());
    QVERIFY(!file->sync().ok());
    QVERIFY(!files.powered());
    QVERIFY(!file->writeAt(0, asBytes("b")).ok());
    QVERIFY(!files.open("/f", OpenMode::kRead).ok());
    QVERIFY(files.crash()->powered());
  }

  void theSameSeedLosesTheSame() {
    const auto run = [](std::uint64_t seed) {
      MemoryFileSystem files(seed);
      putDurably(files, "/f", std::string(8192, '0'));
      auto file = *files.open("/f", OpenMode::kReadWrite);
      for (int i = 0; i < 16; ++i)
        (void)file->writeAt(unsigned(i) * 512, asBytes(std::string(512, 'a')));
      return text(*files.crash(), "/f");
    };
    for (std::uint64_t seed = 0; seed < 20; ++seed) QCOMPARE(run(seed), run(seed));
  }

  void theEndOfTheProcessKeepsBytesAndFreesLocks() {
    MemoryFileSystem files;
    put(files, "/f", "unsynced");
    auto lock = files.lock("/lock");
    QVERIFY(lock.ok());
    QVERIFY(!files.lock("/lock").ok());
    auto after = files.crash(MemoryFileSystem::Crash::kProcess);
    QCOMPARE(text(*after, "/f"), std::string("unsynced"));
    QVERIFY(after->lock("/lock").ok());
    lock->reset();
  }

  void aReleasedLockCanBeTakenAgain() {
    MemoryFileSystem files;
    {
      auto lock = files.lock("/lock");
      QVERIFY(lock.ok());
    }
    QVERIFY(files.lock("/lock").ok());
  }

  void threadsMayWriteAtOnce() {
    MemoryFileSystem files;
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&files, t] {
          for (int i = 0; i < 100; ++i) {
            auto file = files.open("/f" + std::to_string(t * 100 + i), OpenMode::kCreate);
            if (file.ok()) (void)(*file)->writeAt(0, asBytes("x"));
          }
        });
      }
    }
    QCOMPARE(files.list("/")->size(), std::size_t{400});
  }
};

QTEST_GUILESS_MAIN(FaultFileSystemTest)
#include "fault_file_system_test.moc"
