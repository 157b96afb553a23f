// SPDX-License-Identifier: Apache-2.0
// Dropped content gives its blocks back on a real disk, measured as du does.
#include "engine/base/posix_file_system.h"
#include "repositories/content/disk_content.h"

#include <sys/stat.h>

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

using namespace millrace;
using namespace millrace::repo;

namespace {

constexpr std::uint64_t kMiB = 1ULL << 20U;
constexpr std::uint64_t kLarge = 2 * kMiB;
constexpr std::uint64_t kSmall = 5000;
// A small content lies in two or three blocks; the segment's header is in another.
constexpr std::uint64_t kOfOneSmall = 4 * kContentBlock;
constexpr Millis kHour = 3600000;
constexpr std::size_t kMany = 1000;  // operations

ContentClaim put(ContentAppender& appender, std::uint64_t length, char fill) {
  if (!appender.write(asBytes(std::string(static_cast<std::size_t>(length), fill))).ok()) return {};
  return appender.finish().valueOr({});
}

bool reads(DiskContent& content, const ContentClaim& claim, char fill) {
  std::string text(static_cast<std::size_t>(claim.length), '?');
  const auto got = content.read(claim, 0, std::as_writable_bytes(std::span(text)));
  return got.ok() && claim.length > 0 && text == std::string(text.size(), fill);
}

}  // namespace

class ContentSpaceTest : public QObject {
  Q_OBJECT

  std::unique_ptr<FileSystem> files_ = makePosixFileSystem();
  VirtualClock clock_;
  std::unique_ptr<QTemporaryDir> folder_;

  std::string path() const { return folder_->path().toStdString() + "/content"; }

  std::unique_ptr<DiskContent> open(DiskContentOptions options = {}) {
    return *DiskContent::open(*files_, path(), clock_, options, DiskContent::LastStop::kUnclean);
  }

  /// Bytes of all blocks that the files take.
  std::uint64_t taken() const {
    std::uint64_t sum = 0;
    const QDir folder(QString::fromStdString(path()));
    for (const QString& name : folder.entryList(QDir::Files)) {
      struct stat facts {};
      if (::stat(folder.filePath(name).toLocal8Bit().constData(), &facts) == 0)
        sum += static_cast<std::uint64_t>(facts.st_blocks) * 512;
    }
    return sum;
  }

  static void syncAll(ContentAppender& appender) {
    for (const auto& each : appender.takeParticipants()) QVERIFY(each->sync().ok());
  }

 private slots:
  void initTestCase() {
    QTemporaryDir probe(MR_BINARY_DIR "/space-XXXXXX");
    const std::string file = probe.path().toStdString() + "/probe";
    auto made = files_->open(file, OpenMode::kCreateNew);
    QVERIFY(made.ok());
    QVERIFY((*made)->writeAt(0, asBytes(std::string(64 * 1024, 'x'))).ok());
    QVERIFY((*made)->sync().ok());
    struct stat facts {};
    if (!(*made)->punchHole(0, 64 * 1024).ok() || ::stat(file.c_str(), &facts) != 0 ||
        facts.st_blocks != 0)
      QSKIP("the file system of the build folder cannot punch holes");
  }

  void init() {
    // Not in /tmp, which may be in memory.
    folder_ = std::make_unique<QTemporaryDir>(MR_BINARY_DIR "/space-XXXXXX");
    QVERIFY(folder_->isValid());
    clock_.advance(std::max<Nanos>(0, 1900000000LL * kSecond - clock_.wall() * kMillisecond));
  }

