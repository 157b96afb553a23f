// SPDX-License-Identifier: Apache-2.0
// EnforceOrder, RetryFlowFile and DistributeLoad.
#include "tests/harness/processor_bench.h"

#include <QTest>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_distribute_load;
extern const ProcessorDescriptor processorIn_enforce_order;
extern const ProcessorDescriptor processorIn_retry_flow_file;
}  // namespace millrace::processors

namespace {

std::string contents(ProcessorBench& bench, const std::string& relationship) {
  std::string all;
  for (const auto& output : bench.outputs(relationship)) all += output.content;
  return all;
}

void enqueue(ProcessorBench& bench, const std::string& content, const std::string& group = "g") {
  bench.enqueue(content, {{"group", group}, {"n", content}});
}

struct Order : ProcessorBench {
  Order() : ProcessorBench(processors::processorIn_enforce_order) {
    set("Group Identifier", "${group}").set("Order Attribute", "n").set("Initial Order", "1");
  }
};

}  // namespace

class OrderTest : public QObject {
  Q_OBJECT
 private slots:
  // -- EnforceOrder
  void aBatchIsPutInOrderAndGapsAreWaitedFor() {
    Order bench;
    for (const char* n : {"2", "4", "1"}) enqueue(bench, n);
    enqueue(bench, "1", "other");
    bench.run();
    QCOMPARE(contents(bench, "success"), std::string("121"));
    QCOMPARE(contents(bench, "wait"), std::string("4"));
    const auto& waiting = bench.outputs("wait")[0].attributes;
    QCOMPARE(waiting.at("EnforceOrder.expectedOrder"), std::string("3"));
    QCOMPARE(waiting.at("EnforceOrder.result"), std::string("wait"));
    QVERIFY(waiting.contains("EnforceOrder.startedAt"));
    bench.clock().advance(2 * kSecond);
    enqueue(bench, "3");
    bench.enqueue("4", waiting);
    bench.run();
    QCOMPARE(contents(bench, "success"), std::string("12134"));
    QVERIFY(!bench.outputs("success")[4].attributes.contains("EnforceOrder.expectedOrder"));
  }

  void whoWaitedLongEnoughOvertakesAndWhoComesLaterIsSkipped() {
    Order bench;
    bench.set("Wait Timeout", "1 min");
    enqueue(bench, "5");
    bench.run();
    const auto waiting = bench.outputs("wait").at(0).attributes;
    bench.clock().advance(61 * kSecond);
    bench.enqueue("5", waiting);
    bench.run();
    QCOMPARE(contents(bench, "overtook"), std::string("5"));
    QCOMPARE(bench.outputs("overtook")[0].attributes.at("EnforceOrder.expectedOrder"),
             std::string("1"));
    enqueue(bench, "3");
    enqueue(bench, "6");
    bench.run();
    QCOMPARE(contents(bench, "skipped"), std::string("3"));
    QCOMPARE(contents(bench, "success"), std::string("6"));
  }

  void theNextNumberSurvivesARestart() {
    Order bench;
    enqueue(bench, "1");
    bench.run();
    bench.restart();
    enqueue(bench, "2");
    enqueue(bench, "1");
    bench.run();
    QCOMPARE(contents(bench, "success"), std::string("12"));
    QCOMPARE(contents(bench, "skipped"), std::string("1"));
  }

  void aGroupThatIsIdleIsForgotten() {
    Order bench;
    enqueue(bench, "1");
    bench.run();
    bench.clock().advance(31 * kMinute);
    enqueue(bench, "1");
    bench.run();
    QCOMPARE(contents(bench, "success"), std::string("11"));
  }

  void behindTheLastOneNoneIsTaken() {
    Order bench;
    bench.set("Maximum Order", "2");
    for (const char* n : {"1", "2", "3"}) enqueue(bench, n);
    bench.run();
    QCOMPARE(contents(bench, "success"), std::string("12"));
    QCOMPARE(contents(bench, "skipped"), std::string("3"));
  }

