// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/diff.h"

#include "engine/flow/yaml_editor.h"
#include "engine/flow/yaml_reader.h"

#include <QFile>
#include <QTest>

using namespace millrace;
using namespace millrace::flow;

namespace {

const std::string kText =
    "millrace: 1\nname: f\nparameters: {p: 1}\n"
    "processors:\n  - name: A\n    type: T\n    properties: {x: 1, y: 2}\n"
    "    retry: {relationships: [r], count: 3}\n"
    "  - name: B\n    type: U\n"
    "connections:\n  - {from: A, relationships: [r, s], to: B}\n"
    "groups: [{name: G, inputs: [in]}]\n"
    "layout: {A: {at: [1, 2]}}\n";

Flow read(const std::string& text) {
  Result<Flow> flow = parseFlow(text, "test");
  if (!flow.ok()) qFatal("%s", flow.error().message.c_str());
  return std::move(flow).value();
}

QString texts(const std::vector<Difference>& differences) {
  QStringList lines;
  for (const Difference& difference : differences) lines << QString::fromStdString(difference.text);
  return lines.join('\n');
}

}  // namespace

class DiffTest : public QObject {
  Q_OBJECT
 private slots:
  void howSomethingIsWrittenIsNoDifference() {
    const std::string same =
        "# comment\nname: \"f\"\nmillrace: 1\nparameters:\n  p: '1'\n"
        "layout: {A: {at: [1.0, 2.0]}}\n"
        "groups:\n- name: G\n  inputs:\n  - name: in\n    concurrency: 1\n"
        "processors:\n  - {type: U, name: B}\n  - {name: A, type: T, properties: {y: 2, x: 1}, "
        "retry: {relationships: r, count: 3, backoff: penalize}, penalty: 30000 ms}\n"
        "connections: [{from: A, to: B, relationships: [s, r], expire: 0 s}]\n";
    QCOMPARE(texts(diffFlows(read(kText), read(same))), QString());
  }

  void everyKindOfDifferenceIsOneLine_data() {
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const char* from, const char* to, const char* expected) {
      QTest::newRow(name) << from << to << expected;
    };
    row("flow name", "name: f\n", "name: g\n", "the flow is renamed from 'f' to 'g'");
    row("property changed", "{x: 1,", "{x: one,", "A: property 'x' changed from '1' to 'one'");
    row("property added", "{x: 1,", "{x: 1, z: '',", "A: property 'z' set to ''");
    row("property removed", "{x: 1, y: 2}", "{x: 1}", "A: property 'y' removed, it was '2'");
    row("property parameterized", "{x: 1,", "{x: '#{p}',",
        "A: property 'x' parameterized from '1' to '#{p}'");
    row("retry count", "count: 3", "count: 4", "A: retry count changed from '3' to '4'");
    row("retry set", "[r], count", "[r, s], count",
        "A: retry relationships changed from '[r]' to '[r, s]'");
    row("schedule", "type: U", "type: U\n    schedule: {every: 5 s}",
        "B: schedule every changed from the default to '5 sec'");
    row("type", "type: U", "type: V", "B: type changed from 'U' to 'V'");
    row("state", "type: U", "type: U\n    state: disabled",
        "B: state changed from the default to 'disabled'");
    row("thresholds", "to: B}", "to: B, back-pressure: {count: 5}}",
        "A [r, s] -> B: back pressure count changed from the default to '5'");
    row("prioritizers", "to: B}", "to: B, prioritizers: [fifo]}",
        "A [r, s] -> B: prioritizers changed from the default to '[fifo]'");
    row("position", "[1, 2]", "[1, 3]", "A: layout at changed from '[1, 2]' to '[1, 3]'");
    row("parameter", "{p: 1}", "{p: 2, q: 3}",
        "value of parameter 'p' changed from '1' to '2'\nparameter 'q' added");
    row("component added", "groups:", "funnels: [F]\ngroups:", "F: funnel added");
    row("component removed", "groups: [{name: G, inputs: [in]}]", "comment: c",
        "comment changed from the default to 'c'\nG: group removed\nG/in: input port removed");
    row("group setting", "{name: G,", "{name: G, flowfile-concurrency: single batch,",
        "G: flowfile concurrency changed from the default to 'single batch'");
    row("context", "name: f\n", "name: f\nparameter-contexts: [{name: c}]\n",
        "c: parameter context added");
    row("rename by hand", "name: G,", "name: H,",
        "H/in: input port added\nH: group added\nG/in: input port removed\nG: group removed");
  }
  // pins: 1.8/2
  void everyKindOfDifferenceIsOneLine() {
    QFETCH(QString, from);
    QFETCH(QString, to);
    QFETCH(QString, expected);
    QString changed = QString::fromStdString(kText);
    QVERIFY(changed.contains(from));
    changed.replace(changed.indexOf(from), from.size(), to);
    const QStringList lines =
        texts(diffFlows(read(kText), read(changed.toStdString()))).split('\n');
    QStringList sorted = lines;
    sorted.sort();
    QStringList wanted = expected.split('\n');
    wanted.sort();
    QCOMPARE(sorted, wanted);
  }

  void aRenameThatKeepsTheIdIsOneDifferenceForEachPath() {
    Result<YamlEditor> editor = YamlEditor::open(kText);
    QVERIFY(editor.ok());
    QVERIFY(editor->rename("B", "C").ok());
    QCOMPARE(texts(diffFlows(read(kText), editor->flow())),
             QString("C: processor renamed from 'B'\n"
                     "A [r, s] -> C: to changed from 'B' to 'C'"));
  }

  void longAndBrokenValuesAreShownInOneShortLine() {
    std::string changed = kText;
    changed.replace(changed.find("{x: 1,"), 6, "{x: \"" + std::string(200, 'a') + "\\nb\",");
    const auto differences = diffFlows(read(kText), read(changed));
    QCOMPARE(differences.size(), std::size_t{1});
    QCOMPARE(differences[0].after, std::string(200, 'a') + "\nb");
    QVERIFY(differences[0].text.size() < 140);
    QVERIFY(differences[0].text.find('\n') == std::string::npos);
  }

  void aFlowDoesNotDifferFromItself() {
    QFile file(QStringLiteral(MR_SOURCE_DIR "/flows/reference.yaml"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const Flow flow = read(file.readAll().toStdString());
    QVERIFY(diffFlows(flow, flow).empty());
    // From nothing to everything and back: each element once.
    const Flow nothing = read("millrace: 1\nname: reference\n");
    QCOMPARE(diffFlows(nothing, flow).size(), diffFlows(flow, nothing).size());
  }
};

QTEST_GUILESS_MAIN(DiffTest)
#include "diff_test.moc"
