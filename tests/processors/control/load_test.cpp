// SPDX-License-Identifier: Apache-2.0
// RetryFlowFile and DistributeLoad.
#include "tests/harness/processor_bench.h"

#include <QTest>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_distribute_load;
extern const ProcessorDescriptor processorIn_retry_flow_file;
}  // namespace millrace::processors

class LoadTest : public QObject {
  Q_OBJECT
 private slots:
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

QTEST_GUILESS_MAIN(LoadTest)
#include "load_test.moc"
