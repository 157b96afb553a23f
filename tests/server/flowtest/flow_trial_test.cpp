// SPDX-License-Identifier: Apache-2.0
// Flows run for a test: what is given, played, looked at and timed, on the real engine.
#include "server/flowtest/flow_trial.h"

#include "engine/base/fault_file_system.h"
#include "engine/flow/yaml_reader.h"
#include "processors/registry.h"
#include "server/flowtest/test_reader.h"
#include "server/flowtest/verdict.h"

#include <QTest>

using namespace millrace;
using namespace millrace::flowtest;

namespace {

/// The complaints of one test, a line each; findings of the test file instead, when it has any.
QStringList run(const std::string& flow, const std::string& test, Outcome* outcome = nullptr) {
  MemoryFileSystem files;
  const auto put = [&](const std::string& path, const std::string& text) {
    auto file = files.open(path, OpenMode::kTruncate);
    if (!file.ok() || !(*file)->writeAt(0, asBytes(text)).ok()) qFatal("cannot write");
  };
  put("t.yaml", "millrace-test: 1\nflow: flow.yaml\ntests:\n  - name: t\n" + test);
  auto read = readTests(files, "t.yaml");
  if (!read.ok()) qFatal("cannot read");
  QStringList lines;
  const auto told = [&](const flow::Findings& findings) {
    for (const flow::Finding& finding : findings)
      lines += QString::fromStdString(flow::describe(finding, "F"));
    return !findings.empty();
  };
  if (told(read->findings)) return lines;
  const auto parsed = flow::parseFlow(flow, "flow.yaml");
  if (!parsed.ok()) qFatal("%s", parsed.error().message.c_str());
  const TestCase& wanted = read->cases.front();
  flow::Findings findings;
  const PlayedFlow played = playFlow(*parsed, wanted, findProcessorType, findings);
  if (told(findings)) return lines;
  FlowTrial trial(wanted, played, findProcessorType, findServiceType);
  const Outcome came = trial.run();
  for (const Complaint& complaint : judge(wanted, came, trial.files()).complaints) {
    QString line;
    for (const std::string& part : complaint.lines)
      line += (line.isEmpty() ? "" : "|") + QString::fromStdString(part);
    lines += line;
  }
  if (outcome != nullptr) *outcome = came;
  return lines;
}

const QStringList kPassed;

/// Source -> Mark -> Split -> { even, odd } -> sinks.
const std::string kFlow =
    "millrace: 1\nname: f\nparameters: {mark: m}\nprocessors:\n"
    "  - {name: Source, type: TailFile, properties: {File to Tail: in.log}}\n"
    "  - {name: Mark, type: UpdateAttribute, properties: {mark: '#{mark}'}}\n"
    "  - {name: Split, type: RouteOnAttribute, properties: {even: '${n:mod(2):equals(0)}'}, "
    "auto-terminate: [unmatched]}\n"
    "  - {name: Write, type: PutFile, properties: {Directory: out}, "
    "auto-terminate: [success, failure]}\n"
    "connections:\n"
    "  - {from: Source, relationship: success, to: Mark}\n"
    "  - {from: Mark, relationship: success, to: Split}\n"
    "  - {from: Split, relationship: even, to: Write}\n";

}  // namespace

class FlowTrialTest : public QObject {
  Q_OBJECT
 private slots:
  void whatIsGivenComesOutOfASourceThatDoesNotRun() {
    const QString given =
        "    files: {in.log: \"not read\\n\"}\n"
        "    give: [{from: Source, flowfiles: [{content: a, attributes: {n: 2}}, "
        "{content: b, attributes: {n: 3}}]}]\n";
    QCOMPARE(run(kFlow, given.toStdString() +
                            "    expect: {outputs: [{from: Source, flowfiles: [{content: a}, "
                            "{content: b}]}, {to: Write, flowfiles: [{content: a, attributes: "
                            "{mark: m}}]}]}\n"),
             kPassed);
  }

