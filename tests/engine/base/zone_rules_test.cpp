// SPDX-License-Identifier: Apache-2.0
// Offsets of regions: files made by hand, damaged files, and the machine's database beside Qt's
// reading of it.

#include "engine/base/zone_rules.h"

#include "engine/base/random.h"

#include <QDateTime>
#include <QTest>
#include <QTimeZone>

using millrace::Random;
using millrace::ZoneRules;

namespace {

QByteArray number(qint64 value, int bytes) {
  QByteArray text;
  for (int i = bytes - 1; i >= 0; --i) text += char(value >> (8 * i) & 0xff);
  return text;
}

struct Kind {
  int offset;
  int letters;
};

/// A file of RFC 8536, version 2, its part for old readers empty.
std::string file(const QList<QPair<qint64, int>>& changes, const QList<Kind>& kinds,
                 const QByteArray& letters, const QByteArray& rule) {
  QByteArray text = "TZif2" + QByteArray(15, '\0') + QByteArray(24, '\0');
  text += "TZif2" + QByteArray(15, '\0') + QByteArray(12, '\0');
  text += number(changes.size(), 4) + number(kinds.size(), 4) + number(letters.size(), 4);
  for (const auto& change : changes) text += number(change.first, 8);
  for (const auto& change : changes) text += char(change.second);
  for (const Kind& kind : kinds) text += number(kind.offset, 4) + '\0' + char(kind.letters);
  text += letters + '\n' + rule + '\n';
  return text.toStdString();
}

const QByteArray kLetters("LMT\0CET\0CEST\0", 13);

qint64 at(const char* iso) {
  return QDateTime::fromString(QString::fromLatin1(iso), Qt::ISODate).toSecsSinceEpoch();
}

}  // namespace

class ZoneRulesTest : public QObject {
  Q_OBJECT

 private slots:
  void changesAndTheRuleBehindThemGiveTheOffset() {
    const auto rules =
        ZoneRules::parse(file({{1000, 1}, {2000, 2}, {3000, 1}}, {{3208, 0}, {3600, 4}, {7200, 8}},
                              kLetters, "CET-1CEST,M3.5.0,M10.5.0/3"),
                         "Test/Zone");
    QVERIFY(rules.has_value());
    QCOMPARE(rules->name(), std::string("Test/Zone"));
    QCOMPARE(rules->at(999).offset, 3208);
    QVERIFY(rules->at(999).abbreviation == "LMT");
    QCOMPARE(rules->at(999).begin, ZoneRules::kEver);
    QCOMPARE(rules->at(999).end, std::int64_t{1000});
    QCOMPARE(rules->at(1000).offset, 3600);
    QCOMPARE(rules->at(2999).offset, 7200);
    QCOMPARE(rules->at(2999).end, std::int64_t{3000});
    // The last change holds until the rule turns: on 29 March 1970, the last Sunday.
    QCOMPARE(rules->at(3000).begin, std::int64_t{3000});
    QCOMPARE(rules->at(3000).end, at("1970-03-29T01:00:00Z"));
    // In 2050 the last Sundays are 27 March and 30 October.
    QCOMPARE(rules->at(at("2050-03-27T00:59:59Z")).offset, 3600);
    QCOMPARE(rules->at(at("2050-03-27T01:00:00Z")).offset, 7200);
    QVERIFY(rules->at(at("2050-07-01T00:00:00Z")).abbreviation == "CEST");
    QCOMPARE(rules->at(at("2050-07-01T00:00:00Z")).begin, at("2050-03-27T01:00:00Z"));
    QCOMPARE(rules->at(at("2050-07-01T00:00:00Z")).end, at("2050-10-30T01:00:00Z"));
    QCOMPARE(rules->at(at("2050-10-30T01:00:00Z")).offset, 3600);
  }

  void aLocalTimeInAGapHasTheOffsetBeforeItAndInAnOverlapTheFirst() {
    const auto rules =
        ZoneRules::parse(file({}, {{3600, 4}}, kLetters, "CET-1CEST,M3.5.0,M10.5.0/3"), "x");
    QVERIFY(rules.has_value());
    QCOMPARE(rules->offsetOfLocal(at("2050-03-27T01:59:59Z")), 3600);
    QCOMPARE(rules->offsetOfLocal(at("2050-03-27T02:30:00Z")), 3600);
    QCOMPARE(rules->offsetOfLocal(at("2050-03-27T03:00:00Z")), 7200);
    QCOMPARE(rules->offsetOfLocal(at("2050-10-30T02:30:00Z")), 7200);
    QCOMPARE(rules->offsetOfLocal(at("2050-10-30T03:00:00Z")), 3600);
  }

