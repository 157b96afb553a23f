// SPDX-License-Identifier: Apache-2.0
// The moments of cron expressions: examples whose answers are calendar facts, and random
// expressions against a search that tries every second.

#include "engine/schedule/cron.h"

#include "engine/base/random.h"

#include <QDate>
#include <QDateTime>
#include <QTest>
#include <QTimeZone>
#include <functional>
#include <string>
#include <vector>

using millrace::Millis;
using millrace::Random;
using millrace::engine::Cron;

namespace {

Millis moment(const char* iso) {
  return QDateTime::fromString(QString::fromLatin1(iso), Qt::ISODateWithMs).toMSecsSinceEpoch();
}

QString show(std::optional<Millis> at) {
  return at ? QDateTime::fromMSecsSinceEpoch(*at, Qt::UTC).toString(Qt::ISODateWithMs) : "nothing";
}

Cron read(const std::string& text, const char* zone = "UTC") {
  auto cron = Cron::parse(text, zone);
  if (!cron.ok()) qFatal("%s", cron.error().message.c_str());
  return *cron;
}

/// The reason why a text is refused; empty when it is not.
QString refusal(const char* text, const char* zone = "UTC") {
  auto cron = Cron::parse(text, zone);
  return cron.ok() ? QString() : QString::fromStdString(cron.error().message);
}

/// A field as text, and what it means, both made from the same random choice.
struct RandomField {
  std::string text;
  std::function<bool(int)> has;
};

RandomField randomNumbers(Random& random, int low, int high) {
  const auto pick = [&] { return low + static_cast<int>(random.below(high - low + 1ULL)); };
  const auto str = [](int n) { return std::to_string(n); };
  const int a = pick();
  const int b = pick();
  const int step = 1 + static_cast<int>(random.below(static_cast<unsigned>(high - low)));
  switch (random.below(6)) {
    case 0:
      return {"*", [](int) { return true; }};
    case 1:
      return {str(a), [=](int n) { return n == a; }};
    case 2:
      return {str(a) + "," + str(b), [=](int n) { return n == a || n == b; }};
    case 3:
      return {str(a) + "-" + str(b),
              [=](int n) { return a <= b ? a <= n && n <= b : n >= a || n <= b; }};
    case 4:
      return {str(a) + "/" + str(step), [=](int n) { return n >= a && (n - a) % step == 0; }};
    default:
      return {"*/" + str(step), [=](int n) { return (n - low) % step == 0; }};
  }
}

struct RandomDays {
  std::string text;
  std::function<bool(QDate)> has;
};

/// The Monday to Friday nearest to a date within its month, by looking outwards.
QDate nearestWorkday(QDate date) {
  for (int distance = 0; distance < 3; ++distance) {
    for (const int sign : {-1, 1}) {
      const QDate other = date.addDays(sign * distance);
      if (other.month() == date.month() && other.dayOfWeek() <= 5) return other;
    }
  }
  return {};
}

RandomDays randomMonthDays(Random& random) {
  const int n = 1 + static_cast<int>(random.below(31));
  const auto last = [](QDate d) { return QDate(d.year(), d.month(), d.daysInMonth()); };
  switch (random.below(6)) {
    case 0:
      return {"L", [=](QDate d) { return d == last(d); }};
    case 1:
      return {"LW", [=](QDate d) { return d == nearestWorkday(last(d)); }};
    case 2:
      return {"L-" + std::to_string(n - 1), [=](QDate d) { return d.addDays(n - 1) == last(d); }};
    case 3:
      return {std::to_string(n) + "W", [=](QDate d) {
                const QDate named(d.year(), d.month(), n);
                return named.isValid() && d == nearestWorkday(named);
              }};
    default: {
      RandomField field = randomNumbers(random, 1, 31);
      return {field.text, [field](QDate d) { return field.has(d.day()); }};
    }
  }
}

RandomDays randomWeekDays(Random& random) {
  const int day = 1 + static_cast<int>(random.below(7));  // from Sunday
  const int nth = 1 + static_cast<int>(random.below(5));
  const auto dayOf = [](QDate d) { return d.dayOfWeek() % 7 + 1; };
  switch (random.below(6)) {
    case 0:
      return {std::to_string(day) + "L",
              [=](QDate d) { return dayOf(d) == day && d.addDays(7).month() != d.month(); }};
    case 1:
      return {std::to_string(day) + "#" + std::to_string(nth),
              [=](QDate d) { return dayOf(d) == day && (d.day() - 1) / 7 + 1 == nth; }};
    case 2:
    case 3:
      return {"?", [](QDate) { return true; }};
    default: {
      RandomField field = randomNumbers(random, 1, 7);
      return {field.text, [=](QDate d) { return field.has(dayOf(d)); }};
    }
  }
}

struct RandomCron {
  RandomField second, minute, hour, month;
  RandomDays monthDay, weekDay;

