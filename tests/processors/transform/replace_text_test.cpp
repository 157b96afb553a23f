// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_replace_text;
}

using millrace::tests::ProcessorBench;
using Settings = std::vector<std::pair<std::string, std::string>>;

namespace {

ProcessorBench::AttributeMap kNone;

/// What becomes of one FlowFile; "failure" in front when it went there.
std::string replaced(const Settings& settings, std::string_view content,
                     const ProcessorBench::AttributeMap& attributes = kNone) {
  ProcessorBench bench(millrace::processors::processorIn_replace_text);
  for (const auto& [name, value] : settings) bench.set(name, value);
  bench.enqueue(content, attributes);
  bench.run();
  if (bench.count("failure") == 1) return "failure:" + bench.outputs("failure")[0].content;
  return bench.count("success") == 1 ? bench.outputs("success")[0].content : "nothing";
}

}  // namespace

class ReplaceTextTest : public QObject {
  Q_OBJECT

 private slots:
  void theDefaultsChangeNothing() {
    QCOMPARE(replaced({}, "a\nb\r\nc"), std::string("a\nb\r\nc"));
    QCOMPARE(replaced({}, ""), std::string());
  }

  void replacesMatchesByLine() {
    QCOMPARE(replaced({{"Search Value", "^(\\w+) (\\w+)"}, {"Replacement Value", "$2-$1"}},
                      "a b c\nd e\n"),
             std::string("b-a c\ne-d\n"));
    QCOMPARE(replaced({{"Search Value", "[aeiou]"}, {"Replacement Value", ""}}, "hello\nyou"),
             std::string("hll\ny"));
  }

  void referencesToMissingGroupsArePlainText() {
    QCOMPARE(
        replaced({{"Search Value", "(he) owes"}, {"Replacement Value", "$1 pays $8"}}, "he owes"),
        std::string("he pays $8"));
    // $12 with one group is group 1 and a 2.
    QCOMPARE(replaced({{"Search Value", "(x)"}, {"Replacement Value", "$12"}}, "x"),
             std::string("x2"));
    QCOMPARE(replaced({{"Search Value", "x"}, {"Replacement Value", "$d"}}, "x"),
             std::string("$d"));
  }

  void expressionsSeeTheGroups() {
    QCOMPARE(replaced({{"Search Value", "(\\w+)@(\\w+)"},
                       {"Replacement Value", "${'$1':toUpper()} at ${'$2'} by ${who}"}},
                      "ann@home, bob@work", {{"who", "me"}}),
             std::string("ANN at home by me, BOB at work by me"));
  }

  void referencesInAttributesArePlainText() {
    QCOMPARE(replaced({{"Search Value", "(x)"}, {"Replacement Value", "${price}"}}, "x",
                      {{"price", "$1"}}),
             std::string("$1"));
  }

  void attributesInASearchPatternAreTakenAsTheyAre() {
    QCOMPARE(replaced({{"Search Value", "<${what:toUpper()}>+"}, {"Replacement Value", "!"}},
                      "<A.B>> <AXB>", {{"what", "a.b"}}),
             std::string("! <AXB>"));
  }

  void replacesLiterally() {
    QCOMPARE(replaced({{"Replacement Strategy", "Literal Replace"},
                       {"Search Value", "a.b"},
                       {"Replacement Value", "$1\\n"}},
                      "a.b axb\na.ba.b\n"),
             std::string("$1\\n axb\n$1\\n$1\\n\n"));
  }

  void putsTextAtTheEndsOfLines() {
    QCOMPARE(
        replaced({{"Replacement Strategy", "Prepend"}, {"Replacement Value", "> "}}, "a\nb\r\n"),
        std::string("> a\n> b\r\n"));
    QCOMPARE(
        replaced({{"Replacement Strategy", "Append"}, {"Replacement Value", ";"}}, "a\nb\r\nc"),
        std::string("a;\nb;\r\nc;"));
    QCOMPARE(replaced({{"Replacement Strategy", "Surround"},
                       {"Text to Prepend", "<"},
                       {"Text to Append", ">"}},
                      "a\n\nb"),
             std::string("<a>\n<>\n<b>"));
  }

