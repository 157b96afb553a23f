// SPDX-License-Identifier: Apache-2.0
// JoltTransformJSON. The expected results are those that Jolt's own documentation describes.
#include "tests/harness/processor_bench.h"

#include <QJsonDocument>
#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_jolt_transform_json;
}

using millrace::tests::ProcessorBench;

class JoltTransformJsonTest : public QObject {
  Q_OBJECT

 private:
  /// The compact result of one operation; "failure" where that is where it went.
  static std::string run(const std::string& operation, const std::string& specification,
                         const std::string& input) {
    ProcessorBench bench(millrace::processors::processorIn_jolt_transform_json);
    bench.set("Jolt Transform", "jolt-transform-" + operation)
        .set("Jolt Specification", specification);
    if (const std::string problem = bench.problem(); !problem.empty()) return "problem: " + problem;
    bench.enqueue(input);
    bench.run();
    if (bench.count("success") == 0) return "failure";
    return bench.outputs("success").at(0).content;
  }
  static std::string shift(const std::string& specification, const std::string& input) {
    return run("shift", specification, input);
  }

 private slots:
  void valuesGoToOtherPlaces() {
    // The example of Jolt's first page.
    const std::string input = "{\"rating\":{\"primary\":{\"value\":3},\"quality\":{\"value\":3}}}";
    QCOMPARE(shift("{\"rating\":{\"primary\":{\"value\":\"Rating\",\"max\":\"RatingRange\"},"
                   "\"*\":{\"max\":\"SecondaryRatings.&1.Range\","
                   "\"value\":\"SecondaryRatings.&1.Value\",\"$\":\"SecondaryRatings.&1.Id\"}}}",
                   input),
             std::string("{\"Rating\":3,\"SecondaryRatings\":{\"quality\":{\"Id\":\"quality\","
                         "\"Value\":3}}}"));
  }

  void keysAreMatchedByPatterns() {
    QCOMPARE(shift("{\"a-*\":\"x.&(0,1)\",\"b|c\":\"y.&\",\"*\":\"rest.&\"}",
                   "{\"a-1\":1,\"b\":2,\"c\":3,\"d\":4,\"a-\":5}"),
             std::string("{\"x\":{\"1\":1},\"y\":{\"b\":2,\"c\":3},\"rest\":{\"d\":4,\"a-\":5}}"));
    QCOMPARE(shift("{\"tag-*-*\":\"&(0,2).&(0,1)\"}", "{\"tag-en-title\":\"t\"}"),
             std::string("{\"title\":{\"en\":\"t\"}}"));
    // What a key names comes before any pattern.
    QCOMPARE(shift("{\"*\":\"other\",\"a\":\"mine\"}", "{\"a\":1,\"b\":2}"),
             std::string("{\"mine\":1,\"other\":2}"));
    QCOMPARE(shift("{\"a\":null,\"*\":\"&\"}", "{\"a\":1,\"b\":2}"), std::string("{\"b\":2}"));
  }

  void secondValuesMakeArrays() {
    QCOMPARE(shift("{\"*\":\"all\"}", "{\"a\":1,\"b\":2,\"c\":3}"),
             std::string("{\"all\":[1,2,3]}"));
    QCOMPARE(shift("{\"a\":\"all[]\"}", "{\"a\":1}"), std::string("{\"all\":[1]}"));
    QCOMPARE(shift("{\"a\":[\"x\",\"y.z\"]}", "{\"a\":1}"),
             std::string("{\"x\":1,\"y\":{\"z\":1}}"));
  }

  void listsBecomeMapsAndMapsLists() {
    QCOMPARE(shift("{\"photos\":{\"*\":{\"id\":\"p-&1-id\",\"url\":\"p-&1-url\"}}}",
                   "{\"photos\":[{\"id\":\"a\",\"url\":\"u\"},{\"id\":\"b\"}]}"),
             std::string("{\"p-0-id\":\"a\",\"p-0-url\":\"u\",\"p-1-id\":\"b\"}"));
    QCOMPARE(shift("{\"p-*\":\"photos[&(0,1)].id\"}", "{\"p-1\":\"b\",\"p-0\":\"a\"}"),
             std::string("{\"photos\":[{\"id\":\"a\"},{\"id\":\"b\"}]}"));
    // [#2]: how many keys two levels up were matched before.
    QCOMPARE(shift("{\"*\":{\"v\":\"out[#2].v\",\"$\":\"out[#2].k\"}}",
                   "{\"x\":{\"v\":1},\"y\":{\"v\":2}}"),
             std::string("{\"out\":[{\"k\":\"x\",\"v\":1},{\"k\":\"y\",\"v\":2}]}"));
    QCOMPARE(shift("{\"*\":\"[]\"}", "{\"a\":1,\"b\":2}"), std::string("[1,2]"));
  }

