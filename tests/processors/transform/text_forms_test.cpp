// SPDX-License-Identifier: Apache-2.0
// ConvertCharacterSet, EncodeContent and CountText.
#include "tests/harness/processor_bench.h"

#include <QtTest>

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_convert_character_set;
extern const ProcessorDescriptor processorIn_encode_content;
extern const ProcessorDescriptor processorIn_count_text;
}  // namespace millrace::processors

using millrace::tests::ProcessorBench;
using Settings = std::vector<std::pair<std::string, std::string>>;

class TextFormsTest : public QObject {
  Q_OBJECT

 private:
  static std::string convert(const std::string& from, const std::string& to,
                             std::string_view content) {
    ProcessorBench bench(millrace::processors::processorIn_convert_character_set);
    bench.set("Input Character Set", from).set("Output Character Set", "${to}");
    bench.enqueue(content, {{"to", to}});
    bench.run();
    return bench.outputs("success").at(0).content;
  }
  /// The content after EncodeContent, and where it went.
  static std::pair<std::string, std::string> encode(const Settings& settings,
                                                    std::string_view content) {
    ProcessorBench bench(millrace::processors::processorIn_encode_content);
    for (const auto& [name, value] : settings) bench.set(name, value);
    bench.enqueue(content);
    bench.run();
    const std::string way = bench.count("success") == 1 ? "success" : "failure";
    return {bench.outputs(way).at(0).content, way};
  }
  static ProcessorBench::AttributeMap count(const Settings& settings, std::string_view content) {
    ProcessorBench bench(millrace::processors::processorIn_count_text);
    for (const auto& [name, value] : settings) bench.set(name, value);
    bench.enqueue(content);
    bench.run();
    return bench.outputs("success").at(0).attributes;
  }

 private slots:
  void textChangesItsEncoding() {
    QCOMPARE(convert("UTF-8", "ISO-8859-1", "caf\xC3\xA9"), std::string("caf\xE9"));
    QCOMPARE(convert("ISO-8859-1", "UTF-8", "caf\xE9"), std::string("caf\xC3\xA9"));
    QCOMPARE(convert("windows-1252", "UTF-8", "\x80"), std::string("\xE2\x82\xAC"));
    QCOMPARE(convert("UTF-8", "UTF-16LE", "a\xF0\x9D\x84\x9E"),
             std::string("a\0\x34\xD8\x1E\xDD", 6));
    // Java writes UTF-16 with a byte order mark, the greater byte first, and reads either order.
    QCOMPARE(convert("UTF-8", "UTF-16", "a"), std::string("\xFE\xFF\0a", 4));
    QCOMPARE(convert("UTF-16", "UTF-8",
                     std::string_view("\xFF\xFE"
                                      "a\0",
                                      4)),
             std::string("a"));
    QCOMPARE(convert("UTF-8", "UTF-8", ""), std::string());
  }

  void whatCannotBeConvertedIsAQuestionMark() {
    QCOMPARE(convert("UTF-8", "ISO-8859-1", "1\xE2\x82\xAC"), std::string("1?"));
    QCOMPARE(convert("UTF-8", "US-ASCII", "caf\xC3\xA9"), std::string("caf?"));
    QCOMPARE(convert("US-ASCII", "UTF-8", "caf\xE9"), std::string("caf?"));
    QCOMPARE(convert("UTF-8", "UTF-8",
                     "a\xFF"
                     "b"),
             std::string("a?b"));
    // One for each beginning of a character that does not go on: Unicode, table 3-8.
    QCOMPARE(convert("UTF-8", "UTF-8", "\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"),
             std::string("a???b?c??d"));
    QCOMPARE(convert("UTF-8", "UTF-8", "a\xE2\x82"), std::string("a?"));
  }

  void largeTextKeepsItsCharactersWhole() {
    std::string utf8;
    std::string latin;
    for (int i = 0; i < 400000; ++i) {
      utf8 += i % 3 == 0 ? "\xC3\xBC" : "u";
      latin += i % 3 == 0 ? '\xFC' : 'u';
    }
    QVERIFY(convert("UTF-8", "ISO-8859-1", utf8) == latin);
    QVERIFY(convert("ISO-8859-1", "UTF-8", latin) == utf8);
  }

  void anUnknownCharacterSetIsRefused() {
    ProcessorBench bench(millrace::processors::processorIn_convert_character_set);
    bench.set("Output Character Set", "KLINGON-1");
    QVERIFY(bench.problem().find("KLINGON-1") != std::string::npos);
    ProcessorBench late(millrace::processors::processorIn_convert_character_set);
    late.set("Output Character Set", "${to}");
    late.enqueue("a", {{"to", "KLINGON-1"}});
    late.run();
    QCOMPARE(late.queued(), std::uint64_t{1});
  }

