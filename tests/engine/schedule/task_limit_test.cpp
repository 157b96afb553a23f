// SPDX-License-Identifier: Apache-2.0
// Tasks that may not run now: those of a capped group, and blocking ones beside the workers.

#include "engine/schedule/scheduler.h"
#include "tests/engine/schedule/probe.h"

#include <QTest>
#include <atomic>
#include <memory>
#include <vector>

using namespace millrace;
using namespace millrace::engine;

class TaskLimitTest : public QObject {
  Q_OBJECT

 private slots:
  // pins: 1.3/4
  void aCappedGroupLeavesAWorkerToTheOthers() {
    SystemClock clock;
    const auto cap = std::make_shared<TaskLimit>(1);
    Count other;
    std::atomic<int> inside = 0;
    std::atomic<bool> overrun = false;
    std::vector<std::shared_ptr<Probe>> group;
    const auto outsider = probe([&] { other.add(); });
    Scheduler scheduler(clock, {.workers = 2});
    for (int i = 0; i < 5; ++i) {
      group.push_back(probe([&] {
        if (++inside > 1) overrun = true;
        --inside;
      }));
      group.back()->caps = {cap};
      give(scheduler, group.back(), kEndless);
    }
    give(scheduler, outsider, 300);
    scheduler.start();
    other.waitFor(300);
    for (const auto& task : group) task->ended.waitFor(3);  // nor do they starve each other
    scheduler.stop();
    QVERIFY(!overrun);
    scheduler.stop();
  }

  void whoWaitsForALimitHoldsNoWorkerAndRunsWhenItHasRoom() {
    SystemClock clock;
    Scheduler scheduler(clock, {.workers = 2});
    const auto cap = std::make_shared<TaskLimit>(1);
    Count holds, release, outside, rest;
    const auto holder = probe([&] {
      holds.add();
      release.waitFor(1);
    });
    holder->caps = {cap};
    scheduler.start();
    give(scheduler, holder);
    holds.waitFor(1);
    std::vector<std::shared_ptr<Probe>> waiting;
    for (int i = 0; i < 4; ++i) {
      waiting.push_back(probe([&] { rest.add(); }));
      waiting.back()->caps = {cap};
      give(scheduler, waiting.back());
    }
    const auto outsider = probe([&] { outside.add(); });
    give(scheduler, outsider);
    outside.waitFor(1);
    QCOMPARE(rest.value(), 0);
    release.add();
    for (const auto& task : waiting) task->ended.waitFor(1);
    QCOMPARE(rest.value(), 4);
    scheduler.stop();
  }

  void aTaskRemovedWhileItWaitsForALimitGivesItsTurnOn() {
    SystemClock clock;
    Scheduler scheduler(clock, {.workers = 2});
    const auto cap = std::make_shared<TaskLimit>(1);
    Count holds, release, outside;
    const auto holder = probe([&] {
      holds.add();
      release.waitFor(1);
    });
    const auto first = probe();
    const auto second = probe();
    for (const auto& task : {holder, first, second}) task->caps = {cap};
    scheduler.start();
    give(scheduler, holder);
    holds.waitFor(1);
    give(scheduler, first);
    give(scheduler, second);
    const auto outsider = probe([&] { outside.add(); });
    give(scheduler, outsider);
    outside.waitFor(1);  // the free worker has seen both before
    scheduler.remove(first);
    release.add();
    second->ended.waitFor(1);
    QCOMPARE(first->done.load(), 0);
    scheduler.restore(first);
    first->ended.waitFor(1);
    QCOMPARE(first->done.load(), 1);
    scheduler.stop();
  }

  void aPlaceInOneLimitIsNotKeptByATaskThatWaitsForAnother() {
    SystemClock clock;
    Scheduler scheduler(clock, {.workers = 3});
    const auto inner = std::make_shared<TaskLimit>(1);
    const auto outer = std::make_shared<TaskLimit>(1);
    Count holds, releaseInner, releaseOuter, outside;
    const auto holdsInner = probe([&] {
      holds.add();
      releaseInner.waitFor(1);
    });
    const auto holdsOuter = probe([&] {
      holds.add();
      releaseOuter.waitFor(1);
    });
    holdsInner->caps = {inner};
    holdsOuter->caps = {outer};
    const auto both = probe();
    const auto innerOnly = probe();
    both->caps = {inner, outer};
    innerOnly->caps = {inner};
    scheduler.start();
    give(scheduler, holdsInner);
    give(scheduler, holdsOuter);
    holds.waitFor(2);
    give(scheduler, both);
    give(scheduler, innerOnly);
    const auto outsider = probe([&] { outside.add(); });
    give(scheduler, outsider);
    outside.waitFor(1);
    releaseInner.add();
    innerOnly->ended.waitFor(1);
    QCOMPARE(both->done.load(), 0);
    releaseOuter.add();
    both->ended.waitFor(1);
    scheduler.stop();
  }

  void blockingTasksHoldNoWorker() {
    SystemClock clock;
    for (const bool wokenBeforeStart : {false, true}) {
      Scheduler scheduler(clock, {.workers = 1});
      Count inside, release, ordinary;
      std::vector<std::shared_ptr<Probe>> blocked;
      for (int i = 0; i < 10; ++i) {
        blocked.push_back(probe([&] {
          inside.add();
          release.waitFor(1);
        }));
        blocked.back()->isBlocking = true;
      }
      if (!wokenBeforeStart) scheduler.start();
      for (const auto& task : blocked) give(scheduler, task, 2);
      if (wokenBeforeStart) scheduler.start();
      const auto worker = probe([&] { ordinary.add(); });
      give(scheduler, worker, 500);
      ordinary.waitFor(500);
      inside.waitFor(10);  // all of them at once: none has been released
      release.add();
      for (const auto& task : blocked) task->ended.waitFor(2);
      scheduler.stop();
    }
  }

  // pins: 1.3/4
  void theSidePoolHasABound() {
    SystemClock clock;
    Scheduler scheduler(clock, {.workers = 1, .blockingThreads = 2});
    std::atomic<int> inside = 0;
    std::atomic<bool> overrun = false;
    std::vector<std::shared_ptr<Probe>> blocked;
    for (int i = 0; i < 6; ++i) {
      blocked.push_back(probe([&] {
        if (++inside > 2) overrun = true;
        --inside;
      }));
      blocked.back()->isBlocking = true;
    }
    scheduler.start();
    for (const auto& task : blocked) give(scheduler, task, 50);
    for (const auto& task : blocked) task->ended.waitFor(50);
    QVERIFY(!overrun);
    scheduler.stop();
  }
};

QTEST_GUILESS_MAIN(TaskLimitTest)
#include "task_limit_test.moc"
