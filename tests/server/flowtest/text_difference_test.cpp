// SPDX-License-Identifier: Apache-2.0
// How two texts differ, in lines that a person reads.
#include "server/flowtest/text_difference.h"

#include <QTest>

using namespace millrace::flowtest;

namespace {

QStringList difference(const std::string& expected, const std::string& actual) {
  QStringList lines;
  for (const std::string& line : textDifference(expected, actual))
    lines += QString::fromStdString(line);
  return lines;
}

std::string numbered(int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

}  // namespace

class TextDifferenceTest : public QObject {
  Q_OBJECT
 private slots:
  void equalTextsHaveNone() {
    QCOMPARE(difference("", ""), QStringList());
    QCOMPARE(difference("a\nb\n", "a\nb\n"), QStringList());
  }

  void oneChangedLineIsPointedAt() {
    QCOMPARE(difference("late, 37 minutes", "late, 38 minutes"),
             (QStringList{"- late, 37 minutes", "+ late, 38 minutes", "         ^"}));
  }

  void thePointerCountsCharactersAndNotBytes() {
    QCOMPARE(difference("caf\xc3\xa9 a", "caf\xc3\xa9 b"),
             (QStringList{QString::fromUtf8("- caf\xc3\xa9 a"),
                          QString::fromUtf8("+ caf\xc3\xa9 b"), "       ^"}));
  }

  void linesAroundAChangeAreShownAndOthersLeftOut() {
    std::string changed = numbered(1, 9);
    changed.replace(changed.find("line 5"), 6, "LINE 5");
    QCOMPARE(difference(numbered(1, 9), changed),
             (QStringList{"  line 3", "  line 4", "- line 5", "+ LINE 5", "  ^", "  line 6",
                          "  line 7"}));
  }

  void twoChangesFarApartHaveAGapBetweenThem() {
    std::string changed = numbered(1, 20);
    changed.erase(changed.find("line 2\n"), 7);
    changed.insert(changed.find("line 18\n"), "new\n");
    QCOMPARE(difference(numbered(1, 20), changed),
             (QStringList{"  line 1", "- line 2", "  line 3", "  line 4", QString::fromUtf8("  …"),
                          "  line 16", "  line 17", "+ new", "  line 18", "  line 19"}));
  }

  void asMuchAsPossibleStays() {
    QCOMPARE(difference("a\nb\nc\nd\n", "b\nc\nx\nd\n"),
             (QStringList{"- a", "  b", "  c", "+ x", "  d"}));
  }

  void aMissingLineBreakAtTheEndIsSaid() {
    QCOMPARE(difference("a\n", "a"),
             QStringList("(the last line should end with a line break, and does not)"));
    QCOMPARE(difference("a", "a\n"),
             QStringList("(the last line ends with a line break, and should not)"));
  }

  void anEmptyTextIsSeen() {
    QCOMPARE(difference("", "a\n"), (QStringList{"- (empty)", "+ a"}));
    QCOMPARE(difference("a", ""), (QStringList{"- a", "+ (empty)"}));
  }

  void whatCannotBeSeenIsMadeVisible() {
    QCOMPARE(difference("a\r\n", "a\n"), (QStringList{"- a\\r", "+ a", "   ^"}));
    QCOMPARE(difference("a \n", "a\n"), (QStringList{QString::fromUtf8("- a ⏎"), "+ a", "   ^"}));
    QCOMPARE(difference("a\x01", "a"), (QStringList{"- a\\x01", "+ a", "   ^"}));
  }

  void bytesThatAreNoTextAreShownInHexadecimal() {
    const QStringList lines = difference(std::string("\x00\x01", 2), "ab");
    QCOMPARE(lines.size(), 2);
    QVERIFY2(lines[0].startsWith("- 00000000  00 01 "), qPrintable(lines[0]));
    QVERIFY2(lines[0].endsWith(" .."), qPrintable(lines[0]));
    QCOMPARE(lines[1], "+ ab");
    QVERIFY(difference("a\xff", "a")[0].contains("61 ff"));
  }

  void hugeTextsAreBounded() {
    std::string changed = numbered(1, 3000);
    for (char& character : changed) {
      if (character == 'l') character = 'L';
    }
    const QStringList lines = difference(numbered(1, 3000), changed);
    QVERIFY(lines.size() <= 41);
    QVERIFY2(lines.back().contains("more lines that differ"), qPrintable(lines.back()));
    const QStringList wide = difference(std::string(1000000, 'a'), std::string(999999, 'a'));
    for (const QString& line : wide) QVERIFY(line.size() < 300);
    QVERIFY(!wide.isEmpty());
  }
};

QTEST_GUILESS_MAIN(TextDifferenceTest)
#include "text_difference_test.moc"
