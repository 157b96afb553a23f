// SPDX-License-Identifier: Apache-2.0
// JSON Schema: each case is a sentence of the drafts' validation vocabulary.
#include "processors/json_schema/json_schema.h"

#include "processors/json_schema/decimal.h"

#include <QTest>

using namespace millrace;
using expression::JsonDocument;
using processors::Decimal;
using processors::JsonSchema;
using processors::JsonSchemaDraft;

namespace {

constexpr JsonSchemaDraft k4 = JsonSchemaDraft::k4;
constexpr JsonSchemaDraft k6 = JsonSchemaDraft::k6;
constexpr JsonSchemaDraft k7 = JsonSchemaDraft::k7;
constexpr JsonSchemaDraft k2019 = JsonSchemaDraft::k2019;
constexpr JsonSchemaDraft k2020 = JsonSchemaDraft::k2020;

/// Schemas are written with ' for ".
std::string quoted(std::string text) {
  for (char& c : text) c = c == '\'' ? '"' : c;
  return text;
}

std::vector<std::string> problems(JsonSchemaDraft draft, const std::string& schema,
                                  const std::string& document) {
  const auto compiled = JsonSchema::compile(quoted(schema), draft);
  if (!compiled.ok()) qFatal("%s", compiled.error().message.c_str());
  JsonDocument parsed;
  if (!parsed.parse(asBytes(quoted(document))).ok()) qFatal("%s", document.c_str());
  return compiled->problems(parsed.root(), 20);
}

bool fits(JsonSchemaDraft draft, const std::string& schema, const std::string& document) {
  return problems(draft, schema, document).empty();
}

std::string refusal(JsonSchemaDraft draft, const std::string& schema) {
  const auto compiled = JsonSchema::compile(quoted(schema), draft);
  return compiled.ok() ? std::string() : compiled.error().message;
}

}  // namespace

class JsonSchemaTest : public QObject {
  Q_OBJECT