  void valuesMayNameKeys() {
    QCOMPARE(shift("{\"*\":{\"value\":\"@(1,name)\"}}",
                   "[{\"name\":\"a\",\"value\":1},{\"name\":\"b\",\"value\":2}]"),
             std::string("{\"a\":1,\"b\":2}"));
    QCOMPARE(shift("{\"gender\":{\"m\":{\"#male\":\"text\"},\"f\":{\"#female\":\"text\"}}}",
                   "{\"gender\":\"f\"}"),
             std::string("{\"text\":\"female\"}"));
    QCOMPARE(
        shift("{\"on\":{\"true\":{\"@(2,data)\":\"kept\"}}}", "{\"on\":true,\"data\":{\"x\":[1]}}"),
        std::string("{\"kept\":{\"x\":[1]}}"));
    QCOMPARE(shift("{\"a\":{\"@\":\"whole\",\"b\":\"part\"}}", "{\"a\":{\"b\":1}}"),
             std::string("{\"whole\":{\"b\":1},\"part\":1}"));
    QCOMPARE(shift("{\"\\\\@type\":\"type\"}", "{\"@type\":\"t\"}"),
             std::string("{\"type\":\"t\"}"));
  }

  void whatIsNotMatchedIsLeftOut() {
    QCOMPARE(shift("{\"a\":\"b\"}", "{\"c\":1}"), std::string("null"));
    QCOMPARE(shift("{\"a\":{\"b\":\"c\"}}", "{\"a\":1}"), std::string("null"));
    QCOMPARE(shift("{\"a\":\"x\",\"b\":\"x.y\"}", "{\"a\":1,\"b\":2}"), std::string("{\"x\":1}"));
  }

  void defaultsFillWhatIsMissing() {
    QCOMPARE(run("default", "{\"a\":1,\"b\":{\"c\":[2]},\"n\":3}", "{\"a\":0,\"n\":null}"),
             std::string("{\"a\":0,\"n\":3,\"b\":{\"c\":[2]}}"));
    QCOMPARE(run("default", "{\"r\":{\"*\":{\"max\":5}}}", "{\"r\":{\"x\":{},\"y\":{\"max\":1}}}"),
             std::string("{\"r\":{\"x\":{\"max\":5},\"y\":{\"max\":1}}}"));
    QCOMPARE(run("default", "{\"a|b\":{\"k\":1}}", "{\"a\":{}}"), std::string("{\"a\":{\"k\":1}}"));
    QCOMPARE(run("default", "{\"list[]\":{\"0\":\"x\",\"2\":\"z\"}}", "{\"list\":[\"a\"]}"),
             std::string("{\"list\":[\"a\",null,\"z\"]}"));
    QCOMPARE(run("default", "{\"*\":{\"k\":1}}", "[{},{\"k\":2}]"),
             std::string("[{\"k\":1},{\"k\":2}]"));
  }

  void keysAreRemoved() {
    QCOMPARE(run("remove", "{\"a\":\"\",\"b\":{\"c\":\"\"},\"x*\":\"\",\"none\":\"\"}",
                 "{\"a\":1,\"b\":{\"c\":2,\"d\":3},\"x1\":4,\"y\":5}"),
             std::string("{\"b\":{\"d\":3},\"y\":5}"));
    QCOMPARE(run("remove", "{\"l\":{\"0\":\"\",\"*\":{\"k\":\"\"}}}",
                 "{\"l\":[{\"k\":1},{\"k\":2,\"m\":3}]}"),
             std::string("{\"l\":[{\"m\":3}]}"));
  }

  void keysAreSorted() {
    QCOMPARE(run("sort", "", "{\"b\":{\"y\":1,\"x\":2},\"~z\":0,\"a\":[{\"d\":1,\"c\":2}]}"),
             std::string("{\"~z\":0,\"a\":[{\"c\":2,\"d\":1}],\"b\":{\"x\":2,\"y\":1}}"));
  }

