// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QTest>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_validate_json;
}  // namespace millrace::processors

namespace {

const char* const kSchema =
    "{\"type\": \"object\", \"properties\": {\"n\": {\"type\": \"integer\"}, "
    "\"s\": {\"maxLength\": 3}}, \"required\": [\"n\"]}";

struct Rig : ProcessorBench {
  explicit Rig(const std::string& schema = kSchema)
      : ProcessorBench(processors::processorIn_validate_json) {
    set("JSON Schema", schema);
  }
};

std::string errorsOf(Rig& rig) {
  return rig.outputs("invalid").at(0).attributes.at("json.validation.errors");
}

}  // namespace

class ValidateJsonTest : public QObject {
  Q_OBJECT

 private slots:
  void documentsAreJudged() {
    Rig rig;
    rig.enqueue("{\"n\": 1}");
    rig.enqueue("{\"n\": 1.5, \"s\": \"long text\"}");
    rig.enqueue("{\"n\": ");
    rig.enqueue("");
    rig.run();
    QCOMPARE(rig.count("valid"), std::size_t{1});
    QCOMPARE(rig.count("invalid"), std::size_t{1});
    QCOMPARE(rig.count("failure"), std::size_t{2});
    QCOMPARE(errorsOf(rig), std::string("$.n: it must be of type integer\n"
                                        "$.s: it must have at most 3 characters, and has 9"));
    QCOMPARE(rig.outputs("invalid").at(0).content,
             std::string("{\"n\": 1.5, \"s\": \"long text\"}"));
    QVERIFY(!rig.outputs("valid").at(0).attributes.contains("json.validation.errors"));
  }

  void linesAreJudgedOneByOne() {
    Rig rig;
    rig.set("Input Format", "JSON_LINES");
    rig.enqueue("{\"n\": 1}\n\n{\"n\": 2}\r\n{\"n\": 3}");
    rig.enqueue("{\"n\": 1}\n{\"n\": \"x\"}\n{}\n");
    rig.enqueue("{\"n\": 1}\n{\"n\"\n");
    rig.enqueue("");
    rig.run();
    QCOMPARE(rig.count("valid"), std::size_t{2});
    QCOMPARE(rig.count("failure"), std::size_t{1});
    QCOMPARE(errorsOf(rig), std::string("line 2: $.n: it must be of type integer\n"
                                        "line 3: $: the property 'n' is missing"));
  }

  void theDraftCounts() {
    Rig rig("{\"type\": \"integer\"}");
    rig.set("Schema Version", "Draft Version 4");
    rig.enqueue("1.0");
    rig.run();
    QCOMPARE(rig.count("invalid"), std::size_t{1});
  }

  void theSchemaMayBeAFile() {
    Rig rig("/schemas/one.json");
    rig.writeFile("/schemas/one.json", kSchema);
    rig.enqueue("{}");
    rig.run();
    QCOMPARE(errorsOf(rig), std::string("$: the property 'n' is missing"));
  }

  void longStringsGoToFailure() {
    Rig rig("{}");
    rig.set("Max String Length", "5 B");
    rig.enqueue("[\"12345\"]");
    rig.enqueue("[\"123456\"]");
    rig.run();
    QCOMPARE(rig.count("valid"), std::size_t{1});
    QCOMPARE(rig.count("failure"), std::size_t{1});
  }
};

QTEST_GUILESS_MAIN(ValidateJsonTest)
#include "validate_json_test.moc"
