// SPDX-License-Identifier: Apache-2.0
// What each request does and answers, on frames written byte by byte.
#include "tests/log-backend/broker/desk_fixture.h"
#include "tests/log-backend/broker/wire_bytes.h"

#include <QTest>

using namespace partition_test;
using namespace broker_test;

class RequestsTest : public QObject {
  Q_OBJECT
  std::unique_ptr<DeskFixture> made_;
  std::vector<Answer> answers_;

  void send(const Bytes& bytes) {
    auto exchange = Exchange::open(
        bytes.get(), "127.0.0.1", [this](Answer answer) { answers_.push_back(std::move(answer)); });
    if (!exchange.ok()) {
      answers_.push_back({Answer::Kind::kClose, {}, exchange.error().message, 0, {}});
      return;
    }
    beginRequest(made_->desk, *exchange);
  }
  /// The one answer that came, behind its size and correlation id.
  Reader answer() {
    if (answers_.size() != 1 || answers_[0].kind != Answer::Kind::kFrame) abort();
    const auto size = static_cast<std::int64_t>(answers_[0].frame.size());
    Reader reader(std::move(answers_[0].frame));
    answers_.clear();
    if (reader.i32() != size - 4 || reader.i32() != 7) abort();
    return reader;
  }
  bool closed() {
    const bool only = answers_.size() == 1 && answers_[0].kind == Answer::Kind::kClose;
    answers_.clear();
    return only;
  }
  Bytes produceOf(std::span<const std::byte> batch, int acks, int index = 0,
                  const std::string& topic = "t") {
    return request(0, 7).i16(-1).i16(acks).i32(1000).i32(1).text(topic).i32(1).i32(index).block(
        batch);
  }
  Bytes fetchOf(std::int64_t offset, int wait, int least, int most = 1 << 20, int isolation = 0) {
    return request(1, 4)
        .i32(-1)
        .i32(wait)
        .i32(least)
        .i32(most)
        .i8(isolation)
        .i32(1)
        .text("t")
        .i32(1)
        .i32(0)
        .i64(offset)
        .i32(most);
  }
  /// The error code and base offset of the one partition in an answer to produceOf().
  std::pair<std::int64_t, std::int64_t> produced() {
    Reader reader = answer();
    if (reader.i32() != 1) abort();
    reader.text();
    if (reader.i32() != 1) abort();
    reader.i32();
    const std::int64_t code = reader.i16();
    return {code, reader.i64()};
  }
  struct Fetched {
    std::int64_t code = 0, highWatermark = 0, lastStable = 0;
    std::vector<std::byte> records;
  };
  Fetched fetched() {
    Reader reader = answer();
    reader.i32();  // throttle time
    if (reader.i32() != 1 || reader.text() != "t" || reader.i32() != 1) abort();
    reader.i32();
    Fetched result;
    result.code = reader.i16();
    result.highWatermark = reader.i64();
    result.lastStable = reader.i64();
    for (std::int64_t n = reader.i32(); n > 0; --n) {
      reader.i64();
      reader.i64();
    }
    result.records = reader.block();
    if (!reader.atEnd()) abort();
    return result;
  }
  void syncAll() { made_->syncAll(); }

 private slots:
  void init() { made_ = std::make_unique<DeskFixture>(); }
  void cleanup() {
    made_.reset();
    answers_.clear();
  }

