// SPDX-License-Identifier: Apache-2.0
// The promises of the scheduler. Threads meet at conditions: a promise that is broken shows as a
// wrong count or as a test that does not end.

#include "engine/schedule/scheduler.h"

#include "engine/base/random.h"
#include "tests/engine/schedule/probe.h"

#include <QTest>
#include <atomic>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace millrace;
using namespace millrace::engine;

class SchedulerTest : public QObject {
  Q_OBJECT

 private slots:
  void aWakeAfterTheLastLookAtATaskIsNotLost() {
    VirtualClock clock;
    Scheduler scheduler(clock, {});
    const auto task = probe();
    // The task has been found without work; before its slice ends, more work comes.
    task->onMomentAsked = [&] {
      if (task->done == 1) give(scheduler, task);
    };
    give(scheduler, task);
    QVERIFY(scheduler.runOne());
    QVERIFY(!scheduler.isQuiet());
    QVERIFY(scheduler.runOne());
    QCOMPARE(task->done.load(), 2);
    QVERIFY(!scheduler.runOne());
    QVERIFY(scheduler.isQuiet());
  }

  void aMomentThatPassesBetweenTwoQuestionsIsNotLost() {
    VirtualClock clock;
    Scheduler scheduler(clock, {.workers = 1});
    const auto task = probe();
    task->notBefore = 10;
    task->onAsked = [&] {
      if (clock.monotonic() < 20) clock.advance(20);
    };
    scheduler.start();
    give(scheduler, task);
    task->ended.waitFor(1);
    scheduler.stop();
    QCOMPARE(task->done.load(), 1);
  }

  // pins: 1.3/7
  void aTaskRunsOnAsManyThreadsAsItAllowsAndNoMore() {
    SystemClock clock;
    Scheduler scheduler(clock, {.workers = 4});
    Count inside;
    const auto task = probe(
        [&] {
          inside.add();
          inside.waitFor(3);  // never comes when fewer run at once
        },
        3);
    scheduler.start();
    give(scheduler, task, 500);
    std::vector<std::jthread> wakers;
    for (int i = 0; i < 3; ++i) {
      wakers.emplace_back([&] {
        for (int n = 0; n < 500; ++n) scheduler.wake(task);
      });
    }
    while (task->done < 500) task->ended.waitFor(task->ended.value() + 1);
    QCOMPARE(task->mostInside.load(), 3);
    scheduler.stop();
  }

  void noWakeOfManyThreadsIsLost() {
    SystemClock clock;
    Scheduler scheduler(clock, {.workers = 3});
    Count done;
    std::vector<std::shared_ptr<Probe>> tasks;
    for (std::uint32_t i = 0; i < 8; ++i) {
      tasks.push_back(probe([&] { done.add(); }, 1 + i % 3));
      tasks.back()->isBlocking = i % 4 == 3;
    }
    scheduler.start();
    {
      std::vector<std::jthread> wakers;
      for (std::uint64_t seed = 0; seed < 4; ++seed) {
        wakers.emplace_back([&, seed] {
          Random random(seed);
          for (int n = 0; n < 2000; ++n) give(scheduler, tasks[random.below(tasks.size())]);
        });
      }
    }
    done.waitFor(8000);
    for (std::size_t i = 0; i < tasks.size(); ++i)
      QVERIFY(tasks[i]->mostInside <= static_cast<int>(1 + i % 3));
    scheduler.stop();
  }

  void timersFireInOrderAndNotBeforeTheirMoment() {
    VirtualClock clock;
    Scheduler scheduler(clock, {});
    std::string order;
    const auto named = [&](char name) {
      auto task = probe([&order, name] { order += name; });
      task->pieces = 1;
      return task;
    };
    const auto a = named('a'), b = named('b'), c = named('c'), d = named('d'), e = named('e');
    QCOMPARE(scheduler.nextTimer(), std::optional<Nanos>());
    scheduler.wakeAt(a, 300);
    scheduler.wakeAt(b, 100);
    scheduler.wakeAt(c, 200);
    scheduler.wakeAt(d, 200);
    scheduler.wakeAt(e, 400);
    scheduler.wakeAt(e, 50);   // the earlier one counts
    scheduler.wakeAt(b, 500);  // a later one does not
    scheduler.wakeAt(a, std::numeric_limits<Nanos>::max());
    QVERIFY(!scheduler.runOne());
    for (const Nanos moment : {50, 100, 200, 300}) {
      QCOMPARE(scheduler.nextTimer(), std::optional<Nanos>(moment));
      clock.advance(moment - 1 - clock.monotonic());
      QVERIFY(!scheduler.runOne());
      clock.advance(1);
      while (scheduler.runOne()) {
      }
    }
    QCOMPARE(order, std::string("ebcda"));
    QCOMPARE(scheduler.nextTimer(), std::optional<Nanos>());
    scheduler.wakeAt(a, std::numeric_limits<Nanos>::max());
    QCOMPARE(scheduler.nextTimer(), std::optional<Nanos>());
  }

