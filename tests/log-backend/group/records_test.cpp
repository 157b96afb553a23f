// SPDX-License-Identifier: Apache-2.0
// What stands in __consumer_offsets, byte by byte.
#include "log-backend/group/committed_offsets.h"
#include "tests/log-backend/broker/wire_bytes.h"

#include <QTest>

using namespace millrace::log;
using broker_test::Bytes;

class RecordsTest : public QObject {
  Q_OBJECT

 private slots:
  void anOffsetIsWrittenAsKafkaWritesIt() {
    const Bytes key = Bytes().i16(1).text("g").text("topic").i32(3);
    QCOMPARE(encodeKey(OffsetKey{"g", "topic", 3}), key.get());
    const auto read = decodeKey(key.get());
    QVERIFY(read.has_value());
    QVERIFY(std::get<OffsetKey>(*read) == (OffsetKey{"g", "topic", 3}));
    const Bytes value = Bytes().i16(3).i64(42).i32(7).text("note").i64(99);
    QCOMPARE(encodeValue(CommittedOffset{42, 7, "note", 99}), value.get());
    QVERIFY(decodeOffset(value.get()) == (CommittedOffset{42, 7, "note", 99}));
    // As Kafka wrote it before it knew of leader epochs, with a time to expire.
    const Bytes old = Bytes().i16(1).i64(42).text("note").i64(99).i64(100);
    QVERIFY(decodeOffset(old.get()) == (CommittedOffset{42, -1, "note", 99}));
  }

  void aGroupIsWrittenAsKafkaWritesIt() {
    const std::vector<std::byte> ab{std::byte{'a'}, std::byte{'b'}};
    QCOMPARE(encodeKey(GroupKey{"g"}), Bytes().i16(2).text("g").get());
    const Bytes value = Bytes()
                            .i16(3)
                            .text("consumer")
                            .i32(5)
                            .text("range")
                            .text("m1")
                            .i64(1234)
                            .i32(1)
                            .text("m1")
                            .text("instance")
                            .text("client")
                            .text("host")
                            .i32(60000)
                            .i32(10000)
                            .block(ab)
                            .block(ab);
    const auto group = decodeGroup("g", value.get());
    QVERIFY(group.has_value());
    QCOMPARE(group->generation, 5);
    QCOMPARE(group->since, millrace::Millis{1234});
    QVERIFY(group->state == GroupState::kStable);
    QCOMPARE(group->statics.at("instance"), std::string("m1"));
    QCOMPARE(group->members.at("m1").sessionMs, 10000);
    QCOMPARE(encodeValue(*group), value.get());
  }

  void whatIsCutShortOrUnknownIsNotRead() {
    const auto whole = encodeValue(CommittedOffset{42, 7, "note", 99});
    for (std::size_t size = 0; size < whole.size(); ++size)
      QVERIFY(!decodeOffset(std::span(whole).first(size)).has_value());
    QVERIFY(!decodeKey(Bytes().i16(3).text("g").get()).has_value());
    QVERIFY(!decodeKey(Bytes().i16(2).text("g").i8(0).get()).has_value());
    QVERIFY(!decodeOffset(Bytes().i16(4).i64(42).i32(7).text("").i64(9).get()).has_value());
    QVERIFY(!decodeGroup("g", Bytes().i16(3).text("consumer").i32(5).get()).has_value());
  }

  void theNewestPlaceInTheLogCountsWhoeverEndsLast() {
    const OffsetKey key{"g", "t", 0};
    CommittedOffsets offsets;
    offsets.putPending(9, key, {1, -1, "", 0}, 5);
    QVERIFY(offsets.pending(key) && offsets.anyPending("g") && !offsets.anyPending("h"));
    offsets.put(key, {2, -1, "", 0}, 7);
    offsets.end(9, Marker::kCommit);
    QCOMPARE(offsets.find(key)->offset, Offset{2});
    offsets.put(key, {1, -1, "", 0}, 6);  // late
    QCOMPARE(offsets.find(key)->offset, Offset{2});
    offsets.putPending(9, key, {3, -1, "", 0}, 8);
    offsets.end(9, Marker::kAbort);
    QCOMPARE(offsets.find(key)->offset, Offset{2});
    offsets.putPending(9, key, {4, -1, "", 0}, 9);
    offsets.end(9, Marker::kCommit);
    QCOMPARE(offsets.find(key)->offset, Offset{4});
  }
};

QTEST_GUILESS_MAIN(RecordsTest)
#include "records_test.moc"