  void everyFormOfARuleIsRead_data() {
    QTest::addColumn<QByteArray>("rule");
    QTest::addColumn<QString>("moment");
    QTest::addColumn<int>("offset");
    QTest::newRow("one name") << QByteArray("UTC0") << "2030-01-01T00:00:00Z" << 0;
    QTest::newRow("quoted") << QByteArray("<+0545>-5:45") << "2030-01-01T00:00:00Z" << 20700;
    QTest::newRow("south, summer")
        << QByteArray("AEST-10AEDT,M10.1.0,M4.1.0/3") << "2030-01-01T00:00:00Z" << 39600;
    QTest::newRow("south, winter")
        << QByteArray("AEST-10AEDT,M10.1.0,M4.1.0/3") << "2030-06-01T00:00:00Z" << 36000;
    QTest::newRow("half an hour") << QByteArray("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0")
                                  << "2030-01-01T00:00:00Z" << 39600;
    // The day before the last Sunday of March at 22:00 local time: 30 March 2030 20:00 UTC.
    QTest::newRow("before midnight")
        << QByteArray("<-02>2<-01>,M3.5.0/-1,M10.5.0/0") << "2030-03-31T01:00:00Z" << -3600;
    QTest::newRow("Julian day, leap year")
        << QByteArray("AAA0BBB,J60/0,J61/0") << "2032-03-01T12:00:00Z" << 3600;
    QTest::newRow("day of the year, leap year")
        << QByteArray("AAA0BBB,59/0,60/0") << "2032-02-29T12:00:00Z" << 3600;
    QTest::newRow("summer all year")
        << QByteArray("XXX3EDT4,0/0,J365/23") << "2030-12-31T23:59:59Z" << -14400;
  }
  void everyFormOfARuleIsRead() {
    QFETCH(QByteArray, rule);
    QFETCH(QString, moment);
    QFETCH(int, offset);
    const auto rules = ZoneRules::parse(file({}, {{0, 0}}, kLetters, rule), "x");
    QVERIFY(rules.has_value());
    QCOMPARE(rules->at(at(qPrintable(moment))).offset, offset);
  }

  void damagedFilesAreNone() {
    const std::string good = file({{1000, 1}, {2000, 2}}, {{3208, 0}, {3600, 4}, {7200, 8}},
                                  kLetters, "CET-1CEST,M3.5.0,M10.5.0/3");
    QVERIFY(ZoneRules::parse(good, "x").has_value());
    for (std::size_t size = 0; size < good.size(); ++size)
      QVERIFY(!ZoneRules::parse(good.substr(0, size), "x").has_value());
    Random random(11);
    for (int i = 0; i < 20000; ++i) {
      std::string bad = good;
      for (std::uint64_t n = 1 + random.below(3); n > 0; --n)
        bad[random.below(bad.size())] = static_cast<char>(random.below(256));
      const auto rules = ZoneRules::parse(bad, "x");
      if (!rules) continue;
      for (const std::int64_t moment :
           {std::int64_t{0}, std::int64_t{4000000000}, ZoneRules::kEver, ZoneRules::kAlways}) {
        QVERIFY(rules->at(moment).begin <= rules->at(moment).end);
        rules->offsetOfLocal(moment);
      }
    }
    for (const char* rule :
         {"CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-25", "CET-1CEST,M13.1.0,M1.1.0",
          "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,J0,J1", "CET-1CEST,366,1", "-1"})
      QVERIFY2(!ZoneRules::parse(file({}, {{0, 0}}, kLetters, rule), "x").has_value(), rule);
  }

  void namesThatAreNoRegionAreNone() {
    for (const char* name : {"", "Nowhere/Atall", "../zoneinfo/Europe/Oslo", "/etc/localtime",
                             "Europe/../Europe/Oslo", "Europe", "zone.tab", "right/Europe/Oslo"})
      QVERIFY2(ZoneRules::named(name) == nullptr, name);
    QVERIFY(ZoneRules::named("Europe/Oslo") == ZoneRules::named("Europe/Oslo"));
  }

  void theMachinesDatabaseIsReadAsQtReadsIt() {
    Random random(5);
    int regions = 0;
    for (const char* name :
         {"Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
          "Africa/Casablanca", "America/St_Johns", "Pacific/Apia", "Asia/Tehran", "Europe/Dublin",
          "America/Sao_Paulo", "Antarctica/Troll", "Africa/Monrovia", "Pacific/Kiritimati"}) {
      const ZoneRules* const rules = ZoneRules::named(name);
      const QTimeZone theirs{QByteArray(name)};
      QVERIFY2(rules != nullptr && theirs.isValid(), name);
      ++regions;
      for (int i = 0; i < 2000; ++i) {
        const auto moment = static_cast<qint64>(random.below(5600000000)) - 2200000000;
        QCOMPARE(rules->at(moment).offset,
                 theirs.offsetFromUtc(QDateTime::fromSecsSinceEpoch(moment, Qt::UTC)));
      }
    }
    QCOMPARE(regions, 13);
  }
};

QTEST_GUILESS_MAIN(ZoneRulesTest)
#include "zone_rules_test.moc"
