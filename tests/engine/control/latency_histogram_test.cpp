// SPDX-License-Identifier: Apache-2.0
// How long things took in the last minutes: half of them, nearly all of them.

#include "engine/control/latency_histogram.h"

#include "engine/base/random.h"

#include <QTest>
#include <algorithm>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

using namespace millrace;
using namespace millrace::engine;

namespace {

bool isNear(Nanos value, Nanos expected) {
  return value > expected - expected / 4 && value < expected + expected / 4;
}

}  // namespace

class LatencyHistogramTest : public QObject {
  Q_OBJECT
 private slots:
  void figuresAreThoseOfTheSortedList() {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      Random random(seed);
      LatencyHistogram histogram;
      std::vector<Nanos> all;
      const std::uint64_t most = Nanos{2000} << random.below(30);
      for (int i = 0; i < 2000; ++i) {
        const auto took = static_cast<Nanos>(2000 + random.below(most));
        all.push_back(took);
        histogram.add(kSecond, took);
      }
      std::sort(all.begin(), all.end());
      const auto figures = histogram.figures(kSecond);
      QVERIFY(figures.has_value());
      QCOMPARE(figures->count, std::uint64_t{2000});
      QVERIFY(isNear(figures->p50, all[1000]));
      QVERIFY(isNear(figures->p99, all[1980]));
    }
  }

  void manyAtOnceCountAsMany() {
    LatencyHistogram histogram;
    histogram.add(0, kMillisecond, 98);
    histogram.add(0, kSecond, 2);
    const auto figures = histogram.figures(0);
    QVERIFY(isNear(figures->p50, kMillisecond));
    QVERIFY(isNear(figures->p99, kSecond));
  }

  void whatIsLongAgoDoesNotCount() {
    LatencyHistogram histogram;
    QVERIFY(!histogram.figures(0).has_value());
    histogram.add(0, kSecond);
    QVERIFY(histogram.figures(LatencyHistogram::kHalf).has_value());
    QVERIFY(!histogram.figures(2 * LatencyHistogram::kHalf).has_value());
    histogram.add(2 * LatencyHistogram::kHalf, kMillisecond);  // in the place of the old ones
    const auto figures = histogram.figures(2 * LatencyHistogram::kHalf);
    QCOMPARE(figures->count, std::uint64_t{1});
    QVERIFY(isNear(figures->p99, kMillisecond));
  }

  void aLookIsAsFreshAsTheFigures() {
    LatencyHistogram histogram;
    LatencyLook look;
    Random random(3);
    Nanos now = 0;
    for (int i = 0; i < 2000; ++i) {
      if (random.below(3) == 0)
        histogram.add(now, static_cast<Nanos>(random.below(kSecond)),
                      static_cast<std::uint32_t>(random.below(5)));
      if (random.below(50) == 0) now += static_cast<Nanos>(random.below(2 * kMinute));
      QVERIFY(look.at(histogram, now) == histogram.figures(now));
    }
  }

  void whatIsTooShortOrTooLongGoesToTheEnds() {
    LatencyHistogram histogram;
    histogram.add(0, 0);
    histogram.add(0, -5);
    QVERIFY(histogram.figures(0)->p99 < 2000);
    histogram.add(0, std::numeric_limits<Nanos>::max(), 1000);
    QVERIFY(histogram.figures(0)->p50 > 60 * 60 * kSecond / 2);
  }

  void threadsLoseNothingWithinAHalf() {
    const auto histogram = std::make_unique<LatencyHistogram>();
    histogram->add(0, kSecond);
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&histogram] {
          for (int i = 0; i < 10000; ++i) histogram->add(i, kMillisecond);
        });
      }
    }
    QCOMPARE(histogram->figures(0)->count, std::uint64_t{40001});
  }
};

QTEST_GUILESS_MAIN(LatencyHistogramTest)
#include "latency_histogram_test.moc"