  void valuesBecomeOneOrMany() {
    QCOMPARE(run("card", "{\"a\":\"ONE\",\"b\":\"MANY\",\"c\":\"ONE\",\"d\":\"MANY\"}",
                 "{\"a\":[1,2],\"b\":3,\"c\":4,\"d\":null}"),
             std::string("{\"a\":1,\"b\":[3],\"c\":4,\"d\":[]}"));
    QCOMPARE(run("card", "{\"p\":{\"@\":\"ONE\",\"tags\":\"MANY\"}}", "{\"p\":[{\"tags\":1}]}"),
             std::string("{\"p\":{\"tags\":[1]}}"));
    QCOMPARE(run("card", "{\"p\":{\"*\":{\"t\":\"ONE\"}}}", "{\"p\":[{\"t\":[1]},{\"t\":[2]}]}"),
             std::string("{\"p\":[{\"t\":1},{\"t\":2}]}"));
  }

  void functionsModifyValues() {
    const auto modify = [](const std::string& specification, const std::string& input) {
      return run("modify-overwrite", specification, input);
    };
    QCOMPARE(modify("{\"a\":\"=toUpper\",\"b\":\"=concat(@(1,a),'-',@(1,n))\"}",
                    "{\"a\":\"x\",\"n\":7}"),
             std::string("{\"a\":\"X\",\"n\":7,\"b\":\"X-7\"}"));
    QCOMPARE(modify("{\"i\":\"=toInteger\",\"d\":\"=toDouble\",\"t\":\"=toString\","
                    "\"b\":\"=toBoolean\",\"s\":\"=size(@(1,l))\"}",
                    "{\"i\":\"12\",\"d\":\"1.5\",\"t\":3,\"b\":\"TRUE\",\"l\":[1,2]}"),
             std::string("{\"i\":12,\"d\":1.5,\"t\":\"3\",\"b\":true,\"l\":[1,2],\"s\":2}"));
    QCOMPARE(modify("{\"sum\":\"=intSum(@(1,l))\",\"max\":\"=max(@(1,l))\","
                    "\"avg\":\"=avg(@(1,l))\",\"first\":\"=firstElement(@(1,l))\","
                    "\"joined\":\"=join(',',@(1,l))\",\"q\":\"=divideAndRound(2,10,3)\"}",
                    "{\"l\":[1,4,4]}"),
             std::string("{\"l\":[1,4,4],\"sum\":9,\"max\":4,\"avg\":3.0,\"first\":1,"
                         "\"joined\":\"1,4,4\",\"q\":3.33}"));
    // The first alternative that has a value; without one nothing is set.
    QCOMPARE(modify("{\"a\":[\"=toInteger\",0],\"b\":\"=toInteger\",\"c\":\"@(1,missing)\"}",
                    "{\"a\":\"no\",\"b\":\"no\"}"),
             std::string("{\"a\":0,\"b\":\"no\"}"));
    QCOMPARE(modify("{\"*\":{\"k\":\"=trim\"}}", "[{\"k\":\" a \"},{\"k\":\"b \"}]"),
             std::string("[{\"k\":\"a\"},{\"k\":\"b\"}]"));
    QCOMPARE(modify("{\"l\":\"=sort\",\"n\":\"=recursivelySquashNulls\"}",
                    "{\"l\":[3,1,2],\"n\":{\"a\":null,\"b\":[null,{\"c\":null}]}}"),
             std::string("{\"l\":[1,2,3],\"n\":{\"b\":[{}]}}"));
  }

  void modifyKnowsWhenToSet() {
    const std::string input = "{\"there\":1,\"null\":null}";
    const std::string specification =
        "{\"there\":2,\"null\":2,\"missing\":2,\"deep\":{\"er\":2},\"maybe?\":2}";
    QCOMPARE(run("modify-overwrite", specification, input),
             std::string("{\"there\":2,\"null\":2,\"missing\":2,\"deep\":{\"er\":2}}"));
    QCOMPARE(run("modify-default", specification, input),
             std::string("{\"there\":1,\"null\":2,\"missing\":2,\"deep\":{\"er\":2}}"));
    QCOMPARE(run("modify-define", specification, input),
             std::string("{\"there\":1,\"null\":null,\"missing\":2,\"deep\":{\"er\":2}}"));
    QCOMPARE(run("modify-default", "{\"+there\":2}", input),
             std::string("{\"there\":2,\"null\":null}"));
    QCOMPARE(run("modify-overwrite", "{\"l\":{\"[1]\":9}}", "{\"l\":[0]}"),
             std::string("{\"l\":[0,9]}"));
  }

