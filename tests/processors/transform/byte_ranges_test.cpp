// SPDX-License-Identifier: Apache-2.0
// SplitContent, SegmentContent and ModifyBytes: what is cut by bytes.
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_split_content;
extern const ProcessorDescriptor processorIn_segment_content;
extern const ProcessorDescriptor processorIn_modify_bytes;
}  // namespace millrace::processors

using millrace::ProcessorDescriptor;
using millrace::tests::ProcessorBench;
using Strings = std::vector<std::string>;
using Settings = std::vector<std::pair<std::string, std::string>>;

class ByteRangesTest : public QObject {
  Q_OBJECT

 private:
  static Strings contents(ProcessorBench& bench, const std::string& relationship) {
    Strings all;
    for (const auto& output : bench.outputs(relationship)) all.push_back(output.content);
    return all;
  }
  static Strings split(const Settings& settings, std::string_view content) {
    ProcessorBench bench(millrace::processors::processorIn_split_content);
    for (const auto& [name, value] : settings) bench.set(name, value);
    bench.enqueue(content);
    bench.run();
    return contents(bench, "splits");
  }
  static std::string modify(const Settings& settings, std::string_view content,
                            const ProcessorBench::AttributeMap& attributes = {}) {
    ProcessorBench bench(millrace::processors::processorIn_modify_bytes);
    for (const auto& [name, value] : settings) bench.set(name, value);
    bench.enqueue(content, attributes);
    bench.run();
    return bench.outputs("success").at(0).content;
  }
  /// Numbers, so that no part is like another.
  static std::string numbers(std::size_t atLeast) {
    std::string text;
    while (text.size() < atLeast) text += std::to_string(text.size()) + ";";
    return text;
  }

 private slots:
  void theSequenceIsLeftOutOfItsSplits() {
    QCOMPARE(split({{"Byte Sequence", "00fF"}}, std::string("a\0\xFF"
                                                            "bc\0\xFF"
                                                            "d",
                                                            8)),
             (Strings{"a", "bc", "d"}));
    const Settings comma{{"Byte Sequence Format", "Text"}, {"Byte Sequence", ", "}};
    QCOMPARE(split(comma, "a, b,c, d"), (Strings{"a", "b,c", "d"}));
    // Empty splits do not exist, and sequences do not overlap.
    QCOMPARE(split(comma, ", , a, "), (Strings{"a"}));
    QCOMPARE(split({{"Byte Sequence Format", "Text"}, {"Byte Sequence", "aa"}}, "xaaaay"),
             (Strings{"x", "y"}));
    QCOMPARE(
        split({{"Byte Sequence Format", "Text"}, {"Byte Sequence", "\xC3\xA9"}}, "caf\xC3\xA9s"),
        (Strings{"caf", "s"}));
  }

  void theSequenceMayStayAtEitherEnd() {
    Settings settings{
        {"Byte Sequence Format", "Text"}, {"Byte Sequence", "--"}, {"Keep Byte Sequence", "true"}};
    QCOMPARE(split(settings, "--a--b"), (Strings{"--", "a--", "b"}));
    settings.emplace_back("Byte Sequence Location", "Leading");
    QCOMPARE(split(settings, "--a--b"), (Strings{"--a", "--b"}));
    QCOMPARE(split(settings, "x--a--"), (Strings{"x", "--a", "--"}));
  }

