// SPDX-License-Identifier: Apache-2.0
// Test files as they are read: what is wrong in them is named with its place.
#include "server/flowtest/test_reader.h"

#include "engine/base/fault_file_system.h"

#include <QTest>

using namespace millrace;
using namespace millrace::flowtest;

namespace {

void put(FileSystem& files, const std::string& path, std::string_view text) {
  if (!files.createDirectories(parentPath(path)).ok()) qFatal("no folder");
  auto file = files.open(path, OpenMode::kTruncate);
  if (!file.ok() || !(*file)->writeAt(0, asBytes(text)).ok()) qFatal("no file");
}

ReadTests read(const std::string& text, MemoryFileSystem& files) {
  put(files, "tests/x.test.yaml", text);
  auto result = readTests(files, "tests/x.test.yaml");
  if (!result.ok()) qFatal("%s", result.error().message.c_str());
  return std::move(*result);
}

/// The findings of a file, one line each.
QStringList findings(const std::string& text) {
  MemoryFileSystem files;
  QStringList lines;
  for (const flow::Finding& finding : read(text, files).findings)
    lines += QString::fromStdString(flow::describe(finding, "F"));
  return lines;
}

/// One test with these lines in it, each of them indented by four.
std::string testWith(const std::string& lines) {
  return "millrace-test: 1\nflow: a.yaml\ntests:\n  - name: t\n" + lines;
}

}  // namespace

class TestReaderTest : public QObject {
  Q_OBJECT
 private slots:
  void everythingThatATestSaysIsRead() {
    MemoryFileSystem files;
    put(files, "tests/data/one.txt", "from a file");
    const ReadTests result = read(
        "millrace-test: 1\nflow: sub/a.yaml\nclock: 2026-03-01T10:00:00+02:00\n"
        "parameters: {p: 1, q: 2}\nfiles: {in/a: x}\nreplace: {Sink: {}}\n"
        "processes: [{command: all}]\n"
        "tests:\n"
        "  - name: t\n"
        "    parameters: {q: 3}\n"
        "    time-zone: Europe/Oslo\n"
        "    environment: {HOME: /h}\n"
        "    files: {in/b: {base64: AAEC}}\n"
        "    processes: [{command: one, arguments: [a, b], output: o, exit-code: 3}]\n"
        "    replace: {Call: {relationship: ok, content: {file: data/one.txt}, attributes: {k: "
        "v}}}\n"
        "    give: [{to: In, after: 10 min, flowfiles: [{content: c, attributes: {a: b}, copies: "
        "2}]}]\n"
        "    for: 15 min\n"
        "    expect:\n"
        "      outputs:\n"
        "        - {from: X, relationship: r, order: any, flowfiles: [{content: c, penalized: "
        "true}]}\n"
        "        - {to: Y, count: 3, each: {attributes: {a: {absent: true}}}}\n"
        "      counters: {n: -2}\n"
        "      files: {out/a: {contains: z}}\n"
        "      bulletins: [{component: X, level: error, message: {matches: '.*'}}]\n",
        files);
    for (const auto& finding : result.findings) qWarning("%s", finding.message.c_str());
    QVERIFY(result.ok());
    QCOMPARE(result.cases.size(), std::size_t(1));
    const TestCase& test = result.cases.front();
    QCOMPARE(test.flow, "tests/sub/a.yaml");
    // 2026-03-01T08:00:00Z, from a calendar.
    QCOMPARE(test.clock, 1772352000000);
    QCOMPARE(test.zone.name(), "Europe/Oslo");
    QCOMPARE(test.parameters, (engine::ParameterValues{{"p", "1"}, {"q", "3"}}));
    QCOMPARE(test.files.at("in/a"), "x");
    QCOMPARE(test.files.at("in/b"), std::string("\0\1\2", 3));
    QCOMPARE(test.processes.size(), std::size_t(2));
    QCOMPARE(test.processes[0].command, "one");
    QCOMPARE(*test.processes[0].arguments, (std::vector<std::string>{"a", "b"}));
    QCOMPARE(test.processes[0].exitCode, 3);
    QVERIFY(!test.processes[1].arguments);
    QCOMPARE(test.replaced.size(), std::size_t(2));
    QVERIFY(!test.replaced[0].relationship);
    QCOMPARE(*test.replaced[1].content, "from a file");
    QCOMPARE(test.given.front().after, 10 * kMinute);
    QCOMPARE(test.given.front().flowFiles.front().copies, std::uint64_t(2));
    QCOMPARE(*test.runFor, 15 * kMinute);
    QVERIFY(test.outputs[0].place.from);
    QVERIFY(test.outputs[0].anyOrder);
    QVERIFY(*test.outputs[0].flowFiles->front().penalized);
    QCOMPARE(*test.outputs[1].count, std::uint64_t(3));
    QVERIFY(test.outputs[1].each->attributes.front().second.accepts(std::nullopt));
    QCOMPARE(test.counters.front().value, std::int64_t(-2));
    QCOMPARE(test.bulletins->size(), std::size_t(1));
    QVERIFY(test.bulletins->front().level == BulletinLevel::kError);
  }

