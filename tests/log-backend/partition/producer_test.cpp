// SPDX-License-Identifier: Apache-2.0
// Idempotent producers and transactions in one partition.
#include "tests/log-backend/partition/partition_fixture.h"

#include <QTest>

using namespace partition_test;

namespace {
using Texts = std::vector<std::string>;
}

class ProducerTest : public QObject {
  Q_OBJECT
  std::unique_ptr<MemoryFileSystem> files_;
  std::unique_ptr<OpenFiles> open_;
  VirtualClock clock_;
  std::shared_ptr<Partition> log_;

  void start() {
    log_.reset();
    open_ = std::make_unique<OpenFiles>(*files_, 100);
    auto made = Partition::open(*open_, clock_, "/data/t-0", {});
    if (!made.ok()) qFatal("%s", made.error().message.c_str());
    log_ = *made;
  }
  AppendResult put(const std::string& value, BatchHeader fields) {
    auto batch = batchOf(value, clock_.wall(), fields);
    return log_->append(batch);
  }
  AppendResult many(int count, BatchHeader fields) {
    std::vector<Line> lines(static_cast<std::size_t>(count));
    for (Line& line : lines) line = {0, "k", std::nullopt, clock_.wall()};
    auto batch = batchOf(lines, fields);
    return log_->append(batch);
  }
  Texts committed() { return valuesOf(readAll(*log_, 0, Isolation::kReadCommitted)); }
  /// As a client with isolation.level=read_committed sees it.
  Texts asClientsSee() {
    Texts seen;
    Offset from = 0;
    while (true) {
      const auto part = log_->fetch({from, 1 << 20, true, Isolation::kReadCommitted});
      const auto bytes = *part.read();
      if (bytes.empty()) return seen;
      ByteView left = bytes;
      auto aborted = part.aborted;
      std::vector<std::int64_t> skipping;
      while (const auto header = readBatchHeader(left)) {
        const ByteView batch = left.first(header->size());
        while (!aborted.empty() && aborted.front().firstOffset <= header->lastOffset()) {
          skipping.push_back(aborted.front().producerId);
          aborted.erase(aborted.begin());
        }
        const auto skipped = std::find(skipping.begin(), skipping.end(), header->producerId);
        if (header->control()) {
          if (skipped != skipping.end() && readMarker(*header, batch)->kind == Marker::kAbort)
            skipping.erase(skipped);
        } else if (!header->transactional() || skipped == skipping.end()) {
          std::vector<Line> lines;
          linesOf(batch, from, lines);
          for (const auto& value : valuesOf(lines)) seen.push_back(value);
        }
        from = header->nextOffset();
        left = left.subspan(batch.size());
      }
    }
  }

 private slots:
  void init() {
    files_ = std::make_unique<MemoryFileSystem>();
    start();
  }
  void cleanup() { log_.reset(); }

  void aBatchSentAgainIsStoredOnce() {
    for (int i = 0; i < 5; ++i) QCOMPARE(put("x", producer(7, 0, i)).baseOffset, Offset(i));
    for (int i = 0; i < 5; ++i) {
      const auto again = put("x", producer(7, 0, i));
      QVERIFY(again.ok() && again.duplicate);
      QCOMPARE(again.baseOffset, Offset(i));
    }
    QCOMPARE(log_->bounds().logEnd, Offset(5));
    QCOMPARE(put("x", producer(7, 0, 5)).baseOffset, Offset(5));
    QCOMPARE(put("x", producer(7, 0, 0)).refusal.code, ErrorCode::kOutOfOrderSequence);
  }

  void sequencesFollowEachOther() {
    QVERIFY(many(3, producer(7, 0, 0)).ok());
    QCOMPARE(put("x", producer(7, 0, 4)).refusal.code, ErrorCode::kOutOfOrderSequence);
    QCOMPARE(put("x", producer(7, 0, 2)).refusal.code, ErrorCode::kOutOfOrderSequence);
    QVERIFY(put("x", producer(7, 0, 3)).ok());
    QVERIFY(put("x", producer(8, 0, 1000)).ok());  // nothing is known of it
    QCOMPARE(put("x", producer(8, 0, 1002)).refusal.code, ErrorCode::kOutOfOrderSequence);
    QVERIFY(put("x", producer(9, 0, 2147483646)).ok());
    QVERIFY(many(3, producer(9, 0, 2147483647)).ok());
    QCOMPARE(put("x", producer(9, 0, 3)).refusal.code, ErrorCode::kOutOfOrderSequence);
    QVERIFY(put("x", producer(9, 0, 2)).ok());
  }

  void aNewEpochBeginsAtZeroAndFencesTheOld() {
    QVERIFY(put("x", producer(7, 1, 0)).ok());
    QCOMPARE(put("x", producer(7, 0, 1)).refusal.code, ErrorCode::kInvalidProducerEpoch);
    QCOMPARE(put("x", producer(7, 2, 1)).refusal.code, ErrorCode::kOutOfOrderSequence);
    QVERIFY(put("x", producer(7, 2, 0)).ok());
    QCOMPARE(put("x", producer(7, 1, 1)).refusal.code, ErrorCode::kInvalidProducerEpoch);
  }

  void whatIsKnownOfProducersOutlivesCrashes() {
    for (int i = 0; i < 3; ++i) put("x", producer(7, 0, i));
    QVERIFY(log_->checkpoint().ok());
    for (int i = 3; i < 6; ++i) put("x", producer(7, 0, i));
    QVERIFY(log_->sync().ok());
    log_.reset();
    files_ = files_->crash();
    start();
    for (int i = 1; i < 6; ++i) QVERIFY(put("x", producer(7, 0, i)).duplicate);
    QCOMPARE(put("x", producer(7, 0, 0)).refusal.code, ErrorCode::kOutOfOrderSequence);
    QCOMPARE(put("x", producer(7, 0, 6)).baseOffset, Offset(6));
  }

