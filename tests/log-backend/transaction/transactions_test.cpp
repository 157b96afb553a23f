// SPDX-License-Identifier: Apache-2.0
// Transactions: all or nothing, over partitions, committed offsets, power cuts and other producers.
#include "log-backend/transaction/transaction_coordinator.h"
#include "tests/log-backend/group/coordinator_bench.h"

#include <QTest>

using namespace group_test;

namespace {

struct Producer {
  std::int64_t id = -1;
  std::int16_t epoch = -1;
  int code = -1000;
  std::int32_t sequence[2] = {0, 0};
};

}  // namespace

class TransactionsTest : public QObject {
  Q_OBJECT
  std::unique_ptr<CoordinatorBench> bench_;
  std::unique_ptr<TransactionCoordinator> transactions_;
  std::int64_t lastId_ = 4000;
  std::vector<int> codes_;  ///< of the answers, in their order

  void open() {
    transactions_ = std::make_unique<TransactionCoordinator>(
        TransactionCoordinator::Parts{bench_->topics(), bench_->commits(), bench_->clock(),
                                      bench_->deadlines(), bench_->groups(),
                                      [this]() -> Result<std::int64_t> { return ++lastId_; }},
        TransactionSettings{});
    QVERIFY(transactions_->load().ok());
  }
  void cutAndOpen() {
    transactions_->stop();
    bench_->cutAndOpen();
    open();
    bench_->pass(1);  // what was decided goes on
    bench_->sync();
  }

  Producer init(const std::string& name, std::int32_t timeoutMs = 60000,
                const Producer& before = {}) {
    wire::InitProducerIdRequest request;
    request.transactionalId = name;
    request.transactionTimeoutMs = timeoutMs;
    request.producerId = before.id;
    request.producerEpoch = before.epoch;
    Producer made;
    transactions_->initProducer(request, 4, [&made](const auto& response) {
      made.id = response.producerId;
      made.epoch = response.producerEpoch;
      made.code = response.errorCode;
    });
    bench_->sync();
    return made;
  }
  int add(const Producer& producer, std::vector<std::int32_t> partitions,
          const std::string& topic = "t", const std::string& name = "x") {
    wire::AddPartitionsToTxnRequest request;
    request.transactionalId = name;
    request.producerId = producer.id;
    request.producerEpoch = producer.epoch;
    request.topics.push_back({topic, std::move(partitions)});
    int code = -1000;
    transactions_->addPartitions(request, 3, [&code](const auto& response) {
      code = response.results.at(0).results.at(0).errorCode;
    });
    bench_->sync();
    return code;
  }
  int write(Producer& producer, int partition, const std::string& value,
            const std::string& name = "x") {
    BatchHeader fields;
    fields.producerId = producer.id;
    fields.producerEpoch = producer.epoch;
    fields.baseSequence = producer.sequence[partition]++;
    fields.attributes = BatchHeader::kTransactional;
    auto batch = batchOf(value, bench_->clock().wall(), fields);
    const auto log = bench_->topics().partition("t", partition);
    const auto result =
        transactions_->append(name, *readBatchHeader(batch), "t", partition, *log, batch);
    if (result.ok()) log->whenDurable(bench_->commits(), [] {});
    return static_cast<int>(result.refusal.code);
  }
  int end(const Producer& producer, bool commits, const std::string& name = "x") {
    startEnd(producer, commits, name);
    bench_->sync();
    return codes_.empty() ? -1000 : codes_.back();
  }
  void startEnd(const Producer& producer, bool commits, const std::string& name = "x") {
    wire::EndTxnRequest request;
    request.transactionalId = name;
    request.producerId = producer.id;
    request.producerEpoch = producer.epoch;
    request.committed = commits;
    codes_.clear();
    transactions_->end(request, 3,
                       [this](const auto& response) { codes_.push_back(response.errorCode); });
  }
  int addOffsets(const Producer& producer) {
    wire::AddOffsetsToTxnRequest request;
    request.transactionalId = "x";
    request.producerId = producer.id;
    request.producerEpoch = producer.epoch;
    request.groupId = "g";
    int code = -1000;
    transactions_->addOffsets(request, 3,
                              [&code](const auto& response) { code = response.errorCode; });
    bench_->sync();
    return code;
  }
  int commitOffset(const Producer& producer, Offset offset) {
    wire::TxnOffsetCommitRequest request;
    request.transactionalId = "x";
    request.groupId = "g";
    request.producerId = producer.id;
    request.producerEpoch = producer.epoch;
    request.topics.push_back({"t", {{0, offset, -1, ""}}});
    int code = -1000;
    transactions_->commitOffsets(request, 3, [&code](const auto& response) {
      code = response.topics.at(0).partitions.at(0).errorCode;
    });
    bench_->sync();
    return code;
  }
  /// As a read_committed client sees it: what is below the last stable offset and not aborted.
  std::vector<std::string> committed(int partition) {
    std::vector<std::string> values;
    const auto log = bench_->topics().partition("t", partition);
    const auto found = log->fetch({0, 1U << 20U, true, Isolation::kReadCommitted});
    auto bytes = found.read().value();
    ByteView left = bytes;
    std::map<std::int64_t, Offset> abortedFrom;
    for (const auto& each : found.aborted) abortedFrom.emplace(each.producerId, each.firstOffset);
    while (const auto header = readBatchHeader(left)) {
      if (header->size() > left.size()) break;
      const ByteView batch = left.first(header->size());
      left = left.subspan(batch.size());
      const auto aborted = abortedFrom.find(header->producerId);
      if (header->control()) {
        if (readMarker(*header, batch)->kind == Marker::kAbort && aborted != abortedFrom.end())
          abortedFrom.erase(aborted);
        continue;
      }
      if (aborted != abortedFrom.end() && header->baseOffset >= aborted->second) continue;
      std::vector<Line> lines;
      linesOf(batch, 0, lines);
      for (const Line& line : lines) values.push_back(line.value.value_or(""));
    }
    return values;
  }
  using Values = std::vector<std::string>;

