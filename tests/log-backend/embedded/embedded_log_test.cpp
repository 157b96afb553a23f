// SPDX-License-Identifier: Apache-2.0
#include "tests/log-backend/embedded/embedded_bench.h"
#include "tests/log-backend/partition/partition_fixture.h"

#include <QTest>
#include <algorithm>

using namespace embedded_test;

namespace {

using Texts = std::vector<std::string>;

OutRecord record(std::string_view topic, std::string_view value,
                 std::optional<std::int32_t> partition = 0) {
  return {topic, partition, std::nullopt, asBytes(value), {}};
}

ConsumerOptions from(const std::string& topic, const std::string& member = "m") {
  ConsumerOptions options;
  options.group = "g";
  options.member = member;
  options.topics = {topic};
  options.reset = OffsetReset::kEarliest;
  return options;
}

Texts valuesOf(const Polled& polled) {
  Texts values;
  for (const auto& part : polled.parts) {
    for (const auto& each : part.records) values.emplace_back(asText(*each.value));
  }
  return values;
}

}  // namespace

class EmbeddedLogTest : public QObject {
  Q_OBJECT
  std::unique_ptr<EmbeddedBench> bench_;
  std::unique_ptr<LogProducer> producer_;

  std::unique_ptr<LogWork> work(std::initializer_list<OutRecord> records) {
    auto made = producer_->send(std::vector<OutRecord>(records));
    if (!made.ok()) qFatal("%s", made.error().message.c_str());
    return std::move(*made);
  }
  void publish(const std::string& topic, const Texts& values, std::int32_t partition = 0) {
    for (const std::string& value : values)
      QVERIFY(bench_->commit(work({record(topic, value, partition)})));
    bench_->sync();
  }
  std::unique_ptr<LogConsumer> consumer(ConsumerOptions options) {
    auto made = bench_->log().consumer(std::move(options));
    if (!made.ok()) qFatal("%s", made.error().message.c_str());
    bench_->sync();
    return std::move(*made);
  }
  std::optional<Offset> committed(const std::string& topic, std::int32_t partition = 0) {
    return bench_->groups().committed({"g", topic, partition});
  }

 private slots:
  void init() {
    producer_.reset();
    bench_ = std::make_unique<EmbeddedBench>();
    producer_ = bench_->log().producer({}).value();
  }
  void cleanup() { producer_.reset(); }

  void aSessionsRecordsAreThereWhenItsCommitIsDurable() {
    auto mine = work({record("t", "a"), record("t", "b")});
    QCOMPARE(bench_->values("t", 0), Texts({}));
    QVERIFY(bench_->commit(std::move(mine)));
    QCOMPARE(bench_->values("t", 0), Texts({}));
    bench_->sync();
    QCOMPARE(bench_->values("t", 0), Texts({"a", "b"}));
  }

  void anUndoneSessionLeavesNothing() {
    (void)work({record("t", "a")});
    bench_->sync();
    QCOMPARE(bench_->values("t", 0), Texts({}));
  }

  void theTriggersOfASessionShareABatch() {
    std::vector<std::unique_ptr<LogWork>> works;
    for (int i = 0; i < 100; ++i) works.push_back(work({record("t", "v")}));
    QVERIFY(bench_->commit(std::move(works)));
    bench_->sync();
    QCOMPARE(bench_->values("t", 0).size(), std::size_t{100});
    QCOMPARE(bench_->batches(), 1);
  }

  void largeSessionsAreSeveralBatchesThatFitTheTopic() {
    QVERIFY(!bench_->topics().create("t", 1, {{"max.message.bytes", "10000"}}).refused());
    const std::string value(3000, 'x');
    std::vector<std::unique_ptr<LogWork>> works;
    for (int i = 0; i < 10; ++i) works.push_back(work({record("t", value)}));
    QVERIFY(bench_->commit(std::move(works)));
    bench_->sync();
    QCOMPARE(bench_->values("t", 0).size(), std::size_t{10});
    QCOMPARE(bench_->batches(), 4);  // of three records, but for the last
  }

