// SPDX-License-Identifier: Apache-2.0
#include "tests/log-backend/partition/partition_fixture.h"

#include <QTest>

using namespace partition_test;

namespace {
using Texts = std::vector<std::string>;

PartitionOptions compacting(std::int64_t segmentBytes = 300) {
  PartitionOptions made;
  made.config.segmentBytes = segmentBytes;
  made.config.compacts = true;
  made.config.deletes = false;
  made.config.minCleanableDirtyRatio = 0.01;
  made.config.deleteRetentionMs = 1000;
  return made;
}

/// key=value@offset, "-" for a tombstone.
Texts shown(const std::vector<Line>& lines) {
  Texts texts;
  for (const Line& line : lines)
    texts.push_back(*line.key + "=" + line.value.value_or("-") + "@" + std::to_string(line.offset));
  return texts;
}
}  // namespace

class CompactionTest : public QObject {
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
  Offset put(const std::string& key, std::optional<std::string> value, BatchHeader fields = {}) {
    auto batch = batchOf({{0, key, std::move(value), clock_.wall()}}, fields);
    const auto result = log_->append(batch);
    if (!result.ok()) qFatal("%s", result.refusal.message.c_str());
    return result.baseOffset;
  }
  /// Closes the segment that is written to, by filling it.
  void fill() {
    const std::size_t before = log_->segments();
    while (log_->segments() == before) put("filler", "f");
    if (!log_->sync().ok()) qFatal("sync");
  }
  Texts all() {
    Texts texts = shown(readAll(*log_, log_->bounds().logStart));
    std::erase_if(texts, [](const std::string& each) { return each.starts_with("filler"); });
    return texts;
  }
  bool compact() {
    const auto done = log_->compact();
    if (!done.ok()) qFatal("%s", done.error().message.c_str());
    return *done;
  }

 private slots:
  void init() {
    files_ = std::make_unique<MemoryFileSystem>();
    clock_.advance(kSecond);
    start(compacting());
  }
  void cleanup() { log_.reset(); }

  void theNewestOfEachKeyStaysAtItsOffset() {
    put("a", "1");
    put("b", "1");
    put("a", "2");
    put("c", "1");
    put("a", "3");
    fill();
    const auto before = log_->bytes();
    QVERIFY(compact());
    QCOMPARE(all(), (Texts{"b=1@1", "c=1@3", "a=3@4"}));
    QVERIFY(log_->bytes() < before);
    QVERIFY(!compact());
    put("b", "2");
    fill();
    QVERIFY(compact());
    QCOMPARE(all().size(), std::size_t(3));
    QCOMPARE(all()[0], std::string("c=1@3"));
    log_.reset();
    files_ = files_->crash();
    start(compacting());
    QCOMPARE(all().size(), std::size_t(3));
    QCOMPARE(log_->bounds().leaderEpoch, 0);
  }

  void partsOfABatchGoAndItsCompressionStays() {
    for (int codec = 0; codec <= 4; ++codec) {
      files_ = std::make_unique<MemoryFileSystem>();
      start(compacting());
      BatchHeader fields;
      fields.attributes = static_cast<std::int16_t>(codec);
      auto batch = batchOf({{0, "a", "1", 5}, {0, "b", "2", 9}, {0, "a", "3", 7}}, fields);
      QVERIFY(log_->append(batch).ok());
      fill();
      QVERIFY(compact());
      QCOMPARE(all(), (Texts{"b=2@1", "a=3@2"}));
      const auto part = log_->fetch({0, 1, true, Isolation::kReadUncommitted});
      const auto header = readBatchHeader(*part.read());
      QCOMPARE(header->baseOffset, Offset(0));
      QCOMPARE(header->lastOffset(), Offset(2));
      QCOMPARE(header->recordCount, 2);
      QCOMPARE(header->codecId(), codec);
      QCOMPARE(header->maxTimestamp, Millis(9));
      QCOMPARE(readAll(*log_, 0)[1].timestamp, Millis(7));
    }
  }

  void aTombstoneStaysForItsTimeAndThenGoes() {
    put("a", "1");
    put("a", std::nullopt);
    put("b", "1");
    fill();
    QVERIFY(compact());
    QCOMPARE(all(), (Texts{"a=-@1", "b=1@2"}));
    const Millis written = readAll(*log_, 1).front().timestamp;
    clock_.advance(900 * kMillisecond);
    put("x", "1");
    fill();
    QVERIFY(compact());
    QCOMPARE(all()[0], std::string("a=-@1"));
    QCOMPARE(readAll(*log_, 1).front().timestamp, written);
    clock_.advance(101 * kMillisecond);
    put("x", "2");
    fill();
    QVERIFY(compact());
    QCOMPARE(all()[0], std::string("b=1@2"));
  }