  explicit RandomCron(Random& random)
      : second(randomNumbers(random, 0, 59)),
        minute(randomNumbers(random, 0, 59)),
        hour(randomNumbers(random, 0, 23)),
        month(randomNumbers(random, 1, 12)),
        monthDay(randomMonthDays(random)),
        weekDay(randomWeekDays(random)) {}

  std::string text() const {
    return second.text + " " + minute.text + " " + hour.text + " " + monthDay.text + " " +
           month.text + " " + weekDay.text;
  }
  bool hasDay(QDate d) const { return month.has(d.month()) && monthDay.has(d) && weekDay.has(d); }
  bool hasTime(qint64 s) const {
    return hour.has(static_cast<int>(s / 3600)) && minute.has(static_cast<int>(s / 60 % 60)) &&
           second.has(static_cast<int>(s % 60));
  }
  bool hasLocal(qint64 localSeconds) const {
    const QDateTime local = QDateTime::fromSecsSinceEpoch(localSeconds, Qt::UTC);
    return hasDay(local.date()) && hasTime(QTime(0, 0).secsTo(local.time()));
  }
};

/// Every second of every day that fits, for some years; nothing when none of them does.
std::optional<qint64> searchEverySecond(const RandomCron& cron, qint64 after, int years) {
  const QDateTime start = QDateTime::fromSecsSinceEpoch(after + 1, Qt::UTC);
  const QDate end = start.date().addYears(years);
  qint64 from = QTime(0, 0).secsTo(start.time());
  for (QDate day = start.date(); day < end; day = day.addDays(1), from = 0) {
    if (!cron.hasDay(day)) continue;
    for (qint64 second = from; second < 86400; ++second) {
      if (cron.hasTime(second))
        return QDateTime(day, QTime(0, 0), Qt::UTC).toSecsSinceEpoch() + second;
    }
  }
  return std::nullopt;
}

}  // namespace

class CronTest : public QObject {
  Q_OBJECT