  void whatATopicCannotTakeIsRefusedBeforeTheCommit() {
    QVERIFY(!bench_->topics().create("short", 1, {{"max.message.bytes", "1000"}}).refused());
    QVERIFY(!bench_->topics().create("keyed", 2, {{"cleanup.policy", "compact"}}).refused());
    const std::string value(2000, 'x');
    for (const OutRecord& wrong :
         {record("short", value), record("keyed", "no key"), record("keyed", "v", 2),
          record("a/b", "v"), record("__consumer_offsets", "v")}) {
      const auto sent = producer_->send(std::span(&wrong, 1));
      QVERIFY(!sent.ok());
      QVERIFY(sent.error().fault == Fault::kUser);
    }
  }

  void aCommitThatFailsBehindTheAppendTakesItBack() {
    std::vector<std::unique_ptr<LogWork>> works;
    works.push_back(work({record("t", "lost"), record("u", "lost")}));
    {
      auto writing = bench_->log().prepare(std::move(works));
      QVERIFY(writing.ok());
      Commit made;
      QCOMPARE((*writing)->write(made)->size(), std::size_t{2});
    }
    publish("t", {"a"});
    publish("u", {"b"});
    QCOMPARE(bench_->values("t", 0), Texts({"a"}));
    QCOMPARE(bench_->values("u", 0), Texts({"b"}));
  }

  void aKillBeforeTheCommitIsDurableVoidsWhatWasAppended() {
    publish("t", {"a"});
    QVERIFY(bench_->commit(work({record("t", "lost")})));
    producer_.reset();
    bench_->killAndOpen();
    producer_ = bench_->log().producer({}).value();
    QCOMPARE(bench_->values("t", 0), Texts({"a"}));
    publish("t", {"b"});
    QCOMPARE(bench_->values("t", 0), Texts({"a", "b"}));
  }

  void aTailThatIsVoidIsNothingThatAGroupHasYetToComeBy() {
    publish("t", {"a"});
    for (int i = 0; i < 30; ++i) QVERIFY(bench_->commit(work({record("t", "lost")})));
    producer_.reset();
    bench_->killAndOpen();
    producer_ = bench_->log().producer({}).value();
    const auto place = [&] { return bench_->log().placesOf("g", "t")->at(0); };
    QCOMPARE(place().end, Offset{1});
    const auto reader = consumer(from("t"));
    auto polled = reader->poll({});
    QCOMPARE(valuesOf(*polled), Texts({"a"}));
    QVERIFY(bench_->commit(std::move(polled->work)));
    bench_->sync();
    QCOMPARE(place().committed, Offset{1});
    publish("t", {"b"});
    QCOMPARE(place().end, Offset{32});
    polled = reader->poll({});
    QCOMPARE(valuesOf(*polled), Texts({"b"}));
    QVERIFY(bench_->commit(std::move(polled->work)));
    bench_->sync();
    QCOMPARE(place().committed, Offset{32});
  }

  void whatATransactionAbortedAtTheEndIsPassedWithACommit() {
    publish("t", {"a"});
    const auto log = bench_->topics().partition("t", 0);
    std::vector<partition_test::Line> lost(30);
    auto batch = partition_test::batchOf(lost, partition_test::producer(7, 0, 0, true));
    QVERIFY(log->append(batch).ok());
    QVERIFY(log->appendMarker(7, 0, {Marker::kAbort, 0}).ok());
    QVERIFY(log->sync().ok());
    const auto reader = consumer(from("t"));
    PollLimits one;
    one.records = 1;
    auto polled = reader->poll(one);
    QCOMPARE(valuesOf(*polled), Texts({"a"}));
    QVERIFY(bench_->commit(std::move(polled->work)));
    bench_->sync();
    QVERIFY(committed("t") == Offset{1});
    // Undone, it is passed again.
    QVERIFY(reader->poll({})->work != nullptr);
    polled = reader->poll({});
    QVERIFY(polled->parts.empty());
    QVERIFY(polled->work != nullptr);
    QVERIFY(bench_->commit(std::move(polled->work)));
    bench_->sync();
    QVERIFY(committed("t") == Offset{32});
    QCOMPARE(bench_->log().placesOf("g", "t")->at(0).end, Offset{32});
    QVERIFY(reader->poll({})->work == nullptr);
    publish("t", {"b"});
    QCOMPARE(valuesOf(*reader->poll({})), Texts({"b"}));
  }

