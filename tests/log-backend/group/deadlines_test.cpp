// SPDX-License-Identifier: Apache-2.0
#include "log-backend/group/deadlines.h"

#include <QTest>

using namespace millrace;
using namespace millrace::log;

class DeadlinesTest : public QObject {
  Q_OBJECT

 private slots:
  void whatIsDueRunsInTheOrderOfTime() {
    Deadlines deadlines;
    std::string ran;
    deadlines.at(20, [&ran] { ran += 'b'; });
    deadlines.at(10, [&ran] { ran += 'a'; });
    deadlines.at(20, [&ran] { ran += 'c'; });
    QCOMPARE(deadlines.next(), std::optional<Nanos>(10));
    QCOMPARE(deadlines.runDue(9), std::size_t{0});
    QCOMPARE(deadlines.runDue(20), std::size_t{3});
    QCOMPARE(ran, std::string("abc"));
    QVERIFY(!deadlines.next().has_value());
  }

  void whatWasCancelledNeverRuns() {
    Deadlines deadlines;
    int ran = 0;
    const auto token = deadlines.at(10, [&ran] { ++ran; });
    deadlines.at(11, [&ran] { ran += 10; });
    deadlines.cancel(token);
    deadlines.cancel(token);
    deadlines.runDue(100);
    QCOMPARE(ran, 10);
    deadlines.at(200, [&ran] { ++ran; });
    deadlines.clear();
    QCOMPARE(deadlines.runDue(1000), std::size_t{0});
  }

  void theOwnerIsToldOnlyOfEarlierOnes() {
    Deadlines deadlines;
    int told = 0;
    deadlines.tellEarlier([&told] { ++told; });
    deadlines.at(10, [] {});
    deadlines.at(20, [] {});
    QCOMPARE(told, 1);
    deadlines.at(5, [] {});
    QCOMPARE(told, 2);
  }

  void anActionMaySetAnother() {
    Deadlines deadlines;
    int ran = 0;
    deadlines.at(10, [&] { deadlines.at(10, [&ran] { ++ran; }); });
    QCOMPARE(deadlines.runDue(10), std::size_t{2});
    QCOMPARE(ran, 1);
  }
};

QTEST_GUILESS_MAIN(DeadlinesTest)
#include "deadlines_test.moc"
