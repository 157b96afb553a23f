// SPDX-License-Identifier: Apache-2.0
// `millrace test` as a user meets it: the tests of our flows, the examples of
// docs/testing-flows.md, and what it says of a flow that is broken.

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

namespace {

struct Ran {
  int code = -1;
  QString out;
  QString error;
};

Ran run(const QStringList& arguments, const QString& folder = MR_SOURCE_DIR) {
  QProcess program;
  program.setWorkingDirectory(folder);
  program.start(QString(MR_BINARY_DIR) + "/bin/millrace", arguments);
  program.waitForFinished(120000);
  return {program.exitCode(), QString::fromUtf8(program.readAllStandardOutput()),
          QString::fromUtf8(program.readAllStandardError())};
}

QString contents(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

void write(const QString& path, const QString& text) {
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly)) qFatal("cannot write %s", qPrintable(path));
  file.write(text.toUtf8());
}

/// The blocks of a document between lines of three backquotes, in order, those of one language.
QStringList blocks(const QString& document, const QString& language) {
  QStringList result;
  QString block;
  QString kind;
  bool inside = false;
  for (const QString& line : document.split('\n')) {
    if (line.startsWith("```")) {
      if (inside && kind == language) result += block;
      inside = !inside;
      kind = line.mid(3);
      block.clear();
    } else if (inside) {
      block += line + '\n';
    }
  }
  return result;
}

/// Output without the time that it took.
QString withoutTime(QString text) {
  return text.replace(QRegularExpression(", [0-9]+ ms"), ", N ms");
}

}  // namespace

class FlowTestsTest : public QObject {
  Q_OBJECT
 private slots:
  void everyFlowHasTestsAndTheyPass() {
    const QDir folder(QString(MR_SOURCE_DIR) + "/flows");
    QStringList tests;
    for (const QString& name : folder.entryList({"*.yaml"}, QDir::Files, QDir::Name)) {
      if (name.endsWith(".test.yaml")) continue;
      const QString test = "flows/" + name.chopped(5) + ".test.yaml";
      QVERIFY2(QFile::exists(QString(MR_SOURCE_DIR) + '/' + test), qPrintable(test));
      tests += test;
    }
    QVERIFY(tests.size() >= 3);
    const Ran ran = run(QStringList{"test"} + tests);
    QVERIFY2(ran.code == 0, qPrintable(ran.out + ran.error));
    const QStringList lines = ran.out.split('\n');
    QCOMPARE(lines[0], "TAP version 14");
    const int count = static_cast<int>(lines.filter(QRegularExpression("^ok [0-9]+ - ")).size());
    QCOMPARE(lines[1], "1.." + QString::number(count));
    QVERIFY(count >= 9);
    QCOMPARE(ran.error, "");
  }

  void theDocumentShowsWhatHappens() {
    const QString document = contents(QString(MR_SOURCE_DIR) + "/docs/testing-flows.md");
    const QStringList yaml = blocks(document, "yaml");
    const QStringList shown = blocks(document, "");
    QVERIFY(yaml.size() >= 3);
    QVERIFY(shown.size() >= 2);
    QTemporaryDir folder;
    write(folder.filePath("orders.yaml"), yaml[0]);
    write(folder.filePath("orders.test.yaml"), yaml[1]);
    Ran ran = run({"test", "orders.test.yaml"}, folder.path());
    QVERIFY2(ran.code == 0, qPrintable(ran.out + ran.error));
    QCOMPARE(withoutTime("$ millrace test orders.test.yaml\n" + ran.out), withoutTime(shown[0]));

    // A flow that is broken on purpose, and what a newcomer reads.
    QString broken = yaml[0];
    QCOMPARE(broken.count(":gt(#{limit})"), 1);
    write(folder.filePath("orders.yaml"), broken.replace(":gt(#{limit})", ":ge(#{limit})"));
    ran = run({"test", "orders.test.yaml"}, folder.path());
    QCOMPARE(ran.code, 1);
    QCOMPARE(withoutTime(ran.out), withoutTime("TAP version 14\n1..1\n" + shown[1]));
  }

