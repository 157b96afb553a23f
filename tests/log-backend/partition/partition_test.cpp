// SPDX-License-Identifier: Apache-2.0
#include "engine/commit/group_commit.h"
#include "repositories/memory/memory_journal.h"
#include "tests/log-backend/partition/partition_fixture.h"

#include <QTest>

using namespace partition_test;

namespace {

using Texts = std::vector<std::string>;

PartitionOptions options(std::int64_t segmentBytes = 1 << 20) {
  PartitionOptions made;
  made.config.segmentBytes = segmentBytes;
  return made;
}

}  // namespace

class PartitionTest : public QObject {
  Q_OBJECT
  std::unique_ptr<MemoryFileSystem> files_;
  std::unique_ptr<OpenFiles> open_;
  VirtualClock clock_;
  std::shared_ptr<Partition> log_;

  void start(PartitionOptions with) {
    log_.reset();
    open_ = std::make_unique<OpenFiles>(*files_, 100);
    auto made = Partition::open(*open_, clock_, "/data/t-0", std::move(with));
    if (!made.ok()) qFatal("%s", made.error().message.c_str());
    log_ = *made;
  }
  AppendResult put(const std::string& value, Millis timestamp = 0, BatchHeader fields = {}) {
    auto batch = batchOf(value, timestamp, fields);
    return log_->append(batch);
  }
  AppendResult keyed(const std::string& key, std::optional<std::string> value,
                     BatchHeader fields = {}) {
    auto batch = batchOf({{0, key, std::move(value), clock_.wall()}}, fields);
    return log_->append(batch);
  }
  Texts values(Offset from = 0, Isolation isolation = Isolation::kReadUncommitted) {
    return valuesOf(readAll(*log_, from, isolation));
  }
  void crash(MemoryFileSystem::Crash kind = MemoryFileSystem::Crash::kPower) {
    log_.reset();
    files_ = files_->crash(kind);
  }

 private slots:
  void init() {
    files_ = std::make_unique<MemoryFileSystem>();
    clock_.advance(kSecond);
    start(options());
  }
  void cleanup() { log_.reset(); }

  void offsetsRiseAndReadersStopAtTheDurableEnd() {
    QCOMPARE(put("a").baseOffset, Offset(0));
    auto batch = batchOf({{0, "k", "b", 1}, {0, "k", "c", 2}});
    const auto two = log_->append(batch);
    QCOMPARE(two.baseOffset, Offset(1));
    QCOMPARE(two.lastOffset, Offset(2));
    QCOMPARE(values(), Texts{});
    QCOMPARE(values(0, Isolation::kLogEnd), (Texts{"a", "b", "c"}));
    QVERIFY(log_->sync().ok());
    QCOMPARE(values(), (Texts{"a", "b", "c"}));
    QCOMPARE(values(2), Texts{"c"});
    put("d");
    QCOMPARE(values(), (Texts{"a", "b", "c"}));
    const auto bounds = log_->bounds();
    QCOMPARE(bounds.highWatermark, Offset(3));
    QCOMPARE(bounds.logEnd, Offset(4));
    QVERIFY(bounds.more);
  }

  void writtenIsEnoughWhereThatIsChosen() {
    auto with = options();
    with.watermark = Watermark::kWritten;
    int advanced = 0;
    with.onAdvance = [&advanced] { ++advanced; };
    start(with);
    put("a");
    QCOMPARE(values(), Texts{"a"});
    QCOMPARE(advanced, 1);
    QVERIFY(!log_->bounds().more);  // who has read it has nothing to wait for
  }

