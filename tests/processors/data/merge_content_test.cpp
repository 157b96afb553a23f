// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/processor_bench.h"

#include <QtTest>
#include <set>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_merge_content;
}

using millrace::tests::ProcessorBench;
using AttributeMap = ProcessorBench::AttributeMap;
using Strings = std::vector<std::string>;

class MergeContentTest : public QObject {
  Q_OBJECT

 private:
  static Strings contents(ProcessorBench& bench, const std::string& relationship = "merged") {
    Strings all;
    for (const auto& output : bench.outputs(relationship)) all.push_back(output.content);
    return all;
  }
  static Strings attributes(ProcessorBench& bench, const std::string& name) {
    Strings all;
    for (const auto& output : bench.outputs("merged")) all.push_back(output.attributes.at(name));
    return all;
  }
  static void enqueueAll(ProcessorBench& bench, const Strings& all) {
    for (const std::string& content : all) bench.enqueue(content);
  }
  static void runAfter(ProcessorBench& bench, millrace::Nanos seconds) {
    bench.clock().advance(seconds * millrace::kSecond);
    bench.run();
  }
  static AttributeMap fragment(const std::string& whole, const std::string& index,
                               const std::string& count) {
    return {{"fragment.identifier", whole},
            {"fragment.index", index},
            {"fragment.count", count},
            {"segment.original.filename", whole + ".txt"}};
  }

