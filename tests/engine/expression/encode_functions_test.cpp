// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/expression/expression_fixture.h"

#include <QTest>

using namespace millrace::expression;
using millrace::expression::testing::ExpressionFixture;

class EncodeFunctionsTest : public QObject {
  Q_OBJECT
 private slots:
  void jsonEscapes() {
    ExpressionFixture world;
    world.attributes().set("quotes", "air \"QUOTES\"\\/\n\t\x01");
    world.attributes().set("beyond", "\xC3\xA9\xF0\x9F\x98\x80");
    world.attributes().set("escaped", "\\u00e9\\uD83D\\uDE00\\n\\q\\");
    MR_EXPECT_VALUES(world, {{"${quotes:escapeJson()}", "air \\\"QUOTES\\\"\\\\\\/\\n\\t\\u0001"},
                             {"${quotes:escapeJson():unescapeJson():equals(${quotes})}", "true"},
                             {"${beyond:escapeJson()}", "\\u00E9\\uD83D\\uDE00"},
                             {"${escaped:unescapeJson()}", "\xC3\xA9\xF0\x9F\x98\x80\nq\\"},
                             {"${none:escapeJson():isNull()}", "false"}});
  }
  void xmlEscapes() {
    ExpressionFixture world;
    world.attributes().set("text", "M & M <\"'> \x02\xC3\xA9");
    world.attributes().set("escaped", "&lt;&#65;&#x42;&amp;amp;&nbsp;&#xZZ;&#");
    MR_EXPECT_VALUES(world, {{"${text:escapeXml()}", "M &amp; M &lt;&quot;&apos;&gt; \xC3\xA9"},
                             {"${escaped:unescapeXml()}", "<AB&amp;&nbsp;&#xZZ;&#"}});
  }
  void csvFields() {
    ExpressionFixture world;
    world.attributes().set("quotes", "air \"QUOTES\".");
    world.attributes().set("field", "\"air \"\"QUOTES\"\".\"");
    world.attributes().set("lines", "a\nb");
    MR_EXPECT_VALUES(world, {{"${quotes:escapeCsv()}", "\"air \"\"QUOTES\"\".\""},
                             {"${field:unescapeCsv()}", "air \"QUOTES\"."},
                             {"${literal('plain'):escapeCsv()}", "plain"},
                             {"${lines:escapeCsv()}", "\"a\nb\""},
                             {"${literal('\"plain\"'):unescapeCsv()}", "\"plain\""}});
  }
  void base64() {
    ExpressionFixture world;
    world.attributes().set("bytes", std::string("\xFF\xFE\x00\x7F", 4));
    MR_EXPECT_VALUES(world, {{"${literal('admin:admin'):base64Encode()}", "YWRtaW46YWRtaW4="},
                             {"${literal('YWRtaW46YWRtaW4='):base64Decode()}", "admin:admin"},
                             {"${literal('f'):base64Encode()}", "Zg=="},
                             {"${literal('fo'):base64Encode()}", "Zm8="},
                             {"${literal('foobar'):base64Encode()}", "Zm9vYmFy"},
                             {"${literal(''):base64Encode()}", ""},
                             {"${literal('Zm9v\\nYmFy'):base64Decode()}", "foobar"},
                             {"${literal('Zg'):base64Decode()}", "f"},
                             {"${bytes:base64Encode()}", "//4Afw=="}});
    QCOMPARE(world.value("${bytes:base64Encode():base64Decode()}"),
             std::string("\xFF\xFE\x00\x7F", 4));
  }
  void urlForms() {
    ExpressionFixture world;
    world.attributes().set("url", "some value with spaces");
    world.attributes().set("odd", "a*b-c_d.e~f/\xC3\xA9?&");
    MR_EXPECT_VALUES(world, {{"${url:urlEncode()}", "some+value+with+spaces"},
                             {"${odd:urlEncode()}", "a*b-c_d.e%7Ef%2F%C3%A9%3F%26"},
                             {"${odd:urlEncode():urlDecode():equals(${odd})}", "true"},
                             {"${literal('a%20b+c'):urlDecode()}", "a b c"}});
    QVERIFY(world.fails("${literal('%'):urlDecode()}"));
    QVERIFY(world.fails("${literal('%4'):urlDecode()}"));
    QVERIFY(world.fails("${literal('%zz'):urlDecode()}"));
  }
  void digests() {
    ExpressionFixture world;
    MR_EXPECT_VALUES(
        world,
        {{"${literal('john'):hash('MD5')}", "527bd5b5d689e2c32ae974c6229ff785"},
         {"${literal('string value'):hash('MD5')}", "64e58419496c7248b4ef25731f88b8c3"},
         {"${literal('string value'):hash('SHA-1')}", "34990db823e7bb2b47278a7fbf08c62d9e8e4307"},
         {"${literal('string value'):hash('SHA-256')}",
          "9b6a1a9167a5caf3f5948413faa89e0ec0de89e12bef55327442e60dcc0e8c9b"},
         {"${literal(10):toNumber():hash('md5')}", "d3d9446802a44259755d38e6d163e820"},
         {"${none:hash('MD5')}", ""}});
    QVERIFY(world.fails("${literal('john'):hash('NOT_A_ALGO')}"));
  }
  void uuidsOfNames() {
    ExpressionFixture world;
    world.attributes().set("a", "u5IkOYFFvYioYBJSNI2XNjPaVoRjXYnr");
    world.attributes().set("j", "WxiyO8Gzw0jQnBlYeZMcdNTwCWJe5MNg");
    MR_EXPECT_VALUES(world, {{"${a:UUID3('b9e81de3-7047-4b5e-a822-8fff5b49f808')}",
                              "7ab88cc4-7748-3214-812a-1bc4500a911a"},
                             {"${a:UUID5('245b55a8-397d-4480-a41e-16603c8cf9ad')}",
                              "74f6dc12-6d84-500c-9583-e9fed79912ea"},
                             {"${j:UUID3('4939d5dd-51c1-4d0e-badd-77fa7c7eebc1')}",
                              "6507198b-f565-3196-9123-6f946f8c53bc"},
                             {"${j:UUID3(${none})}", "f2d25da2-cc06-34de-80a3-cf64aff82020"},
                             {"${j:UUID5(${none})}", "0231a7bf-7bbe-5a0c-8bbd-9c7bc2e95071"},
                             {"${none:UUID5('4939d5dd-51c1-4d0e-badd-77fa7c7eebc1')}", ""},
                             {"${a:UUID3(${UUID()}):length()}", "36"}});
    QVERIFY(world.fails("${a:UUID3('no-uuid')}"));
  }
  void randomUuidsAreOfVersionFour() {
    ExpressionFixture world;
    const std::string one = world.value("${UUID()}");
    QCOMPARE(one.size(), std::size_t{36});
    QCOMPARE(one[14], '4');
    QVERIFY(std::string("89ab").find(one[19]) != std::string::npos);
    QVERIFY(one != world.value("${UUID()}"));
  }
  void urisOfTheirParts() {
    ExpressionFixture world;
    MR_EXPECT_VALUES(
        world,
        {{"${getUri('https', 'admin:admin', 'nifi.apache.org', '1234', '/path/data ', "
          "'key=value &key2=value2', 'frag1')}",
          "https://admin:admin@nifi.apache.org:1234/path/data%20?key=value%20&key2=value2#frag1"},
         {"${getUri('https', null, 'nifi.apache.org', 8443, '/docs.html', null, null)}",
          "https://nifi.apache.org:8443/docs.html"},
         {"${getUri('http', null, 'nifi.apache.org', -1, '/docs.html', null, null)}",
          "http://nifi.apache.org/docs.html"}});
    QVERIFY(!world.refusal("${getUri()}").empty());
    QVERIFY(!world.refusal("${getUri('https', 'admin:admin')}").empty());
    QVERIFY(world.fails("${getUri('https', null, 'a.org', 'notANumber', '/', null, null)}"));
    QVERIFY(world.fails("${getUri('ht tp', null, 'a.org', -1, '/', null, null)}"));
    QVERIFY(world.fails("${getUri('http', null, 'a.org', -1, 'relative', null, null)}"));
  }
  void theMachineTheThreadAndTheState() {
    ExpressionFixture world;
    world.state().set("abc", "xyz");
    world.state().set("true", "asd");
    world.attributes().set("key", "abc");
    MR_EXPECT_VALUES(world, {{"${hostname()}", "mill"},
                             {"${hostname(true)}", "mill.example.org"},
                             {"${hostname(false)}", "mill"},
                             {"${ip()}", "192.0.2.7"},
                             {"${thread()}", "worker-1"},
                             {"${getStateValue('abc')}", "xyz"},
                             {"${getStateValue(${key}):equals('xyz')}", "true"},
                             {"${getStateValue(${literal(true):toString()})}", "asd"},
                             {"${getStateValue('none'):isNull()}", "true"}});
  }
};

QTEST_GUILESS_MAIN(EncodeFunctionsTest)
#include "encode_functions_test.moc"
