// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_attributes_to_json;
}

using millrace::tests::ProcessorBench;

class AttributesToJsonTest : public QObject {
  Q_OBJECT

 private slots:
  void listedAttributesBecomeAnAttribute() {
    ProcessorBench bench(millrace::processors::processorIn_attributes_to_json);
    bench.set("Attributes List", "b, a,missing");
    bench.enqueue("kept", {{"a", "1"}, {"b", "\"\xC3\xA9\n"}, {"c", "3"}});
    bench.run();
    const auto output = bench.outputs("success").at(0);
    QCOMPARE(output.content, std::string("kept"));
    QCOMPARE(output.attributes.at("JSONAttributes"),
             std::string("{\"b\":\"\\\"\xC3\xA9\\n\",\"a\":\"1\",\"missing\":\"\"}"));
  }

  void missingAttributesMayBeNull() {
    ProcessorBench bench(millrace::processors::processorIn_attributes_to_json);
    bench.set("Attributes List", "missing").set("Null Value", "true");
    bench.enqueue("");
    bench.run();
    QCOMPARE(bench.outputs("success").at(0).attributes.at("JSONAttributes"),
             std::string("{\"missing\":null}"));
  }

  void theContentMayBeTheDestination() {
    ProcessorBench bench(millrace::processors::processorIn_attributes_to_json);
    bench.set("Attributes Regular Expression", "x.*").set("Destination", "flowfile-content");
    bench.enqueue("gone", {{"x1", "1"}, {"ax", "2"}});
    bench.run();
    const auto output = bench.outputs("success").at(0);
    QCOMPARE(output.content, std::string("{\"x1\":\"1\"}"));
    QCOMPARE(output.attributes.at("mime.type"), std::string("application/json"));
    QVERIFY(!output.attributes.contains("JSONAttributes"));
  }

  void coreAttributesMayBeLeftOut() {
    ProcessorBench bench(millrace::processors::processorIn_attributes_to_json);
    bench.set("Include Core Attributes", "false");
    bench.enqueue("", {{"filename", "f"}, {"path", "./"}, {"priority", "1"}, {"mine", "x"}});
    bench.run();
    QCOMPARE(bench.outputs("success").at(0).attributes.at("JSONAttributes"),
             std::string("{\"mine\":\"x\"}"));
  }

  void jsonInAttributesMayBeNested() {
    ProcessorBench bench(millrace::processors::processorIn_attributes_to_json);
    bench.set("Attributes List", "o,a,t").set("JSON Handling Strategy", "NESTED");
    bench.enqueue("", {{"o", " {\"k\":[1,null]} "}, {"a", "[true]"}, {"t", "{open"}});
    bench.enqueue("", {{"o", "{broken}"}});
    bench.run();
    QCOMPARE(bench.outputs("success").at(0).attributes.at("JSONAttributes"),
             std::string("{\"o\":{\"k\":[1,null]},\"a\":[true],\"t\":\"{open\"}"));
    QCOMPARE(bench.count("failure"), std::size_t{1});
  }
};

QTEST_GUILESS_MAIN(AttributesToJsonTest)
#include "attributes_to_json_test.moc"