  void aConnectionThatIsATopicIsAPlainQueue() {
    std::string flow = kFlow;
    const std::string end = "to: Split}";
    flow.replace(flow.find(end), end.size(), "to: Split, via: {topic: t}, keyed-by: '${n}'}");
    QCOMPARE(run(flow,
                 "    give: [{from: Source, flowfiles: [{content: a, attributes: {n: 2}}]}]\n"
                 "    expect: {outputs: [{to: Write, flowfiles: [{content: a}]}]}\n"),
             kPassed);
  }

  void aSourceThatIsNotReplacedReadsTheSandbox() {
    QCOMPARE(run(kFlow,
                 "    files: {in.log: \"one\\ntwo\\n\"}\n"
                 "    expect: {outputs: [{to: Mark, flowfiles: [{content: \"one\\ntwo\\n\"}]}]}\n"),
             kPassed);
  }

  void anAutoTerminatedRelationshipCanBeLookedAt() {
    QCOMPARE(run(kFlow,
                 "    give: [{to: Split, flowfiles: [{content: x, attributes: {n: 1}}]}]\n"
                 "    expect: {outputs: [{from: Split, relationship: unmatched, "
                 "flowfiles: [{content: x}]}, {to: Write, count: 0}]}\n"),
             kPassed);
  }

  void lookingAtAPlaceLeavesTheFlowAsItIs() {
    QCOMPARE(run(kFlow,
                 "    give: [{to: Split, flowfiles: [{content: x, attributes: {n: 2, filename: "
                 "f.txt}}]}]\n"
                 "    expect:\n      outputs: [{from: Split, relationship: even, count: 1}, "
                 "{to: Write, count: 1}, {from: Split, relationship: even, count: 1}]\n"
                 "      files: {out/f.txt: x}\n"),
             kPassed);
  }

  void theOrderIsTheOneInWhichTheyWereGiven() {
    QString given = "    give: [{from: Source, flowfiles: [";
    QString expected;
    for (int i = 0; i < 60; ++i) {
      given += QString("{content: c%1, attributes: {n: %1}}, ").arg(i);
      if (i % 2 == 0) expected += QString("{content: c%1}, ").arg(i);
    }
    const std::string start = given.toStdString() + "]}]\n    expect: {outputs: [{to: Write, ";
    QCOMPARE(run(kFlow, start + "flowfiles: [" + expected.toStdString() + "]}]}\n"), kPassed);
    const QStringList wrong = run(kFlow, start + "flowfiles: [{content: c2}, {content: c0}, " +
                                             expected.section(", ", 2).toStdString() + "]}]}\n");
    QCOMPARE(wrong.size(), 1);
    QVERIFY2(wrong[0].startsWith("what reaches 'Write': the right FlowFiles came in another order|"
                                 "  as listed they are 1 to 30, they came as 2, 1, 3, 4, "),
             qPrintable(wrong[0]));
    QCOMPARE(run(kFlow, start + "order: any, flowfiles: [{content: c2}, {content: c0}, " +
                            expected.section(", ", 2).toStdString() + "]}]}\n"),
             kPassed);
  }

  void oneFlowFileTooManyDoesNotSpoilTheOthers() {
    const std::string given =
        "    give: [{to: Mark, flowfiles: [{content: a}, {content: x}, {content: b}]}]\n";
    QCOMPARE(run(kFlow, given + "    expect: {outputs: [{from: Mark, flowfiles: [{content: a}, "
                                "{content: b}]}]}\n"),
             (QStringList{"what comes out of 'Mark': expected 2 FlowFiles, came 3",
                          "what comes out of 'Mark': FlowFile 2 was not expected:|    + x|    "
                          "attributes: mark=m"}));
    QCOMPARE(
        run(kFlow, given + "    expect: {outputs: [{from: Mark, flowfiles: [{content: a}, "
                           "{content: y}, {content: b}]}]}\n"),
        QStringList("what comes out of 'Mark': FlowFile 2 is not as expected|  content:|    - y|"
                    "    + x|      ^"));
  }