  void putsTextAtTheEndsOfTheContent() {
    QCOMPARE(replaced({{"Replacement Strategy", "Surround"},
                       {"Text to Prepend", "<"},
                       {"Text to Append", "${e}"},
                       {"Evaluation Mode", "Entire text"}},
                      "a\nb\n", {{"e", ">"}}),
             std::string("<a\nb\n>"));
  }

  void alwaysReplaceKeepsLineEnds() {
    QCOMPARE(replaced({{"Replacement Strategy", "Always Replace"}, {"Replacement Value", "x"}},
                      "a\nbb\r\nc"),
             std::string("x\nx\r\nx"));
    QCOMPARE(replaced({{"Replacement Strategy", "Always Replace"},
                       {"Replacement Value", "x"},
                       {"Evaluation Mode", "Entire text"}},
                      "a\nbb\r\nc"),
             std::string("x"));
  }

  void lineModesChooseLines() {
    const auto with = [](const std::string& mode) {
      return replaced({{"Replacement Strategy", "Prepend"},
                       {"Replacement Value", "*"},
                       {"Line-by-Line Evaluation Mode", mode}},
                      "a\nb\nc\n");
    };
    QCOMPARE(with("First-Line"), std::string("*a\nb\nc\n"));
    QCOMPARE(with("Last-Line"), std::string("a\nb\n*c\n"));
    QCOMPARE(with("Except-First-Line"), std::string("a\n*b\n*c\n"));
    QCOMPARE(with("Except-Last-Line"), std::string("*a\n*b\nc\n"));
  }

  void substitutesAttributes() {
    QCOMPARE(replaced({{"Replacement Strategy", "Substitute Variables"}},
                      "${a} ${b:-none} ${c} $${a}\n", {{"a", "1"}}),
             std::string("1 none ${c} ${a}\n"));
  }

  void textLargerThanTheBufferIsAFailure() {
    const std::string big(2048, 'x');
    QCOMPARE(replaced({{"Maximum Buffer Size", "1 KB"}, {"Search Value", "x"}}, "short\n" + big),
             "failure:short\n" + big);
    QCOMPARE(replaced({{"Maximum Buffer Size", "1 KB"},
                       {"Search Value", "x"},
                       {"Evaluation Mode", "Entire text"}},
                      big),
             "failure:" + big);
    // Where nothing is searched, nothing is held.
    QCOMPARE(replaced({{"Maximum Buffer Size", "1 KB"},
                       {"Replacement Strategy", "Append"},
                       {"Replacement Value", "!"},
                       {"Evaluation Mode", "Entire text"}},
                      big),
             big + "!");
  }

  void aMatchMaySpanLinesInTheWholeText() {
    QCOMPARE(replaced({{"Search Value", "(?s)b.*d"},
                       {"Replacement Value", "-"},
                       {"Evaluation Mode", "Entire text"}},
                      "a\nb\nc\nd\ne"),
             std::string("a\n-\ne"));
  }

  void otherEncodingsAreConvertedAndBack() {
    // U+00E9 is E9 in Latin-1.
    QCOMPARE(replaced({{"Character Set", "ISO-8859-1"},
                       {"Search Value", "\xC3\xA9"},
                       {"Replacement Value", "<\xC3\xA8>"}},
                      "caf\xE9\n"),
             std::string("caf<\xE8>\n"));
  }

  void longContentOfManyLinesStreams() {
    std::string text;
    std::string expected;
    for (int i = 0; i < 60'000; ++i) {
      text += "number " + std::to_string(i) + "\n";
      expected += "n " + std::to_string(i) + "\n";
    }
    QVERIFY(replaced({{"Search Value", "number"}, {"Replacement Value", "n"}}, text) == expected);
  }

  void aPatternThatIsNoneIsRefused() {
    ProcessorBench bench(millrace::processors::processorIn_replace_text);
    bench.set("Search Value", "a(");
    QVERIFY(bench.problem().find("Search Value") != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(ReplaceTextTest)
#include "replace_text_test.moc"
