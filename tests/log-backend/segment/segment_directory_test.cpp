// SPDX-License-Identifier: Apache-2.0
#include "log-backend/segment/segment_directory.h"

#include "engine/base/fault_file_system.h"
#include "log-backend/segment/tail_scan.h"

#include <QTest>

using namespace millrace;
using namespace millrace::log;

namespace {
SegmentOptions smallOptions(Space space = Space::kReserved) {
  SegmentOptions options;
  options.bytes = 8192;
  options.mostSpares = 2;
  options.space = space;
  return options;
}
}  // namespace

class SegmentDirectoryTest : public QObject {
  Q_OBJECT
 private slots:
  void aCreatedSegmentIsThereAfterAPowerLoss() {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      MemoryFileSystem files(seed);
      const Space space = seed % 2 == 0 ? Space::kReserved : Space::kWritten;
      auto segments = *SegmentDirectory::open(files, "/data/log", smallOptions(space));
      QVERIFY(segments->create(7).ok());
      auto after = files.crash();
      auto again = *SegmentDirectory::open(*after, "/data/log", smallOptions());
      QCOMPARE(again->numbers(), (std::vector<std::uint64_t>{7}));
      QCOMPARE(*(*again->openForRead(7))->size(), std::uint64_t{8192});
    }
  }

  void aFolderOnADiskThatIsGoneIsAnError() {
    MemoryFileSystem files;
    files.cutPowerAt(1);
    QVERIFY(!files.createDirectories("/x").ok());
    QVERIFY(!createFolderDurably(files, "/data/log").ok());
  }

  void writingIntoASegmentTakesNoMoreSpace() {
    MemoryFileSystem files;
    auto segments = *SegmentDirectory::open(files, "/log", smallOptions());
    QVERIFY(segments->prepareSpare().ok());
    files.setCapacity(8192);
    auto file = *segments->create(1);
    QVERIFY(file->writeAt(0, asBytes(std::string(8192, 'x'))).ok());
    QVERIFY(!segments->prepareSpare().ok());
    QVERIFY(!segments->create(2).ok());
    QCOMPARE(segments->numbers(), (std::vector<std::uint64_t>{1}));
  }

  void removedSegmentsAreRecycledUpToTheLimit() {
    MemoryFileSystem files;
    auto segments = *SegmentDirectory::open(files, "/log", smallOptions());
    for (std::uint64_t number = 1; number <= 5; ++number) QVERIFY(segments->create(number).ok());
    const std::uint64_t inode = files.info(segments->pathOf(1))->inode;
    QVERIFY(segments->removeBelow(5).ok());
    QCOMPARE(segments->numbers(), (std::vector<std::uint64_t>{5}));
    QCOMPARE(segments->spares(), std::size_t{2});
    QCOMPARE(files.list("/log")->size(), std::size_t{3});
    QVERIFY(segments->create(6).ok());
    QCOMPARE(files.info(segments->pathOf(6))->inode, inode);
  }

  void theTailScanEndsBehindTheLastWholeFrame() {
    MemoryFileSystem files;
    auto file = *files.open("/f", OpenMode::kCreate);
    // Frames here are a digit that says how many bytes follow.
    const auto frameAt = [](File& in, std::uint64_t offset,
                            std::uint64_t size) -> Result<std::uint64_t> {
      std::array<std::byte, 1> digit{};
      MR_TRY(in.readAt(offset, digit));
      const auto value = std::to_integer<std::uint64_t>(digit[0]) - '0';
      if (value > 9 || offset + 1 + value > size) return std::uint64_t{0};
      return value + 1;
    };
    QCOMPARE(*scanTail(*file, 0, frameAt), std::uint64_t{0});
    QVERIFY(file->writeAt(0, asBytes("2ab03abc?rest")).ok());
    QCOMPARE(*scanTail(*file, 0, frameAt), std::uint64_t{8});
    QCOMPARE(*scanTail(*file, 3, frameAt), std::uint64_t{8});
    QVERIFY(file->truncate(6).ok());
    QCOMPARE(*scanTail(*file, 0, frameAt), std::uint64_t{4});
  }

  void sparesAndStrangersDoNotCountAtOpening() {
    MemoryFileSystem files;
    {
      auto segments = *SegmentDirectory::open(files, "/log", smallOptions());
      QVERIFY(segments->create(3).ok());
      QVERIFY(segments->prepareSpare().ok());
    }
    for (const char* name : {"/log/readme.txt", "/log/12.segment", "/log/x.segment",
                             "/log/99999999999999999999.segment"})
      QVERIFY(files.open(name, OpenMode::kCreate).ok());
    auto segments = *SegmentDirectory::open(files, "/log", smallOptions());
    QCOMPARE(segments->numbers(), (std::vector<std::uint64_t>{3}));
    QCOMPARE(segments->spares(), std::size_t{0});
    QVERIFY(files.exists("/log/readme.txt"));
  }
};

QTEST_GUILESS_MAIN(SegmentDirectoryTest)
#include "segment_directory_test.moc"