 private slots:
  void init() {
    bench_ = std::make_unique<CoordinatorBench>();
    lastId_ = 4000;
    QVERIFY(!bench_->topics().create("t", 2, {}).refused());
    open();
  }
  void cleanup() {
    transactions_->stop();
    bench_->deadlines().clear();
  }

  void whatIsCommittedIsSeenInAllPartitionsAndNotBefore() {
    Producer one = init("x");
    QCOMPARE(one.code, 0);
    QCOMPARE(one.epoch, std::int16_t{0});
    QCOMPARE(add(one, {0, 1}), 0);
    QCOMPARE(write(one, 0, "a"), 0);
    QCOMPARE(write(one, 1, "b"), 0);
    bench_->sync();
    QCOMPARE(committed(0), Values{});
    QCOMPARE(end(one, true), 0);
    QCOMPARE(committed(0), Values{"a"});
    QCOMPARE(committed(1), Values{"b"});
    QCOMPARE(end(one, true), 0);  // the answer was lost
    QCOMPARE(end(one, false), 48);
  }

  void whatIsAbortedIsNeverSeen() {
    Producer one = init("x");
    QCOMPARE(add(one, {0}), 0);
    QCOMPARE(write(one, 0, "gone"), 0);
    QCOMPARE(end(one, false), 0);
    QCOMPARE(add(one, {0}), 0);
    QCOMPARE(write(one, 0, "kept"), 0);
    QCOMPARE(end(one, true), 0);
    QCOMPARE(committed(0), Values{"kept"});
  }

