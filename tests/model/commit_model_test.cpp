// SPDX-License-Identifier: Apache-2.0
// The commit pipeline against a medium that forgets: thousands of short lives, each from one seed.
// MILLRACE_ROUNDS scales the number of seeds: 1 is 20,000; a tenth is the default.
// MILLRACE_SEED runs a single one.

#include "tests/model/commit_model_restart.h"

#include <QTest>

using namespace millrace;
using model::CommitModel;

namespace {
constexpr double kSeeds = 20'000;
constexpr std::uint64_t kRunsToCatchAFault = 50;

double rounds() {
  bool ok = false;
  const double factor = qEnvironmentVariable("MILLRACE_ROUNDS").toDouble(&ok);
  return ok ? factor : 0.1;
}
}  // namespace

class CommitModelTest : public QObject {
  Q_OBJECT
 private slots:
  // pins: 1.1/20, 1.10/3, 1.10/7
  void keepsEveryPromiseThroughCrashes() {
    std::uint64_t first = 1;
    auto count = static_cast<std::uint64_t>(std::max(1.0, kSeeds * rounds()));
    if (qEnvironmentVariableIsSet("MILLRACE_SEED")) {
      first = qEnvironmentVariable("MILLRACE_SEED").toULongLong();
      count = 1;
    }
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
      const auto failure = CommitModel(seed, PlantedFault::kNone).run();
      if (failure.has_value())
        QFAIL(qPrintable(QString("seed %1: %2").arg(seed).arg(failure->c_str())));
    }
  }

  void noticesEachPlantedFault_data() {
    QTest::addColumn<int>("fault");
    QTest::newRow("content after record") << int(PlantedFault::kContentAfterRecord);
    QTest::newRow("effect before durability") << int(PlantedFault::kEffectBeforeDurability);
    QTest::newRow("checksum ignored") << int(PlantedFault::kCrcIgnored);
    QTest::newRow("directory not synced") << int(PlantedFault::kDirectoryNotSynced);
    QTest::newRow("LSN order broken") << int(PlantedFault::kLsnOrderBroken);
  }
  void noticesEachPlantedFault() {
    QFETCH(int, fault);
    for (std::uint64_t seed = 1; seed <= kRunsToCatchAFault; ++seed) {
      const auto failure = CommitModel(seed, static_cast<PlantedFault>(fault)).run();
      if (!failure.has_value()) continue;
      qInfo("noticed with seed %llu: %s", static_cast<unsigned long long>(seed), failure->c_str());
      return;
    }
    QFAIL("not noticed within 50 runs");
  }
};

QTEST_GUILESS_MAIN(CommitModelTest)
#include "commit_model_test.moc"
