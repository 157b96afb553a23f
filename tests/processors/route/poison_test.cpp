// SPDX-License-Identifier: Apache-2.0
// Processors that take batches: one FlowFile that cannot be processed costs the others nothing.

#include "tests/harness/processor_bench.h"

#include <QtTest>
#include <set>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_route_on_attribute;
extern const ProcessorDescriptor processorIn_update_attribute;
}  // namespace millrace::processors

using namespace millrace;
using millrace::tests::ProcessorBench;

namespace {

constexpr int kFlowFiles = 5'001;
using Places = std::set<int>;

/// FlowFiles numbered by content and attribute `n`; those at `poison` have a day that is no date.
void fill(ProcessorBench& bench, const Places& poison) {
  for (int i = 0; i < kFlowFiles; ++i) {
    const std::string number = std::to_string(i);
    bench.enqueue(number, {{"n", number}, {"day", poison.contains(i) ? "never" : "2024-02-29"}});
  }
}

/// Runs until nothing is ready any more; false when that never comes.
bool runDry(ProcessorBench& bench) {
  for (int rounds = 0; rounds < 200; ++rounds) {
    if (bench.run() == 0) return true;
  }
  return false;
}

std::vector<std::string> numbersBut(const Places& poison, int step = 1, int rest = 0) {
  std::vector<std::string> numbers;
  for (int i = 0; i < kFlowFiles; ++i) {
    if (i % step == rest && !poison.contains(i)) numbers.push_back(std::to_string(i));
  }
  return numbers;
}

std::vector<std::string> contents(ProcessorBench& bench, const std::string& relationship) {
  std::vector<std::string> all;
  for (const auto& output : bench.outputs(relationship)) all.push_back(output.content);
  return all;
}

std::size_t errors(const ProcessorBench& bench) {
  std::size_t count = 0;
  for (const auto& bulletin : bench.bulletins()) {
    if (bulletin.level == BulletinLevel::kError) ++count;
  }
  return count;
}

/// Where in batches of whatever size a poison may stand.
const std::vector<Places> kPlaces{{0}, {2'500}, {kFlowFiles - 1}, {511, 512, 513}};

}  // namespace

class PoisonTest : public QObject {
  Q_OBJECT

 private slots:
  void updateAttributePassesAllButThePoison() {
    for (const Places& poison : kPlaces) {
      ProcessorBench bench(processors::processorIn_update_attribute);
      bench.set("year", "${day:toDate('yyyy-MM-dd', 'UTC'):format('yyyy', 'UTC')}");
      fill(bench, poison);
      QVERIFY(runDry(bench));
      const auto outputs = bench.outputs("success");
      std::vector<std::string> passed;
      std::set<std::string> uuids;
      for (const auto& output : outputs) {
        passed.push_back(output.content);
        uuids.insert(output.attributes.at("uuid"));
        QCOMPARE(output.attributes.at("year"), std::string("2024"));
        QCOMPARE(output.attributes.at("n"), output.content);
        QVERIFY(!output.penalized);
      }
      QVERIFY(passed == numbersBut(poison));  // each once, and in order
      QCOMPARE(uuids.size(), outputs.size());
      QCOMPARE(bench.queued(), std::uint64_t{poison.size()});
      QCOMPARE(errors(bench), poison.size());
    }
  }

  void routeOnAttributePassesAllButThePoison() {
    for (const Places& poison : kPlaces) {
      ProcessorBench bench(processors::processorIn_route_on_attribute);
      const std::string old = "${day:toDate('yyyy-MM-dd', 'UTC'):toNumber():gt(0):and(${n:mod(3)";
      bench.set("zero", old + ":equals(0)})}").set("one", old + ":equals(1)})}");
      fill(bench, poison);
      QVERIFY(runDry(bench));
      QVERIFY(contents(bench, "zero") == numbersBut(poison, 3, 0));
      QVERIFY(contents(bench, "one") == numbersBut(poison, 3, 1));
      QVERIFY(contents(bench, "unmatched") == numbersBut(poison, 3, 2));
      QCOMPARE(bench.queued(), std::uint64_t{poison.size()});
      QCOMPARE(errors(bench), poison.size());
    }
  }

  void aPoisonLeavesNoCopiesBehind() {
    ProcessorBench bench(processors::processorIn_route_on_attribute);
    // The first two are true of all, so that copies exist when the third fails.
    bench.set("a", "${n:ge(0)}").set("b", "${n:ge(0)}");
    bench.set("c", "${day:toDate('yyyy-MM-dd', 'UTC'):toNumber():gt(0)}");
    const Places poison{1'234};
    fill(bench, poison);
    QVERIFY(runDry(bench));
    for (const std::string route : {"a", "b", "c"}) {
      QVERIFY(contents(bench, route) == numbersBut(poison));
    }
    QCOMPARE(bench.count("unmatched"), std::size_t{0});
    QCOMPARE(bench.queued(), std::uint64_t{1});
  }

  void stateDoesNotCountWhatWasUndone() {
    ProcessorBench bench(processors::processorIn_update_attribute);
    bench.set("Store State", "Store state locally")
        .set("Stateful Variables Initial Value", "0")
        .set("count", "${getStateValue('count'):plus(1)}")
        .set("year", "${day:toDate('yyyy-MM-dd', 'UTC'):format('yyyy', 'UTC')}");
    fill(bench, {700});
    QVERIFY(runDry(bench));
    const auto outputs = bench.outputs("success");
    QCOMPARE(outputs.size(), std::size_t{kFlowFiles - 1});
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      QCOMPARE(outputs[i].attributes.at("count"), std::to_string(i + 1));
    }
    QCOMPARE(bench.state().at("count"), std::to_string(kFlowFiles - 1));
  }

  void thePoisonWaitsOutItsPenaltyAndPassesOnceItCan() {
    ProcessorBench bench(processors::processorIn_update_attribute);
    bench.set("year", "${day:toDate('yyyy-MM-dd', 'UTC'):format('yyyy', 'UTC')}");
    fill(bench, {4'000});
    QVERIFY(runDry(bench));
    QCOMPARE(bench.queued(), std::uint64_t{1});
    bench.clock().advance(29 * kSecond);
    QCOMPARE(bench.run(), 0);
    bench.clock().advance(2 * kSecond);
    QVERIFY(bench.run() > 0);  // tried again, in vain
    QCOMPARE(bench.queued(), std::uint64_t{1});
    QCOMPARE(errors(bench), std::size_t{2});
    // It does not hold up what comes behind it.
    bench.enqueue("late", {{"day", "2023-01-01"}});
    QVERIFY(runDry(bench));
    QCOMPARE(bench.outputs("success").back().content, std::string("late"));
    bench.set("year", "unknown");
    bench.clock().advance(31 * kSecond);
    QVERIFY(runDry(bench));
    QCOMPARE(bench.outputs("success").back().content, std::string("4000"));
    QCOMPARE(bench.count("success"), std::size_t{kFlowFiles + 1});
    QCOMPARE(bench.queued(), std::uint64_t{0});
  }
};

QTEST_GUILESS_MAIN(PoisonTest)
#include "poison_test.moc"