  void anUnknownKeyIsAnErrorWithItsPlaceAndASuggestion() {
    QCOMPARE(findings(testWith("    gives: []\n    expect: {bulletins: []}\n")),
             QStringList("F:5:5: error: 'gives' is no key of a test; did you mean 'give'"));
  }

  void everyMistakeIsListedAndNotOnlyTheFirst() {
    const QStringList lines = findings(
        "millrace-test: 1\nflow: a.yaml\nclok: 1\ntests:\n"
        "  - name: t\n    expect: {outputs: [{to: X}], bullets: []}\n"
        "  - expect: {counters: {n: many}}\n");
    QCOMPARE(lines.size(), 5);
    QVERIFY2(lines[0].startsWith("F:3:1: error: 'clok' is no key of a test-file"),
             qPrintable(lines[0]));
    QVERIFY2(lines[1].startsWith("F:6:24: error: this output says nothing"), qPrintable(lines[1]));
    QVERIFY2(lines[2].startsWith("F:6:34: error: 'bullets' is no key"), qPrintable(lines[2]));
    QVERIFY2(lines[3].startsWith("F:7:5: error: the test has no 'name'"), qPrintable(lines[3]));
    QVERIFY2(lines[4].startsWith("F:7:28: error: 'many' is no whole number"), qPrintable(lines[4]));
  }

  void wrongValuesAreRefused_data() {
    QTest::addColumn<QString>("lines");
    QTest::addColumn<QString>("place");
    const auto row = [](const char* name, const char* lines, const char* place) {
      QTest::newRow(name) << QString(lines) << QString(place);
    };
    row("no such day", "    clock: 2026-02-30T00:00:00Z\n", "F:5:12:");
    row("no such hour", "    clock: 2026-02-01T24:00:00Z\n", "F:5:12:");
    row("text behind the clock", "    clock: 2026-02-01T10:00:00Zz\n", "F:5:12:");
    row("no such zone", "    time-zone: Mars\n", "F:5:16:");
    row("no such file", "    files: {a: {file: none.txt}}\n", "F:5:23:");
    row("no base64", "    files: {a: {base64: '*'}}\n", "F:5:25:");
    row("base64 cut short", "    files: {a: {base64: AAE}}\n", "F:5:25:");
    row("two texts", "    files: {a: {file: x, base64: AA==}}\n", "F:5:16:");
    row("a list as content", "    files: {a: [b]}\n", "F:5:16:");
    row("no place", "    give: [{flowfiles: []}]\n", "F:5:12:");
    row("two places", "    give: [{to: a, from: b, flowfiles: []}]\n", "F:5:12:");
    row("relationship of an arrival", "    give: [{to: a, relationship: b, flowfiles: []}]\n",
        "F:5:34:");
    row("no copies", "    give: [{to: a, flowfiles: [{copies: 0}]}]\n", "F:5:41:");
    row("a uuid", "    give: [{to: a, flowfiles: [{attributes: {uuid: x}}]}]\n", "F:5:46:");
    row("a duration without unit", "    for: 10\n", "F:5:10:");
    row("content for nobody", "    replace: {A: {content: x}}\n", "F:5:18:");
    row("output and echo", "    processes: [{command: a, output: x, echo-input: true}]\n",
        "F:5:38:");
    row("exit code", "    processes: [{command: a, exit-code: 256}]\n", "F:5:41:");
  }
  void wrongValuesAreRefused() {
    QFETCH(QString, lines);
    QFETCH(QString, place);
    const QStringList found =
        findings(testWith(lines.toStdString() + "    expect: {bulletins: []}\n"));
    QCOMPARE(found.size(), 1);
    QVERIFY2(found.front().startsWith(place + " error: "), qPrintable(found.front()));
  }

