// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/java_number.h"
#include "tests/engine/expression/expression_fixture.h"

#include <QTest>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>

using namespace millrace::expression;
using millrace::expression::testing::ExpressionFixture;

class NumberFunctionsTest : public QObject {
  Q_OBJECT
 private slots:
  void decimalsPrintAsJavaPrintsThem() {
    for (const auto& [number, text] : {
             std::pair(1e10, "1.0E10"),
             {1e-5, "1.0E-5"},
             {100.0, "100.0"},
             {0.1, "0.1"},
             {1234567.0, "1234567.0"},
             {12345678.0, "1.2345678E7"},
             {0.001, "0.001"},
             {0.00099, "9.9E-4"},
             {1.0 / 3, "0.3333333333333333"},
             {4.9e-324, "4.9E-324"},
             {1.7976931348623157e308, "1.7976931348623157E308"},
             {-0.0, "-0.0"},
             {0.0025, "0.0025"},
             {123456789.125, "1.23456789125E8"},
             {1e7, "1.0E7"},
             {9999999.999, "9999999.999"},
             {0.1 + 0.2, "0.30000000000000004"},
             {1e23, "1.0E23"},
             {std::numeric_limits<double>::infinity(), "Infinity"},
             {-std::numeric_limits<double>::infinity(), "-Infinity"},
             {std::numeric_limits<double>::quiet_NaN(), "NaN"},
         }) {
      char buffer[kNumberTextSize];
      QCOMPARE(std::string(printDecimal(number, buffer)), std::string(text));
    }
  }
  /// As few digits as the library's own shortest form, and the same number.
  void anyDecimalIsReadBackFromItsText() {
    std::mt19937_64 random(20260101);
    for (int i = 0; i < 200'000; ++i) {
      double number = std::bit_cast<double>(random());
      if (i % 4 == 0)
        number = static_cast<double>(static_cast<std::int64_t>(random()) >> 20) / 1000;
      if (i % 16 == 1) number = std::pow(10.0, static_cast<double>(random() % 600) - 300);
      if (!std::isfinite(number)) continue;
      char buffer[kNumberTextSize];
      const std::string text(printDecimal(number, buffer));
      double back = 0;
      std::from_chars(text.data(), text.data() + text.size(), back);
      // Java's E has no plus, which is as well for from_chars.
      QVERIFY2(std::bit_cast<std::uint64_t>(back) == std::bit_cast<std::uint64_t>(number),
               text.c_str());
      char raw[64];
      const auto end =
          std::to_chars(raw, raw + sizeof raw, number, std::chars_format::scientific).ptr;
      const auto digits = [](std::string_view number_text) {
        std::string kept;
        for (const char c : number_text.substr(0, number_text.find_first_of("eE"))) {
          if (c >= '0' && c <= '9') kept += c;
        }
        kept.erase(0, std::min(kept.find_first_not_of('0'), kept.size()));
        kept.erase(kept.find_last_not_of('0') + 1);
        return kept;
      };
      const std::string shortest = digits({raw, static_cast<std::size_t>(end - raw)});
      if (shortest.size() > 1) QCOMPARE(digits(text), shortest);
    }
  }
  void textsAreReadAsNumbers() {
    ExpressionFixture world;
    MR_EXPECT_VALUES(
        world, {{"${literal('1.332'):toNumber()}", "1"},
                {"${literal('2'):toDecimal()}", "2.0"},
                {"${literal(' 12 '):toNumber()}", "12"},
                {"${literal('-12.9'):toNumber()}", "-12"},
                {"${literal('0x1234567890ABCDEF'):toNumber()}", "1311768467294899695"},
                {"${literal('-0x1234567890abcdef'):toNumber()}", "-1311768467294899695"},
                {"${literal('0xF.Fp10'):toDecimal()}", "16320.0"},
                {"${literal('+0xF1.P2'):toDecimal()}", "964.0"},
                {"${literal('-0x.5BP+2'):toDecimal()}", "-1.421875"},
                {"${literal('9876543210.0123456789e123'):toDecimal()}", "9.876543210012345E132"},
                {"${literal('NaN'):toDecimal():plus(1)}", "NaN"},
                {"${literal('-Infinity'):toDecimal():plus(1)}", "-Infinity"},
                {"${literal('1e999'):toDecimal()}", "Infinity"},
                {"${literal('1e-999'):toDecimal()}", "0.0"},
                {"${literal('1e999'):toNumber()}", "9223372036854775807"}});
    for (const char* text :
         {"A.1e123", "0.Ae123", "0.1eA", "0xG.1p123", "0x1.1pA", "0x1.1", "", "-", ".", "1 2",
          "1_000", "12abc", "99999999999999999999", "0x", "+-1"}) {
      world.attributes().set("n", text);
      QVERIFY2(world.value("${n:toDecimal():isNull()}") == "true", text);
      QVERIFY2(world.value("${n:toNumber()}").empty(), text);
    }
  }
  void arithmetic() {
    ExpressionFixture world;
    for (const auto& [name, value] : {std::pair("one", "1"),
                                      {"two", "2"},
                                      {"three", "3"},
                                      {"five", "5"},
                                      {"hundred", "100"},
                                      {"F", "-48"},
                                      {"A", "0123456789"},
                                      {"tenth", "10.1"},
                                      {"word", "x"}}) {
      world.attributes().set(name, value);
    }
    MR_EXPECT_VALUES(
        world,
        {{"${hundred:toNumber():multiply(${two}):divide(${three}):plus(${one}):mod(${five})}", "2"},
         {"${A:plus(4)}", "123456793"},
         {"${A:plus( ${F} )}", "123456741"},
         {"${A:substring(2,3):plus(21):substring(1,2):plus(0)}", "3"},
         {"${F:divide(5)}", "-9"},
         {"${F:mod(5)}", "-3"},
         {"${literal(-7.5):mod(2)}", "-1.5"},
         {"${literal(0.1):plus(0.2)}", "0.30000000000000004"},
         {"${one:divide(0.0)}", "Infinity"},
         {"${literal(9223372036854775807):plus(1)}", "-9223372036854775808"},
         {"${literal(-9223372036854775808):divide(-1)}", "-9223372036854775808"},
         {"${literal(-9223372036854775808):mod(-1)}", "0"},
         {"${literal(4611686018427387904):multiply(2)}", "-9223372036854775808"},
         {"${word:plus(1)}", ""},
         {"${one:plus(${none})}", ""},
         {"${none:minus(1):isNull()}", "true"},
         {"${tenth:toNumber()}", "10"}});
    QVERIFY(world.fails("${one:divide(0)}"));
    QVERIFY(world.fails("${one:mod(0)}"));
  }
  void radix() {
    ExpressionFixture world;
    MR_EXPECT_VALUES(world, {{"${literal(255):toRadix(16):toUpper()}", "FF"},
                             {"${literal(255):toRadix(16, 4):toUpper()}", "00FF"},
                             {"${literal(255):toRadix(36, 3)}", "073"},
                             {"${literal(-255):toRadix(16)}", "-ff"},
                             {"${literal(-9223372036854775808):toRadix(2):length()}", "65"},
                             {"${literal('ABCDEF'):fromRadix(16)}", "11259375"},
                             {"${literal('123'):fromRadix(4)}", "27"},
                             {"${none:fromRadix(4)}", ""},
                             {"${none:toRadix(4)}", ""}});
    QVERIFY(world.fails("${literal(255):toRadix(1)}"));
    QVERIFY(world.fails("${literal(255):toRadix(37)}"));
    QVERIFY(world.fails("${literal(255):toRadix(16, 99999999)}"));
    QVERIFY(world.fails("${literal('12x'):fromRadix(10)}"));
  }
  void functionsOfJavaLangMath() {
    ExpressionFixture world;
    MR_EXPECT_VALUES(world, {{"${literal(-64):math('abs')}", "64"},
                             {"${literal(-64.1):math('abs')}", "64.1"},
                             {"${literal(-64):math('max', 2)}", "2"},
                             {"${literal(-64.1):math('max', 2.3)}", "2.3"},
                             {"${literal(1.5):math('pow', 2.0)}", "2.25"},
                             {"${literal(1.5):math('scalb', 2)}", "6.0"},
                             {"${literal(27):math('cbrt')}", "3.0"},
                             {"${literal(-2.5):math('round')}", "-2"},
                             {"${literal(0.49999999999999994):math('round')}", "0"},
                             {"${literal(2.5):math('rint')}", "2.0"},
                             {"${literal(-7):math('floorMod', 3)}", "2"},
                             {"${literal(-7):math('floorDiv', 3)}", "-3"},
                             {"${literal(5.0):math('IEEEremainder', 3.0)}", "-1.0"},
                             {"${literal(3):math('hypot', 4)}", "5.0"},
                             {"${literal(1000):math('log10')}", "3.0"},
                             {"${literal(-2.0):math('signum')}", "-1.0"},
                             {"${math('random'):toNumber()}", "0"},
                             {"${none:math('abs')}", ""}});
    QVERIFY(world.fails("${literal(1):math('absolute')}"));
    QVERIFY(world.fails("${literal(1.5):math('power', 2)}"));
    QVERIFY(world.fails("${math('rand')}"));
  }
  void chanceAndCounters() {
    ExpressionFixture world;
    for (int i = 0; i < 100; ++i) {
      const std::string number = world.value("${random()}");
      QVERIFY(!number.empty() && number.front() != '-');
    }
    QVERIFY(world.value("${random()}") != world.value("${random()}"));
    MR_EXPECT_VALUES(world, {{"${nextInt()}", "0"}, {"${nextInt()}-${nextInt()}", "1-2"}});
  }
};

QTEST_GUILESS_MAIN(NumberFunctionsTest)
#include "number_functions_test.moc"
