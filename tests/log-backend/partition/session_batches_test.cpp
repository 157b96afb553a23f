// SPDX-License-Identifier: Apache-2.0
// Batches of the engine's sessions: who sees them when, and what becomes of those whose commit is
// not in the journal.
#include "tests/log-backend/partition/partition_fixture.h"

#include <QTest>
#include <array>

using namespace partition_test;

namespace {

using Texts = std::vector<std::string>;

BatchHeader ofSession() {
  BatchHeader fields;
  fields.producerId = kSessionProducer;
  return fields;
}

}  // namespace

class SessionBatchesTest : public QObject {
  Q_OBJECT
  std::unique_ptr<MemoryFileSystem> files_;
  std::unique_ptr<OpenFiles> open_;
  VirtualClock clock_;
  std::shared_ptr<Partition> log_;

  void start(Offset committedEnd, bool compacts = false) {
    log_.reset();
    open_ = std::make_unique<OpenFiles>(*files_, 100);
    PartitionOptions options;
    options.committedEnd = committedEnd;
    options.config.compacts = compacts;
    options.config.segmentBytes = compacts ? 200 : 1 << 20;
    auto made = Partition::open(*open_, clock_, "/data/t-0", std::move(options));
    if (!made.ok()) qFatal("%s", made.error().message.c_str());
    log_ = *made;
  }
  /// As after a power cut; what was synced is there.
  void crashAndStart(Offset committedEnd) {
    log_.reset();
    open_.reset();
    files_ = files_->crash();
    start(committedEnd);
  }
  Offset put(const std::string& value, const std::string& key = "k") {
    auto batch = batchOf({{0, key, value, 0}});
    const auto done = log_->append(batch);
    if (!done.ok()) qFatal("%s", done.refusal.message.c_str());
    return done.baseOffset;
  }
  Offset putOfSession(const std::string& value, const std::string& key = "k") {
    auto batch = batchOf({{0, key, value, 0}}, ofSession());
    const auto done = log_->appendOfSession(batch);
    if (!done.ok()) qFatal("%s", done.refusal.message.c_str());
    return done.baseOffset;
  }
  Texts seen() { return valuesOf(readAll(*log_, log_->bounds().logStart)); }

 private slots:
  void init() {
    files_ = std::make_unique<MemoryFileSystem>();
    start(0);
  }

  void aBatchIsSeenWhenItsCommitIsDurableAndNotBefore() {
    put("a");
    const Offset mine = putOfSession("b");
    put("c");
    QVERIFY(log_->sync().ok());
    QCOMPARE(seen(), Texts({"a"}));
    QCOMPARE(log_->bounds().highWatermark, mine);
    QVERIFY(log_->bounds().more);
    log_->decide(mine + 1);
    QCOMPARE(seen(), Texts({"a", "b", "c"}));
    QVERIFY(!log_->bounds().more);
  }

  void severalCommitsAreDecidedInTheirOrder() {
    putOfSession("a");
    const Offset second = putOfSession("b");
    putOfSession("c");
    QVERIFY(log_->sync().ok());
    log_->decide(second + 1);
    QCOMPARE(seen(), Texts({"a", "b"}));
  }

  void whatNoCommitNamesIsVoidAndWhatStandsAroundItStays() {
    put("a");
    const Offset committed = putOfSession("b");
    put("c");
    putOfSession("lost");
    put("d");
    putOfSession("lost too");
    QVERIFY(log_->sync().ok());
    crashAndStart(committed + 1);
    QCOMPARE(log_->voidedAtOpen(), std::size_t{2});
    QCOMPARE(seen(), Texts({"a", "b", "c", "d"}));
    // A reader that has all is at the end: what is void behind it does not count.
    QCOMPARE(log_->bounds().highWatermark, Offset{5});
    QCOMPARE(put("e"), Offset{6});
    QVERIFY(log_->sync().ok());
    QCOMPARE(seen(), Texts({"a", "b", "c", "d", "e"}));
  }

  void aReaderInsideOfWhatIsVoidGoesOnBehindIt() {
    put("a");
    const Offset lost = putOfSession("lost");
    put("b");
    QVERIFY(log_->sync().ok());
    crashAndStart(0);
    QCOMPARE(valuesOf(readAll(*log_, lost)), Texts({"b"}));
  }