  void aTaskThatMustWaitIsWokenAtItsMomentUnlessRemoved() {
    VirtualClock clock;
    Scheduler scheduler(clock, {});
    const auto task = probe();
    task->notBefore = 100;
    give(scheduler, task);
    QVERIFY(!scheduler.runOne());
    QCOMPARE(scheduler.nextTimer(), std::optional<Nanos>(100));
    scheduler.remove(task);
    QCOMPARE(scheduler.nextTimer(), std::optional<Nanos>());
    clock.advance(100);
    QVERIFY(!scheduler.runOne());
    scheduler.wakeAt(task, 50);
    QVERIFY(!scheduler.runOne());
    scheduler.restore(task);
    QVERIFY(scheduler.runOne());
    QCOMPARE(task->done.load(), 1);
  }

  void aTimerWakesAThreadThatSleeps() {
    SystemClock clock;
    Scheduler scheduler(clock, {.workers = 2});
    scheduler.start();
    const auto far = probe();
    scheduler.wakeAt(far, clock.monotonic() + 1000 * kMinute);
    const auto task = probe();
    task->pieces = 1;
    task->notBefore = clock.monotonic() + kMillisecond;
    scheduler.wakeAt(task, task->notBefore);
    task->ended.waitFor(1);
    QVERIFY(clock.monotonic() >= task->notBefore);
    QCOMPARE(far->done.load(), 0);
    scheduler.stop();
  }

  void tasksThatAreAlwaysReadyTakeTurns() {
    VirtualClock clock;
    Scheduler scheduler(clock, {});
    std::string order;
    const auto a = probe([&] { order += 'a'; });
    const auto b = probe([&] { order += 'b'; });
    const auto c = probe([&] { order += 'c'; });
    give(scheduler, a, 4);
    give(scheduler, b, 2);
    give(scheduler, c, 3);
    while (scheduler.runOne()) {
    }
    QCOMPARE(order, std::string("abcabcaca"));
  }

  void tasksThatWakeEachOtherDoNotStarveTheRest() {
    SystemClock clock;
    std::shared_ptr<Probe> ping, pong;
    Count rest;
    const auto other = probe([&] { rest.add(); });
    Scheduler scheduler(clock, {.workers = 1});
    ping = probe([&] { give(scheduler, pong); });
    pong = probe([&] { give(scheduler, ping); });
    scheduler.start();
    give(scheduler, ping);
    for (int i = 1; i <= 20; ++i) {
      give(scheduler, other);
      rest.waitFor(i);
    }
    scheduler.stop();
  }

  void stopWaitsForSlicesThatRunAndStartGoesOn() {
    SystemClock clock;
    Scheduler scheduler(clock, {.workers = 2});
    Count inside, release;
    const auto task = probe([&] {
      inside.add();
      release.waitFor(1);
    });
    const auto blocked = probe([&] {
      inside.add();
      release.waitFor(1);
    });
    blocked->isBlocking = true;
    scheduler.start();
    give(scheduler, task);
    give(scheduler, blocked);
    inside.waitFor(2);
    {
      std::jthread releaser([&] { release.add(); });
      scheduler.stop();
    }
    QCOMPARE(task->done.load() + blocked->done.load(), 2);
    QCOMPARE(scheduler.activeOf(*task) + scheduler.activeOf(*blocked), 0U);
    give(scheduler, task, 2);
    give(scheduler, blocked, 2);
    QCOMPARE(task->done.load() + blocked->done.load(), 2);
    QVERIFY(scheduler.runOne());  // nobody else runs them while it is stopped
    QCOMPARE(task->done.load() + blocked->done.load(), 3);
    scheduler.start();
    task->ended.waitFor(3);
    blocked->ended.waitFor(3);
    scheduler.stop();
  }

