// SPDX-License-Identifier: Apache-2.0
// Where clients and brokers of Kafka's protocol are known to misunderstand each other, and no other
// test of a request looks: versions that mean something else, fields that say "none" in their own
// way, epochs, ids and sessions. Frames are written byte by byte.
#include "tests/log-backend/broker/desk_fixture.h"
#include "tests/log-backend/broker/wire_bytes.h"

#include <QTest>
#include <array>
#include <functional>
#include <limits>

using namespace partition_test;
using namespace broker_test;

namespace {

using Numbers = std::vector<std::int64_t>;

}  // namespace

class ProtocolTrapsTest : public QObject {
  Q_OBJECT
  std::unique_ptr<DeskFixture> made_;
  std::vector<Answer> answers_;

  void send(const Bytes& bytes) {
    const auto exchange = Exchange::open(
        bytes.get(), "127.0.0.1", [this](Answer answer) { answers_.push_back(std::move(answer)); });
    if (!exchange.ok()) abort();
    beginRequest(made_->desk, *exchange);
  }
  /// The one answer that came, behind its size and correlation id.
  Reader answer() {
    if (answers_.size() != 1 || answers_[0].kind != Answer::Kind::kFrame) abort();
    Reader reader(std::move(answers_[0].frame));
    answers_.clear();
    reader.i32();
    if (reader.i32() != 7) abort();
    return reader;
  }
  Partition& partition() { return *made_->topics->partition("t", 0); }
  void append(std::vector<std::byte> batch) {
    if (!partition().append(batch).ok()) abort();
    partition().whenDurable(made_->commits, [] {});
    made_->syncAll();
  }
  std::int32_t epoch() { return partition().bounds().leaderEpoch; }
  static std::string compactText(Reader& reader) {
    std::string text;
    const std::int64_t size = reader.i8();
    for (std::int64_t i = 1; i < size; ++i) text.push_back(static_cast<char>(reader.i8()));
    return text;
  }

 private slots:
  void init() { made_ = std::make_unique<DeskFixture>(); }
  void cleanup() {
    made_.reset();
    answers_.clear();
  }

  void anAnswerToProduceTellsTheTimeOfTheAppendWhereTheLogSetsIt() {
    const auto produced = [this](const std::vector<std::byte>& batch) {
      send(request(0, 8).i16(-1).i16(1).i32(1000).i32(1).text("t").i32(1).i32(0).block(batch));
      Reader reader = answer();
      reader.i32();
      reader.text();
      reader.i32();
      reader.i32();
      Numbers all{reader.i16(), reader.i64(), reader.i64(), reader.i64()};
      all.push_back(reader.i32());  // wrong records of the batch: none are told
      all.push_back(reader.i16());  // no message: null
      all.push_back(reader.i32());  // throttle time
      if (!reader.atEnd()) abort();
      return all;
    };
    // Code, base offset, time of the append, first offset of the log.
    QCOMPARE(produced(batchOf("a")), (Numbers{0, 0, -1, 0, 0, -1, 0}));
    made_->syncAll();
    QVERIFY(
        !made_->topics->configure("t", {{"message.timestamp.type", "LogAppendTime"}}).refused());
    const std::int64_t now = made_->clock.wall();
    QCOMPARE(produced(batchOf("b", 5)), (Numbers{0, 1, now, 0, 0, -1, 0}));
  }

  void zstdNeedsAClientThatKnowsIt() {
    BatchHeader fields;
    fields.attributes = static_cast<std::int16_t>(Codec::kZstd);
    const auto batch = batchOf("a", 0, fields);
    for (const int version : {3, 6, 7}) {
      send(
          request(0, version).i16(-1).i16(1).i32(1000).i32(1).text("t").i32(1).i32(0).block(batch));
      Reader reader = answer();
      reader.i32();
      reader.text();
      reader.i32();
      reader.i32();
      QCOMPARE(reader.i16(), version < 7 ? 76 : 0);
    }
  }

