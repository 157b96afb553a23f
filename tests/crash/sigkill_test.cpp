// SPDX-License-Identifier: Apache-2.0
// Kills the real program at random moments while it tails a growing log and takes files from a
// folder. After the last restart every line must be in the output once and every file placed whole.

#include "engine/base/random.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using millrace::Random;

namespace {

constexpr const char* kFlow =
    "millrace: 1\n"
    "name: sigkill\n"
    "processors:\n"
    "  - {name: Tail, type: TailFile, properties: {Files to Tail: '#{base}/in.log'}, schedule: "
    "{every: 2 ms}}\n"
    "  - {name: Split, type: SplitText, properties: {Line Split Count: 1, Remove Trailing "
    "Newlines: 'false'}, auto-terminate: [original, failure]}\n"
    "  - name: Mark\n"
    "    type: UpdateAttribute\n"
    "    properties: {filename: lines.txt}\n"
    "  - name: Route\n"
    "    type: RouteOnAttribute\n"
    "    properties: {first: '${fragment.index:equals(1)}'}\n"
    "  - name: Write\n"
    "    type: PutFile\n"
    "    properties: {Directory: '#{base}/out', Conflict Resolution Strategy: append}\n"
    "    auto-terminate: [success, failure]\n"
    "  - {name: Take, type: GetFile, properties: {Input Directory: '#{base}/drop', Polling "
    "Interval: 0 sec}, schedule: {every: 2 ms}}\n"
    "  - name: Place\n"
    "    type: PutFile\n"
    "    properties: {Directory: '#{base}/placed', Conflict Resolution Strategy: replace}\n"
    "    auto-terminate: [success, failure]\n"
    "connections:\n"
    "  - {from: Tail, relationship: success, to: Split}\n"
    "  - {from: Split, relationship: splits, to: Mark}\n"
    "  - {from: Mark, relationship: success, to: Route}\n"
    "  - {from: Route, relationships: [first, unmatched], to: Write}\n"
    "  - {from: Take, relationship: success, to: Place}\n";

QByteArray fileContent(int n) {
  return QByteArray(50 + (n % 7) * 2000, static_cast<char>('a' + n % 26));
}

}  // namespace

class SigkillTest : public QObject {
  Q_OBJECT
 private slots:
  void everyLineIsThereOnceAndEveryFileIsPlaced() {
    const QByteArray factor = qgetenv("MILLRACE_ROUNDS");
    const int kills =
        std::max(3, static_cast<int>(300 * (factor.isEmpty() ? 0.1 : factor.toDouble())));
    QTemporaryDir folder;
    QVERIFY(folder.isValid());
    const QDir base(folder.path());
    for (const char* name : {"out", "drop", "placed"}) QVERIFY(base.mkdir(name));
    QFile flow(base.filePath("flow.yaml"));
    QVERIFY(flow.open(QIODevice::WriteOnly));
    flow.write(kFlow);
    flow.close();
    const QString program = QString(MR_BINARY_DIR) + "/bin/millrace";
    const QStringList arguments{"run",     base.filePath("flow.yaml"),
                                "--data",  base.filePath("data"),
                                "--param", "base=" + base.path()};
    QFile log(base.filePath("in.log"));
    QVERIFY(log.open(QIODevice::WriteOnly | QIODevice::Append | QIODevice::Unbuffered));
    Random random(20261122);
    int lines = 0;
    int files = 0;
    for (int kill = 0; kill < kills; ++kill) {
      QProcess engine;
      engine.setProcessChannelMode(QProcess::MergedChannels);
      engine.start(program, arguments);
      QVERIFY(engine.waitForStarted());
      QElapsedTimer alive;
      alive.start();
      const auto lifetime = static_cast<qint64>(20 + random.below(180));
      while (alive.elapsed() < lifetime) {
        QByteArray burst;
        for (int i = 0; i < 40; ++i)
          burst += "line " + QByteArray::number(lines++) + " of the log\n";
        QCOMPARE(log.write(burst), static_cast<qint64>(burst.size()));
        const QString name = "file" + QString::number(files);
        QFile dropped(base.filePath("." + name));
        QVERIFY(dropped.open(QIODevice::WriteOnly));
        dropped.write(fileContent(files++));
        dropped.close();
        QVERIFY(QFile::rename(base.filePath("." + name), base.filePath("drop/" + name)));
        QVERIFY2(!engine.waitForFinished(2), engine.readAll().constData());
      }
      engine.kill();  // SIGKILL
      QVERIFY(engine.waitForFinished());
      const QByteArray said = engine.readAll();
      QVERIFY2(said.isEmpty(), said.constData());
    }
    QProcess last;
    last.start(program, arguments + QStringList{"--until-idle", "--json"});
    QVERIFY(last.waitForFinished(120'000));
    QVERIFY2(last.exitCode() == 0, last.readAllStandardError().constData());

    QFile out(base.filePath("out/lines.txt"));
    QVERIFY(out.open(QIODevice::ReadOnly));
    QHash<QByteArray, int> seen;
    for (const QByteArray& line : out.readAll().split('\n')) {
      if (!line.isEmpty()) ++seen[line];
    }
    for (int n = 0; n < lines; ++n) {
      const int times = seen.value("line " + QByteArray::number(n) + " of the log");
      QVERIFY2(times == 1, qPrintable(QString("line %1 is there %2 times").arg(n).arg(times)));
    }
    QCOMPARE(static_cast<int>(seen.size()), lines);
    for (int n = 0; n < files; ++n) {
      QFile placed(base.filePath("placed/file" + QString::number(n)));
      QVERIFY2(placed.open(QIODevice::ReadOnly),
               qPrintable(QString("file %1 was not placed").arg(n)));
      QCOMPARE(placed.readAll(), fileContent(n));
    }
    QVERIFY(base.entryList({"*"}, QDir::Files | QDir::Hidden).filter("file").isEmpty());
    QVERIFY(QDir(base.filePath("drop")).entryList(QDir::Files).isEmpty());
    qInfo("%d kills, %d lines, %d files", kills, lines, files);
  }
};

QTEST_GUILESS_MAIN(SigkillTest)
#include "sigkill_test.moc"