  void whatHappenedCountsWhatTheFlowDidAndNotTheLooking() {
    Outcome outcome;
    run(kFlow,
        "    give: [{to: Split, flowfiles: [{attributes: {n: 2}}, {attributes: {n: 3}}]}]\n"
        "    expect: {outputs: [{from: Split, relationship: even, count: 1}, {from: Split, "
        "relationship: unmatched, count: 1}, {from: Split, relationship: unmatched, count: 1}]}\n",
        &outcome);
    QCOMPARE(outcome.components.size(), std::size_t(2));
    QCOMPARE(outcome.components[0].path, "Split");
    QCOMPARE(outcome.components[0].in, std::uint64_t(2));
    QCOMPARE(outcome.components[0].out, std::uint64_t(1));
    QCOMPARE(outcome.components[0].removed, std::uint64_t(1));
  }

  void parametersOfTheTestWin() {
    QCOMPARE(run(kFlow,
                 "    parameters: {mark: other}\n"
                 "    give: [{to: Mark, flowfiles: [{}]}]\n"
                 "    expect: {outputs: [{from: Mark, each: {attributes: {mark: other}}, "
                 "count: 1}]}\n"),
             kPassed);
  }

  void aStandInTakesEverythingOrAnswers() {
    const std::string given =
        "    give: [{to: Mark, flowfiles: [{content: q, attributes: {n: 2}}]}]\n";
    QCOMPARE(run(kFlow, given + "    replace: {Write: {}}\n"
                                "    expect:\n      outputs: [{to: Write, count: 1}]\n"
                                "      files: {out: {absent: true}}\n"),
             kPassed);
    QCOMPARE(
        run(kFlow, given + "    replace: {Split: {relationship: even, content: answer, "
                           "attributes: {k: v}}}\n"
                           "    expect: {outputs: [{to: Split, flowfiles: [{content: q}]}, {to: "
                           "Write, flowfiles: [{content: answer, attributes: {k: v, n: 2}}]}]}\n"),
        kPassed);
  }

  void aProcessorOfAnUnknownTypeCanBeReplaced() {
    const std::string flow =
        "millrace: 1\nname: f\nprocessors:\n"
        "  - {name: Ask, type: InvokeOracle}\n"
        "  - {name: End, type: LogMessage, auto-terminate: [success]}\n"
        "connections:\n  - {from: Ask, relationship: answer, to: End}\n";
    QCOMPARE(run(flow,
                 "    replace: {Ask: {relationship: answer, content: '42'}}\n"
                 "    give: [{to: Ask, flowfiles: [{content: '?'}]}]\n"
                 "    expect: {outputs: [{to: End, flowfiles: [{content: 42}]}]}\n"),
             kPassed);
  }

  void placesThatTheFlowDoesNotHaveAreNamed_data() {
    QTest::addColumn<QString>("lines");
    QTest::addColumn<QString>("finding");
    const auto row = [](const char* lines, const char* finding) {
      QTest::newRow(finding) << QString(lines) << QString(finding);
    };
    row("    give: [{to: Marc, flowfiles: []}]\n",
        "F:5:17: error: the flow has no component 'Marc'; did you mean 'Mark'");
    row("    give: [{to: Source, flowfiles: []}]\n",
        "F:5:17: error: 'Source' is a source, which takes nothing; write 'from: Source'");
    row("    give: [{from: Split, relationship: evn, flowfiles: []}]\n",
        "F:5:40: error: 'Split' has no relationship 'evn'; did you mean 'even'");
    row("    give: [{from: Split, flowfiles: []}]\n",
        "F:5:19: error: 'Split' has 2 relationships; add 'relationship: …', one of");
    row("    group: Inner\n", "F:5:12: error: the flow has no group 'Inner'; it has none");
    row("    parameters: {marc: x}\n",
        "F:4:5: error: the flow has no parameter 'marc'; did you mean 'mark'");
    row("    for: 1 min\n    give: [{to: Mark, after: 2 min, flowfiles: []}]\n",
        "F:6:17: error: this is given after the test has ended");
    row("    replace: {Marck: {}}\n", "F:5:15: error: the flow has no component 'Marck'");
  }
  void placesThatTheFlowDoesNotHaveAreNamed() {
    QFETCH(QString, lines);
    QFETCH(QString, finding);
    const QStringList found = run(kFlow, lines.toStdString() + "    expect: {bulletins: []}\n");
    QVERIFY(!found.isEmpty());
    QVERIFY2(found.front().startsWith(finding), qPrintable(found.front()));
  }