  void laterCommitsDoNotBringBackWhatIsVoid() {
    putOfSession("lost");
    QVERIFY(log_->sync().ok());
    crashAndStart(0);
    const Offset next = putOfSession("a");
    QVERIFY(log_->sync().ok());
    log_->decide(next + 1);
    QCOMPARE(seen(), Texts({"a"}));
    crashAndStart(next + 1);
    QCOMPARE(log_->voidedAtOpen(), std::size_t{0});
    QCOMPARE(seen(), Texts({"a"}));
  }

  void aCheckpointBeforeTheDecisionDoesNotMakeOne() {
    put("a");
    const Offset lost = putOfSession("lost");
    put("b");
    QVERIFY(log_->checkpoint().ok());
    put("c");
    QVERIFY(log_->sync().ok());
    crashAndStart(lost);
    QCOMPARE(seen(), Texts({"a", "b", "c"}));
    QCOMPARE(log_->voidedAtOpen(), std::size_t{1});
  }

  void aCommitThatFailsTakesItsBatchBackAtOnce() {
    const Offset mine = putOfSession("lost");
    put("a");
    QVERIFY(log_->sync().ok());
    QCOMPARE(seen(), Texts({}));
    log_->voidBatch({mine, mine + 1});
    QCOMPARE(seen(), Texts({"a"}));
    crashAndStart(0);
    QCOMPARE(seen(), Texts({"a"}));
  }

  void compactionDropsWhatIsVoidAndKeepsWhatItWouldHaveReplaced() {
    start(0, true);
    put("old", "k");
    putOfSession("lost", "k");
    QVERIFY(log_->sync().ok());
    start(0, true);
    for (int i = 0; i < 8; ++i) put("filler", "other" + std::to_string(i));
    QVERIFY(log_->sync().ok());
    QVERIFY(*log_->compact());
    const Texts left = seen();
    QCOMPARE(std::count(left.begin(), left.end(), "old"), std::ptrdiff_t{1});
    QCOMPARE(std::count(left.begin(), left.end(), "lost"), std::ptrdiff_t{0});
  }

  void offsetsThatACommitNamedAreNotGivenOutAgain() {
    put("a");
    QVERIFY(log_->sync().ok());
    // The journal names batches up to 5, but their bytes are gone.
    crashAndStart(5);
    QCOMPARE(putOfSession("b"), Offset{5});
    QVERIFY(log_->sync().ok());
    crashAndStart(5);
    QCOMPARE(seen(), Texts({"a"}));
  }

  void nobodyOutsideWritesAsASession() {
    auto batch = batchOf({{0, "k", "v", 0}}, ofSession());
    QVERIFY(log_->append(batch).refusal.code == ErrorCode::kInvalidRecord);
  }

  void aDamagedListOfVoidBatchesIsRefused() {
    const std::string text = VoidedRanges().encode();
    QVERIFY(VoidedRanges::decode(text).ok());
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::string damaged = text;
      damaged[i] = static_cast<char>(damaged[i] ^ 1);
      QVERIFY(!VoidedRanges::decode(damaged).ok());
      QVERIFY(!VoidedRanges::decode(text.substr(0, i)).ok());
    }
  }

  void theListOfVoidBatchesIsWrittenAsItsFormatSays() {
    VoidedRanges ranges;
    QVERIFY(ranges.add({7, 9}));
    QVERIFY(ranges.add({20, 21}));
    QVERIFY(!ranges.add({7, 9}));
    const std::string text = ranges.encode();
    QVERIFY(text.starts_with("millrace-voided 1\n7 9\n20 21\ncrc "));
    QVERIFY(VoidedRanges::decode(text)->all() == ranges.all());
    QVERIFY(ranges.at(8) == OffsetRange({7, 9}));
    QVERIFY(!ranges.at(9).has_value());
    QVERIFY(ranges.next(8) == Offset{20});
  }
};

QTEST_GUILESS_MAIN(SessionBatchesTest)
#include "session_batches_test.moc"