  void aConsumerPollsAndCommitsWithItsSession() {
    publish("t", {"a", "b"});
    const auto reader = consumer(from("t"));
    auto polled = reader->poll({});
    QVERIFY(polled.ok());
    QCOMPARE(valuesOf(*polled), Texts({"a", "b"}));
    QVERIFY(bench_->commit(std::move(polled->work)));
    QVERIFY(!committed("t").has_value());
    bench_->sync();
    QVERIFY(committed("t") == Offset{2});
    publish("t", {"c"});
    polled = reader->poll({});
    QCOMPARE(valuesOf(*polled), Texts({"c"}));
  }

  void whatAnUndoneSessionPolledIsPolledAgain() {
    publish("t", {"a", "b"});
    const auto reader = consumer(from("t"));
    QCOMPARE(valuesOf(*reader->poll({})), Texts({"a", "b"}));
    PollLimits one;
    one.records = 1;
    auto polled = reader->poll(one);
    QCOMPARE(valuesOf(*polled), Texts({"a"}));
    QVERIFY(bench_->commit(std::move(polled->work)));
    QCOMPARE(valuesOf(*reader->poll({})), Texts({"b"}));
  }

  void aKillForgetsTheOffsetWithTheSession() {
    publish("t", {"a", "b"});
    {
      const auto reader = consumer(from("t"));
      PollLimits one;
      one.records = 1;
      auto polled = reader->poll(one);
      QVERIFY(bench_->commit(std::move(polled->work)));
      bench_->sync();
      polled = reader->poll(one);
      QVERIFY(bench_->commit(std::move(polled->work)));  // and the kill comes before the disk
    }
    producer_.reset();
    bench_->killAndOpen();
    QVERIFY(committed("t") == Offset{1});
    const auto reader = consumer(from("t"));
    QCOMPARE(valuesOf(*reader->poll({})), Texts({"b"}));
  }

  void twoPollsNeverHaveOnePartition() {
    QVERIFY(!bench_->topics().create("t", 2, {}).refused());
    publish("t", {"a"}, 0);
    publish("t", {"b"}, 1);
    const auto reader = consumer(from("t"));
    PollLimits one;
    one.records = 1;
    auto first = reader->poll(one);
    auto second = reader->poll(one);
    Texts both = valuesOf(*first);
    const Texts other = valuesOf(*second);
    both.insert(both.end(), other.begin(), other.end());
    std::sort(both.begin(), both.end());
    QCOMPARE(both, Texts({"a", "b"}));
    QVERIFY(valuesOf(*reader->poll(one)).empty());
  }

  void aMemberThatWasPutOutCannotCommit() {
    publish("t", {"a"});
    const auto reader = consumer(from("t"));
    auto polled = reader->poll({});
    wire::LeaveGroupRequest leave;
    leave.groupId = "g";
    leave.members.emplace_back().groupInstanceId = "m";
    QCOMPARE(bench_->groups().leave(leave, Caller{3, "", ""}).errorCode, std::int16_t{0});
    QVERIFY(!bench_->commit(std::move(polled->work)));
    bench_->sync();
    QVERIFY(!committed("t").has_value());
  }