  void aGroupIsTestedWithoutWhatIsAroundIt() {
    const std::string flow =
        "millrace: 1\nname: f\nprocessors:\n"
        "  - {name: Endless, type: GenerateFlowFile}\n"
        "connections:\n  - {from: Endless, relationship: success, to: G/in}\n"
        "groups:\n  - name: G\n    inputs: [in]\n    outputs: [out]\n    parameters: {p: inner}\n"
        "    processors: [{name: Mark, type: UpdateAttribute, properties: {p: '#{p}'}}]\n"
        "    connections:\n      - {from: in, to: Mark}\n"
        "      - {from: Mark, relationship: success, to: out}\n";
    QCOMPARE(run(flow,
                 "    group: G\n    give: [{to: in, flowfiles: [{content: a}]}]\n"
                 "    expect: {outputs: [{to: out, flowfiles: [{content: a, attributes: {p: "
                 "inner}}]}, {from: Mark, count: 1}, {from: out, count: 1}], bulletins: []}\n"),
             kPassed);
  }

  void theClockJumpsToWhatComesNext() {
    const std::string flow =
        "millrace: 1\nname: f\nprocessors:\n"
        "  - {name: Bundle, type: MergeContent, properties: {Minimum Number of Entries: 100, "
        "Max Bin Age: 10 min, Delimiter Strategy: Text, Demarcator: ','}, "
        "auto-terminate: [failure, original]}\n"
        "  - {name: Stamp, type: UpdateAttribute, properties: {at: "
        "\"${now():format('HH:mm:ss', 'Europe/Oslo')}\"}}\n"
        "connections:\n  - {from: Bundle, relationship: merged, to: Stamp}\n";
    Outcome outcome;
    QCOMPARE(run(flow,
                 "    clock: 2026-07-01T10:00:00Z\n"
                 "    give: [{to: Bundle, flowfiles: [{content: a}]}, {to: Bundle, after: 1 min, "
                 "flowfiles: [{content: b}]}]\n"
                 "    expect: {outputs: [{from: Stamp, flowfiles: [{content: 'a,b', attributes: "
                 "{at: {matches: '12:10:[0-9]{2}'}}}]}]}\n",
                 &outcome),
             kPassed);
    QVERIFY(outcome.time >= 10 * kMinute);
    QVERIFY(outcome.time < 11 * kMinute);
  }

  void aRunOfGivenLengthHasItsTimers() {
    const std::string flow =
        "millrace: 1\nname: f\nprocessors:\n"
        "  - {name: Tick, type: GenerateFlowFile, schedule: {every: 10 sec}}\n"
        "  - {name: End, type: LogMessage, auto-terminate: [success]}\n"
        "connections:\n  - {from: Tick, relationship: success, to: End}\n";
    // At 0, 10, 20 and 30 seconds.
    QCOMPARE(run(flow, "    for: 35 sec\n    expect: {outputs: [{to: End, count: 4}]}\n"), kPassed);
    const QStringList endless = run(flow, "    expect: {outputs: [{to: End, count: 0}]}\n");
    QCOMPARE(endless.size(), 1);
    QVERIFY2(endless[0].startsWith("'Tick' never runs dry"), qPrintable(endless[0]));
  }

