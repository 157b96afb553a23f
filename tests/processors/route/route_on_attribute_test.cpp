// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_route_on_attribute;
}

using millrace::tests::ProcessorBench;

class RouteOnAttributeTest : public QObject {
  Q_OBJECT

 private slots:
  void eachTrueConditionGetsACopyWithItsName() {
    ProcessorBench bench(millrace::processors::processorIn_route_on_attribute);
    bench.set("big", "${n:gt(10)}").set("even", "${n:mod(2):equals(0)}").set("never", "false");
    bench.enqueue("12", {{"n", "12"}});
    bench.enqueue("13", {{"n", "13"}});
    bench.enqueue("3", {{"n", "3"}});
    bench.run();
    const auto big = bench.outputs("big");
    QCOMPARE(big.size(), std::size_t{2});
    QCOMPARE(big[0].content, std::string("12"));
    QCOMPARE(big[1].content, std::string("13"));
    QCOMPARE(big[0].attributes.at("RouteOnAttribute.Route"), std::string("big"));
    const auto even = bench.outputs("even");
    QCOMPARE(even.size(), std::size_t{1});
    QCOMPARE(even[0].attributes.at("RouteOnAttribute.Route"), std::string("even"));
    QVERIFY(even[0].attributes.at("uuid") != big[0].attributes.at("uuid"));
    QCOMPARE(bench.count("never"), std::size_t{0});
    QCOMPARE(bench.outputs("unmatched").at(0).attributes.at("RouteOnAttribute.Route"),
             std::string("unmatched"));
  }

  void allConditionsMustHoldForMatched() {
    ProcessorBench bench(millrace::processors::processorIn_route_on_attribute);
    bench.set("Routing Strategy", "Route to 'match' if all match")
        .set("a", "${x:equals('1')}")
        .set("b", "${y:equals('1')}");
    bench.enqueue("both", {{"x", "1"}, {"y", "1"}});
    bench.enqueue("one", {{"x", "1"}, {"y", "2"}});
    bench.run();
    QCOMPARE(bench.outputs("matched").at(0).content, std::string("both"));
    QCOMPARE(bench.outputs("matched").at(0).attributes.at("RouteOnAttribute.Route"),
             std::string("matched"));
    QCOMPARE(bench.outputs("unmatched").at(0).content, std::string("one"));
    QCOMPARE(bench.count("matched"), std::size_t{1});
  }

  void oneConditionIsEnoughForAny() {
    ProcessorBench bench(millrace::processors::processorIn_route_on_attribute);
    bench.set("Routing Strategy", "Route to 'match' if any matches")
        .set("a", "${x:equals('1')}")
        .set("b", "${y:equals('1')}");
    bench.enqueue("one", {{"x", "0"}, {"y", "1"}});
    bench.enqueue("none", {});
    bench.run();
    QCOMPARE(bench.outputs("matched").at(0).content, std::string("one"));
    QCOMPARE(bench.outputs("unmatched").at(0).content, std::string("none"));
  }

  void aMissingAttributeSatisfiesNothing() {
    ProcessorBench bench(millrace::processors::processorIn_route_on_attribute);
    bench.set("is", "${absent:equals('')}");
    bench.enqueue("x");
    bench.run();
    QCOMPARE(bench.count("is"), std::size_t{0});
    QCOMPARE(bench.count("unmatched"), std::size_t{1});
  }
};

QTEST_GUILESS_MAIN(RouteOnAttributeTest)
#include "route_on_attribute_test.moc"
