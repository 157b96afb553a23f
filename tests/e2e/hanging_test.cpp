// SPDX-License-Identifier: Apache-2.0
// `millrace run` with a processor that hangs: it ends all the same, says so, and nothing is lost.

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace {

const QString kProgram = MR_BINARY_DIR "/bin/millrace";
constexpr int kPatience = 120000;

/// Made once, then held up by Hang for `pause`.
QByteArray flowOf(const QByteArray& makeState, const QByteArray& pause) {
  return "millrace: 1\nname: hangs\nprocessors:\n"
         "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: kept}, "
         "schedule: {runs: 1}, state: " +
         makeState +
         "}\n"
         "  - {name: Hang, type: DebugFlow, properties: {OnTrigger Pause Time: " +
         pause +
         "}, auto-terminate: [failure]}\n"
         "  - {name: Put, type: PutFile, properties: {Directory: out}, auto-terminate: [success, "
         "failure]}\n"
         "connections:\n"
         "  - {from: Make, relationship: success, to: Hang}\n"
         "  - {from: Hang, relationship: success, to: Put}\n";
}

}  // namespace

class HangingTest : public QObject {
  Q_OBJECT

 private:
  struct Outcome {
    int code = -1;
    QByteArray err;
  };
  Outcome run(const QByteArray& flow, const QStringList& more) {
    QFile file(folder_.filePath("flow.yaml"));
    if (!file.open(QIODevice::WriteOnly) || file.write(flow) != flow.size()) return {};
    file.close();
    QProcess process;
    process.setWorkingDirectory(folder_.path());
    process.start(kProgram, QStringList{"run", "flow.yaml"} + more);
    if (!process.waitForFinished(kPatience) || process.exitStatus() != QProcess::NormalExit)
      return {};
    return {process.exitCode(), process.readAllStandardError()};
  }

  QTemporaryDir folder_;

 private slots:
  // pins: 1.1/32
  void aRunEndsThoughAProcessorHangsAndItsFlowFileIsThereNextTime() {
    const Outcome hung =
        run(flowOf("running", "1 hour"), {"--data", "data", "--for", "5 s", "--drain", "100 ms"});
    QCOMPARE(hung.code, 1);
    QVERIFY2(hung.err.contains("'Hang' did not stop in time (--drain) and was terminated"),
             hung.err.constData());
    QVERIFY(QDir(folder_.filePath("out")).isEmpty());

    const Outcome next = run(flowOf("stopped", "0 s"), {"--data", "data", "--until-idle"});
    QVERIFY2(next.code == 0, next.err.constData());
    const QStringList files = QDir(folder_.filePath("out")).entryList(QDir::Files);
    QCOMPARE(files.size(), qsizetype{1});
    QFile written(folder_.filePath("out/" + files.first()));
    QVERIFY(written.open(QIODevice::ReadOnly));
    QCOMPARE(written.readAll(), QByteArray("kept"));
  }

  void aTemporaryDirectoryGoesThoughAThreadHangs() {
    const QString temporary = folder_.filePath("temporary");
    QVERIFY(QDir().mkpath(temporary));
    qputenv("TMPDIR", temporary.toUtf8());
    const Outcome hung = run(flowOf("running", "1 hour"), {"--for", "5 s", "--drain", "0 s"});
    qunsetenv("TMPDIR");
    QCOMPARE(hung.code, 1);
    QVERIFY(QDir(temporary).isEmpty());
  }

  void aDrainThatIsNoDurationIsRefused() {
    const Outcome refused = run(flowOf("running", "0 s"), {"--drain", "soon"});
    QCOMPARE(refused.code, 2);
    QVERIFY2(refused.err.contains("--drain"), refused.err.constData());
  }
};

QTEST_GUILESS_MAIN(HangingTest)
#include "hanging_test.moc"
