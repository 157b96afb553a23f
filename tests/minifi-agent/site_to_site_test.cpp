// SPDX-License-Identifier: Apache-2.0
// Remote process groups: the agent sends to a peer that is not ours (site_to_site_peer.py), also
// while the connection is cut.

#include "tests/minifi-agent/agent_program.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QSet>

namespace {

/// A config of MiNiFi: every line of in/log goes to the remote port.
QByteArray config(const QByteArray& remote) {
  return "MiNiFi Config Version: 3\n"
         "Flow Controller: {name: To headquarters}\n"
         "Processors:\n"
         "  - id: '1'\n"
         "    name: Follow\n"
         "    class: TailFile\n"
         "    scheduling period: 20 ms\n"
         "    Properties: {File to Tail: in/log, Initial Start Position: Beginning of File}\n"
         "  - id: '2'\n"
         "    name: Lines\n"
         "    class: SplitText\n"
         "    auto-terminated relationships list: [original, failure]\n"
         "    Properties: {Line Split Count: 1}\n"
         "  - id: '3'\n"
         "    name: Mark\n"
         "    class: UpdateAttribute\n"
         "    Properties: {site: 'K\xc3\xb6ln \xf0\x9f\x9a\x80'}\n"
         "Connections:\n"
         "  - {id: a, source id: '1', source relationship name: success, destination id: '2'}\n"
         "  - {id: b, source id: '2', source relationship name: splits, destination id: '3'}\n"
         "  - {id: c, source id: '3', source relationship name: success, destination id: port-id}\n"
         "Remote Process Groups:\n"
         "  - id: r\n"
         "    name: Headquarters\n"
         "    yield period: 50 ms\n"
         "    timeout: 20 secs\n" +
         remote;
}

class Peer {
 public:
  Peer(const QString& received, const QStringList& cuts) {
    process_.start(
        "python3",
        QStringList{QString(MR_SOURCE_DIR) + "/tests/minifi-agent/site_to_site_peer.py", received} +
            cuts);
    if (!process_.waitForReadyRead(kAgentPatience)) qFatal("the peer does not start");
    ports_ = QJsonDocument::fromJson(process_.readLine()).object();
  }
  ~Peer() {
    process_.kill();
    process_.waitForFinished(kAgentPatience);
  }
  QByteArray port(const char* kind) const { return QByteArray::number(ports_[kind].toInt()); }

 private:
  QProcess process_;
  QJsonObject ports_;
};

struct Received {
  QMap<QString, int> times;    // by content
  QSet<QString> perhapsTwice;  // the peer had them, and could not say so
  QList<QJsonObject> all;
};

Received receivedIn(const QByteArray& text) {
  Received received;
  for (const QByteArray& line : text.split('\n')) {
    if (line.isEmpty()) continue;
    const QJsonObject one = QJsonDocument::fromJson(line).object();
    const QString content = one["content"].toString();
    ++received.times[content];
    if (one["lost"].toBool()) received.perhapsTwice.insert(content);
    received.all.append(one);
  }
  return received;
}

QByteArray lines(int count) {
  QByteArray text;
  for (int i = 1; i <= count; ++i) text += "line " + QByteArray::number(i) + '\n';
  return text;
}

}  // namespace

class SiteToSiteTest : public QObject {
  Q_OBJECT

 private slots:
  void everyLineArrivesWithItsAttributes_data() {
    QTest::addColumn<QByteArray>("url");
    QTest::addColumn<bool>("compressed");
    QTest::newRow("raw") << QByteArray("nifi://127.0.0.1:RAW") << false;
    QTest::newRow("asked over HTTP") << QByteArray("http://127.0.0.1:HTTP/nifi") << false;
    QTest::newRow("compressed") << QByteArray("nifi://127.0.0.1:RAW") << true;
    QTest::newRow("the first is away")
        << QByteArray("'http://127.0.0.1:1/nifi,http://127.0.0.1:HTTP/nifi'") << true;
  }
  void everyLineArrivesWithItsAttributes() {
    QFETCH(QByteArray, url);
    QFETCH(bool, compressed);
    AgentProgram agent;
    const Peer peer(agent.file("received"), {});
    url.replace("RAW", peer.port("raw")).replace("HTTP", peer.port("http"));
    QVERIFY(agent.write("in/log", lines(200)));
    QVERIFY(agent.write("config.yml",
                        config("    url: " + url +
                               "\n    Input Ports: [{id: port-id, name: from outside, use "
                               "compression: " +
                               (compressed ? "true" : "false") + "}]\n")));
    QVERIFY(agent.start({"--config", "config.yml"}));
    QTRY_COMPARE_WITH_TIMEOUT(receivedIn(agent.read("received")).all.size(), 200, kAgentPatience);
    QCOMPARE(agent.stop(), 0);
    const Received received = receivedIn(agent.read("received"));
    QCOMPARE(received.all.size(), 200);
    QCOMPARE(received.times.size(), 200);
    const QJsonObject attributes = received.all.first()["attributes"].toObject();
    QCOMPARE(attributes["site"].toString(), QString::fromUtf8("K\xc3\xb6ln \xf0\x9f\x9a\x80"));
    QCOMPARE(attributes["fragment.index"].toString(), QString("1"));
    QVERIFY(!attributes["uuid"].toString().isEmpty());
  }