  void theWholeTestFileOfTheDocumentPasses() {
    const QString document = contents(QString(MR_SOURCE_DIR) + "/docs/testing-flows.md");
    const QStringList yaml = blocks(document, "yaml");
    QTemporaryDir folder;
    write(folder.filePath("orders.yaml"), yaml.front());
    write(folder.filePath("whole.test.yaml"), yaml.back());
    const Ran ran = run({"test", "whole.test.yaml"}, folder.path());
    QVERIFY2(ran.code == 0, qPrintable(ran.out + ran.error));
  }

  void aBrokenFlowShowsTheLineThatDiffers() {
    QTemporaryDir folder;
    QVERIFY(QDir(folder.path()).mkdir("flows"));
    QString flow = contents(QString(MR_SOURCE_DIR) + "/flows/flight-status.yaml");
    QCOMPARE(flow.count("${severity}, ${flight.delay} minutes"), 1);
    flow.replace("${severity}, ${flight.delay} minutes", "${severity} by ${flight.delay} minutes");
    write(folder.filePath("flows/flight-status.yaml"), flow);
    write(folder.filePath("flows/flight-status.test.yaml"),
          contents(QString(MR_SOURCE_DIR) + "/flows/flight-status.test.yaml"));
    const Ran ran =
        run({"test", "flows/flight-status.test.yaml", "--filter", "is a sentence"}, folder.path());
    QCOMPARE(ran.code, 1);
    QVERIFY2(ran.out.contains(
                 "#     what reaches 'Write': FlowFile 1 is not as expected\n"
                 "#       content:\n"
                 "#         - 2001/01/01 18:31 St Louis to San Francisco: late, 37 minutes\n"
                 "#         + 2001/01/01 18:31 St Louis to San Francisco: late by 37 minutes\n"
                 "#                                                           ^\n"),
             qPrintable(ran.out));
    QVERIFY2(ran.out.contains("#     file 'results/SFO-late.txt' is not as expected\n"),
             qPrintable(ran.out));
    QVERIFY2(ran.out.contains("not ok 1 - flows/flight-status.test.yaml: a late flight"),
             qPrintable(ran.out));
  }

  void badFilesAreToldWithTheirPlacesAndNothingRuns() {
    QTemporaryDir folder;
    write(folder.filePath("f.yaml"),
          "millrace: 1\nname: f\nprocessors:\n  - {name: A, type: UpdateAttribte}\n");
    write(folder.filePath("flow.test.yaml"),
          "millrace-test: 1\nflow: f.yaml\ntests:\n  - {name: a, expect: {bulletins: []}}\n"
          "  - {name: b, expect: {bulletins: []}}\n");
    write(folder.filePath("keys.test.yaml"),
          "millrace-test: 1\nflow: f.yaml\ntests:\n  - {name: a, expekt: {bulletins: []}}\n");
    write(folder.filePath("none.test.yaml"),
          "millrace-test: 1\nflow: none.yaml\ntests:\n  - {name: a, expect: {bulletins: []}}\n");
    Ran ran = run({"test", "flow.test.yaml", "keys.test.yaml", "none.test.yaml", "x.test.yaml"},
                  folder.path());
    QCOMPARE(ran.code, 2);
    QCOMPARE(ran.out, "");
    QVERIFY2(ran.error.contains("f.yaml:4:21: error: A: there is no processor type "
                                "'UpdateAttribte'; did you mean 'UpdateAttribute'"),
             qPrintable(ran.error));
    QCOMPARE(ran.error.count("there is no processor type"), 1);
    QVERIFY2(ran.error.contains("keys.test.yaml:4:15: error: 'expekt' is no key of a test; did you "
                                "mean 'expect'"),
             qPrintable(ran.error));
    QVERIFY2(ran.error.contains("none.test.yaml:2:7: error: "), qPrintable(ran.error));
    QVERIFY2(ran.error.contains("x.test.yaml"), qPrintable(ran.error));
    QCOMPARE(run({"test"}, folder.path()).code, 2);
  }

