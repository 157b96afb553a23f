// SPDX-License-Identifier: Apache-2.0
#include "repositories/content/disk_content.h"

#include "engine/base/fault_file_system.h"

#include <QTest>

using namespace millrace;
using namespace millrace::repo;

namespace {

std::unique_ptr<DiskContent> openAt(FileSystem& files, const Clock& clock,
                                    DiskContentOptions options = {}) {
  return *DiskContent::open(files, "/content", clock, options, DiskContent::LastStop::kUnclean);
}

ContentClaim put(ContentAppender& appender, std::size_t length, char fill) {
  if (!appender.write(asBytes(std::string(length, fill))).ok()) return {};
  return appender.finish().valueOr({});
}

bool reads(DiskContent& content, const ContentClaim& claim, char fill) {
  std::string text(claim.length, '?');
  const auto got = content.read(claim, 0, std::as_writable_bytes(std::span(text)));
  return got.ok() && claim.length > 0 && text == std::string(claim.length, fill);
}

void syncAll(ContentAppender& appender) {
  for (const auto& each : appender.takeParticipants()) QVERIFY(each->sync().ok());
}

constexpr std::uint64_t kMiB = 1ULL << 20U;

}  // namespace

class DiskContentTest : public QObject {
  Q_OBJECT
  VirtualClock clock_;

