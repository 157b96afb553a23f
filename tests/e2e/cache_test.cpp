// SPDX-License-Identifier: Apache-2.0
// What a map cache remembers survives SIGKILL: the real program, killed when it has just answered.

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace {

const QString kProgram = MR_BINARY_DIR "/bin/millrace";
constexpr int kPatience = 120000;

const QByteArray kServices =
    "services:\n"
    "  - {name: Store, type: MapCacheServer, properties: {Port: 4000}}\n"
    "  - name: Cache\n    type: DistributedMapCacheClientService\n"
    "    properties: {Server Hostname: localhost, Server Port: '4000'}\n";

}  // namespace

class CacheTest : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;

  void write(const QString& name, const QByteArray& text) {
    QFile file(folder_.filePath(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(text), qint64(text.size()));
  }
  qsizetype filesIn(const QString& folder) {
    return QDir(folder_.filePath(folder)).entryList(QDir::Files).size();
  }
  void start(QProcess& process, const QStringList& arguments) {
    process.setWorkingDirectory(folder_.path());
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(kProgram, arguments);
    QVERIFY(process.waitForStarted(kPatience));
  }
  void runToItsEnd(const QString& flow) {
    QProcess process;
    start(process, {"run", flow, "--data", "data", "--until-idle"});
    QVERIFY(process.waitForFinished(kPatience));
    QCOMPARE(process.exitCode(), 0);
  }
  void runUntilKilled(const QString& flow, const QString& folder) {
    QProcess process;
    start(process, {"run", flow, "--data", "data", "--for", "600 s"});
    QTRY_VERIFY_WITH_TIMEOUT(filesIn(folder) > 0, kPatience);
    process.kill();
    QVERIFY(process.waitForFinished(kPatience));
  }

  static QByteArray detecting(const QByteArray& schedule) {
    return "millrace: 1\nname: cache\n" + kServices +
           "processors:\n  - {name: Make, type: GenerateFlowFile, schedule: {" + schedule +
           "}}\n"
           "  - name: Seen\n    type: DetectDuplicate\n    auto-terminate: [duplicate, failure]\n"
           "    properties: {Cache Entry Identifier: one, Distributed Cache Service: Cache}\n"
           "  - {name: Put, type: PutFile, properties: {Directory: fresh}, auto-terminate: "
           "[success, failure]}\n"
           "connections:\n  - {from: Make, relationship: success, to: Seen}\n"
           "  - {from: Seen, relationship: non-duplicate, to: Put}\n";
  }
  static QByteArray signalling(const QByteArray& type, const QByteArray& more,
                               const QByteArray& schedule) {
    return "millrace: 1\nname: cache\n" + kServices + "processors:\n  - {name: Make " + type +
           ", type: GenerateFlowFile, schedule: {" + schedule +
           "}}\n"
           "  - name: " +
           type + "\n    type: " + type + "\n    auto-terminate: [failure" + more +
           "]\n    properties: {Release Signal Identifier: s, Distributed Cache Service: Cache}\n"
           "  - {name: Put, type: PutFile, properties: {Directory: " +
           type +
           "}, auto-terminate: [success, failure]}\n"
           "connections:\n  - {from: Make " +
           type + ", relationship: success, to: " + type +
           "}\n"
           "  - {from: " +
           type + ", relationship: success, to: Put}\n";
  }

 private slots:
  void aDuplicateIsKnownAfterAKill() {
    write("first.yaml", detecting("every: 50 ms"));
    write("second.yaml", detecting("every: 1 ms, runs: 5"));
    runUntilKilled("first.yaml", "fresh");
    QCOMPARE(filesIn("fresh"), qsizetype(1));
    runToItsEnd("second.yaml");
    QCOMPARE(filesIn("fresh"), qsizetype(1));
  }

  void aSignalIsThereAfterAKill() {
    write("notify.yaml", signalling("Notify", "", "every: 1 h"));
    write("wait.yaml", signalling("Wait", ", wait, expired", "runs: 3"));
    runUntilKilled("notify.yaml", "Notify");
    QCOMPARE(filesIn("Notify"), qsizetype(1));
    runToItsEnd("wait.yaml");
    QCOMPARE(filesIn("Wait"), qsizetype(1));  // one signal lets one go
    runToItsEnd("wait.yaml");
    QCOMPARE(filesIn("Wait"), qsizetype(1));
  }
};

QTEST_GUILESS_MAIN(CacheTest)
#include "cache_test.moc"
