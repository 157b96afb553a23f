// SPDX-License-Identifier: Apache-2.0
#include "repositories/journal/journal.h"

#include "engine/base/fault_file_system.h"

#include <QTest>

using namespace millrace;
using namespace millrace::repo;

namespace {

constexpr StoreId kStore{0x1234, 0x5678};
constexpr std::uint64_t kSegment = 8192;

JournalOptions smallOptions() {
  JournalOptions options;
  options.segmentBytes = kSegment;
  options.snapshotReserve = 0;
  return options;
}

Result<std::unique_ptr<Journal>> openAt(FileSystem& files, std::uint64_t epoch,
                                        JournalOptions options = smallOptions(),
                                        Lsn cleanDurable = Lsn(0)) {
  return Journal::open(files, "/journal", {kStore, epoch, cleanDurable}, options);
}

/// One group with one commit; its record is `text`.
Result<> put(Journal& journal, std::uint64_t lsn, const std::string& text) {
  Commit commit;
  const ByteView bytes = asBytes(text);
  commit.record.assign(bytes.begin(), bytes.end());
  GroupWriter writer;
  writer.add(commit, Lsn(lsn));
  const auto parts = writer.parts();
  MR_TRY(journal.append({Lsn(lsn), Lsn(lsn), Lsn(lsn - 1), parts}));
  return journal.sync();
}

std::vector<std::string> allOf(const Journal& journal, Lsn from = Lsn(1)) {
  std::vector<std::string> records;
  auto reader = journal.read(from, journal.recovered().last);
  if (!reader.ok()) return {reader.error().message};
  while (true) {
    auto item = reader->next();
    if (!item.ok()) return {item.error().message};
    if (!item->has_value()) return records;
    if ((*item)->commit.has_value())
      records.push_back(std::string(asText((*item)->commit->record)));
  }
}

void damage(FileSystem& files, const std::string& path, std::uint64_t at) {
  auto file = *files.open(path, OpenMode::kReadWrite);
  std::array<std::byte, 1> byte{};
  QVERIFY(file->readAt(at, byte).ok());
  byte[0] ^= std::byte{0x10};
  QVERIFY(file->writeAt(at, byte).ok());
}

const std::string kFirst = "/journal/00000000000000000001.journal";

}  // namespace

class JournalTest : public QObject {
  Q_OBJECT
 private slots:
  void anEmptyJournalHoldsNothing() {
    MemoryFileSystem files;
    auto journal = openAt(files, 1);
    QVERIFY(journal.ok());
    QCOMPARE((*journal)->recovered().last, Lsn(0));
    QCOMPARE((*journal)->recovered().first, Lsn(1));
    QVERIFY(allOf(**journal).empty());
  }

  void aRecycledSegmentWithoutItsNewHeaderHidesNothing() {
    MemoryFileSystem files;
    {
      auto journal = openAt(files, 1);
      QVERIFY(journal.ok());
      for (std::uint64_t lsn = 1; lsn <= 3; ++lsn) QVERIFY(put(**journal, lsn, "text").ok());
    }
    // The process ended between the rename of a spare and the writing of its header.
    const std::string stale = *files.readAll(kFirst);
    auto next = *files.open("/journal/00000000000000000002.journal", OpenMode::kCreateNew);
    QVERIFY(next->writeAt(0, asBytes(stale)).ok());
    log::SegmentOptions options;
    options.suffix = kJournalSuffix;
    const auto segments = *log::SegmentDirectory::look(files, "/journal", options);
    auto reader = JournalReader::open(*segments, kStore, Lsn(3), Lsn(3));
    QVERIFY(reader.ok());
    auto item = reader->next();
    QVERIFY(item.ok() && item->has_value() && (*item)->commit.has_value());
    QCOMPARE((*item)->commit->lsn, Lsn(3));
    QVERIFY(openAt(files, 2).ok());
  }

  // pins: 1.11/1
  void whatWasSyncedIsThereAfterAPowerLoss() {
    MemoryFileSystem files(5);
    {
      auto journal = *openAt(files, 1);
      for (std::uint64_t lsn = 1; lsn <= 40; ++lsn)
        QVERIFY(put(*journal, lsn, "record " + std::to_string(lsn)).ok());
      QVERIFY(journal->segmentCount() > 1);
    }
    auto after = files.crash();
    auto journal = *openAt(*after, 2);
    QCOMPARE(journal->recovered().last, Lsn(40));
    const auto records = allOf(*journal);
    QCOMPARE(records.size(), std::size_t{40});
    QCOMPARE(records[39], std::string("record 40"));
    QCOMPARE(allOf(*journal, Lsn(38)).size(), std::size_t{3});
  }