  void nothingIsLostByStopsAndStartsInBetween() {
    SystemClock clock;
    const auto cap = std::make_shared<TaskLimit>(1);
    Count done;
    std::vector<std::shared_ptr<Probe>> tasks;
    Scheduler scheduler(clock, {.workers = 2});
    for (std::uint32_t i = 0; i < 6; ++i) {
      tasks.push_back(probe([&] { done.add(); }, 1 + i % 2));
      tasks.back()->isBlocking = i % 3 == 0;
      if (i >= 2) tasks.back()->caps = {cap};
    }
    {
      std::jthread waker([&] {
        for (int n = 0; n < 3000; ++n)
          give(scheduler, tasks[static_cast<std::size_t>(n) % tasks.size()]);
      });
      for (int i = 0; i < 60; ++i) {
        scheduler.start();
        scheduler.stop();
      }
    }
    scheduler.start();
    done.waitFor(3000);
    scheduler.stop();
    for (const auto& task : tasks) QCOMPARE(task->pieces.load(), 0);
    scheduler.stop();
  }

  void aRemovedTaskDoesNotRunOnceItIsIdle() {
    SystemClock clock;
    Scheduler scheduler(clock, {.workers = 2});
    std::atomic<bool> idle = false;
    std::atomic<bool> broken = false;
    const auto task = probe(
        [&] {
          if (idle) broken = true;
        },
        2);
    scheduler.start();
    std::atomic<bool> over = false;
    std::jthread waker([&] {
      while (!over) give(scheduler, task);
    });
    for (int i = 0; i < 300; ++i) {
      scheduler.remove(task);
      QVERIFY(scheduler.waitIdle(*task, 60 * kSecond));
      idle = true;
      scheduler.wake(task);
      QCOMPARE(scheduler.activeOf(*task), 0U);
      idle = false;
      scheduler.restore(task);
      task->ended.waitFor(task->ended.value() + 1);
    }
    over = true;
    QVERIFY(!broken);
    scheduler.stop();
  }

  void waitIdleGivesUpOnASliceThatGoesOn() {
    SystemClock clock;
    Scheduler scheduler(clock, {.workers = 1});
    Count inside, release;
    const auto task = probe([&] {
      inside.add();
      release.waitFor(1);
    });
    scheduler.start();
    give(scheduler, task, 2);
    inside.waitFor(1);
    scheduler.remove(task);
    QVERIFY(!scheduler.waitIdle(*task, 0));
    QCOMPARE(scheduler.activeOf(*task), 1U);
    QVERIFY(!scheduler.isQuiet());
    release.add();
    QVERIFY(scheduler.waitIdle(*task, 60 * kSecond));
    QCOMPARE(task->done.load(), 1);
    scheduler.stop();
  }

  void aTaskMayDieWithTheSchedulerAtHand() {
    VirtualClock clock;
    Scheduler scheduler(clock, {});
    const auto other = probe();
    auto task = probe();
    task->onDestroyed = [&] { give(scheduler, other); };
    give(scheduler, task);
    scheduler.remove(task);
    task = nullptr;  // the scheduler's queue is the last to hold it
    QVERIFY(!scheduler.runOne());
    QVERIFY(scheduler.runOne());
    QCOMPARE(other->done.load(), 1);
  }

  void aSliceMayWakeATaskOfAnotherScheduler() {
    SystemClock clock;
    Scheduler second(clock, {.workers = 1});
    Scheduler first(clock, {.workers = 1});
    const auto there = probe();
    const auto here = probe([&] {
      give(second, there);
      there->ended.waitFor(1);
    });
    first.start();
    second.start();
    give(first, here);
    here->ended.waitFor(1);
    first.stop();
    QCOMPARE(there->done.load(), 1);
  }

  void oneSequenceOfCallsGivesOneOrder() {
    const auto play = [](std::uint64_t seed) {
      VirtualClock clock;
      Random random(seed);
      std::string order;
      std::vector<std::shared_ptr<Probe>> tasks;
      Scheduler scheduler(clock, {});
      const auto cap = std::make_shared<TaskLimit>(1);
      for (std::uint32_t i = 0; i < 12; ++i) {
        tasks.push_back(probe(
            [&, i] {
              order += static_cast<char>('a' + i);
              if (order.size() < 2000) {
                give(scheduler, tasks[random.below(12)]);
                scheduler.wakeAt(tasks[random.below(12)],
                                 clock.monotonic() + static_cast<Nanos>(random.below(5)));
              }
            },
            1 + i % 3));
        tasks.back()->isBlocking = i % 5 == 0;
        if (i % 2 == 0) tasks.back()->caps = {cap};
        give(scheduler, tasks.back(), 3);
      }
      while (scheduler.runOne() || scheduler.nextTimer()) clock.advance(1);
      return order;
    };
    const std::string first = play(1);
    QVERIFY(first.size() >= 2000);
    QCOMPARE(play(1), first);
    QVERIFY(play(2) != first);
  }
};

QTEST_GUILESS_MAIN(SchedulerTest)
#include "scheduler_test.moc"