  void whatHasNoPlaceFails() {
    Order bench;
    bench.set("Initial Order", "${first:replaceEmpty('1')}");
    enqueue(bench, "x");
    enqueue(bench, "1", " ");
    bench.enqueue("1", {{"group", "new"}, {"n", "1"}, {"first", "one"}});
    bench.run();
    QCOMPARE(bench.count("failure"), std::size_t{3});
    for (const auto& output : bench.outputs("failure"))
      QVERIFY(!output.attributes.at("EnforceOrder.detail").empty());
    QVERIFY(bench.state().empty());
    Order wrong;
    wrong.set("Wait Timeout", "1 h");
    QVERIFY(!wrong.problem().empty());
  }

  // -- RetryFlowFile
  void aFlowFileComesBackSoOften() {
    ProcessorBench bench(processors::processorIn_retry_flow_file);
    bench.set("Maximum Retries", "2").set("given.up", "after ${flowfile.retries}");
    ProcessorBench::AttributeMap attributes;
    for (int round = 1; round <= 2; ++round) {
      bench.enqueue("x", attributes);
      bench.run();
      const auto retried = bench.outputs("retry");
      QCOMPARE(retried.size(), std::size_t(round));
      attributes = retried.back().attributes;
      QCOMPARE(attributes.at("flowfile.retries"), std::to_string(round));
      QVERIFY(retried.back().penalized);
    }
    bench.enqueue("x", attributes);
    bench.run();
    QCOMPARE(bench.outputs("retries_exceeded").at(0).attributes.at("given.up"),
             std::string("after 2"));
  }

  void numbersOfOthersAreNotTrusted() {
    for (const auto& [mode, relationship, count] :
         std::vector<std::tuple<std::string, std::string, std::string>>{
             {"fail", "failure", "1"}, {"warn", "retry", "2"}, {"reset", "retry", "1"}}) {
      ProcessorBench bench(processors::processorIn_retry_flow_file);
      bench.set("Reuse Mode", mode);
      bench.enqueue("x", {{"flowfile.retries", "1"}, {"flowfile.retries.uuid", "somebody else"}});
      bench.run();
      QCOMPARE(bench.outputs(relationship).at(0).attributes.at("flowfile.retries"), count);
    }
    for (const bool fails : {false, true}) {
      ProcessorBench bench(processors::processorIn_retry_flow_file);
      bench.set("Fail on Nonnumerical Overwrite", fails ? "true" : "false");
      bench.enqueue("x", {{"flowfile.retries", "often"}});
      bench.run();
      QCOMPARE(bench.count(fails ? "failure" : "retry"), std::size_t{1});
      if (!fails)
        QCOMPARE(bench.outputs("retry")[0].attributes.at("flowfile.retries"), std::string("1"));
    }
    ProcessorBench bench(processors::processorIn_retry_flow_file);
    bench.set("Maximum Retries", "${most}");
    bench.enqueue("x", {{"most", "few"}});
    bench.run();
    QCOMPARE(bench.count("failure"), std::size_t{1});
  }

  // -- DistributeLoad
  void relationshipsTakeTurnsByTheirWeight() {
    ProcessorBench bench(processors::processorIn_distribute_load);
    bench.set("Number of Relationships", "3").set("2", "3");
    for (int i = 0; i < 10; ++i) bench.enqueue(std::to_string(i));
    bench.run();
    QCOMPARE(bench.count("1"), std::size_t{2});
    QCOMPARE(bench.count("2"), std::size_t{6});
    QCOMPARE(bench.count("3"), std::size_t{2});
    QCOMPARE(bench.outputs("2")[0].attributes.at("distribute.load.relationship"), std::string("2"));
  }

  void weightsThatMakeNoSenseAreRefused() {
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"4", "1"},
                                                                                      {"0", "1"},
                                                                                      {"x", "1"},
                                                                                      {"01", "1"},
                                                                                      {"2", "0"},
                                                                                      {"2", "-1"},
                                                                                      {"2", "x"}}) {
      ProcessorBench bench(processors::processorIn_distribute_load);
      bench.set("Number of Relationships", "3").set(name, value);
      QVERIFY2(!bench.problem().empty(), (name + ": " + value).c_str());
    }
  }
};

QTEST_GUILESS_MAIN(OrderTest)
#include "order_test.moc"
