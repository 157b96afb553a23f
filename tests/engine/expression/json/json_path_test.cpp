// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/json/json_path.h"

#include <QtTest>

using namespace millrace;
using namespace millrace::expression;

namespace {

// The document that every introduction to JSONPath uses (Goessner, 2007).
constexpr std::string_view kStore =
    "{"
    "\"store\": {"
    "\"book\": ["
    "{\"category\": \"reference\", \"author\": \"Nigel Rees\", \"title\": \"Sayings of the "
    "Century\","
    "\"price\": 8.95},"
    "{\"category\": \"fiction\", \"author\": \"Evelyn Waugh\", \"title\": \"Sword of Honour\","
    "\"price\": 12.99},"
    "{\"category\": \"fiction\", \"author\": \"Herman Melville\", \"title\": \"Moby Dick\","
    "\"isbn\": \"0-553-21311-3\", \"price\": 8.99},"
    "{\"category\": \"fiction\", \"author\": \"J. R. R. Tolkien\", \"title\": \"The Lord of the "
    "Rings\","
    "\"isbn\": \"0-395-19395-8\", \"price\": 22.99}"
    "],"
    "\"bicycle\": {\"color\": \"red\", \"price\": 19.95}"
    "},"
    "\"expensive\": 10,"
    "\"numbers\": [1, 5, 2.5, -3],"
    "\"none\": null,"
    "\"empty\": [],"
    "\"text\": \"abc\","
    "\"nested\": [[1, 2], [3]],"
    "\"tags\": [\"a\", \"b\"],"
    "\"a.b\": {\"c d\": true}"
    "}";

constexpr std::string_view kMissing = "<not found>";

std::string readFrom(std::string_view json, std::string_view path) {
  JsonDocument document;
  const auto parsed = document.parse(asBytes(json));
  if (!parsed.ok()) return parsed.error().message;
  const auto compiled = JsonPath::compile(path);
  if (!compiled.ok()) return compiled.error().message;
  const auto value = compiled->read(document);
  if (!value) return std::string(kMissing);
  std::string text;
  appendJson(*value, text);
  return text;
}

std::string rewrite(std::string_view json) { return readFrom(json, "$"); }

}  // namespace

