// SPDX-License-Identifier: Apache-2.0
// A partition under threads: one appends, one syncs, one cleans, one reads, all at once.
#include "tests/log-backend/partition/partition_fixture.h"

#include <QTest>
#include <atomic>
#include <map>
#include <thread>

using namespace partition_test;

namespace {

PartitionConfig smallSegments() {
  PartitionConfig config;
  config.segmentBytes = 2000;
  config.indexIntervalBytes = 100;
  return config;
}

std::string nameOf(int number) { return "v" + std::to_string(number); }

}  // namespace

class ConcurrencyTest : public QObject {
  Q_OBJECT
  VirtualClock clock_;

  /// Appends numbered records under a few keys while readers see only what is whole and in order.
  void live(PartitionConfig config, const std::function<void(Partition&)>& clean,
            std::vector<Line>& atEnd, int& appended) {
    MemoryFileSystem files;
    OpenFiles open(files, 8);
    PartitionOptions options;
    options.config = config;
    auto opened = Partition::open(open, clock_, "/log/t-0", options);
    QVERIFY(opened.ok());
    Partition& partition = **opened;
    const int count = static_cast<int>(rounds(30000));
    std::atomic<bool> done{false};
    std::atomic<int> wrong{0};
    std::atomic<int> fetched{0};
    {
      std::jthread appender([&] {
        // A reader that the machine has not let run yet is waited for.
        constexpr int kPatience = 1000;
        for (int i = 0; i < count || (fetched == 0 && i < kPatience * count); ++i) {
          auto batch =
              batchOf(std::vector<Line>{{0, "k" + std::to_string(i % 7), nameOf(i), 1000 + i}});
          if (!partition.append(batch).ok()) ++wrong;
          appended = i + 1;
        }
        done = true;
      });
      std::jthread syncer([&] {
        while (!done) {
          if (!partition.sync().ok()) ++wrong;
        }
      });
      std::jthread cleaner([&] {
        while (!done) clean(partition);
      });
      std::jthread reader([&] {
        Offset next = 0;
        while (!done) {
          const Offset start = partition.bounds().logStart;
          next = std::max(next, start);
          const FetchResult part = partition.fetch({next, 3000, true, Isolation::kReadUncommitted});
          if (!part.ok()) {
            // Only because the log start passed by meanwhile.
            if (partition.bounds().logStart <= next) ++wrong;
            continue;
          }
          if (part.length == 0) {
            next = partition.bounds().logStart;  // once more from the beginning
            continue;
          }
          const auto bytes = part.read();
          if (!bytes.ok()) {
            ++wrong;
            continue;
          }
          std::vector<Line> lines;
          const Offset from = next;
          next = linesOf(*bytes, from, lines);
          Offset last = from - 1;
          for (const Line& line : lines) {
            // Offsets are never used twice, so the n-th record stands at offset n for ever.
            if (line.offset <= last || line.value != nameOf(static_cast<int>(line.offset))) ++wrong;
            last = line.offset;
            ++fetched;
          }
        }
      });
    }
    QCOMPARE(wrong.load(), 0);
    QVERIFY(fetched.load() > 0);
    QVERIFY(partition.sync().ok());
    atEnd = readAll(partition, partition.bounds().logStart);
  }

 private slots:
  void readersSeeWholeRecordsInOrderWhileCompactionRuns() {
    PartitionConfig config = smallSegments();
    config.compacts = true;
    config.deletes = false;
    config.minCleanableDirtyRatio = 0.0;
    std::vector<Line> atEnd;
    int appended = 0;
    std::atomic<int> failed{0};
    live(
        config,
        [&failed](Partition& partition) {
          if (!partition.compact().ok()) ++failed;
        },
        atEnd, appended);
    QCOMPARE(failed.load(), 0);
    // The newest of each key is there.
    std::map<std::string, std::string> newest;
    for (const Line& line : atEnd) newest[line.key.value_or("")] = line.value.value_or("");
    QCOMPARE(newest.size(), std::size_t{7});
    for (int i = appended - 7; i < appended; ++i)
      QCOMPARE(newest["k" + std::to_string(i % 7)], nameOf(i));
  }

  void readersSeeWholeRecordsInOrderWhileRetentionRuns() {
    PartitionConfig config = smallSegments();
    config.retentionBytes = 20000;
    config.retentionMs = -1;  // the records' times are long ago: all of them would be due
    std::vector<Line> atEnd;
    int appended = 0;
    std::atomic<int> failed{0};
    live(
        config,
        [&failed](Partition& partition) {
          if (!partition.maintain().ok()) ++failed;
        },
        atEnd, appended);
    QCOMPARE(failed.load(), 0);
    // What is kept is the end, without a gap.
    QVERIFY(!atEnd.empty());
    Offset expected = appended - static_cast<Offset>(atEnd.size());
    for (const Line& line : atEnd) QCOMPARE(line.offset, expected++);
  }

  void readersSeeWholeRecordsInOrderWhileRecordsAreDeleted() {
    PartitionConfig config = smallSegments();
    config.retentionMs = -1;
    std::vector<Line> atEnd;
    int appended = 0;
    std::atomic<int> failed{0};
    std::atomic<int> deletions{0};
    std::atomic<Offset> start{0};
    live(
        config,
        [&](Partition& partition) {
          const LogBounds bounds = partition.bounds();
          constexpr Offset kKept = 20;
          if (bounds.highWatermark - bounds.logStart < 2 * kKept) return;
          const auto deleted = partition.deleteRecords(bounds.highWatermark - kKept);
          if (deleted.refusal.refused() || deleted.logStart < start) ++failed;
          start = deleted.logStart;
          ++deletions;
          if (!partition.maintain().ok()) ++failed;
        },
        atEnd, appended);
    QCOMPARE(failed.load(), 0);
    QVERIFY(deletions.load() > 0);
    // What is left begins where the last deletion said, without a gap.
    QVERIFY(!atEnd.empty());
    QCOMPARE(atEnd.front().offset, start.load());
    QCOMPARE(atEnd.front().offset + static_cast<Offset>(atEnd.size()), Offset{appended});
    Offset expected = start;
    for (const Line& line : atEnd) QCOMPARE(line.offset, expected++);
  }
};

QTEST_GUILESS_MAIN(ConcurrencyTest)
#include "concurrency_test.moc"