  void offsetsCountWithTheTransaction() {
    Producer one = init("x");
    QCOMPARE(addOffsets(one), 0);
    QCOMPARE(commitOffset(one, 7), 0);
    QCOMPARE(fetchOffset(bench_->groups(), "g"), (FetchedOffset{0, -1, ""}));
    QCOMPARE(fetchOffset(bench_->groups(), "g", "t", 0, true).code, 88);
    QCOMPARE(end(one, true), 0);
    QCOMPARE(fetchOffset(bench_->groups(), "g", "t", 0, true), (FetchedOffset{0, 7, ""}));
    QCOMPARE(addOffsets(one), 0);
    QCOMPARE(commitOffset(one, 9), 0);
    QCOMPARE(end(one, false), 0);
    QCOMPARE(fetchOffset(bench_->groups(), "g", "t", 0, true), (FetchedOffset{0, 7, ""}));
    cutAndOpen();
    QCOMPARE(fetchOffset(bench_->groups(), "g", "t", 0, true), (FetchedOffset{0, 7, ""}));
  }

  void aNewProducerShutsOutTheOldOneAndUndoesWhatItBegan() {
    Producer old = init("x");
    QCOMPARE(add(old, {0}), 0);
    QCOMPARE(write(old, 0, "half"), 0);
    QCOMPARE(init("x").code, 51);  // undone first, asked again by the client
    Producer fresh = init("x");
    QCOMPARE(fresh.code, 0);
    QCOMPARE(fresh.id, old.id);
    QVERIFY(fresh.epoch > old.epoch);
    QCOMPARE(write(old, 0, "zombie"), 47);
    QCOMPARE(add(old, {0}), 90);
    QCOMPARE(end(old, true), 90);
    QCOMPARE(commitOffset(old, 1), 47);
    QCOMPARE(add(fresh, {0}), 0);
    QCOMPARE(write(fresh, 0, "new"), 0);
    QCOMPARE(end(fresh, true), 0);
    QCOMPARE(committed(0), Values{"new"});
  }

  void aProducerMayGoOnWithItsOwnEpoch() {
    const Producer one = init("x");
    const Producer two = init("x", 60000, one);
    QCOMPARE(two.code, 0);
    QCOMPARE(two.epoch, std::int16_t{1});
    const Producer again = init("x", 60000, one);  // the answer was lost
    QCOMPARE(again.code, 0);
    QCOMPARE(again.epoch, std::int16_t{1});
    (void)init("x");  // somebody else
    QCOMPARE(init("x", 60000, two).code, 90);
  }

  void whatTakesTooLongIsUndoneAndItsProducerShutOut() {
    Producer slow = init("x", 5000);
    QCOMPARE(add(slow, {0, 1}), 0);
    QCOMPARE(write(slow, 0, "late"), 0);
    bench_->pass(4999);
    QCOMPARE(write(slow, 0, "in time"), 0);
    bench_->pass(10);
    bench_->sync();
    QCOMPARE(write(slow, 0, "too late"), 47);
    QCOMPARE(end(slow, true), 90);
    QCOMPARE(committed(0), Values{});
    const auto bounds = bench_->topics().partition("t", 0)->bounds();
    QCOMPARE(bounds.lastStable, bounds.highWatermark);
  }

  void aPowerCutBeforeTheDecisionUndoesAndAfterItCommits() {
    for (const bool decided : {false, true}) {
      init();
      Producer one = init("x", 5000);
      QCOMPARE(add(one, {0, 1}), 0);
      QCOMPARE(addOffsets(one), 0);
      QCOMPARE(write(one, 0, "a"), 0);
      QCOMPARE(write(one, 1, "b"), 0);
      QCOMPARE(commitOffset(one, 5), 0);
      bench_->sync();
      if (decided) {
        startEnd(one, true);
        // The decision gets onto the medium; the markers do not.
        QVERIFY(*bench_->commits().runOnce());
      }
      cutAndOpen();
      if (!decided) {
        QCOMPARE(committed(0), Values{});
        bench_->pass(5001);
        bench_->sync();
      }
      QCOMPARE(committed(0), decided ? Values{"a"} : Values{});
      QCOMPARE(committed(1), decided ? Values{"b"} : Values{});
      QCOMPARE(fetchOffset(bench_->groups(), "g", "t", 0, true).offset,
               decided ? Offset{5} : Offset{-1});
      const auto bounds = bench_->topics().partition("t", 0)->bounds();
      QCOMPARE(bounds.lastStable, bounds.highWatermark);
      QCOMPARE(init("x").code, 0);
    }
  }

