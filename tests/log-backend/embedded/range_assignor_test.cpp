// SPDX-License-Identifier: Apache-2.0
#include "log-backend/embedded/range_assignor.h"

#include <QTest>

using namespace millrace;
using namespace millrace::log;

class RangeAssignorTest : public QObject {
  Q_OBJECT

  static QByteArray hex(const std::vector<std::byte>& bytes) {
    return QByteArray(asText(bytes).data(), static_cast<qsizetype>(bytes.size())).toHex();
  }

 private slots:
  void bytesAreThoseOfTheConsumerProtocol() {
    // Version 0, one topic "t", no user data.
    QCOMPARE(hex(encodeSubscription({"t"})), QByteArray("000000000001000174ffffffff"));
    // Version 0, topic "t" with partitions 1 and 2, no user data.
    const Assignment two{{"t", 1}, {"t", 2}};
    QCOMPARE(hex(encodeAssignment(two)), QByteArray("00000000000100017400000002"
                                                    "0000000100000002ffffffff"));
    QVERIFY(decodeAssignment(encodeAssignment(two)) == two);
    QVERIFY(decodeAssignment({})->empty());
    const auto bytes = encodeAssignment(two);
    for (std::size_t length = 1; length < bytes.size() - 4; ++length)
      QVERIFY(!decodeAssignment(ByteView(bytes).first(length)).has_value());
  }

  void aRangeIsDividedEvenlyAndTheFirstGetTheRest() {
    const std::vector<Subscriber> members{{"b", {"t", "u"}}, {"a", {"t"}}};
    const auto all = assignByRange(members, {{"t", 3}, {"u", 1}, {"v", 2}});
    QVERIFY(all.at("a") == Assignment({{"t", 0}, {"t", 1}}));
    QVERIFY(all.at("b") == Assignment({{"t", 2}, {"u", 0}}));
  }

  void inTurnGoesOverAllTopics() {
    const std::vector<Subscriber> members{{"a", {"t", "u"}}, {"b", {"t"}}};
    const auto all = assignInTurn(members, {{"t", 3}, {"u", 2}, {"v", 2}});
    QVERIFY(all.at("a") == Assignment({{"t", 0}, {"t", 2}, {"u", 0}, {"u", 1}}));
    QVERIFY(all.at("b") == Assignment({{"t", 1}}));
  }
};

QTEST_GUILESS_MAIN(RangeAssignorTest)
#include "range_assignor_test.moc"
