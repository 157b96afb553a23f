// SPDX-License-Identifier: Apache-2.0
#include "engine/connection/flowfile_queue.h"

#include "engine/base/random.h"

#include <QTest>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

using namespace millrace;
using namespace millrace::engine;

namespace {

FlowFile file(std::uint64_t lsn, std::uint32_t index, std::uint64_t size = 0) {
  FlowFile made;
  made.id = FlowFileId(lsn * 1000 + index);
  made.key = {Lsn(lsn), index};
  made.content.length = size;
  return made;
}

std::vector<FlowFile> take(FlowFileQueue& queue, std::size_t most, Nanos now = 0, Millis wall = 0,
                           Lsn limit = Lsn{~0ULL}) {
  std::vector<FlowFile> into;
  std::vector<FlowFile> expired;
  queue.poll({most, now, wall, limit}, into, expired);
  return into;
}

std::vector<std::uint64_t> ids(const std::vector<FlowFile>& files) {
  std::vector<std::uint64_t> result;
  for (const FlowFile& f : files) result.push_back(f.id.raw());
  return result;
}
using Ids = std::vector<std::uint64_t>;

}  // namespace

class FlowFileQueueTest : public QObject {
  Q_OBJECT
 private slots:
  // pins: 1.4/6, 1.4/7
  void handsOutInTheOrderOfCommitsEvenWhenTheyArriveTheOtherWay() {
    FlowFileQueue queue(ConnectionId(1), "q", {});
    queue.push({file(2, 0), file(2, 1)});
    queue.push({file(1, 0), file(1, 5)});
    QCOMPARE(ids(take(queue, 10)), (Ids{1000, 1005, 2000, 2001}));
  }

  // pins: 1.1/22
  void aRollbackReturnsToItsPlace() {
    FlowFileQueue queue(ConnectionId(1), "q", {});
    queue.push({file(1, 0), file(1, 1), file(1, 2), file(1, 3)});
    auto first = take(queue, 2);
    auto second = take(queue, 1);
    queue.putBack(std::move(first));
    QCOMPARE(ids(take(queue, 1)), (Ids{1000}));
    queue.putBack(std::move(second));
    QCOMPARE(ids(take(queue, 10)), (Ids{1001, 1002, 1003}));
  }

  void countsIncludeOpenSessionsUntilTheyAcknowledge() {
    QueueSettings settings;
    settings.maxCount = 2;
    FlowFileQueue queue(ConnectionId(1), "q", settings);
    int drained = 0;
    queue.onDrained([&] { ++drained; });
    queue.push({file(1, 0, 10), file(1, 1, 20)});
    QVERIFY(queue.isFull());
    const auto taken = take(queue, 2);
    QCOMPARE(taken.size(), std::size_t{2});
    QVERIFY(queue.isFull());
    QCOMPARE(queue.status().unacknowledged, std::uint64_t{2});
    queue.acknowledge(1, 10);
    QCOMPARE(drained, 1);
    QVERIFY(!queue.isFull());
    queue.acknowledge(1, 20);
    QCOMPARE(drained, 1);
    QVERIFY(queue.isEmpty());
    QCOMPARE(queue.status().bytes, std::uint64_t{0});
  }