  void whatIsInNoTransactionIsRefused() {
    Producer one = init("x");
    QCOMPARE(write(one, 0, "not added"), 48);
    QCOMPARE(end(one, true), 48);
    QCOMPARE(commitOffset(one, 1), 48);
    QCOMPARE(add(one, {0}), 0);
    one.sequence[1] = 0;
    QCOMPARE(write(one, 1, "another partition"), 48);
    QCOMPARE(add(one, {0}, "no such topic"), 3);
    Producer stranger = one;
    stranger.id = 1;
    QCOMPARE(add(stranger, {0}), 49);
    QCOMPARE(add(one, {0}, "t", "unheard of"), 49);
    QCOMPARE(init("", 1000).code, 42);
    QCOMPARE(init("y", 0).code, 50);
    QCOMPARE(init("y", 900001).code, 50);
  }

  void epochsThatRunOutGoOnWithAnotherId() {
    Producer one = init("x");
    const std::int64_t first = one.id;
    for (int i = 0; i < 32766; ++i) one = init("x");
    QCOMPARE(one.id, first);
    QCOMPARE(one.epoch, std::int16_t{32766});
    one = init("x");
    QVERIFY(one.id != first);
    QCOMPARE(one.epoch, std::int16_t{0});
  }

  void transactionsAreListedDescribedAndForgotten() {
    Producer one = init("x");
    (void)init("y");
    QCOMPARE(add(one, {1}), 0);
    wire::ListTransactionsRequest request;
    QCOMPARE(transactions_->list(request).transactionStates.size(), std::size_t{2});
    request.stateFilters = {"Ongoing", "Strange"};
    const auto listed = transactions_->list(request);
    QCOMPARE(listed.transactionStates.size(), std::size_t{1});
    QCOMPARE(listed.transactionStates[0].transactionalId, std::string("x"));
    QCOMPARE(listed.unknownStateFilters, std::vector<std::string>{"Strange"});
    const auto shown = transactions_->describe({{"x", "z"}}).transactionStates;
    QCOMPARE(shown.at(0).transactionState, std::string("Ongoing"));
    QCOMPARE(shown.at(0).topics.at(0).partitions, std::vector<std::int32_t>{1});
    QCOMPARE(shown.at(1).errorCode, std::int16_t{105});
    bench_->clock().stepWall(604800001);
    transactions_->expire();
    bench_->sync();
    QCOMPARE(transactions_->list({}).transactionStates.size(), std::size_t{1});
    cutAndOpen();
    QCOMPARE(transactions_->list({}).transactionStates.size(), std::size_t{1});
  }

  void theStateIsWrittenAsKafkaWritesIt() {
    const TransactionFacts facts{7,  2, 60000, TransactionState::kOngoing, {{"t", 0}, {"t", 3}},
                                 11, 10};
    const std::vector<unsigned char> expected{
        0, 0,                                   // version
        0, 0, 0,    0,    0, 0,  0,   7, 0, 2,  // producer, epoch
        0, 0, 0xea, 0x60, 1,                    // timeout, state
        0, 0, 0,    1,    0, 1,  't',           // one topic
        0, 0, 0,    2,    0, 0,  0,   0, 0, 0, 0, 3, 0, 0,
        0, 0, 0,    0,    0, 11, 0,   0, 0, 0, 0, 0, 0, 10};
    const auto bytes = encodeTransaction(facts);
    QCOMPARE(bytes.size(), expected.size());
    QVERIFY(std::equal(bytes.begin(), bytes.end(), expected.begin(),
                       [](std::byte a, auto b) { return std::to_integer<unsigned char>(a) == b; }));
    QVERIFY(decodeTransaction(bytes) == facts);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      QVERIFY(!decodeTransaction(std::span(bytes).first(size)).has_value());
    QVERIFY(decodeTransactionKey(encodeTransactionKey("x")) == "x");
  }
};

QTEST_GUILESS_MAIN(TransactionsTest)
#include "transactions_test.moc"
