// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_route_text;
}

using millrace::tests::ProcessorBench;

class RouteTextTest : public QObject {
  Q_OBJECT

 private:
  static std::string lines(ProcessorBench& bench, const std::string& relationship) {
    std::string all;
    for (const auto& output : bench.outputs(relationship)) all += output.content + "|";
    return all;
  }

 private slots:
  void linesGoToEachPropertyThatTheyStartWith() {
    ProcessorBench bench(millrace::processors::processorIn_route_text);
    bench.set("Matching Strategy", "Starts With").set("a", "a").set("ab", "${p}");
    bench.enqueue("abc\n  axe\r\nb\nab", {{"p", "ab"}});
    bench.run();
    QCOMPARE(lines(bench, "a"), std::string("abc\n  axe\r\nab|"));
    QCOMPARE(lines(bench, "ab"), std::string("abc\nab|"));
    QCOMPARE(lines(bench, "unmatched"), std::string("b\n|"));
    QCOMPARE(lines(bench, "original"), std::string("abc\n  axe\r\nb\nab|"));
    QCOMPARE(bench.outputs("a")[0].attributes.at("RouteText.Route"), std::string("a"));
    QCOMPARE(bench.outputs("a")[0].attributes.at("RouteText.Group"), std::string());
    QCOMPARE(bench.outputs("original")[0].attributes.at("RouteText.Route"),
             std::string("original"));
  }

  void blanksCountWhenAsked() {
    ProcessorBench bench(millrace::processors::processorIn_route_text);
    bench.set("Matching Strategy", "Equals")
        .set("Ignore Leading/Trailing Whitespace", "false")
        .set("x", "x");
    bench.enqueue("x\n x\nx");
    bench.run();
    QCOMPARE(lines(bench, "x"), std::string("x\nx|"));
    QCOMPARE(lines(bench, "unmatched"), std::string(" x\n|"));
  }

  void caseMayBeIgnored() {
    for (const std::string strategy :
         {"Starts With", "Ends With", "Contains", "Equals", "Matches Regular Expression",
          "Contains Regular Expression"}) {
      ProcessorBench bench(millrace::processors::processorIn_route_text);
      bench.set("Matching Strategy", strategy).set("Ignore Case", "true").set("x", "AbC");
      bench.enqueue("aBc\nzzz\n");
      bench.run();
      QCOMPARE(lines(bench, "x"), std::string("aBc\n|"));
      QCOMPARE(lines(bench, "unmatched"), std::string("zzz\n|"));
    }
  }

  void aRegularExpressionMatchesWholeLinesOrParts() {
    ProcessorBench whole(millrace::processors::processorIn_route_text);
    whole.set("Matching Strategy", "Matches Regular Expression").set("n", "\\d+");
    whole.enqueue("12\na12\n");
    whole.run();
    QCOMPARE(lines(whole, "n"), std::string("12\n|"));
    ProcessorBench part(millrace::processors::processorIn_route_text);
    part.set("Matching Strategy", "Contains Regular Expression").set("n", "\\d+");
    part.enqueue("12\na12\nb\n");
    part.run();
    QCOMPARE(lines(part, "n"), std::string("12\na12\n|"));
  }

  void expressionsSeeLineAndNumber() {
    ProcessorBench bench(millrace::processors::processorIn_route_text);
    bench.set("Matching Strategy", "Satisfies Expression")
        .set("hit", "${lineNo:gt(1):and(${line:contains(${what})})}");
    bench.enqueue("x1\ny\nx2\n", {{"what", "x"}});
    bench.run();
    QCOMPARE(lines(bench, "hit"), std::string("x2\n|"));
    QCOMPARE(lines(bench, "unmatched"), std::string("x1\ny\n|"));
  }

  void allOrAnyConditionsMakeMatched() {
    ProcessorBench all(millrace::processors::processorIn_route_text);
    all.set("Routing Strategy", "Route to 'matched' if line matches all conditions")
        .set("Matching Strategy", "Contains")
        .set("a", "a")
        .set("b", "b");
    all.enqueue("ab\na\nb\n");
    all.run();
    QCOMPARE(lines(all, "matched"), std::string("ab\n|"));
    QCOMPARE(lines(all, "unmatched"), std::string("a\nb\n|"));
    ProcessorBench any(millrace::processors::processorIn_route_text);
    any.set("Routing Strategy", "Route to 'matched' if lines matches any condition")
        .set("Matching Strategy", "Contains")
        .set("a", "a")
        .set("b", "b");
    any.enqueue("ab\na\nc\n");
    any.run();
    QCOMPARE(lines(any, "matched"), std::string("ab\na\n|"));
    QCOMPARE(lines(any, "unmatched"), std::string("c\n|"));
  }

  void groupsSeparateFlowFiles() {
    ProcessorBench bench(millrace::processors::processorIn_route_text);
    bench.set("Matching Strategy", "Contains")
        .set("all", ",")
        .set("Grouping Regular Expression", "(\\w+),(\\w+),.*");
    bench.enqueue("u,1,a\nv,1,b\nu,1,c\nno,group\n");
    bench.run();
    std::map<std::string, std::string> byGroup;
    for (const auto& output : bench.outputs("all")) {
      byGroup[output.attributes.at("RouteText.Group")] = output.content;
    }
    QCOMPARE(byGroup.size(), std::size_t{3});
    QCOMPARE(byGroup.at("u, 1"), std::string("u,1,a\nu,1,c\n"));
    QCOMPARE(byGroup.at("v, 1"), std::string("v,1,b\n"));
    QCOMPARE(byGroup.at(""), std::string("no,group\n"));
  }

  void aGroupingWithoutGroupsSeparatesNothing() {
    ProcessorBench bench(millrace::processors::processorIn_route_text);
    bench.set("Matching Strategy", "Starts With")
        .set("all", "a")
        .set("Grouping Regular Expression", "a\\d");
    bench.enqueue("a1\nab\na2\n");
    bench.run();
    // What a line captured is its group: here nothing, whether it matches or not.
    QCOMPARE(lines(bench, "all"), std::string("a1\nab\na2\n|"));
  }

  void emptyContentGivesTheOriginalOnly() {
    ProcessorBench bench(millrace::processors::processorIn_route_text);
    bench.set("Matching Strategy", "Equals").set("x", "x");
    bench.enqueue("");
    bench.run();
    QCOMPARE(bench.count("original"), std::size_t{1});
    QCOMPARE(bench.count("unmatched"), std::size_t{0});
  }

  void largeContentStreams() {
    ProcessorBench bench(millrace::processors::processorIn_route_text);
    bench.set("Matching Strategy", "Ends With").set("even", "0");
    std::string text;
    std::string even;
    std::string odd;
    for (int i = 0; i < 200'000; ++i) {
      const std::string line = std::to_string(i * 5) + "\n";
      text += line;
      (i % 2 == 0 ? even : odd) += line;
    }
    bench.enqueue(text);
    bench.run();
    QVERIFY(lines(bench, "even") == even + "|");
    QVERIFY(lines(bench, "unmatched") == odd + "|");
  }

  void aConditionIsNeeded() {
    ProcessorBench bench(millrace::processors::processorIn_route_text);
    bench.set("Matching Strategy", "Equals");
    QVERIFY(!bench.problem().empty());
    bench.set("Matching Strategy", "Matches Regular Expression").set("x", "[");
    QVERIFY(bench.problem().find("'x'") != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(RouteTextTest)
#include "route_text_test.moc"
