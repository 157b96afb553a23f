// SPDX-License-Identifier: Apache-2.0
// The log of a real server: both places, rotation, kills, levels by command, a file that fails.
#include "tests/harness/rest_server.h"
#include "tests/harness/small_disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QDir>
#include <QJsonArray>
#include <QTemporaryDir>

using namespace rest_test;

namespace {

/// Each FlowFile says its number.
const QByteArray kFlow =
    "millrace: 1\n"
    "name: said\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: 50}, schedule: {every: 1 "
    "ms}}\n"
    "  - {name: Tell, type: LogMessage, properties: {Log Message: 'number ${nextInt()} of many'}, "
    "auto-terminate: [success]}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Tell}\n";

QByteArray readAll(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// The files, oldest first.
QByteArray everything(const QString& path) {
  QByteArray text;
  for (int number = 20; number >= 1; --number)
    text += readAll(path + "." + QString::number(number));
  return text + readAll(path);
}

bool told(const RestServer& server, const QString& text) {
  return server.curl("/api/v1/bulletins").body.contains(text.toUtf8());
}

bool eventually(const std::function<bool()>& condition) {
  QElapsedTimer waited;
  waited.start();
  while (!condition()) {
    if (waited.elapsed() > kPatience) return false;
    QTest::qWait(20);
  }
  return true;
}

}  // namespace

class LoggingTest : public QObject {
  Q_OBJECT

  /// What is no JSON, or a number that is not the one after the last but where the log says that
  /// lines were dropped or the server was started anew; empty: nothing.
  static QString wrong(const QByteArray& text, int& numbers) {
    qint64 last = -1;
    for (const QByteArray& line : text.split('\n')) {
      if (line.isEmpty()) continue;
      const QJsonObject object = QJsonDocument::fromJson(line).object();
      if (object.isEmpty()) return "no JSON: " + line;
      const QString message = object["message"].toString();
      if (message.startsWith("starts") || message.contains("were dropped")) last = -1;
      if (!message.startsWith("number ")) continue;
      if (object["type"] != "LogMessage" || object["name"] != "Tell" || object["level"] != "info" ||
          object["flowFile"].toString().size() != 36 || !object["time"].toString().endsWith('Z'))
        return "incomplete: " + line;
      const qint64 number = message.section(' ', 1, 1).toLongLong();
      // What was dropped is said behind what was written before it.
      if (last >= 0 && number != last + 1) return QString("%1 after %2").arg(number).arg(last);
      last = number;
      ++numbers;
    }
    return {};
  }

