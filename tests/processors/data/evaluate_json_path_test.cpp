// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_evaluate_json_path;
}

using millrace::tests::ProcessorBench;
using AttributeMap = ProcessorBench::AttributeMap;

namespace {
const std::string kBook =
    "{\"title\":\"Moby-Dick\",\"price\":8.990,\"sold\":true,\"none\":null,"
    "\"tags\":[\"sea\",\"whale\"],\"by\":{\"name\":\"Herman \\u00e9\"}}";
}

class EvaluateJsonPathTest : public QObject {
  Q_OBJECT

 private:
  ProcessorBench& toAttributes(ProcessorBench& bench) {
    return bench.set("Destination", "flowfile-attribute");
  }

 private slots:
  void eachPathSetsItsAttribute() {
    ProcessorBench bench(millrace::processors::processorIn_evaluate_json_path);
    toAttributes(bench)
        .set("title", "$.title")
        .set("price", "$.price")
        .set("sold", "$.sold")
        .set("author", "$.by.name");
    bench.enqueue(kBook, {{"title", "before"}});
    bench.run();
    const auto matched = bench.outputs("matched").at(0);
    QCOMPARE(matched.content, kBook);
    QCOMPARE(matched.attributes.at("title"), std::string("Moby-Dick"));
    QCOMPARE(matched.attributes.at("price"), std::string("8.990"));
    QCOMPARE(matched.attributes.at("sold"), std::string("true"));
    QCOMPARE(matched.attributes.at("author"), std::string("Herman \303\251"));
  }