  void continuesInALaterEpoch() {
    MemoryFileSystem files;
    for (std::uint64_t epoch = 1; epoch <= 5; ++epoch) {
      auto journal = *openAt(files, epoch);
      QCOMPARE(journal->recovered().last, Lsn(epoch - 1));
      QVERIFY(put(*journal, epoch, "e" + std::to_string(epoch)).ok());
      QCOMPARE(journal->segmentCount(), std::size_t{1});
    }
    QCOMPARE(allOf(**openAt(files, 6)), (std::vector<std::string>{"e1", "e2", "e3", "e4", "e5"}));
  }

  // pins: 1.11/4
  void aGroupLargerThanASegmentIsOneTransaction() {
    MemoryFileSystem files;
    const std::string giant(5 * kSegment + 17, 'g');
    {
      auto journal = *openAt(files, 1);
      QVERIFY(put(*journal, 1, "small").ok());
      QVERIFY(put(*journal, 2, giant).ok());
      QVERIFY(put(*journal, 3, "after").ok());
    }
    auto journal = *openAt(files, 2);
    QCOMPARE(allOf(*journal), (std::vector<std::string>{"small", giant, "after"}));
  }

  void aCutThroughAGiantGroupLeavesAReadableJournal() {
    MemoryFileSystem files;
    {
      auto journal = *openAt(files, 1);
      QVERIFY(put(*journal, 1, "small").ok());
      QVERIFY(put(*journal, 2, std::string(3 * kSegment, 'g')).ok());
      QVERIFY(put(*journal, 3, "after").ok());
      QVERIFY(journal->cutBelow(Lsn(2)).ok());
      QCOMPARE(allOf(*journal, Lsn(2)).size(), std::size_t{0});  // recovery found nothing then
      QVERIFY(journal->read(Lsn(2), Lsn(3)).ok());
      QVERIFY(journal->cutBelow(Lsn(3)).ok());
      QVERIFY(!journal->read(Lsn(2), Lsn(3)).ok());
    }
    auto journal = *openAt(files, 2);
    QCOMPARE(journal->recovered().first, Lsn(3));
    QCOMPARE(allOf(*journal, Lsn(3)), (std::vector<std::string>{"after"}));
  }

  // pins: 1.11/2
  void aTornTailIsCutAndNewCommitsFollow() {
    MemoryFileSystem files;
    {
      auto journal = *openAt(files, 1);
      QVERIFY(put(*journal, 1, "one").ok());
      QVERIFY(put(*journal, 2, "two").ok());
    }
    damage(files, kFirst, 512 + 512 + 74);
    {
      auto journal = *openAt(files, 2);
      QCOMPARE(journal->recovered().last, Lsn(1));
      QVERIFY(put(*journal, 2, "second try").ok());
    }
    QCOMPARE(allOf(**openAt(files, 3)), (std::vector<std::string>{"one", "second try"}));
  }

  void whatStoodBehindATornFrameStaysCut() {
    MemoryFileSystem files;
    {
      auto journal = *openAt(files, 1);
      for (std::uint64_t lsn = 1; lsn <= 4; ++lsn) {
        Commit commit;
        commit.record.resize(4, std::byte{'x'});
        GroupWriter writer;
        writer.add(commit, Lsn(lsn));
        const auto parts = writer.parts();
        // Written ahead of any sync, as in process mode: nothing is known durable.
        QVERIFY(journal->append({Lsn(lsn), Lsn(lsn), Lsn(0), parts}).ok());
      }
    }
    damage(files, kFirst, 512 + 512 + 74);
    {
      auto journal = *openAt(files, 2);
      QCOMPARE(journal->recovered().last, Lsn(1));
      QVERIFY(put(*journal, 2, "new").ok());
    }
    // The old third frame still stands behind the new second one.
    QCOMPARE((*openAt(files, 3))->recovered().last, Lsn(2));
  }