  void programsAreNotRunButAnswer() {
    const std::string flow =
        "millrace: 1\nname: f\nprocessors:\n"
        "  - {name: Sort, type: ExecuteStreamCommand, properties: {Command Path: sort, Command "
        "Arguments: -r}, auto-terminate: [original, nonzero status]}\n"
        "  - {name: End, type: LogMessage, auto-terminate: [success]}\n"
        "connections:\n  - {from: Sort, relationship: output stream, to: End}\n";
    const std::string given = "    give: [{to: Sort, flowfiles: [{content: in}]}]\n";
    QCOMPARE(
        run(flow, given + "    processes: [{command: sort, arguments: [-n], output: wrong}, "
                          "{command: sort, arguments: [-r], output: right}]\n"
                          "    expect: {outputs: [{to: End, flowfiles: [{content: right}]}]}\n"),
        kPassed);
    QCOMPARE(run(flow, given + "    processes: [{command: sort, echo-input: true}]\n"
                               "    expect: {outputs: [{to: End, flowfiles: [{content: in}]}]}\n"),
             kPassed);
    QCOMPARE(run(flow, given + "    processes: [{command: sort, exit-code: 4}]\n"
                               "    expect: {outputs: [{from: Sort, relationship: nonzero status, "
                               "flowfiles: [{attributes: {execution.status: 4}}]}]}\n"),
             kPassed);
    Outcome outcome;
    run(flow, given + "    for: 1 sec\n    expect: {outputs: [{to: End, count: 0}]}\n", &outcome);
    QVERIFY(!outcome.bulletins.empty());
    QVERIFY(outcome.bulletins.front().message.find("add one under 'processes'") !=
            std::string::npos);
  }

  void bulletinsAreAllOrNotLookedAt() {
    const std::string flow =
        "millrace: 1\nname: f\nprocessors:\n"
        "  - {name: Warn, type: LogMessage, properties: {Log Level: warn, Log Message: 'w ${n}'}, "
        "auto-terminate: [success]}\n"
        "connections: []\n";
    const std::string given =
        "    give: [{to: Warn, flowfiles: [{attributes: {n: 1}}, {attributes: {n: 2}}]}]\n";
    const std::string outputs = "    expect: {outputs: [{from: Warn, count: 2}]";
    QCOMPARE(run(flow, given + outputs + "}\n"), kPassed);
    QCOMPARE(run(flow, given + outputs +
                           ", bulletins: [{message: {contains: w 2}}, {component: Warn, level: "
                           "warn}]}\n"),
             kPassed);
    const QStringList few = run(flow, given + outputs + ", bulletins: [{level: warn}]}\n");
    QCOMPARE(few.size(), 1);
    QVERIFY2(few[0].startsWith("a bulletin that was not expected: warn Warn: "),
             qPrintable(few[0]));
    QCOMPARE(run(flow, given + outputs + ", bulletins: []}\n").size(), 2);
    const QStringList many =
        run(flow, given + outputs + ", bulletins: [{level: warn}, {}, {level: error}]}\n");
    QCOMPARE(many, QStringList("bulletin 3 of 3 did not come"));
  }

  void aFlowThatNeverRestsFailsTheTestAndSaysWhatWaits() {
    // The same program fails each time, and its FlowFile goes back each time.
    const std::string flow =
        "millrace: 1\nname: f\nprocessors:\n"
        "  - {name: Run, type: ExecuteStreamCommand, properties: {Command Path: none}, "
        "auto-terminate: [original, output stream, nonzero status]}\n";
    const QStringList lines =
        run(flow,
            "    give: [{to: Run, flowfiles: [{content: a}]}]\n"
            "    expect: {outputs: [{from: Run, relationship: original, count: 0}]}\n");
    QCOMPARE(lines.size(), 1);
    QVERIFY2(lines[0].startsWith("the flow is not idle after a day: FlowFiles wait: 1 in '"),
             qPrintable(lines[0]));
  }

