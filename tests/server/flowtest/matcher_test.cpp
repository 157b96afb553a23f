// SPDX-License-Identifier: Apache-2.0
// What a test may say of a text.
#include "server/flowtest/matcher.h"

#include "server/flowtest/pairing.h"

#include <QTest>

using namespace millrace::flowtest;

class MatcherTest : public QObject {
  Q_OBJECT
 private slots:
  void equalMeansByteForByte() {
    const Matcher matcher = Matcher::equals("a b");
    QVERIFY(matcher.accepts("a b"));
    QVERIFY(!matcher.accepts("a b "));
    QVERIFY(!matcher.accepts(std::nullopt));
    QVERIFY(Matcher::equals("").accepts(""));
    QVERIFY(!Matcher::equals("").accepts(std::nullopt));
  }

  void aPatternMatchesTheWholeText() {
    const auto matcher = Matcher::matches("[0-9]+");
    QVERIFY(matcher.ok());
    QVERIFY(matcher->accepts("123"));
    QVERIFY(!matcher->accepts("a123"));
    QVERIFY(!matcher->accepts("123\n"));
    const auto lines = matcher->differences("abc");
    QCOMPARE(lines.front(), "does not match '[0-9]+'; it is:");
    QCOMPARE(lines.back(), "+ abc");
  }

  void aWrongPatternIsRefused() { QVERIFY(!Matcher::matches("(").ok()); }

  void containsLooksForAPart() {
    QVERIFY(Matcher::contains("b").accepts("abc"));
    QVERIFY(!Matcher::contains("x").accepts("abc"));
    QVERIFY(Matcher::contains("").accepts(""));
  }

  void jsonIsComparedByMeaning() {
    const auto matcher = Matcher::json("{\"a\": 1, \"b\": [true, null]}");
    QVERIFY(matcher.ok());
    QVERIFY(matcher->accepts("{ \"b\":[true,null],\n\"a\":1.0 }"));
    QVERIFY(!matcher->accepts("{\"a\": \"1\", \"b\": [true, null]}"));
    QVERIFY(!matcher->accepts("{\"a\": 1, \"b\": [null, true]}"));
    QVERIFY(!matcher->accepts("{\"a\": 1}"));
    QCOMPARE(matcher->differences("{\"a\": 1").front(), "is no JSON; it is:");
    QCOMPARE(matcher->differences("").front(), "is no JSON; it is:");
  }

  void theDifferenceOfJsonIsThatOfItsValues() {
    const auto matcher = Matcher::json("{\"b\":2,\"a\":1}");
    const auto lines = matcher->differences("{\"a\":1,\"b\":3}");
    QCOMPARE(lines.size(), std::size_t(6));
    QCOMPARE(lines[2], "-   \"b\": 2");
    QCOMPARE(lines[3], "+   \"b\": 3");
  }

  void textThatIsNoJsonIsRefusedAsAnExpectation() {
    QVERIFY(!Matcher::json("{a: 1}").ok());
    QVERIFY(!Matcher::json("").ok());
  }

  void absentAcceptsNothingAtAll() {
    QVERIFY(Matcher::absent().accepts(std::nullopt));
    QVERIFY(!Matcher::absent().accepts(""));
  }

  void pairsAreFoundEvenWhereTheFirstChoiceWasWrong() {
    // 0 fits both, 1 only the first: 0 must make room.
    const auto fits = [](std::size_t want, std::size_t got) { return want == 0 || got == 0; };
    const Pairs pairs = pairUp(2, 2, fits);
    QCOMPARE(pairs, (Pairs{{0, 1}, {1, 0}}));
  }

  void aChainOfPartnersIsFound() {
    // Expected i fits i and i + 1; the last one fits only its own, so that all must move up.
    const std::size_t count = 6;
    const auto fits = [&](std::size_t want, std::size_t got) {
      return got == want + 1 || (got == want && want > 0) || (want == 5 && got == 0);
    };
    for (const auto& [want, got] : pairUp(count, count, fits)) {
      QVERIFY(want && got);
      QVERIFY(fits(*want, *got));
    }
  }

  void anAlignmentKeepsTheOrder() {
    // Expected 0 and 2 came as 1 and 2; what is between them is paired with what is left.
    const auto fits = [](std::size_t want, std::size_t got) {
      return (want == 0 && got == 1) || (want == 2 && got == 2);
    };
    QCOMPARE(align(3, 4, fits),
             (Pairs{{std::nullopt, 0}, {0, 1}, {1, std::nullopt}, {2, 2}, {std::nullopt, 3}}));
    const auto crossed = [](std::size_t want, std::size_t got) { return want != got; };
    QCOMPARE(align(2, 2, crossed).size(), std::size_t(3));
    QCOMPARE(align(0, 2, crossed), (Pairs{{std::nullopt, 0}, {std::nullopt, 1}}));
  }

  void whatIsLeftOverIsPairedInOrder() {
    const auto none = [](std::size_t, std::size_t) { return false; };
    QCOMPARE(pairUp(1, 2, none), (Pairs{{0, 0}, {std::nullopt, 1}}));
    QCOMPARE(pairUp(2, 0, none), (Pairs{{0, std::nullopt}, {1, std::nullopt}}));
    QCOMPARE(inOrder(0, 0), Pairs());
  }
};

QTEST_GUILESS_MAIN(MatcherTest)
#include "matcher_test.moc"
