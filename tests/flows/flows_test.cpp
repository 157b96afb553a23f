// SPDX-License-Identifier: Apache-2.0
// Runs every flow in flows/ with the real program and checks what came out against the input,
// counted here anew.

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace {

struct Ran {
  int code = -1;
  QByteArray out;
  QByteArray error;
};

Ran run(const QStringList& arguments) {
  QProcess program;
  program.setWorkingDirectory(MR_SOURCE_DIR);
  program.start(QString(MR_BINARY_DIR) + "/bin/millrace", arguments);
  program.waitForFinished(120'000);
  return {program.exitCode(), program.readAllStandardOutput(), program.readAllStandardError()};
}

QByteArray readAll(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(cannot be read)");
}

}  // namespace

class FlowsTest : public QObject {
  Q_OBJECT
 private slots:
  void everyFlowHasATest() {
    QStringList flows =
        QDir(QString(MR_SOURCE_DIR) + "/flows").entryList({"*.yaml"}, QDir::Files, QDir::Name);
    flows.removeIf([](const QString& name) { return name.endsWith(".test.yaml"); });
    QCOMPARE(flows, (QStringList{"flight-status.yaml", "kappa.yaml", "lambda.yaml",
                                 "package-log.yaml", "reference.yaml"}));
  }

  void flightStatusSortsEveryFlight() {
    QTemporaryDir folder;
    const Ran ran = run({"run", "flows/flight-status.yaml", "--until-idle", "--json", "--param",
                         "results=" + folder.filePath("results")});
    QVERIFY2(ran.code == 0, ran.error.constData());
    QHash<QString, QStringList> expected;  // file name to dates with delays, in order
    QHash<QString, int> severities;
    for (const QByteArray& line :
         readAll(QString(MR_SOURCE_DIR) + "/flows/data/flights.jsonl").split('\n')) {
      if (line.isEmpty()) continue;
      const QJsonObject flight = QJsonDocument::fromJson(line).object();
      const int delay = flight["delay"].toInt();
      const QString severity = delay >= 60 ? "very-late" : delay >= 15 ? "late" : "on-time";
      expected[flight["destination"].toString() + "-" + severity + ".txt"] +=
          flight["date"].toString() + " " + QString::number(delay);
      ++severities[severity];
    }
    const QDir results(folder.filePath("results"));
    QStringList names = expected.keys();
    names.sort();
    QCOMPARE(results.entryList(QDir::Files, QDir::Name), names);
    for (const QString& name : names) {
      QStringList lines;
      for (const QByteArray& line : readAll(results.filePath(name)).split('\n')) {
        if (line.isEmpty()) continue;
        const QString text = QString::fromUtf8(line);
        lines += text.left(16) + " " + text.section(", ", -1).section(' ', 0, 0);
      }
      QStringList wanted = expected[name];
      lines.sort();
      wanted.sort();
      QCOMPARE(lines, wanted);
    }
    const QByteArray sample = readAll(results.filePath("SFO-late.txt"));
    QVERIFY2(sample.contains("2001/01/01 18:31 St Louis to San Francisco: late, 37 minutes\n"),
             sample.left(200).constData());
    for (auto severity = severities.begin(); severity != severities.end(); ++severity) {
      const QByteArray counter = "\"counter\":\"" + severity.key().toUtf8() +
                                 "\",\"value\":" + QByteArray::number(severity.value()) + "}";
      QVERIFY2(ran.out.contains(counter), (counter + " in " + ran.out).constData());
    }
  }

  // The board of each airport as the flights themselves give it.
  static QHash<QString, QStringList> boardOf(int late) {
    QHash<QString, QStringList> board;
    for (const QByteArray& line :
         readAll(QString(MR_SOURCE_DIR) + "/flows/data/flights.jsonl").split('\n')) {
      if (line.isEmpty()) continue;
      const QJsonObject flight = QJsonDocument::fromJson(line).object();
      const int delay = flight["delay"].toInt();
      if (delay < late) continue;
      board[flight["destination"].toString() + ".txt"] += flight["date"].toString() + " from " +
                                                          flight["origin"].toString() + ", " +
                                                          QString::number(delay) + " minutes";
    }
    return board;
  }
  static QHash<QString, QStringList> boardIn(const QString& path) {
    QHash<QString, QStringList> board;
    const QDir folder(path);
    for (const QString& name : folder.entryList(QDir::Files)) {
      board[name] = QString::fromUtf8(readAll(folder.filePath(name))).split('\n');
      if (board[name].takeLast() != "") board[name] += "(a line without an end)";
    }
    return board;
  }

  void kappaRebuildsItsBoardFromTheTopicWhenTheFlowChanges() {
    QTemporaryDir folder;
    const QStringList arguments{"run",
                                "flows/kappa.yaml",
                                "--until-idle",
                                "--data",
                                folder.filePath("data"),
                                "--param",
                                "results=" + folder.filePath("results")};
    Ran ran = run(arguments);
    QVERIFY2(ran.code == 0, ran.error.constData());
    QVERIFY(boardIn(folder.filePath("results/board-1")) == boardOf(15));
    // Nothing new: the same board, nothing twice.
    ran = run(arguments);
    QVERIFY2(ran.code == 0, ran.error.constData());
    QVERIFY(boardIn(folder.filePath("results/board-1")) == boardOf(15));
    // Another board from the same topic, with the source gone.
    ran = run(arguments + QStringList{"--param", "board=2", "--param", "late=60", "--param",
                                      "flights=" + folder.filePath("nothing")});
    QVERIFY2(ran.code == 0, ran.error.constData());
    QVERIFY(boardIn(folder.filePath("results/board-2")) == boardOf(60));
    QVERIFY(boardIn(folder.filePath("results/board-1")) == boardOf(15));
  }

  // What is served, as the lines of flights themselves give it.
  static QJsonObject servedOf(const QByteArrayList& flights, int late) {
    QJsonObject airports;
    for (const QByteArray& line : flights) {
      const QJsonObject flight = QJsonDocument::fromJson(line).object();
      const int delay = flight["delay"].toInt();
      QJsonObject airport = airports[flight["destination"].toString()].toObject();
      airport["flights"] = airport["flights"].toInt() + 1;
      airport["late"] = airport["late"].toInt() + (delay >= late ? 1 : 0);
      airport["minutes"] = airport["minutes"].toInt() + delay;
      airports[flight["destination"].toString()] = airport;
    }
    return airports;
  }

  void lambdaServesWhatAFullRecomputationGives() {
    QTemporaryDir folder;
    QByteArrayList all = readAll(QString(MR_SOURCE_DIR) + "/flows/data/flights.jsonl").split('\n');
    all.removeAll(QByteArray());
    QFile flights(folder.filePath("flights.jsonl"));
    QVERIFY(flights.open(QIODevice::WriteOnly | QIODevice::Unbuffered));
    const auto grow = [&](int from, int to) {
      flights.write(all.mid(from, to - from).join('\n') + '\n');
    };
    const QStringList arguments{"run",
                                "flows/lambda.yaml",
                                "--until-idle",
                                "--data",
                                folder.filePath("data"),
                                "--param",
                                "flights=" + flights.fileName(),
                                "--param",
                                "results=" + folder.filePath("results")};
    const auto served = [&] {
      return QJsonDocument::fromJson(readAll(folder.filePath("results/served.json"))).object();
    };
    grow(0, 7000);
    Ran ran = run(arguments);
    QVERIFY2(ran.code == 0, ran.error.constData());
    QCOMPARE(served()["airports"].toObject(), servedOf(all.mid(0, 7000), 15));
    // The batch layer waits for more than there is: all that is new comes from the speed layer.
    grow(7000, 9000);
    const QStringList slow{"--param", "batch-wait=1 hour", "--for", "4 s"};
    QStringList withoutIdle = arguments + slow;
    withoutIdle.removeAll("--until-idle");
    for (int i = 0; i < 10 && served()["flights since"].toInt() < 2000; ++i) {
      ran = run(withoutIdle);
      QVERIFY2(ran.code == 0, ran.error.constData());
    }
    QCOMPARE(served()["flights in sums"].toInt(), 7000);
    QCOMPARE(served()["flights since"].toInt(), 2000);
    QCOMPARE(served()["airports"].toObject(), servedOf(all.mid(0, 9000), 15));
    // Killed in the middle of the rest, again and again.
    for (int i = 0; i < 5; ++i) {
      grow(9000 + i * 2200, 9000 + (i + 1) * 2200);
      QProcess program;
      program.setWorkingDirectory(MR_SOURCE_DIR);
      program.start(QString(MR_BINARY_DIR) + "/bin/millrace", arguments);
      QVERIFY(program.waitForStarted());
      program.waitForFinished(150 + 250 * i);
      program.kill();
      program.waitForFinished();
    }
    ran = run(arguments);
    QVERIFY2(ran.code == 0, ran.error.constData());
    QCOMPARE(served()["flights in sums"].toInt(), 20000);
    QCOMPARE(served()["airports"].toObject(), servedOf(all, 15));
    // Another batch makes all sums anew, by another rule, from the topic alone.
    QVERIFY(flights.remove());
    ran = run(arguments + QStringList{"--param", "batch=2", "--param", "late=60"});
    QVERIFY2(ran.code == 0, ran.error.constData());
    QCOMPARE(served()["batch"].toString(), QString("2"));
    QCOMPARE(served()["airports"].toObject(), servedOf(all, 60));
  }

  void packageLogKeepsTheInstalledLinesAndResumes() {
    QTemporaryDir folder;
    QFile log(folder.filePath("dpkg.log"));
    QVERIFY(log.open(QIODevice::WriteOnly | QIODevice::Unbuffered));
    const QByteArray installed =
        "2026-01-01 10:00:02 status installed ninja-build:amd64 1.11.1-1\n";
    log.write("2026-01-01 10:00:00 startup archives unpack\n" + installed +
              "2026-01-01 10:00:03 status half-installed x:amd64 1\n");
    const QStringList arguments{"run",
                                "flows/package-log.yaml",
                                "--until-idle",
                                "--data",
                                folder.filePath("data"),
                                "--param",
                                "log=" + log.fileName(),
                                "--param",
                                "results=" + folder.filePath("results")};
    Ran ran = run(arguments);
    QVERIFY2(ran.code == 0, ran.error.constData());
    QCOMPARE(readAll(folder.filePath("results/installed.txt")), installed);
    log.write("2026-01-01 10:00:09 status installed caf\xc3\xa9:amd64 2\n");
    ran = run(arguments);
    QVERIFY2(ran.code == 0, ran.error.constData());
    QCOMPARE(readAll(folder.filePath("results/installed.txt")),
             installed + "2026-01-01 10:00:09 status installed caf\xc3\xa9:amd64 2\n");
  }

  void theReferenceIsRefusedWithPlacesSinceItsTypesAreNoneOfOurs() {
    const Ran ran = run({"run", "flows/reference.yaml", "--until-idle"});
    QCOMPARE(ran.code, 2);
    QVERIFY2(ran.error.contains("flows/reference.yaml"), ran.error.constData());
  }

  void anEndlessSourceIsNamedInsteadOfWaitedForForEver() {
    QTemporaryDir folder;
    QFile flow(folder.filePath("endless.yaml"));
    QVERIFY(flow.open(QIODevice::WriteOnly));
    flow.write(
        "millrace: 1\nname: endless\nprocessors:\n  - {name: Make, type: GenerateFlowFile, "
        "auto-terminate: [success]}\n");
    flow.close();
    const Ran ran = run({"run", flow.fileName(), "--until-idle"});
    QCOMPARE(ran.code, 2);
    QVERIFY2(ran.error.contains("'Make' never runs dry"), ran.error.constData());
    QCOMPARE(run({"run", flow.fileName(), "--until-idle", "--for", "100 ms"}).code, 0);
  }

  void aDataDirectoryInUseIsRefusedAndTheProcessNamed() {
    QTemporaryDir folder;
    QFile flow(folder.filePath("flow.yaml"));
    QVERIFY(flow.open(QIODevice::WriteOnly));
    flow.write(
        "millrace: 1\nname: slow\nprocessors:\n  - {name: Make, type: GenerateFlowFile, schedule: "
        "{every: 1 hour}, auto-terminate: [success]}\n");
    flow.close();
    QProcess first;
    first.start(QString(MR_BINARY_DIR) + "/bin/millrace",
                {"run", flow.fileName(), "--data", folder.filePath("data")});
    QVERIFY(first.waitForStarted());
    Ran second;
    // The journal is opened under the lock.
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(folder.filePath("data/journal")), 20'000);
    QTRY_VERIFY_WITH_TIMEOUT(
        (second = run({"run", flow.fileName(), "--data", folder.filePath("data"), "--for", "1 ms"}),
         second.code == 2),
        20'000);
    QVERIFY2(second.error.contains(QByteArray::number(first.processId())),
             second.error.constData());
    first.terminate();
    QVERIFY(first.waitForFinished());
    QCOMPARE(first.exitCode(), 0);
  }
};

QTEST_GUILESS_MAIN(FlowsTest)
#include "flows_test.moc"