  void noFetchSessionIsEverMade() {
    append(batchOf("a"));
    // Session, epoch: code. 0/-1 has none, 0/0 asks for one, 3/-1 closes one, 3/4 goes on with it.
    const std::vector<std::array<std::int64_t, 3>> rows{
        {0, -1, 0}, {0, 0, 0}, {3, -1, 0}, {3, 4, 70}, {0, 1, 70}};
    for (const auto& [session, sessionEpoch, code] : rows) {
      Bytes bytes = request(1, 7).i32(-1).i32(0).i32(1).i32(1 << 20).i8(0);
      bytes.i32(session).i32(sessionEpoch);
      send(bytes.i32(1).text("t").i32(1).i32(0).i64(0).i64(-1).i32(1 << 20).i32(0));
      Reader reader = answer();
      reader.i32();
      QCOMPARE(reader.i16(), code);
      QCOMPARE(reader.i32(), 0);  // the session of the answer: none
      QCOMPARE(reader.i32(), code == 0 ? 1 : 0);
    }
  }

  void fromVersion13OnATopicIsItsId() {
    append(batchOf("a"));
    const TopicId id = made_->topics->find("t")->entry.id;
    const auto fetched = [this](TopicId of) {
      Bytes bytes = request(1, 13).i8(0).i32(-1).i32(0).i32(1).i32(1 << 20).i8(0).i32(0).i32(-1);
      bytes.i8(2).i64(static_cast<std::int64_t>(of.high)).i64(static_cast<std::int64_t>(of.low));
      // One partition: number, epoch, offset, last epoch, first offset, most bytes, tags.
      bytes.i8(2).i32(0).i32(-1).i64(0).i32(-1).i64(-1).i32(1 << 20).i8(0);
      send(bytes.i8(0).i8(1).i8(1).i8(0));  // tags; nothing forgotten; no rack; tags
      Reader reader = answer();
      reader.i8();  // tags of the header
      reader.i32();
      if (reader.i16() != 0 || reader.i32() != 0 || reader.i8() != 2) abort();
      const std::int64_t high = reader.i64();
      if (high != static_cast<std::int64_t>(of.high)) abort();
      reader.i64();
      reader.i8();
      reader.i32();
      return reader.i16();
    };
    QCOMPARE(fetched(id), 0);
    QCOMPARE(fetched({id.high + 1, id.low}), 100);
    // The same name is another topic later.
    send(request(20, 1).i32(1).text("t").i32(1000));
    answers_.clear();
    QVERIFY(!made_->topics->create("t", 1, {}).refused());
    QCOMPARE(fetched(id), 100);
    QCOMPARE(fetched(made_->topics->find("t")->entry.id), 0);
  }

  void anotherLeaderEpochIsToldApart() {
    append(batchOf("a"));
    const auto fetched = [this](std::int64_t known) {
      Bytes bytes = request(1, 9).i32(-1).i32(0).i32(0).i32(1 << 20).i8(0).i32(0).i32(-1);
      send(bytes.i32(1).text("t").i32(1).i32(0).i32(known).i64(0).i64(-1).i32(1 << 20).i32(0));
      Reader reader = answer();
      reader.i32();
      reader.i16();
      reader.i32();
      reader.i32();
      reader.text();
      reader.i32();
      reader.i32();
      return reader.i16();
    };
    const auto listed = [this](std::int64_t known) {
      send(request(2, 4).i32(-1).i8(0).i32(1).text("t").i32(1).i32(0).i32(known).i64(-1));
      Reader reader = answer();
      reader.i32();
      reader.i32();
      reader.text();
      reader.i32();
      reader.i32();
      return reader.i16();
    };
    for (const auto& ask : {std::function<std::int64_t(std::int64_t)>(fetched),
                            std::function<std::int64_t(std::int64_t)>(listed)}) {
      QCOMPARE(ask(-1), 0);
      QCOMPARE(ask(epoch()), 0);
      QCOMPARE(ask(epoch() + 1), 75);
    }
    QVERIFY(checkEpoch(epoch(), epoch() + 1) == ErrorCode::kFencedLeaderEpoch);
    // Where an epoch ended: the present one at the end of the log, one that never was nowhere.
    const auto ended = [this](std::int64_t of) {
      send(request(23, 2).i32(1).text("t").i32(1).i32(0).i32(-1).i32(of));
      Reader reader = answer();
      reader.i32();
      reader.i32();
      reader.text();
      reader.i32();
      const std::int64_t code = reader.i16();
      reader.i32();
      const std::int64_t found = reader.i32();
      return Numbers{code, found, reader.i64()};
    };
    QCOMPARE(ended(epoch()), (Numbers{0, epoch(), 1}));
    QCOMPARE(ended(epoch() + 1), (Numbers{0, -1, -1}));
  }