  void aFetchGivesAtLeastOneBatchAndNoMoreThanAsked() {
    put(std::string(500, 'x'));
    put(std::string(500, 'y'));
    QVERIFY(log_->sync().ok());
    const auto one = log_->fetch({0, 10, true, Isolation::kReadUncommitted});
    QVERIFY(one.length > 500 && one.length < 600);
    const auto cut = log_->fetch({0, 10, false, Isolation::kReadUncommitted});
    QCOMPARE(cut.length, std::uint64_t(10));
    const auto all = log_->fetch({0, 1 << 20, true, Isolation::kReadUncommitted});
    QCOMPARE(all.length, 2 * one.length);
    QCOMPARE(log_->fetch({2, 100, true, Isolation::kReadUncommitted}).length, std::uint64_t(0));
    QCOMPARE(log_->fetch({3, 100, true, Isolation::kReadUncommitted}).refusal.code,
             ErrorCode::kOffsetOutOfRange);
    QCOMPARE(log_->fetch({-1, 100, true, Isolation::kReadUncommitted}).refusal.code,
             ErrorCode::kOffsetOutOfRange);
  }

  void aSegmentRollsBySizeByTimeAndByItsIndex() {
    start(options(1000));
    for (int i = 0; i < 20; ++i) put(std::string(200, 'x'));
    QCOMPARE(log_->segments(), std::size_t(7));  // 3 batches of 270 bytes in each
    auto with = options();
    with.config.segmentMs = 1000;
    start(with);
    put("a", 1000000);
    const std::size_t before = log_->segments();
    put("b", 1000900);
    QCOMPARE(log_->segments(), before);
    put("c", 2001001);
    QVERIFY(log_->segments() > before);
    QVERIFY(log_->sync().ok());
    QCOMPARE(values().size(), std::size_t(23));
    with.config.segmentMs = kForEver;
    with.config.segmentIndexBytes = 32;
    with.config.indexIntervalBytes = 1;
    start(with);
    const std::size_t now = log_->segments();
    for (int i = 0; i < 20; ++i) put("i", 3000000 + i);
    QVERIFY(log_->segments() >= now + 5);
  }

  void whatWasClosedIsThereAgainWithoutReading() {
    start(options(1000));
    for (int i = 0; i < 20; ++i) put(std::string(200, 'x') + std::to_string(i));
    QVERIFY(log_->close().ok());
    const auto before = readAll(*log_, 0);
    crash();
    start(options(1000));
    QVERIFY(readAll(*log_, 0) == before);
    QCOMPARE(log_->bounds().leaderEpoch, 0);
    QCOMPARE(put("next").baseOffset, Offset(20));
  }

  void anUnsyncedTailIsCutAndTheEpochRises() {
    put("kept");
    QVERIFY(log_->sync().ok());
    auto bad = *files_->open("/data/t-0/00000000000000000000.log", OpenMode::kReadWrite);
    const auto size = *bad->size();
    QVERIFY(bad->writeAt(size, asBytes(std::string(100, 'z'))).ok());
    crash(MemoryFileSystem::Crash::kProcess);
    start(options());
    QCOMPARE(values(), Texts{"kept"});
    QCOMPARE(log_->bounds().leaderEpoch, 1);
    QCOMPARE(log_->bounds().logEnd, Offset(1));
    QCOMPARE(put("more").baseOffset, Offset(1));
    QVERIFY(log_->sync().ok());
    QCOMPARE(values(), (Texts{"kept", "more"}));
    QCOMPARE(log_->endOfEpoch(0), (EpochStart{0, 1}));
    QCOMPARE(log_->endOfEpoch(1), (EpochStart{1, 2}));
    QCOMPARE(log_->endOfEpoch(-1), (EpochStart{-1, -1}));
    QCOMPARE(log_->endOfEpoch(2), (EpochStart{-1, -1}));  // nobody knows it
  }

  void aLogThatIsShorterThanKnownIsDamage() {
    put("kept");
    QVERIFY(log_->close().ok());
    log_.reset();
    auto file = *files_->open("/data/t-0/00000000000000000000.log", OpenMode::kReadWrite);
    QVERIFY(file->truncate(10).ok());
    const auto made = Partition::open(*open_, clock_, "/data/t-0", options());
    QVERIFY(!made.ok());
    QVERIFY(made.error().message.find("00000000000000000000.log") != std::string::npos);
  }

