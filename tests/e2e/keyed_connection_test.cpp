// SPDX-License-Identifier: Apache-2.0
// The running program: eight tasks at once behind a connection with keys, and each key in order.

#include "tests/harness/kafka_server.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

class KeyedConnectionTest : public QObject {
  Q_OBJECT
 private slots:
  void eachKeyStaysInOrderWhateverManyTasksDo() {
    constexpr int kCount = 20000;
    constexpr int kKeys = 7;
    QTemporaryDir folder;
    QFile flow(folder.filePath("flow.yaml"));
    QVERIFY(flow.open(QIODevice::WriteOnly));
    flow.write(
        "millrace: 1\nname: keyed\nparameters: {keys: 7}\nprocessors:\n"
        "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: '500', File Size: 0B},\n"
        "     schedule: {runs: 40}}\n"
        "  - {name: Number, type: UpdateAttribute, properties: {n: '${nextInt()}'}}\n"
        "  - name: Work\n    type: UpdateAttribute\n    concurrency: 8\n"
        "    schedule: {run-duration: 0 ms}\n    properties:\n"
        // Some take a thousand times as long as others.
        "      filename: '${n:mod(#{keys})}'\n"
        "      cost: "
        "'${n:mod(13):equals(0):ifElse(${literal(\"a\"):repeat(30000):hash(\"SHA-512\")}"
        ",\"\")}'\n"
        "  - {name: Write, type: ReplaceText, properties: {Replacement Strategy: Always Replace,\n"
        "     Evaluation Mode: Entire text, Replacement Value: \"${n}\\n\"}, auto-terminate: "
        "[failure]}\n"
        "  - name: Keep\n    type: PutFile\n    auto-terminate: [success, failure]\n"
        "    properties: {Directory: out, Conflict Resolution Strategy: append}\n"
        "connections:\n"
        "  - {from: Make, relationship: success, to: Number}\n"
        "  - {from: Number, relationship: success, to: Work, keyed-by: '${n:mod(#{keys})}'}\n"
        "  - {from: Work, relationship: success, to: Write}\n"
        "  - {from: Write, relationship: success, to: Keep}\n");
    flow.close();
    QProcess program;
    program.setWorkingDirectory(folder.path());
    program.start(QString(MR_BINARY_DIR) + "/bin/millrace",
                  {"run", "flow.yaml", "--until-idle", "--data", "data"});
    QVERIFY(program.waitForFinished(kafka_test::kPatience));
    QVERIFY2(program.exitCode() == 0, program.readAllStandardError().constData());
    int all = 0;
    for (int key = 0; key < kKeys; ++key) {
      QFile out(folder.filePath("out/" + QString::number(key)));
      QVERIFY(out.open(QIODevice::ReadOnly));
      int last = -1;
      for (const QByteArray& line : out.readAll().trimmed().split('\n')) {
        const int number = line.toInt();
        QCOMPARE(number % kKeys, key);
        QVERIFY2(number > last, qPrintable(QString("%1 after %2").arg(number).arg(last)));
        last = number;
        ++all;
      }
    }
    QCOMPARE(all, kCount);
  }
};

QTEST_GUILESS_MAIN(KeyedConnectionTest)
#include "keyed_connection_test.moc"
