// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_extract_text;
}

using millrace::tests::ProcessorBench;
using Settings = std::vector<std::pair<std::string, std::string>>;

namespace {

/// The attributes of a FlowFile that matched; empty when it did not.
ProcessorBench::AttributeMap extracted(const Settings& settings, std::string_view content) {
  ProcessorBench bench(millrace::processors::processorIn_extract_text);
  for (const auto& [name, value] : settings) bench.set(name, value);
  bench.enqueue(content);
  bench.run();
  if (bench.count("matched") != 1) return {};
  return bench.outputs("matched")[0].attributes;
}

}  // namespace

class ExtractTextTest : public QObject {
  Q_OBJECT

 private slots:
  void groupsBecomeNumberedAttributes() {
    const auto attributes = extracted({{"r", "(\\w+)=(\\w+)"}}, "key=value other=x");
    QCOMPARE(attributes.at("r"), std::string("key"));
    QCOMPARE(attributes.at("r.0"), std::string("key=value"));
    QCOMPARE(attributes.at("r.1"), std::string("key"));
    QCOMPARE(attributes.at("r.2"), std::string("value"));
    QVERIFY(!attributes.contains("r.3"));
  }

  void groupZeroMayBeLeftOut() {
    const auto attributes =
        extracted({{"r", "(\\w+)"}, {"Include Capture Group 0", "false"}}, "one");
    QVERIFY(!attributes.contains("r.0"));
    QCOMPARE(attributes.at("r.1"), std::string("one"));
  }

  void repeatedMatchesGoOnCounting() {
    const auto attributes =
        extracted({{"r", "(\\w)(\\d)"}, {"Enable Repeating Capture Group", "true"}}, "a1 b2 c3");
    QCOMPARE(attributes.at("r.0"), std::string("a1"));
    QCOMPARE(attributes.at("r.1"), std::string("a"));
    QCOMPARE(attributes.at("r.2"), std::string("1"));
    QCOMPARE(attributes.at("r.3"), std::string("b"));
    QCOMPARE(attributes.at("r.4"), std::string("2"));
    QCOMPARE(attributes.at("r.5"), std::string("c"));
    QCOMPARE(attributes.at("r.6"), std::string("3"));
    QCOMPARE(attributes.at("r"), std::string("a"));
  }

  void namedGroupsNameAttributes() {
    const auto attributes = extracted({{"r", "(?<k>\\w+)=(?<v>\\w+)"},
                                       {"Enable Named Groups", "true"},
                                       {"Enable Repeating Capture Group", "true"}},
                                      "a=1 b=2");
    QCOMPARE(attributes.at("r.k"), std::string("a"));
    QCOMPARE(attributes.at("r.v"), std::string("1"));
    QCOMPARE(attributes.at("r"), std::string("a=1"));
    QCOMPARE(attributes.at("r.k.1"), std::string("b"));
    QCOMPARE(attributes.at("r.v.1"), std::string("2"));
  }

  void longCapturesAreCutByCharacters() {
    const auto attributes =
        extracted({{"r", "(.+)"}, {"Maximum Capture Group Length", "2"}}, "\xC3\xA9\xC3\xA8z");
    QCOMPARE(attributes.at("r.1"), std::string("\xC3\xA9\xC3\xA8"));
  }

  void onlyTheHeadOfTheContentIsSearched() {
    const Settings settings{{"r", "(end)"}, {"Maximum Buffer Size", "1 KB"}};
    QVERIFY(extracted(settings, std::string(2000, '.') + "end").empty());
    QCOMPARE(extracted(settings, std::string(1000, '.') + "end").at("r"), std::string("end"));
  }

  void flagsWorkAsInJava() {
    QVERIFY(extracted({{"r", "(abc)"}}, "xABC").empty());
    QCOMPARE(
        extracted({{"r", "(abc)"}, {"Enable Case-insensitive Matching", "true"}}, "xABC").at("r"),
        std::string("ABC"));
    QVERIFY(extracted({{"r", "a(.)b"}}, "a\nb").empty());
    QCOMPARE(extracted({{"r", "a(.)b"}, {"Enable DOTALL Mode", "true"}}, "a\nb").at("r"),
             std::string("\n"));
    QVERIFY(extracted({{"r", "^(b)$"}}, "a\nb\nc").empty());
    QCOMPARE(extracted({{"r", "^(b)$"}, {"Enable Multiline Mode", "true"}}, "a\nb\nc").at("r"),
             std::string("b"));
    QCOMPARE(extracted({{"r", "a.b"}, {"Enable Literal Parsing of the Pattern", "true"}}, "axb a.b")
                 .at("r.0"),
             std::string("a.b"));
    QCOMPARE(extracted({{"r", "( a b ) # letters"},
                        {"Permit Whitespace and Comments in Pattern", "true"}},
                       "ab")
                 .at("r"),
             std::string("ab"));
    QVERIFY(extracted({{"r", "^(\\w)$"}}, "\xC3\xA9").empty());
    QCOMPARE(extracted({{"r", "^(\\w)$"}, {"Enable Unicode Predefined Character Classes", "true"}},
                       "\xC3\xA9")
                 .at("r"),
             std::string("\xC3\xA9"));
    QCOMPARE(extracted({{"r", "(?i)(abc)"}}, "ABC").at("r"), std::string("ABC"));
    QVERIFY(extracted({{"r", "a(.)b"}}, "a\rb").empty());
    QCOMPARE(extracted({{"r", "a(.)b"}, {"Enable Unix Lines Mode", "true"}}, "a\rb").at("r"),
             std::string("\r"));
  }

  void nothingCapturedIsUnmatched() {
    ProcessorBench bench(millrace::processors::processorIn_extract_text);
    bench.set("r", "(x*)").set("Include Capture Group 0", "false");
    bench.enqueue("yyy");
    bench.enqueue("");
    bench.run();
    QCOMPARE(bench.count("unmatched"), std::size_t{2});
  }

  void wrongPatternsAreRefused() {
    ProcessorBench bench(millrace::processors::processorIn_extract_text);
    bench.set("r", "(").set("s", "(a)(?<n>b)").set("Enable Named Groups", "true");
    QVERIFY(bench.problem().find("'r'") != std::string::npos);
    QVERIFY(bench.problem().find("'s'") != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(ExtractTextTest)
#include "extract_text_test.moc"