  void silentProducersAreForgotten() {
    put("x", producer(7, 0, 0));
    put("t", producer(8, 0, 0, true));
    clock_.advance(86401 * kSecond);
    QVERIFY(log_->maintain().ok());
    QVERIFY(put("x", producer(7, 0, 50)).ok());
    QCOMPARE(put("x", producer(8, 0, 50, true)).refusal.code, ErrorCode::kOutOfOrderSequence);
  }

  void readersStopAtTheFirstOpenTransaction() {
    put("a", {});
    put("t", producer(7, 0, 0, true));
    put("b", {});
    QVERIFY(log_->sync().ok());
    QCOMPARE(log_->bounds().lastStable, Offset(1));
    QCOMPARE(committed(), Texts{"a"});
    QCOMPARE(put("x", producer(7, 0, 1)).refusal.code, ErrorCode::kInvalidTxnState);
    QVERIFY(log_->appendMarker(7, 0, {Marker::kCommit, 1}).ok());
    QCOMPARE(log_->bounds().lastStable, Offset(1));  // the marker is not durable
    QVERIFY(log_->sync().ok());
    QCOMPARE(log_->bounds().lastStable, Offset(4));
    QCOMPARE(asClientsSee(), (Texts{"a", "t", "b"}));
    QVERIFY(put("u", producer(7, 0, 1, true)).ok());
  }

  void abortedTransactionsAreListedForTheirReaders() {
    put("a", producer(1, 0, 0, true));
    put("b", producer(2, 0, 0, true));
    put("c", producer(1, 0, 1, true));
    QVERIFY(log_->appendMarker(1, 0, {Marker::kAbort, 0}).ok());
    put("d", producer(1, 0, 2, true));
    QVERIFY(log_->appendMarker(2, 0, {Marker::kCommit, 0}).ok());
    QVERIFY(log_->appendMarker(1, 0, {Marker::kCommit, 0}).ok());
    put("e", producer(3, 0, 0, true));
    QVERIFY(log_->appendMarker(3, 0, {Marker::kAbort, 0}).ok());
    put("f", {});
    QVERIFY(log_->sync().ok());
    const Texts wanted{"b", "d", "f"};
    QCOMPARE(asClientsSee(), wanted);
    const auto first = log_->fetch({0, 1 << 20, true, Isolation::kReadCommitted}).aborted;
    QCOMPARE(first.size(), std::size_t(2));
    QCOMPARE(first[0].producerId, std::int64_t(1));
    QCOMPARE(first[0].firstOffset, Offset(0));
    QCOMPARE(first[1].firstOffset, Offset(7));
    QCOMPARE(log_->fetch({4, 1 << 20, true, Isolation::kReadCommitted}).aborted.size(),
             std::size_t(1));
    // The same from what is on the disk: by scanning, by checkpoint, and without its files.
    log_.reset();
    files_ = files_->crash();
    start();
    QCOMPARE(asClientsSee(), wanted);
    QVERIFY(log_->close().ok());
    start();
    QCOMPARE(asClientsSee(), wanted);
    log_.reset();
    QVERIFY(files_->remove("/data/t-0/00000000000000000000.txnindex").ok());
    QVERIFY(files_->remove("/data/t-0/00000000000000000010.snapshot").ok());
    start();
    QCOMPARE(asClientsSee(), wanted);
  }

  void anOpenTransactionIsOpenAfterACrash() {
    put("a", producer(1, 0, 0, true));
    QVERIFY(log_->checkpoint().ok());
    put("b", {});
    QVERIFY(log_->sync().ok());
    log_.reset();
    files_ = files_->crash();
    start();
    QCOMPARE(log_->bounds().lastStable, Offset(0));
    QVERIFY(log_->appendMarker(1, 0, {Marker::kAbort, 0}).ok());
    QVERIFY(log_->sync().ok());
    QCOMPARE(asClientsSee(), Texts{"b"});
  }

  void markersOfTheFencedAreRefused() {
    put("a", producer(1, 3, 0, true));
    QCOMPARE(log_->appendMarker(1, 2, {Marker::kAbort, 5}).refusal.code,
             ErrorCode::kInvalidProducerEpoch);
    QVERIFY(log_->appendMarker(1, 4, {Marker::kAbort, 5}).ok());
    QCOMPARE(log_->appendMarker(1, 4, {Marker::kAbort, 4}).refusal.code,
             ErrorCode::kTransactionCoordinatorFenced);
    QCOMPARE(put("b", producer(1, 3, 1, true)).refusal.code, ErrorCode::kInvalidProducerEpoch);
    QVERIFY(put("b", producer(1, 4, 0, true)).ok());
  }

  void aDamagedSnapshotIsRefused() {
    put("a", producer(1, 3, 0, true));
    put("b", producer(2, 3, 0));
    ProducerStates states;
    for (int i = 0; i < 20; ++i) {
      BatchHeader header = producer(i % 3, 1, i);
      header.baseOffset = i;
      states.append(header, i);
    }
    const auto bytes = states.encode();
    QCOMPARE((*ProducerStates::decode(bytes)).encode(), bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      auto changed = bytes;
      changed[i] ^= std::byte{1};
      QVERIFY(!ProducerStates::decode(changed).ok());
      QVERIFY(!ProducerStates::decode(ByteView(bytes).first(i)).ok());
    }
  }
};

QTEST_GUILESS_MAIN(ProducerTest)
#include "producer_test.moc"
