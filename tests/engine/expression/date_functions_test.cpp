// SPDX-License-Identifier: Apache-2.0
// Expected values are those of java.time (DateTimeFormatter in English, Instant, ZonedDateTime).
#include "engine/expression/date_pattern.h"
#include "tests/engine/expression/expression_fixture.h"

#include <QTest>

using namespace millrace::expression;
using millrace::expression::testing::ExpressionFixture;

class DateFunctionsTest : public QObject {
  Q_OBJECT
 private slots:
  void patternsPrintAsJavaPrintsThem() {
    const Instant moment{1'709'211'909, 45'678'901};  // 2024-02-29T13:05:09.045678901Z
    struct Row {
      const char* zone;
      const char* pattern;
      const char* text;
    };
    for (const Row& row : std::initializer_list<Row>{
             {"UTC", "yyyy-MM-dd HH:mm:ss.SSS", "2024-02-29 13:05:09.045"},
             {"UTC", "yy/M/d h:mm a", "24/2/29 1:05 PM"},
             {"UTC", "EEE, dd MMM yyyy", "Thu, 29 Feb 2024"},
             {"UTC", "EEEE d MMMM uuuu", "Thursday 29 February 2024"},
             {"UTC", "D", "60"},
             {"UTC", "kk K k", "13 1 13"},
             {"UTC", "SSSSSS n A", "045678 45678901 47109045"},
             {"UTC", "Z ZZZZ ZZZZZ", "+0000 GMT Z"},
             {"UTC", "X XX XXX", "Z Z Z"},
             {"UTC", "x xx xxx", "+00 +0000 +00:00"},
             {"UTC", "z VV", "UTC UTC"},
             {"UTC", "O OOOO", "GMT GMT"},
             {"UTC", "G", "AD"},
             {"UTC", "''yyyy'T'", "'2024T"},
             {"UTC", "Q QQ QQQ QQQQ", "1 01 Q1 1st quarter"},
             {"UTC", "h 'o''clock'", "1 o'clock"},
             {"America/New_York", "yyyy-MM-dd HH:mm:ss.SSS", "2024-02-29 08:05:09.045"},
             {"America/New_York", "yy/M/d h:mm a", "24/2/29 8:05 AM"},
             {"America/New_York", "kk K k", "08 8 8"},
             {"America/New_York", "Z ZZZZ ZZZZZ", "-0500 GMT-05:00 -05:00"},
             {"America/New_York", "X XX XXX", "-05 -0500 -05:00"},
             {"America/New_York", "z VV", "EST America/New_York"},
             {"America/New_York", "O OOOO", "GMT-5 GMT-05:00"},
             {"Asia/Kolkata", "HH:mm A", "18:35 66909045"},
             {"Asia/Kolkata", "X XX XXX", "+0530 +0530 +05:30"},
             {"Asia/Kolkata", "z O OOOO", "IST GMT+5:30 GMT+05:30"},
         }) {
      const auto pattern = DatePattern::compile(row.pattern);
      QVERIFY2(pattern.ok(), row.pattern);
      QCOMPARE(pattern->format(moment, TimeZone::named(row.zone).value()), std::string(row.text));
    }
  }
  void patternsReadWhatTheyPrint() {
    ExpressionFixture world;
    world.attributes().set("stamp", "20130917162643");
    world.attributes().set("month", "10may2004");
    world.attributes().set("short", "2013/3/4");
    world.attributes().set("offset", "2024-02-29T13:05:09.5+05:30");
    world.attributes().set("zulu", "2024-02-29T13:05:09Z");
    world.attributes().set("mail", "Thu, 29 Feb 2024 13:05:09 PST");
    world.attributes().set("half", "02/28/24 12:15 AM");
    MR_EXPECT_VALUES(
        world,
        {{"${stamp:toDate('yyyyMMddHHmmss'):format(\"yyyy/MM/dd HH:mm:ss.SSS'Z'\")}",
          "2013/09/17 16:26:43.000Z"},
         {"${stamp:toDate('yyyyMMddHHmmss', 'GMT'):format('yyyy/MM/dd HH:mm:ss', 'Europe/Paris')}",
          "2013/09/17 18:26:43"},
         {"${stamp:toInstant('yyyyMMddHHmmss', 'GMT')"
          ":formatInstant('yyyy/MM/dd HH:mm:ss', 'America/Los_Angeles')}",
          "2013/09/17 09:26:43"},
         {"${month:toDate('ddMMMyyyy'):format('yyyy/MM/dd')}", "2004/05/10"},
         {"${short:toDate('yyyy/MM/dd'):format('D')}", "63"},
         {"${offset:toInstant(\"yyyy-MM-dd'T'HH:mm:ss.SXXX\", 'UTC')}", "2024-02-29T07:35:09.500Z"},
         {"${zulu:toDate(\"yyyy-MM-dd'T'HH:mm:ssX\"):toNumber()}", "1709211909000"},
         {"${mail:toDate('EEE, dd MMM yyyy HH:mm:ss z'):toNumber()}", "1709240709000"},
         {"${half:toDate('MM/dd/yy hh:mm a'):format('yyyy-MM-dd HH:mm')}", "2024-02-28 00:15"},
         {"${literal('2024-02-31'):toDate('yyyy-MM-dd'):format('dd')}", "29"},
         {"${literal('7:5'):toDate('H:m'):toNumber()}", "25500000"},
         {"${literal('2024-060'):toDate('yyyy-DDD'):format('MM-dd')}", "02-29"},
         {"${literal('2024-02'):toDate('yyyy-MM[-dd]'):format('dd')}", "01"}});
    for (const char* text :
         {"${stamp:toDate('yyyy-MM-dd')}", "${literal('2024-13-01'):toDate('yyyy-MM-dd')}",
          "${literal('2024-01-32'):toDate('yyyy-MM-dd')}", "${literal('25:00'):toDate('HH:mm')}",
          "${literal('2024-01-01 x'):toDate('yyyy-MM-dd')}", "${literal(''):toDate('yyyy')}",
          "${stamp:toDate('yyyyMMddHHmmss', ${literal('Mars/Base')})}"}) {
      QVERIFY2(world.fails(text), text);
    }
  }
  void datesBecomeTextsAndNumbersByThemselves() {
    ExpressionFixture world;
    world.attributes().set("date", "1403620278642");
    world.attributes().set("slash", "2014/04/04 00:00:00.045");
    world.attributes().set("words", "Fri Apr 04 00:00:45 UTC 2014");
    world.attributes().set("iso", "2014-04-04T10:00:00.250Z");
    world.attributes().set("junk", "tomorrow");
    MR_EXPECT_VALUES(world,
                     {{"${date:format('yyyy')}", "2014"},
                      {"${date:toDate():toNumber():toDate():toNumber():format('yyyy')}", "2014"},
                      {"${date:toDate()}", "Tue Jun 24 14:31:18 UTC 2014"},
                      {"${date:toInstant()}", "2014-06-24T14:31:18.642Z"},
                      {"${date:toDate():plus(86400000):format('dd')}", "25"},
                      {"${date:toDate():equals('Tue Jun 24 14:31:18 UTC 2014')}", "true"},
                      {"${slash:format('yyyy,SSS')}", "2014,045"},
                      {"${words:format('ss')}", "45"},
                      {"${iso:formatInstant('HH:mm:ss.SSS', 'UTC')}", "10:00:00.250"},
                      {"${literal(10.1):divide(5.2):toDate():format('SSS')}", "001"},
                      {"${none:toDate()}", ""},
                      {"${none:toInstant()}", ""},
                      {"${none:format('yyyy')}", ""},
                      {"${junk:toDate():isNull()}", "true"},
                      {"${literal(-1):toInstant()}", "1969-12-31T23:59:59.999Z"},
                      {"${literal(-62198755200000):toInstant()}", "-0001-01-01T00:00:00Z"},
                      {"${literal(253402300800000):toInstant()}", "+10000-01-01T00:00:00Z"}});
    QVERIFY(world.fails("${junk:format('yyyy')}"));
  }
  void instantsKeepTheirNanoseconds() {
    ExpressionFixture world;
    world.attributes().set("t", "2022/03/18 10:22:27.678234567");
    const std::string read = "${t:toInstant('yyyy/MM/dd HH:mm:ss.SSSSSSSSS', 'America/New_York')";
    MR_EXPECT_VALUES(world, {{read + ":toNanos()}", "1647613347678234567"},
                             {read + ":toMicros()}", "1647613347678234"},
                             {read + ":toNumber()}", "1647613347678"},
                             {read + "}", "2022-03-18T14:22:27.678234567Z"}});
  }
  void summerTimeIsJavas() {
    ExpressionFixture world("America/New_York");
    MR_EXPECT_VALUES(
        world,
        {{"${literal('2024-03-10 02:30'):toDate('yyyy-MM-dd HH:mm'):toNumber()}", "1710055800000"},
         {"${literal('2024-11-03 01:30'):toDate('yyyy-MM-dd HH:mm'):toNumber()}", "1730611800000"},
         {"${literal(1710055800000):toDate()}", "Sun Mar 10 03:30:00 EDT 2024"}});
  }
  void amountsOfTimeFollowTheCalendar() {
    ExpressionFixture world("America/New_York");
    world.attributes().set("end", "2024-01-31 12:00");
    world.attributes().set("eve", "2024-03-09 12:00");
    const auto moved = [](const char* name, const char* change) {
      return std::string("${") + name + ":toDate('yyyy-MM-dd HH:mm'):" + change + ":toInstant()}";
    };
    MR_EXPECT_VALUES(world,
                     {{moved("end", "plusDuration('1 month')"), "2024-02-29T17:00:00Z"},
                      {moved("eve", "plusDuration('1 day')"), "2024-03-10T16:00:00Z"},
                      {moved("eve", "plusDuration('24 hours')"), "2024-03-10T17:00:00Z"},
                      {moved("eve", "plusDuration(' 1 DAYS ', 'UTC')"), "2024-03-10T17:00:00Z"},
                      {moved("end", "minusDuration('11 months')"), "2023-02-28T17:00:00Z"},
                      {moved("end", "minusDuration('2 weeks')"), "2024-01-17T17:00:00Z"},
                      {"${literal(0):toInstant():minusInstantDuration('1 nanosecond')}",
                       "1969-12-31T23:59:59.999999999Z"},
                      {"${literal(0):toInstant():plusInstantDuration('1500 milliseconds')}",
                       "1970-01-01T00:00:01.500Z"}});
    for (const char* amount : {"1day", "-1 day", "1.5 days", "one day", "", "1 fortnight"}) {
      world.attributes().set("amount", amount);
      QVERIFY2(world.fails("${end:toDate('yyyy-MM-dd HH:mm'):plusDuration(${amount})}"), amount);
    }
    QVERIFY(world.fails("${literal(0):toDate():plusDuration('9999999999999 years')}"));
  }
  void datesThatDoNotExistAreNotValid() {
    ExpressionFixture world;
    MR_EXPECT_VALUES(world,
                     {{"${literal('2024-02-29'):isValidDate('yyyy-MM-dd')}", "true"},
                      {"${literal('2023-02-29'):isValidDate('yyyy-MM-dd')}", "false"},
                      {"${literal('x'):isValidDate('yyyy-MM-dd')}", "false"},
                      {"${none:isValidDate('yyyy-MM-dd')}", "false"},
                      {"${literal('2024-02-29T13:45:10.5+01:00'):isValidInstant()}", "true"},
                      {"${literal('Thu, 29 Feb 2024 13:45:10 GMT'):isValidInstant()}", "true"},
                      {"${literal('2023-02-29T13:45:10Z'):isValidInstant()}", "false"},
                      {"${literal('2024-02-29'):isValidInstant()}", "false"},
                      {"${none:isValidInstant()}", "false"}});
  }
  void theClockIsTheCallers() {
    ExpressionFixture world;
    world.clock().advance(5 * millrace::kSecond);
    MR_EXPECT_VALUES(world, {{"${now():toNumber()}", "1700000005000"},
                             {"${now()}", "Tue Nov 14 22:13:25 UTC 2023"}});
  }
  void daysAndDatesAgreeOverThousandsOfYears() {
    for (std::int64_t day = -800'000; day < 3'000'000; day += 997) {
      const CivilDate date = civilOf(day);
      QCOMPARE(daysOf(date.year, date.month, date.day), day);
      QVERIFY(date.day >= 1 && date.day <= daysInMonth(date.year, date.month));
    }
    QCOMPARE(daysOf(1970, 1, 1), std::int64_t{0});
    QCOMPARE(daysOf(2000, 3, 1), std::int64_t{11'017});
  }
};

QTEST_GUILESS_MAIN(DateFunctionsTest)
#include "date_functions_test.moc"