  void wrongExpectationsAreRefused_data() {
    QTest::addColumn<QString>("expect");
    QTest::addColumn<int>("column");
    const auto row = [](const char* expect, int column) {
      QTest::newRow(expect) << QString(expect) << column;
    };
    row("{}", 13);
    row("{outputs: [{to: a, count: -1}]}", 39);
    row("{outputs: [{to: a, count: 2, flowfiles: [{}]}]}", 53);
    row("{outputs: [{to: a, count: 2, order: any}]}", 49);
    row("{outputs: [{to: a, flowfiles: [], order: some}]}", 54);
    row("{outputs: [{to: a, each: {content: {matches: '('}}}]}", 58);
    row("{outputs: [{to: a, each: {content: {json: '{'}}}]}", 55);
    row("{outputs: [{to: a, each: {content: {absent: true}}}]}", 57);
    row("{outputs: [{to: a, each: {content: {equals: a, contains: b}}}]}", 48);
    row("{outputs: [{to: a, each: {content: {like: a}}}]}", 49);
    row("{bulletins: [{level: loud}]}", 34);
    row("{files: {a: {absent: false}}}", 34);
  }
  void wrongExpectationsAreRefused() {
    QFETCH(QString, expect);
    QFETCH(int, column);
    const QStringList found = findings(testWith("    expect: " + expect.toStdString() + "\n"));
    QCOMPARE(found.size(), 1);
    QVERIFY2(found.front().startsWith("F:5:" + QString::number(column) + ": error: "),
             qPrintable(found.front()));
  }

  void aTestNeedsAFlowAndAnExpectation() {
    const QStringList found = findings("millrace-test: 1\ntests: [{name: a}]\n");
    QCOMPARE(found.size(), 2);
    QVERIFY(found.join('\n').contains("names no flow"));
    QVERIFY(found.join('\n').contains("has no 'expect'"));
  }

  void twoTestsOfOneNameAreRefused() {
    const QStringList found = findings(
        "millrace-test: 1\nflow: a.yaml\ntests:\n  - {name: a, expect: {bulletins: []}}\n"
        "  - {name: a, expect: {bulletins: []}}\n");
    QCOMPARE(found.size(), 1);
    QVERIFY2(found.front().startsWith("F:5:5: error: there are two tests"),
             qPrintable(found.front()));
  }

  void filesThatAreNoTestFilesAreRefused() {
    QVERIFY(findings("").front().startsWith("F:1:1: error: "));
    QVERIFY(findings("[]\n").front().startsWith("F:1:1: error: "));
    QVERIFY(findings("a: [\n").front().startsWith("F:"));
    QVERIFY(findings("millrace-test: 2\ntests: []\n").front().contains("has format '2'"));
    QCOMPARE(findings("millrace-test: 1\nflow: a\ntests: []\n"),
             QStringList("F:3:8: error: there is no test in this file; add one"));
    MemoryFileSystem files;
    QVERIFY(!readTests(files, "none.test.yaml").ok());
  }
};

QTEST_GUILESS_MAIN(TestReaderTest)
#include "test_reader_test.moc"
