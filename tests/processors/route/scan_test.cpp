// SPDX-License-Identifier: Apache-2.0
// ScanAttribute and ScanContent: terms of a dictionary.
#include "processors/text/term_search.h"
#include "tests/harness/processor_bench.h"

#include <QtTest>
#include <random>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_scan_attribute;
extern const ProcessorDescriptor processorIn_scan_content;
}  // namespace millrace::processors

using millrace::asBytes;
using millrace::processors::TermSearch;
using millrace::tests::ProcessorBench;

class ScanTest : public QObject {
  Q_OBJECT

 private slots:
  void aValueOfTheDictionaryMatches() {
    ProcessorBench bench(millrace::processors::processorIn_scan_attribute);
    bench.writeFile("/terms", "red\n\n  \ngreen apple\r\nblau\xC3\xA4\n");
    bench.set("Dictionary File", "/terms").set("Attribute Pattern", "color.*");
    bench.enqueue("1", {{"color", "green apple"}});
    bench.enqueue("2", {{"color", "green"}});
    bench.enqueue("3", {{"shade", "red"}});
    bench.enqueue("4", {{"color1", "x"}, {"color2", "blau\xC3\xA4"}});
    bench.run();
    QCOMPARE(bench.outputs("matched").size(), std::size_t{2});
    QCOMPARE(bench.outputs("matched").at(0).content, std::string("1"));
    QCOMPARE(bench.outputs("matched").at(1).content, std::string("4"));
    QCOMPARE(bench.outputs("unmatched").size(), std::size_t{2});
  }

  void allAttributesMayHaveToMatch() {
    ProcessorBench bench(millrace::processors::processorIn_scan_attribute);
    bench.writeFile("/terms", "a\nb\n");
    bench.set("Dictionary File", "/terms")
        .set("Attribute Pattern", "k\\d")
        .set("Match Criteria", "All Must Match");
    bench.enqueue("both", {{"k1", "a"}, {"k2", "b"}});
    bench.enqueue("one", {{"k1", "a"}, {"k2", "c"}});
    bench.enqueue("none", {});
    bench.run();
    QCOMPARE(bench.outputs("unmatched").size(), std::size_t{1});
    QCOMPARE(bench.outputs("unmatched").at(0).content, std::string("one"));
  }

  void aFilterPicksTheTerms() {
    ProcessorBench bench(millrace::processors::processorIn_scan_attribute);
    bench.writeFile("/terms", "use:red\nskip:blue\nuse:\n");
    bench.set("Dictionary File", "/terms")
        .set("Attribute Pattern", "c")
        .set("Dictionary Filter Pattern", "use:(.*)");
    bench.enqueue("", {{"c", "red"}});
    bench.enqueue("", {{"c", "blue"}});
    bench.enqueue("", {{"c", "use:red"}});
    bench.run();
    QCOMPARE(bench.count("matched"), std::size_t{1});
    QCOMPARE(bench.count("unmatched"), std::size_t{2});
  }

  void aChangedDictionaryIsReadAgain() {
    ProcessorBench bench(millrace::processors::processorIn_scan_attribute);
    bench.writeFile("/terms", "old\n");
    bench.set("Dictionary File", "/terms").set("Attribute Pattern", "k");
    bench.enqueue("", {{"k", "new"}});
    bench.run();
    QCOMPARE(bench.count("unmatched"), std::size_t{1});
    bench.writeFile("/terms", "old\nnew\n");
    bench.clock().advance(2 * millrace::kSecond);
    bench.enqueue("", {{"k", "new"}});
    bench.run();
    QCOMPARE(bench.count("matched"), std::size_t{1});
  }

  void withoutItsDictionaryNothingIsLost() {
    ProcessorBench bench(millrace::processors::processorIn_scan_attribute);
    bench.set("Dictionary File", "/missing");
    bench.enqueue("", {});
    bench.run();
    QCOMPARE(bench.queued(), std::uint64_t{1});
    QVERIFY(!bench.bulletins().empty());
  }

  void contentIsSearchedForEveryTerm() {
    ProcessorBench bench(millrace::processors::processorIn_scan_content);
    bench.writeFile("/terms", "needle\n\r\nhaystacks\nstack\n");
    bench.set("Dictionary File", "/terms");
    bench.enqueue("a needle");
    bench.enqueue("the haystack");  // a term within the beginning of another
    bench.enqueue("need le");
    bench.enqueue("");
    bench.enqueue(std::string(65533, '.') + "needle");  // on the seam of two pieces
    bench.run();
    const auto matched = bench.outputs("matched");
    QCOMPARE(matched.size(), std::size_t{3});
    QCOMPARE(matched[0].attributes.at("matching.term"), std::string("needle"));
    QCOMPARE(matched[1].attributes.at("matching.term"), std::string("stack"));
    QCOMPARE(matched[2].attributes.at("matching.term"), std::string("needle"));
    QCOMPARE(bench.count("unmatched"), std::size_t{2});
    QVERIFY(!bench.outputs("unmatched").at(0).attributes.contains("matching.term"));
  }

  void binaryTermsMayHoldAnything() {
    ProcessorBench bench(millrace::processors::processorIn_scan_content);
    bench.writeFile("/terms", std::string_view("\0\0\0\3a\n\0\0\0\0\2\xFF\xFE", 13));
    bench.set("Dictionary File", "/terms").set("Dictionary Encoding", "binary");
    bench.enqueue(std::string_view("xa\n\0", 4));
    bench.enqueue("x\xFF\xFE");
    bench.enqueue("a\n");
    bench.run();
    QCOMPARE(bench.count("matched"), std::size_t{2});
    QCOMPARE(bench.count("unmatched"), std::size_t{1});
  }

  void aDictionaryThatBreaksOffIsAnError() {
    ProcessorBench bench(millrace::processors::processorIn_scan_content);
    bench.writeFile("/terms", std::string_view("\0\0\0\3ab", 6));
    bench.set("Dictionary File", "/terms").set("Dictionary Encoding", "binary");
    bench.enqueue("ab");
    bench.run();
    QCOMPARE(bench.queued(), std::uint64_t{1});
  }

  void theSearchFindsWhatALookAtEachPlaceFinds() {
    std::mt19937 random(7);
    const auto letters = [&](std::size_t most) {
      std::string text(random() % (most + 1), 'a');
      for (char& letter : text) letter = static_cast<char>('a' + random() % 3);
      return text;
    };
    for (int round = 0; round < 2000; ++round) {
      std::vector<std::string> terms(1 + random() % 6);
      for (std::string& term : terms) term = letters(5);
      const std::string text = letters(40);
      // The first end at which some term ends, and the longest of those.
      std::string expected;
      for (std::size_t end = 1; end <= text.size() && expected.empty(); ++end) {
        for (const std::string& term : terms) {
          const bool ends = std::string_view(text).substr(0, end).ends_with(term);
          if (ends && term.size() > expected.size()) expected = term;
        }
      }
      const TermSearch search(terms);
      TermSearch::Scan scan(search);
      const std::size_t cut = random() % (text.size() + 1);
      auto found = scan.next(asBytes(std::string_view(text).substr(0, cut)));
      if (!found) found = scan.next(asBytes(std::string_view(text).substr(cut)));
      QCOMPARE(std::string(found.value_or("")), expected);
    }
  }
};

QTEST_GUILESS_MAIN(ScanTest)
#include "scan_test.moc"
