// SPDX-License-Identifier: Apache-2.0
// TransformJQ. The expected results are those of the examples in jq's manual.
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_transform_jq;
}

using millrace::tests::ProcessorBench;
using Settings = std::vector<std::pair<std::string, std::string>>;

class TransformJqTest : public QObject {
  Q_OBJECT

 private:
  static std::string run(const std::string& filter, const std::string& input,
                         const Settings& settings = {}) {
    ProcessorBench bench(millrace::processors::processorIn_transform_jq);
    bench.set("Filter", filter);
    for (const auto& [name, value] : settings) bench.set(name, value);
    bench.enqueue(input);
    bench.run();
    if (bench.count("success") == 0) return "failure: " + bench.outputs("failure").at(0).content;
    return bench.outputs("success").at(0).content;
  }

 private slots:
  void programsTransformDocuments() {
    QCOMPARE(run(".foo", "{\"foo\": 42, \"bar\": \"less\"}"), std::string("42\n"));
    QCOMPARE(run(".[] | select(.id == \"second\")",
                 "[{\"id\":\"first\",\"val\":1},{\"id\":\"second\",\"val\":2}]"),
             std::string("{\"id\":\"second\",\"val\":2}\n"));
    QCOMPARE(run("{(\"a b\"): .x, \"env\": .env}", "{\"x\":\"\xC3\xA9\",\"env\":1}"),
             std::string("{\"a b\":\"\xC3\xA9\",\"env\":1}\n"));
  }

  void severalResultsAreLinesOrAnArray() {
    QCOMPARE(run(".[]", "[1,\"two\",null]"), std::string("1\n\"two\"\nnull\n"));
    QCOMPARE(run(".[]", "[1,\"two\"]", {{"Output", "array"}}), std::string("[1,\"two\"]"));
    QCOMPARE(run(".[]", "[1,\"two\"]", {{"Raw Strings", "true"}}), std::string("1\ntwo\n"));
    QCOMPARE(run("empty", "1", {{"Output", "array"}}), std::string("[]"));
    QCOMPARE(run(".a", "{\"a\":1} {\"a\":2}\n{\"a\":3}"), std::string("1\n2\n3\n"));
    QCOMPARE(run(".", "{\"a\":[1]}", {{"Pretty Print", "true"}}),
             std::string("{\n  \"a\": [\n    1\n  ]\n}\n"));
    QCOMPARE(run(".", ""), std::string());
  }

  void allDocumentsMayBeOneArray() {
    const Settings slurp{{"Slurp", "true"}};
    QCOMPARE(run("map(.a) | add", "{\"a\":1} {\"a\":2}\n{\"a\":3}", slurp), std::string("6\n"));
    QCOMPARE(run(".", "[1]", slurp), std::string("[[1]]\n"));
    QCOMPARE(run("length", "", slurp), std::string("0\n"));
    QCOMPARE(run("length", "1 {", slurp), std::string("failure: 1 {"));
  }

  void whatFailsIsUnchanged() {
    QCOMPARE(run(".a", "no json"), std::string("failure: no json"));
    QCOMPARE(run(".a", "[1]"), std::string("failure: [1]"));
    QCOMPARE(run(".", "{\"a\":"), std::string("failure: {\"a\":"));
    QCOMPARE(run("error(\"my word\")", "1"), std::string("failure: 1"));
    QCOMPARE(run("halt_error", "{\"a\":1}"), std::string("failure: {\"a\":1}"));
  }

  void aFailureDoesNotSpoilTheNext() {
    ProcessorBench bench(millrace::processors::processorIn_transform_jq);
    bench.set("Filter", ".a + 1");
    for (const char* input : {"{\"a\":1}", "{\"a\":\"x\"}", "{\"a\":2}"}) bench.enqueue(input);
    bench.run();
    QCOMPARE(bench.outputs("success").at(0).content, std::string("2\n"));
    QCOMPARE(bench.outputs("success").at(1).content, std::string("3\n"));
    QCOMPARE(bench.outputs("failure").at(0).content, std::string("{\"a\":\"x\"}"));
    QCOMPARE(bench.outputs("success").at(0).attributes.at("mime.type"),
             std::string("application/json"));
  }

  void programsThatAreNoneOrReachOutAreRefused() {
    for (const char* wrong : {".a |", "unknown_function", "$ENV.PATH", "env.PATH", "[inputs]",
                              "import \"m\" as m; .", "\"\\(env)\"", "input_filename"}) {
      ProcessorBench bench(millrace::processors::processorIn_transform_jq);
      bench.set("Filter", wrong);
      QVERIFY2(bench.problem().find("Filter") != std::string::npos, wrong);
    }
    for (const char* right : {".env", ".a # env\n", "\"env\"", ".input.include"}) {
      ProcessorBench bench(millrace::processors::processorIn_transform_jq);
      bench.set("Filter", right);
      QCOMPARE(bench.problem(), std::string());
    }
  }
};

QTEST_GUILESS_MAIN(TransformJqTest)
#include "transform_jq_test.moc"