  void partitionsAreGivenUpOnlyWhenOpenSessionsAreDurable() {
    QVERIFY(!bench_->topics().create("t", 2, {}).refused());
    publish("t", {"a"}, 0);
    publish("t", {"b"}, 1);
    const auto first = consumer(from("t", "m1"));
    auto polled = first->poll({});
    QCOMPARE(valuesOf(*polled).size(), std::size_t{2});
    const auto second = consumer(from("t", "m2"));
    bench_->pass(4 * kSecond);  // the heartbeat says that somebody joins
    QVERIFY(bench_->commit(std::move(polled->work)));
    QVERIFY(bench_->groups().list({}).groups.front().groupState == "PreparingRebalance");
    bench_->sync();
    bench_->pass(4 * kSecond);
    publish("t", {"c"}, 0);
    publish("t", {"d"}, 1);
    auto ofFirst = first->poll({});
    auto ofSecond = second->poll({});
    QCOMPARE(valuesOf(*ofFirst).size(), std::size_t{1});
    QCOMPARE(valuesOf(*ofSecond).size(), std::size_t{1});
  }

  void aPatternTakesTopicsThatComeLater() {
    publish("log-a", {"a"});
    publish("other", {"x"});
    ConsumerOptions options = from("");
    options.matches = [](std::string_view topic) { return topic.starts_with("log-"); };
    const auto reader = consumer(options);
    auto polled = reader->poll({});
    QCOMPARE(valuesOf(*polled), Texts({"a"}));
    QVERIFY(bench_->commit(std::move(polled->work)));
    publish("log-b", {"b"});
    bench_->pass(4 * kSecond);  // the heartbeat looks at the topics, and it joins anew
    QCOMPARE(valuesOf(*reader->poll({})), Texts({"b"}));
  }

  void whoWaitsIsToldWhenThereIsMore() {
    int told = 0;
    ConsumerOptions options = from("t");
    options.onReady = [&told] { ++told; };
    const auto reader = consumer(options);
    QVERIFY(valuesOf(*reader->poll({})).empty());
    const int before = told;
    publish("t", {"a"});
    QCOMPARE(told, before + 1);
  }

  void anOffsetThatIsGoneIsResetAsAsked() {
    publish("t", {"a", "b", "c"});
    QVERIFY(!bench_->topics().partition("t", 0)->deleteRecords(1).refusal.refused());
    const auto reader = consumer(from("t"));
    QCOMPARE(valuesOf(*reader->poll({})), Texts({"b", "c"}));
    ConsumerOptions strict = from("t");
    strict.group = "strict";
    strict.reset = OffsetReset::kNone;
    const auto other = consumer(strict);
    QVERIFY(!other->poll({}).ok());
  }

  void whoTakesAPartitionOverWaitsForTheCommitThatIsUnderWay() {
    publish("t", {"a", "b", "c"});
    auto first = consumer(from("t"));
    bench_->pass(10 * kSecond);
    PollLimits limits;
    limits.records = 2;
    auto polled = first->poll(limits).value();
    QCOMPARE(valuesOf(polled), Texts({"a", "b"}));
    const OffsetKey key{"g", "t", 0};
    QVERIFY(!bench_->groups().isUnsettled(key));
    QVERIFY(bench_->commit(std::move(polled.work)));
    QVERIFY(bench_->groups().isUnsettled(key));
    first.reset();
    auto second = consumer(from("t", "other"));
    bench_->pass(10 * kSecond);
    QVERIFY(!bench_->groups().isUnsettled(key));
    QCOMPARE(valuesOf(second->poll({}).value()), Texts({"c"}));
  }

  void anUndoneCommitIsNotWaitedFor() {
    publish("t", {"a", "b"});
    auto reader = consumer(from("t"));
    bench_->pass(10 * kSecond);
    {
      std::vector<std::unique_ptr<LogWork>> works;
      works.push_back(std::move(reader->poll({}).value().work));
      auto writing = bench_->log().prepare(std::move(works)).value();
      Commit commit;
      QVERIFY(writing->write(commit).ok());
      QVERIFY(bench_->groups().isUnsettled({"g", "t", 0}));
    }
    QVERIFY(!bench_->groups().isUnsettled({"g", "t", 0}));
    bench_->sync();
    QCOMPARE(valuesOf(reader->poll({}).value()), Texts({"a", "b"}));
  }
};

QTEST_GUILESS_MAIN(EmbeddedLogTest)
#include "embedded_log_test.moc"