  // The test vectors of RFC 4648, section 10.
  void bytesBecomeTextAndComeBack() {
    const std::string words[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
    const std::string base64[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    const std::string base32[] = {
        "", "MY======", "MZXQ====", "MZXW6===", "MZXW6YQ=", "MZXW6YTB", "MZXW6YTBOI======"};
    const std::string hex[] = {"",         "66",         "666f",        "666f6f",
                               "666f6f62", "666f6f6261", "666f6f626172"};
    for (std::size_t i = 0; i < 7; ++i) {
      const std::pair<std::string, std::string> forms[] = {
          {"base64", base64[i]}, {"base32", base32[i]}, {"hex", hex[i]}};
      for (const auto& [encoding, text] : forms) {
        QCOMPARE(encode({{"Encoding", encoding}}, words[i]).first, text);
        QCOMPARE(encode({{"Encoding", encoding}, {"Mode", "Decode"}}, text).first, words[i]);
      }
    }
    QCOMPARE(encode({{"Encoding", "hex"}, {"Mode", "Decode"}}, "FFfe").first,
             std::string("\xFF\xFE"));
    QCOMPARE(encode({{"Mode", "Decode"}}, "-_8").first, std::string("\xFB\xFF"));
  }

  void linesAreCutAtWholeGroups() {
    const Settings lines{{"Line Output Mode", "MULTIPLE_LINES"}, {"Encoded Line Length", "10"}};
    QCOMPARE(encode(lines, "foobarfoobar").first, std::string("Zm9vYmFy\nZm9vYmFy\n"));
    QCOMPARE(encode(lines, "foobarf").first, std::string("Zm9vYmFy\nZg==\n"));
    QCOMPARE(encode(lines, "").first, std::string());
    Settings base32 = lines;
    base32.emplace_back("Encoding", "base32");
    QCOMPARE(encode(base32, "foobar").first, std::string("MZXW6YTB\nOI======\n"));
    QCOMPARE(encode({{"Mode", "Decode"}}, "Zm9v\r\nYmFy\n").first, std::string("foobar"));
  }

  void whatIsNotOfTheEncodingFailsUnchanged() {
    const std::pair<std::string, std::string> failed{"Zm9v!", "failure"};
    QCOMPARE(encode({{"Mode", "Decode"}}, "Zm9v!"), failed);
    QCOMPARE(encode({{"Mode", "Decode"}, {"Encoding", "base32"}}, "MZXW1").second,
             std::string("failure"));
    QCOMPARE(encode({{"Mode", "Decode"}, {"Encoding", "hex"}}, "66 6f").second,
             std::string("failure"));
    QCOMPARE(encode({{"Mode", "Decode"}, {"Encoding", "hex"}}, "666").second,
             std::string("failure"));
  }

  void largeContentIsEncodedInPieces() {
    // 65,536 and its multiples are no multiples of three: groups lie across the seams of pieces.
    std::string bytes;
    for (int i = 0; bytes.size() < 1500001; ++i) bytes += static_cast<char>(i * 7 % 251);
    const std::string expected =
        QByteArray::fromStdString(bytes).toBase64(QByteArray::Base64Encoding).toStdString();
    QVERIFY(encode({}, bytes).first == expected);
    QVERIFY(encode({{"Mode", "Decode"}}, expected).first == bytes);
  }

  void linesWordsAndCharactersAreCounted() {
    const Settings all{
        {"Count Non-Empty Lines", "true"}, {"Count Words", "true"}, {"Count Characters", "true"}};
    const auto counts = count(all, "Two words\n\n  \r\nand_three more-ones\rlast");
    QCOMPARE(counts.at("text.line.count"), std::string("5"));
    QCOMPARE(counts.at("text.line.nonempty.count"), std::string("3"));
    QCOMPARE(counts.at("text.word.count"), std::string("5"));
    QCOMPARE(counts.at("text.character.count"), std::string("34"));
    const auto none = count(all, "");
    QCOMPARE(none.at("text.line.count"), std::string("0"));
    QCOMPARE(none.at("text.word.count"), std::string("0"));
    // Java's characters are UTF-16 units: two for the clef, one for each accented letter.
    const auto wide = count(all, "\xC3\xA9t\xC3\xA9 \xF0\x9D\x84\x9E\n");
    QCOMPARE(wide.at("text.line.count"), std::string("1"));
    QCOMPARE(wide.at("text.character.count"), std::string("6"));
    QCOMPARE(wide.at("text.word.count"), std::string("2"));
  }

  void symbolsMayEndWords() {
    const auto counts = count(
        {{"Count Words", "true"}, {"Split Words on Symbols", "true"}, {"Count Lines", "false"}},
        "a.b-c_d e..f\n");
    QCOMPARE(counts.at("text.word.count"), std::string("6"));
    QVERIFY(!counts.contains("text.line.count"));
    QVERIFY(!counts.contains("text.character.count"));
  }

  void countsGoToCountersAndKnowEncodings() {
    ProcessorBench bench(millrace::processors::processorIn_count_text);
    bench.set("Character Encoding", "UTF-16").set("Count Characters", "true");
    bench.enqueue(std::string_view("\xFE\xFF\0a\0\n\0\xE9", 8));
    bench.enqueue(
        std::string_view("\xFF\xFE"
                         "a\0",
                         4));
    bench.run();
    QCOMPARE(bench.outputs("success").at(0).attributes.at("text.line.count"), std::string("2"));
    const std::map<std::string, std::int64_t> expected{{"Lines Counted", 3},
                                                       {"Characters Counted", 3}};
    for (const auto& [name, value] : expected) {
      bool found = false;
      for (const auto& [counter, sum] : bench.counters())
        found = found || (counter.find(name) != std::string::npos && sum == value);
      QVERIFY2(found, name.c_str());
    }
  }
};

QTEST_GUILESS_MAIN(TextFormsTest)
#include "text_forms_test.moc"
