// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_split_text;
}

using millrace::tests::ProcessorBench;
using Strings = std::vector<std::string>;

class SplitTextTest : public QObject {
  Q_OBJECT

 private:
  static Strings contents(ProcessorBench& bench) {
    Strings all;
    for (const auto& output : bench.outputs("splits")) all.push_back(output.content);
    return all;
  }
  static Strings attributes(ProcessorBench& bench, const std::string& name) {
    Strings all;
    for (const auto& output : bench.outputs("splits")) all.push_back(output.attributes.at(name));
    return all;
  }

 private slots:
  void splitsByLinesAndTrimsTheLastLineEnd() {
    ProcessorBench bench(millrace::processors::processorIn_split_text);
    bench.set("Line Split Count", "2");
    bench.enqueue("a\nb\nc\r\nd\ne", {{"filename", "in.txt"}});
    bench.run();
    QCOMPARE(contents(bench), (Strings{"a\nb", "c\r\nd", "e"}));
    QCOMPARE(attributes(bench, "text.line.count"), (Strings{"2", "2", "1"}));
    QCOMPARE(attributes(bench, "fragment.size"), (Strings{"3", "4", "1"}));
    QCOMPARE(attributes(bench, "fragment.index"), (Strings{"1", "2", "3"}));
    QCOMPARE(attributes(bench, "fragment.count"), (Strings{"3", "3", "3"}));
    QCOMPARE(attributes(bench, "segment.original.filename"),
             (Strings{"in.txt", "in.txt", "in.txt"}));
    const auto original = bench.outputs("original").at(0);
    QCOMPARE(original.content, std::string("a\nb\nc\r\nd\ne"));
    QCOMPARE(original.attributes.at("fragment.count"), std::string("3"));
    QCOMPARE(Strings(3, original.attributes.at("fragment.identifier")),
             attributes(bench, "fragment.identifier"));
  }

  void keepsLineEndsWhenAsked() {
    ProcessorBench bench(millrace::processors::processorIn_split_text);
    bench.set("Line Split Count", "1").set("Remove Trailing Newlines", "false");
    bench.enqueue("a\r\n\nb\rc\n");
    bench.run();
    QCOMPARE(contents(bench), (Strings{"a\r\n", "\n", "b\r", "c\n"}));
    // An empty line is not counted.
    QCOMPARE(attributes(bench, "text.line.count"), (Strings{"1", "0", "1", "1"}));
  }

  void splitsOfEmptyLinesAreLeftOut() {
    ProcessorBench bench(millrace::processors::processorIn_split_text);
    bench.set("Line Split Count", "1");
    bench.enqueue("a\n\n\nb\n");
    bench.run();
    QCOMPARE(contents(bench), (Strings{"a", "b"}));
    QCOMPARE(attributes(bench, "fragment.index"), (Strings{"1", "2"}));
    QCOMPARE(attributes(bench, "fragment.count"), (Strings{"2", "2"}));
  }

  void everySplitGetsTheHeaderLines() {
    ProcessorBench bench(millrace::processors::processorIn_split_text);
    bench.set("Line Split Count", "2").set("Header Line Count", "1");
    bench.enqueue("h\na\nb\nc\n");
    bench.run();
    QCOMPARE(contents(bench), (Strings{"h\na\nb", "h\nc"}));
    QCOMPARE(attributes(bench, "text.line.count"), (Strings{"2", "1"}));
    QCOMPARE(attributes(bench, "fragment.size"), (Strings{"5", "3"}));
  }

  void aHeaderAloneIsOneSplitWithoutItsLineEnd() {
    ProcessorBench bench(millrace::processors::processorIn_split_text);
    bench.set("Line Split Count", "2").set("Header Line Count", "1");
    bench.enqueue("h\n");
    bench.run();
    QCOMPARE(contents(bench), (Strings{"h"}));
    QCOMPARE(attributes(bench, "text.line.count"), (Strings{"0"}));
  }

