// SPDX-License-Identifier: Apache-2.0
// A queue of which most is in pages is looked through part by part, and some are taken out of its
// middle: like a sorted list, whatever happens in between.
#include "engine/base/fault_file_system.h"
#include "repositories/memory/memory_pages.h"
#include "repositories/pages/disk_pages.h"
#include "tests/engine/connection/paged_bench.h"

#include <QTest>
#include <algorithm>
#include <set>
#include <thread>

using namespace queue_test;

namespace {

constexpr Nanos kFarAway = 1'000'000;

std::vector<std::uint64_t> ids(const std::vector<FlowFile>& files) {
  std::vector<std::uint64_t> all;
  for (const FlowFile& file : files) all.push_back(file.id.raw());
  return all;
}

/// Everything, part by part, as a client pages through it.
std::vector<FlowFile> lookThrough(const FlowFileQueue& queue, std::size_t most) {
  std::vector<FlowFile> all;
  while (true) {
    const FlowFile* after = all.empty() ? nullptr : &all.back();
    auto part = queue.look(after, most);
    if (!part.ok()) qFatal("%s", part.error().message.c_str());
    if (part->empty()) return all;
    all.insert(all.end(), part->begin(), part->end());
  }
}

std::vector<Prioritizer> randomOrder(Random& random) {
  std::vector<Prioritizer> order;
  if (random.oneIn(2)) order.push_back(Prioritizer::kPriorityAttribute);
  if (random.oneIn(3)) order.push_back(Prioritizer::kNewestFirst);
  return order;
}

}  // namespace