  void offsetsHaveNamesThatLaterVersionsBrought() {
    append(batchOf(std::vector<Line>{{0, "k", "a", 100}, {0, "k", "b", 900}, {0, "k", "c", 200}}));
    const auto at = [this](int version, std::int64_t time) {
      Bytes bytes = request(2, version);
      if (version >= 6) bytes.i8(0);
      bytes.i32(-1).i8(0);
      if (version >= 6) {
        bytes.i8(2).i8(2).i8('t').i8(2).i32(0).i32(-1).i64(time).i8(0).i8(0).i8(0);
      } else {
        bytes.i32(1).text("t").i32(1).i32(0).i32(-1).i64(time);
      }
      send(bytes);
      Reader reader = answer();
      if (version >= 6) reader.i8();
      reader.i32();
      if (version >= 6) {
        reader.i8();
        compactText(reader);
        reader.i8();
      } else {
        reader.i32();
        reader.text();
        reader.i32();
      }
      reader.i32();
      const std::int64_t code = reader.i16();
      const std::int64_t timestamp = reader.i64();
      return Numbers{code, timestamp, reader.i64()};
    };
    QCOMPARE(at(7, -3), (Numbers{0, 900, 1}));   // the highest time
    QCOMPARE(at(8, -4), (Numbers{0, -1, 0}));    // the first that is on this machine
    QCOMPARE(at(6, -3), (Numbers{35, -1, -1}));  // which older versions have no name for
    QCOMPARE(at(7, -4), (Numbers{35, -1, -1}));
    QCOMPARE(at(8, -5), (Numbers{35, -1, -1}));  // the last that is elsewhere
    // Version 0 gets a list, the newest first, no longer than it wants.
    const auto list = [this](std::int64_t most) {
      send(request(2, 0).i32(-1).i32(1).text("t").i32(1).i32(0).i64(-1).i32(most));
      Reader reader = answer();
      reader.i32();
      reader.text();
      reader.i32();
      reader.i32();
      if (reader.i16() != 0) abort();
      Numbers offsets;
      for (std::int64_t left = reader.i32(); left > 0; --left) offsets.push_back(reader.i64());
      return offsets;
    };
    QCOMPARE(list(1), (Numbers{3}));
    QCOMPARE(list(10), (Numbers{3, 0}));
    QCOMPARE(list(0), Numbers{});
  }

  void noTopicsMeansAllOnesAndNothingLater() {
    const auto count = [this](int version, std::int64_t size) {
      Bytes bytes = request(3, version).i32(size);
      if (version >= 4) bytes.i8(0);
      send(bytes);
      Reader reader = answer();
      if (version >= 3) reader.i32();
      if (reader.i32() != 1) abort();  // one broker
      reader.i32();
      reader.text();
      reader.i32();
      if (version >= 1) reader.i16();  // no rack: null
      if (version >= 2) reader.text();
      if (version >= 1) reader.i32();
      return reader.i32();
    };
    QCOMPARE(count(0, 0), 1);
    QCOMPARE(count(1, -1), 1);
    QCOMPARE(count(1, 0), 0);
    QCOMPARE(count(4, -1), 1);
    QCOMPARE(count(4, 0), 0);
    // Operations that nobody asked for are the smallest number, not none.
    send(request(3, 8).i32(1).text("t").i8(0).i8(0).i8(0));
    Reader reader = answer();
    reader.i32();
    reader.i32();
    reader.i32();
    reader.text();
    reader.i32();
    reader.i16();
    reader.text();
    reader.i32();
    reader.i32();
    reader.i16();
    reader.text();
    reader.i8();
    for (std::int64_t left = reader.i32(); left > 0; --left) {
      reader.i16();
      reader.i32();
      reader.i32();
      reader.i32();
      for (int list = 0; list < 3; ++list)
        for (std::int64_t each = reader.i32(); each > 0; --each) reader.i32();
    }
    QCOMPARE(reader.i32(), std::numeric_limits<std::int32_t>::min());
    QCOMPARE(reader.i32(), std::numeric_limits<std::int32_t>::min());
    QVERIFY(reader.atEnd());
  }