  void lostIndexesAndSnapshotsAreMadeAnew() {
    start(options(1000));
    for (int i = 0; i < 12; ++i)
      put(std::string(200, 'x') + std::to_string(i), 5000 + i, producer(5, 0, i));
    QVERIFY(log_->close().ok());
    const auto before = readAll(*log_, 0);
    log_.reset();
    const auto entries = *files_->list("/data/t-0");
    for (const auto& entry : entries) {
      if (!entry.name.ends_with(".log") && entry.name != "checkpoint")
        QVERIFY(files_->remove("/data/t-0/" + entry.name).ok());
    }
    start(options(1000));
    QVERIFY(readAll(*log_, 0) == before);
    QCOMPARE((*log_->findTime(5007, Isolation::kReadUncommitted)).offset, Offset(7));
    QVERIFY(put("x", 0, producer(5, 0, 11)).duplicate);
    QCOMPARE(put("x", 0, producer(5, 0, 12)).baseOffset, Offset(12));
  }

  void timesAreFound() {
    start(options(1000));
    for (int i = 0; i < 20; ++i) put(std::string(200, 'x'), 1000 + 10 * (i ^ 1));
    QVERIFY(log_->sync().ok());
    const auto at = [&](Millis t) {
      return (*log_->findTime(t, Isolation::kReadUncommitted)).offset;
    };
    QCOMPARE(at(0), Offset(0));
    QCOMPARE(at(1010), Offset(0));
    QCOMPARE(at(1011), Offset(2));
    QCOMPARE(at(1190), Offset(18));
    QCOMPARE(at(1191), Offset(-1));
    QCOMPARE((*log_->maxTimestamp()).offset, Offset(18));
    QCOMPARE((*log_->maxTimestamp()).timestamp, Millis(1190));
    QVERIFY(!log_->deleteRecords(5).refusal.refused());
    QCOMPARE(at(0), Offset(5));
  }

  void theLogsOwnTimeIsStamped() {
    auto with = options();
    with.config.timestampType = TimestampType::kLogAppendTime;
    start(with);
    const auto result = put("a", 5);
    QCOMPARE(result.logAppendTime, clock_.wall());
    QVERIFY(log_->sync().ok());
    QCOMPARE(readAll(*log_, 0).front().timestamp, clock_.wall());
  }

  void aFullDiskRefusesAndIsForgotten() {
    put("a");
    QVERIFY(log_->sync().ok());
    files_->setCapacity(4096 * 3);
    AppendResult refused;
    int taken = 0;
    while (true) {
      refused = put(std::string(3000, 'x'));
      if (!refused.ok()) break;
      QVERIFY(++taken < 20);
    }
    QCOMPARE(refused.refusal.code, ErrorCode::kStorageError);
    QVERIFY(refused.refusal.message.find("space") != std::string::npos);
    QVERIFY(log_->sync().ok());
    files_->setCapacity(1U << 30U);
    QCOMPARE(put("b").baseOffset, Offset(1 + taken));
    QVERIFY(log_->sync().ok());
    QCOMPARE(values().back(), std::string("b"));
    crash();
    start(options());
    QCOMPARE(values().size(), std::size_t(2 + taken));
  }

  void aFailedSyncIsForGood() {
    put("a");
    files_->fail(MemoryFileSystem::Operation::kSync, 1);
    QVERIFY(!log_->sync().ok());
    QCOMPARE(put("b").refusal.code, ErrorCode::kStorageError);
    QVERIFY(!log_->sync().ok());
    QCOMPARE(log_->bounds().highWatermark, Offset(0));
  }

