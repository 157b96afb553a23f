// SPDX-License-Identifier: Apache-2.0
// Counts allocations, which is what the budget of a hop is about; time is measured by the bench.
#include "tests/engine/expression/expression_fixture.h"

#include <QTest>
#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<long> allocations{0};
}  // namespace

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using namespace millrace::expression;
using millrace::expression::testing::ExpressionFixture;

class AllocationTest : public QObject {
  Q_OBJECT

  /// The allocations of one evaluation into a text that has room.
  static long allocationsOf(ExpressionFixture& world, std::string_view text,
                            std::string_view expected) {
    auto compiled = CompiledExpression::compile(text, {});
    if (!compiled.ok()) return -1;
    std::string out;
    out.reserve(256);
    const EvaluationInput input = world.input();
    if (!compiled->evaluate(input, out).ok() || out != expected) return -1;
    const long before = allocations.load();
    const auto done = compiled->evaluate(input, out);
    const long after = allocations.load();
    return done.ok() ? after - before : -1;
  }

 private slots:
  void countingCounts() {
    const long before = allocations.load();
    ::operator delete(::operator new(1));  // a call, which no compiler leaves out
    QVERIFY(allocations.load() > before);
  }
  void aLiteralCostsNothing() {
    ExpressionFixture world;
    const std::string text(200, 'x');
    auto compiled = CompiledExpression::compile(text, {});
    const long before = allocations.load();
    const std::string& value = compiled->literal();
    QCOMPARE(allocations.load() - before, 0L);
    QCOMPARE(value, text);
    QCOMPARE(allocationsOf(world, text, text), 0L);
  }
  void theTypicalExpressionsAllocateNothing() {
    ExpressionFixture world;
    world.attributes().set("filename",
                           "a-rather-long-name-of-a-file-that-fits-no-small-string.csv");
    world.attributes().set("delay", "17");
    QCOMPARE(allocationsOf(world, "${filename:substringBefore('.'):toUpper()}",
                           "A-RATHER-LONG-NAME-OF-A-FILE-THAT-FITS-NO-SMALL-STRING"),
             0L);
    QCOMPARE(allocationsOf(world, "${delay:toNumber():gt(15)}", "true"), 0L);
    QCOMPARE(allocationsOf(world, "prefix-${filename:substringAfterLast('.')}-${delay:plus(1)}",
                           "prefix-csv-18"),
             0L);
    QCOMPARE(allocationsOf(world, "${filename:matches('a-.*csv'):and(${delay:lt(20)})}", "true"),
             0L);
    QCOMPARE(
        allocationsOf(world, "${filename:append('x'):replaceAll('[a-z]+-', ''):length()}", "11"),
        0L);
  }
};

QTEST_GUILESS_MAIN(AllocationTest)
#include "allocation_test.moc"