  void splitsAndOriginalAreTiedTogether() {
    ProcessorBench bench(millrace::processors::processorIn_split_content);
    bench.set("Byte Sequence", "0a");
    bench.enqueue("a\nb\n", {{"filename", "in"}, {"kind", "k"}});
    bench.enqueue("whole");
    bench.run();
    const auto splits = bench.outputs("splits");
    QCOMPARE(splits.size(), std::size_t{3});
    const auto original = bench.outputs("original").at(0);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto& attributes = splits[i].attributes;
      QCOMPARE(attributes.at("fragment.identifier"), original.attributes.at("fragment.identifier"));
      QCOMPARE(attributes.at("fragment.index"), std::to_string(i + 1));
      QCOMPARE(attributes.at("fragment.count"), std::string("2"));
      QCOMPARE(attributes.at("segment.original.filename"), std::string("in"));
      QCOMPARE(attributes.at("kind"), std::string("k"));
    }
    QCOMPARE(original.content, std::string("a\nb\n"));
    QCOMPARE(original.attributes.at("fragment.count"), std::string("2"));
    // Without the sequence the content is one split that says nothing of fragments.
    QCOMPARE(splits[2].content, std::string("whole"));
    QVERIFY(!splits[2].attributes.contains("fragment.count"));
  }

  void aSequenceOnTheSeamOfTwoPiecesIsFound() {
    // Pieces have 64 KiB at most: the sequence lies across that place.
    for (const std::size_t before : {65533U, 65534U, 65535U, 65536U}) {
      const std::string first(before, 'a');
      const Strings parts = split({{"Byte Sequence Format", "Text"}, {"Byte Sequence", "<|>"}},
                                  first + "<|>" + std::string(70000, 'b'));
      QVERIFY(parts == (Strings{first, std::string(70000, 'b')}));
    }
  }

  void aSequenceThatIsNoneIsRefused() {
    for (const char* wrong : {"abc", "0g", "0x0a"}) {
      ProcessorBench bench(millrace::processors::processorIn_split_content);
      bench.set("Byte Sequence", wrong);
      QVERIFY2(bench.problem().find("Byte Sequence") != std::string::npos, wrong);
    }
  }

  void segmentsHaveTheirSize() {
    ProcessorBench bench(millrace::processors::processorIn_segment_content);
    bench.set("Segment Size", "${size}");
    bench.enqueue("abcdefgh", {{"size", "3 B"}, {"filename", "in"}});
    bench.enqueue("abcdef", {{"size", "3 B"}});
    bench.run();
    QCOMPARE(contents(bench, "segments"), (Strings{"abc", "def", "gh", "abc", "def"}));
    const auto segments = bench.outputs("segments");
    const auto original = bench.outputs("original").at(0).attributes;
    for (std::size_t i = 0; i < 3; ++i) {
      const auto& attributes = segments[i].attributes;
      for (const char* family : {"segment", "fragment"}) {
        const std::string name(family);
        QCOMPARE(attributes.at(name + ".identifier"), original.at("fragment.identifier"));
        QCOMPARE(attributes.at(name + ".index"), std::to_string(i + 1));
        QCOMPARE(attributes.at(name + ".count"), std::string("3"));
      }
      QCOMPARE(attributes.at("segment.original.filename"), std::string("in"));
    }
    QCOMPARE(original.at("fragment.count"), std::string("3"));
    QVERIFY(segments[3].attributes.at("segment.identifier") !=
            segments[0].attributes.at("segment.identifier"));
  }

  void whatIsSmallEnoughIsOneSegment() {
    ProcessorBench bench(millrace::processors::processorIn_segment_content);
    bench.set("Segment Size", "3 B");
    bench.enqueue("abc");
    bench.enqueue("");
    bench.run();
    QCOMPARE(contents(bench, "segments"), (Strings{"abc", ""}));
    QCOMPARE(bench.outputs("segments").at(0).attributes.at("segment.count"), std::string("1"));
    QCOMPARE(bench.count("original"), std::size_t{2});
  }

  void largeContentIsSegmentedToo() {
    const std::string large = numbers(3000000);
    ProcessorBench bench(millrace::processors::processorIn_segment_content);
    bench.set("Segment Size", "1 MB");
    bench.enqueue(large);
    bench.run();
    std::string all;
    for (const std::string& part : contents(bench, "segments")) {
      QVERIFY(part.size() <= 1048576);
      all += part;
    }
    QCOMPARE(bench.count("segments"), std::size_t{3});
    QVERIFY(all == large);
  }

  void bytesAreRemovedFromBothEnds() {
    QCOMPARE(modify({{"Start Offset", "1 B"}, {"End Offset", "2 B"}}, "abcdef"),
             std::string("bcd"));
    QCOMPARE(modify({{"Start Offset", "${n} B"}}, "abc", {{"n", "2"}}), std::string("c"));
    QCOMPARE(modify({{"End Offset", "3 B"}}, "abc"), std::string());
    QCOMPARE(modify({{"Start Offset", "2 B"}, {"End Offset", "2 B"}}, "abc"), std::string());
    QCOMPARE(modify({{"Start Offset", "1 GB"}, {"End Offset", "1 GB"}}, "abc"), std::string());
    QCOMPARE(modify({}, "abc"), std::string("abc"));
    QCOMPARE(modify({{"Remove All Content", "true"}}, "abc"), std::string());
    const std::string large = numbers(2000000);
    QVERIFY(modify({{"Start Offset", "100 KB"}, {"End Offset", "7 B"}}, large) ==
            large.substr(102400, large.size() - 102407));
  }
};

QTEST_GUILESS_MAIN(ByteRangesTest)
#include "byte_ranges_test.moc"