  void apiVersionsListsWhatIsServedAndNothingElse() {
    send(request(18, 0));
    Reader reader = answer();
    QCOMPARE(reader.i16(), 0);
    const std::int64_t count = reader.i32();
    QVERIFY(count > 5);
    std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> listed;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t key = reader.i16();
      const std::int64_t least = reader.i16();
      listed[key] = {least, reader.i16()};
    }
    QVERIFY(reader.atEnd());
    for (std::int16_t key = -1; key < 100; ++key) {
      for (std::int16_t version = 0; version < 20; ++version) {
        const bool served =
            listed.contains(key) && listed[key].first <= version && version <= listed[key].second;
        // This body (or the tags of a header) is malformed, or answered: what is not served says
        // so.
        send(request(key, version).i8(0));
        const bool refused = !answers_.empty() && answers_[0].kind == Answer::Kind::kClose &&
                             answers_[0].reason.ends_with("is not served");
        answers_.clear();
        QCOMPARE(refused, !served && key != 18);
      }
    }
  }

  void aNewerApiVersionsIsAnsweredInTheOldestForm() {
    send(request(18, 9));
    Reader reader = answer();
    QCOMPARE(reader.i16(), 35);
    QCOMPARE(reader.i32(), 1);
    QCOMPARE(reader.i16(), 18);
    QCOMPARE(reader.i16(), 0);
    QVERIFY(reader.i16() >= 3);
    QVERIFY(reader.atEnd());
  }

  void aClientThatHidesItsNameIsRefused() {
    // Version 3 is flexible: tags of the header, compact strings "-x" and "1", tags.
    send(request(18, 3).i8(0).i8(3).i8('-').i8('x').i8(2).i8('1').i8(0));
    Reader reader = answer();
    QCOMPARE(reader.i16(), 42);
  }

  void malformedRequestsCloseTheConnection() {
    const Bytes good = fetchOf(0, 0, 1);
    for (std::size_t size = 0; size + 1 < good.get().size(); ++size) {
      send(Bytes().raw(std::span(good.get()).first(size)));
      QVERIFY(closed());
    }
    Bytes longer = good;
    send(longer.i8(0));  // as Kafka does: what stands behind it is passed over
    QCOMPARE(fetched().code, 0);
    send(good);
    QCOMPARE(fetched().code, 0);
  }

  void metadataMakesATopicWhereTheClientAllowsIt() {
    send(request(3, 4).i32(1).text("new").i8(0));
    Reader none = answer();
    none.i32();
    QCOMPARE(none.i32(), 1);
    QCOMPARE(none.i32(), 1);
    QCOMPARE(none.text(), std::string("host"));
    QCOMPARE(none.i32(), 9092);
    QCOMPARE(none.i16(), -1);
    QCOMPARE(none.text(), std::string("cluster"));
    QCOMPARE(none.i32(), 1);
    QCOMPARE(none.i32(), 1);
    QCOMPARE(none.i16(), 3);
    QVERIFY(made_->topics->find("new") == nullptr);
    send(request(3, 4).i32(1).text("new").i8(1));
    answers_.clear();
    QVERIFY(made_->topics->find("new") != nullptr);
    made_->desk.settings.autoCreateTopics = false;
    send(request(3, 4).i32(1).text("newer").i8(1));
    answers_.clear();
    QVERIFY(made_->topics->find("newer") == nullptr);
    send(request(3, 4).i32(1).text("no/name").i8(1));
    Reader wrong = answer();
    wrong.i32();
    wrong.i32();
    wrong.i32();
    wrong.text();
    wrong.i32();
    wrong.i16();
    wrong.text();
    wrong.i32();
    wrong.i32();
    QCOMPARE(wrong.i16(), 17);
  }

  void acksOneIsAnsweredAtOnceAndAcksAllWhenItIsDurable() {
    auto batch = batchOf("a", 5);
    send(produceOf(batch, 1));
    QCOMPARE(produced(), std::pair(std::int64_t{0}, std::int64_t{0}));
    send(produceOf(batch, -1));
    QVERIFY(answers_.empty());
    syncAll();
    QCOMPARE(produced(), std::pair(std::int64_t{0}, std::int64_t{1}));
    const auto after = made_->files.crash();
    OpenFiles open(*after, 50);
    auto again = Topics::open(open, made_->clock, "/data/log", {});
    QVERIFY(again.ok());
    QCOMPARE(valuesOf(readAll(*(*again)->partition("t", 0), 0)),
             (std::vector<std::string>{"a", "a"}));
  }

  void acksZeroIsNeverAnsweredAndARefusalClosesTheConnection() {
    auto batch = batchOf("a");
    send(produceOf(batch, 0));
    QCOMPARE(answers_.size(), std::size_t{1});
    QVERIFY(answers_[0].kind == Answer::Kind::kNothing);
    answers_.clear();
    syncAll();
    QCOMPARE(made_->topics->partition("t", 0)->bounds().highWatermark, Offset{1});
    send(produceOf(batch, 0, 9));
    QVERIFY(closed());
  }

  void refusedBatchesNameKafkasError() {
    auto batch = batchOf("a");
    send(produceOf(batch, 2));
    QCOMPARE(produced().first, 21);
    send(produceOf(batch, 1, 2));
    QCOMPARE(produced().first, 3);
    send(produceOf(batch, 1, 0, "nowhere"));
    QCOMPARE(produced().first, 3);
    send(produceOf(batch, 1, 0, "__consumer_offsets"));
    QCOMPARE(produced().first, 17);
    auto damaged = batch;
    damaged.back() ^= std::byte{1};
    send(produceOf(damaged, 1));
    QCOMPARE(produced().first, 2);
    auto two = batch;
    two.insert(two.end(), batch.begin(), batch.end());
    send(produceOf(two, 1));
    QCOMPARE(produced().first, 87);
    QVERIFY(!made_->topics->configure("t", {{"min.insync.replicas", "2"}}).refused());
    send(produceOf(batch, -1));
    QCOMPARE(produced().first, 19);
    QCOMPARE(made_->topics->partition("t", 0)->bounds().logEnd, Offset{0});
  }

  void noRecordsAtAllAreRefused() {
    send(request(0, 7).i16(-1).i16(1).i32(1000).i32(1).text("t").i32(1).i32(0).i32(-1));  // null
    QCOMPARE(produced().first, 2);
    send(produceOf({}, 1));
    QCOMPARE(produced().first, 2);
  }

  void aProducerThatSendsABatchAgainIsAnsweredButNotStoredAgain() {
    send(request(22, 1).i16(-1).i32(1000));
    Reader ids = answer();
    ids.i32();
    QCOMPARE(ids.i16(), 0);
    QCOMPARE(ids.i64(), 4000);
    QCOMPARE(ids.i16(), 0);
    auto first = batchOf("a", 0, producer(4000, 0, 0));
    send(produceOf(first, 1));
    QCOMPARE(produced(), std::pair(std::int64_t{0}, std::int64_t{0}));
    send(produceOf(first, 1));
    QCOMPARE(produced(), std::pair(std::int64_t{0}, std::int64_t{0}));
    auto third = batchOf("c", 0, producer(4000, 0, 2));
    send(produceOf(third, 1));
    QCOMPARE(produced().first, 45);
    QCOMPARE(made_->topics->partition("t", 0)->bounds().logEnd, Offset{1});
  }

  void aFetchGivesWhatIsDurableAndAtLeastOneBatch() {
    auto batch = batchOf(std::string(500, 'x'));
    send(produceOf(batch, 1));
    answers_.clear();
    send(fetchOf(0, 0, 1));
    Fetched early = fetched();
    QCOMPARE(early.highWatermark, 0);
    QVERIFY(early.records.empty());
    syncAll();
    send(fetchOf(0, 0, 1, 10));
    Fetched whole = fetched();
    QCOMPARE(whole.code, 0);
    QCOMPARE(whole.highWatermark, 1);
    std::vector<Line> lines;
    linesOf(whole.records, 0, lines);
    QCOMPARE(valuesOf(lines), std::vector<std::string>{std::string(500, 'x')});
    send(fetchOf(2, 5000, 1));
    QCOMPARE(fetched().code, 1);
    QCOMPARE(made_->waiters.waiting(), std::size_t{0});
  }

  void aFetchWaitsForRecordsOrForItsTime() {
    auto batch = batchOf("a");
    send(fetchOf(0, 500, 1));
    QVERIFY(answers_.empty());
    QCOMPARE(made_->waiters.waiting(), std::size_t{1});
    send(produceOf(batch, 0));
    answers_.clear();
    QCOMPARE(made_->waiters.waiting(), std::size_t{1});
    syncAll();
    QVERIFY(!fetched().records.empty());
    QCOMPARE(made_->waiters.waiting(), std::size_t{0});
    QVERIFY(!made_->deadlines.next().has_value());
    send(fetchOf(1, 500, 1));
    made_->clock.advance(499 * kMillisecond);
    made_->deadlines.runDue(made_->clock.monotonic());
    QVERIFY(answers_.empty());
    made_->clock.advance(kMillisecond);
    made_->deadlines.runDue(made_->clock.monotonic());
    QVERIFY(fetched().records.empty());
    QCOMPARE(made_->waiters.waiting(), std::size_t{0});
  }

  void aWaitingFetchHearsThatItsTopicIsGone() {
    send(fetchOf(0, 500, 1));
    QVERIFY(answers_.empty());
    send(request(20, 1).i32(1).text("t").i32(1000));
    QCOMPARE(answers_.size(), std::size_t{2});
    answers_.pop_back();  // of the removal
    QCOMPARE(fetched().code, 3);
    QCOMPARE(made_->waiters.waiting(), std::size_t{0});
    QVERIFY(made_->topics->find("t") == nullptr);
  }

  void offsetsAreFoundByTimeAndAtBothEnds() {
    auto batch = batchOf(std::vector<Line>{{0, "k", "a", 100}, {0, "k", "b", 200}});
    send(produceOf(batch, 0));
    answers_.clear();
    syncAll();
    const auto ask = [this](std::int64_t time) {
      send(request(2, 1).i32(-1).i32(1).text("t").i32(1).i32(0).i64(time));
      Reader reader = answer();
      reader.i32();
      reader.text();
      reader.i32();
      reader.i32();
      if (reader.i16() != 0) abort();
      const std::int64_t timestamp = reader.i64();
      return std::pair(timestamp, reader.i64());
    };
    using Pair = std::pair<std::int64_t, std::int64_t>;
    QCOMPARE(ask(-1), Pair(-1, 2));
    QCOMPARE(ask(-2), Pair(-1, 0));
    QCOMPARE(ask(100), Pair(100, 0));
    QCOMPARE(ask(101), Pair(200, 1));
    QCOMPARE(ask(201), Pair(-1, -1));
  }

  void topicsAreMadeAsAskedAndRefusedWithKafkasError() {
    const auto make = [this](const std::string& name, int partitions, int replicas,
                             const std::string& config, const std::string& value) {
      Bytes bytes = request(19, 1).i32(1).text(name).i32(partitions).i16(replicas).i32(0);
      if (config.empty()) {
        bytes.i32(0);
      } else {
        bytes.i32(1).text(config).text(value);
      }
      send(bytes.i32(1000).i8(0));
      Reader reader = answer();
      reader.i32();
      if (reader.text() != name) abort();
      return reader.i16();
    };
    QCOMPARE(make("a", 3, 1, "retention.ms", "5000"), 0);
    QCOMPARE(made_->topics->find("a")->partitions.size(), std::size_t{3});
    QCOMPARE(made_->topics->find("a")->partitions[0]->config().retentionMs, Millis{5000});
    QCOMPARE(make("a", 1, 1, "", ""), 36);
    QCOMPARE(make("b", -1, -1, "", ""), 0);
    QCOMPARE(make("c", 0, 1, "", ""), 37);
    QCOMPARE(make("c", 1, 3, "", ""), 38);
    QCOMPARE(make("c", 1, 1, "no.such", "x"), 40);
    QCOMPARE(make("__consumer_offsets", 1, 1, "", ""), 17);
    QCOMPARE(make("c d", 1, 1, "", ""), 17);
    QVERIFY(made_->topics->find("c") == nullptr);
  }

  void deletedRecordsAreGoneAndTheLogStartsBehindThem() {
    auto batch = batchOf("a");
    for (int i = 0; i < 3; ++i) send(produceOf(batch, 0));
    syncAll();
    answers_.clear();
    send(request(21, 0).i32(1).text("t").i32(1).i32(0).i64(2).i32(1000));
    Reader reader = answer();
    reader.i32();
    reader.i32();
    reader.text();
    reader.i32();
    reader.i32();
    QCOMPARE(reader.i64(), 2);
    QCOMPARE(reader.i16(), 0);
    send(fetchOf(1, 0, 0));
    QCOMPARE(fetched().code, 1);
    send(fetchOf(2, 0, 0));
    QCOMPARE(fetched().code, 0);
  }

  void configsAreShownWithWhereTheyComeFrom() {
    QVERIFY(!made_->topics->configure("t", {{"retention.ms", "77"}}).refused());
    send(
        request(32, 1).i32(1).i8(2).text("t").i32(2).text("retention.ms").text("segment.ms").i8(0));
    Reader reader = answer();
    reader.i32();
    QCOMPARE(reader.i32(), 1);
    QCOMPARE(reader.i16(), 0);
    QCOMPARE(reader.i16(), -1);
    QCOMPARE(reader.i8(), 2);
    reader.text();
    QCOMPARE(reader.i32(), 2);
    std::map<std::string, std::pair<std::string, std::int64_t>> shown;
    for (int i = 0; i < 2; ++i) {
      const std::string name = reader.text();
      const std::string value = reader.text();
      reader.i8();
      shown[name] = {value, reader.i8()};
      reader.i8();
      QCOMPARE(reader.i32(), 0);
    }
    QCOMPARE(shown["retention.ms"], std::pair(std::string("77"), std::int64_t{1}));
    QCOMPARE(shown["segment.ms"], std::pair(std::string("604800000"), std::int64_t{5}));
  }

  void aGroupIsFoundJoinedSyncedAndLeft() {
    send(request(10, 1).text("g").i8(0));
    Reader coordinator = answer();
    coordinator.i32();
    QCOMPARE(coordinator.i16(), 0);
    QCOMPARE(coordinator.i16(), -1);
    QCOMPARE(coordinator.i32(), 1);
    QCOMPARE(coordinator.text(), std::string("host"));
    QCOMPARE(coordinator.i32(), 9092);
    // JoinGroup in its first version: one time for all, and no id promised first.
    const std::string metadata = "m";
    send(request(11, 0)
             .text("g")
             .i32(10000)
             .text("")
             .text("consumer")
             .i32(1)
             .text("range")
             .block(asBytes(metadata)));
    Reader joined = answer();
    QCOMPARE(joined.i16(), 0);
    QCOMPARE(joined.i32(), 1);
    QCOMPARE(joined.text(), std::string("range"));
    const std::string leader = joined.text();
    const std::string member = joined.text();
    QCOMPARE(leader, member);
    QCOMPARE(joined.i32(), 1);
    QCOMPARE(joined.text(), member);
    QCOMPARE(joined.block().size(), std::size_t{1});
    QVERIFY(joined.atEnd());
    send(request(14, 0).text("g").i32(1).text(member).i32(1).text(member).block(asBytes(metadata)));
    QVERIFY(answers_.empty());
    syncAll();
    Reader synced = answer();
    QCOMPARE(synced.i16(), 0);
    QCOMPARE(synced.block().size(), std::size_t{1});
    send(request(12, 0).text("g").i32(1).text(member));
    QCOMPARE(answer().i16(), 0);
    send(request(13, 0).text("g").text(member));
    QCOMPARE(answer().i16(), 0);
    send(request(12, 0).text("g").i32(1).text(member));
    QCOMPARE(answer().i16(), 25);
  }

  void offsetsAreCommittedAndFetchedInTheirFirstVersions() {
    // OffsetCommit 2 of somebody who is no member: generation -1, no member, default retention.
    send(request(8, 2)
             .text("g")
             .i32(-1)
             .text("")
             .i64(-1)
             .i32(1)
             .text("t")
             .i32(1)
             .i32(1)
             .i64(12)
             .text("note"));
    QVERIFY(answers_.empty());
    syncAll();
    Reader committed = answer();
    QCOMPARE(committed.i32(), 1);
    QCOMPARE(committed.text(), std::string("t"));
    QCOMPARE(committed.i32(), 1);
    QCOMPARE(committed.i32(), 1);
    QCOMPARE(committed.i16(), 0);
    send(request(9, 2).text("g").i32(-1));  // all that there are
    Reader fetched = answer();
    QCOMPARE(fetched.i32(), 1);
    QCOMPARE(fetched.text(), std::string("t"));
    QCOMPARE(fetched.i32(), 1);
    QCOMPARE(fetched.i32(), 1);
    QCOMPARE(fetched.i64(), 12);
    QCOMPARE(fetched.text(), std::string("note"));
    QCOMPARE(fetched.i16(), 0);
    QCOMPARE(fetched.i16(), 0);
    QVERIFY(fetched.atEnd());
  }

  void partitionsAreAddedAndNeverTakenAway() {
    const auto grow = [this](int count) {
      send(request(37, 0).i32(1).text("t").i32(count).i32(-1).i32(1000).i8(0));
      Reader reader = answer();
      reader.i32();
      if (reader.i32() != 1) abort();
      reader.text();
      return reader.i16();
    };
    QCOMPARE(grow(2), 37);
    QCOMPARE(grow(3), 0);
    QCOMPARE(made_->topics->find("t")->entry.partitions, 3);
    QCOMPARE(grow(2), 37);
  }

  void oneConfigIsChangedAndTheOthersStay() {
    // IncrementalAlterConfigs: operation 0 sets, 1 deletes, 2 appends, 3 takes out.
    const auto change = [this](const std::string& name, int operation, const std::string& value) {
      send(request(44, 0).i32(1).i8(2).text("t").i32(1).text(name).i8(operation).text(value).i8(0));
      Reader reader = answer();
      reader.i32();
      if (reader.i32() != 1) abort();
      return reader.i16();
    };
    const auto now = [this](const char* name) {
      return std::string(made_->topics->find("t")->entry.config.text(name));
    };
    QCOMPARE(change("retention.ms", 0, "1234"), 0);
    QCOMPARE(change("cleanup.policy", 2, "compact"), 0);
    QCOMPARE(now("cleanup.policy"), std::string("delete,compact"));
    QCOMPARE(change("cleanup.policy", 3, "delete"), 0);
    QCOMPARE(now("cleanup.policy"), std::string("compact"));
    QCOMPARE(now("retention.ms"), std::string("1234"));
    QCOMPARE(change("retention.ms", 1, ""), 0);
    QCOMPARE(now("retention.ms"), std::string("604800000"));
    QCOMPARE(change("retention.ms", 2, "5"), 40);
    QCOMPARE(change("retention.ms", 0, "soon"), 40);
    QCOMPARE(change("no.such.config", 0, "5"), 40);
    QCOMPARE(now("cleanup.policy"), std::string("compact"));
  }
};

QTEST_GUILESS_MAIN(RequestsTest)
#include "requests_test.moc"