  // pins: 1.11/9
  void aBadFrameThatWasDurableIsDamageAndNamed() {
    MemoryFileSystem files;
    {
      auto journal = *openAt(files, 1);
      for (std::uint64_t lsn = 1; lsn <= 3; ++lsn) QVERIFY(put(*journal, lsn, "x").ok());
    }
    damage(files, kFirst, 512 + 512 + 74);
    const auto opened = openAt(files, 2);
    QVERIFY(!opened.ok());
    const std::string& message = opened.error().message;
    QVERIFY2(message.find(kFirst) != std::string::npos, message.c_str());
    QVERIFY2(message.find("offset 1024") != std::string::npos, message.c_str());
    QVERIFY2(message.find("commit 2 ") != std::string::npos, message.c_str());
    JournalOptions salvage = smallOptions();
    salvage.damage = Damage::kSalvage;
    auto journal = openAt(files, 2, salvage);
    QVERIFY(journal.ok());
    QCOMPARE((*journal)->recovered().last, Lsn(1));
  }

  void aLastFrameThatACleanStopKnewIsDamage() {
    MemoryFileSystem files;
    {
      auto journal = *openAt(files, 1);
      QVERIFY(put(*journal, 1, "x").ok());
    }
    damage(files, kFirst, 512 + 74);
    QVERIFY(!openAt(files, 2, smallOptions(), Lsn(1)).ok());
    QVERIFY(openAt(files, 2).ok());
  }

  void aMissingSegmentIsDamage() {
    MemoryFileSystem files;
    {
      auto journal = *openAt(files, 1);
      for (std::uint64_t lsn = 1; lsn <= 60; ++lsn) QVERIFY(put(*journal, lsn, "x").ok());
      QVERIFY(journal->segmentCount() >= 3);
    }
    QVERIFY(files.remove("/journal/00000000000000000002.journal").ok());
    QVERIFY(!openAt(files, 2).ok());
  }

  void anotherStoresJournalIsRefused() {
    MemoryFileSystem files;
    {
      auto journal = *openAt(files, 1);
      QVERIFY(put(*journal, 1, "x").ok());
    }
    const auto opened = Journal::open(files, "/journal", {{9, 9}, 2, Lsn(0)}, smallOptions());
    QVERIFY(!opened.ok());
    QVERIFY(opened.error().message.find("another store") != std::string::npos);
  }

  void anEpochThatWentBackIsRefused() {
    MemoryFileSystem files;
    {
      auto journal = *openAt(files, 3);
      QVERIFY(put(*journal, 1, "x").ok());
    }
    QVERIFY(!openAt(files, 3).ok());
  }

  void cutSegmentsAreRecycledAndTheirOldFramesRejected() {
    MemoryFileSystem files;
    {
      auto journal = *openAt(files, 1);
      std::uint64_t lsn = 1;
      for (int round = 0; round < 5; ++round) {
        for (int i = 0; i < 40; ++i) QVERIFY(put(*journal, lsn++, "x").ok());
        QVERIFY(journal->cutBelow(Lsn(lsn)).ok());
        QCOMPARE(journal->segmentCount(), std::size_t{1});
      }
    }
    auto journal = openAt(files, 2);
    QVERIFY(journal.ok());
    QCOMPARE((*journal)->recovered().last, Lsn(200));
    QVERIFY((*journal)->recovered().first > Lsn(150));
    QVERIFY(!allOf(**journal, Lsn(1)).empty());
    const auto tooEarly = (*journal)->read(Lsn(1), Lsn(200));
    QVERIFY(!tooEarly.ok());
  }

  void aFullDiskIsMetInReserve() {
    MemoryFileSystem files;
    auto journal = *openAt(files, 1);
    files.setCapacity(100 * 1024);
    QVERIFY(!journal->reserve(1 << 20).ok());
    QVERIFY(journal->reserve(100).ok());
    const std::uint64_t before = *files.freeBytes("/");
    QVERIFY(put(*journal, 1, std::string(100, 'x')).ok());
    QCOMPARE(*files.freeBytes("/"), before);
  }

  void afterAFailedSyncNothingIsTaken() {
    MemoryFileSystem files;
    auto journal = *openAt(files, 1);
    files.fail(MemoryFileSystem::Operation::kSync, 1, MemoryFileSystem::Times::kOnce,
               "0001.journal");
    QVERIFY(!put(*journal, 1, "x").ok());
    const std::uint64_t operations = files.operations();
    QVERIFY(!put(*journal, 2, "x").ok());
    QVERIFY(!journal->sync().ok());
    QCOMPARE(files.operations(), operations);
  }
};

QTEST_GUILESS_MAIN(JournalTest)
#include "journal_test.moc"
