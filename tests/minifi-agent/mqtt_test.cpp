// SPDX-License-Identifier: Apache-2.0
// The agent publishes to an MQTT broker and subscribes at it; mosquitto is that broker.

#include "tests/minifi-agent/agent_program.h"

#include <QTcpServer>

namespace {

quint16 freePort() {
  QTcpServer server;
  server.listen(QHostAddress::LocalHost);
  return server.serverPort();
}

/// What is published to gauges/N, and retained there, comes back from gauges/# and is written.
QByteArray flow(quint16 port) {
  const QByteArray uri = "Broker URI: 'tcp://127.0.0.1:" + QByteArray::number(port) + "'";
  return "millrace: 1\nname: mqtt\n"
         "processors:\n"
         "  - name: Make\n    type: GenerateFlowFile\n    schedule: {runs: 1}\n"
         "    properties: {Custom Text: \"a\\nb\\nc\"}\n"
         "  - name: Lines\n    type: SplitText\n    properties: {Line Split Count: '1'}\n"
         "    auto-terminate: [original, failure]\n"
         "  - name: Publish\n    type: PublishMQTT\n    auto-terminate: [success]\n"
         "    penalty: 20 ms\n    yield: 20 ms\n    properties: {" +
         uri +
         ",\n      Topic: 'gauges/${fragment.index}', Quality of Service: '1', "
         "Retain Message: 'true'}\n"
         "  - name: Subscribe\n    type: ConsumeMQTT\n    yield: 20 ms\n"
         "    schedule: {every: 20 ms}\n    properties: {" +
         uri +
         ",\n      Topic Filter: 'gauges/#', Quality of Service: '1', Client ID: reader}\n"
         "  - name: Named\n    type: UpdateAttribute\n"
         "    properties: {filename: \"${mqtt.topic:replace('/', '-')}\"}\n"
         "  - name: Write\n    type: PutFile\n    auto-terminate: [success, failure]\n"
         "    properties: {Directory: out, Conflict Resolution Strategy: append}\n"
         "connections:\n"
         "  - {from: Make, relationship: success, to: Lines}\n"
         "  - {from: Lines, relationship: splits, to: Publish}\n"
         "  - {from: Publish, relationship: failure, to: Publish}\n"
         "  - {from: Subscribe, relationship: Message, to: Named}\n"
         "  - {from: Named, relationship: success, to: Write}\n";
}

}  // namespace

class MqttTest : public QObject {
  Q_OBJECT

 private slots:
  void messagesGoOutAndComeBack() {
    const quint16 port = freePort();
    AgentProgram agent;
    QVERIFY(agent.write("flow.yaml", flow(port)));
    QVERIFY(agent.write(
        "conf", "listener " + QByteArray::number(port) + " 127.0.0.1\nallow_anonymous true\n"));
    QVERIFY(agent.start({"--config", "flow.yaml", "--data", "data"}));
    // The broker comes later: what waits for it is kept.
    QTRY_VERIFY_WITH_TIMEOUT(agent.err().contains("127.0.0.1"), kAgentPatience);
    QProcess broker;
    broker.start("mosquitto", {"-c", agent.file("conf")});
    QVERIFY2(broker.waitForStarted(kAgentPatience), "there is no mosquitto");
    const AgentFiles wanted{{"gauges-1", "a"}, {"gauges-2", "b"}, {"gauges-3", "c"}};
    QTRY_COMPARE_WITH_TIMEOUT(agent.filesIn("out"), wanted, kAgentPatience);
    QProcess reader;
    reader.start("mosquitto_sub", {"-p", QString::number(port), "-t", "gauges/#", "-C", "3", "-W",
                                   "60", "-F", "%t=%p"});
    QVERIFY(reader.waitForFinished(kAgentPatience));
    QByteArrayList seen = reader.readAllStandardOutput().trimmed().split('\n');
    std::sort(seen.begin(), seen.end());
    QCOMPARE(seen, (QByteArrayList{"gauges/1=a", "gauges/2=b", "gauges/3=c"}));
    QCOMPARE(agent.stop(), 0);
    broker.terminate();
    broker.waitForFinished(kAgentPatience);
  }
};

QTEST_GUILESS_MAIN(MqttTest)
#include "mqtt_test.moc"
