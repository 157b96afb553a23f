// SPDX-License-Identifier: Apache-2.0
// EvaluateXPath and SplitXml.
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_evaluate_xpath;
extern const ProcessorDescriptor processorIn_split_xml;
}  // namespace millrace::processors

using millrace::tests::ProcessorBench;
using Settings = std::vector<std::pair<std::string, std::string>>;
using Strings = std::vector<std::string>;

class XmlTest : public QObject {
  Q_OBJECT

 private:
  static constexpr const char* kLibrary =
      "<?xml version=\"1.0\"?><library><book id=\"1\"><title>Caf\xC3\xA9 &amp; more</title>"
      "</book><book id=\"2\"><title>B</title></book><empty/></library>";

  static std::unique_ptr<ProcessorBench> evaluated(const Settings& settings,
                                                   std::string_view content) {
    auto bench = std::make_unique<ProcessorBench>(millrace::processors::processorIn_evaluate_xpath);
    for (const auto& [name, value] : settings) bench->set(name, value);
    bench->enqueue(content);
    bench->run();
    return bench;
  }
  static Strings split(const std::string& depth, std::string_view content) {
    ProcessorBench bench(millrace::processors::processorIn_split_xml);
    bench.set("Split Depth", depth);
    bench.enqueue(content);
    bench.run();
    Strings all;
    for (const auto& output : bench.outputs("split")) all.push_back(output.content);
    return all;
  }

 private slots:
  void valuesBecomeAttributes() {
    const auto bench = evaluated({{"Destination", "flowfile-attribute"},
                                  {"title", "/library/book[1]/title"},
                                  {"second", "//book[2]/@id"},
                                  {"count", "count(//book)"},
                                  {"missing", "//author"}},
                                 kLibrary);
    const auto output = bench->outputs("matched").at(0);
    QCOMPARE(output.content, std::string(kLibrary));
    QCOMPARE(output.attributes.at("title"), std::string("Caf\xC3\xA9 & more"));
    QCOMPARE(output.attributes.at("second"), std::string("2"));
    QCOMPARE(output.attributes.at("count"), std::string("2"));
    QCOMPARE(output.attributes.at("missing"), std::string());
  }

  void aNodeBecomesTheContent() {
    QCOMPARE(evaluated({{"x", "//book[@id='2']"}}, kLibrary)->outputs("matched").at(0).content,
             std::string("<book id=\"2\"><title>B</title></book>"));
    QCOMPARE(evaluated({{"x", "//book[@id='1']/title/text()"}}, kLibrary)
                 ->outputs("matched")
                 .at(0)
                 .content,
             std::string("Caf\xC3\xA9 &amp; more"));
    QCOMPARE(evaluated({{"x", "//book[1]/title"}, {"Return Type", "string"}}, kLibrary)
                 ->outputs("matched")
                 .at(0)
                 .content,
             std::string("Caf\xC3\xA9 & more"));
  }

  void noNodeIsUnmatchedAndSeveralFail() {
    QCOMPARE(evaluated({{"x", "//author"}}, kLibrary)->outputs("unmatched").at(0).content,
             std::string(kLibrary));
    QCOMPARE(evaluated({{"x", "//book"}}, kLibrary)->outputs("failure").at(0).content,
             std::string(kLibrary));
    const auto attribute = evaluated(
        {{"Destination", "flowfile-attribute"}, {"Return Type", "nodeset"}, {"x", "//empty"}},
        kLibrary);
    QCOMPARE(attribute->outputs("matched").at(0).attributes.at("x"), std::string("<empty/>"));
    QCOMPARE(evaluated({{"x", "count(//book)"}}, kLibrary)->count("failure"), std::size_t{1});
  }

  void whatIsNoXmlFails() {
    for (const char* wrong : {"", "no xml", "<a>", "<a></b>", "<a/><b/>", "<a b=c/>"})
      QVERIFY2(evaluated({{"x", "/*"}}, wrong)->count("failure") == 1, wrong);
    std::string deep;
    for (int i = 0; i < 200000; ++i) deep += "<a>";
    for (int i = 0; i < 200000; ++i) deep += "</a>";
    QCOMPARE(evaluated({{"x", "/*"}}, deep)->count("failure"), std::size_t{1});
  }

  void aDocumentTypeIsRefusedUnlessAllowed() {
    const char* declared = "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>x&e;</a>";
    QCOMPARE(evaluated({{"x", "/a"}}, declared)->count("failure"), std::size_t{1});
    const auto allowed =
        evaluated({{"x", "/a"}, {"Allow DTD", "true"}, {"Return Type", "string"}}, declared);
    QCOMPARE(allowed->outputs("matched").at(0).content, std::string("x&e;"));
  }

  void anExpressionThatIsNoneIsRefused() {
    ProcessorBench bench(millrace::processors::processorIn_evaluate_xpath);
    bench.set("x", "//book[");
    QVERIFY(bench.problem().find("XPath") != std::string::npos);
    ProcessorBench two(millrace::processors::processorIn_evaluate_xpath);
    two.set("x", "/a").set("y", "/b");
    QVERIFY(two.problem().find("exactly one") != std::string::npos);
  }

  void elementsBecomeDocuments() {
    const std::string head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    QCOMPARE(split("1", kLibrary),
             (Strings{head + "<book id=\"1\"><title>Caf\xC3\xA9 &amp; more</title></book>",
                      head + "<book id=\"2\"><title>B</title></book>", head + "<empty></empty>"}));
    QCOMPARE(split("2", kLibrary).size(), std::size_t{2});
    QCOMPARE(split("3", kLibrary), Strings{});
    QCOMPARE(split("1", "<a>text<!-- no --><b>1<![CDATA[<2>]]></b> </a>"),
             (Strings{head + "<b>1&lt;2&gt;</b>"}));
  }

  void splitsKeepTheirNamespaces() {
    const Strings splits =
        split("1", "<r xmlns=\"urn:a\" xmlns:p=\"urn:p\"><p:x k=\"1\"/><y xmlns=\"urn:b\"/></r>");
    const std::string head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    QCOMPARE(splits, (Strings{head + "<p:x k=\"1\" xmlns=\"urn:a\" xmlns:p=\"urn:p\"></p:x>",
                              head + "<y xmlns=\"urn:b\" xmlns:p=\"urn:p\"></y>"}));
  }

  void splitsAndOriginalAreTiedTogether() {
    ProcessorBench bench(millrace::processors::processorIn_split_xml);
    bench.enqueue(kLibrary, {{"filename", "lib.xml"}});
    bench.enqueue("broken <");
    bench.run();
    const auto original = bench.outputs("original").at(0).attributes;
    const auto splits = bench.outputs("split");
    QCOMPARE(original.at("fragment.count"), std::string("3"));
    for (std::size_t i = 0; i < 3; ++i) {
      const auto& attributes = splits[i].attributes;
      QCOMPARE(attributes.at("fragment.identifier"), original.at("fragment.identifier"));
      QCOMPARE(attributes.at("fragment.index"), std::to_string(i));
      QCOMPARE(attributes.at("segment.original.filename"), std::string("lib.xml"));
    }
    QCOMPARE(bench.outputs("failure").at(0).content, std::string("broken <"));
  }
};

QTEST_GUILESS_MAIN(XmlTest)
#include "xml_test.moc"