  void whoeverFindsItFullIsToldOfRoomAlthoughPushesAndAcknowledgementsOverlap() {
    QueueSettings settings;
    settings.maxCount = 2;
    FlowFileQueue queue(ConnectionId(1), "q", settings);
    std::mutex mutex;
    std::condition_variable roomy;
    std::uint64_t told = 0;
    queue.onDrained([&] {
      const std::scoped_lock lock(mutex);
      ++told;
      roomy.notify_all();
    });
    constexpr std::uint64_t rounds = 100000;
    std::atomic<bool> forgotten = false;
    std::jthread sink([&] {
      for (std::uint64_t taken = 0; taken < rounds && !forgotten;) {
        const auto files = take(queue, 1);
        if (files.empty()) std::this_thread::yield();
        if (!files.empty()) queue.acknowledge(files.size(), 0);
        taken += files.size();
      }
    });
    for (std::uint64_t pushed = 1; pushed <= rounds && !forgotten; ++pushed) {
      queue.push({file(pushed, 0)});
      std::unique_lock lock(mutex);
      const std::uint64_t before = told;
      lock.unlock();
      if (!queue.isFull()) continue;
      lock.lock();
      // Long enough for any machine: who is forgotten waits for ever.
      forgotten = !roomy.wait_for(lock, std::chrono::seconds(60), [&] { return told != before; });
    }
    QVERIFY2(!forgotten, "the queue had room again and told nobody");
  }

  // pins: 1.4/1
  void bytesAloneFillAQueue() {
    QueueSettings settings;
    settings.maxCount = 0;
    settings.maxBytes = 100;
    FlowFileQueue queue(ConnectionId(1), "q", settings);
    queue.push({file(1, 0, 99)});
    QVERIFY(!queue.isFull());
    queue.push({file(2, 0, 1)});
    QVERIFY(queue.isFull());
  }

  // pins: 1.1/27, 1.4/7
  void aPenalizedFlowFileIsOvertakenAndThenReturnsToItsPlace() {
    FlowFileQueue queue(ConnectionId(1), "q", {});
    FlowFile held = file(1, 0);
    held.heldUntil = 100;
    queue.push({held, file(1, 1), file(1, 2)});
    QCOMPARE(ids(take(queue, 1, 50)), (Ids{1001}));
    QCOMPARE(*queue.nextDue(), Nanos{100});
    QCOMPARE(ids(take(queue, 10, 100)), (Ids{1000, 1002}));
    QVERIFY(!queue.nextDue().has_value());
  }

  void nothingBeyondTheDurableMarkIsHandedToTheOutside() {
    FlowFileQueue queue(ConnectionId(1), "q", {});
    queue.push({file(5, 0)});
    queue.push({file(6, 0)});
    QVERIFY(!queue.hasDue(0, Lsn(4)));
    QCOMPARE(ids(take(queue, 10, 0, 0, Lsn(5))), (Ids{5000}));
    QCOMPARE(queue.firstLsn()->raw(), std::uint64_t{6});
  }

  // pins: 1.4/4
  void expiredFlowFilesAreHandedOutApart() {
    QueueSettings settings;
    settings.expiration = 1000;
    FlowFileQueue queue(ConnectionId(1), "q", settings);
    FlowFile old = file(1, 0);
    old.entryDate = 0;
    FlowFile young = file(1, 1);
    young.entryDate = 5000;
    queue.push({old, young});
    std::vector<FlowFile> into;
    std::vector<FlowFile> expired;
    queue.poll({10, 0, 5500, Lsn{~0ULL}}, into, expired);
    QCOMPARE(ids(into), (Ids{1001}));
    QCOMPARE(ids(expired), (Ids{1000}));
    queue.acknowledge(2, 0);
    QVERIFY(queue.isEmpty());
  }

  // pins: 1.4/6
  void priorityAttributeOrdersAsNifiDoes() {
    QueueSettings settings;
    settings.prioritizers = {Prioritizer::kPriorityAttribute};
    FlowFileQueue queue(ConnectionId(1), "q", settings);
    const auto with = [](std::uint32_t index, const char* priority) {
      FlowFile f = file(1, index);
      f.attributes = Attributes().with("priority", priority);
      return f;
    };
    queue.push({file(1, 0), with(1, "b"), with(2, "10"), with(3, "9"), with(4, "a"), with(5, "9")});
    QCOMPARE(ids(take(queue, 10)), (Ids{1003, 1005, 1002, 1004, 1001, 1000}));
  }

