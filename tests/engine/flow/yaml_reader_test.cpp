// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/yaml_reader.h"

#include "engine/flow/keys.h"

#include <QTest>
#include <string>

using namespace millrace;
using namespace millrace::flow;

namespace {

const std::string kSmall =
    "millrace: 1\n"
    "name: small\n"
    "processors:\n"
    "  - name: Make\n"
    "    type: GenerateFlowFile\n"
    "  - name: Drop\n"
    "    type: LogAttribute\n"
    "    auto-terminate: [success]\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Drop}\n";

// One error is expected; "LINE:COLUMN MESSAGE".
std::string onlyError(const std::string& text) {
  const ReadFlow read = readFlow(text);
  std::string all;
  for (const Finding& finding : read.findings)
    all += (all.empty() ? "" : " | ") + std::to_string(finding.at.line) + ":" +
           std::to_string(finding.at.column) + " " + finding.message;
  return all;
}

std::string with(const std::string& line) { return "millrace: 1\nname: f\n" + line; }

}  // namespace

class YamlReaderTest : public QObject {
  Q_OBJECT
 private slots:
  // pins: 1.1/27, 1.1/28, 1.2/3, 1.3/1, 1.3/7, 1.3/9, 1.4/1, 1.4/4
  void defaultsAreThoseOfNifi() {
    const ReadFlow read = readFlow(kSmall);
    QVERIFY2(read.findings.empty(), onlyError(kSmall).c_str());
    const Processor& make = read.flow.root.processors.at(0);
    QCOMPARE(make.penalty, 30 * kSecond);
    QCOMPARE(make.yield, kSecond);
    QCOMPARE(make.concurrency, 1U);
    QCOMPARE(make.retry.count, 10U);
    QCOMPARE(make.retry.maxBackoff, 10 * kMinute);
    QVERIFY(make.retry.backoff == Backoff::kPenalize);
    QVERIFY(make.bulletinLevel == BulletinLevel::kWarn);
    QVERIFY(make.state == RunState::kRunning);
    QVERIFY(make.schedule.kind == ScheduleKind::kEvery);
    QCOMPARE(make.schedule.every, Nanos{0});
    const Connection& wire = read.flow.root.connections.at(0);
    QCOMPARE(wire.backPressure.count, std::uint64_t{10'000});
    QCOMPARE(wire.backPressure.size, std::uint64_t{1'073'741'824});
    QCOMPARE(wire.expire, Nanos{0});
    QVERIFY(wire.prioritizers.empty());
    QVERIFY(wire.from.id == make.id);
    QVERIFY(wire.to.id == read.flow.root.processors.at(1).id);
  }

  void theExampleOfTheFormatIsReadWhole() {
    const std::string text =
        "millrace: 1\nname: flight-status\nparameters:\n  late: 15\nprocessors:\n"
        "  - name: Read updates\n    type: TailFile\n    properties:\n"
        "      File to Tail: flights.jsonl\n    schedule: {every: 1 s}\n"
        "  - name: Fields\n    type: EvaluateJsonPath\n"
        "    properties: {Destination: flowfile-attribute, delay: $.delay}\n"
        "    auto-terminate: [unmatched, failure]\n"
        "  - name: Delayed?\n    type: RouteOnAttribute\n    properties:\n"
        "      delayed: ${delay:toNumber():gt(#{late})}\n"
        "    auto-terminate: [unmatched]\n    concurrency: 2\n"
        "connections:\n"
        "  - {from: Read updates, relationship: success, to: Fields}\n"
        "  - {from: Fields, relationship: matched, to: Delayed?}\n"
        "  - {from: Delayed?, relationships: [delayed], to: Alerts/in, back-pressure: "
        "{count: 20000, size: 1 GB}, expire: 1 h, prioritizers: [oldest first]}\n"
        "groups:\n  - name: Alerts\n    inputs: [in]\n    processors: []\n"
        "layout:\n  Read updates: {at: [120, 80], id: 5f0c2a}\n";
    const ReadFlow read = readFlow(text);
    QVERIFY2(read.findings.empty(), onlyError(text).c_str());
    const Group& root = read.flow.root;
    QCOMPARE(root.parameters.at(0).value.value(), std::string("15"));
    QCOMPARE(root.processors.at(0).schedule.every, kSecond);
    QCOMPARE(root.processors.at(0).id.raw(), std::uint64_t{0x5f0c2a});
    QCOMPARE(root.processors.at(0).layout.at->x, 120.0);
    QCOMPARE(root.processors.at(1).properties.at(1).value, std::string("$.delay"));
    QCOMPARE(root.processors.at(2).properties.at(0).value,
             std::string("${delay:toNumber():gt(#{late})}"));
    QCOMPARE(root.processors.at(2).properties.at(0).at.line, 18);
    QCOMPARE(root.processors.at(2).properties.at(0).at.column, 7);
    QCOMPARE(root.connections.at(2).backPressure.count, std::uint64_t{20'000});
    QCOMPARE(root.connections.at(2).expire, 60 * kMinute);
    QVERIFY(root.connections.at(2).prioritizers.at(0) == Prioritizer::kOldestFirst);
    QVERIFY(root.connections.at(2).to.kind == ElementKind::kInputPort);
    QVERIFY(root.connections.at(2).to.id == root.groups.at(0).inputs.at(0).id);
  }

  void everyKindOfErrorNamesItsPlace_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const std::string& text, const char* expected) {
      QTest::newRow(name) << QString::fromStdString(text) << QString::fromUtf8(expected);
    };
    row("empty", "", "1:1 the file is empty");
    row("comment only", "# nothing\n", "1:1 the file is empty");
    row("a list", "- a\n", "1:1 a flow is written as a mapping");
    row("unknown key", with("procesors: []\n"), "3:1 'procesors' is no key of a flow");
    row("no name", "millrace: 1\n", "1:1 the flow has no 'name'");
    row("wrong format", "millrace: 2\nname: f\n", "1:11 this file has format '2'");
    row("duplicate key", with("comment: a\ncomment: b\n"),
        "4:1 the key 'comment' stands here twice");
    row("no list", with("processors: {}\n"), "3:13 'processors' takes a list");
    row("no type", with("processors:\n  - name: A\n"), "4:5 the processor has no 'type'");
    row("bad duration", with("processors:\n  - {name: A, type: T, penalty: 5 parsec}\n"),
        "4:33 '5 parsec' of 'penalty' is no duration");
    row("bad size", with("default-back-pressure: {size: 12}\n"),
        "3:31 '12' of 'size' is no data size");
    row("bad number", with("processors:\n  - {name: A, type: T, concurrency: 0}\n"),
        "4:37 '0' is no number that 'concurrency' takes");
    row("bad choice", with("processors:\n  - {name: A, type: T, state: runing}\n"),
        "4:31 'runing' is no value of 'state'");
    row("bad cron", with("processors:\n  - {name: A, type: T, schedule: {cron: '* * * * *'}}\n"),
        "4:41 '* * * * *' is no cron schedule");
    row("two schedules",
        with("processors:\n  - {name: A, type: T, schedule: {every: 1 s, event: true}}\n"),
        "4:34 a schedule is one of 'every', 'cron' and 'event'");
    row("property list", with("processors:\n  - name: A\n    type: T\n    properties: {a: [1]}\n"),
        "6:21 the property 'a' is no single text");
    row("property without value",
        with("processors:\n  - name: A\n    type: T\n    properties:\n      a:\n"),
        "7:7 the property 'a' has no value");
    row("duplicate name", with("inputs: [a, a]\n"),
        "3:13 this input port has the name of an input port of the same group");
    row("empty name", with("inputs: ['']\n"), "3:10 an input port has an empty name");
    row("dangling source", with("funnels: [F]\nconnections:\n  - {from: G, to: F}\n"),
        "5:12 'from' names 'G', which is not in this group");
    row("group as end",
        with("funnels: [F]\ngroups: [{name: G}]\nconnections: [{from: F, to: G}]\n"),
        "5:29 'to' names 'G', a group, where no connection can end");
    row("missing port",
        with("funnels: [F]\ngroups: [{name: G}]\nconnections: [{from: F, to: G/in}]\n"),
        "5:29 the group 'G' has no input port 'in'");
    row("no relationship",
        with("processors: [{name: A, type: T}]\nconnections: [{from: A, to: A}]\n"),
        "4:15 the connection says no relationship of the processor");
    row("relationship of a funnel",
        with("funnels: [F, G]\nconnections: [{from: F, relationship: x, to: G}]\n"),
        "4:39 a funnel has no relationships");
    row("twice the same connection",
        with("funnels: [F, G]\nconnections: [{from: F, to: G}, {from: F, to: G}]\n"),
        "4:33 this connection stands here twice");
    row("funnel loop", with("funnels: [F]\nconnections: [{from: F, to: F}]\n"),
        "4:15 a funnel cannot lead to itself");
    row("unknown context", with("parameter-context: c\n"),
        "3:20 there is no parameter context 'c'");
    row("secret", with("parameters: {p: {sensitive: true, value: x}}\n"),
        "3:42 'p' is sensitive: its value does not belong in a flow file");
    row("parameter name", with("parameters: {a/b: 1}\n"), "3:14 'a/b' is no name for a parameter");
    row("bad id", with("inputs: [in]\nlayout: {in: {id: xyz}}\n"), "4:19 'xyz' is no id");
    row("same id", with("inputs: [a, b]\nlayout: {a: {id: 7}, b: {id: 7}}\n"),
        "3:13 its id 7 is the id of 'a' too");
    row("bad place", with("inputs: [a]\nlayout: {a: {at: [1]}}\n"), "4:18 'at' takes two numbers");
    row("anchor", with("comment: &a x\n"),
        "3:10 anchors (&) and aliases (*) are not part of the flow format");
    row("tag", with("comment: !!str x\n"), "3:10 tags (!) are not part of the flow format");
    row("two documents", "millrace: 1\nname: f\n---\nname: g\n",
        "4:1 a flow file holds one YAML document, and here a second one begins");
    row("control character", with("comment: a\x01\n"), "3:11 control character 0x01");
    row("not UTF-8", with("comment: \xc3\xa9\xff\n"), "3:11 this is not UTF-8 text");
  }
  // pins: 1.4/11, 1.4/16
  void everyKindOfErrorNamesItsPlace() {
    QFETCH(QString, text);
    QFETCH(QString, expected);
    const QByteArray bytes = text.toUtf8();
    if (QTest::currentDataTag() == std::string("not UTF-8")) {
      QCOMPARE(QString::fromStdString(onlyError(with("comment: \xc3\xa9\xff\n"))), expected);
      return;
    }
    QCOMPARE(QString::fromStdString(onlyError(bytes.toStdString())), expected);
  }

  void allErrorsAreListedInTheOrderOfTheFile() {
    const ReadFlow read =
        readFlow(with("processors:\n  - {name: A, type: T, yield: soon}\n  - {name: A, typ: T}\n"
                      "connections:\n  - {from: X, to: Y}\n"));
    std::vector<int> lines;
    for (const Finding& finding : read.findings) lines.push_back(finding.at.line);
    QCOMPARE(lines, (std::vector<int>{4, 5, 5, 5, 7, 7}));
  }

  void columnsCountCharactersNotBytes() {
    QCOMPARE(onlyError(with("processors: [{name: é日本, typ: T, type: U}]\n")),
             std::string("3:26 'typ' is no key of a processor"));
  }

  void aByteOrderMarkAndWindowsLineEndsAreRead() {
    std::string text = "\xef\xbb\xbf";
    for (const char c : kSmall) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
    const ReadFlow read = readFlow(text);
    QVERIFY(read.findings.empty());
    QVERIFY(read.flow == readFlow(kSmall).flow);
  }

  void questionMarksStandAnywhereInATextWithoutBraces() {
    const std::string text = with(
        "processors: [{name: Why?, type: T, comment: \"a? b\", schedule: {cron: 0 0 * * * ?}}]\n"
        "connections: [{from: Why?, relationship: x?, to: Why?}]\n");
    const ReadFlow read = readFlow(text);
    QVERIFY2(read.findings.empty(), onlyError(text).c_str());
    QCOMPARE(read.flow.root.processors[0].name, std::string("Why?"));
    QCOMPARE(read.flow.root.processors[0].comment, std::string("a? b"));
    QCOMPARE(read.flow.root.processors[0].schedule.cron, std::string("0 0 * * * ?"));
    QCOMPARE(read.flow.root.connections[0].relationships[0].text, std::string("x?"));
  }

  void aWordInsteadOfOneInTheTableIsSuggested() {
    const ReadFlow read = readFlow(with("proccessors: []\n"));
    QCOMPARE(read.findings.at(0).advice, std::string("did you mean 'processors'"));
  }

  void nestingBeyondTheLimitIsAnErrorAndNoCrash() {
    for (const char* bracket : {"[", "{a: ", "- ", "? "}) {
      std::string text = "millrace: 1\nname: f\ncomment: ";
      if (bracket[0] == '-' || bracket[0] == '?') text += "\n";
      for (int i = 0; i < 20'000; ++i) text += bracket;
      const ReadFlow read = readFlow(text);
      QVERIFY(!read.ok());
      QVERIFY(read.findings.at(0).at.known());
    }
  }

  void aLayoutLineWithoutItsElementIsAWarning() {
    const ReadFlow read = readFlow(with("layout: {Gone: {at: [1, 2]}}\n"));
    QVERIFY(read.ok());
    QCOMPARE(read.findings.size(), std::size_t{1});
    QCOMPARE(read.findings.at(0).component, std::string("Gone"));
  }

  void derivedIdsDependOnThePathAlone() {
    const ReadFlow one = readFlow(with("groups: [{name: G, inputs: [a]}]\n"));
    const ReadFlow two = readFlow(with(
        "comment: other\nfunnels: [x]\ngroups:\n  - name: G\n    outputs: [b]\n    inputs: [a]\n"));
    QVERIFY(one.ok() && two.ok());
    QVERIFY(one.flow.root.groups[0].inputs[0].id == two.flow.root.groups[0].inputs[0].id);
    QVERIFY(one.flow.root.groups[0].inputs[0].id != one.flow.root.groups[0].id);
  }

  void slashesInNamesAreEscapedInReferences() {
    const std::string text = with(
        "groups:\n  - {name: a/b, inputs: ['c\\d'], funnels: [F]}\nfunnels: [F]\n"
        "connections:\n  - {from: F, to: 'a\\/b/c\\d'}\n"
        "layout:\n  a\\/b/F: {id: ab}\n");
    const ReadFlow read = readFlow(text);
    QVERIFY2(read.findings.empty(), onlyError(text).c_str());
    QCOMPARE(read.flow.root.groups[0].funnels[0].id.raw(), std::uint64_t{0xab});
  }

  // pins: 1.4/2, 1.5/5
  void groupDefaultsReachConnectionsThatSayNothing() {
    const ReadFlow read = readFlow(
        with("default-back-pressure: {count: 5}\ndefault-expire: 2 min\nfunnels: [F, G, H]\n"
             "connections:\n  - {from: F, to: G}\n"
             "  - {from: G, to: H, back-pressure: {size: 1 KB}, expire: 0 s}\n"));
    QVERIFY(read.ok());
    QCOMPARE(read.flow.root.connections[0].backPressure.count, std::uint64_t{5});
    QCOMPARE(read.flow.root.connections[0].expire, 2 * kMinute);
    QCOMPARE(read.flow.root.connections[1].backPressure.count, std::uint64_t{5});
    QCOMPARE(read.flow.root.connections[1].backPressure.size, std::uint64_t{1024});
    QCOMPARE(read.flow.root.connections[1].expire, Nanos{0});
  }

  void parseFlowListsAllErrorsWithTheFile() {
    const Result<Flow> result = parseFlow(with("x: 1\ny: 2\n"), "flow.yaml");
    QVERIFY(!result.ok());
    QVERIFY(result.error().message.starts_with("flow.yaml:3:1: error: "));
    QVERIFY(result.error().message.find("\nflow.yaml:4:1: error: ") != std::string::npos);
  }

  void aConnectionThatIsNoMapIsToldWithItsPlace() {
    for (const char* item : {"text", "[1, 2]", "", "7"}) {
      const std::string text =
          std::string("millrace: 1\nname: x\nconnections:\n  - ") + item + "\n";
      const ReadFlow read = readFlow(text);
      QVERIFY(!read.ok());
      for (const Finding& finding : read.findings) {
        QVERIFY2(finding.at.line > 0 && finding.at.column > 0, finding.message.c_str());
      }
    }
  }
};

QTEST_GUILESS_MAIN(YamlReaderTest)
#include "yaml_reader_test.moc"
