// SPDX-License-Identifier: Apache-2.0
// JSON as a tree: RFC 8259, strictly, with places.
#include "engine/flow/import/json_tree.h"

#include "engine/flow/import/gzip_text.h"

#include <QFile>
#include <QTest>

using namespace millrace::flow;

class JsonTreeTest : public QObject {
  Q_OBJECT

 private slots:
  void valuesAreReadWithTheirPlaces() {
    const YamlTree tree = parseJson(
        "\xef\xbb\xbf{\"a\": [1, -2.5e+3, true, null],\n \"b\\u00e9\\ud83d\\ude80\\/\": "
        "\"x\\ty\"}");
    QVERIFY(tree.root && tree.findings.empty());
    QCOMPARE(tree.root->entries.size(), std::size_t(2));
    const YamlNode& list = tree.root->find("a")->value;
    QCOMPARE(list.items.size(), std::size_t(4));
    QCOMPARE(list.items[1].text, std::string("-2.5e+3"));
    QCOMPARE(list.items[2].text, std::string("true"));
    QVERIFY(list.items[3].isNull());
    QCOMPARE(list.items[1].at.column, 11);
    const YamlEntry* second = tree.root->find("b\xc3\xa9\xf0\x9f\x9a\x80/");
    QVERIFY(second != nullptr);
    QCOMPARE(second->value.text, std::string("x\ty"));
    QCOMPARE(second->value.at.line, 2);
    QCOMPARE(second->key.at.column, 2);
  }

  void whatIsNoJsonIsRefused() {
    for (const char* text : {"{",
                             "[1,]",
                             "{\"a\":1,}",
                             "{a: 1}",
                             "{'a': 1}",
                             "[01]",
                             "[1.]",
                             "[.5]",
                             "[+1]",
                             "[1e]",
                             "[-]",
                             "[NaN]",
                             "[tru]",
                             "\"a",
                             "\"\\x\"",
                             "\"\\u12g4\"",
                             "\"\\ud800\"",
                             "\"\\udc00 \"",
                             "\"\\ud800\\u0041\"",
                             "\"a\nb\"",
                             "[1] 2",
                             "{\"a\" 1}",
                             "{\"a\": 1 \"b\": 2}",
                             "{\"a\": 1, \"a\": 2}",
                             "\"\xff\"",
                             "[",
                             "[1",
                             "{\"a\":",
                             "\"\\"}) {
      const YamlTree tree = parseJson(text);
      QVERIFY2(!tree.root, text);
      QVERIFY2(hasError(tree.findings), text);
      QVERIFY2(tree.findings.front().at.known(), text);
    }
  }

  void nestingIsBounded() {
    const auto nested = [](std::size_t depth) {
      return std::string(depth, '[') + std::string(depth, ']');
    };
    QVERIFY(parseJson(nested(kMaxYamlDepth)).root);
    QVERIFY(!parseJson(nested(100000)).root);
    QVERIFY(!parseJson(std::string(100000, '[')).root);
  }

  void gzipIsUnpackedWithinALimit() {
    QFile file(MR_SOURCE_DIR "/tests/engine/flow/import/data/nifi-04-flow.json.gz");
    QVERIFY(file.open(QIODevice::ReadOnly));
    const std::string bytes = file.readAll().toStdString();
    QVERIFY(isGzip(bytes));
    const auto text = unpackGzip(bytes, 1 << 20);
    QVERIFY(text.ok());
    QVERIFY(text->starts_with("{\"encodingVersion\""));
    const auto twice = unpackGzip(bytes + bytes, 1 << 20);
    QVERIFY(twice.ok());
    QCOMPARE(twice->size(), 2 * text->size());
    QVERIFY(!unpackGzip(bytes, text->size() - 1).ok());
    for (std::size_t length = 0; length < bytes.size(); ++length)
      QVERIFY(!unpackGzip(bytes.substr(0, length), 1 << 20).ok());
    std::string damaged = bytes;
    damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);
    QVERIFY(!unpackGzip(damaged, 1 << 20).ok());
  }
};

QTEST_GUILESS_MAIN(JsonTreeTest)
#include "json_tree_test.moc"
