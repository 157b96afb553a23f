// SPDX-License-Identifier: Apache-2.0
// The agent publishes to a cluster: our server and librdkafka's clients are the other side. Each
// record arrives once while the broker is killed; who may not publish is told why.

#include "tests/harness/secured_kafka.h"
#include "tests/minifi-agent/agent_program.h"

#include <QMap>
#include <memory>

using namespace kafka_test;

namespace {

using Properties = QMap<QByteArray, QByteArray>;

QByteArray written(const Properties& properties) {
  QByteArray text;
  for (auto each = properties.begin(); each != properties.end(); ++each)
    text += (text.isEmpty() ? "" : ", ") + each.key() + ": '" + each.value() + "'";
  return text;
}

/// Every line is published; what was and what was not is in files.
QByteArray flow(const QByteArray& lines, const QByteArray& server, Properties service,
                Properties publish) {
  service["Bootstrap Servers"] = server;
  publish["Kafka Connection Service"] = "Cluster";
  if (!publish.contains("Topic Name")) publish["Topic Name"] = "lines";
  return "millrace: 1\nname: publish\nparameters:\n  password: {sensitive: true}\n"
         "services:\n  - name: Cluster\n    type: Kafka3ConnectionService\n    properties: {" +
         written(service) +
         "}\n"
         "processors:\n"
         "  - name: Take\n    type: GenerateFlowFile\n    schedule: {runs: 1}\n"
         "    properties: {Custom Text: \"" +
         QByteArray(lines).replace('\n', "\\n") +
         "\"}\n"
         "  - name: Lines\n    type: SplitText\n"
         "    properties: {Line Split Count: '1', Remove Trailing Newlines: 'true'}\n"
         "    auto-terminate: [original, failure]\n"
         "  - name: Publish\n    type: PublishKafka\n    penalty: 20 ms\n    properties: {" +
         written(publish) +
         "}\n"
         "  - name: Sent\n    type: UpdateAttribute\n"
         "    properties: {filename: '${fragment.index}-${msg.count}'}\n"
         "  - name: Good\n    type: PutFile\n    properties: {Directory: good}\n"
         "    auto-terminate: [success, failure]\n"
         "  - name: Bad\n    type: PutFile\n"
         "    properties: {Directory: bad, Conflict Resolution Strategy: replace}\n"
         "    auto-terminate: [success, failure]\n"
         "connections:\n"
         "  - {from: Take, relationship: success, to: Lines}\n"
         "  - {from: Lines, relationship: splits, to: Publish}\n"
         "  - {from: Publish, relationship: success, to: Sent}\n"
         "  - {from: Sent, relationship: success, to: Good}\n"
         "  - {from: Publish, relationship: failure, to: Bad}\n";
}

QByteArray linesUpTo(int count) {
  QByteArray lines;
  for (int i = 0; i < count; ++i) lines += "line " + QByteArray::number(i) + '\n';
  return lines;
}
QByteArrayList sorted(const QByteArray& lines) {
  QByteArrayList all = lines.split('\n');
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

class KafkaTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  SecuredKafka secured_;

  static QByteArray all(const KafkaServer& server, const QStringList& more,
                        const QString& topic = "lines") {
    const Outcome read =
        kcat(server, more + QStringList{"-C", "-t", topic, "-o", "beginning", "-e", "-q"});
    return read.code == 0 ? read.out : "kcat: " + read.err;
  }
  /// Publishes three lines from a flow, and waits until the agent ends; its complaints.
  static QByteArray publishOnce(AgentProgram& agent, const QByteArray& text,
                                const QString& password = kPassword) {
    if (!agent.write("flow.yaml", text)) return "write";
    agent.setEnvironment({{"MILLRACE_PARAM_PASSWORD", password}});
    const int code = agent.run({"--config", "flow.yaml", "--data", "data", "--once"});
    return (code == 0 ? "" : "code " + QByteArray::number(code) + ' ') + agent.err();
  }
  Properties secure(const QByteArray& protocol, const QByteArray& mechanism) const {
    Properties all{{"Security Protocol", protocol},
                   {"ssl.ca.location", secured_.path("cert.pem").toUtf8()}};
    if (!protocol.endsWith("SSL")) all.remove("ssl.ca.location");
    if (!mechanism.isEmpty()) {
      all["SASL Mechanism"] = mechanism;
      all["SASL Username"] = "ann";
      all["SASL Password"] = "#{password}";
    }
    return all;
  }

 private slots:
  void initTestCase() {
    const QByteArray wrong = secured_.prepare();
    QVERIFY2(wrong.isEmpty(), wrong.constData());
  }

  void eachLineArrivesOnceWhileTheBrokerIsKilled_data() {
    QTest::addColumn<QByteArray>("transactions");
    QTest::newRow("idempotent") << QByteArray("false");
    QTest::newRow("in transactions") << QByteArray("true");
  }
  void eachLineArrivesOnceWhileTheBrokerIsKilled() {
    QFETCH(QByteArray, transactions);
    KafkaServer server(folder_.filePath("killed-" + transactions));
    QVERIFY(server.start());
    QCOMPARE(kcat(server, {"-P", "-t", "lines"}, "first\n").code, 0);
    AgentProgram agent;
    constexpr int kLines = 400;
    QVERIFY(agent.write("flow.yaml", flow(linesUpTo(kLines), server.address().toUtf8(),
                                          {{"Acknowledgment Wait Time", "120 sec"}},
                                          {{"Transactions Enabled", transactions},
                                           {"Kafka Key", "${fragment.index}"}})));
    QVERIFY(agent.start({"--config", "flow.yaml", "--data", "data", "--once"}));
    for (int kills = 0; kills < 4; ++kills) {
      const qsizetype before = all(server, {}).count('\n');
      // It goes on before the next kill, or it is through.
      QTRY_VERIFY_WITH_TIMEOUT(
          all(server, {}).count('\n') >= std::min<qsizetype>(before + 10, kLines + 1),
          kAgentPatience);
      server.kill();
      QVERIFY2(server.start(), server.errors().constData());
    }
    QTRY_VERIFY_WITH_TIMEOUT(!agent.isRunning(), kAgentPatience);
    QVERIFY2(sorted(all(server, {})) == sorted("first\n" + linesUpTo(kLines)),
             agent.err().constData());
    QCOMPARE(agent.filesIn("good").size(), kLines);
    QCOMPARE(agent.filesIn("bad").size(), 0);
  }

  void everyMechanismIsSpoken_data() {
    QTest::addColumn<QByteArray>("protocol");
    QTest::addColumn<QByteArray>("mechanism");
    QTest::newRow("TLS alone") << QByteArray("SSL") << QByteArray();
    for (const char* protocol : {"SASL_PLAINTEXT", "SASL_SSL"}) {
      for (const char* mechanism : {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"})
        QTest::addRow("%s %s", protocol, mechanism)
            << QByteArray(protocol) << QByteArray(mechanism);
    }
  }
  void everyMechanismIsSpoken() {
    QFETCH(QByteArray, protocol);
    QFETCH(QByteArray, mechanism);
    if (protocol == "SASL_SSL" || protocol == "SSL" || mechanism.startsWith("SCRAM"))
      MR_NEEDS_TLS();
    QVERIFY2(secured_.start(protocol), secured_.server().errors().constData());
    const QByteArray topic = "of-" + protocol + '-' + mechanism;
    AgentProgram agent;
    const QByteArray said =
        publishOnce(agent, flow(linesUpTo(3), secured_.server().address().toUtf8(),
                                secure(protocol, mechanism), {{"Topic Name", topic}}));
    QVERIFY2(sorted(all(secured_.server(), secured_.settings(protocol, mechanism), topic)) ==
                 sorted(linesUpTo(3)),
             said.constData());
    QCOMPARE(agent.filesIn("good").size(), 3);
    QCOMPARE(secured_.stop(), 0);
  }

  void whoMayNotPublishIsToldWhy_data() {
    QTest::addColumn<QByteArray>("protocol");
    QTest::addColumn<QByteArray>("mechanism");
    QTest::addColumn<QByteArray>("password");
    QTest::addColumn<QByteArray>("wanted");
    for (const char* mechanism : {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"})
      QTest::addRow("wrong password, %s", mechanism)
          << QByteArray("SASL_SSL") << QByteArray(mechanism) << QByteArray("wrong horse")
          << QByteArray("does not believe that we are 'ann'");
    QTest::newRow("no name at all")
        << QByteArray("SSL") << QByteArray() << QByteArray() << QByteArray("did not say in time");
    QTest::newRow("no TLS") << QByteArray("PLAINTEXT") << QByteArray() << QByteArray()
                            << QByteArray("with this Security Protocol?");
  }
  void whoMayNotPublishIsToldWhy() {
    QFETCH(QByteArray, protocol);
    QFETCH(QByteArray, mechanism);
    QFETCH(QByteArray, password);
    QFETCH(QByteArray, wanted);
    if (protocol != "PLAINTEXT") MR_NEEDS_TLS();
    QVERIFY2(secured_.start("SASL_SSL"), secured_.server().errors().constData());
    Properties service = secure(protocol, mechanism);
    service["Max Metadata Wait Time"] = "2 sec";
    AgentProgram agent;
    const QByteArray said = publishOnce(
        agent, flow(linesUpTo(3), secured_.server().address().toUtf8(), service, {}), password);
    QVERIFY2(said.contains(wanted), said.constData());
    QVERIFY2(!said.contains("horse"), said.constData());
    QCOMPARE(agent.filesIn("bad").size(), 1);  // three, each in the place of the last
    QCOMPARE(agent.filesIn("good").size(), 0);
    QCOMPARE(secured_.stop(), 0);
  }

  void keysHeadersAndPartitionsAreThoseOfTheServer() {
    KafkaServer server(folder_.filePath("same"));
    QVERIFY(server.start());
    const Outcome made = callProgram(
        QString(MR_BINARY_DIR) + "/bin/millrace",
        {"topics", "create", "lines", "--partitions", "5", "--bootstrap", server.address()});
    QVERIFY2(made.code == 0, made.err.constData());
    const QByteArray text = flow(linesUpTo(3), server.address().toUtf8(), {},
                                 {{"Kafka Key", "key ${fragment.index}"},
                                  {"FlowFile Attribute Header Pattern", "fragment\\.(index|count)"},
                                  {"Compression Type", "gzip"}});
    const auto records = [&] {
      QByteArrayList all;
      const Outcome read =
          kcat(server, {"-C", "-t", "lines", "-o", "beginning", "-e", "-q", "-f", "%p|%k|%h|%s\n"});
      for (const QByteArray& each : read.out.split('\n')) {
        if (!each.isEmpty()) all += each;
      }
      std::sort(all.begin(), all.end());
      return all;
    };
    AgentProgram agent;
    const QByteArray said = publishOnce(agent, text);
    const QByteArrayList once = records();
    QVERIFY2(once.size() == 3, said.constData());
    QVERIFY2(once.join('\n').contains("|key 2|"), once.join('\n').constData());
    QVERIFY2(once.join('\n').contains("fragment.index=2"), once.join('\n').constData());
    QCOMPARE(agent.filesIn("good").keys(), (QStringList{"1-1", "2-1", "3-1"}));
    // The same flow under `millrace run`, which has librdkafka.
    AgentProgram other;
    QVERIFY(other.write("flow.yaml", text));
    QProcess run;
    run.setWorkingDirectory(QFileInfo(other.file("flow.yaml")).path());
    run.start(QString(MR_BINARY_DIR) + "/bin/millrace",
              {"run", "flow.yaml", "--data", "data", "--until-idle"});
    QVERIFY(run.waitForFinished(kAgentPatience));
    QCOMPARE(run.exitCode(), 0);
    QByteArrayList twice = once + once;
    std::sort(twice.begin(), twice.end());
    QCOMPARE(records(), twice);
  }

  void whatCannotBePublishedGoesToFailureByName_data() {
    QTest::addColumn<QByteArray>("property");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QByteArray>("wanted");
    QTest::newRow("too large") << QByteArray("Max Request Size") << QByteArray("3 B")
                               << QByteArray("Max Request Size is 3");
    QTest::newRow("topic") << QByteArray("Topic Name") << QByteArray("no such/topic")
                           << QByteArray("INVALID_TOPIC");
    QTest::newRow("partition") << QByteArray("Partition") << QByteArray("7")
                               << QByteArray("there is none of number 7");
  }
  void whatCannotBePublishedGoesToFailureByName() {
    QFETCH(QByteArray, property);
    QFETCH(QByteArray, value);
    QFETCH(QByteArray, wanted);
    KafkaServer server(folder_.filePath("refused"));
    QVERIFY(server.start());
    Properties publish{{property, value}};
    if (property == "Partition") publish["Partitioner Class"] = "ExpressionLanguagePartitioner";
    AgentProgram agent;
    const QByteArray said =
        publishOnce(agent, flow(linesUpTo(3), server.address().toUtf8(), {}, publish));
    QVERIFY2(said.contains(wanted), said.constData());
    QCOMPARE(agent.filesIn("bad").size(), 1);
    QCOMPARE(agent.filesIn("good").size(), 0);
  }

  void aRecordThatTheTopicDoesNotTakeIsRefused() {
    KafkaServer server(folder_.filePath("small"));
    QVERIFY(server.start());
    const Outcome made = callProgram(QString(MR_BINARY_DIR) + "/bin/millrace",
                                     {"topics", "create", "lines", "--config",
                                      "max.message.bytes=100", "--bootstrap", server.address()});
    QVERIFY2(made.code == 0, made.err.constData());
    AgentProgram agent;
    QVERIFY(agent.write("flow.yaml", flow("short\n" + QByteArray(2000, 'x') + '\n',
                                          server.address().toUtf8(), {}, {})));
    QCOMPARE(agent.run({"--config", "flow.yaml", "--data", "data", "--once"}), 0);
    const QByteArray said = agent.err();
    QVERIFY2(said.contains("MESSAGE_TOO_LARGE"), said.constData());
    QCOMPARE(all(server, {}), QByteArray("short\n"));
    QCOMPARE(agent.filesIn("bad").size(), 1);
  }

  void aFleetWithOneFlowDoesNotShutItsOwnOut() {
    KafkaServer server(folder_.filePath("fleet"));
    QVERIFY(server.start());
    QCOMPARE(kcat(server, {"-P", "-t", "lines"}, "first\n").code, 0);
    constexpr int kLines = 100;
    std::array<AgentProgram, 3> agents;
    for (AgentProgram& each : agents) {
      QVERIFY(each.write("flow.yaml", flow(linesUpTo(kLines), server.address().toUtf8(), {}, {})));
      QVERIFY(each.start({"--config", "flow.yaml", "--data", "data", "--once"}));
    }
    for (AgentProgram& each : agents) {
      QTRY_VERIFY_WITH_TIMEOUT(!each.isRunning(), kAgentPatience);
      QCOMPARE(each.filesIn("good").size(), kLines);
    }
    QCOMPARE(all(server, {}).count('\n'), 3 * kLines + 1);
  }

  void theStaticBuildSaysThatItHasNoTls() {
    if (AgentProgram::hasTls()) QSKIP("this build of the agent has TLS");
    AgentProgram agent;
    const QByteArray said =
        publishOnce(agent, flow("x", "127.0.0.1:1", {{"Security Protocol", "SSL"}}, {}));
    QVERIFY2(said.contains("code 2") && said.contains("take the other one"), said.constData());
  }

  void whatTheAgentDoesNotDoIsSaid() {
    AgentProgram agent;
    QVERIFY(agent.write("flow.yaml", flow("x", "127.0.0.1:1", {{"linger.ms", "5"}}, {})));
    QVERIFY(agent.run({"--config", "flow.yaml", "--data", "data", "--once"}) != 0);
    const QByteArray said = agent.err();
    QVERIFY2(said.contains("linger.ms") && said.contains("Cluster"), said.constData());
  }
};

QTEST_GUILESS_MAIN(KafkaTest)
#include "kafka_test.moc"