 private slots:
  void keywords_data() {
    QTest::addColumn<int>("draft");
    QTest::addColumn<QString>("schema");
    QTest::addColumn<QStringList>("good");
    QTest::addColumn<QStringList>("bad");
    const auto row = [](const char* name, JsonSchemaDraft draft, const char* schema,
                        const QStringList& good, const QStringList& bad) {
      QTest::newRow(name) << int(draft) << QString(schema) << good << bad;
    };
    row("type", k2020, "{'type':'integer'}", {"1", "1.0", "-1e2"}, {"1.5", "'1'", "true", "null"});
    row("integer of draft 4", k4, "{'type':'integer'}", {"1", "-1"}, {"1.0", "1e2"});
    row("several types", k7, "{'type':['null','string']}", {"null", "'x'"}, {"1", "[]", "{}"});
    row("enum", k4, "{'enum':[1,'a',null,{'x':[1]}]}", {"1.0", "'a'", "null", "{'x':[1.0]}"},
        {"2", "'b'", "false", "{'x':[2]}"});
    row("const", k6, "{'const':{'a':1,'b':2}}", {"{'b':2,'a':1}"}, {"{'a':1}", "{}"});
    row("false is not 0", k6, "{'const':0}", {"0", "-0.0", "0e5"}, {"false", "'0'"});
    row("multipleOf", k2020, "{'multipleOf':0.01}", {"19.99", "0", "-0.02", "1e300", "'x'"},
        {"0.005", "19.991"});
    row("bounds", k2020, "{'minimum':1.5,'exclusiveMaximum':3}", {"1.5", "2.999999999999999999999"},
        {"1.4999999999999999999999", "3", "3.0"});
    row("exclusive in draft 4", k4, "{'maximum':3,'exclusiveMaximum':true}", {"2.9"}, {"3", "4"});
    row("big numbers", k7, "{'maximum':12345678901234567890123}", {"12345678901234567890123"},
        {"12345678901234567890124"});
    row("length", k2020, "{'minLength':2,'maxLength':3}",
        {"'ab'", "'\xC3\xA4\xF0\x9F\x99\x82z'", "5"}, {"'a'", "'abcd'", "'\xC3\xA4'"});
    row("pattern", k2020, "{'pattern':'b+'}", {"'abc'", "1"}, {"'ac'", "''"});
    row("items", k2020, "{'items':{'type':'number'}}", {"[]", "[1,2.5]", "{}"}, {"[1,'x']"});
    row("prefixItems", k2020, "{'prefixItems':[{'type':'null'}],'items':false}",
        {"[]", "[null]", "5"}, {"[1]", "[null,null]"});
    row("a tuple before 2020", k2019,
        "{'items':[{'type':'null'}],'additionalItems':{'type':'number'}}", {"[null,1]", "[]"},
        {"[1]", "[null,'x']"});
    row("counts of items", k4, "{'minItems':1,'maxItems':2}", {"[1]", "[1,2]", "'x'"},
        {"[]", "[1,2,3]"});
    row("uniqueItems", k7, "{'uniqueItems':true}",
        {"[1,2,'1',true,[1],[true]]", "[{'a':1},{'a':2}]"},
        {"[1,1.0]", "[{'a':1,'b':2},{'b':2,'a':1}]"});
    row("contains", k7, "{'contains':{'const':1}}", {"[0,1]", "{}"}, {"[]", "[0]"});
    row("counts of contains", k2020, "{'contains':{'const':1},'minContains':2,'maxContains':3}",
        {"[1,1]", "[1,0,1,1]"}, {"[1]", "[1,1,1,1]"});
    row("minContains 0", k2019, "{'contains':{'const':1},'minContains':0}", {"[]", "[2]"}, {});
    row("properties", k4, "{'properties':{'a':{'type':'null'}},'required':['a']}",
        {"{'a':null}", "{'a':null,'b':1}", "[]"}, {"{}", "{'a':1}"});
    row("additionalProperties", k7,
        "{'properties':{'a':{}},'patternProperties':{'^x':{'type':'number'}},"
        "'additionalProperties':false}",
        {"{'a':'b','x1':1}", "{}"}, {"{'b':1}", "{'x':'y'}"});
    row("counts of properties", k7, "{'minProperties':1,'maxProperties':2}",
        {"{'a':1}", "{'a':1,'b':2}"}, {"{}", "{'a':1,'b':2,'c':3}"});
    row("propertyNames", k6, "{'propertyNames':{'maxLength':2}}", {"{'ab':1}", "{}"},
        {"{'abc':1}"});
    row("dependencies", k7, "{'dependencies':{'a':['b'],'c':{'required':['d']}}}",
        {"{'a':1,'b':2}", "{'b':1}", "{'c':1,'d':2}"}, {"{'a':1}", "{'c':1}"});
    row("dependentRequired", k2020, "{'dependentRequired':{'a':['b']}}", {"{'a':1,'b':2}", "{}"},
        {"{'a':1}"});
    row("dependentSchemas", k2019, "{'dependentSchemas':{'a':{'maxProperties':1}}}",
        {"{'a':1}", "{'b':1,'c':2}"}, {"{'a':1,'b':2}"});
    row("allOf", k4, "{'allOf':[{'minimum':1},{'maximum':2}]}", {"1", "2"}, {"0", "3"});
    row("anyOf", k4, "{'anyOf':[{'type':'string'},{'minimum':2}]}", {"'x'", "2", "true"}, {"1"});
    row("oneOf", k4, "{'oneOf':[{'multipleOf':2},{'multipleOf':3}]}", {"2", "3"},
        {"6", "1", "'x'"});
    row("not", k2020, "{'not':{'type':'string'}}", {"1"}, {"'x'"});
    row("if", k7, "{'if':{'const':1},'then':false,'else':{'type':'string'}}", {"'x'"}, {"1", "2"});
    row("if says nothing before draft 7", k6, "{'if':true,'then':false}", {"1"}, {});
    row("true and false", k6, "{'properties':{'a':true,'b':false}}", {"{'a':1}"}, {"{'b':1}"});
    row("unevaluatedProperties", k2020,
        "{'allOf':[{'properties':{'a':{}}}],'if':{'required':['b']},'then':{'properties':{'b':{}}},"
        "'unevaluatedProperties':false}",
        {"{'a':1}", "{'a':1,'b':2}", "{}"}, {"{'c':1}", "{'a':1,'b':1,'c':1}"});
    row("what fails evaluates nothing", k2019,
        "{'anyOf':[{'properties':{'a':{'const':1}},'required':['a']},{'properties':{'b':{}}}],"
        "'unevaluatedProperties':false}",
        {"{'a':1}", "{'b':5}", "{'a':1,'b':5}"}, {"{'a':2}"});
    row("unevaluatedItems", k2020,
        "{'allOf':[{'prefixItems':[{}]}],'contains':{'type':'string'},'unevaluatedItems':false}",
        {"[1,'x']", "['x','y']"}, {"[1,2,'x']"});
    row("contains does not evaluate in 2019", k2019,
        "{'contains':{'type':'string'},'unevaluatedItems':false}", {}, {"['x']"});
    row("format up to draft 7", k7, "{'format':'date'}", {"'2024-02-29'", "1"}, {"'2023-02-29'"});
    row("format only tells from 2019 on", k2020, "{'format':'date'}", {"'no date'"}, {});
    row("unknown keywords", k2020, "{'colour':'red','minimum':1}", {"1"}, {"0"});
  }
  void keywords() {
    QFETCH(int, draft);
    QFETCH(QString, schema);
    QFETCH(QStringList, good);
    QFETCH(QStringList, bad);
    const auto as = static_cast<JsonSchemaDraft>(draft);
    for (const QString& each : good)
      QVERIFY2(fits(as, schema.toStdString(), each.toStdString()), qPrintable(each));
    for (const QString& each : bad)
      QVERIFY2(!fits(as, schema.toStdString(), each.toStdString()), qPrintable(each));
  }

