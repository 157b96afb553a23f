// SPDX-License-Identifier: Apache-2.0
// A data directory belongs to no build: what one left behind (the usual one, and the one that is
// tested, such as the static one or that for another processor), the other one goes on with.

#include "tests/minifi-agent/agent_program.h"

namespace {

/// What is taken and what is followed waits before a funnel; with `onwards` it goes on to a file.
QByteArray collecting(bool onwards) {
  QByteArray flow =
      "millrace: 1\n"
      "name: builds\n"
      "processors:\n"
      "  - {name: Take, type: GetFile, properties: {Input Directory: in, Polling Interval: 20 "
      "ms},\n"
      "     schedule: {every: 20 ms}}\n"
      "  - name: Mark\n"
      "    type: UpdateAttribute\n"
      "    properties: {größe: '${fileSize} Bytes in ${filename}'}\n"
      "  - {name: Follow, type: TailFile, schedule: {every: 20 ms},\n"
      "     properties: {File to Tail: log, Initial Start Position: Beginning of File}}\n"
      "  - name: Keep\n"
      "    type: PutFile\n"
      "    properties: {Directory: 'out/${größe}'}\n"
      "    auto-terminate: [success, failure]\n"
      "funnels: [Wait]\n"
      "connections:\n"
      "  - {from: Take, relationship: success, to: Mark}\n"
      "  - {from: Follow, relationship: success, to: Mark}\n"
      "  - {from: Mark, relationship: success, to: Wait}\n";
  if (onwards) return flow + "  - {from: Wait, to: Keep}\n";
  return flow.replace("type: PutFile\n", "type: PutFile\n    state: disabled\n");
}

/// Of every value that a byte can have, so many of them.
QByteArray bytes(int count) {
  QByteArray all;
  for (int i = 0; i < count; ++i) all += char(i * 7 % 256);
  return all;
}

}  // namespace

class BuildsTest : public QObject {
  Q_OBJECT

 private slots:
  void whatOneBuildLeftAnotherGoesOnWith_data() {
    QTest::addColumn<QString>("first");
    QTest::addColumn<QString>("second");
    QTest::newRow("from the usual one") << AgentProgram::usual() << AgentProgram::path();
    QTest::newRow("to the usual one") << AgentProgram::path() << AgentProgram::usual();
  }
  void whatOneBuildLeftAnotherGoesOnWith() {
    QFETCH(QString, first);
    QFETCH(QString, second);
    AgentProgram agent;
    AgentFiles expected;
    for (const int size : {0, 1, 300, 4095, 4097, 20000, 300000}) {
      const QString name = QString("%1-\u00e4").arg(size);
      QVERIFY(agent.place("in/" + name, bytes(size)));
      expected[QString("%1 Bytes in %2/%2").arg(size).arg(name)] = bytes(size);
    }
    QVERIFY(agent.write("log", "one\ntwo\n"));

    agent.use(first);
    QVERIFY(agent.write("flow.yaml", collecting(false)));
    QVERIFY(agent.start({"--config", "flow.yaml", "--data", "data"}));
    // A file that was taken goes once its FlowFile is durable.
    QTRY_VERIFY_WITH_TIMEOUT(agent.filesIn("in").isEmpty(), kAgentPatience);
    agent.kill();

    agent.use(second);
    QVERIFY(agent.write("log", "one\ntwo\nthree\n"));
    QVERIFY(agent.write("flow.yaml", collecting(true)));
    QVERIFY(agent.start({"--config", "flow.yaml", "--data", "data"}));
    // In whatever pieces it was read, before the kill and after it.
    QMap<int, QByteArray> lines;
    AgentFiles files;
    const auto arrived = [&] {
      lines.clear();
      files = agent.filesIn("out");
      for (const QString& name : files.keys()) {
        const QString piece = name.section("/log.", 1);
        if (!piece.isEmpty()) lines[piece.section('-', 0, 0).toInt()] = files.take(name);
      }
      return files.size() == expected.size() &&
             QByteArrayList(lines.values()).join() == QByteArray("one\ntwo\nthree\n");
    };
    QTRY_VERIFY_WITH_TIMEOUT(arrived(), kAgentPatience);
    QCOMPARE(agent.stop(), 0);
    QVERIFY(arrived());
    QCOMPARE(files, expected);
  }
};

QTEST_GUILESS_MAIN(BuildsTest)
#include "builds_test.moc"
