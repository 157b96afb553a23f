// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>
#include <set>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_control_rate;
extern const ProcessorDescriptor processorIn_debug_flow;
extern const ProcessorDescriptor processorIn_duplicate_flow_file;
extern const ProcessorDescriptor processorIn_log_attribute;
extern const ProcessorDescriptor processorIn_log_message;
extern const ProcessorDescriptor processorIn_update_counter;
}  // namespace millrace::processors

class ControlTest : public QObject {
  Q_OBJECT
 private slots:
  void controlRateHoldsFlowFilesBack() {
    ProcessorBench bench(processors::processorIn_control_rate);
    bench.set("Rate Control Criteria", "flowfile count")
        .set("Maximum FlowFile Rate", "3")
        .set("Time Duration", "1 min");
    for (int i = 0; i < 7; ++i) bench.enqueue(std::to_string(i));
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{3});
    bench.clock().advance(59 * kSecond);
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{3});
    bench.clock().advance(kSecond);
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{6});
    const auto outputs = bench.outputs("success");
    for (std::size_t i = 0; i < outputs.size(); ++i)
      QCOMPARE(outputs[i].content, std::to_string(i));
  }
  void controlRateWaitsLongerAfterABigOne() {
    ProcessorBench bench(processors::processorIn_control_rate);
    bench.set("Maximum Data Rate", "10 B").set("Time Duration", "1 min");
    bench.enqueue(std::string(30, 'x'));
    bench.enqueue("y");
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{1});
    bench.clock().advance(2 * kMinute);
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{1});
    bench.clock().advance(kMinute);
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{2});
  }
  void controlRateCountsGroupsApart() {
    ProcessorBench bench(processors::processorIn_control_rate);
    bench.set("Rate Control Criteria", "flowfile count")
        .set("Maximum FlowFile Rate", "1")
        .set("Grouping Attribute", "group");
    for (const char* group : {"a", "a", "b", "a", "b"}) bench.enqueue("", {{"group", group}});
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{2});
    QCOMPARE(bench.queued(), std::uint64_t{3});
  }
  void controlRateRoutesWhatIsTooMuch() {
    ProcessorBench bench(processors::processorIn_control_rate);
    bench.set("Rate Control Criteria", "attribute value")
        .set("Rate Controlled Attribute", "weight")
        .set("Maximum Rate", "10")
        .set("Rate Exceeded Strategy", "Route to 'rate exceeded'");
    for (const char* weight : {"6", "6", "6", "none", "-1"})
      bench.enqueue("", {{"weight", weight}});
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{2});
    QCOMPARE(bench.count("rate exceeded"), std::size_t{1});
    QCOMPARE(bench.count("failure"), std::size_t{2});
  }
  void controlRateNeedsItsLimit() {
    ProcessorBench bench(processors::processorIn_control_rate);
    QVERIFY(!bench.problem().empty());
  }

  void duplicatesShareContent() {
    ProcessorBench bench(processors::processorIn_duplicate_flow_file);
    bench.set("Number of Copies", "${n}");
    bench.enqueue("hello", {{"n", "3"}});
    bench.enqueue("alone", {{"n", "0"}});
    bench.run();
    const auto outputs = bench.outputs("success");
    QCOMPARE(outputs.size(), std::size_t{5});
    std::multiset<std::string> indices;
    std::set<std::string> uuids;
    for (const auto& output : outputs) {
      indices.insert(output.attributes.at("copy.index"));
      uuids.insert(output.attributes.at("uuid"));
    }
    QCOMPARE(indices, (std::multiset<std::string>{"0", "0", "1", "2", "3"}));
    QCOMPARE(uuids.size(), std::size_t{5});
  }

  void countersAddUp() {
    ProcessorBench bench(processors::processorIn_update_counter);
    bench.set("Counter Name", "${kind}").set("delta", "${by}");
    bench.enqueue("", {{"kind", "a"}, {"by", "5"}});
    bench.enqueue("", {{"kind", "a"}, {"by", "-2"}});
    bench.enqueue("", {{"kind", "b"}, {"by", "x"}});
    bench.run();
    QCOMPARE(bench.counters()["a"], std::int64_t{3});
    QCOMPARE(bench.count("success"), std::size_t{2});
    QCOMPARE(bench.queued(), std::uint64_t{1});
  }

  void logsTheChosenAttributes() {
    ProcessorBench bench(processors::processorIn_log_attribute);
    bench.set("Attributes to Log", "keep, filename")
        .set("Attributes to Log Regular Expression", "b.*")
        .set("Attributes to Ignore", "bad")
        .set("Log Payload", "true")
        .set("Log Prefix", "${keep}:");
    bench.enqueue("the payload",
                  {{"keep", "kept"}, {"bad", "ignored"}, {"beta", "found"}, {"other", "left"}});
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{1});
    QCOMPARE(bench.bulletins().size(), std::size_t{1});
    const std::string text = bench.bulletins().front().message;
    for (const char* present : {"kept", "'beta'", "found", "the payload", "kept:"})
      QVERIFY2(text.find(present) != std::string::npos, present);
    for (const char* absent : {"ignored", "'other'", "left"})
      QVERIFY2(text.find(absent) == std::string::npos, absent);
  }
  void logsAMessage() {
    ProcessorBench bench(processors::processorIn_log_message);
    bench.set("log-message", "size ${fileSize}").set("Log Level", "${level}");
    bench.enqueue("12345", {{"level", "warn"}});
    bench.run();
    QCOMPARE(bench.bulletins().size(), std::size_t{1});
    QVERIFY(bench.bulletins().front().message.find("size 5") != std::string::npos);
    QVERIFY(bench.bulletins().front().level == BulletinLevel::kWarn);
  }

  void debugFlowGoesRoundItsActions() {
    ProcessorBench bench(processors::processorIn_debug_flow);
    bench.set("FlowFile Success Iterations", "2").set("FlowFile Failure Iterations", "1");
    for (int i = 0; i < 6; ++i) bench.enqueue("x");
    bench.run(20);
    QCOMPARE(bench.count("success"), std::size_t{4});
    QCOMPARE(bench.count("failure"), std::size_t{2});
  }
  void debugFlowFailsAndKeepsItsInput() {
    ProcessorBench bench(processors::processorIn_debug_flow);
    bench.set("FlowFile Success Iterations", "0").set("FlowFile Exception Iterations", "1");
    bench.enqueue("x");
    bench.run(20);
    QCOMPARE(bench.queued(), std::uint64_t{1});
    QVERIFY(!bench.bulletins().empty());
  }
};

QTEST_GUILESS_MAIN(ControlTest)
#include "control_test.moc"