  // pins: 1.4/6
  void newestAndOldestGoByEntryIntoTheFlow() {
    const auto aged = [](std::uint32_t index, Millis entry) {
      FlowFile f = file(1, index);
      f.entryDate = entry;
      return f;
    };
    QueueSettings settings;
    settings.prioritizers = {Prioritizer::kNewestFirst};
    FlowFileQueue queue(ConnectionId(1), "q", settings);
    queue.push({aged(0, 5), aged(1, 9), aged(2, 7)});
    QCOMPARE(ids(queue.peek(10)), (Ids{1001, 1002, 1000}));
    settings.prioritizers = {Prioritizer::kOldestFirst};
    queue.change(settings);
    QCOMPARE(ids(take(queue, 10)), (Ids{1000, 1002, 1001}));
  }

  void aFilterTakesWhatItWantsAndLeavesTheRestInOrder() {
    FlowFileQueue queue(ConnectionId(1), "q", {});
    queue.push({file(1, 0), file(1, 1), file(1, 2), file(1, 3)});
    std::vector<FlowFile> into;
    std::vector<FlowFile> expired;
    queue.pollWhere(
        {},
        [](const FlowFile& f) {
          return f.key.index == 2 ? FlowFileQueue::Take::kTakeAndStop : FlowFileQueue::Take::kLeave;
        },
        into, expired);
    QCOMPARE(ids(into), (Ids{1002}));
    QCOMPARE(ids(take(queue, 2)), (Ids{1000, 1001}));
    queue.putBack(std::move(into));
    QCOMPARE(ids(take(queue, 9)), (Ids{1002, 1003}));
  }

  void agreesWithASortedModelOverRandomOperations() {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      Random random(seed);
      FlowFileQueue queue(ConnectionId(1), "q", {});
      std::map<QueueKey, std::uint64_t> model;
      std::vector<std::vector<FlowFile>> open;
      std::uint64_t lsn = 0;
      std::vector<std::vector<FlowFile>> late;
      for (int step = 0; step < 200; ++step) {
        switch (random.below(5)) {
          case 0:
          case 1: {
            std::vector<FlowFile> batch;
            ++lsn;
            const auto count = static_cast<std::uint32_t>(1 + random.below(6));
            for (std::uint32_t i = 0; i < count; ++i) batch.push_back(file(lsn, i, i));
            if (random.oneIn(3)) {
              late.push_back(std::move(batch));
            } else {
              for (const FlowFile& f : batch) model[f.key] = f.id.raw();
              queue.push(std::move(batch));
            }
            break;
          }
          case 2: {
            auto taken = take(queue, 1 + random.below(8));
            Ids expected;
            for (std::size_t i = 0; i < taken.size(); ++i) {
              expected.push_back(model.begin()->second);
              model.erase(model.begin());
            }
            QCOMPARE(ids(taken), expected);
            if (!taken.empty()) open.push_back(std::move(taken));
            break;
          }
          case 3:
            if (!open.empty()) {
              auto back = std::move(open[random.below(open.size())]);
              std::erase_if(open, [](const auto& files) { return files.empty(); });
              for (const FlowFile& f : back) model[f.key] = f.id.raw();
              queue.putBack(std::move(back));
            }
            break;
          default:
            if (!late.empty()) {
              for (const FlowFile& f : late.back()) model[f.key] = f.id.raw();
              queue.push(std::move(late.back()));
              late.pop_back();
            }
        }
        std::uint64_t inSessions = 0;
        for (const auto& files : open) inSessions += files.size();
        QCOMPARE(queue.status().count, model.size() + inSessions);
        QCOMPARE(queue.status().unacknowledged, inSessions);
      }
      Ids rest;
      for (const auto& [key, id] : model) rest.push_back(id);
      QCOMPARE(ids(take(queue, 1'000'000)), rest);
    }
  }
};

QTEST_GUILESS_MAIN(FlowFileQueueTest)
#include "flowfile_queue_test.moc"