  void coordinatorsAreAskedForOneByOneAndManyAtOnce() {
    for (const int type : {0, 1, 2}) {
      send(request(10, 1).text("x").i8(type));
      Reader reader = answer();
      reader.i32();
      QCOMPARE(reader.i16(), type == 2 ? 42 : 0);
      QCOMPARE(reader.i16() == -1, type != 2);
      if (type == 2) continue;
      QCOMPARE(reader.i32(), 1);
      QCOMPARE(reader.text(), std::string("host"));
      QCOMPARE(reader.i32(), 9092);
    }
    send(request(10, 4).i8(0).i8(0).i8(3).i8(2).i8('a').i8(2).i8('b').i8(0));
    Reader reader = answer();
    reader.i8();
    reader.i32();
    QCOMPARE(reader.i8(), 3);
    for (const char* key : {"a", "b"}) {
      QCOMPARE(compactText(reader), std::string(key));
      QCOMPARE(reader.i32(), 1);
      QCOMPARE(compactText(reader), std::string("host"));
      QCOMPARE(reader.i32(), 9092);
      QCOMPARE(reader.i16(), 0);
      compactText(reader);
      reader.i8();
    }
  }

  void aTopicThatIsOnlyTriedIsNotMade() {
    send(request(19, 1).i32(1).text("tried").i32(3).i16(1).i32(0).i32(0).i32(1000).i8(1));
    Reader reader = answer();
    reader.i32();
    reader.text();
    QCOMPARE(reader.i16(), 0);
    QVERIFY(made_->topics->find("tried") == nullptr);
    send(request(19, 1).i32(1).text("t").i32(3).i16(1).i32(0).i32(0).i32(1000).i8(1));
    reader = answer();
    reader.i32();
    reader.text();
    QCOMPARE(reader.i16(), 36);
    for (const std::string& name : {std::string("."), std::string(".."), std::string(250, 'a')}) {
      send(request(19, 1).i32(1).text(name).i32(1).i16(1).i32(0).i32(0).i32(1000).i8(0));
      reader = answer();
      reader.i32();
      reader.text();
      QCOMPARE(reader.i16(), 17);
    }
  }

  void alteringConfigsTheOldWayReplacesThemAll() {
    QVERIFY(
        !made_->topics->configure("t", {{"retention.ms", "77"}, {"segment.ms", "88"}}).refused());
    send(request(33, 0).i32(1).i8(2).text("t").i32(1).text("retention.ms").text("99").i8(0));
    Reader reader = answer();
    reader.i32();
    reader.i32();
    QCOMPARE(reader.i16(), 0);
    QCOMPARE(partition().config().retentionMs, Millis{99});
    QCOMPARE(partition().config().segmentMs, Millis{604800000});
    // The broker itself is shown as its number.
    send(request(32, 1).i32(1).i8(4).text("1").i32(1).text("num.partitions").i8(0));
    reader = answer();
    reader.i32();
    QCOMPARE(reader.i32(), 1);
    QCOMPARE(reader.i16(), 0);
    reader.i16();
    QCOMPARE(reader.i8(), 4);
    QCOMPARE(reader.text(), std::string("1"));
    QCOMPARE(reader.i32(), 1);
    QCOMPARE(reader.text(), std::string("num.partitions"));
    QCOMPARE(reader.text(), std::string("1"));
  }
};

QTEST_GUILESS_MAIN(ProtocolTrapsTest)
#include "protocol_traps_test.moc"
