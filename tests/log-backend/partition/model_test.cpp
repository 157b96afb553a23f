// SPDX-License-Identifier: Apache-2.0
// Random sequences of operations and crashes against a plain model; MILLRACE_ROUNDS scales their
// number: 1 is 1,500 for each policy.
#include "tests/log-backend/partition/log_model.h"

#include <QTest>

using namespace partition_test;

class ModelTest : public QObject {
  Q_OBJECT
 private slots:
  void thePartitionDoesWhatTheListDoes_data() {
    QTest::addColumn<int>("policy");
    QTest::newRow("delete") << int(LogModel::Policy::kDelete);
    QTest::newRow("compact") << int(LogModel::Policy::kCompact);
    QTest::newRow("both") << int(LogModel::Policy::kBoth);
  }
  void thePartitionDoesWhatTheListDoes() {
    QFETCH(int, policy);
    int crashes = 0;
    int cutTails = 0;
    int compactions = 0;
    int removals = 0;
    const std::uint64_t seeds = rounds(1500);
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      LogModel model(seed, static_cast<LogModel::Policy>(policy));
      std::string wrong;
      for (int i = 0; i < 150 && wrong.empty(); ++i) wrong = model.step();
      if (wrong.empty()) wrong = model.finish();
      QVERIFY2(wrong.empty(), qPrintable(QString("seed %1: %2").arg(seed).arg(wrong.c_str())));
      crashes += model.crashes;
      cutTails += model.cutTails;
      compactions += model.compactions;
      removals += model.removals;
    }
    qInfo("%d crashes, %d of them lost a tail, %d compactions, %d removals", crashes, cutTails,
          compactions, removals);
    const auto least = static_cast<int>(seeds / 4);
    QVERIFY(crashes > least && cutTails > least / 4);
    QVERIFY(policy == int(LogModel::Policy::kDelete) || compactions > least / 4);
    QVERIFY(removals > least / 4);
  }
};

QTEST_GUILESS_MAIN(ModelTest)
#include "model_test.moc"
