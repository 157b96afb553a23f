// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_update_attribute;
}

using millrace::tests::ProcessorBench;

class UpdateAttributeTest : public QObject {
  Q_OBJECT

 private:
  static ProcessorBench::Output only(ProcessorBench& bench) {
    const auto outputs = bench.outputs("success");
    return outputs.size() == 1 ? outputs.front() : ProcessorBench::Output{};
  }

 private slots:
  void setsAttributesToTheValuesOfExpressions() {
    ProcessorBench bench(millrace::processors::processorIn_update_attribute);
    bench.set("kind", "fixed").set("name2", "${filename:toUpper()}!").set("gone", "${missing}");
    bench.enqueue("text", {{"filename", "a.txt"}, {"other", "x"}});
    bench.run();
    const auto output = only(bench);
    QCOMPARE(output.content, std::string("text"));
    QCOMPARE(output.attributes.at("kind"), std::string("fixed"));
    QCOMPARE(output.attributes.at("name2"), std::string("A.TXT!"));
    QCOMPARE(output.attributes.at("gone"), std::string());
    QCOMPARE(output.attributes.at("other"), std::string("x"));
  }

  void everyExpressionSeesTheAttributesAsTheyCame() {
    ProcessorBench bench(millrace::processors::processorIn_update_attribute);
    bench.set("a", "${b}").set("b", "${a}");
    bench.enqueue("", {{"a", "1"}, {"b", "2"}});
    bench.run();
    QCOMPARE(only(bench).attributes.at("a"), std::string("2"));
    QCOMPARE(only(bench).attributes.at("b"), std::string("1"));
  }

  // pins: 1.1/10
  void uuidStaysAsItIs() {
    ProcessorBench bench(millrace::processors::processorIn_update_attribute);
    bench.set("uuid", "mine");
    bench.enqueue("");
    bench.run();
    QVERIFY(only(bench).attributes.at("uuid") != "mine");
    QCOMPARE(only(bench).attributes.at("uuid").size(), std::size_t{36});
  }

  // pins: 1.1/12
  void removesAttributesWhoseWholeNameMatches() {
    ProcessorBench bench(millrace::processors::processorIn_update_attribute);
    bench.set("Delete Attributes Expression", "tmp\\..*|old");
    bench.enqueue("", {{"tmp.a", "1"}, {"tmp.b", "2"}, {"older", "3"}, {"old", "4"}});
    bench.run();
    const auto output = only(bench);
    QVERIFY(!output.attributes.contains("tmp.a"));
    QVERIFY(!output.attributes.contains("tmp.b"));
    QVERIFY(!output.attributes.contains("old"));
    QCOMPARE(output.attributes.at("older"), std::string("3"));
  }

  void aMatchingAttributeThatIsSetTooIsRemovedOnlyIfItWasThere() {
    ProcessorBench bench(millrace::processors::processorIn_update_attribute);
    bench.set("Delete Attributes Expression", "x.*").set("x1", "set").set("x2", "set");
    bench.enqueue("", {{"x1", "before"}});
    bench.run();
    QVERIFY(!only(bench).attributes.contains("x1"));
    QCOMPARE(only(bench).attributes.at("x2"), std::string("set"));
  }

  void theDeleteExpressionMayDependOnTheFlowFile() {
    ProcessorBench bench(millrace::processors::processorIn_update_attribute);
    bench.set("Delete Attributes Expression", "${which}");
    bench.enqueue("1", {{"which", "a"}, {"a", ""}, {"b", ""}});
    bench.enqueue("2", {{"which", "b"}, {"a", ""}, {"b", ""}});
    bench.run();
    const auto outputs = bench.outputs("success");
    QCOMPARE(outputs.size(), std::size_t{2});
    QVERIFY(!outputs[0].attributes.contains("a") && outputs[0].attributes.contains("b"));
    QVERIFY(outputs[1].attributes.contains("a") && !outputs[1].attributes.contains("b"));
  }

  void storedStateCountsFlowFiles() {
    ProcessorBench bench(millrace::processors::processorIn_update_attribute);
    bench.set("Store State", "Store state locally")
        .set("Stateful Variables Initial Value", "0")
        .set("count", "${getStateValue('count'):plus(1)}");
    for (int i = 0; i < 3; ++i) bench.enqueue("");
    bench.run();
    const auto outputs = bench.outputs("success");
    QCOMPARE(outputs.size(), std::size_t{3});
    QCOMPARE(outputs[0].attributes.at("count"), std::string("1"));
    QCOMPARE(outputs[1].attributes.at("count"), std::string("2"));
    QCOMPARE(outputs[2].attributes.at("count"), std::string("3"));
    QCOMPARE(bench.state().at("count"), std::string("3"));
    bench.restart();
    bench.enqueue("");
    bench.run();
    QCOMPARE(bench.outputs("success").back().attributes.at("count"), std::string("4"));
  }

  void moreFlowFilesThanOneTriggerTakesKeepTheirOrder() {
    ProcessorBench bench(millrace::processors::processorIn_update_attribute);
    bench.set("twice", "${n:multiply(2)}");
    for (int i = 0; i < 1500; ++i) bench.enqueue("", {{"n", std::to_string(i)}});
    bench.run();
    const auto outputs = bench.outputs("success");
    QCOMPARE(outputs.size(), std::size_t{1500});
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      QCOMPARE(outputs[i].attributes.at("twice"), std::to_string(2 * i));
    }
  }

  void aPatternThatIsNoneIsRefused() {
    ProcessorBench bench(millrace::processors::processorIn_update_attribute);
    bench.set("Delete Attributes Expression", "(");
    QVERIFY(bench.problem().find("Delete Attributes Expression") != std::string::npos);
    bench.set("Delete Attributes Expression", "(${x}");
    QCOMPARE(bench.problem(), std::string());
  }

  void aPatternOfAFlowFileThatIsNoneHoldsThatFlowFileOnly() {
    ProcessorBench bench(millrace::processors::processorIn_update_attribute);
    bench.set("Delete Attributes Expression", "${which}");
    bench.enqueue("good", {{"which", "a"}, {"a", "1"}});
    bench.enqueue("bad", {{"which", "("}, {"a", "1"}});
    bench.enqueue("also good", {{"which", "b"}, {"a", "1"}});
    bench.run();
    const auto outputs = bench.outputs("success");
    QCOMPARE(outputs.size(), std::size_t{2});
    QCOMPARE(outputs[0].content, std::string("good"));
    QVERIFY(!outputs[0].attributes.contains("a"));
    QCOMPARE(outputs[1].content, std::string("also good"));
    QCOMPARE(outputs[1].attributes.at("a"), std::string("1"));
    QCOMPARE(bench.queued(), std::uint64_t{1});
  }
};

QTEST_GUILESS_MAIN(UpdateAttributeTest)
#include "update_attribute_test.moc"