  void nothingYoungOrOpenOrWrittenToIsTouched() {
    auto with = compacting();
    with.config.minCompactionLagMs = 5000;
    start(with);
    put("a", "1");
    put("a", "2");
    fill();
    QVERIFY(!compact());
    clock_.advance(6 * kSecond);
    put("a", "3", producer(9, 0, 0, true));
    fill();
    QVERIFY(compact());
    QCOMPARE(all(), (Texts{"a=2@1", all().back()}));
    clock_.advance(6 * kSecond);
    fill();
    (void)compact();
    QVERIFY(all()[0] == "a=2@1");  // the transaction is open: a=3 may yet be aborted
    QVERIFY(log_->appendMarker(9, 0, {Marker::kCommit, 0}).ok());
    fill();
    clock_.advance(6 * kSecond);
    fill();
    QVERIFY(compact());
    QCOMPARE(all().size(), std::size_t(1));
    QVERIFY(all()[0].starts_with("a=3"));
  }

  void ratioAndLagDecideWhen() {
    auto with = compacting();
    with.config.minCleanableDirtyRatio = 0.6;
    with.config.maxCompactionLagMs = 60000;
    start(with);
    for (int i = 0; i < 20; ++i) put("k" + std::to_string(i), "v");
    fill();
    QVERIFY(compact());
    put("k1", "w");
    fill();
    QVERIFY(!compact());
    clock_.advance(61 * kSecond);
    QVERIFY(compact());
  }

  void recordsOfAbortedTransactionsGo() {
    put("a", "1");
    put("a", "2", producer(5, 0, 0, true));
    put("b", "2", producer(5, 0, 1, true));
    QVERIFY(log_->appendMarker(5, 0, {Marker::kAbort, 0}).ok());
    put("c", "1", producer(6, 0, 0, true));
    QVERIFY(log_->appendMarker(6, 0, {Marker::kCommit, 0}).ok());
    fill();
    QVERIFY(compact());
    QCOMPARE(all(), (Texts{"a=1@0", "c=1@4"}));
    // The sequence of a living producer is remembered, also by the log alone.
    QVERIFY(log_->close().ok());
    log_.reset();
    for (const char* name : {"/data/t-0/leader-epoch-checkpoint"})
      QVERIFY(files_->remove(name).ok());
    start(compacting());
    auto batch = batchOf({{0, "d", "1", 1}}, producer(5, 0, 1, true));
    QVERIFY(log_->append(batch).duplicate);
  }

  void littleMemoryTakesMoreRounds() {
    auto with = compacting();
    with.dedupeBytes = 1000;  // about a dozen keys
    start(with);
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 40; ++i) put("k" + std::to_string(i), std::to_string(round));
    }
    fill();
    int times = 0;
    while (compact()) QVERIFY(++times < 100);
    QVERIFY(times > 5);
    QCOMPARE(all().size(), std::size_t(40));
    for (const std::string& each : all()) QVERIFY(each.find("=2@") != std::string::npos);
  }

  void bothPoliciesWorkTogether() {
    auto with = compacting();
    with.config.deletes = true;
    with.config.retentionMs = 10000;
    start(with);
    put("a", "1");
    put("a", "2");
    fill();
    QVERIFY(compact());
    clock_.advance(11 * kSecond);
    put("b", "1");
    fill();
    QVERIFY(log_->maintain().ok());
    QCOMPARE(all().size(), std::size_t(1));
    QVERIFY(all()[0].starts_with("b=1"));
  }

  void aFullDiskLeavesTheLogAsItWas() {
    for (int i = 0; i < 30; ++i) put("k" + std::to_string(i % 20), "v");
    fill();
    const Texts before = all();
    files_->setCapacity(1);
    QVERIFY(!log_->compact().ok());
    files_->setCapacity(1U << 30U);
    QCOMPARE(all(), before);
    QVERIFY(compact());
    QCOMPARE(all().size(), std::size_t(20));
  }

  void aCrashAnywhereInCompactionLosesNoKey() {
    Texts wanted;
    for (std::uint64_t at = 1;; ++at) {
      files_ = std::make_unique<MemoryFileSystem>(at);
      start(compacting(400));
      for (int i = 0; i < 30; ++i) put("k" + std::to_string(i * 7 % 11), std::to_string(i));
      fill();
      QVERIFY(log_->close().ok());
      files_->cutPowerAt(at);
      const bool finished = log_->compact().ok();
      log_.reset();
      files_ = files_->crash();
      start(compacting(400));
      std::map<std::string, std::string> newest;
      Offset last = -1;
      for (const Line& line : readAll(*log_, 0)) {
        QVERIFY(line.offset > last);
        last = line.offset;
        newest[*line.key] = *line.value;
      }
      for (int i = 19; i < 30; ++i)
        QCOMPARE(newest["k" + std::to_string(i * 7 % 11)], std::to_string(i));
      (void)compact();
      const Texts after = all();
      QCOMPARE(after.size(), std::size_t(11));
      if (wanted.empty()) wanted = after;
      QCOMPARE(after, wanted);
      const auto entries = *files_->list("/data/t-0");
      for (const auto& entry : entries) {
        QVERIFY2(!entry.name.ends_with(".cleaned") && !entry.name.ends_with(".swap"),
                 entry.name.c_str());
      }
      if (finished) {
        QVERIFY(at > 10);
        return;
      }
    }
  }
};

QTEST_GUILESS_MAIN(CompactionTest)
#include "compaction_test.moc"