 private slots:
  void whatIsSaidIsInTheFilesAndOnStandardError() {
    QTemporaryDir folder;
    const QString log = folder.filePath("logs/server.log");
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow));
    const QStringList options{"--log-format",    "json",  "--log-file",  log,
                              "--log-file-size", "64 KB", "--log-files", "20"};
    int rotated = 0;
    // Killed wherever it is, three times, then stopped.
    for (int life = 0; life < 4; ++life) {
      QVERIFY2(server.start(options), server.errors().constData());
      const int before = static_cast<int>(QDir(folder.filePath("logs")).count());
      QVERIFY(eventually([&] {
        return static_cast<int>(QDir(folder.filePath("logs")).count()) >= qMin(before + 2, 23);
      }));
      if (life < 3) {
        server.kill();
      } else {
        QCOMPARE(server.stop(), 0);
      }
      const QByteArray heard = server.errors();
      const QByteArray kept = everything(log);
      int numbers = 0;
      // A line in whose middle the process was killed is the last of that life.
      QByteArray whole;
      for (const QByteArray& line : kept.split('\n')) {
        if (line.endsWith('}')) whole += line + '\n';
      }
      const QString problem = wrong(whole, numbers);
      QVERIFY2(problem.isEmpty(), qPrintable(problem));
      QVERIFY(numbers > 100);
      // What standard error had, but for the piece that was under way, the file has too.
      const QList<QByteArray> lines = heard.split('\n');
      if (life == 3) QVERIFY(kept.contains(lines.at(lines.size() - 2)));
      rotated += QFile::exists(log + ".1") ? 1 : 0;
    }
    QCOMPARE(rotated, 4);
  }

  void levelsAreChangedByCommand() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow));
    QVERIFY2(server.start({"--log-level", "error", "--log-level", "http=debug"}), server.errors());
    QCOMPARE(server.curl("/api/v1/flow").status, 200);
    const auto call = [&](const QStringList& changes, int code = 0) {
      QProcess process;
      process.start(QString(MR_BINARY_DIR) + "/bin/millrace",
                    QStringList{"log-level", "--server", "http://" + server.address()} + changes);
      if (!process.waitForFinished(kPatience)) return QByteArray("hangs");
      const QByteArray error = process.readAllStandardError();
      if (process.exitCode() != code) return "exit code: " + error;
      return process.readAllStandardOutput() + error;
    };
    const QByteArray levels = call({});
    QVERIFY2(levels.contains("root") && levels.contains("error") && levels.contains("debug"),
             levels.constData());
    QVERIFY(call({"type:LogMessage=info"}).contains("type:LogMessage"));
    QByteArray heard;
    QVERIFY(eventually([&] {
      heard += server.errors();
      return heard.contains("Tell (LogMessage ") && heard.contains("number ");
    }));
    QVERIFY2(heard.contains("DEBUG http: GET /api/v1/flow 200 -\n"), heard.constData());
    QVERIFY(heard.indexOf("GET /api/v1/flow ") < heard.indexOf("number "));
    QVERIFY(!call({"type:LogMessage=default"}).contains("type:LogMessage"));
    QVERIFY(call({"htp=debug"}, 2).contains("'htp' is nothing whose log has a level"));
    QCOMPARE(server.stop(), 0);
  }

  void aFileThatCannotBeWrittenIsToldAndWrittenAgain() {
    QTemporaryDir folder;
    const QString inTheWay = folder.filePath("logs");
    QFile obstacle(inTheWay);
    QVERIFY(obstacle.open(QIODevice::WriteOnly));
    obstacle.close();
    RestServer server(folder.path());
    QVERIFY(server.writeFlow("millrace: 1\nname: said\n"));
    const QString log = inTheWay + "/server.log";
    const bool started = server.start({"--log-file", log});
    QByteArray heard = server.errors();
    QVERIFY2(started, heard.constData());
    QVERIFY(eventually([&] {
      heard += server.errors();
      return heard.contains("cannot be written to its file");
    }));
    QVERIFY(!server.curl("/api/v1/logging").json()["trouble"].toString().isEmpty());
    QVERIFY(server.curl("/metrics").body.contains("\nmillrace_logging_file_failing 1\n"));
    QVERIFY(eventually([&] { return told(server, log + " misses lines"); }));
    // Nothing more is said, and it is written all the same.
    QVERIFY(QFile::remove(inTheWay));
    QVERIFY(eventually([&] { return told(server, log + " is written again"); }));
    QVERIFY(server.curl("/api/v1/logging").json()["trouble"].toString().isEmpty());
    QVERIFY(readAll(log).contains(" lines are missing here"));
    const QByteArray metrics = server.curl("/metrics").body;
    QVERIFY(metrics.contains("\nmillrace_logging_file_failing 0\n"));
    QVERIFY(!metrics.contains("\nmillrace_logging_missing_lines_total 0\n"));
    heard += server.errors();
    QCOMPARE(heard.count("cannot be written to its file"), 1);
    // A folder that somebody takes away is made again.
    QVERIFY(QDir(inTheWay).removeRecursively());
    QCOMPARE(server
                 .curl("/api/v1/logging/levels",
                       {"-X", "PUT", "-d", "{\"levels\":{\"http\":\"debug\"}}"})
                 .status,
             200);
    QVERIFY(eventually([&] { return readAll(log).contains("level of http is debug"); }));
    QCOMPARE(server.stop(), 0);
  }

  void aFullDiskIsToldAndTheLogGoesOnWhenThereIsRoom() {
    disk_test::SmallDisk disk(1 << 20);
    if (!disk.mounted()) QSKIP("needs the right to mount");
    QTemporaryDir folder;
    RestServer server(folder.path());
    // Some seconds to fill it: what is written again must be so for longer than a look takes.
    QVERIFY(server.writeFlow(QByteArray(kFlow).replace("1 ms", "20 ms")));
    const QString log = disk.at("server.log");
    // Lines come all the time: the disk is full soon, with files beside the one that is written.
    QVERIFY2(server.start({"--log-file", log, "--log-file-size", "256 KB", "--log-stderr", "off"}),
             server.errors().constData());
    QVERIFY(eventually([&] { return told(server, log + " misses lines"); }));
    QVERIFY(server.curl("/metrics").body.contains("\nmillrace_logging_file_failing 1\n"));
    QCOMPARE(server.curl("/readyz").status, 200);
    const QByteArray cut = readAll(log);
    QVERIFY(cut.isEmpty() || cut.endsWith('\n'));
    QDir dir(disk.at(""));
    for (const QString& name : dir.entryList({"server.log.*"}, QDir::Files))
      QVERIFY(dir.remove(name));
    QVERIFY(eventually([&] { return told(server, log + " is written again"); }));
    QVERIFY(eventually([&] { return everything(log).contains(" lines are missing here"); }));
    QCOMPARE(server.stop(), 0);
  }

  void aReaderThatTakesNothingHoldsUpNobody_data() {
    QTest::addColumn<bool>("hasFile");
    QTest::newRow("alone") << false;
    QTest::newRow("beside a file") << true;
  }
  void aReaderThatTakesNothingHoldsUpNobody() {
    QFETCH(bool, hasFile);
    QTemporaryDir folder;
    const QString file = folder.filePath("server.log");
    const QByteArray fifo = QFile::encodeName(folder.filePath("fifo"));
    QCOMPARE(::mkfifo(fifo.constData(), 0600), 0);
    const int reader = ::open(fifo.constData(), O_RDWR);  // and reads nothing
    QVERIFY(reader >= 0);
    QFile flow(folder.filePath("flow.yaml"));
    QVERIFY(flow.open(QIODevice::WriteOnly) && flow.write(kFlow) == kFlow.size());
    flow.close();
    QProcess server;
    server.setStandardErrorFile(QFile::decodeName(fifo));
    server.start(
        QString(MR_BINARY_DIR) + "/bin/millrace",
        QStringList{"server", flow.fileName(), "--data", folder.filePath("data"), "--listen",
                    "127.0.0.1:0", "--kafka", "off"} +
            (hasFile ? QStringList{"--log-file", file, "--log-file-size", "1 GB"} : QStringList()));
    QVERIFY(server.waitForReadyRead(kPatience));
    const QString url =
        "http://" + QJsonDocument::fromJson(server.readLine()).object()["http"].toString();
    const auto log = [&] {
      QProcess client;
      client.start("curl", {"-s", "-m", "100", url + "/api/v1/logging"});
      client.waitForFinished(kPatience);
      return QJsonDocument::fromJson(client.readAll()).object();
    };
    // Far more than the pipe and the queue before it hold: the flow goes on, and lines are dropped.
    QVERIFY(eventually([&] { return log()["dropped"].toInt() > 20000; }));
    // The pipe and a piece hold less than a thousand lines.
    if (hasFile) QVERIFY(eventually([&] { return readAll(file).count('\n') > 3000; }));
    server.terminate();
    QVERIFY(server.waitForFinished(kPatience));
    QCOMPARE(server.exitCode(), 0);
    ::close(reader);
  }

  void aRunHasALogWhereOneIsAskedFor() {
    QTemporaryDir folder;
    const QString log = folder.filePath("run.log");
    QFile flow(folder.filePath("flow.yaml"));
    QVERIFY(flow.open(QIODevice::WriteOnly));
    flow.write(
        "millrace: 1\n"
        "name: said\n"
        "processors:\n"
        "  - {name: Make, type: GenerateFlowFile, schedule: {runs: 1}}\n"
        "  - {name: Tell, type: LogMessage, properties: {Log Message: quiet}, auto-terminate: "
        "[success]}\n"
        "  - {name: Warn, type: LogMessage, properties: {Log Message: loud, Log Level: warn}, "
        "auto-terminate: [success]}\n"
        "connections:\n"
        "  - {from: Make, relationship: success, to: Tell}\n"
        "  - {from: Make, relationship: success, to: Warn}\n");
    flow.close();
    const auto run = [&](const QStringList& more) {
      QProcess process;
      process.start(
          QString(MR_BINARY_DIR) + "/bin/millrace",
          QStringList{"run", flow.fileName(), "--until-idle", "--durability", "none"} + more);
      if (!process.waitForFinished(kPatience)) return std::pair(-1, QByteArray());
      return std::pair(process.exitCode(), process.readAllStandardError());
    };
    const auto [plainCode, plain] = run({});
    QCOMPARE(plainCode, 0);
    QVERIFY2(plain.contains("loud") && !plain.contains("quiet"), plain);
    // The file has all of it, standard error what it had.
    const auto [code, heard] =
        run({"--log-file", log, "--log-format", "json", "--log-level", "components=info"});
    QCOMPARE(code, 0);
    QVERIFY2(heard.contains("loud") && !heard.contains("quiet"), heard);
    const QByteArray kept = readAll(log);
    QVERIFY2(kept.contains("\"message\":\"quiet\"") && kept.contains("\"message\":\"loud\""), kept);
    for (const QByteArray& line : kept.trimmed().split('\n'))
      QVERIFY2(!QJsonDocument::fromJson(line).object().isEmpty(), line);
    const auto [onCode, on] = run({"--log-stderr", "on", "--log-level", "type:LogMessage=warn"});
    QCOMPARE(onCode, 0);
    QVERIFY2(
        on.count("loud") == 1 && on.contains(" WARN  Warn (LogMessage ") && !on.contains("quiet"),
        on);
    const auto [wrongCode, wrong] = run({"--log-level", "debug"});
    QCOMPARE(wrongCode, 2);
    QVERIFY2(wrong.contains("without --log-file FILE"), wrong);
  }

  void aWrongOptionIsNamed() {
    QTemporaryDir folder;
    for (const auto& [option, value] :
         {std::pair("--log-format", "xml"), std::pair("--log-stderr", "yes"),
          std::pair("--log-file-size", "1 B"), std::pair("--log-files", "0"),
          std::pair("--log-level", "http=loud")}) {
      RestServer server(folder.path());
      QVERIFY(server.writeFlow("millrace: 1\nname: said\n"));
      QVERIFY(!server.start({option, value}));
      QVERIFY2(server.errors().contains(option), option);
    }
  }
};

QTEST_GUILESS_MAIN(LoggingTest)
#include "logging_test.moc"
