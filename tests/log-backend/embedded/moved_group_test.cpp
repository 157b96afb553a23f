// SPDX-License-Identifier: Apache-2.0
// A wire's group that an administrator moves while its consumer reads: what is read and not
// committed is undone, and exactly what lies behind the new place is read again.
#include "tests/log-backend/embedded/embedded_bench.h"

#include <QTest>

using namespace embedded_test;

namespace {

using Texts = std::vector<std::string>;

Texts valuesOf(const Polled& polled) {
  Texts values;
  for (const auto& part : polled.parts) {
    for (const auto& each : part.records) values.emplace_back(asText(*each.value));
  }
  return values;
}

}  // namespace

class MovedGroupTest : public QObject {
  Q_OBJECT
  std::unique_ptr<EmbeddedBench> bench_;
  std::unique_ptr<LogConsumer> reader_;

  void publish(const Texts& values) {
    const auto producer = bench_->log().producer({}).value();
    for (const std::string& value : values) {
      auto work =
          producer->send(std::vector<OutRecord>{{"t", 0, std::nullopt, asBytes(value), {}}});
      QVERIFY(work.ok());
      QVERIFY(bench_->commit(std::move(*work)));
    }
    bench_->sync();
  }
  Polled poll(std::size_t most = 100) {
    PollLimits limits;
    limits.records = most;
    auto polled = reader_->poll(limits);
    if (!polled.ok()) qFatal("%s", polled.error().message.c_str());
    return std::move(*polled);
  }
  /// As an administrator does; the code, once it is on the medium.
  std::optional<std::int16_t> move(Offset to) {
    wire::OffsetCommitRequest request;
    request.groupId = "g";
    request.generationIdOrMemberEpoch = -1;
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    topic.partitions.emplace_back().committedOffset = to;
    const auto code = std::make_shared<std::optional<std::int16_t>>();
    bench_->groups().commit(request, [code](const wire::OffsetCommitResponse& response) {
      *code = response.topics.at(0).partitions.at(0).errorCode;
    });
    bench_->sync();
    return *code;
  }
  std::optional<Offset> committed() { return bench_->groups().committed({"g", "t", 0}); }

 private slots:
  void init() {
    reader_.reset();
    bench_ = std::make_unique<EmbeddedBench>();
    bench_->groups().keepForEver({"g"});
    publish({"a", "b", "c", "d", "e"});
    ConsumerOptions options;
    options.group = "g";
    options.member = "m";
    options.topics = {"t"};
    options.reset = OffsetReset::kEarliest;
    reader_ = bench_->log().consumer(options).value();
    bench_->sync();
  }
  void cleanup() { reader_.reset(); }

  void whoRestsHearsOfItWithItsHeartbeat() {
    Polled all = poll();
    QCOMPARE(valuesOf(all), Texts({"a", "b", "c", "d", "e"}));
    QVERIFY(bench_->commit(std::move(all.work)));
    bench_->sync();
    QVERIFY(committed() == Offset{5});
    QCOMPARE(move(3), std::optional<std::int16_t>(0));
    QVERIFY(committed() == Offset{3});
    bench_->pass(4 * kSecond);
    Polled again = poll();
    QCOMPARE(valuesOf(again), Texts({"d", "e"}));
    QVERIFY(bench_->commit(std::move(again.work)));
    bench_->sync();
    QVERIFY(committed() == Offset{5});
    publish({"f"});
    QCOMPARE(valuesOf(poll()), Texts({"f"}));
  }

  void aSessionThatIsOpenIsUndoneAndItsMemberComesBackAtOnce() {
    Polled first = poll(2);
    QCOMPARE(valuesOf(first), Texts({"a", "b"}));
    QVERIFY(bench_->commit(std::move(first.work)));
    Polled open = poll(2);
    QCOMPARE(valuesOf(open), Texts({"c", "d"}));
    QCOMPARE(move(1), std::optional<std::int16_t>(0));
    QVERIFY(!bench_->commit(std::move(open.work)));
    open = {};
    bench_->pass(kMillisecond);  // no heartbeat was due
    bench_->sync();
    bench_->pass(kMillisecond);
    QCOMPARE(valuesOf(poll()), Texts({"b", "c", "d", "e"}));
  }

  void aSessionBeforeItThatIsNotDurableYetDoesNotCountBehindIt() {
    Polled open = poll();
    QVERIFY(bench_->commit(std::move(open.work)));  // the disk has not got it
    QCOMPARE(move(2), std::optional<std::int16_t>(0));
    QVERIFY(committed() == Offset{2});
    bench_->pass(4 * kSecond);
    QCOMPARE(valuesOf(poll()), Texts({"c", "d", "e"}));
  }

  void aKillBehindItChangesNothingOfIt() {
    Polled open = poll();
    QVERIFY(bench_->commit(std::move(open.work)));
    QCOMPARE(move(4), std::optional<std::int16_t>(0));
    open = {};
    reader_.reset();
    bench_->killAndOpen();
    QVERIFY(committed() == Offset{4});
  }

  void anyOtherGroupIsMovedWithoutMembersOnly() {
    bench_->groups().keepForEver({});
    QCOMPARE(move(1), std::optional<std::int16_t>(25));
    reader_.reset();
    QCOMPARE(move(1), std::optional<std::int16_t>(0));
    QVERIFY(committed() == Offset{1});
  }
};

QTEST_GUILESS_MAIN(MovedGroupTest)
#include "moved_group_test.moc"
