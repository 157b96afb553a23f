// SPDX-License-Identifier: Apache-2.0
// A queue whose memory budget is tiny hands out the same FlowFiles in the same order as one
// without.
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

/// Pages that fail when told.
class FailingPages final : public FlowFilePages {
 public:
  explicit FailingPages(bool& writes, bool& reads) : writes_(writes), reads_(reads) {}
  Result<std::unique_ptr<FlowFilePage>> write(std::span<const FlowFile> files) override {
    if (writes_) return Error::environment("the disk is full");
    class Page final : public FlowFilePage {
     public:
      Page(std::unique_ptr<FlowFilePage> page, bool& reads)
          : FlowFilePage(page->facts()), page_(std::move(page)), reads_(reads) {}
      Result<std::vector<FlowFile>> read() const override {
        if (reads_) return Error::environment("the disk cannot be read");
        return page_->read();
      }

     private:
      std::unique_ptr<FlowFilePage> page_;
      bool& reads_;
    };
    return std::unique_ptr<FlowFilePage>(
        std::make_unique<Page>(MR_TRY(memory_.write(files)), reads_));
  }

 private:
  bool& writes_;
  bool& reads_;
  repo::MemoryPages memory_;
};

std::string textOf(const FlowFile& file) {
  return std::to_string(file.id.raw()) + " " + std::to_string(file.key.lsn.raw()) + "/" +
         std::to_string(file.key.index) + " " + std::to_string(file.entryDate) + " " +
         std::string(file.attributes.find("priority").value_or("-")) + " " +
         std::string(asText(file.content.inlineBytes()));
}

std::vector<std::string> texts(const std::vector<FlowFile>& files) {
  std::vector<std::string> all;
  for (const FlowFile& file : files) all.push_back(textOf(file));
  return all;
}

std::vector<FlowFile> take(FlowFileQueue& queue, std::size_t most) {
  std::vector<FlowFile> into;
  std::vector<FlowFile> expired;
  queue.poll({most, 0, 0, Lsn{~0ULL}}, into, expired);
  return into;
}

std::vector<Prioritizer> randomOrder(Random& random) {
  std::vector<Prioritizer> order;
  if (random.oneIn(2)) order.push_back(Prioritizer::kPriorityAttribute);
  if (random.oneIn(3)) order.push_back(Prioritizer::kNewestFirst);
  if (random.oneIn(3)) order.push_back(Prioritizer::kOldestFirst);
  return order;
}

/// What the queue should hold, in order.
struct Model {
  std::vector<FlowFile> files;
  std::vector<Prioritizer> order;
  void add(const std::vector<FlowFile>& more) {
    files.insert(files.end(), more.begin(), more.end());
    settle();
  }
  void settle() {
    std::sort(files.begin(), files.end(),
              [&](const FlowFile& a, const FlowFile& b) { return goesBefore(order, a, b); });
  }
  std::vector<FlowFile> take(std::size_t most) {
    const auto end = files.begin() + static_cast<std::ptrdiff_t>(std::min(most, files.size()));
    std::vector<FlowFile> taken(files.begin(), end);
    files.erase(files.begin(), end);
    return taken;
  }
};

}  // namespace