class JsonPathTest : public QObject {
  Q_OBJECT
 private slots:
  void halfASurrogatePairIsAQuestionMark() {
    QCOMPARE(rewrite("[\"a\\ude00b\\udfff\"]"), std::string("[\"a?b?\"]"));
    QCOMPARE(rewrite("{\"\\udc00\":\"\xED\x95\x9C\"}"), std::string("{\"?\":\"\xED\x95\x9C\"}"));
    QCOMPARE(rewrite("\"\\ud83d\\ude00\""), std::string("\"\xF0\x9F\x98\x80\""));
  }
  void pathLeadsToValue_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("value");
    const auto row = [](const char* path, const char* value) {
      QTest::newRow(path) << QString(path) << QString(value);
    };
    row("$.expensive", "10");
    row("expensive", "10");
    row("  $.expensive ", "10");
    row("$['expensive']", "10");
    row("$[\"expensive\"]", "10");
    row("$.['expensive']", "10");
    row("$['a.b']['c d']", "true");
    row("$.none", "null");
    row("$.store.bicycle", "{\"color\":\"red\",\"price\":19.95}");
    row("$.store.bicycle.size", "<not found>");
    row("$.store.car.price", "<not found>");
    row("$.none.x", "<not found>");
    row("$.text.x", "<not found>");
    row("$.store.book[0].title", "\"Sayings of the Century\"");
    row("$.store.book[-1].title", "\"The Lord of the Rings\"");
    row("$.store.book[9].title", "<not found>");
    row("$.store.book[-9]", "<not found>");
    row("$.store[0]", "<not found>");
    row("$.store.book[*].author",
        "[\"Nigel Rees\",\"Evelyn Waugh\",\"Herman Melville\",\"J. R. R. Tolkien\"]");
    row("$..author", "[\"Nigel Rees\",\"Evelyn Waugh\",\"Herman Melville\",\"J. R. R. Tolkien\"]");
    row("$.store..price", "[8.95,12.99,8.99,22.99,19.95]");
    row("$..nothing", "[]");
    row("$..book[2].title", "[\"Moby Dick\"]");
    row("$..book[-2].title", "[\"Moby Dick\"]");
    row("$..book[0,1].price", "[8.95,12.99]");
    row("$..book[:2].price", "[8.95,12.99]");
    row("$..book[1:2].price", "[12.99]");
    row("$..book[-2:].price", "[8.99,22.99]");
    row("$..book[2:].price", "[8.99,22.99]");
    row("$.numbers[1:3]", "[5,2.5]");
    row("$.numbers[1:-1]", "[]");  // Jayway: with both ends given, a negative end is no count
    row("$.numbers[-3:-1]", "[5,2.5]");
    row("$.numbers[0,2]", "[1,2.5]");
    row("$.numbers[0,9]", "[1]");
    row("$.store.book[0]['title','price']",
        "{\"title\":\"Sayings of the Century\",\"price\":8.95}");
    row("$.store.book[0]['title','isbn']", "{\"title\":\"Sayings of the Century\"}");
    row("$.store['bicycle','car'].color", "[\"red\"]");
    row("$.store.bicycle.*", "[\"red\",19.95]");
    row("$.text.*", "[]");
    row("$.nested[*][0]", "[1,3]");
    row("$.empty[*]", "[]");
    row("$.empty[0]", "<not found>");
  }
  void pathLeadsToValue() {
    QFETCH(QString, path);
    QFETCH(QString, value);
    QCOMPARE(QString::fromStdString(readFrom(kStore, path.toStdString())), value);
  }

  void filterSelects_data() {
    QTest::addColumn<QString>("filter");
    QTest::addColumn<QString>("prices");
    const auto row = [](const char* filter, const char* prices) {
      QTest::newRow(filter) << QString(filter) << QString(prices);
    };
    row("@.isbn", "[8.99,22.99]");
    row("!@.isbn", "[8.95,12.99]");
    row("!(@.isbn)", "[8.95,12.99]");
    row("@.isbn exists true", "[8.99,22.99]");
    row("@.isbn exists false", "[8.95,12.99]");
    row("@.price < 10", "[8.95,8.99]");
    row("@.price <= 8.95", "[8.95]");
    row("@.price > $.expensive", "[12.99,22.99]");
    row("@['price'] >= 12.99", "[12.99,22.99]");
    row("10 > @.price", "[8.95,8.99]");
    row("@.price == 8.950", "[8.95]");
    row("@.price == '8.95'", "[8.95]");
    row("@.price === '8.95'", "[]");
    row("@.price != 8.95", "[12.99,8.99,22.99]");
    row("@.isbn != '0-553-21311-3'", "[8.95,12.99,22.99]");  // what is missing differs, too
    row("@.category == 'fiction' && @.price < 10", "[8.99]");
    row("@.category == \"reference\" || @.price > 20", "[8.95,22.99]");
    row("@.price < 5 || @.isbn && @.price > 10", "[22.99]");
    row("(@.price < 9 || @.price > 20) && @.category == 'fiction'", "[8.99,22.99]");
    row("@.author =~ /.*REES/i", "[8.95]");
    row("@.author =~ /rees/i", "[]");  // a pattern matches the whole text
    row("@.title =~ /S.*/", "[8.95,12.99]");
    row("@.category in ['reference', 'other']", "[8.95]");
    row("@.category nin ['reference']", "[12.99,8.99,22.99]");
    row("@.isbn nin ['0-553-21311-3']", "[8.95,12.99,22.99]");
    row("@.price in [8.95, 22.99]", "[8.95,22.99]");
    row("@.title contains 'of'", "[8.95,12.99,22.99]");
    row("@.title size 9", "[8.99]");
    row("@.title empty false", "[8.95,12.99,8.99,22.99]");
    row("@.price < 'x'", "[]");
    row("@.nothing == null", "[]");
    row("@.price == null", "[]");
    row("true == @.isbn", "[]");
  }
  void filterSelects() {
    QFETCH(QString, filter);
    QFETCH(QString, prices);
    const QString path = QString("$.store.book[?(%1)].price").arg(filter);
    QCOMPARE(QString::fromStdString(readFrom(kStore, path.toStdString())), prices);
    const QString blanks = QString("$.store.book[ ?( %1 ) ].price").arg(filter);
    QCOMPARE(QString::fromStdString(readFrom(kStore, blanks.toStdString())), prices);
  }

  void filterSeesOtherKindsOfItems() {
    QCOMPARE(readFrom(kStore, "$.numbers[?(@ > 1)]"), std::string("[5,2.5]"));
    QCOMPARE(readFrom(kStore, "$.nested[?(@ size 1)]"), std::string("[[3]]"));
    QCOMPARE(readFrom(kStore, "$.nested[?(@ contains 2)]"), std::string("[[1,2]]"));
    QCOMPARE(readFrom(kStore, "$.nested[?(@ == [3])]"), std::string("[[3]]"));
    QCOMPARE(readFrom(kStore, "$.nested[?(@ subsetof [1, 2, 4])]"), std::string("[[1,2]]"));
    QCOMPARE(readFrom(kStore, "$.nested[?(@ anyof [3, 4])]"), std::string("[[3]]"));
    QCOMPARE(readFrom(kStore, "$.nested[?(@ noneof [3, 4])]"), std::string("[[1,2]]"));
    QCOMPARE(readFrom(kStore, "$.nested[?(@ all [1])]"), std::string("[[1,2]]"));
    QCOMPARE(readFrom(kStore, "$.store.bicycle[?(@.color == 'red')].price"),
             std::string("[19.95]"));
    QCOMPARE(readFrom(kStore, "$..[?(@.color)].price"), std::string("[19.95]"));
    QCOMPARE(readFrom("[{\"a\":[]},{\"a\":\"\"},{\"a\":[1]}]", "$[?(@.a empty true)]"),
             std::string("[{\"a\":[]},{\"a\":\"\"}]"));
    QCOMPARE(readFrom("[{\"a\":null},{\"b\":1}]", "$[?(@.a == null)]"),
             std::string("[{\"a\":null}]"));
    QCOMPARE(readFrom("[{\"a\":1},{\"a\":2}]", "$[?(@.a in $[0]['a'])]"), std::string("[]"));
  }

  void longNumbersAreCompared() {
    constexpr std::string_view json =
        "[{\"n\":123456789012345678901},{\"n\":123456789012345678902}]";
    QCOMPARE(readFrom(json, "$[?(@.n == 123456789012345678902)].n"),
             std::string("[123456789012345678902]"));
    QCOMPARE(readFrom(json, "$[?(@.n < 123456789012345678902)].n"),
             std::string("[123456789012345678901]"));
  }

  void functionGivesValue_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("value");
    const auto row = [](const char* path, const char* value) {
      QTest::newRow(path) << QString(path) << QString(value);
    };
    row("$.numbers.length()", "4");
    row("$.numbers.size()", "4");
    row("$.store.length()", "2");
    row("$.text.length()", "null");  // Jayway counts items, not characters
    row("$..book.length()", "4");
    row("$.numbers.min()", "-3.0");  // aggregates are doubles
    row("$.numbers.max()", "5.0");
    row("$.numbers.sum()", "5.5");
    row("$.numbers.avg()", "1.375");
    row("$..price.sum()", "73.87");
    row("$.sum($.numbers[0], 4)", "5.0");
    row("sum($..price)", "73.87");
    row("$.sum(1e308, 1e308)", "\"Infinity\"");  // no number of JSON
    row("$.min(-1e999)", "\"-Infinity\"");
    row("$.empty.sum()", "<not found>");
    row("$.missing.sum()", "<not found>");
    row("$.store.bicycle.keys()", "[\"color\",\"price\"]");
    row("$.tags.concat('-', $.text, 1)", "\"ab-abc1\"");
    row("concat($.text, \"/\", $.expensive)", "\"abc/10\"");
    row("$.numbers.first()", "1");
    row("$.numbers.last()", "-3");
    row("$.numbers.index(1)", "5");
    row("$.numbers.index(-2)", "2.5");
    row("$.numbers.index(9)", "<not found>");
    row("$.nested[*].length()", "[2,1]");
    row("$.store.keys().length()", "2");
  }
  void functionGivesValue() {
    QFETCH(QString, path);
    QFETCH(QString, value);
    QCOMPARE(QString::fromStdString(readFrom(kStore, path.toStdString())), value);
  }

  void wrongPathIsRefused_data() {
    QTest::addColumn<QString>("path");
    for (const char* path : {"",
                             "   ",
                             "$.",
                             "$..",
                             "$.a.",
                             "$...a",
                             "$[",
                             "$['a",
                             "$['a'",
                             "$['a',]",
                             "$[a]",
                             "$[]",
                             "$[:]",
                             "$[1:b]",
                             "$[99999999999]",
                             "$x",
                             "$.a b",
                             "$[?]",
                             "$[?(@.a]",
                             "$[?(@.a)",
                             "$[?(@.a ==)]",
                             "$[?(@.a = 1)]",
                             "$[?(@.a =~ 'x')]",
                             "$[?(@.a =~ /(/)]",
                             "$[?(1)]",
                             "$[?(@.a in ['x')]",
                             "$.a.nofunction()",
                             "$.a.length(",
                             "$.index()",
                             "$.sum(1,)"}) {
      QTest::newRow(path) << QString(path);
    }
  }
  void wrongPathIsRefused() {
    QFETCH(QString, path);
    QVERIFY(!JsonPath::compile(path.toStdString()).ok());
  }

  void deeplyNestedPathIsRefusedWithoutACrash() {
    std::string path = "$";
    for (int i = 0; i < 100000; ++i) path += "[?(@";
    QVERIFY(!JsonPath::compile(path).ok());
    QVERIFY(!JsonPath::compile("$[?(" + std::string(100000, '(')).ok());
    QVERIFY(!JsonPath::compile("$[?(@ in " + std::string(100000, '[')).ok());
    QVERIFY(!JsonPath::compile("$[?(" + std::string(100000, '!')).ok());
  }

  void definiteIsWhatNamesOneValue() {
    QVERIFY(JsonPath::compile("$.a[0]['b'].c")->isDefinite());
    QVERIFY(JsonPath::compile("$['a','b']")->isDefinite());
    QVERIFY(JsonPath::compile("$..a.length()")->isDefinite());
    for (const char* path : {"$.*", "$..a", "$[0:1]", "$[0,1]", "$[?(@.a)]", "$['a','b'].c"}) {
      QVERIFY2(!JsonPath::compile(path)->isDefinite(), path);
    }
  }

  void numbersKeepTheirText() {
    constexpr std::string_view json =
        "[1.0,1.10,1e3,1E-400,-0,123456789012345678901234567890,0.1000000000000000055511]";
    QCOMPARE(rewrite(json), std::string(json));
  }
  void keysKeepTheirOrderAndTheLastValueOfEqualsCounts() {
    QCOMPARE(rewrite("{\"z\":1,\"a\":2,\"z\":3}"), std::string("{\"z\":3,\"a\":2}"));
    std::string many = "{";
    std::string expected = "{";
    for (int i = 0; i < 100; ++i) {
      many += "\"k" + std::to_string(i) + "\":0,";
      expected += "\"k" + std::to_string(i) + "\":" + (i == 50 ? "1" : "0") + (i < 99 ? "," : "}");
    }
    many += "\"k50\":1}";
    QCOMPARE(rewrite(many), expected);
  }
  void stringsAreEscapedAsNeeded() {
    QCOMPARE(rewrite("[\"\\u00e9\\/\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001F\\ud83d\\ude00 \"]"),
             std::string("[\"\u00e9/\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001F\U0001F600 \"]"));
  }
  void whatIsNoUtf8BecomesTheReplacementCharacter() {
    QCOMPARE(rewrite("[\"a\xFFz\"]"), std::string("[\"a\uFFFDz\"]"));
    QCOMPARE(rewrite("[\"\xC3\xA9\"]"), std::string("[\"\u00e9\"]"));
  }
  void whatFollowsTheFirstValueIsIgnored() {
    QCOMPARE(rewrite("{\"a\":1}\n{\"a\":2}"), std::string("{\"a\":1}"));
  }
  void malformedDocumentIsAnErrorWithItsPlace() {
    JsonDocument document;
    for (const char* text : {"", " ", "{", "[1,", "[1,]", "{\"a\"}", "{a:1}", "nul", "\"",
                             "[\"\n\"]", "01x", "-", "{\"a\":1,}", "\xEF\xBB\xBF{}"}) {
      QVERIFY2(!document.parse(asBytes(text)).ok(), text);
    }
    const auto parsed = document.parse(asBytes("{\n  \"a\": x}"));
    QVERIFY(parsed.error().message.find("line 2, column 8") != std::string::npos);
  }
  void tooDeepAndTooLongAreRefused() {
    JsonDocument document;
    const std::string deepest = std::string(1000, '[') + std::string(1000, ']');
    QVERIFY(document.parse(asBytes(deepest)).ok());
    QVERIFY(!document.parse(asBytes("[" + deepest + "]")).ok());
    QVERIFY(!document.parse(asBytes(std::string(2000000, '['))).ok());
    QVERIFY(document.parse(asBytes("\"\u00e9\u00e9\u00e9\""), 3).ok());  // characters, not bytes
    QVERIFY(!document.parse(asBytes("\"\u00e9\u00e9\u00e9\""), 2).ok());
  }
  void documentIsUsedAgain() {
    JsonDocument document;
    for (int i = 0; i < 3; ++i) {
      std::string large = "[";
      for (int n = 0; n < 20000; ++n) large += std::to_string(n) + ",";
      large += "0]";
      QVERIFY(document.parse(asBytes(large)).ok());
      QCOMPARE(document.root().count, std::size_t{20001});
      QVERIFY(document.parse(asBytes("{\"a\":[true]}")).ok());
      QVERIFY(document.root().find("a")->members().front().value.truth);
    }
  }
};

QTEST_GUILESS_MAIN(JsonPathTest)
#include "json_path_test.moc"