 private slots:
  void theNextMomentIsThatOfTheCalendar_data() {
    QTest::addColumn<QString>("expression");
    QTest::addColumn<QString>("after");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* expression, const char* after, const char* expected) {
      QTest::addRow("%s after %s", expression, after) << expression << after << expected;
    };
    // Examples of the Quartz and Spring documentation.
    row("* * * * * ?", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:01.000Z");
    row("* * * * * *", "2026-01-01T00:00:00.001Z", "2026-01-01T00:00:01.000Z");
    row("* * * * * ?", "2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00.000Z");
    row("0 0 12 * * ?", "2026-02-28T12:00:00Z", "2026-03-01T12:00:00.000Z");
    row("0 15 10 ? * *", "2026-01-01T10:14:59Z", "2026-01-01T10:15:00.000Z");
    row("0 0/5 14,18 * * ?", "2026-01-01T14:55:00Z", "2026-01-01T18:00:00.000Z");
    row("0 0-5 14 * * ?", "2026-01-01T14:05:00Z", "2026-01-02T14:00:00.000Z");
    row("0 10,44 14 ? 3 WED", "2026-01-01T00:00:00Z", "2026-03-04T14:10:00.000Z");
    row("0 15 10 ? * MON-FRI", "2026-01-02T10:15:00Z", "2026-01-05T10:15:00.000Z");
    row("0 15 10 15 * ?", "2026-01-15T10:15:00Z", "2026-02-15T10:15:00.000Z");
    row("0 15 10 L * ?", "2026-02-01T00:00:00Z", "2026-02-28T10:15:00.000Z");
    row("0 15 10 L-2 * ?", "2026-01-01T00:00:00Z", "2026-01-29T10:15:00.000Z");
    row("0 15 10 ? * 6L", "2026-01-01T00:00:00Z", "2026-01-30T10:15:00.000Z");
    row("0 15 10 ? * 6#3", "2026-01-01T00:00:00Z", "2026-01-16T10:15:00.000Z");
    row("0 0 12 1/5 * ?", "2026-01-01T12:00:00Z", "2026-01-06T12:00:00.000Z");
    row("0 0 12 1/5 * ?", "2026-01-31T12:00:00Z", "2026-02-01T12:00:00.000Z");
    row("0 11 11 11 11 ?", "2026-11-11T11:11:00Z", "2027-11-11T11:11:00.000Z");
    row("*/10 * * * * *", "2026-01-01T00:00:50Z", "2026-01-01T00:01:00.000Z");
    row("/15 * * * * ?", "2026-01-01T00:00:01Z", "2026-01-01T00:00:15.000Z");
    row("0 0 8-10 * * *", "2026-01-01T10:00:00Z", "2026-01-02T08:00:00.000Z");
    row("0 0/30 8-10 * * *", "2026-01-01T10:00:00Z", "2026-01-01T10:30:00.000Z");
    row("0 0 0 25 DEC ?", "2026-01-01T00:00:00Z", "2026-12-25T00:00:00.000Z");
    row("0 0 0 ? * THUL", "2026-01-01T00:00:00Z", "2026-01-29T00:00:00.000Z");
    row("0 0 0 ? * MON#1", "2026-01-01T00:00:00Z", "2026-01-05T00:00:00.000Z");
    // The day of the week counts from Sunday; L alone is Saturday. 2026 begins on a Thursday.
    row("0 0 0 ? * 1", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00.000Z");
    row("0 0 0 ? * 7", "2026-01-01T00:00:00Z", "2026-01-03T00:00:00.000Z");
    row("0 0 0 ? * L", "2026-01-01T00:00:00Z", "2026-01-03T00:00:00.000Z");
    row("0 0 0 ? * sun", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00.000Z");
    row("0 0 0 ? * FRI#5", "2026-01-31T00:00:00Z", "2026-05-29T00:00:00.000Z");
    row("0 0 0 ? * 1#1,6L", "2026-01-05T00:00:00Z", "2026-01-30T00:00:00.000Z");
    // W never leaves the month: 1 August 2026 is a Saturday, 31 May a Sunday.
    row("0 0 0 15W * ?", "2026-08-01T00:00:00Z", "2026-08-14T00:00:00.000Z");
    row("0 0 0 15W * ?", "2026-02-01T00:00:00Z", "2026-02-16T00:00:00.000Z");
    row("0 0 0 15W * ?", "2026-01-01T00:00:00Z", "2026-01-15T00:00:00.000Z");
    row("0 0 0 1W 8 ?", "2026-01-01T00:00:00Z", "2026-08-03T00:00:00.000Z");
    row("0 0 0 31W 5 ?", "2026-01-01T00:00:00Z", "2026-05-29T00:00:00.000Z");
    row("0 0 0 31W * ?", "2026-04-01T00:00:00Z", "2026-05-29T00:00:00.000Z");
    row("0 0 0 LW * ?", "2026-05-01T00:00:00Z", "2026-05-29T00:00:00.000Z");
    row("0 0 0 L-1W 5 ?", "2026-01-01T00:00:00Z", "2026-05-29T00:00:00.000Z");
    row("0 0 0 L-0 * ?", "2026-04-01T00:00:00Z", "2026-04-30T00:00:00.000Z");
    row("0 0 0 1,15W,L 8 ?", "2026-08-01T00:00:00Z", "2026-08-14T00:00:00.000Z");
    row("0 0 0 1,15W,L 8 ?", "2026-08-14T00:00:00Z", "2026-08-31T00:00:00.000Z");
    row("0 0 0 L-29 2 ?", "2026-01-01T00:00:00Z", "nothing");
    row("0 0 0 L-28 2 ?", "2026-01-01T00:00:00Z", "2028-02-01T00:00:00.000Z");
    // Ranges that wrap.
    row("0 0 0 ? * FRI-MON", "2026-01-05T00:00:00Z", "2026-01-09T00:00:00.000Z");
    row("0 0 0 ? * FRI-MON", "2026-01-03T00:00:00Z", "2026-01-04T00:00:00.000Z");
    row("0 0 22-2 * * ?", "2026-01-01T02:00:00Z", "2026-01-01T22:00:00.000Z");
    row("0 0 22-2 * * ?", "2026-01-01T23:00:00Z", "2026-01-02T00:00:00.000Z");
    row("0 0 22-3/2 * * ?", "2026-01-01T22:00:00Z", "2026-01-02T00:00:00.000Z");
    row("0 0 0 1 NOV-FEB ?", "2026-02-01T00:00:00Z", "2026-11-01T00:00:00.000Z");
    row("0 0 0 1 NOV-FEB/2 ?", "2026-01-01T00:00:01Z", "2026-11-01T00:00:00.000Z");
    row("0 0 0 1 NOV-FEB/3 ?", "2026-11-01T00:00:00Z", "2027-02-01T00:00:00.000Z");
    row("0 50-10/20 * * * ?", "2026-01-01T00:50:00Z", "2026-01-01T01:10:00.000Z");
    // Leap years; 2100 is none.
    row("0 0 0 29 2 ?", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00.000Z");
    row("0 0 0 29 2 ?", "2096-02-29T00:00:00Z", "2104-02-29T00:00:00.000Z");
    row("0 0 0 29 2 ?", "1999-02-28T00:00:00Z", "2000-02-29T00:00:00.000Z");
    row("0 0 0 29 2 SUN", "2026-01-01T00:00:00Z", "2032-02-29T00:00:00.000Z");
    row("0 0 0 29 2 MON", "2072-02-29T00:00:00Z", "2112-02-29T00:00:00.000Z");
    row("0 0 0 30 2 ?", "2026-01-01T00:00:00Z", "nothing");
    row("0 0 0 31 4,6,9,11 ?", "2026-01-01T00:00:00Z", "nothing");
    row("0 0 0 8 * MON#1", "2026-01-01T00:00:00Z", "nothing");
    // Both day fields together.
    row("0 0 0 13 * FRI", "2026-01-01T00:00:00Z", "2026-02-13T00:00:00.000Z");
    // The year.
    row("0 0 0 1 1 ? 2030", "2026-01-01T00:00:00Z", "2030-01-01T00:00:00.000Z");
    row("0 0 0 1 1 ? 2030", "2030-01-01T00:00:00Z", "nothing");
    row("0 0 0 1 1 ? 2024/4", "2026-01-01T00:00:00Z", "2028-01-01T00:00:00.000Z");
    row("0 0 0 1 1 ? 2020-2022,2099", "2026-01-01T00:00:00Z", "2099-01-01T00:00:00.000Z");
    row("59 59 23 31 12 ? 1970", "1900-01-01T00:00:00Z", "1970-12-31T23:59:59.000Z");
    row("0 0 0 29 2 ? 2025-2027", "2024-03-01T00:00:00Z", "nothing");
    row("0 0 0 ? * 6L *", "2026-01-01T00:00:00Z", "2026-01-30T00:00:00.000Z");
    // Before 1970, and blanks of every kind.
    row("0 0 0 1 1 ?", "1959-12-31T23:59:59.999Z", "1960-01-01T00:00:00.000Z");
    row(" 0\t0  0 1 jan ? ", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00.000Z");
  }
  // pins: 1.3/2
  void theNextMomentIsThatOfTheCalendar() {
    QFETCH(QString, expression);
    QFETCH(QString, after);
    QFETCH(QString, expected);
    QCOMPARE(show(read(expression.toStdString()).next(moment(after.toLatin1().data()))), expected);
  }

  void daylightSavingMovesAMomentOutOfAGapAndRunsItOnceInAnOverlap_data() {
    QTest::addColumn<QString>("expression");
    QTest::addColumn<QString>("zone");
    QTest::addColumn<QString>("after");
    QTest::addColumn<QStringList>("expected");
    const auto row = [](const char* name, const char* expression, const char* zone,
                        const char* after, const QStringList& expected) {
      QTest::newRow(name) << expression << zone << after << expected;
    };
    // Oslo 2026: 29 March 02:00 becomes 03:00 (01:00 UTC), 25 October 03:00 becomes 02:00.
    row("Oslo gap", "0 30 2 * * ?", "Europe/Oslo", "2026-03-28T02:30:00+01:00",
        {"2026-03-29T01:30:00.000Z", "2026-03-30T00:30:00.000Z"});
    row("Oslo gap begins", "0 0 2 * * ?", "Europe/Oslo", "2026-03-28T02:00:00+01:00",
        {"2026-03-29T01:00:00.000Z", "2026-03-30T00:00:00.000Z"});
    row("Oslo gap: two become one", "0 0 2,3 * * ?", "Europe/Oslo", "2026-03-28T03:00:00+01:00",
        {"2026-03-29T01:00:00.000Z", "2026-03-30T00:00:00.000Z", "2026-03-30T01:00:00.000Z"});
    row("Oslo gap in a single year", "0 30 2 29 3 ? 2026", "Europe/Oslo",
        "2026-01-01T00:00:00+01:00", {"2026-03-29T01:30:00.000Z", "nothing"});
    row("Oslo gap, asked within it", "0 30 2 29 3 ? 2026", "Europe/Oslo",
        "2026-03-29T03:15:00+02:00", {"2026-03-29T01:30:00.000Z", "nothing"});
    row("Oslo overlap", "0 30 2 * * ?", "Europe/Oslo", "2026-10-24T02:30:00+02:00",
        {"2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"});
    row("Oslo overlap, asked in its second half", "0 45 2 * * ?", "Europe/Oslo",
        "2026-10-25T02:15:00+01:00", {"2026-10-26T01:45:00.000Z"});
    row("Oslo after the overlap", "0 0 3 * * ?", "Europe/Oslo", "2026-10-25T02:59:59+02:00",
        {"2026-10-25T02:00:00.000Z"});
    row("Oslo noon in both halves of the year", "0 0 12 1 1,7 ?", "Europe/Oslo",
        "2026-01-01T00:00:00+01:00", {"2026-01-01T11:00:00.000Z", "2026-07-01T10:00:00.000Z"});
    row("Oslo rhythm goes on through the overlap", "0 0/30 * * * ?", "Europe/Oslo",
        "2026-10-25T02:00:00+02:00",
        {"2026-10-25T00:30:00.000Z", "2026-10-25T01:00:00.000Z", "2026-10-25T01:30:00.000Z",
         "2026-10-25T02:00:00.000Z"});
    row("Oslo rhythm goes on through the gap", "0 0/30 * * * ?", "Europe/Oslo",
        "2026-03-29T01:30:00+01:00", {"2026-03-29T01:00:00.000Z", "2026-03-29T01:30:00.000Z"});
    // New York 2026: 8 March 02:00 becomes 03:00 (07:00 UTC), 1 November 02:00 becomes 01:00.
    row("New York gap", "0 30 2 ? * SUN", "America/New_York", "2026-03-02T00:00:00-05:00",
        {"2026-03-08T07:30:00.000Z", "2026-03-15T06:30:00.000Z"});
    row("New York overlap", "0 30 1 1 11 ?", "America/New_York", "2026-10-31T00:00:00-04:00",
        {"2026-11-01T05:30:00.000Z", "2027-11-01T05:30:00.000Z"});
    row("New York overlap at its first second", "0 0 1 * * ?", "America/New_York",
        "2026-11-01T00:59:59-04:00", {"2026-11-01T05:00:00.000Z", "2026-11-02T06:00:00.000Z"});
    // Samoa had no 30 December 2011: its clocks went from UTC-10 to UTC+14.
    row("a day that is no day", "0 0 12 30 12 ? 2011", "Pacific/Apia", "2011-12-29T00:00:00-10:00",
        {"2011-12-30T22:00:00.000Z", "nothing"});
  }
  void daylightSavingMovesAMomentOutOfAGapAndRunsItOnceInAnOverlap() {
    QFETCH(QString, expression);
    QFETCH(QString, zone);
    QFETCH(QString, after);
    QFETCH(QStringList, expected);
    const Cron cron = read(expression.toStdString(), zone.toLatin1().data());
    std::optional<Millis> at = moment(after.toLatin1().data());
    for (const QString& one : expected) {
      at = cron.next(*at);
      QCOMPARE(show(at), one);
    }
  }

  void aRefusalNamesTheField_data() {
    QTest::addColumn<QString>("expression");
    QTest::addColumn<QString>("field");
    const auto row = [](const char* expression, const char* field) {
      QTest::newRow(expression) << expression << field;
    };
    for (const char* text :
         {"60 * * * * ?", "-1 * * * * ?", "*/60 * * * * ?", "1- * * * * ?", "? * * * * ?",
          "a * * * * ?", "1//2 * * * * ?", "*/0 * * * * ?", "99999999999999999999 * * * * ?",
          "1,,2 * * * * ?", ", * * * * ?", "*/ * * * * ?", "1-2-3 * * * * ?", "L * * * * ?",
          "**  * * * * ?", "\xc3\xa9 * * * * ?", "/ * * * * ?"})
      row(text, "second");
    row("* 60 * * * ?", "minute");
    row("* * 24 * * ?", "hour");
    row("* * 0-24 * * ?", "hour");
    row("* * * 0 * ?", "day-of-month");
    row("* * * 32 * ?", "day-of-month");
    row("* * * L-31 * ?", "day-of-month");
    row("* * * L3 * ?", "day-of-month");
    row("* * * W * ?", "day-of-month");
    row("* * * 1-5W * ?", "day-of-month");
    row("* * * 32W * ?", "day-of-month");
    row("* * * ?,1 * ?", "day-of-month");
    row("* * * MON * ?", "day-of-month");
    row("* * * * 13 ?", "month");
    row("* * * * 0 ?", "month");
    row("* * * * JANUARY ?", "month");
    row("* * * * ? ?", "month");
    row("* * * ? * 0", "day-of-week");
    row("* * * ? * 8", "day-of-week");
    row("* * * ? * FR", "day-of-week");
    row("* * * ? * 6#0", "day-of-week");
    row("* * * ? * 6#6", "day-of-week");
    row("* * * ? * #2", "day-of-week");
    row("* * * ? * 8L", "day-of-week");
    row("* * * ? * 2-4L", "day-of-week");
    row("* * * ? * ? 1969", "year");
    row("* * * ? * ? 2100", "year");
    row("* * * ? * ? 2030-2020", "year");
    row("* * * ? * ? ?", "year");
    row("", "0 fields");
    row("* * * * *", "5 fields");
    row("* * * * * ? * *", "8 fields");
  }
  void aRefusalNamesTheField() {
    QFETCH(QString, expression);
    QFETCH(QString, field);
    const QString reason = refusal(expression.toUtf8().data());
    QVERIFY2(reason.contains(field.endsWith("fields") ? field : "the " + field + " '"),
             qPrintable(reason));
  }

  void anUnknownZoneIsRefusedAndTheMachinesIsTheDefault() {
    QVERIFY(refusal("* * * * * ?", "Europe/Nowhere").contains("Europe/Nowhere"));
    qputenv("TZ", "Asia/Tokyo");  // nine hours ahead, without daylight saving
    const auto cron = Cron::parse("0 0 9 * * ?");
    qunsetenv("TZ");
    QVERIFY(cron.ok());
    QCOMPARE(show(cron->next(moment("2026-01-01T00:00:00Z"))), "2026-01-02T00:00:00.000Z");
    QCOMPARE(cron->text(), std::string("0 0 9 * * ?"));
  }

  void theEndsOfTimeHaveAnAnswer() {
    const Cron cron = read("0 0 0 1 1 ?", "Europe/Oslo");
    QVERIFY(!cron.next(std::numeric_limits<Millis>::max()));
    const auto first = cron.next(std::numeric_limits<Millis>::min());
    QVERIFY(first && *first < moment("0003-01-01T00:00:00Z"));
  }

  void everyMomentOfRandomExpressionsIsTheFirstThatFits() {
    Random random(20260101);
    int found = 0;
    int none = 0;
    for (int round = 0; round < 1500; ++round) {
      const RandomCron expected(random);
      const Cron cron = read(expected.text());
      const auto after = static_cast<qint64>(random.below(4'000'000'000ULL)) - 500'000'000;
      const auto wanted = searchEverySecond(expected, after, 3);
      const auto got = cron.next(after * 1000 + static_cast<Millis>(random.below(1000)));
      if (wanted) {
        ++found;
        QVERIFY2(got == *wanted * 1000,
                 (expected.text() + " after " + std::to_string(after)).data());
      } else {
        ++none;
        const qint64 end = QDateTime::fromSecsSinceEpoch(after + 1, Qt::UTC)
                               .addYears(3)
                               .date()
                               .startOfDay(Qt::UTC)
                               .toSecsSinceEpoch();
        QVERIFY2(!got || (*got >= end * 1000 && expected.hasLocal(*got / 1000)),
                 expected.text().data());
      }
    }
    QVERIFY(found > 1000 && none > 20);
  }

  void everySecondAroundAChangeOfTheClockAgreesWithTheRule_data() {
    QTest::addColumn<QByteArray>("zone");
    QTest::addColumn<qint64>("change");
    QTest::newRow("Oslo, gap") << QByteArray("Europe/Oslo")
                               << qint64(moment("2026-03-29T01:00:00Z") / 1000);
    QTest::newRow("Oslo, overlap")
        << QByteArray("Europe/Oslo") << qint64(moment("2026-10-25T01:00:00Z") / 1000);
    QTest::newRow("New York, gap")
        << QByteArray("America/New_York") << qint64(moment("2026-03-08T07:00:00Z") / 1000);
    QTest::newRow("New York, overlap")
        << QByteArray("America/New_York") << qint64(moment("2026-11-01T06:00:00Z") / 1000);
  }
  void everySecondAroundAChangeOfTheClockAgreesWithTheRule() {
    QFETCH(QByteArray, zone);
    QFETCH(qint64, change);
    const QTimeZone rules(zone);
    constexpr qint64 kAround = 4 * 3600;
    std::vector<qint64> offset;  // of each second from an hour before the window
    for (qint64 t = change - kAround - 3600; t < change + kAround; ++t)
      offset.push_back(rules.offsetFromUtc(QDateTime::fromSecsSinceEpoch(t, Qt::UTC)));
    Random random(7);
    int moments = 0;
    for (int round = 0; round < 40; ++round) {
      RandomCron expected(random);
      expected.month = {"*", [](int) { return true; }};
      expected.monthDay = {"*", [](QDate) { return true; }};
      expected.weekDay = {"?", [](QDate) { return true; }};
      const bool rhythm = expected.hour.text == "*" || expected.hour.text == "*/1";
      const Cron cron = read(expected.text(), zone.data());
      qint64 at = change - kAround;
      for (qint64 t = change - kAround + 1; t < change + kAround; ++t) {
        const auto index = static_cast<std::size_t>(t - (change - kAround - 3600));
        const qint64 here = offset[index];
        const qint64 hourAgo = offset[index - 3600];
        const bool again = hourAgo == here + 3600;  // the second time of an overlap
        const bool moved = hourAgo == here - 3600 && expected.hasLocal(t + hourAgo);
        if (!moved && ((again && !rhythm) || !expected.hasLocal(t + here))) continue;
        const auto got = cron.next(at * 1000);
        QVERIFY2(got == t * 1000, (expected.text() + " at " + std::to_string(t)).data());
        at = t;
        ++moments;
      }
      const auto got = cron.next(at * 1000);
      QVERIFY2(!got || *got >= (change + kAround) * 1000, expected.text().data());
    }
    QVERIFY(moments > 100);
  }
};

QTEST_GUILESS_MAIN(CronTest)
#include "cron_test.moc"