 private slots:
  void syncedContentSurvivesAPowerLoss() {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      MemoryFileSystem files(seed);
      std::vector<ContentClaim> claims;
      {
        DiskContentOptions options;
        options.segmentBytes = 20'000;
        auto content = openAt(files, clock_, options);
        content->finishReplay();
        auto appender = *content->appender();
        for (int i = 0; i < 10; ++i) claims.push_back(put(*appender, 7000, 'a'));
        QVERIFY(content->segmentCount() > 2);
        syncAll(*appender);
      }
      auto after = files.crash();
      auto content = openAt(*after, clock_);
      for (const ContentClaim& claim : claims) content->retain(claim);
      content->finishReplay();
      for (const ContentClaim& claim : claims) QVERIFY(reads(*content, claim, 'a'));
    }
  }

  // Half of what passes through a flow is dropped before the second is over.
  void theBackgroundSyncsOnlyWhatIsNeededAfterwards() {
    MemoryFileSystem files;
    auto content = openAt(files, clock_);
    content->finishReplay();
    auto appender = *content->appender();
    const ContentClaim gone = put(*appender, 7000, 'a');
    const ContentClaim kept = put(*appender, 7000, 'b');
    const auto participants = appender->takeParticipants();
    QVERIFY(!participants.empty());
    content->release(gone, Lsn(4));
    content->release(kept, Lsn(5));
    files.fail(MemoryFileSystem::Operation::kSync, 1, MemoryFileSystem::Times::kForEver, "content");
    for (const auto& each : participants) QVERIFY(each->syncKept(Lsn(5)).ok());
    // The commit that drops the other one is not written yet.
    for (const auto& each : participants) QVERIFY(!each->syncKept(Lsn(4)).ok());
  }

  // pins: 1.10/7
  void damageIsMetAtTheFirstRead() {
    MemoryFileSystem files;
    ContentClaim claim;
    {
      auto content = openAt(files, clock_);
      content->finishReplay();
      auto appender = *content->appender();
      claim = put(*appender, 600'000, 'a');
    }
    {
      auto file = *files.open("/content/00000000000000000001.content", OpenMode::kReadWrite);
      QVERIFY(file->writeAt(claim.offset + 500'000, asBytes("b")).ok());
    }
    auto content = openAt(files, clock_);
    content->retain(claim);
    std::array<std::byte, 10> few{};
    const auto got = content->read(claim, 0, few);
    QVERIFY(!got.ok());
    QVERIFY(got.error().message.find("0001.content at offset 64") != std::string::npos);
  }

  void aShortenedOrMissingFileIsAnErrorNotACrash() {
    MemoryFileSystem files;
    ContentClaim claim;
    {
      auto content = openAt(files, clock_);
      content->finishReplay();
      auto appender = *content->appender();
      claim = put(*appender, 5000, 'a');
    }
    {
      auto file = *files.open("/content/00000000000000000001.content", OpenMode::kReadWrite);
      QVERIFY(file->truncate(1000).ok());
    }
    {
      auto content = openAt(files, clock_);
      content->retain(claim);
      QVERIFY(!reads(*content, claim, 'a'));
    }
    QVERIFY(files.remove("/content/00000000000000000001.content").ok());
    auto content = openAt(files, clock_);
    content->retain(claim);
    QVERIFY(!reads(*content, claim, 'a'));
    content->finishReplay();
    // The lost number is not given to new content.
    auto appender = *content->appender();
    QVERIFY(put(*appender, 5000, 'b').segment > claim.segment);
  }

  // pins: 1.10/6
  void aWholeDeadSegmentGoesAndALargeHoleIsPunched() {
    MemoryFileSystem files;
    auto content = openAt(files, clock_);
    content->finishReplay();
    auto appender = *content->appender();
    const ContentClaim first = put(*appender, kMiB, 'a');
    const ContentClaim small = put(*appender, 100'000, 'b');
    const ContentClaim middle = put(*appender, kMiB, 'c');
    const ContentClaim last = put(*appender, 5000, 'd');
    appender.reset();
    content->release(small, Lsn(1));
    QCOMPARE(*content->reclaim(Lsn(1), 10), std::uint64_t{0});  // too small for a hole
    content->release(middle, Lsn(2));
    const std::uint64_t before = *files.freeBytes("/");
    const std::uint64_t punched = *content->reclaim(Lsn(2), 10);
    QVERIFY(punched >= kMiB + 100'000 - 2 * 4096);
    QCOMPARE(*files.freeBytes("/") - before, punched);
    QCOMPARE(*content->reclaim(Lsn(2), 10), std::uint64_t{0});
    QVERIFY(reads(*content, first, 'a'));
    QVERIFY(reads(*content, last, 'd'));
    content->release(first, Lsn(3));
    content->release(last, Lsn(3));
    QVERIFY(*content->reclaim(Lsn(3), 10) > 0);
    QCOMPARE(content->segmentCount(), std::size_t{0});
    QVERIFY(files.list("/content")->empty());
  }

  void contentInTheSameBlockAsDeadContentStays() {
    MemoryFileSystem files;
    auto content = openAt(files, clock_);
    content->finishReplay();
    auto appender = *content->appender();
    std::vector<ContentClaim> dead;
    std::vector<ContentClaim> alive;
    for (int i = 0; i < 6; ++i) {
      dead.push_back(put(*appender, 400'001, 'x'));
      alive.push_back(put(*appender, 4097, 'y'));
    }
    appender.reset();
    for (const ContentClaim& claim : dead) content->release(claim, Lsn(1));
    QVERIFY(*content->reclaim(Lsn(1), 100) >= 6 * (400'001 - 2 * 4096));
    for (const ContentClaim& claim : alive) QVERIFY(reads(*content, claim, 'y'));
  }

  // pins: 1.10/4
  void theArchiveAgeKeepsDroppedContent() {
    MemoryFileSystem files;
    DiskContentOptions options;
    options.archiveAge = 60'000;
    auto content = openAt(files, clock_, options);
    content->finishReplay();
    auto appender = *content->appender();
    const ContentClaim claim = put(*appender, 10'000, 'a');
    appender.reset();
    content->release(claim, Lsn(1));
    clock_.advance(59 * kSecond);
    QCOMPARE(*content->reclaim(Lsn(1), 10), std::uint64_t{0});
    clock_.advance(2 * kSecond);
    QVERIFY(*content->reclaim(Lsn(1), 10) > 0);
  }

  void nothingGoesBeforeReplayIsFinishedAndTheUnreachableAfter() {
    MemoryFileSystem files;
    ContentClaim claim;
    {
      auto content = openAt(files, clock_);
      content->finishReplay();
      auto appender = *content->appender();
      claim = put(*appender, 10'000, 'a');
      auto other = *content->appender();
      put(*other, 10'000, 'b');
    }
    auto content = openAt(files, clock_);
    QVERIFY(!content->appender().ok());
    QCOMPARE(*content->reclaim(Lsn(9), 10), std::uint64_t{0});
    content->retain(claim);
    content->finishReplay();
    clock_.advance(kMinute);
    clock_.stepWall(100'000'000'000);  // the files' own times are of another clock here
    QVERIFY(*content->reclaim(Lsn(9), 10) > 0);
    QCOMPARE(content->segmentCount(), std::size_t{1});
    QVERIFY(reads(*content, claim, 'a'));
  }

  void aLargeContentIsOnItsWayToTheMediumBeforeItEnds() {
    MemoryFileSystem files;
    auto content = openAt(files, clock_);
    content->finishReplay();
    auto appender = *content->appender();
    const std::uint64_t before = files.syncs();
    const std::string part(kMiB, 'x');
    for (int i = 0; i < 48; ++i) QVERIFY(appender->write(asBytes(part)).ok());
    // The last window of 8 MiB may still be under way.
    QCOMPARE(files.syncs() - before, std::uint64_t{5});
    QVERIFY(files.forgotten() >= 24 * kMiB);
    const ContentClaim claim = *appender->finish();
    const std::uint64_t forgotten = files.forgotten();
    QVERIFY(reads(*content, claim, 'x'));
    QVERIFY(files.forgotten() >= forgotten + 40 * kMiB);
  }

  void aContentThatFitsItsShareStaysInTheCache() {
    MemoryFileSystem files;
    auto content = openAt(files, clock_);
    content->finishReplay();
    auto appender = *content->appender();
    const ContentClaim claim = put(*appender, 15 * kMiB, 'a');
    QVERIFY(reads(*content, claim, 'a'));
    QCOMPARE(files.forgotten(), std::uint64_t{0});
  }

  // The system tells of a failed write-back once: nobody may take the next sync's word.
  void aWriteBackThatFailedFailsEverySyncThereafter() {
    MemoryFileSystem files;
    auto content = openAt(files, clock_);
    content->finishReplay();
    auto appender = *content->appender();
    put(*appender, 5000, 'a');
    const auto participants = appender->takeParticipants();
    files.fail(MemoryFileSystem::Operation::kSync, 1);
    const std::string part(kMiB, 'x');
    Result<> written = Done{};
    for (int i = 0; i < 48 && written.ok(); ++i) written = appender->write(asBytes(part));
    QVERIFY(!written.ok());
    QVERIFY(!participants.at(0)->sync().ok());
  }

  void aFullDiskFailsTheWriteAndTheNextContentIsWhole() {
    MemoryFileSystem files;
    auto content = openAt(files, clock_);
    content->finishReplay();
    auto appender = *content->appender();
    const ContentClaim before = put(*appender, 5000, 'a');
    files.setCapacity(200'000);
    QVERIFY(!appender->write(asBytes(std::string(400'000, 'b'))).ok());
    appender->abandon();
    files.setCapacity(10 * kMiB);
    const ContentClaim after = put(*appender, 5000, 'c');
    QVERIFY(reads(*content, before, 'a'));
    QVERIFY(reads(*content, after, 'c'));
  }

  void aFailedSyncIsNeverTriedAgain() {
    MemoryFileSystem files;
    auto content = openAt(files, clock_);
    content->finishReplay();
    auto appender = *content->appender();
    put(*appender, 5000, 'a');
    const auto participants = appender->takeParticipants();
    files.fail(MemoryFileSystem::Operation::kSync, 1);
    QVERIFY(!participants.at(0)->sync().ok());
    const std::uint64_t before = files.syncs();
    QVERIFY(!participants.at(0)->sync().ok());
    QCOMPARE(files.syncs(), before);
  }

  void anAdoptedFileStaysAfterItsSourceIsGoneAndThePowerToo() {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      MemoryFileSystem files(seed);
      ContentClaim claim;
      {
        auto content = openAt(files, clock_);
        content->finishReplay();
        auto file = *files.open("/source", OpenMode::kCreate);
        QVERIFY(file->writeAt(0, asBytes(std::string(20'000, 's'))).ok());
        const FileInfo info = *files.info("/source");
        auto appender = *content->appender();
        claim = appender->adopt({"/source", info.inode, info.size, info.modified}).valueOr({});
        syncAll(*appender);
        QVERIFY(files.remove("/source").ok());
      }
      auto after = files.crash();
      auto content = openAt(*after, clock_);
      content->retain(claim);
      content->finishReplay();
      QVERIFY(reads(*content, claim, 's'));
    }
  }
};

QTEST_GUILESS_MAIN(DiskContentTest)
#include "disk_content_test.moc"
