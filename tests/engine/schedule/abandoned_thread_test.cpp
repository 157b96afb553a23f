// SPDX-License-Identifier: Apache-2.0
// Threads whose slice does not end are given up.
#include "tests/engine/schedule/probe.h"

#include <QtTest>

using namespace millrace;
using namespace millrace::engine;

class AbandonedThreadTest : public QObject {
  Q_OBJECT
 private slots:
  void anotherThreadTakesThePlaceOfOneThatIsGivenUp() {
    for (const bool blocking : {false, true}) {
      const SystemClock clock;
      Count begun, letGo;
      Scheduler scheduler(clock, {.workers = 1, .blockingThreads = 1});
      const auto hung = probe([&] {
        begun.add();
        letGo.waitFor(1);
      });
      const auto other = probe();
      hung->isBlocking = blocking;
      other->isBlocking = blocking;
      scheduler.start();
      give(scheduler, hung);
      begun.waitFor(1);
      give(scheduler, other);  // no thread is left for it
      QCOMPARE(scheduler.abandon(hung), 1U);
      other->ended.waitFor(1);
      QCOMPARE(scheduler.activeOf(*hung), 0U);
      QVERIFY(scheduler.waitIdle(*hung, kSecond));
      QCOMPARE(scheduler.abandonedThreads(), 1U);
      scheduler.stop();  // does not wait for it
      QCOMPARE(scheduler.abandonedThreads(), 1U);
      letGo.add();
      while (scheduler.abandonedThreads() > 0) std::this_thread::yield();
      QCOMPARE(hung->done.load(), 1);
    }
  }

  void whatItsSliceHadWokenRunsElsewhere() {
    const SystemClock clock;
    Count begun, letGo;
    Scheduler scheduler(clock, {.workers = 1});
    const auto woken = probe();
    const auto hung = probe([&] {
      give(scheduler, woken);  // kept for this worker, since its data is in the cache
      begun.add();
      letGo.waitFor(1);
    });
    scheduler.start();
    give(scheduler, hung);
    begun.waitFor(1);
    QCOMPARE(scheduler.abandon(hung), 1U);
    woken->ended.waitFor(1);
    letGo.add();
    scheduler.stop();
  }

  void whatItWakesWhenItComesBackIsNotLost() {
    const SystemClock clock;
    Count begun, letGo;
    Scheduler scheduler(clock, {.workers = 1});
    const auto woken = probe();
    const auto hung = probe([&] {
      begun.add();
      letGo.waitFor(1);
      give(scheduler, woken);
    });
    scheduler.start();
    give(scheduler, hung);
    begun.waitFor(1);
    QCOMPARE(scheduler.abandon(hung), 1U);
    letGo.add();
    woken->ended.waitFor(1);
    scheduler.stop();
  }

  void itGivesItsPlaceInALimitBack() {
    const SystemClock clock;
    Count begun, letGo;
    Scheduler scheduler(clock, {.workers = 2});
    const auto limit = std::make_shared<TaskLimit>(1);
    const auto hung = probe([&] {
      begun.add();
      letGo.waitFor(1);
    });
    const auto other = probe();
    hung->caps = {limit};
    other->caps = {limit};
    scheduler.start();
    give(scheduler, hung);
    begun.waitFor(1);
    give(scheduler, other);
    QCOMPARE(scheduler.abandon(hung), 1U);
    other->ended.waitFor(1);
    letGo.add();
    while (scheduler.abandonedThreads() > 0) std::this_thread::yield();
    give(scheduler, other);  // its own coming back took no second place from the limit
    other->ended.waitFor(2);
    scheduler.stop();
  }

  void aTaskThatEndsInTimeLosesNoThread() {
    const SystemClock clock;
    Scheduler scheduler(clock, {.workers = 1});
    const auto task = probe();
    scheduler.start();
    give(scheduler, task);
    task->ended.waitFor(1);
    QVERIFY(scheduler.waitIdle(*task, kSecond));
    QCOMPARE(scheduler.abandon(task), 0U);
    const auto other = probe();
    give(scheduler, other);
    other->ended.waitFor(1);
    scheduler.stop();
  }

  void theTaskLivesUntilItsThreadComesBack() {
    const SystemClock clock;
    Count begun, letGo, destroyed;
    Scheduler scheduler(clock, {.workers = 1});
    auto hung = probe([&] {
      begun.add();
      letGo.waitFor(1);
    });
    hung->onDestroyed = [&] { destroyed.add(); };
    scheduler.start();
    give(scheduler, hung);
    begun.waitFor(1);
    QCOMPARE(scheduler.abandon(hung), 1U);
    hung.reset();
    QCOMPARE(destroyed.value(), 0);
    letGo.add();
    destroyed.waitFor(1);
    scheduler.stop();
  }
};

QTEST_GUILESS_MAIN(AbandonedThreadTest)
#include "abandoned_thread_test.moc"
