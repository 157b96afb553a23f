// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/expression/expression_fixture.h"

#include <QTest>

using namespace millrace::expression;
using millrace::expression::testing::ExpressionFixture;

class TextFunctionsTest : public QObject {
  Q_OBJECT
 private slots:
  void caseAndTrim() {
    ExpressionFixture world;
    world.attributes().set("mixed", "aB1-zZ");
    world.attributes().set("unicode",
                           "Stra\xC3\x9F"
                           "e \xC3\xA9\xCE\xA3");
    world.attributes().set("greek", "\xCE\x9F\xCE\x94\xCE\x9F\xCE\xA3");
    world.attributes().set("spaced", " \t 1 2 3\n");
    MR_EXPECT_VALUES(world, {{"${mixed:toUpper()}", "AB1-ZZ"},
                             {"${mixed:toLower()}", "ab1-zz"},
                             {"${unicode:toUpper()}", "STRASSE \xC3\x89\xCE\xA3"},
                             {"${greek:toLower()}", "\xCE\xBF\xCE\xB4\xCE\xBF\xCF\x82"},
                             {"${none:toUpper():isNull()}", "true"},
                             {"${spaced:trim()}", "1 2 3"}});
  }
  void substringsCountAsJavaDoes() {
    ExpressionFixture world;
    world.attributes().set("filename", "file-255");
    world.attributes().set("face", "a\xF0\x9F\x98\x80\xC3\xA9z");
    MR_EXPECT_VALUES(world, {{"${filename:substring(1, 2)}", "i"},
                             {"${filename:substring(4)}", "-255"},
                             {"${filename:substring(8)}", ""},
                             {"${filename:substring(10, 20)}", ""},
                             {"${filename:substring(10)}", ""},
                             {"${filename:substring(-2)}", ""},
                             {"${filename:substring(2, -2)}", ""},
                             {"${filename:substring(5, 2)}", ""},
                             {"${none:substring(1)}", ""},
                             {"${face:length()}", "5"},
                             {"${face:substring(3, 4)}", "\xC3\xA9"},
                             {"${face:indexOf('z')}", "4"},
                             {"${face:substring(1, 3)}", "\xF0\x9F\x98\x80"}});
  }
  void partsBeforeAndAfter() {
    ExpressionFixture world;
    world.attributes().set("filename", "file-file-255");
    MR_EXPECT_VALUES(world, {{"${filename:substringAfter('')}", "file-file-255"},
                             {"${filename:substringAfterLast('')}", "file-file-255"},
                             {"${filename:substringBefore('')}", "file-file-255"},
                             {"${filename:substringBeforeLast('')}", "file-file-255"},
                             {"${filename:substringBefore('file')}", ""},
                             {"${filename:substringBefore('-')}", "file"},
                             {"${filename:substringBeforeLast('-')}", "file-file"},
                             {"${filename:substringAfter('file')}", "-file-255"},
                             {"${filename:substringAfterLast('file-')}", "255"},
                             {"${filename:substringAfterLast('5')}", ""},
                             {"${filename:substringAfterLast('x')}", "file-file-255"},
                             {"${none:substringAfter('x')}", ""}});
  }
  void fieldsOfADelimitedLine() {
    ExpressionFixture world;
    world.attributes().set("plain", "Name, Age, Title");
    world.attributes().set("quoted", "\"Name (Last, First)\", Age, Title");
    world.attributes().set("odd", "_Name (Last, First)_, Age");
    world.attributes().set("escaped", "Name (Last\\, First), Age");
    world.attributes().set("underscore", "Name (Last__, First), Age");
    world.attributes().set("both", "col 1, col 2, \"The \\\"Last\\\" Column\", Last");
    world.attributes().set("quoteEscaped", "\\\"Name (Last, First), Age");
    MR_EXPECT_VALUES(world, {{"${plain:getDelimitedField(1)}", "Name"},
                             {"${plain:getDelimitedField(2, ',')}", " Age"},
                             {"${plain:getDelimitedField(3, ',', '\"')}", " Title"},
                             {"${plain:getDelimitedField(3, ',', '\"', '\\\\')}", " Title"},
                             {"${plain:getDelimitedField(12)}", ""},
                             {"${quoted:getDelimitedField(1)}", "\"Name (Last, First)\""},
                             {"${odd:getDelimitedField(1)}", "_Name (Last"},
                             {"${odd:getDelimitedField(1, ',', '_')}", "_Name (Last, First)_"},
                             {"${escaped:getDelimitedField(1)}", "Name (Last\\, First)"},
                             {"${underscore:getDelimitedField(1, ',', '\"', '_')}", "Name (Last__"},
                             {"${quoteEscaped:getDelimitedField(1)}", "\\\"Name (Last"},
                             {"${both:getDelimitedField(3):trim()}", "\"The \\\"Last\\\" Column\""},
                             {"${both:getDelimitedField(3, ',', '\"', '\\\\', true):trim()}",
                              "The \"Last\" Column"},
                             {"${none:getDelimitedField(1)}", ""}});
    QVERIFY(world.fails("${plain:getDelimitedField(0)}"));
    QVERIFY(world.fails("${plain:getDelimitedField(1, ',,')}"));
  }
  void delimitedListsAreTidied() {
    ExpressionFixture world;
    world.attributes().set("list", ",,a,,b,a,,");
    world.attributes().set("wide", "--a----b--");
    MR_EXPECT_VALUES(world, {{"${list:compactDelimitedList(',')}", "a,b,a"},
                             {"${list:trimDelimitedList(',')}", "a,,b,a"},
                             {"${list:unique(',')}", ",a,b"},
                             {"${wide:compactDelimitedList('--')}", "a--b"},
                             {"${wide:trimDelimitedList('--')}", "a----b"},
                             {"${literal(',,'):trimDelimitedList(',')}", ""},
                             {"${literal('a.b.a'):unique('.')}", "a.b"}});
  }
  void appendPrependReplace() {
    ExpressionFixture world;
    world.attributes().set("attr", "XX");
    world.attributes().set("YXXX", "bingo");
    world.attributes().set("hello", "hello");
    world.attributes().set("empty", "");
    world.attributes().set("blank", "        \n");
    MR_EXPECT_VALUES(world, {{"${${attr:append('X'):prepend('Y')}}", "bingo"},
                             {"${none:append('x')}", "x"},
                             {"${attr:append(${none})}", "XX"},
                             {"${hello:replace('hell', 'yell')}", "yello"},
                             {"${hello:replace('l', 'LL')}", "heLLLLo"},
                             {"${hello:replace('', '-')}", "-h-e-l-l-o-"},
                             {"${hello:replace('z', 'x')}", "hello"},
                             {"${hello:replace('l', ${none})}", "heo"},
                             {"${none:replaceNull('hello')}", "hello"},
                             {"${empty:replaceNull('hello')}", ""},
                             {"${hello:replaceEmpty('c')}", "hello"},
                             {"${empty:replaceEmpty('c')}", "c"},
                             {"${blank:replaceEmpty('c')}", "c"},
                             {"${none:replaceEmpty('c')}", "c"}});
  }
  void regularExpressionsReplaceAsJavaDoes() {
    ExpressionFixture world;
    world.attributes().set("attr", "hello");
    world.attributes().set("xyz", "00-00TEST.2014_01_01_000000_value");
    world.attributes().set("abc", "hello world");
    world.attributes().set("repeating", "Hello World Hello World");
    MR_EXPECT_VALUES(
        world,
        {{R"(${xyz:replaceAll("^([^.]+)\.([0-9]{4})_([0-9]{2})_([0-9]{2}).*$", "$3")})", "01"},
         {"${attr:replaceAll('l+', 'r')}", "hero"},
         {"${abc:replaceAll('lo wor(ld)', '$0')}", "hello world"},
         {"${abc:replaceAll('he(llo) world', '$1')}", "llo"},
         {"${abc:replaceAll('(xx)', '$1')}", "hello world"},
         {"${abc:replaceAll('lo wor(ld)', '$1')}", "helld"},
         {"${abc:replaceAll('(?<first>h)', '${literal(\"x\")}')}", "xello world"},
         {R"(${abc:replaceAll('o', '\\$')})", "hell$ w$rld"},
         {"${abc:replaceAll('(l)', '$12')}", "hel2l2o worl2d"},
         {"${abc:replaceAll('x*', '-')}", "-h-e-l-l-o- -w-o-r-l-d-"},
         {R"(${repeating:replaceFirst('\w+\s\w+\b??', 'Goodbye')})", "Goodbye Hello World"},
         {"${repeating:replaceFirst('Hello World', 'Bye')}", "Bye Hello World"},
         {R"(${literal('a.b'):replaceAll('\Q.\E', '+')})", "a+b"},
         {R"(${literal('aB1'):replaceAll('\p{Upper}|\p{Digit}', '_')})", "a__"},
         {R"(${literal('x\u00e9y'):length()})", "8"},
         {"${none:replaceAll('a', 'b'):isNull()}", "true"}});
    QVERIFY(world.fails("${abc:replaceAll('o', '$1')}"));
    QVERIFY(world.fails("${abc:replaceAll('o', '$')}"));
    QVERIFY(world.fails("${abc:replaceAll(${literal('[')}, 'x')}"));
  }
  void aPatternThatNeverEndsGivesUp() {
    ExpressionFixture world;
    world.attributes().set("long", std::string(60, 'a') + "!");
    QVERIFY(world.fails("${long:matches('(a|aa|aaa)+(b|c)\\1')}"));
  }
  void padding() {
    ExpressionFixture world;
    world.attributes().set("attr", "hello");
    world.attributes().set("empty", "");
    MR_EXPECT_VALUES(world, {{"${attr:padLeft(10, '@')}", "@@@@@hello"},
                             {"${attr:padLeft(10)}", "_____hello"},
                             {"${attr:padLeft(10, 'xy')}", "xyxyxhello"},
                             {"${attr:padLeft(10, 'aVeryLongPaddingString')}", "aVeryhello"},
                             {"${attr:padLeft(1, 'a')}", "hello"},
                             {"${attr:padLeft(-10, 'a')}", "hello"},
                             {"${empty:padLeft(10, '@')}", "@@@@@@@@@@"},
                             {"${attr:padLeft(9999999999, 'abc')}", "hello"},
                             {"${none:padLeft(10, 'abc')}", ""},
                             {"${attr:padRight(10)}", "hello_____"},
                             {"${attr:padRight(10, 'xy')}", "helloxyxyx"},
                             {"${attr:padRight(10, '')}", "hello"}});
    QVERIFY(world.fails("${attr:padLeft(2000000000)}"));
  }
  void repeating() {
    ExpressionFixture world;
    world.attributes().set("str", "abc");
    MR_EXPECT_VALUES(world, {{"${none:repeat(1, 2)}", ""},
                             {"${str:repeat(1, 1)}", "abc"},
                             {"${str:repeat(4)}", "abcabcabcabc"}});
    const std::string some = world.value("${str:repeat(1, 3)}");
    QVERIFY(some == "abc" || some == "abcabc" || some == "abcabcabc");
    for (const char* text : {"${str:repeat(-1)}", "${str:repeat(0)}", "${str:repeat(2,1)}",
                             "${str:repeat(9000000000000)}"}) {
      QVERIFY2(world.fails(text), text);
    }
  }
  void replacingByPattern() {
    ExpressionFixture world;
    world.attributes().set("word", "orange");
    MR_EXPECT_VALUES(world, {{"${word:replaceByPattern('app.*:A,or.*:O,.*:X')}", "O"},
                             {"${word:replaceByPattern('or:O')}", "orange"},
                             {R"(${literal('a:b'):replaceByPattern('a\\:b:c\\,d')})", "c,d"},
                             {"${none:replaceByPattern('a:b')}", ""}});
    QVERIFY(!world.refusal("${word:replaceByPattern('nothing')}").empty());
  }
  void searching() {
    ExpressionFixture world;
    world.attributes().set("url", "https://abc.go");
    world.attributes().set("dotted", "abc.xyz");
    world.attributes().set("lines", "ab\ncd");
    MR_EXPECT_VALUES(world, {{"${url:indexOf('/')}", "6"},
                             {"${url:lastIndexOf('/')}", "7"},
                             {"${url:indexOf('?')}", "-1"},
                             {"${none:indexOf('/')}", "-1"},
                             {"${none:lastIndexOf('/')}", "-1"},
                             {"${url:startsWith('http')}", "true"},
                             {"${url:startsWith(${none})}", "false"},
                             {"${none:startsWith('')}", "false"},
                             {"${url:endsWith('go')}", "true"},
                             {"${url:contains('abc')}", "true"},
                             {"${none:contains('abc')}", "false"},
                             {R"(${dotted:matches('abc\.xyz')})", "true"},
                             {R"(${dotted:matches('abc')})", "false"},
                             {R"(${dotted:find('\.')})", "true"},
                             {"${dotted:matches(${none})}", "false"},
                             {"${dotted:find(${none})}", "false"},
                             {"${none:matches('.*')}", "false"},
                             {"${lines:matches('.*')}", "false"},
                             {"${lines:matches('(?s).*')}", "true"},
                             {"${url:matches('HTTPS.*')}", "false"},
                             {"${url:matches('(?i)HTTPS.*')}", "true"}});
  }
  void textsThatAreExpressionsAreEvaluated() {
    ExpressionFixture world;
    world.attributes().set("id", "1234");
    world.attributes().set("query", "SELECT * FROM t WHERE ID = ${id}");
    world.attributes().set("parameter", "[#{secret}]");
    world.attributes().set("self", "${self:evaluateELString()}");
    world.attributes().set("bad", "${id:nope()}");
    world.options().parameter = [](std::string_view) { return std::optional<std::string>("!"); };
    MR_EXPECT_VALUES(world, {{"${query:evaluateELString()}", "SELECT * FROM t WHERE ID = 1234"},
                             {"${parameter:evaluateELString()}", "[]"},
                             {"${id:evaluateELString()}", "1234"}});
    QVERIFY(world.fails("${self:evaluateELString()}"));
    QVERIFY(world.fails("${bad:evaluateELString()}"));
  }
};

QTEST_GUILESS_MAIN(TextFunctionsTest)
#include "text_functions_test.moc"
