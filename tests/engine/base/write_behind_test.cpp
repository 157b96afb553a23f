// SPDX-License-Identifier: Apache-2.0
#include "engine/base/write_behind.h"

#include "engine/base/fault_file_system.h"
#include "engine/base/posix_file_system.h"
#include "engine/base/streamed_file.h"

#include <sys/mman.h>
#include <sys/vfs.h>

#include <QTemporaryDir>
#include <QTest>
#include <algorithm>

using namespace millrace;

namespace {

constexpr std::uint64_t kMiB = 1ULL << 20U;

/// Tells what was asked of it.
class ToldFile final : public File, public StreamedFile {
 public:
  explicit ToldFile(std::uint64_t share) : share_(share) {}
  Result<std::size_t> readAt(std::uint64_t, std::span<std::byte>) override {
    return std::size_t{0};
  }
  Result<> writeAt(std::uint64_t, ByteView) override { return Done{}; }
  Result<> writeAtV(std::uint64_t, std::span<const ByteView>) override { return Done{}; }
  Result<> sync() override { return Done{}; }
  Result<> truncate(std::uint64_t) override { return Done{}; }
  Result<std::uint64_t> size() override { return std::uint64_t{0}; }
  Result<> preallocate(std::uint64_t, std::uint64_t) override { return Done{}; }
  Result<> punchHole(std::uint64_t, std::uint64_t) override { return Done{}; }
  Result<FileInfo> info() override { return FileInfo{}; }
  Result<> beginWriteBack(std::uint64_t offset, std::uint64_t length) override {
    return note("begin", offset, length);
  }
  Result<> awaitWriteBack(std::uint64_t offset, std::uint64_t length) override {
    return note("await", offset, length);
  }
  void forgetCached(std::uint64_t offset, std::uint64_t length) override {
    (void)note("forget", offset, length).ok();
  }
  std::uint64_t cacheShare() const override { return share_; }

  QStringList told;

 private:
  Result<> note(const char* what, std::uint64_t offset, std::uint64_t length) {
    told << QString("%1 %2+%3").arg(what).arg(offset / kMiB).arg(length / kMiB);
    return Done{};
  }
  std::uint64_t share_;
};

}  // namespace

class WriteBehindTest : public QObject {
  Q_OBJECT
 private slots:
  void aWindowIsOnItsWayWhileTheNextOneFills() {
    ToldFile file(20 * kMiB);
    WriteBehind behind;
    for (std::uint64_t end = 0; end <= 32 * kMiB; end += kMiB)
      QVERIFY(behind.wroteUpTo(file, end).ok());
    QCOMPARE(file.told,
             QStringList({"begin 0+8", "begin 8+8", "await 0+8", "begin 16+8", "await 8+8",
                          "forget 0+16", "begin 24+8", "await 16+8", "forget 16+8"}));
  }
  void aFileThatWillBeTooLongIsForgottenFromItsStart() {
    ToldFile file(20 * kMiB);
    WriteBehind behind(21 * kMiB);
    for (std::uint64_t end : {8 * kMiB, 16 * kMiB}) QVERIFY(behind.wroteUpTo(file, end).ok());
    QCOMPARE(file.told, QStringList({"begin 0+8", "begin 8+8", "await 0+8", "forget 0+8"}));
  }
  void oneLargeWriteIsOneWindow() {
    ToldFile file(20 * kMiB);
    WriteBehind behind;
    for (std::uint64_t end : {100 * kMiB, 101 * kMiB, 200 * kMiB})
      QVERIFY(behind.wroteUpTo(file, end).ok());
    QCOMPARE(file.told,
             QStringList({"begin 0+100", "begin 100+100", "await 0+100", "forget 0+100"}));
  }
  void aShortFileIsLeftAlone() {
    ToldFile file(20 * kMiB);
    WriteBehind behind;
    QVERIFY(behind.wroteUpTo(file, 8 * kMiB - 1).ok());
    QVERIFY(file.told.isEmpty());
  }
  void whatWasReadIsForgottenOnceItIsBehind() {
    ToldFile file(20 * kMiB);
    for (std::uint64_t at = 0; at < 32 * kMiB; at += kMiB)
      readBehind(file, 5 * kMiB, 32 * kMiB, at, at + kMiB);
    QCOMPARE(file.told, QStringList({"forget 5+8", "forget 13+8", "forget 21+8", "forget 29+8"}));
    file.told.clear();
    readBehind(file, 0, 20 * kMiB, 7 * kMiB, 9 * kMiB);  // fits the share
    readBehind(file, 0, 32 * kMiB, 9 * kMiB, 10 * kMiB);
    QVERIFY(file.told.isEmpty());
  }
  // A failed write-back is a failed sync, of a real file system's kind.
  void aFailureIsTold() {
    MemoryFileSystem files;
    auto file = *files.open("/a", OpenMode::kCreateNew);
    files.fail(MemoryFileSystem::Operation::kSync, 1);
    WriteBehind behind;
    QVERIFY(behind.wroteUpTo(*file, 8 * kMiB).ok());
    QVERIFY(!behind.wroteUpTo(*file, 16 * kMiB).ok());
  }
  void aRealFileIsWholeAndOutOfTheCache() {
    QTemporaryDir folder;
    const std::string path = folder.filePath("long").toStdString();
    const std::unique_ptr<FileSystem> posix = makePosixFileSystem();
    FileSystem& files = *posix;
    constexpr std::uint64_t kLength = 64 * kMiB + 12345;
    {
      auto file = *files.open(path, OpenMode::kCreateNew);
      WriteBehind behind(1ULL << 50U);  // longer than anybody's share
      for (std::uint64_t at = 0; at < kLength;) {
        const std::uint64_t most = std::min(kMiB, kLength - at);
        const std::string part(most, static_cast<char>('a' + at / kMiB % 26));
        QVERIFY(file->writeAt(at, asBytes(part)).ok());
        at += most;
        QVERIFY(behind.wroteUpTo(*file, at).ok());
      }
      QVERIFY(file->sync().ok());
    }
    struct statfs facts {};
    constexpr long kTmpfs = 0x01021994;
    QFile file(QString::fromStdString(path));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(static_cast<std::uint64_t>(file.size()), kLength);
    uchar* const mapped = file.map(0, file.size());
    QVERIFY(mapped != nullptr);
    const std::size_t page = 4096;
    std::vector<unsigned char> resident((kLength + page - 1) / page);
    QCOMPARE(::mincore(mapped, kLength, resident.data()), 0);
    const auto cached = static_cast<std::uint64_t>(std::count_if(
        resident.begin(), resident.end(), [](unsigned char each) { return (each & 1U) != 0; }));
    QCOMPARE(::statfs(path.c_str(), &facts), 0);
    // A file system in memory cannot forget.
    if (facts.f_type != kTmpfs)
      QVERIFY2(cached * page < 32 * kMiB, QByteArray::number(qulonglong(cached)));
    for (std::uint64_t at = 0; at < kLength; at += 4001)
      QCOMPARE(static_cast<char>(mapped[at]), static_cast<char>('a' + at / kMiB % 26));
  }
};

QTEST_GUILESS_MAIN(WriteBehindTest)
#include "write_behind_test.moc"