  void operationsMakeAChain() {
    QCOMPARE(run("chain",
                 "[{\"operation\":\"shift\",\"spec\":{\"a\":\"b\"}},"
                 "{\"operation\":\"default\",\"spec\":{\"c\":2}},"
                 "{\"operation\":\"modify-overwrite-beta\",\"spec\":{\"b\":\"=toUpper\"}}]",
                 "{\"a\":\"x\"}"),
             std::string("{\"b\":\"X\",\"c\":2}"));
  }

  void numbersAndTextKeepTheirForm() {
    QCOMPARE(shift("{\"*\":\"&\"}",
                   "{\"d\":1.0,\"big\":123456789012345678901234567890,\"t\":\"\xC3\xA9\\n\"}"),
             std::string("{\"d\":1.0,\"big\":123456789012345678901234567890,"
                         "\"t\":\"\xC3\xA9\\n\"}"));
    ProcessorBench bench(millrace::processors::processorIn_jolt_transform_json);
    bench.set("Jolt Transform", "jolt-transform-sort").set("Pretty Print", "true");
    bench.enqueue("{\"a\":[1,{}],\"b\":{\"c\":[]}}");
    bench.run();
    const auto output = bench.outputs("success").at(0);
    QCOMPARE(QJsonDocument::fromJson(QByteArray::fromStdString(output.content)),
             QJsonDocument::fromJson("{\"a\":[1,{}],\"b\":{\"c\":[]}}"));
    QVERIFY(output.content.starts_with("{\n  \"a\" : [ 1, { } ],\n"));
    QCOMPARE(output.attributes.at("mime.type"), std::string("application/json"));
  }

  void theSourceMayBeAnAttributeOrLines() {
    ProcessorBench attribute(millrace::processors::processorIn_jolt_transform_json);
    attribute.set("Jolt Transform", "jolt-transform-shift")
        .set("Jolt Specification", "{\"a\":\"${key}\"}")
        .set("JSON Source", "ATTRIBUTE")
        .set("JSON Source Attribute", "json");
    attribute.enqueue("kept", {{"json", "{\"a\":1}"}, {"key", "k"}});
    attribute.enqueue("kept", {{"json", "{\"a\":1}"}, {"key", "l"}});
    attribute.enqueue("kept", {{"key", "k"}});
    attribute.run();
    QCOMPARE(attribute.outputs("success").at(0).attributes.at("json"), std::string("{\"k\":1}"));
    QCOMPARE(attribute.outputs("success").at(1).attributes.at("json"), std::string("{\"l\":1}"));
    QCOMPARE(attribute.outputs("success").at(0).content, std::string("kept"));
    QCOMPARE(attribute.count("failure"), std::size_t{1});
    ProcessorBench lines(millrace::processors::processorIn_jolt_transform_json);
    lines.set("Jolt Transform", "jolt-transform-shift")
        .set("Jolt Specification", "{\"a\":\"b\"}")
        .set("JSON Source", "JSON_LINES");
    lines.enqueue("{\"a\":1}\n\n{\"a\":2}\n");
    lines.run();
    QCOMPARE(lines.outputs("success").at(0).content, std::string("{\"b\":1}\n{\"b\":2}"));
  }

  void whatIsWrongIsSaid() {
    QCOMPARE(shift("{\"a\":\"b\"}", "no json"), std::string("failure"));
    QCOMPARE(run("default", "{\"a\":1}", "[]"), std::string("failure"));
    for (const auto& [operation, specification] : std::vector<std::pair<std::string, std::string>>{
             {"shift", "{\"a\":1}"},
             {"shift", "[]"},
             {"shift", "{\"a\":\"b[x]\"}"},
             {"shift", "{\"a\":\"&(1\"}"},
             {"shift", "no json"},
             {"card", "{\"a\":\"TWO\"}"},
             {"remove", "{\"a\":\"b\"}"},
             {"modify-overwrite", "{\"a\":\"=toUpperr\"}"},
             {"modify-overwrite", "{\"a\":\"=concat(@(1,a)\"}"},
             {"chain", "[{\"operation\":\"shfit\",\"spec\":{}}]"},
             {"chain", "{}"}}) {
      const std::string said = run(operation, specification, "{}");
      QVERIFY2(said.starts_with("problem: "), (specification + ": " + said).c_str());
    }
  }
};

QTEST_GUILESS_MAIN(JoltTransformJsonTest)
#include "jolt_transform_json_test.moc"
