// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/expression/expression_fixture.h"

#include <QTest>
#include <atomic>
#include <thread>
#include <vector>

using namespace millrace::expression;
using millrace::Random;
using millrace::expression::testing::FixedMachine;

class SharedExpressionTest : public QObject {
  Q_OBJECT
 private slots:
  void oneCompiledExpressionServesManyThreads() {
    const millrace::VirtualClock clock;
    const FixedMachine machine;
    const AttributeMap variables;
    std::atomic<std::int64_t> counter{0};
    const EvaluationEnvironment environment{clock, machine, variables, counter,
                                            TimeZone::named("Europe/Oslo").value()};
    const auto compiled = CompiledExpression::compile(
        "${n:toNumber():plus(1):append('x'):replaceAll('([0-9])x', '$1y')}|"
        "${literal(0):toDate():format('yyyy-MM-dd z')}|${nextInt():lt(0)}",
        {});
    QVERIFY(compiled.ok());
    constexpr int kThreads = 4;
    constexpr int kTimes = 500;
    std::atomic<int> wrong{0};
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
          AttributeMap attributes;
          Random random(static_cast<std::uint64_t>(t));
          for (int i = 0; i < kTimes; ++i) {
            attributes.set("n", std::to_string(t * 1000 + i));
            const EvaluationInput input{environment, random, &attributes};
            const auto value = compiled->evaluate(input);
            const std::string expected =
                std::to_string(t * 1000 + i + 1) + "y|1970-01-01 CET|false";
            if (!value.ok() || *value != expected) ++wrong;
          }
        });
      }
    }
    QCOMPARE(wrong.load(), 0);
    QCOMPARE(counter.load(), std::int64_t{kThreads} * kTimes);
  }
};

QTEST_GUILESS_MAIN(SharedExpressionTest)
#include "shared_expression_test.moc"
