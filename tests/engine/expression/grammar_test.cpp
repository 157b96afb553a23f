// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/expression/expression_fixture.h"

#include <QTest>

using namespace millrace::expression;
using millrace::expression::testing::ExpressionFixture;

class GrammarTest : public QObject {
  Q_OBJECT
 private slots:
  void textAroundExpressionsStays() {
    ExpressionFixture world;
    world.attributes().set("abc", "xyz");
    MR_EXPECT_VALUES(world, {{"", ""},
                             {"plain", "plain"},
                             {"{ ${abc} }", "{ xyz }"},
                             {"'${abc}", "'xyz"},
                             {"${abc}${abc}", "xyzxyz"},
                             {"${none}", ""},
                             {"${abc} owes me $5", "xyz owes me $5"},
                             {"I owe you $5", "I owe you $5"},
                             {"You owe me $$5 too", "You owe me $$5 too"},
                             {"ends in $", "ends in $"},
                             {"\xC3\xA9${abc}\xE2\x82\xAC", "\xC3\xA9xyz\xE2\x82\xAC"}});
  }
  void pairsOfDollarsBeforeBracesStandForOne() {
    ExpressionFixture world;
    world.attributes().set("foo", "bar");
    MR_EXPECT_VALUES(world, {{"$${foo}", "${foo}"},
                             {"$$${foo}", "$bar"},
                             {"$$$${foo}", "$${foo}"},
                             {"$$$$${foo}", "$$bar"},
                             {"${foo}$${foo}$$${foo}", "bar${foo}$bar"},
                             {"foo${foo}$${foo}bar${bar}$${bar}", "foobar${foo}bar${bar}"},
                             {"x $$${'5'} y", "x $ y"}});
  }
  void anExpressionThatIsNeverClosedIsText() {
    ExpressionFixture world;
    world.attributes().set("abc", "xyz");
    MR_EXPECT_VALUES(world, {{"${abc", "${abc"},
                             {"$${hello", "$${hello"},
                             {"Unescaped $$${5 because no closing brace",
                              "Unescaped $$${5 because no closing brace"},
                             {"${abc} owes me ${5", "xyz owes me ${5"},
                             {"${abc:equals('}", "${abc:equals('}"},
                             {"hello}", "hello}"},
                             {"$he{ll}o", "$he{ll}o"}});
  }
  void bracesInQuotesDoNotCount() {
    ExpressionFixture world;
    world.attributes().set("attr", "My Valuee");
    world.attributes().set("something", "some {} or other");
    MR_EXPECT_VALUES(world, {{"${attr:replaceAll('My (Val)ue{1,2}', '$1')}", "Val"},
                             {"${something:substringBefore('}')}", "some {"}});
  }
  void namesMayBeQuotedOrComputed() {
    ExpressionFixture world;
    for (const auto& [name, value] : {std::pair("a b c,d", "abc"),
                                      {"XX", "My Value"},
                                      {"attr", "XX "},
                                      {"A", "0"},
                                      {"UUID", "123"},
                                      {"a-b.c", "dash"},
                                      {"abcxcba", "hello"},
                                      {"b", "x"},
                                      {"$xyz", "good-bye"}}) {
      world.attributes().set(name, value);
    }
    MR_EXPECT_VALUES(world, {{"${ 'a b c,d':equals('abc') }", "true"},
                             {"${\"a b c,d\"}", "abc"},
                             {"${${attr:trim()}}", "My Value"},
                             {"${${attr:trim()}:length()}", "8"},
                             {"${A}", "0"},
                             {"${ 'UUID':toNumber():equals(123) }", "true"},
                             {"${a-b.c}", "dash"},
                             {"${ 'abc${b}cba':substring(0, 1) }", "h"},
                             {"${'$xyz'}", "good-bye"},
                             {"${${none}}", ""}});
  }
  void blanksAndCommentsDoNotMatter() {
    ExpressionFixture world;
    world.attributes().set("abc", "xyz");
    MR_EXPECT_VALUES(world, {{"${# ref attr\n\tabc\t#end ref attr\n}", "xyz"},
                             {"${abc:append('# hello') #good-bye \n}", "xyz# hello"},
                             {"${ abc:equals('abc'):or( \n\t${xx:isNull()}\r\n) }", "true"},
                             {"${abc : append ( 'x' ) }", "xyzx"}});
  }
  void backslashesInQuotesStandForOneCharacterOrStay() {
    ExpressionFixture world;
    world.attributes().set("x", "C:\\test\\1.txt");
    world.attributes().set("y", "y\ny");
    world.attributes().set("q", "say 'hi'");
    world.attributes().set("gz", "abc.gz");
    MR_EXPECT_VALUES(
        world, {{"${x:substringAfterLast('\\\\')}", "1.txt"},
                {"${y:equals('y\\ny')}", "true"},
                {"${literal('a\\tb\\rc')}", "a\tb\rc"},
                {"${literal(\"it's\")}", "it's"},
                {"${literal('it\\'s')}", "it's"},
                {"${q:replace('\\'', '\"')}", "say \"hi\""},
                {"${q:replaceAll(\"'.*'\", '\\\"hello\\\"')}", "say \"hello\""},
                {"${literal('\\d\\\\d')}", "\\d\\d"},
                {"${gz:replaceAll('\\.gz$', '')}", "abc"},
                {"${gz:replaceAll('\\\\\\.gz$', '')}", "abc.gz"},
                {"${literal('C:\\\\temp\\\\.txt'):replaceAll('\\\\\\.txt$', '')}", "C:\\temp"}});
  }
  void expressionsInQuotedTextsCount() {
    ExpressionFixture world;
    world.attributes().set("x", "abc");
    world.attributes().set("a", "abc");
    world.attributes().set("s", "1234xyz4321");
    world.attributes().set("end", "xyz");
    MR_EXPECT_VALUES(world, {{"${x:equals('${a}')}", "true"},
                             {"${x:equals(\"${a}\")}", "true"},
                             {"${s:matches('1234${end}4321')}", "true"},
                             {"${s:find('${none}9')}", "false"},
                             {"${literal('<${a:toUpper()}|$${a}>')}", "<ABC|${a}>"}});
  }
  void literalsOfEveryKind() {
    ExpressionFixture world;
    MR_EXPECT_VALUES(world, {{"${literal(5)}", "5"},
                             {"${literal('5')}", "5"},
                             {"${literal(-5.5):toNumber()}", "-5"},
                             {"${literal(+12.5e+2):toDecimal()}", "1250.0"},
                             {"${literal(-.5E-2):toDecimal()}", "-0.005"},
                             {"${literal(1.):toDecimal()}", "1.0"},
                             {"${literal(true):ifElse('a', 'b')}", "a"},
                             {"${literal(null):isNull()}", "true"},
                             {"${literal(9223372036854775807)}", "9223372036854775807"}});
    QVERIFY(!world.refusal("${literal(9223372036854775808)}").empty());
  }
  void parametersAreReplacedBeforeExpressionsAreRead() {
    ExpressionFixture world;
    world.attributes().set("abc", "xyz");
    world.options().parameter = [](std::string_view name) -> std::optional<std::string> {
      if (name == "p") return "15";
      if (name == "el") return "${abc}";
      if (name == "my param/1") return "odd";
      return std::nullopt;
    };
    MR_EXPECT_VALUES(world,
                     {{"#{p}", "15"},
                      {"a#{ p }b", "a15b"},
                      {"#{'my param/1'}#{\"p\"}", "odd15"},
                      {"##{p}", "#{p}"},
                      {"###{p}", "#15"},
                      {"####{p}", "##{p}"},
                      {"# #5 #{a/b} #{} #{p", "# #5 #{a/b} #{} #{p"},
                      {"#{el}", "xyz"},
                      {"${#{p}:plus(1)}", "16"},
                      {"${abc:append(#{p}):append(' - '):append(#{'my param/1'})}", "xyz15 - odd"},
                      {"${abc:append('#{p}')}", "xyz#{p}"}});
    QCOMPARE(world.refusal("x #{q}"),
             std::string("column 3: no parameter is named 'q'; define it or write ##{ for text"));
    QVERIFY(world.refusal("${#{q}}").find("'q'") != std::string::npos);
  }
  void scopeDecidesWhatCounts() {
    ExpressionFixture world;
    world.attributes().set("a", "attribute");
    world.variables().set("a", "variable");
    world.variables().set("HOME", "/srv/mill");
    world.options().parameter = [](std::string_view) { return std::optional<std::string>("P"); };
    MR_EXPECT_VALUES(world, {{"${a}", "attribute"}, {"${HOME}", "/srv/mill"}});
    world.options().scope = Scope::kEnvironment;
    MR_EXPECT_VALUES(world, {{"${a}", "variable"}, {"${allAttributes('a'):join('')}", "variable"}});
    world.options().scope = Scope::kNone;
    MR_EXPECT_VALUES(world,
                     {{"${a} $${a} ${", "${a} $${a} ${"}, {"${x:#{p}} ##{p}", "${x:P} #{p}"}});
  }
  void whatCannotWorkIsRefusedWithItsPlace() {
    ExpressionFixture world;
    for (const auto& [text, message] : {
             std::pair("size ${a:toNumbr()}", "column 10: toNumbr: did you mean toNumber?"),
             {"${a:uuid()}", "column 5: uuid: did you mean UUID?"},
             {"${a:zzzzzzzzzz()}", "column 5: there is no function zzzzzzzzzz"},
             {"${UUID():nextInt()}",
              "column 10: nextInt() stands first in an expression, not after ':'"},
             {"${toUpper()}",
              "column 3: toUpper() needs a subject before it: ${attribute:toUpper(…)}"},
             {"\xC3\xA9\n${a:substring()}",
              "line 2, column 5: substring() takes 1 to 2 arguments, not 0"},
             {"${a:isNull():plus(1)}", "column 14: plus() takes a number, not a boolean"},
             {"${a:length():and(true)}", "column 14: and() takes a boolean, not a whole number"},
             {"${a:gt(true)}", "column 8: gt() takes a number as argument 1, not a boolean"},
             {"${5}", "column 3: '5' where an attribute's name or a function is expected"},
             {"${a b}", "column 5: 'b' where ':' or '}' is expected"},
         }) {
      QCOMPARE(world.refusal(text), std::string(message));
    }
    for (const char* text : {"${}",
                             "${1a}",
                             "${length}",
                             "${true}",
                             "${a:}",
                             "${a:toUpper}",
                             "${a:toUpper(}",
                             "${a:toUpper(),}",
                             "${a:append(b)}",
                             "${a:append('x',)}",
                             "${a:append('x' 'y')}",
                             "${a:append('x\ny')}",
                             "${a/b}",
                             "${a:equals( $${b} )}",
                             "${a:indexOf(length())}",
                             "${a:matches('[')}",
                             "${a:toDate('qq')}",
                             "${a:format('yyyy', 'Mars/Base')}",
                             "${a:plusDuration('soon')}",
                             "${allAttributes('a'):plus(1)}",
                             "${allAttributes('a'):count():gt(2)}",
                             "${anyAttribute('a'):count()}",
                             "${allAttributes(a):isNull()}",
                             "${a:toInstant('yyyy')}",
                             "${hostname(1)}",
                             "${hostname('true')}",
                             "${a:append('${b:nope()}')}",
                             "${a:times(3)}",
                             "${a:jsonPath('$.x[')}",
                             "${#{x y/z}}"}) {
      QVERIFY2(!world.refusal(text).empty(), text);
    }
  }
  void endlessNestingIsRefusedNotRun() {
    ExpressionFixture world;
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "${";
    deep += "a";
    for (int i = 0; i < 100'000; ++i) deep += "}";
    QVERIFY(!world.refusal(deep).empty());
    std::string chain = "${a";
    for (int i = 0; i < 100'000; ++i) chain += ":trim()";
    QVERIFY(!world.refusal(chain + "}").empty());
    std::string fair = "${a";
    for (int i = 0; i < 300; ++i) fair += ":append('x')";
    QCOMPARE(world.value(fair + ":length()}"), std::string("300"));
  }
  void aTextWithoutExpressionsIsALiteral() {
    ExpressionFixture world;
    auto compiled = CompiledExpression::compile("$${a} b", {});
    QVERIFY(compiled.ok());
    QVERIFY(compiled->isLiteral());
    QCOMPARE(compiled->literal(), std::string("${a} b"));
    QVERIFY(!CompiledExpression::compile("${a}", {})->isLiteral());
  }
  void theNamesThatATextRefersToAreKnown() {
    CompileOptions options;
    options.parameter = [](std::string_view) { return std::optional<std::string>("v"); };
    auto compiled = CompiledExpression::compile(
        "#{p}${b:append(${a}):append('${c}')}${anyAttribute('d', 'a'):isNull()}${#{q}}", options);
    QVERIFY(compiled.ok());
    QVERIFY((compiled->referencedAttributes() == std::vector<std::string>{"a", "b", "c", "d"}));
    QVERIFY((compiled->referencedParameters() == std::vector<std::string>{"p", "q"}));
  }
  void truthIsTheTextTrueInAnyCase() {
    ExpressionFixture world;
    world.attributes().set("yes", " TRUE ");
    const auto truth = [&](const char* text) {
      return CompiledExpression::compile(text, {})->evaluateBoolean(world.input()).value();
    };
    QVERIFY(truth("${yes}"));
    QVERIFY(truth("true"));
    QVERIFY(truth("tr${literal('ue')}"));
    QVERIFY(truth("${yes:notNull()}"));
    QVERIFY(!truth("${none}"));
    QVERIFY(!truth("1"));
    QVERIFY(!CompiledExpression::compile("${literal(1):divide(0)}", {})
                 ->evaluateBoolean(world.input())
                 .ok());
  }
};

QTEST_GUILESS_MAIN(GrammarTest)
#include "grammar_test.moc"
