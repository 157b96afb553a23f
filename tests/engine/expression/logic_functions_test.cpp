// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/expression/expression_fixture.h"

#include <QTest>

using namespace millrace::expression;
using millrace::expression::testing::ExpressionFixture;

class LogicFunctionsTest : public QObject {
  Q_OBJECT
 private slots:
  void nullAndEmpty() {
    ExpressionFixture world;
    world.attributes().set("a", "a");
    world.attributes().set("b", "");
    world.attributes().set("c", "        \n");
    MR_EXPECT_VALUES(world, {{"${none:isNull()}", "true"},
                             {"${b:isNull()}", "false"},
                             {"${b:notNull()}", "true"},
                             {"${none:notNull():not()}", "true"},
                             {"${a:isEmpty()}", "false"},
                             {"${b:isEmpty()}", "true"},
                             {"${c:isEmpty()}", "true"},
                             {"${none:isEmpty()}", "true"}});
  }
  void equality() {
    ExpressionFixture world;
    world.attributes().set("attr", " XX    ");
    world.attributes().set("n", "123");
    world.attributes().set("umlaut",
                           "\xC3\x84"
                           "b");
    MR_EXPECT_VALUES(world, {{"${attr:trim():equals('XX')}", "true"},
                             {"${attr:trim():equals('xx')}", "false"},
                             {"${attr:trim():equalsIgnoreCase('xX')}", "true"},
                             {"${umlaut:equalsIgnoreCase('\xC3\xA4"
                              "B')}",
                              "true"},
                             {"${none:equals('')}", "false"},
                             {"${n:equals(${none})}", "false"},
                             {"${none:equalsIgnoreCase(${none})}", "false"},
                             {"${n:toNumber():equals(123)}", "true"},
                             {"${n:toNumber():equals(123.0)}", "true"},
                             {"${n:toNumber():equals('0123')}", "true"},
                             {"${n:equals('0123')}", "false"},
                             {"${n:equals(123)}", "true"},
                             {"${n:notNull():equals('true')}", "true"},
                             {"${n:notNull():equals(false)}", "false"}});
  }
  void comparison() {
    ExpressionFixture world;
    world.attributes().set("one", "1.1");
    world.attributes().set("two", "2.2");
    world.attributes().set("big", "9007199254740993");
    world.attributes().set("text", "abc");
    MR_EXPECT_VALUES(world, {{"${one:lt(${two})}", "true"},
                             {"${one:lt(${one})}", "false"},
                             {"${one:le(${one})}", "true"},
                             {"${two:ge(${one})}", "true"},
                             {"${one:ge(${two})}", "false"},
                             {"${two:gt(${one})}", "true"},
                             {"${big:gt(9007199254740992)}", "true"},
                             {"${text:gt(1)}", "false"},
                             {"${text:lt(1)}", "false"},
                             {"${none:le(1)}", "false"},
                             {"${one:gt('abc')}", "false"},
                             {"${one:gt(${none})}", "false"},
                             {"${literal(' 7 '):ge(7)}", "true"}});
  }
  void logicStopsEarly() {
    ExpressionFixture world;
    world.attributes().set("filename1", "xabc");
    world.attributes().set("filename2", "yabc");
    world.attributes().set("filename 3", "abcxy");
    world.attributes().set("no", "false");
    world.attributes().set("a", "a");
    world.attributes().set("abc", "a");
    MR_EXPECT_VALUES(
        world, {{"${filename1:startsWith('x'):or(true)}", "true"},
                {"${filename2:startsWith('x'):or( ${filename1:startsWith('y')} )}", "false"},
                {"${filename1:startsWith('x') : and( false )}", "false"},
                {"${filename1:startsWith('x'):and( ${'filename 3':endsWith('y')} )}", "true"},
                {"${no:or( ${${abc}:length():equals(1)} )}", "true"},
                {"${no:and( ${literal(1):divide(0):equals(1)} )}", "false"},
                {"${no:not():or( ${literal(1):divide(0):equals(1)} )}", "true"},
                {"${none:and(true)}", "false"},
                {"${none:or(true)}", "true"},
                {"${none:not()}", "true"},
                {"${a:not()}", "true"},
                {"${ 'non-existing':notNull():not():and( ${filename1:startsWith('y'):or( "
                 "${ filename1:startsWith('x'):and(false) } ):or( ${ filename2:endsWith('xxxx')"
                 ":or( ${'filename 3':length():gt(1)} ) } )} ) }",
                 "true"}});
    QVERIFY(world.fails("${no:or( ${literal(1):divide(0):equals(1)} )}"));
  }
  void choosing() {
    ExpressionFixture world;
    world.attributes().set("yes", "TRUE");
    world.attributes().set("hello", "hello");
    MR_EXPECT_VALUES(world, {{"${none:isNull():ifElse('a', 'b')}", "a"},
                             {"${none:ifElse('a', 'b')}", "b"},
                             {"${hello:ifElse('a', 'b')}", "b"},
                             {"${yes:ifElse('a', 'b')}", "a"},
                             {"${literal(true):ifElse(false, 'b')}", "false"},
                             {"${hello:isNull():ifElse(1, 2.5)}", "2.5"},
                             {"${hello:in('PAUL', 'hello', 'MIKE')}", "true"},
                             {"${hello:in('Hello')}", "false"},
                             {"${none:in('')}", "false"},
                             {"${hello:in('x', ${yes:replace('TRUE', 'hello')})}", "true"}});
  }
  void jsonIsAnObjectOrArray() {
    ExpressionFixture world;
    const auto json = [&](std::string text) {
      world.attributes().set("json", std::move(text));
      return world.value("${json:isJson()}");
    };
    for (const char* text :
         {R"({"name":"John", "age":30, "car":null})", "\n[\"Ford\", 1.5e+3, -0.1, true, []]\n",
          "{}", "[]", R"({"a":{"b":["\u00e9\n\\"]}})"}) {
      QVERIFY2(json(text) == "true", text);
    }
    for (const char* text : {"", "null", "true", "1234", "18.36", "\"some\"", R"("name":"John"})",
                             R"({"name":"John")", "[1,]", "[01]", "{a:1}", "{\"a\":1,}", "[1] x",
                             "['a']", "[\"\\x\"]", "[1.]", "[\"\n\"]"}) {
      QVERIFY2(json(text) == "false", text);
    }
    QVERIFY(json(std::string(100'000, '[') + std::string(100'000, ']')) == "false");
    QCOMPARE(world.value("${none:isJson()}"), std::string("false"));
  }
  void oneResultForManyAttributes() {
    ExpressionFixture world;
    world.attributes().set("abc", "zzz");
    world.attributes().set("xyz", "abc");
    world.attributes().set("123.cba", "hello");
    MR_EXPECT_VALUES(
        world,
        {{"${anyAttribute('abc', 'xyz', 'missing'):substring(1,2):equals('b')}", "true"},
         {"${anyAttribute('zz'):substring(1,2):equals('b')}", "false"},
         {"${anyAttribute('abc', 'zz'):isNull()}", "true"},
         {"${anyMatchingAttribute('.{2}x', '.{2}z'):substring(1,2):equals('b')}", "true"},
         {"${anyMatchingAttribute('x{44}'):equals('b')}", "false"},
         {"${anyMatchingAttribute('xxxxxxxxx'):notNull()}", "false"},
         {"${anyMatchingAttribute('xxxxxxxxx'):isNull()}", "false"},
         {R"(${anyMatchingAttribute('123\.c.*|a.c'):matches('zzz')})", "true"},
         {"${allAttributes('abc', 'xyz'):length():equals(3)}", "true"},
         {"${allAttributes('abc', 'xyz', 'other'):isNull()}", "false"},
         {"${allAttributes('abc', 'xyz', 'other'):notNull()}", "false"},
         {"${allMatchingAttributes('[ax].*'):length():lt(4)}", "true"},
         {R"(${allMatchingAttributes('123\.cba'):equals('no')})", "false"},
         {"${allMatchingAttributes('a.*'):contains('z'):toUpper():equals('TRUE')}", "true"},
         {"${anyMatchingAttribute('[ax].*'):contains('z'):and(${xyz:equals('abc')})}", "true"},
         {"${abc:equals('zzz'):and( ${anyAttribute('abc','xyz'):contains('c')})}", "true"}});
  }
  void reducersFoldTheResults() {
    ExpressionFixture world;
    world.attributes().set("a", "a");
    world.attributes().set("b", "abc");
    world.attributes().set("c", "        \n");
    world.attributes().set("n1", "111");
    world.attributes().set("n2", "222");
    world.attributes().set("n3", "333333");
    MR_EXPECT_VALUES(
        world,
        {{"${allMatchingAttributes('.*'):count()}", "6"},
         {"${allMatchingAttributes('.*'):length():gt(2):count()}", "5"},
         {"${allMatchingAttributes('n.*'):plus(1):count()}", "3"},
         {"${allMatchingAttributes('zz'):count()}", "0"},
         {"${allMatchingAttributes('zz'):join(',')}", ""},
         {"${allAttributes('a', 'b', 'n1'):join(', ')}", "a, abc, 111"},
         {"${allAttributes('x', 'y'):join(',')}", ","},
         {"${x:join(', ')}", ""},
         {"${a:join(', ')}", "a"},
         {"${a:count()}", "1"},
         {"${x:count()}", "0"},
         {"${literal(${allMatchingAttributes('n.*'):contains('1'):count()}):gt(0)}", "true"}});
  }
  void partsOfATextAsManyValues() {
    ExpressionFixture world;
    world.attributes().set("abc", "a,b,c");
    world.attributes().set("numbers", "2,0,1,3");
    world.attributes().set("letters", "x|y|z");
    world.attributes().set("path", "/my/path");
    world.attributes().set("slash", "/");
    world.attributes().set("tail", "path/");
    MR_EXPECT_VALUES(world, {{"${anyDelineatedValue('${abc}', ','):equals('b')}", "true"},
                             {"${anyDelineatedValue(${abc}, ','):equals('d')}", "false"},
                             {"${anyDelineatedValue(${numbers}, ','):gt('2'):and("
                              "${anyDelineatedValue(${letters}, '\\|'):equals('z')})}",
                              "true"},
                             {"${allDelineatedValues(${abc}, ','):matches('[abc]')}", "true"},
                             {"${allDelineatedValues(${abc}, ','):matches('[abd]')}", "false"},
                             {"${allDelineatedValues(${abc}, ','):equals('a'):not()}", "false"},
                             {"${allDelineatedValues(${path}, '/'):count()}", "3"},
                             {"${allDelineatedValues(${slash}, '/'):count()}", "0"},
                             {"${allDelineatedValues(${tail}, '/'):count()}", "1"},
                             {"${allDelineatedValues('boo:and:foo', 'o'):join('+')}", "b++:and:f"},
                             {"${allDelineatedValues('abc', ''):join('+')}", "a+b+c"},
                             {"${allDelineatedValues('a1b22c', '\\d'):join('+')}", "a+b++c"},
                             {"${allDelineatedValues(${none}, ','):isNull()}", "false"}});
  }
};

QTEST_GUILESS_MAIN(LogicFunctionsTest)
#include "logic_functions_test.moc"