  void aComponentThatIsStoppedInTheFlowKeepsItsInput() {
    std::string flow = kFlow;
    flow.replace(flow.find("{name: Write,"), 13, "{name: Write, state: stopped,");
    const QStringList lines = run(flow,
                                  "    replace: {Source: {}}\n"
                                  "    give: [{to: Split, flowfiles: [{attributes: {n: 2}}]}]\n"
                                  "    expect: {outputs: [{to: Write, count: 1}]}\n");
    QCOMPARE(lines.size(), 1);
    QVERIFY2(lines[0].startsWith("nothing happens any more, but the flow is not idle: FlowFiles "
                                 "wait: 1 in "),
             qPrintable(lines[0]));
  }

  void aPenalizedFlowFileIsSeenAtOnceAndToldApart() {
    const std::string flow =
        "millrace: 1\nname: f\nprocessors:\n"
        "  - {name: Json, type: EvaluateJsonPath, properties: {Destination: flowfile-attribute, a: "
        "$.a}, auto-terminate: [matched, unmatched, failure]}\n";
    QCOMPARE(run(flow,
                 "    give: [{to: Json, flowfiles: [{content: '{\"a\": 1}'}]}]\n"
                 "    expect: {outputs: [{from: Json, relationship: matched, flowfiles: "
                 "[{penalized: false}]}]}\n"),
             kPassed);
    const QStringList wrong =
        run(flow,
            "    give: [{to: Json, flowfiles: [{content: '{\"a\": 1}'}]}]\n"
            "    expect: {outputs: [{from: Json, relationship: matched, flowfiles: "
            "[{penalized: true}]}]}\n");
    QCOMPARE(wrong, QStringList("'matched' of 'Json': FlowFile 1 is not as expected|  it is not "
                                "penalized"));
  }

  void largeAndBinaryContentsComeThroughUnchanged() {
    QCOMPARE(
        run(kFlow,
            "    give: [{to: Mark, flowfiles: [{content: {base64: AAH//g==}}, {content: '" +
                std::string(2000000, 'x') +
                "'}]}]\n"
                "    expect: {outputs: [{from: Mark, flowfiles: [{content: {base64: AAH//g==}}, "
                "{content: '" +
                std::string(2000000, 'x') + "'}]}]}\n"),
        kPassed);
  }

  void theSameTestHasTheSameOutcomeEachTime() {
    const std::string flow =
        "millrace: 1\nname: f\nprocessors:\n"
        "  - {name: Chance, type: UpdateAttribute, properties: {r: '${random()}', u: '${UUID()}', "
        "t: "
        "'${now():toNumber()}', h: '${hostname()}', e: '${HOME}', m: '${MINE}'}}\n";
    const std::string test =
        "    environment: {MINE: yes}\n"
        "    give: [{to: Chance, flowfiles: [{copies: 20}]}]\n"
        "    expect: {outputs: [{from: Chance, count: 20}]}\n";
    std::string end = flow;
    end.replace(end.rfind("}}"), 2, "}, auto-terminate: [success]}");
    Outcome first;
    Outcome second;
    QCOMPARE(run(end, test, &first), kPassed);
    QCOMPARE(run(end, test, &second), kPassed);
    QCOMPARE(first.outputs[0].size(), std::size_t(20));
    for (std::size_t i = 0; i < 20; ++i)
      QCOMPARE(first.outputs[0][i].attributes, second.outputs[0][i].attributes);
    const auto& seen = first.outputs[0][0].attributes;
    QVERIFY(seen.at("r") != first.outputs[0][1].attributes.at("r"));
    QCOMPARE(seen.at("m"), "yes");
    QCOMPARE(seen.at("e"), "");
    QCOMPARE(seen.at("t"), "1767225600000");
    QCOMPARE(seen.at("h"), "test");
  }
};

QTEST_GUILESS_MAIN(FlowTrialTest)
#include "flow_trial_test.moc"