  void retentionByTimeAndSizeTakesWholeSegmentsFromTheFront() {
    auto with = options(1000);
    with.config.retentionMs = 10000;
    start(with);
    for (int i = 0; i < 9; ++i) {
      put(std::string(200, 'x'), clock_.wall());
      clock_.advance(kSecond);
    }
    QVERIFY(log_->sync().ok());
    QVERIFY(log_->maintain().ok());
    QCOMPARE(log_->bounds().logStart, Offset(0));
    clock_.advance(6 * kSecond);  // the third record is 13 s old, the fourth 12 s
    QVERIFY(log_->maintain().ok());
    QCOMPARE(log_->bounds().logStart, Offset(3));
    QCOMPARE(values(3).size(), std::size_t(6));
    QCOMPARE(log_->fetch({2, 10, true, Isolation::kReadUncommitted}).refusal.code,
             ErrorCode::kOffsetOutOfRange);
    clock_.advance(kMinute);
    QVERIFY(log_->maintain().ok());
    QCOMPARE(log_->bounds().logStart, Offset(9));
    QCOMPARE(log_->segments(), std::size_t(1));
    QCOMPARE(log_->bytes(), std::uint64_t(0));
    crash();
    start(with);
    QCOMPARE(log_->bounds().logEnd, Offset(9));
    with.config.retentionBytes = 1700;
    start(with);
    for (int i = 0; i < 12; ++i) put(std::string(200, 'x'), clock_.wall());
    QVERIFY(log_->sync().ok());
    QVERIFY(log_->maintain().ok());
    QCOMPARE(log_->segments(), std::size_t(3));  // 810 bytes each; two would be too few
    QCOMPARE(log_->bounds().logStart, Offset(12));
  }

  void deletedRecordsStayDeleted() {
    start(options(1000));
    for (int i = 0; i < 9; ++i) put(std::string(200, 'x') + std::to_string(i));
    QCOMPARE(log_->deleteRecords(3).refusal.code, ErrorCode::kOffsetOutOfRange);
    QVERIFY(log_->sync().ok());
    QCOMPARE(log_->deleteRecords(10).refusal.code, ErrorCode::kOffsetOutOfRange);
    QCOMPARE(log_->deleteRecords(4).logStart, Offset(4));
    QCOMPARE(log_->segments(), std::size_t(2));
    QCOMPARE(log_->deleteRecords(2).logStart, Offset(4));
    crash();
    start(options(1000));
    QCOMPARE(log_->bounds().logStart, Offset(4));
    QCOMPARE(values(4).size(), std::size_t(5));
    QCOMPARE(log_->deleteRecords(-1).logStart, Offset(9));
    QCOMPARE(put("next").baseOffset, Offset(9));
  }

  void acksAllIsTheStoresGroupCommit() {
    repo::MemoryJournal journal;
    GroupCommit commits(journal, *files_, clock_, {});
    int acknowledged = 0;
    put("a");
    log_->whenDurable(commits, [&acknowledged] { ++acknowledged; });
    put("b");
    log_->whenDurable(commits, [&acknowledged] { ++acknowledged; });
    QCOMPARE(acknowledged, 0);
    const auto syncs = files_->syncs();
    QVERIFY(*commits.runOnce());
    QCOMPARE(acknowledged, 2);
    QCOMPARE(files_->syncs(), syncs + 1);
    QCOMPARE(log_->bounds().highWatermark, Offset(2));
  }

  void filesStayBoundedOverManyPartitions() {
    OpenFiles few(*files_, 20);
    std::vector<std::shared_ptr<Partition>> many;
    for (int i = 0; i < 300; ++i)
      many.push_back(*Partition::open(few, clock_, "/data/m-" + std::to_string(i), options(1000)));
    for (int round = 0; round < 5; ++round) {
      for (auto& each : many) {
        auto batch = batchOf(std::string(300, 'x') + std::to_string(round));
        QVERIFY(each->append(batch).ok());
        QVERIFY(few.openNow() <= 23);
      }
    }
    for (auto& each : many) {
      QVERIFY(each->sync().ok());
      QCOMPARE(readAll(*each, 0).size(), std::size_t(5));
      QVERIFY(few.openNow() <= 23);
    }
  }
};

QTEST_GUILESS_MAIN(PartitionTest)
#include "partition_test.moc"
