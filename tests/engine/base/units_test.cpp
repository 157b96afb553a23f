// SPDX-License-Identifier: Apache-2.0
#include "engine/base/units.h"

#include <QTest>

using namespace millrace;

class UnitsTest : public QObject {
  Q_OBJECT
 private slots:
  // pins: 1.3/13
  void durationsInEveryUnitOfNifi() {
    QCOMPARE(parseDuration("10 ms").value(), 10 * kMillisecond);
    QCOMPARE(parseDuration("1 sec").value(), kSecond);
    QCOMPARE(parseDuration("30 seconds").value(), 30 * kSecond);
    QCOMPARE(parseDuration("5 mins").value(), 5 * kMinute);
    QCOMPARE(parseDuration("1.5 hours").value(), 90 * kMinute);
    QCOMPARE(parseDuration("2days").value(), 48 * 60 * kMinute);
    QCOMPARE(parseDuration(" 1 WEEK ").value(), 7 * 24 * 60 * kMinute);
  }
  void textThatIsNoDurationIsRefusedWithAnExample() {
    for (const char* text :
         {"", "5", "sec", "-1 sec", "1 parsec", "1..5 sec", "99999999999999 weeks"}) {
      const auto result = parseDuration(text);
      QVERIFY2(!result.ok(), text);
      QVERIFY(result.error().message.find("30 sec") != std::string::npos);
    }
  }
  // pins: 1.3/13
  void sizesArePowersOf1024() {
    QCOMPARE(parseDataSize("0B").value(), std::uint64_t{0});
    QCOMPARE(parseDataSize("64 kb").value(), std::uint64_t{65536});
    QCOMPARE(parseDataSize("1 GB").value(), std::uint64_t{1} << 30);
    QVERIFY(!parseDataSize("12").ok());
  }
  void formattedValuesReadBack() {
    for (const Nanos value : {Nanos{0}, kMillisecond, 90 * kSecond, kMinute, Nanos{1}}) {
      QCOMPARE(parseDuration(formatDuration(value)).value(), value);
    }
    QCOMPARE(formatDataSize(1U << 20), std::string("1 MB"));
  }
};

QTEST_GUILESS_MAIN(UnitsTest)
#include "units_test.moc"