  void theContentBecomesTheValue_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("expected");
    QTest::newRow("text has no quotes") << "$.title"
                                        << "Moby-Dick";
    QTest::newRow("object") << "$.by" << QString::fromUtf8("{\"name\":\"Herman \303\251\"}");
    QTest::newRow("array") << "$.tags"
                           << "[\"sea\",\"whale\"]";
    QTest::newRow("indefinite path is a list") << "$..title"
                                               << "[\"Moby-Dick\"]";
    QTest::newRow("indefinite path of nothing") << "$..isbn"
                                                << "[]";
    QTest::newRow("null") << "$.none"
                          << "";
  }
  void theContentBecomesTheValue() {
    QFETCH(const QString, path);
    QFETCH(const QString, expected);
    ProcessorBench bench(millrace::processors::processorIn_evaluate_json_path);
    bench.set("any", path.toStdString());
    bench.enqueue(kBook, {{"kept", "yes"}});
    bench.run();
    const auto matched = bench.outputs("matched").at(0);
    QCOMPARE(matched.content, expected.toStdString());
    QCOMPARE(matched.attributes.at("kept"), std::string("yes"));
    QVERIFY(!matched.attributes.contains("any"));
  }

  void aMissingPathLeavesTheContentUnmatched() {
    ProcessorBench bench(millrace::processors::processorIn_evaluate_json_path);
    bench.set("any", "$.isbn");
    bench.enqueue(kBook);
    bench.run();
    QCOMPARE(bench.outputs("unmatched").at(0).content, kBook);
    QCOMPARE(bench.count("matched"), std::size_t(0));
    QVERIFY(bench.bulletins().empty());
  }

  void aMissingPathAndItsAttribute_data() {
    QTest::addColumn<QString>("behavior");
    QTest::addColumn<bool>("isEmptied");
    QTest::addColumn<int>("warnings");
    QTest::newRow("ignore") << "ignore" << true << 0;
    QTest::newRow("warn") << "warn" << true << 1;
    QTest::newRow("skip") << "skip" << false << 0;
  }
  void aMissingPathAndItsAttribute() {
    QFETCH(const QString, behavior);
    QFETCH(const bool, isEmptied);
    QFETCH(const int, warnings);
    ProcessorBench bench(millrace::processors::processorIn_evaluate_json_path);
    toAttributes(bench)
        .set("Path Not Found Behavior", behavior.toStdString())
        .set("isbn", "$.isbn")
        .set("title", "$.title");
    bench.enqueue(kBook, {{"isbn", "before"}});
    bench.run();
    const auto matched = bench.outputs("matched").at(0);
    QCOMPARE(matched.attributes.at("isbn"), std::string(isEmptied ? "" : "before"));
    QCOMPARE(matched.attributes.at("title"), std::string("Moby-Dick"));
    QCOMPARE(static_cast<int>(bench.bulletins().size()), warnings);
  }

  void containersAreNoAttributesUnlessJsonIsAskedFor() {
    ProcessorBench bench(millrace::processors::processorIn_evaluate_json_path);
    toAttributes(bench).set("tags", "$.tags");
    bench.enqueue(kBook);
    bench.run();
    QCOMPARE(bench.count("failure"), std::size_t(1));
    bench.set("Return Type", "json");
    bench.enqueue(kBook);
    bench.run();
    QCOMPARE(bench.outputs("matched").at(0).attributes.at("tags"),
             std::string("[\"sea\",\"whale\"]"));
  }

  void scalarReturnTypeRefusesAnObjectForTheContent() {
    ProcessorBench bench(millrace::processors::processorIn_evaluate_json_path);
    bench.set("Return Type", "scalar").set("any", "$.by");
    bench.enqueue(kBook);
    bench.run();
    QCOMPARE(bench.outputs("failure").at(0).content, kBook);
  }

  void nullIsEmptyOrTheWord() {
    ProcessorBench bench(millrace::processors::processorIn_evaluate_json_path);
    toAttributes(bench).set("none", "$.none");
    bench.enqueue(kBook);
    bench.run();
    bench.set("Null Value Representation", "the string 'null'");
    bench.enqueue(kBook);
    bench.run();
    QCOMPARE(bench.outputs("matched").at(0).attributes.at("none"), std::string());
    QCOMPARE(bench.outputs("matched").at(1).attributes.at("none"), std::string("null"));
  }

  void whatIsNoJsonFails_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("words") << QByteArray("this is no JSON");
    QTest::newRow("cut off") << QByteArray("{\"a\":[1,2");
    QTest::newRow("missing colon") << QByteArray("{\"a\" 1}");
    QTest::newRow("deeper than any stack") << QByteArray(100000, '[');
  }
  void whatIsNoJsonFails() {
    QFETCH(const QByteArray, content);
    ProcessorBench bench(millrace::processors::processorIn_evaluate_json_path);
    bench.set("any", "$.a");
    bench.enqueue(content.toStdString());
    bench.run();
    QCOMPARE(bench.outputs("failure").at(0).content, content.toStdString());
    QCOMPARE(bench.bulletins().size(), std::size_t(1));
  }

  void aTooLongStringFails() {
    ProcessorBench bench(millrace::processors::processorIn_evaluate_json_path);
    bench.set("any", "$.a").set("Max String Length", "10 B");
    bench.enqueue("{\"a\":\"0123456789\"}");
    bench.enqueue("{\"a\":\"0123456789x\"}");
    bench.run();
    QCOMPARE(bench.outputs("matched").at(0).content, std::string("0123456789"));
    QCOMPARE(bench.count("failure"), std::size_t(1));
  }

  void aLargeDocumentIsReadWhole() {
    std::string text = "{\"list\":[0";
    for (int i = 1; i < 300000; ++i) text += "," + std::to_string(i);
    text += "],\"last\":\"here\"}";
    ProcessorBench bench(millrace::processors::processorIn_evaluate_json_path);
    toAttributes(bench).set("last", "$.last").set("item", "$.list[299999]");
    bench.enqueue(text);
    bench.run();
    const auto matched = bench.outputs("matched").at(0);
    QCOMPARE(matched.attributes.at("last"), std::string("here"));
    QCOMPARE(matched.attributes.at("item"), std::string("299999"));
  }

  void theContentTakesExactlyOnePath() {
    ProcessorBench none(millrace::processors::processorIn_evaluate_json_path);
    QVERIFY(!none.problem().empty());
    ProcessorBench two(millrace::processors::processorIn_evaluate_json_path);
    two.set("a", "$.a").set("b", "$.b");
    QVERIFY(!two.problem().empty());
    ProcessorBench broken(millrace::processors::processorIn_evaluate_json_path);
    broken.set("a", "$.a[");
    QVERIFY(!broken.problem().empty());
  }
};

QTEST_GUILESS_MAIN(EvaluateJsonPathTest)
#include "evaluate_json_path_test.moc"
