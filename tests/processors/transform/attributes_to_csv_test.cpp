// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_attributes_to_csv;
}

using millrace::tests::ProcessorBench;
using Settings = std::vector<std::pair<std::string, std::string>>;

class AttributesToCsvTest : public QObject {
  Q_OBJECT

 private:
  static ProcessorBench::Output write(const Settings& settings,
                                      const ProcessorBench::AttributeMap& attributes) {
    ProcessorBench bench(millrace::processors::processorIn_attributes_to_csv);
    for (const auto& [name, value] : settings) bench.set(name, value);
    bench.enqueue("content", attributes);
    bench.run();
    return bench.outputs("success").at(0);
  }

 private slots:
  void listedAttributesBecomeALine() {
    const auto output = write({{"Attribute List", " b,a , missing,b"}, {"Include Schema", "true"}},
                              {{"a", "1"}, {"b", "x,y"}, {"c", "no"}});
    QCOMPARE(output.content, std::string("content"));
    QCOMPARE(output.attributes.at("CSVData"), std::string("\"x,y\",1,"));
    QCOMPARE(output.attributes.at("CSVSchema"), std::string("b,a,missing"));
  }

  void fieldsAreQuotedWhereTheyMust() {
    const auto output = write(
        {{"Attribute List", "q,n,\"a,b\",\xC3\xA9"}},
        {{"q", "say \"hi\""}, {"n", "two\nlines"}, {"a,b", "comma"}, {"\xC3\xA9", "\xE2\x82\xAC"}});
    QCOMPARE(output.attributes.at("CSVData"),
             std::string("\"say \"\"hi\"\"\",\"two\nlines\",comma,\xE2\x82\xAC"));
    QVERIFY(!output.attributes.contains("CSVSchema"));
  }

  void missingAttributesMayBeNull() {
    const auto output =
        write({{"Attribute List", "missing,a"}, {"Null Value", "true"}}, {{"a", ""}});
    QCOMPARE(output.attributes.at("CSVData"), std::string("null,"));
  }

  void theContentMayBeTheDestination() {
    const auto output = write({{"Attributes Regular Expression", "x\\d"},
                               {"Destination", "flowfile-content"},
                               {"Include Schema", "true"}},
                              {{"x1", "1"}, {"x12", "2"}});
    QCOMPARE(output.content, std::string("x1\n1"));
    QCOMPARE(output.attributes.at("mime.type"), std::string("text/csv"));
    QVERIFY(!output.attributes.contains("CSVData"));
  }

  void withoutAListAllAttributesAreWritten() {
    const auto output = write({{"Include Core Attributes", "false"}, {"Include Schema", "true"}},
                              {{"only", "me"}, {"filename", "f"}, {"path", "p"}});
    QCOMPARE(output.attributes.at("CSVSchema"), std::string("only"));
    QCOMPARE(output.attributes.at("CSVData"), std::string("me"));
    const auto core = write({{"Include Schema", "true"}}, {{"filename", "f"}});
    QVERIFY(core.attributes.at("CSVSchema").find("filename") != std::string::npos);
  }

  void anExpressionMayNameTheAttributes() {
    const auto output = write({{"Attribute List", "${names}"}}, {{"names", "a,b"}, {"b", "2"}});
    QCOMPARE(output.attributes.at("CSVData"), std::string(",2"));
  }

  void aPatternThatTheFlowFileSpoilsFails() {
    ProcessorBench bench(millrace::processors::processorIn_attributes_to_csv);
    bench.set("Attributes Regular Expression", "${p}");
    bench.enqueue("content", {{"p", "("}});
    bench.run();
    QCOMPARE(bench.outputs("failure").at(0).content, std::string("content"));
  }
};

QTEST_GUILESS_MAIN(AttributesToCsvTest)
#include "attributes_to_csv_test.moc"