  void aPortIsFoundByItsName() {
    AgentProgram agent;
    const Peer peer(agent.file("received"), {});
    QVERIFY(agent.write("flow.yaml",
                        "millrace: 1\nname: by name\nprocessors:\n"
                        "  - name: Make\n    type: GenerateFlowFile\n"
                        "    properties: {Custom Text: hello}\n    schedule: {runs: 3}\n"
                        "  - name: Send\n    type: PutSiteToSite\n"
                        "    properties: {URLs: 'http://127.0.0.1:" +
                            peer.port("http") +
                            "', Port: from outside}\n    auto-terminate: [success]\n"
                            "connections:\n"
                            "  - {from: Make, relationship: success, to: Send}\n"));
    QCOMPARE(agent.run({"--once", "--config", "flow.yaml"}), 0);
    QCOMPARE(receivedIn(agent.read("received")).times, (QMap<QString, int>{{"hello", 3}}));
  }

  void aConnectionThatIsCutLosesNothingAndDoublesOnlyWhatThePeerCouldNotConfirm() {
    AgentProgram agent;
    const Peer peer(agent.file("received"),
                    {"1:packet", "2:confirm", "3:finish", "5:packet", "6:finish", "8:confirm"});
    const int count = 500;
    QVERIFY(agent.write("in/log", lines(count)));
    QVERIFY(agent.write("config.yml",
                        config("    url: nifi://127.0.0.1:" + peer.port("raw") +
                               "\n    Input Ports: [{id: port-id, name: from outside, batch size: "
                               "{count: 40}}]\n")));
    QVERIFY(agent.start({"--config", "config.yml"}));
    QTRY_COMPARE_WITH_TIMEOUT(receivedIn(agent.read("received")).times.size(), count,
                              kAgentPatience);
    QCOMPARE(agent.stop(), 0);
    const Received received = receivedIn(agent.read("received"));
    QCOMPARE(received.times.size(), count);
    QVERIFY(!received.perhapsTwice.isEmpty());
    for (auto it = received.times.begin(); it != received.times.end(); ++it) {
      const int most = received.perhapsTwice.contains(it.key()) ? 3 : 1;
      QVERIFY2(it.value() <= most, qPrintable(it.key()));
    }
    const QByteArray err = agent.err();
    QVERIFY2(err.contains("closed the connection; it is tried again"), err.constData());
  }

  void whatIsSentToAPeerThatIsAwayWaitsThroughAKill() {
    AgentProgram agent;
    QByteArray port;
    {
      const Peer peer(agent.file("unused"), {});
      port = peer.port("raw");
    }
    QVERIFY(agent.write("in/log", lines(50)));
    QVERIFY(agent.write("config.yml",
                        config("    url: nifi://127.0.0.1:" + port +
                               "\n    Input Ports: [{id: port-id, name: from outside}]\n")));
    QVERIFY(agent.start({"--config", "config.yml"}));
    QTRY_VERIFY_WITH_TIMEOUT(agent.err().contains("it is tried again"), kAgentPatience);
    agent.kill();
    QVERIFY(QFile::remove(agent.file("in/log")));  // nowhere else any more
    const Peer peer(agent.file("received"), {});
    QVERIFY(agent.write("config.yml", agent.read("config.yml").replace(port, peer.port("raw"))));
    QVERIFY(agent.start({"--config", "config.yml"}));
    QTRY_COMPARE_WITH_TIMEOUT(receivedIn(agent.read("received")).times.size(), 50, kAgentPatience);
    QCOMPARE(agent.stop(), 0);
  }

  void aPortThatThePeerDoesNotHaveIsTold() {
    AgentProgram agent;
    const Peer peer(agent.file("received"), {});
    QVERIFY(agent.write("in/log", lines(1)));
    QByteArray text = config("    url: nifi://127.0.0.1:" + peer.port("raw") +
                             "\n    Input Ports: [{id: port-id, name: from outside}]\n");
    QVERIFY(agent.write("config.yml", text.replace("port-id", "nobody")));
    QVERIFY(agent.start({"--config", "config.yml"}));
    QTRY_VERIFY_WITH_TIMEOUT(agent.err().contains("it has no such port"), kAgentPatience);
    QCOMPARE(agent.stop(), 0);
    QCOMPARE(receivedIn(agent.read("received")).all.size(), 0);
  }

  void whatOfARemoteGroupNobodyDoesIsRefused() {
    AgentProgram agent;
    const QByteArray good =
        config("    url: nifi://127.0.0.1:1\n    Input Ports: [{id: port-id, name: x}]\n");
    QVERIFY(agent.write("good.yml", good));
    QCOMPARE(agent.run({"--validate", "--config", "good.yml"}), 0);
    QVERIFY(agent.write("proxy.yml", QByteArray(good).replace("    url:",
                                                              "    proxy host: 127.0.0.1\n"
                                                              "    proxy port: 1\n    url:")));
    QCOMPARE(agent.run({"--validate", "--config", "proxy.yml"}), 2);
    QVERIFY2(agent.err().contains("a proxy has no meaning with the transport RAW"),
             agent.err().constData());
  }
};

QTEST_GUILESS_MAIN(SiteToSiteTest)
#include "site_to_site_test.moc"