  void testsAreListedAndChosenByName() {
    const Ran all = run({"test", "flows/flight-status.test.yaml", "--list"});
    QCOMPARE(all.code, 0);
    QVERIFY2(all.out.contains("flows/flight-status.test.yaml:13: every delay gets its severity\n"),
             qPrintable(all.out));
    const Ran one = run({"test", "flows/flight-status.test.yaml", "--filter", "no JSON"});
    QVERIFY2(one.code == 0 && one.out.contains("1..1\n"), qPrintable(one.out));
    const Ran none = run({"test", "flows/flight-status.test.yaml", "--filter", "xyz"});
    QCOMPARE(none.code, 2);
    QVERIFY2(none.error.contains("no test has 'xyz' in its name"), qPrintable(none.error));
  }

  void theOutputMayBeJson() {
    QTemporaryDir folder;
    const QString document = contents(QString(MR_SOURCE_DIR) + "/docs/testing-flows.md");
    const QStringList yaml = blocks(document, "yaml");
    QString broken = yaml[0];
    write(folder.filePath("orders.yaml"), broken.replace(":gt(#{limit})", ":ge(#{limit})"));
    write(folder.filePath("orders.test.yaml"),
          QString(yaml[1]) +
              "  - name: a large order\n"
              "    give: [{from: Take orders, flowfiles: [{content: '{\"amount\": 500}', "
              "attributes: {filename: c.json}}]}]\n"
              "    expect: {outputs: [{to: Report, flowfiles: [{attributes: {filename: "
              "c.json}}]}]}\n");
    const Ran ran = run({"test", "orders.test.yaml", "--json"}, folder.path());
    QCOMPARE(ran.code, 1);
    const QStringList lines = ran.out.trimmed().split('\n');
    QCOMPARE(lines.size(), 3);
    const auto object = [&](int i) { return QJsonDocument::fromJson(lines[i].toUtf8()).object(); };
    QCOMPARE(object(0)["file"].toString(), "orders.test.yaml");
    QCOMPARE(object(0)["name"].toString(), "an order at the limit is not large");
    QCOMPARE(object(0)["passed"], QJsonValue(false));
    const QJsonArray complaints = object(0)["complaints"].toArray();
    QCOMPARE(complaints.size(), 3);
    QCOMPARE(complaints[0].toObject()["line"].toInt(), 12);
    QCOMPARE(complaints[0].toObject()["text"].toString(),
             "what reaches 'Keep': expected 1 FlowFile, came 0");
    QVERIFY(complaints[2].toObject()["text"].toString().contains("+ {\"amount\": 100}"));
    QVERIFY(!object(0)["came"].toArray().isEmpty());
    QCOMPARE(object(1)["passed"], QJsonValue(true));
    QVERIFY(!object(1).contains("complaints"));
    QCOMPARE(object(2)["passed"].toInt(), 1);
    QCOMPARE(object(2)["failed"].toInt(), 1);
    const Ran listed = run({"test", "orders.test.yaml", "--list", "--json"}, folder.path());
    QCOMPARE(listed.code, 0);
    QCOMPARE(listed.out.count('\n'), 2);
  }

  void aTestTouchesNothingOutside() {
    QTemporaryDir folder;
    write(folder.filePath("f.yaml"),
          "millrace: 1\nname: f\nprocessors:\n"
          "  - {name: Put, type: PutFile, properties: {Directory: out}, auto-terminate: [success, "
          "failure]}\n");
    write(folder.filePath("f.test.yaml"),
          "millrace-test: 1\nflow: f.yaml\ntests:\n  - name: '# 1'\n    give: [{to: Put, "
          "flowfiles: [{content: x, attributes: {filename: a}}]}]\n"
          "    expect: {files: {out/a: x}}\n");
    const Ran ran = run({"test", "f.test.yaml"}, folder.path());
    QVERIFY2(ran.code == 0, qPrintable(ran.out + ran.error));
    QVERIFY2(ran.out.contains("ok 1 - f.test.yaml: \\# 1\n"), qPrintable(ran.out));
    QCOMPARE(QDir(folder.path()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot, QDir::Name),
             (QStringList{"f.test.yaml", "f.yaml"}));
  }
};

QTEST_GUILESS_MAIN(FlowTestsTest)
#include "flow_tests_test.moc"
