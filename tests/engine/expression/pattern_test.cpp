// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/pattern.h"

#include <QtTest>

using namespace millrace;
using expression::Matcher;
using expression::Pattern;
using expression::PatternFlags;

namespace {

bool found(std::string_view pattern, std::string_view text, Pattern::Use use = Pattern::Use::kFind,
           PatternFlags flags = {}) {
  const auto compiled = Pattern::compile(pattern, use, flags);
  if (!compiled.ok()) throw std::runtime_error(compiled.error().message);
  Matcher matcher(*compiled);
  return matcher.find(text).value();
}

/// Replaces every match, as Java's replaceAll.
std::string replaced(std::string_view pattern, std::string_view text, std::string_view by) {
  const auto compiled = Pattern::compile(pattern, Pattern::Use::kFind);
  if (!compiled.ok()) throw std::runtime_error(compiled.error().message);
  Matcher matcher(*compiled);
  std::string out;
  std::size_t from = 0;
  for (bool hit = matcher.find(text).value(); hit; hit = matcher.findNext().value()) {
    out += text.substr(from, matcher.begin() - from);
    const auto expanded = matcher.expand(by, out);
    if (!expanded.ok()) return "error";
    from = matcher.end();
  }
  return out += text.substr(from);
}

}  // namespace

class PatternTest : public QObject {
  Q_OBJECT

 private slots:
  void groupsAreThoseOfTheMatch() {
    const auto pattern = Pattern::compile("(a)(b)?(?<rest>.*)", Pattern::Use::kFind);
    QVERIFY(pattern.ok());
    QCOMPARE(pattern->groupCount(), std::size_t{3});
    QCOMPARE(pattern->names().size(), std::size_t{1});
    QCOMPARE(pattern->names()[0].first, std::string("rest"));
    QCOMPARE(pattern->names()[0].second, std::size_t{3});
    Matcher matcher(*pattern);
    QVERIFY(matcher.find("xac").value());
    QCOMPARE(matcher.begin(), std::size_t{1});
    QCOMPARE(matcher.group(0).value(), std::string_view("ac"));
    QCOMPARE(matcher.group(1).value(), std::string_view("a"));
    QVERIFY(!matcher.group(2).has_value());
    QCOMPARE(matcher.group(3).value(), std::string_view("c"));
    QVERIFY(!matcher.group(4).has_value());
  }

  void wholeTextsMatchOrNot() {
    QVERIFY(found("a|ab", "ab", Pattern::Use::kWhole));
    QVERIFY(!found("a", "ab", Pattern::Use::kWhole));
    QVERIFY(found("", "", Pattern::Use::kWhole));
  }

  void emptyMatchesGoOnByCharacter() {
    QCOMPARE(replaced("x*", "a\xC3\xA9", "-"), std::string("-a-\xC3\xA9-"));
    QCOMPARE(replaced("", "", "-"), std::string("-"));
  }

  void replacementsReferToGroups() {
    QCOMPARE(replaced("(\\w)(\\w)", "abcd", "$2$1"), std::string("badc"));
    QCOMPARE(replaced("(?<x>a)", "a", "<${x}\\$1\\\\>"), std::string("<a$1\\>"));
    QCOMPARE(replaced("(a)", "a", "$11"), std::string("a1"));
    QCOMPARE(replaced("(a)", "a", "$2"), std::string("error"));
    QCOMPARE(replaced("(a)", "a", "$"), std::string("error"));
    QCOMPARE(replaced("(a)", "a", "\\"), std::string("error"));
    QCOMPARE(replaced("(a)", "a", "${b}"), std::string("error"));
  }

  void flagsAtTheHeadAreJavas() {
    QVERIFY(found("(?i)abc", "ABC"));
    QVERIFY(found("(?is)a.b", "A\nB"));
    QVERIFY(found("(?U)^\\w$", "\xC3\xA9"));
    QVERIFY(!found("^\\w$", "\xC3\xA9"));
    QVERIFY(found("(?d)a.b", "a\rb"));
    QVERIFY(!found("a.b", "a\rb"));
    // U is no ungreedy mode.
    QCOMPARE(replaced("(?U)a+", "aaa", "-"), std::string("-"));
  }

  void quotedTextIsTakenAsItIs() {
    for (const std::string_view text : {"a.b", "\\E", "x\\Ey\\Qz", "", "(["}) {
      QVERIFY(found(Pattern::quote(text), text, Pattern::Use::kWhole));
    }
    QVERIFY(!found(Pattern::quote("a.b"), "axb"));
    QVERIFY(found("a.b", "a.b", Pattern::Use::kWhole, {.literal = true}));
    QVERIFY(!found("a.b", "axb", Pattern::Use::kWhole, {.literal = true}));
  }

  void aPatternThatIsNoneIsAnError() {
    QVERIFY(!Pattern::compile("(", Pattern::Use::kFind).ok());
    QVERIFY(!Pattern::compile("[a-z&&[^x]]", Pattern::Use::kFind).ok());
  }

  void workIsBounded() {
    const auto pattern = Pattern::compile("(a+)+$", Pattern::Use::kFind);
    QVERIFY(pattern.ok());
    Matcher matcher(*pattern);
    const auto result = matcher.find(std::string(40, 'a') + "b");
    QVERIFY(!result.ok() || !result.value());  // an answer or an error, but soon
  }

  void bytesThatAreNoTextDoNoHarm() {
    QVERIFY(found("b",
                  "a\xFF\xFE"
                  "b"));
    QVERIFY(!found("^.{4}$",
                   "a\xFF\xFE"
                   "b"));
  }
};

QTEST_GUILESS_MAIN(PatternTest)
#include "pattern_test.moc"