  void allButOneSmallGivesItsBlocksBack_data() {
    QTest::addColumn<Millis>("archiveAge");
    QTest::newRow("without archive") << Millis{0};
    QTest::newRow("with an archive of an hour") << kHour;
  }
  void allButOneSmallGivesItsBlocksBack() {
    QFETCH(Millis, archiveAge);
    DiskContentOptions options;
    options.archiveAge = archiveAge;
    auto content = open(options);
    content->finishReplay();
    auto appender = *content->appender();
    std::vector<ContentClaim> large;
    for (int i = 0; i < 8; ++i) large.push_back(put(*appender, kLarge, 'a'));
    const ContentClaim small = put(*appender, kSmall, 's');
    for (int i = 0; i < 8; ++i) large.push_back(put(*appender, kLarge, 'a'));
    syncAll(*appender);
    appender.reset();
    QVERIFY(taken() >= 16 * kLarge);

    // Two readers are at it, one of them twice.
    auto first = *content->lease(large[3]);
    auto again = *content->lease(large[3]);
    auto second = *content->lease(large[12]);
    for (const ContentClaim& claim : large) content->release(claim, Lsn(7));
    QCOMPARE(*content->reclaim(Lsn(6), kMany), std::uint64_t{0});  // the drop is not durable yet
    if (archiveAge > 0) {
      clock_.advance((archiveAge - 1) * kMillisecond);
      QCOMPARE(*content->reclaim(Lsn(7), kMany), std::uint64_t{0});
      QVERIFY(taken() >= 16 * kLarge);
      QVERIFY(reads(*content, large[0], 'a'));  // replay could have it
      clock_.advance(2 * kMillisecond);
    }
    QVERIFY(*content->reclaim(Lsn(7), kMany) > 0);
    QVERIFY2(taken() <= 2 * (kLarge + 2 * kContentBlock) + kOfOneSmall,
             qPrintable(QString::number(taken())));
    QVERIFY(taken() >= 2 * kLarge);
    QVERIFY(reads(*content, large[3], 'a') && reads(*content, large[12], 'a'));
    first.reset();
    (void)content->reclaim(Lsn(7), kMany);
    QVERIFY(taken() >= 2 * kLarge);
    again.reset();
    QVERIFY(*content->reclaim(Lsn(7), kMany) >= kLarge - 2 * kContentBlock);
    QVERIFY(taken() < kLarge + 2 * kContentBlock + kOfOneSmall);
    second.reset();
    QVERIFY(*content->reclaim(Lsn(7), kMany) >= kLarge - 2 * kContentBlock);
    QVERIFY2(taken() <= kOfOneSmall, qPrintable(QString::number(taken())));
    QVERIFY(reads(*content, small, 's'));
  }

  void manySmallHolesComeBackOnceNothingDiesAnyMore() {
    auto content = open();
    content->finishReplay();
    auto appender = *content->appender();
    // Live and dead in turn: no hole reaches the size that is worth its cost at once.
    constexpr std::uint64_t kPiece = 10 * kContentBlock;
    std::vector<ContentClaim> dead;
    std::vector<ContentClaim> alive;
    for (int i = 0; i < 20; ++i) {
      dead.push_back(put(*appender, kPiece, 'd'));
      alive.push_back(put(*appender, kPiece, 'l'));
    }
    syncAll(*appender);
    appender.reset();
    for (const ContentClaim& claim : dead) content->release(claim, Lsn(1));
    QCOMPARE(*content->reclaim(Lsn(1), kMany), std::uint64_t{0});
    clock_.advance(9 * kSecond);
    QCOMPARE(*content->reclaim(Lsn(1), kMany), std::uint64_t{0});
    const std::uint64_t before = taken();
    clock_.advance(1 * kSecond);
    // The two blocks at the ends of a piece may be shared with its neighbours.
    QVERIFY(*content->reclaim(Lsn(1), kMany) >= 20 * (kPiece - 2 * kContentBlock));
    QVERIFY(taken() <= before - 20 * (kPiece - 2 * kContentBlock));
    for (const ContentClaim& claim : alive) QVERIFY(reads(*content, claim, 'l'));
  }

  void whatNobodyRefersToAfterARestartComesBackToo() {
    ContentClaim small;
    {
      auto content = open();
      content->finishReplay();
      auto appender = *content->appender();
      small = put(*appender, kSmall, 's');
      for (int i = 0; i < 4; ++i) (void)put(*appender, kLarge, 'a');
      syncAll(*appender);
    }
    QVERIFY(taken() >= 4 * kLarge);
    auto content = open();
    content->retain(small);
    content->finishReplay();
    QVERIFY(*content->reclaim(Lsn(1), kMany) > 0);
    QVERIFY2(taken() <= kOfOneSmall, qPrintable(QString::number(taken())));
    QVERIFY(reads(*content, small, 's'));
  }
};

QTEST_GUILESS_MAIN(ContentSpaceTest)
#include "content_space_test.moc"
