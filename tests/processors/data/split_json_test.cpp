// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>
#include <set>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_split_json;
}

using millrace::tests::ProcessorBench;
using Strings = std::vector<std::string>;

class SplitJsonTest : public QObject {
  Q_OBJECT

 private:
  static Strings contents(ProcessorBench& bench) {
    Strings all;
    for (const auto& output : bench.outputs("split")) all.push_back(output.content);
    return all;
  }
  static Strings attributes(ProcessorBench& bench, const std::string& name) {
    Strings all;
    for (const auto& output : bench.outputs("split")) all.push_back(output.attributes.at(name));
    return all;
  }

 private slots:
  void everyItemBecomesAFragment() {
    ProcessorBench bench(millrace::processors::processorIn_split_json);
    bench.set("JsonPath Expression", "$.items");
    const std::string content = "{\"items\":[{\"a\": 1.50},[1, 2],\"x\\ty\",7,true]}";
    bench.enqueue(content, {{"filename", "in.json"}, {"kept", "yes"}});
    bench.run();
    QCOMPARE(contents(bench), (Strings{"{\"a\":1.50}", "[1,2]", "x\ty", "7", "true"}));
    QCOMPARE(attributes(bench, "fragment.index"), (Strings{"0", "1", "2", "3", "4"}));
    QCOMPARE(attributes(bench, "fragment.count"), Strings(5, "5"));
    QCOMPARE(attributes(bench, "segment.original.filename"), Strings(5, "in.json"));
    QCOMPARE(attributes(bench, "kept"), Strings(5, "yes"));
    const auto original = bench.outputs("original").at(0);
    QCOMPARE(original.content, content);
    QCOMPARE(original.attributes.at("fragment.count"), std::string("5"));
    QCOMPARE(attributes(bench, "fragment.identifier"),
             Strings(5, original.attributes.at("fragment.identifier")));
    QVERIFY(!original.attributes.contains("fragment.index"));
    const Strings uuids = attributes(bench, "uuid");
    QCOMPARE(std::set<std::string>(uuids.begin(), uuids.end()).size(), std::size_t(5));
  }

  void anIndefinitePathSplitsWhatItFinds() {
    ProcessorBench bench(millrace::processors::processorIn_split_json);
    bench.set("JsonPath Expression", "$[*].name");
    bench.enqueue("[{\"name\":\"\xC3\xA9\"},{\"id\":2},{\"name\":\"z\"}]");
    bench.run();
    QCOMPARE(contents(bench), (Strings{"\xC3\xA9", "z"}));
  }

  void anEmptyArrayGivesOnlyTheOriginal() {
    ProcessorBench bench(millrace::processors::processorIn_split_json);
    bench.set("JsonPath Expression", "$");
    bench.enqueue("[]");
    bench.run();
    QCOMPARE(bench.count("split"), std::size_t(0));
    QCOMPARE(bench.outputs("original").at(0).attributes.at("fragment.count"), std::string("0"));
  }

  void nullIsEmptyOrTheWord() {
    ProcessorBench bench(millrace::processors::processorIn_split_json);
    bench.set("JsonPath Expression", "$");
    bench.enqueue("[null]");
    bench.run();
    bench.set("Null Value Representation", "the string 'null'");
    bench.enqueue("[null]");
    bench.run();
    QCOMPARE(contents(bench), (Strings{"", "null"}));
  }

  void whatCannotBeSplitFails_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("no JSON") << QByteArray("items: 1");
    QTest::newRow("cut off") << QByteArray("{\"items\":[1,");
    QTest::newRow("path not found") << QByteArray("{\"other\":[1]}");
    QTest::newRow("an object") << QByteArray("{\"items\":{\"a\":1}}");
    QTest::newRow("a text") << QByteArray("{\"items\":\"abc\"}");
    QTest::newRow("null") << QByteArray("{\"items\":null}");
  }
  void whatCannotBeSplitFails() {
    QFETCH(const QByteArray, content);
    ProcessorBench bench(millrace::processors::processorIn_split_json);
    bench.set("JsonPath Expression", "$.items");
    bench.enqueue(content.toStdString());
    bench.run();
    const auto failure = bench.outputs("failure").at(0);
    QCOMPARE(failure.content, content.toStdString());
    QVERIFY(!failure.attributes.contains("fragment.identifier"));
    QCOMPARE(bench.count("split") + bench.count("original"), std::size_t(0));
    QCOMPARE(bench.bulletins().size(), std::size_t(1));
  }

  void manyItemsOfAnySizeStayWhole() {
    ProcessorBench bench(millrace::processors::processorIn_split_json);
    bench.set("JsonPath Expression", "$");
    const std::string large(2000000, 'x');
    std::string content = "[\"" + large + "\"";
    for (int i = 1; i < 3000; ++i) content += "," + std::to_string(i);
    bench.enqueue(content + "]");
    bench.run();
    const auto parts = contents(bench);
    QCOMPARE(parts.size(), std::size_t(3000));
    QCOMPARE(parts.front(), large);
    QCOMPARE(parts.back(), std::string("2999"));
  }

  void aBadPathIsRefused() {
    ProcessorBench bench(millrace::processors::processorIn_split_json);
    QVERIFY(!bench.problem().empty());
    bench.set("JsonPath Expression", "$.a[?(");
    QVERIFY(!bench.problem().empty());
  }
};

QTEST_GUILESS_MAIN(SplitJsonTest)
#include "split_json_test.moc"