class PagedQueueTest : public QObject {
  Q_OBJECT
 private slots:
  // pins: 1.4/6, 1.4/8
  void agreesWithASortedModelOverRandomOperations() {
    std::size_t pagedRuns = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      Random random(seed);
      const auto memory =
          std::make_shared<QueueMemory>(std::make_shared<repo::MemoryPages>(), kTiny);
      QueueSettings settings;
      Model model;
      if (random.oneIn(2)) settings.prioritizers = model.order = randomOrder(random);
      FlowFileQueue queue(ConnectionId(1), "q", settings, memory);
      std::vector<std::vector<FlowFile>> open;
      std::uint64_t lsn = 0;
      std::uint64_t mostQueued = 0;
      for (int step = 0; step < 200; ++step) {
        switch (random.below(7)) {
          case 0:
          case 1:
          case 2: {
            std::vector<FlowFile> batch;
            lsn += 1 + random.below(2);
            const auto count = static_cast<std::uint32_t>(1 + random.below(12));
            for (std::uint32_t i = 0; i < count; ++i) batch.push_back(randomFile(random, lsn, i));
            model.add(batch);
            queue.push(std::move(batch));
            break;
          }
          case 3:
          case 4: {
            const std::size_t most = 1 + random.below(9);
            auto taken = take(queue, most);
            QCOMPARE(texts(taken), texts(model.take(most)));
            if (!taken.empty()) open.push_back(std::move(taken));
            break;
          }
          case 5:
            if (!open.empty()) {
              model.add(open.back());
              queue.putBack(std::move(open.back()));
              open.pop_back();
            }
            break;
          default:
            if (random.oneIn(4)) {
              settings.prioritizers = model.order = randomOrder(random);
              model.settle();
              queue.change(settings);
            } else {
              const std::size_t most = random.below(40);
              auto expected = model.files;
              if (expected.size() > most) expected.resize(most);
              QCOMPARE(texts(queue.peek(most)), texts(expected));
            }
        }
        std::uint64_t inSessions = 0;
        std::uint64_t bytes = 0;
        for (const auto& files : open) inSessions += files.size();
        for (const FlowFile& file : model.files) bytes += file.size();
        for (const auto& files : open)
          for (const FlowFile& file : files) bytes += file.size();
        QCOMPARE(queue.status().count, model.files.size() + inSessions);
        QCOMPARE(queue.status().bytes, bytes);
        QCOMPARE(queue.hasDue(0), !model.files.empty());
        mostQueued = std::max<std::uint64_t>(mostQueued, model.files.size());
        if (!model.files.empty())
          QCOMPARE(queue.firstLsn()->raw(), model.files.front().key.lsn.raw());
      }
      // A FlowFile takes over 100 bytes, so what passed 30 of them must have been paged.
      if (mostQueued > 30) ++pagedRuns;
      QCOMPARE(texts(take(queue, 1000000)), texts(model.files));
      QCOMPARE(memory->used(), std::uint64_t{0});
    }
    QVERIFY(pagedRuns > 30);
  }

  // pins: 1.11/7
  void keepsTheBudgetOverManyQueues() {
    const auto memory = std::make_shared<QueueMemory>(
        std::make_shared<repo::MemoryPages>(), QueueMemory::Options{64 * 1024, 3, 2, 5, {}, {}});
    Random random(7);
    std::vector<std::unique_ptr<FlowFileQueue>> queues;
    for (std::uint64_t i = 0; i < 10; ++i)
      queues.push_back(
          std::make_unique<FlowFileQueue>(ConnectionId(i), "q", QueueSettings{}, memory));
    for (std::uint64_t lsn = 1; lsn <= 5000; ++lsn) {
      queues[random.below(queues.size())]->push({randomFile(random, lsn, 0)});
      QVERIFY2(memory->used() < 66 * 1024, "one push beyond the budget is the most");
    }
    std::uint64_t count = 0;
    for (const auto& queue : queues) count += queue->status().count;
    QCOMPARE(count, std::uint64_t{5000});
    queues.clear();
    QCOMPARE(memory->used(), std::uint64_t{0});
  }

  void staysInMemoryAndSaysSoOnceWhileNoPageCanBeWritten() {
    bool failWrites = true;
    bool failReads = false;
    int complaints = 0;
    QueueMemory::Options options = kTiny;
    options.onCannotWrite = [&](const Error&) { ++complaints; };
    const auto memory = std::make_shared<QueueMemory>(
        std::make_shared<FailingPages>(failWrites, failReads), options);
    FlowFileQueue queue(ConnectionId(1), "q", {}, memory);
    Random random(3);
    for (std::uint64_t lsn = 1; lsn <= 100; ++lsn) queue.push({randomFile(random, lsn, 0)});
    QCOMPARE(complaints, 1);
    QVERIFY(memory->used() > 4096);
    failWrites = false;
    for (std::uint64_t lsn = 101; lsn <= 200; ++lsn) queue.push({randomFile(random, lsn, 0)});
    QVERIFY(memory->used() < 2048);
    const auto all = take(queue, 1000);
    QCOMPARE(all.size(), std::size_t{200});
    for (std::size_t i = 0; i < all.size(); ++i) QCOMPARE(all[i].key.lsn.raw(), i + 1);
  }

  void standsStillAndSaysSoWhenAPageCannotBeRead() {
    bool failWrites = false;
    bool failReads = false;
    std::vector<std::string> lost;
    QueueMemory::Options options = kTiny;
    options.onLost = [&](const Error& error) { lost.push_back(error.message); };
    const auto memory = std::make_shared<QueueMemory>(
        std::make_shared<FailingPages>(failWrites, failReads), options);
    FlowFileQueue queue(ConnectionId(1), "q", {}, memory);
    Random random(3);
    for (std::uint64_t lsn = 1; lsn <= 50; ++lsn) queue.push({randomFile(random, lsn, 0)});
    failReads = true;
    const auto first = take(queue, 1000);
    QVERIFY(!first.empty() && first.size() < 50);
    QCOMPARE(lost, (std::vector<std::string>{"the disk cannot be read"}));
    QVERIFY(!queue.hasDue(0));
    QCOMPARE(take(queue, 1000).size(), std::size_t{0});
    QCOMPARE(queue.status().count, std::uint64_t{50});
  }

  void takesRestoredPagesInOrderWithBatchesBetweenThem() {
    for (const bool ranked : {false, true}) {
      repo::MemoryPages pages;
      QueueSettings settings;
      if (ranked) settings.prioritizers = {Prioritizer::kPriorityAttribute};
      const auto memory =
          std::make_shared<QueueMemory>(std::make_shared<repo::MemoryPages>(), kTiny);
      FlowFileQueue queue(ConnectionId(1), "q", settings, memory);
      Random random(11);
      Model model;
      model.order = settings.prioritizers;
      std::vector<RestoredBatch> batches;
      for (std::uint64_t lsn = 1; lsn <= 30; ++lsn) {
        std::vector<FlowFile> files;
        for (std::uint32_t i = 0; i < 7; ++i) files.push_back(randomFile(random, lsn, i));
        model.add(files);
        RestoredBatch batch;
        if (lsn % 3 != 0) {
          batch.page = std::move(pages.write(files)).value();
        } else {
          batch.files = std::move(files);
        }
        batches.push_back(std::move(batch));
      }
      queue.restore(std::move(batches));
      QCOMPARE(queue.status().count, std::uint64_t{210});
      QCOMPARE(texts(take(queue, 1000)), texts(model.files));
    }
  }

  // pins: 1.4/8
  void aFilterSeesThePartInMemory() {
    const auto memory = std::make_shared<QueueMemory>(std::make_shared<repo::MemoryPages>(), kTiny);
    FlowFileQueue queue(ConnectionId(1), "q", {}, memory);
    Random random(5);
    for (std::uint64_t lsn = 1; lsn <= 100; ++lsn) queue.push({randomFile(random, lsn, 0)});
    std::vector<FlowFile> into;
    std::vector<FlowFile> expired;
    std::size_t seen = 0;
    queue.pollWhere(
        {},
        [&](const FlowFile&) {
          ++seen;
          return FlowFileQueue::Take::kLeave;
        },
        into, expired);
    QVERIFY(seen >= 3 && seen < 100);
    const auto all = take(queue, 1000);
    QCOMPARE(all.size(), std::size_t{100});
    for (std::size_t i = 0; i < all.size(); ++i) QCOMPARE(all[i].key.lsn.raw(), i + 1);
  }

  void losesAndDoublesNothingBetweenManyThreads() {
    MemoryFileSystem files;
    const std::shared_ptr<FlowFilePages> pages =
        std::move(repo::DiskPages::open(files, "/pages", {4096})).value();
    const auto memory = std::make_shared<QueueMemory>(pages, kTiny);
    FlowFileQueue queue(ConnectionId(1), "q", {}, memory);
    constexpr std::uint64_t kEach = 4000;
    std::atomic<std::uint64_t> lsn{0};
    std::atomic<std::uint64_t> got{0};
    std::vector<std::set<std::uint64_t>> taken(2);
    {
      std::vector<std::jthread> threads;
      for (std::uint64_t t = 0; t < 2; ++t) {
        threads.emplace_back([&, t] {
          Random random(t);
          for (std::uint64_t i = 0; i < kEach; ++i) queue.push({randomFile(random, ++lsn, 0)});
        });
        threads.emplace_back([&, t] {
          Random random(t + 10);
          while (got.load() < 2 * kEach) {
            auto part = take(queue, 1 + random.below(20));
            if (!part.empty() && random.oneIn(3)) {
              queue.putBack(std::move(part));
              continue;
            }
            for (const FlowFile& file : part) {
              taken[t].insert(file.id.raw());
              queue.acknowledge(1, file.size());
            }
            got += part.size();
          }
        });
      }
    }
    QCOMPARE(taken[0].size() + taken[1].size(), std::size_t{2 * kEach});
    std::set<std::uint64_t> both = taken[0];
    both.insert(taken[1].begin(), taken[1].end());
    QCOMPARE(both.size(), std::size_t{2 * kEach});
    QVERIFY(queue.isEmpty());
    QCOMPARE(memory->used(), std::uint64_t{0});
  }
};

QTEST_GUILESS_MAIN(PagedQueueTest)
#include "paged_queue_test.moc"