class QueueLookTest : public QObject {
  Q_OBJECT
 private slots:
  void agreesWithASortedModelOverRandomOperations() {
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
      Random random(seed);
      const auto memory =
          std::make_shared<QueueMemory>(std::make_shared<repo::MemoryPages>(), kTiny);
      QueueSettings settings;
      if (random.oneIn(2)) settings.prioritizers = randomOrder(random);
      FlowFileQueue queue(ConnectionId(1), "q", settings, memory);
      std::vector<FlowFile> model;  // in order
      std::vector<FlowFile> open;
      std::uint64_t lsn = 0;
      const auto settle = [&] {
        std::sort(model.begin(), model.end(), [&](const FlowFile& a, const FlowFile& b) {
          return goesBefore(settings.prioritizers, a, b);
        });
      };
      for (int step = 0; step < 150; ++step) {
        switch (random.below(7)) {
          case 0:
          case 1:
          case 2: {
            std::vector<FlowFile> batch;
            ++lsn;
            const auto count = static_cast<std::uint32_t>(1 + random.below(12));
            for (std::uint32_t i = 0; i < count; ++i) batch.push_back(randomFile(random, lsn, i));
            model.insert(model.end(), batch.begin(), batch.end());
            settle();
            queue.push(std::move(batch));
            break;
          }
          case 3: {
            std::vector<FlowFile> into;
            std::vector<FlowFile> expired;
            const std::size_t most = 1 + random.below(9);
            queue.poll({most, 0, 0, Lsn{~0ULL}}, into, expired);
            const std::size_t taken = std::min(most, model.size());
            QCOMPARE(ids(into), ids({model.begin(), model.begin() + static_cast<long>(taken)}));
            model.erase(model.begin(), model.begin() + static_cast<long>(taken));
            open.insert(open.end(), into.begin(), into.end());
            break;
          }
          case 4:
            model.insert(model.end(), open.begin(), open.end());
            settle();
            queue.putBack(std::move(open));
            open.clear();
            break;
          case 5: {
            std::vector<QueueKey> keys;
            std::vector<FlowFile> chosen;
            for (const FlowFile& file : model) {
              if (random.oneIn(5)) chosen.push_back(file);
            }
            for (const FlowFile& file : chosen) keys.push_back(file.key);
            if (!open.empty()) keys.push_back(open.front().key);  // not there, to nobody's harm
            std::sort(keys.begin(), keys.end());
            std::vector<FlowFile> into;
            QVERIFY(queue.pollKeys(keys, into).ok());
            const auto byId = [](const FlowFile& a, const FlowFile& b) { return a.id < b.id; };
            std::sort(into.begin(), into.end(), byId);
            std::sort(chosen.begin(), chosen.end(), byId);
            QCOMPARE(ids(into), ids(chosen));
            std::erase_if(model, [&](const FlowFile& file) {
              return std::binary_search(keys.begin(), keys.end(), file.key);
            });
            open.insert(open.end(), into.begin(), into.end());
            break;
          }
          default: {
            QCOMPARE(ids(lookThrough(queue, 1 + random.below(20))), ids(model));
            if (model.empty()) break;
            const FlowFile& one = model[random.below(model.size())];
            const auto found = queue.find(one.key);
            QVERIFY(found.ok() && found->has_value());
            QCOMPARE((*found)->id.raw(), one.id.raw());
            QVERIFY(!queue.find({Lsn(lsn + 1), 0})->has_value());
          }
        }
        QCOMPARE(queue.status().count, model.size() + open.size());
        QCOMPARE(queue.status().unacknowledged, open.size());
      }
      QCOMPARE(ids(lookThrough(queue, 7)), ids(model));
      queue.putBack(std::move(open));
    }
  }

  void heldOnesAreSeenAtTheirPlacesAndNotTaken() {
    FlowFileQueue queue(ConnectionId(1), "q", {});
    Random random(1);
    for (std::uint64_t lsn = 1; lsn <= 5; ++lsn) {
      FlowFile file = randomFile(random, lsn, 0);
      if (lsn == 3) file.heldUntil = kFarAway;
      queue.push({file});
    }
    const auto all = *queue.look(nullptr, 100);
    QCOMPARE(ids(all), (std::vector<std::uint64_t>{1000, 2000, 3000, 4000, 5000}));
    QCOMPARE(all[2].heldUntil, kFarAway);
    std::vector<FlowFile> into;
    QVERIFY(queue.pollKeys({{Lsn(3), 0}, {Lsn(4), 0}}, into).ok());
    QCOMPARE(ids(into), std::vector<std::uint64_t>{4000});
    QCOMPARE(queue.status().held, std::uint64_t{1});
  }

  void aLookNeedsNoMemoryForWhatItPasses() {
    const auto memory = std::make_shared<QueueMemory>(std::make_shared<repo::MemoryPages>(), kTiny);
    FlowFileQueue queue(ConnectionId(1), "q", {}, memory);
    Random random(7);
    for (std::uint64_t lsn = 1; lsn <= 5000; ++lsn) queue.push({randomFile(random, lsn, 0)});
    const std::uint64_t used = memory->used();
    FlowFile behind;
    behind.key = {Lsn(4000), 0};
    const auto part = *queue.look(&behind, 3);
    QCOMPARE(ids(part), (std::vector<std::uint64_t>{4001000, 4002000, 4003000}));
    QCOMPARE(memory->used(), used);
    // What was brought in for the sake of one leaves again.
    std::vector<FlowFile> into;
    QVERIFY(queue.pollKeys({{Lsn(2500), 0}}, into).ok());
    QCOMPARE(into.size(), std::size_t{1});
    QVERIFY(memory->used() <= used + 1024);
    queue.putBack(std::move(into));
    QCOMPARE(ids(lookThrough(queue, 1000)).size(), std::size_t{5000});
  }

  void losesAndDoublesNothingBetweenManyThreads() {
    MemoryFileSystem files;
    const std::shared_ptr<FlowFilePages> pages =
        std::move(repo::DiskPages::open(files, "/pages", {4096})).value();
    const auto memory = std::make_shared<QueueMemory>(pages, kTiny);
    FlowFileQueue queue(ConnectionId(1), "q", {}, memory);
    constexpr std::uint64_t kEach = 3000;
    std::atomic<std::uint64_t> lsn{0};
    std::atomic<std::uint64_t> got{0};
    std::vector<std::vector<std::uint64_t>> taken(3);
    const auto keep = [&](std::vector<FlowFile> part, std::size_t thread, Random& random) {
      if (!part.empty() && random.oneIn(3)) {
        queue.putBack(std::move(part));
        return;
      }
      for (const FlowFile& file : part) {
        taken[thread].push_back(file.id.raw());
        queue.acknowledge(1, file.size());
      }
      got += part.size();
    };
    {
      std::vector<std::jthread> threads;
      for (std::uint64_t t = 0; t < 2; ++t) {
        threads.emplace_back([&, t] {
          Random random(t);
          for (std::uint64_t i = 0; i < kEach; ++i) queue.push({randomFile(random, ++lsn, 0)});
        });
      }
      threads.emplace_back([&] {
        Random random(10);
        while (got.load() < 2 * kEach) {
          std::vector<FlowFile> into;
          std::vector<FlowFile> expired;
          queue.poll({1 + random.below(20), 0, 0, Lsn{~0ULL}}, into, expired);
          keep(std::move(into), 0, random);
        }
      });
      for (std::size_t t = 1; t < 3; ++t) {
        threads.emplace_back([&, t] {
          Random random(t + 20);
          FlowFile behind;
          while (got.load() < 2 * kEach) {
            behind.key = {Lsn(random.below(lsn.load() + 1)), 0};
            const auto part = queue.look(&behind, 1 + random.below(20));
            if (!part.ok()) qFatal("%s", part.error().message.c_str());
            std::vector<QueueKey> keys;
            for (const FlowFile& file : *part) {
              if (random.oneIn(2)) keys.push_back(file.key);
            }
            std::vector<FlowFile> into;
            if (!queue.pollKeys(keys, into).ok()) qFatal("pollKeys");
            keep(std::move(into), t, random);
          }
        });
      }
    }
    std::set<std::uint64_t> all;
    for (const auto& each : taken) all.insert(each.begin(), each.end());
    QCOMPARE(taken[0].size() + taken[1].size() + taken[2].size(), std::size_t{2 * kEach});
    QCOMPARE(all.size(), std::size_t{2 * kEach});
    QVERIFY(queue.isEmpty());
    QCOMPARE(memory->used(), std::uint64_t{0});
  }
};

QTEST_GUILESS_MAIN(QueueLookTest)
#include "queue_look_test.moc"