  void emptyLinesBehindAHeaderAreSplitsOfTheHeaderAlone() {
    ProcessorBench bench(millrace::processors::processorIn_split_text);
    bench.set("Line Split Count", "1").set("Header Line Count", "1");
    bench.enqueue("head\r\na\n\n\nb");
    bench.run();
    QCOMPARE(contents(bench), (Strings{"head\r\na", "head", "head", "head\r\nb"}));
    QCOMPARE(attributes(bench, "text.line.count"), (Strings{"1", "0", "0", "1"}));
    QCOMPARE(attributes(bench, "fragment.count"), (Strings{"4", "4", "4", "4"}));
  }

  void headerLinesMayBeMarked() {
    ProcessorBench bench(millrace::processors::processorIn_split_text);
    bench.set("Line Split Count", "2").set("Header Line Marker Characters", "##");
    bench.enqueue("##1\n##2\n#a\nb\nc\n");
    bench.run();
    QCOMPARE(contents(bench), (Strings{"##1\n##2\n#a\nb", "##1\n##2\nc"}));
  }

  void noMarkedLineMeansNoHeaderAndNoLoss() {
    ProcessorBench bench(millrace::processors::processorIn_split_text);
    bench.set("Line Split Count", "2").set("Header Line Marker Characters", "#");
    bench.enqueue("a\nb\nc\n");
    bench.run();
    QCOMPARE(contents(bench), (Strings{"a\nb", "c"}));
  }

  void tooFewHeaderLinesIsAFailure() {
    ProcessorBench bench(millrace::processors::processorIn_split_text);
    bench.set("Line Split Count", "2").set("Header Line Count", "3");
    bench.enqueue("h\na\n");
    bench.run();
    QCOMPARE(bench.count("failure"), std::size_t{1});
    QCOMPARE(bench.count("splits"), std::size_t{0});
    QCOMPARE(bench.count("original"), std::size_t{0});
  }

  void aSizeLimitKeepsLinesWhole() {
    ProcessorBench bench(millrace::processors::processorIn_split_text);
    bench.set("Line Split Count", "0").set("Maximum Fragment Size", "6 B");
    bench.enqueue("ab\ncd\nef\nmuch too long\ng\n");
    bench.run();
    // 3 + 3 bytes fit; a line that is too long by itself is a split. The last line was moved out of
    // the split before and nothing follows it: NiFi leaves it its end.
    QCOMPARE(contents(bench), (Strings{"ab\ncd", "ef", "much too long", "g\n"}));
  }

  void aHeaderLargerThanTheLimitIsAFailure() {
    ProcessorBench bench(millrace::processors::processorIn_split_text);
    bench.set("Line Split Count", "5")
        .set("Maximum Fragment Size", "4 B")
        .set("Header Line Count", "1");
    bench.enqueue("header\na\n");
    bench.run();
    QCOMPARE(bench.count("failure"), std::size_t{1});
  }

  void emptyContentHasNoSplits() {
    ProcessorBench bench(millrace::processors::processorIn_split_text);
    bench.set("Line Split Count", "1");
    bench.enqueue("");
    bench.run();
    QCOMPARE(bench.count("splits"), std::size_t{0});
    QCOMPARE(bench.outputs("original").at(0).attributes.at("fragment.count"), std::string("0"));
  }

  void largeContentIsSplitAcrossPieces() {
    ProcessorBench bench(millrace::processors::processorIn_split_text);
    bench.set("Line Split Count", "1000");
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += "line \xC3\xA9 number " + std::to_string(i) + "\r\n";
    QVERIFY(text.size() > 300'000);
    bench.enqueue(text);
    bench.run();
    QCOMPARE(bench.count("splits"), std::size_t{20});
    std::string joined;
    for (const std::string& content : contents(bench)) joined += content + "\r\n";
    QVERIFY(joined == text);
  }

  void noLimitAtAllIsRefused() {
    ProcessorBench bench(millrace::processors::processorIn_split_text);
    bench.set("Line Split Count", "0");
    QVERIFY(bench.problem().find("Maximum Fragment Size") != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(SplitTextTest)
#include "split_text_test.moc"