 private slots:
  void aBinWaitsForItsMinimum() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Minimum Number of Entries", "3");
    enqueueAll(bench, {"a", "b"});
    bench.run();
    QCOMPARE(bench.count("merged"), std::size_t(0));
    QCOMPARE(bench.queued(), std::uint64_t(2));
    bench.enqueue("c");
    runAfter(bench, 2);
    QCOMPARE(contents(bench), (Strings{"abc"}));
    QCOMPARE(contents(bench, "original"), (Strings{"a", "b", "c"}));
    QCOMPARE(attributes(bench, "merge.count"), (Strings{"3"}));
    QCOMPARE(attributes(bench, "merge.reason"), (Strings{"MIN_THRESHOLDS_REACHED"}));
    QCOMPARE(attributes(bench, "mime.type"), (Strings{"application/octet-stream"}));
    for (const auto& original : bench.outputs("original")) {
      QCOMPARE(original.attributes.at("merge.uuid"), attributes(bench, "uuid").front());
    }
    QCOMPARE(bench.queued(), std::uint64_t(0));
    QCOMPARE(bench.statistics().in.load(), std::uint64_t(3));
    QCOMPARE(bench.statistics().out.load(), std::uint64_t(4));
  }

  void aBinIsFullWithItsMaximum() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Maximum Number of Entries", "2");
    enqueueAll(bench, {"a", "b", "c", "d", "e"});
    bench.run();
    QCOMPARE(contents(bench), (Strings{"ab", "cd", "e"}));
    QCOMPARE(attributes(bench, "merge.reason"),
             (Strings{"MAX_ENTRIES_THRESHOLD_REACHED", "MAX_ENTRIES_THRESHOLD_REACHED",
                      "MIN_THRESHOLDS_REACHED"}));
  }

  void sizesFillBinsToo() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Minimum Group Size", "6 B").set("Maximum Group Size", "10 B");
    // The eleven bytes fit into no bin and are merged alone.
    enqueueAll(bench, {"12345", "ABCDEF", "67890", "longer than", "x"});
    bench.run();
    const Strings merged = contents(bench);
    QCOMPARE(std::set<std::string>(merged.begin(), merged.end()),
             (std::set<std::string>{"1234567890", "longer than", "ABCDEFx"}));
    QCOMPARE(attributes(bench, "merge.count").size(), std::size_t(3));
  }

  void anOldBinIsMergedBelowItsMinimum() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Minimum Number of Entries", "10").set("Max Bin Age", "30 sec");
    bench.enqueue("a");
    bench.run();
    runAfter(bench, 10);
    bench.enqueue("b");
    bench.run();
    runAfter(bench, 20);  // not older yet
    QCOMPARE(bench.count("merged"), std::size_t(0));
    runAfter(bench, 1);
    QCOMPARE(contents(bench), (Strings{"ab"}));
    QCOMPARE(attributes(bench, "merge.reason"), (Strings{"TIMEOUT"}));
    QCOMPARE(attributes(bench, "merge.bin.age"), (Strings{"31000"}));
  }

  void onlyEqualCorrelationMeets() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Correlation Attribute Name", "${which}");
    bench.enqueue("a", {{"k", "1"}, {"which", "k"}});
    bench.enqueue("b", {{"k", "2"}, {"which", "k"}});
    bench.enqueue("c", {{"which", "k"}});
    bench.enqueue("d", {{"k", "1"}, {"which", "k"}});
    bench.enqueue("e", {{"k", ""}, {"which", "k"}});
    bench.run();
    QCOMPARE(contents(bench), (Strings{"ad", "b", "c", "e"}));
  }

  void theOldestBinMakesRoom() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Correlation Attribute Name", "k")
        .set("Minimum Number of Entries", "10")
        .set("Maximum Number of Bins", "2");
    for (const std::string key : {"a", "b", "c"}) bench.enqueue(key, {{"k", key}});
    bench.run();
    QCOMPARE(contents(bench), (Strings{"a"}));
    QCOMPARE(attributes(bench, "merge.reason"), (Strings{"BIN_MANAGER_FULL"}));
    QCOMPARE(bench.queued(), std::uint64_t(2));
  }

  void aTerminatorEndsItsBin_data() {
    QTest::addColumn<QString>("strategy");
    QTest::addColumn<QString>("merged");
    QTest::addColumn<quint64>("held");
    QTest::newRow("last") << "Last in Bin"
                          << "ab" << quint64(1);
    QTest::newRow("first") << "First in New Bin"
                           << "a" << quint64(2);
    QTest::newRow("isolated") << "Isolated"
                              << "a,b" << quint64(1);
  }
  void aTerminatorEndsItsBin() {
    QFETCH(const QString, strategy);
    QFETCH(const QString, merged);
    QFETCH(const quint64, held);
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Minimum Number of Entries", "10")
        .set("Bin Termination Check", "${end:equals('yes')}")
        .set("FlowFile Insertion Strategy", strategy.toStdString());
    bench.enqueue("a");
    bench.enqueue("b", {{"end", "yes"}});
    bench.enqueue("c");
    bench.run();
    QString joined;
    for (const auto& content : contents(bench)) {
      if (!joined.isEmpty()) joined += ",";
      joined += QString::fromStdString(content);
    }
    QCOMPARE(joined, merged);
    QCOMPARE(attributes(bench, "merge.reason").front(), std::string("BIN_TERMINATION_SIGNAL"));
    QCOMPARE(bench.queued(), std::uint64_t(held));
  }

  void delimitersStandBeforeBetweenAndBehind() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Delimiter Strategy", "Text")
        .set("Header", "<${n}:")
        .set("Footer", ">\xE2\x82\xAC")
        .set("Demarcator", ", ");
    bench.enqueue("a", {{"n", "1"}});
    bench.enqueue("", {{"n", "2"}});
    bench.enqueue("c", {{"n", "3"}});
    bench.run();
    QCOMPARE(contents(bench), (Strings{"<1:a, , c>\xE2\x82\xAC"}));
  }

  void delimitersMayBeFiles() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.writeFile("/delimiters/header", "HEAD\n");
    bench.writeFile("/delimiters/between", "--\n");
    bench.set("Delimiter Strategy", "Filename")
        .set("Header", "/delimiters/header")
        .set("Demarcator", "/delimiters/between");
    enqueueAll(bench, {"a\n", "b\n"});
    bench.run();
    QCOMPARE(contents(bench), (Strings{"HEAD\na\n--\nb\n"}));
    bench.set("Header", "/delimiters/nowhere");
    bench.enqueue("c");
    bench.run();
    QCOMPARE(contents(bench, "failure"), (Strings{"c"}));
  }

  void fragmentsComeTogetherInTheirOrder() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Merge Strategy", "Defragment");
    bench.enqueue("c", fragment("X", "10", "3"));
    bench.enqueue("1", fragment("Y", "1", "2"));
    bench.enqueue("a", fragment("X", "1", "3"));
    bench.enqueue("2", fragment("Y", "2", "2"));
    bench.enqueue("b", fragment("X", "9", "3"));
    bench.run();
    QCOMPARE(contents(bench), (Strings{"abc", "12"}));
    QCOMPARE(attributes(bench, "filename"), (Strings{"X.txt", "Y.txt"}));
    QCOMPARE(attributes(bench, "merge.count"), (Strings{"3", "2"}));
    QCOMPARE(bench.count("original"), std::size_t(5));
  }

  void aMissingFragmentIsWaitedForUntilTheBinIsTooOld() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Merge Strategy", "Defragment").set("Max Bin Age", "1 min");
    bench.enqueue("a", fragment("X", "1", "3"));
    bench.enqueue("c", fragment("X", "3", "3"));
    bench.run();
    runAfter(bench, 60);
    QCOMPARE(bench.queued(), std::uint64_t(2));
    QCOMPARE(bench.count("failure"), std::size_t(0));
    runAfter(bench, 1);
    QCOMPARE(contents(bench, "failure"), (Strings{"a", "c"}));
    QVERIFY(!bench.outputs("failure").at(0).attributes.contains("merge.uuid"));
    QCOMPARE(bench.count("merged") + bench.count("original"), std::size_t(0));
    QCOMPARE(bench.queued(), std::uint64_t(0));
  }

  void aMissingFragmentIsWaitedForWithoutAnAge() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Merge Strategy", "Defragment");
    bench.enqueue("a", fragment("X", "1", "2"));
    bench.run();
    runAfter(bench, 86400);
    QCOMPARE(bench.queued(), std::uint64_t(1));
    bench.enqueue("b", fragment("X", "2", "2"));
    runAfter(bench, 2);
    QCOMPARE(contents(bench), (Strings{"ab"}));
  }

  void aFragmentThatCameTwiceIsNotMergedTwice() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Merge Strategy", "Defragment").set("Max Bin Age", "1 min");
    bench.enqueue("a", fragment("X", "1", "2"));
    bench.enqueue("a", fragment("X", "1", "2"));
    bench.enqueue("b", fragment("X", "2", "2"));
    bench.run();
    QCOMPARE(contents(bench), (Strings{"ab"}));
    runAfter(bench, 61);
    QCOMPARE(contents(bench, "failure"), (Strings{"a"}));
  }

  void whatIsNoFragmentFails() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Merge Strategy", "Defragment");
    bench.enqueue("none");
    bench.enqueue("no index", {{"fragment.identifier", "X"}, {"fragment.count", "1"}});
    bench.enqueue("bad index",
                  {{"fragment.identifier", "Y"}, {"fragment.count", "1"}, {"fragment.index", "z"}});
    bench.run();
    const Strings failed = contents(bench, "failure");
    QCOMPARE(std::set<std::string>(failed.begin(), failed.end()),
             (std::set<std::string>{"none", "no index", "bad index"}));
  }

  void attributesAreCommonOrUnique() {
    for (const bool keepsUnique : {false, true}) {
      ProcessorBench bench(millrace::processors::processorIn_merge_content);
      if (keepsUnique) bench.set("Attribute Strategy", "Keep All Unique Attributes");
      bench.enqueue("a", {{"same", "1"}, {"differs", "1"}, {"first", "x"}, {"mime.type", "t/p"}});
      bench.enqueue("b", {{"same", "1"}, {"differs", "2"}, {"second", "y"}, {"mime.type", "t/p"}});
      bench.run();
      const auto merged = bench.outputs("merged").at(0).attributes;
      QCOMPARE(merged.at("same"), std::string("1"));
      QCOMPARE(merged.at("mime.type"), std::string("t/p"));
      QVERIFY(!merged.contains("differs"));
      QCOMPARE(merged.contains("first"), keepsUnique);
      QCOMPARE(merged.contains("second"), keepsUnique);
      for (const auto& original : bench.outputs("original")) {
        QVERIFY(original.attributes.at("uuid") != merged.at("uuid"));
      }
    }
  }

  void stoppingAndRestartingLosesNothing() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Minimum Number of Entries", "3");
    enqueueAll(bench, {"a", std::string(5000, 'b')});
    bench.run();
    QCOMPARE(bench.component().heldCount(), std::uint32_t(2));
    bench.stop();
    QCOMPARE(bench.component().heldCount(), std::uint32_t(0));
    QCOMPARE(bench.queued(), std::uint64_t(2));
    bench.run();
    QCOMPARE(bench.component().heldCount(), std::uint32_t(2));
    bench.restart();
    QCOMPARE(bench.queued(), std::uint64_t(2));
    bench.enqueue("c");
    bench.run();
    QCOMPARE(contents(bench), (Strings{"a" + std::string(5000, 'b') + "c"}));
    QCOMPARE(bench.queued(), std::uint64_t(0));
  }

  void manyFlowFilesFillManyBins() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    std::string expected;
    for (int i = 0; i < 2500; ++i) {
      bench.enqueue(std::to_string(i) + ";");
      expected += std::to_string(i) + ";";
    }
    bench.run();
    std::string merged;
    for (const std::string& content : contents(bench)) merged += content;
    QCOMPARE(merged, expected);
    QCOMPARE(attributes(bench, "merge.count"), (Strings{"1000", "1000", "500"}));
    QCOMPARE(bench.count("original"), std::size_t(2500));
    QCOMPARE(bench.queued(), std::uint64_t(0));
    QCOMPARE(bench.statistics().in.load(), std::uint64_t(2500));
  }

  void limitsThatContradictEachOtherAreRefused() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Minimum Number of Entries", "3").set("Maximum Number of Entries", "2");
    QVERIFY(!bench.problem().empty());
    bench.set("Minimum Number of Entries", "2");
    QCOMPARE(bench.problem(), std::string());
    bench.set("Minimum Group Size", "2 KB").set("Maximum Group Size", "2047 B");
    QVERIFY(!bench.problem().empty());
    bench.set("Maximum Group Size", "2 KB");
    QCOMPARE(bench.problem(), std::string());
  }

  void theLeastAgeOfABinIsToldInSeconds() {
    ProcessorBench bench(millrace::processors::processorIn_merge_content);
    bench.set("Max Bin Age", "100 ms");
    const std::string problem = bench.problem();
    QVERIFY2(problem.find("is '100 ms', but must be at least '1 sec'") != std::string::npos,
             problem.c_str());
  }
};

QTEST_GUILESS_MAIN(MergeContentTest)
#include "merge_content_test.moc"
