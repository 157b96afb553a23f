// SPDX-License-Identifier: Apache-2.0
// A wall clock that steps, and what is told of it.

#include "engine/base/slewed_clock.h"

#include <QTest>
#include <vector>

using namespace millrace;

namespace {
constexpr Millis kStart = 1000000000;
constexpr Millis kHour = 3600000;
constexpr Millis kDay = 24 * kHour;
}  // namespace

class SlewedClockTest : public QObject {
  Q_OBJECT
 private slots:
  void goesWithTheClockThatItLooksAt() {
    VirtualClock clock(kStart);
    std::vector<Millis> steps;
    const SlewedClock slewed(clock, [&](Millis by) { steps.push_back(by); });
    QCOMPARE(slewed.wall(), kStart);
    clock.advance(90 * kSecond);
    QCOMPARE(slewed.wall(), kStart + 90000);
    QCOMPARE(slewed.monotonic(), 90 * kSecond);
    QVERIFY(steps.empty());
  }

  void aStepOfAMinuteIsFollowedAtOnce() {
    VirtualClock clock(kStart);
    std::vector<Millis> steps;
    const SlewedClock slewed(clock, [&](Millis by) { steps.push_back(by); });
    clock.stepWall(60000);
    QCOMPARE(slewed.wall(), kStart + 60000);
    clock.stepWall(-60000);
    QCOMPARE(slewed.wall(), kStart);
    // Many small ones make no great one.
    for (int i = 0; i < 100; ++i) {
      clock.stepWall(50000);
      QCOMPARE(slewed.wall(), kStart + 50000 * (i + 1));
    }
    QVERIFY(steps.empty());
  }

  void aDayForwardIsMadeGoodByATenthOfTheTime() {
    VirtualClock clock(kStart);
    std::vector<Millis> steps;
    const SlewedClock slewed(clock, [&](Millis by) { steps.push_back(by); });
    clock.stepWall(kDay);
    QCOMPARE(slewed.wall(), kStart);
    QCOMPARE(steps, std::vector<Millis>{kDay});
    clock.advance(3600 * kSecond);
    QCOMPARE(slewed.wall(), kStart + kHour + kHour / 10);
    clock.advance(9 * 24 * 3600 * kSecond);
    QCOMPARE(slewed.wall(), kStart + kHour + 9 * kDay + (kHour + 9 * kDay) / 10);
    clock.advance(10 * 24 * 3600 * kSecond);
    QCOMPARE(slewed.wall(), clock.wall());
    QCOMPARE(steps.size(), std::size_t{1});
    clock.advance(kSecond);
    QCOMPARE(slewed.wall(), clock.wall());
  }

  void aDayBackNeverTurnsItBack() {
    VirtualClock clock(kStart);
    std::vector<Millis> steps;
    const SlewedClock slewed(clock, [&](Millis by) { steps.push_back(by); });
    clock.stepWall(-kDay);
    QCOMPARE(slewed.wall(), kStart);
    Millis before = slewed.wall();
    for (int i = 0; i < 1000; ++i) {
      clock.advance(7 * kMillisecond);
      const Millis now = slewed.wall();
      QVERIFY(now >= before);
      before = now;
    }
    QCOMPARE(before, kStart + 7000 - 700);
    QCOMPARE(steps, std::vector<Millis>{-kDay});
  }

  void aDayForwardAndBackAgainIsToldTwiceAndLeavesNothing() {
    VirtualClock clock(kStart);
    std::vector<Millis> steps;
    const SlewedClock slewed(clock, [&](Millis by) { steps.push_back(by); });
    clock.stepWall(kDay);
    QCOMPARE(slewed.wall(), kStart);
    clock.stepWall(-kDay);
    QCOMPARE(slewed.wall(), kStart);
    clock.advance(kSecond);
    QCOMPARE(slewed.wall(), kStart + 1000);
    const std::vector<Millis> told{kDay, -kDay};
    QCOMPARE(steps, told);
  }
};

QTEST_GUILESS_MAIN(SlewedClockTest)

#include "slewed_clock_test.moc"