  void formats_data() {
    QTest::addColumn<QString>("format");
    QTest::addColumn<QStringList>("good");
    QTest::addColumn<QStringList>("bad");
    const auto row = [](const char* format, const QStringList& good, const QStringList& bad) {
      QTest::newRow(format) << QString(format) << good << bad;
    };
    row("date-time",
        {"2024-12-31T23:59:60Z", "1990-12-31t15:59:60-08:00", "2020-01-01T00:00:00.5+14:00"},
        {"2024-12-31 23:59:59Z", "2024-12-31T23:59:59", "2024-13-01T00:00:00Z",
         "2024-01-01T24:00:00Z", "2024-01-01T12:00:60Z", "2024-01-01T00:00:00.Z"});
    row("date", {"2000-02-29", "1999-12-31"},
        {"1900-02-29", "99-12-31", "1999-12-32", "1999-1-01"});
    row("time", {"08:30:06.283185Z", "08:30:06+00:20"}, {"08:30:06", "8:30:06Z", "08:30:06 Z"});
    row("email", {"joe.b+x@example.com", "\"a b\"@example.com", "x@[127.0.0.1]", "x@[IPv6:::1]"},
        {"2962", ".x@e.com", "x.@e.com", "a..b@e.com", "a b@e.com", "@e.com", "x@e com"});
    row("hostname", {"www.example.com", "a-b.c1"}, {"-a.com", "a-.com", "a_b", "", "a..b", "a."});
    row("ipv4", {"192.168.0.1", "0.0.0.0"},
        {"256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "a.b.c.d", "1.2.3.+4"});
    row("ipv6", {"::1", "::", "1:2:3:4:5:6:7:8", "::ffff:192.168.0.1", "1::", "2001:db8::1:0:0:1"},
        {"12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1", "1:", "::ffff:999.1.1.1",
         "x::"});
    row("uri", {"http://a.b/c?d=e#f", "urn:isbn:123", "tel:+1"},
        {"/a/b", "a b:c", ":x", "http://a b", "http://a/%zz"});
    row("uri-reference", {"/a?b", "#f", "", "a/b"}, {"a\\b", "a^b", "#a#b"});
    row("json-pointer", {"", "/a/b", "/~0~1"}, {"a", "/~2", "/~"});
    row("regex", {"a+[b-c]", ""}, {"(", "a{2,1}"});
    row("of-ones-own", {"anything"}, {});
  }
  void formats() {
    QFETCH(QString, format);
    QFETCH(QStringList, good);
    QFETCH(QStringList, bad);
    const auto schema = JsonSchema::compile("{\"format\":\"" + format.toStdString() + "\"}", k7);
    QVERIFY(schema.ok());
    const auto holds = [&](const QString& text) {
      const std::string bytes = text.toStdString();
      return schema->problems(expression::JsonValue::string(bytes), 1).empty();
    };
    for (const QString& text : good) QVERIFY2(holds(text), qPrintable(text));
    for (const QString& text : bad) QVERIFY2(!holds(text), qPrintable(text));
  }

  void referencesLeadToPointersAnchorsAndIds() {
    QVERIFY(fits(k7, "{'$ref':'#/definitions/n','definitions':{'n':{'type':'number'}}}", "1"));
    QVERIFY(!fits(k7, "{'$ref':'#/definitions/n','definitions':{'n':{'type':'number'}}}", "'x'"));
    const std::string escaped =
        "{'properties':{'x':{'$ref':'#/$defs/a~1b%20c~0'}},'$defs':{'a/b c~':{'const':1}}}";
    QVERIFY(fits(k2020, escaped, "{'x':1}") && !fits(k2020, escaped, "{'x':2}"));
    const std::string anchor =
        "{'items':{'$ref':'#one'},'$defs':{'x':{'$anchor':'one','const':1}}}";
    QVERIFY(fits(k2019, anchor, "[1]") && !fits(k2019, anchor, "[2]"));
    const std::string older =
        "{'items':{'$ref':'#one'},'definitions':{'x':{'$id':'#one','const':1}}}";
    QVERIFY(fits(k7, older, "[1]") && !fits(k7, older, "[2]"));
    const std::string ids =
        "{'$id':'http://a.b/root.json','items':{'$ref':'part.json#/$defs/y'},"
        "'$defs':{'p':{'$id':'part.json','$defs':{'y':{'$ref':'#/$defs/z'},'z':{'const':1}}}}}";
    QVERIFY(fits(k2020, ids, "[1]") && !fits(k2020, ids, "[2]"));
    const std::string draft4 =
        "{'id':'http://a.b/root.json','items':{'$ref':'part.json'},"
        "'definitions':{'p':{'id':'part.json','enum':[1]}}}";
    QVERIFY(fits(k4, draft4, "[1]") && !fits(k4, draft4, "[2]"));
    // A place that no keyword leads to may be referred to as well.
    const std::string odd =
        "{'$ref':'#/parts/0','parts':[{'items':{'$ref':'#/parts/1'}},{'const':1}]}";
    QVERIFY(fits(k2020, odd, "[1]") && !fits(k2020, odd, "[2]"));
  }

  void besideAReferenceOnlyNewerDraftsLook() {
    const std::string schema =
        "{'$ref':'#/definitions/n','maximum':1,'definitions':{'n':{'type':'number'}}}";
    QVERIFY(fits(k7, schema, "2"));
    QVERIFY(!fits(k2019, schema, "2"));
  }

  void treesAreFollowedAllTheWay() {
    const std::string tree =
        "{'properties':{'v':{'type':'number'},'c':{'items':{'$ref':'#'}}},"
        "'additionalProperties':false}";
    QVERIFY(fits(k7, tree, "{'v':1,'c':[{'v':2,'c':[{'v':3}]}]}"));
    const auto found = problems(k7, tree, "{'v':1,'c':[{'v':2,'c':[{},{'v':'x'},{'w':1}]}]}");
    QCOMPARE(found.size(), std::size_t{2});
    QVERIFY2(found.at(0).starts_with("$.c[0].c[1].v: "), found.at(0).c_str());
    QVERIFY2(found.at(1).starts_with("$.c[0].c[2]: "), found.at(1).c_str());
  }

  void dynamicReferencesTakeTheOutermost() {
    // The example of core 2020-12, 7.7: a strict tree made of a lenient one.
    const std::string tree =
        "'$defs':{'t':{'$id':'http://a.b/tree','$dynamicAnchor':'node','properties':{'data':true,"
        "'children':{'items':{'$dynamicRef':'#node'}}}}}";
    const std::string lenient = "{'$id':'http://a.b/lenient','$ref':'tree'," + tree + "}";
    const std::string strict =
        "{'$id':'http://a.b/strict','$dynamicAnchor':'node','$ref':'tree',"
        "'unevaluatedProperties':false," +
        tree + "}";
    const std::string misspelt = "{'children':[{'daat':1}]}";
    QVERIFY(fits(k2020, lenient, misspelt));
    QVERIFY(!fits(k2020, strict, misspelt));
    QVERIFY(fits(k2020, strict, "{'children':[{'data':1}]}"));
  }

  void recursiveReferencesTakeTheOutermost() {
    const std::string tree =
        "'$defs':{'t':{'$id':'http://a.b/tree','$recursiveAnchor':true,'properties':{'data':true,"
        "'children':{'items':{'$recursiveRef':'#'}}}}}";
    const std::string strict =
        "{'$id':'http://a.b/strict','$recursiveAnchor':true,'$ref':'tree',"
        "'unevaluatedProperties':false," +
        tree + "}";
    QVERIFY(!fits(k2019, strict, "{'children':[{'daat':1}]}"));
    QVERIFY(fits(k2019, strict, "{'children':[{'data':1}]}"));
  }

  void endlessSchemasAndDeepDocumentsEnd() {
    QVERIFY(!fits(k2020, "{'$ref':'#'}", "1"));
    QVERIFY(!fits(k7, "{'allOf':[{'$ref':'#'}]}", "1"));
    std::string deep = "1";
    for (int i = 0; i < 900; ++i) deep = "[" + deep + "]";
    QVERIFY(fits(k2020, "{'items':{'$ref':'#'},'type':['array','number']}", deep));
  }

  void noMoreFaultsAreToldThanAskedFor() {
    std::string list = "0";
    for (int i = 0; i < 100; ++i) list += ",0";
    QCOMPARE(problems(k2020, "{'items':{'type':'string'}}", "[" + list + "]").size(),
             std::size_t{20});
  }

  void whatIsNoSchemaIsRefusedWithItsPlace() {
    QVERIFY(refusal(k2020, "{'a'").find("no JSON") != std::string::npos);
    QVERIFY(refusal(k2020, "[]").find("#") != std::string::npos);
    QVERIFY(refusal(k4, "true").find("object") != std::string::npos);
    for (const char* wrong :
         {"{'type':'text'}", "{'type':5}", "{'minimum':'1'}", "{'minLength':-1}",
          "{'minItems':1.5}", "{'required':'a'}", "{'properties':[]}", "{'allOf':{}}",
          "{'items':5}", "{'pattern':'('}", "{'multipleOf':0}", "{'patternProperties':{'(':{}}}",
          "{'uniqueItems':1}", "{'enum':1}", "{'$ref':5}", "{'not':[]}"}) {
      const std::string keyword = QString(wrong).section('\'', 1, 1).toStdString();
      QVERIFY2(refusal(k2020, wrong).find("#/" + keyword) != std::string::npos, wrong);
    }
    const std::string inner = "{'properties':{'a':{'items':{'type':'text'}}}}";
    QVERIFY(refusal(k2020, inner).find("#/properties/a/items/type") != std::string::npos);
    for (const char* nowhere : {"#/a/b", "#nobody", "http://example.com/x.json", "#/items/7"})
      QVERIFY2(refusal(k2020, "{'$ref':'" + std::string(nowhere) + "'}").find(nowhere) !=
                   std::string::npos,
               nowhere);
  }

  void decimalsAreExact() {
    const auto d = [](const char* text) { return *Decimal::parse(text); };
    QVERIFY(d("1") == d("1.000") && d("1") == d("10e-1") && d("0") == d("-0.0e9"));
    QVERIFY(d("0.1") < d("0.10000000000000000000000001"));
    QVERIFY(d("-2") < d("-1") && d("-1") < d("0") && d("0") < d("1e-999999"));
    QVERIFY(d("1e999999999") > d("9e999999998"));
    QVERIFY(d("1e40").isMultipleOf(d("7e38")) == false && d("1e40").isMultipleOf(d("2.5e-3")));
    QVERIFY(d("-9").isMultipleOf(d("3")) && !d("1").isMultipleOf(d("3")));
    QCOMPARE(*d("1.2e3").whole(), std::uint64_t{1200});
    QVERIFY(!d("-1").whole() && !d("1e30").whole() && !d("0.5").whole());
    for (const char* wrong :
         {"", "-", "1.", ".5", "1e", "1e+", "e5", "1x", "1e99999999999999999999"})
      QVERIFY2(!Decimal::parse(wrong), wrong);
  }
};

QTEST_GUILESS_MAIN(JsonSchemaTest)
#include "json_schema_test.moc"
