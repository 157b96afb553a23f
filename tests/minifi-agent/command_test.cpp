// SPDX-License-Identifier: Apache-2.0
// One agent and its server: what it is asked for, trials that fail, a MiNiFi's home, certificates.

#include "tests/minifi-agent/c2_server.h"

#include <QTcpServer>

using namespace c2_test;

namespace {

/// Everything that a link needs, with short times.
struct Pair {
  QTemporaryDir folder;
  Server server{folder.path()};
  Proxy proxy{folder.path()};
  AgentProgram agent;

  bool start() {
    if (!server.start()) return false;
    proxy.tell("target " + server.address());
    return agent.write("in/log", "begin\n") && begin();
  }
  /// On the loopback address nobody must show a token until somebody is enrolled.
  bool begin(const QString& trial = "10 min", const QStringList& more = {}) {
    return agent.start(QStringList{"--c2", proxy.url(), "--c2-id", "gauge", "--c2-period", "300 ms",
                                   "--c2-trial", trial} +
                       more);
  }
  /// Waits until the agent has reported: before, nobody has heard of it.
  int deploy(const QByteArray& flow) {
    if (!QTest::qWaitFor(
            [&] {
              return server.agents({"show", "gauge"}).code == 0;
            },
            kAgentPatience))
      return -1;
    return server.deploy(flow, {"--agent", "gauge"});
  }
  bool becomes(int serial, const QString& outcome) {
    return QTest::qWaitFor([&] { return server.outcome("gauge", serial) == outcome; },
                           kAgentPatience);
  }
  bool says(const QByteArray& text) {
    return QTest::qWaitFor([&] { return agent.err().contains(text); }, kAgentPatience);
  }
  /// Lines until one comes out of the flow of this name: the first may still be another's.
  bool runs(const QByteArray& flow, const QByteArray& line) {
    QFile log(agent.file("in/log"));
    if (!log.open(QIODevice::Append)) return false;
    for (int times = 0; times < kAgentPatience / 2000; ++times) {
      if (log.write(line + '\n') < 0 || !log.flush()) return false;
      if (QTest::qWaitFor([&] { return agent.read("out/" + flow).contains(line); }, 2000))
        return true;
    }
    return false;
  }
};

class CommandTest : public QObject {
  Q_OBJECT
 private slots:
  void itsOwnFlowRunsUntilTheServerGivesOne() {
    Pair pair;
    QVERIFY(pair.server.start());
    pair.proxy.tell("target " + pair.server.address());
    QVERIFY(pair.agent.write("in/log", "begin\n"));
    QVERIFY(pair.agent.write("own.yaml", following("own")));
    QVERIFY(pair.begin("10 min", {"--config", "own.yaml"}));
    QVERIFY(pair.runs("own", "one"));
    // A change of it is taken over.
    QVERIFY(pair.agent.place("own.yaml", following("own2")));
    QVERIFY(pair.says("own.yaml: taken over"));
    QVERIFY(pair.runs("own2", "two"));
    QTRY_VERIFY_WITH_TIMEOUT(pair.server.agents({"list"}).out.contains("its own"), kAgentPatience);
    const int serial = pair.deploy(following("given"));
    QVERIFY(pair.becomes(serial, "applied"));
    QVERIFY(pair.runs("given", "three"));
    QVERIFY(pair.agent.place("own.yaml", following("own3")));
    QVERIFY(pair.says("not taken over: the flow of the server runs"));
    // It is what runs after a restart, server or not.
    QCOMPARE(pair.agent.stop(), 0);
    pair.proxy.tell("cut");
    QVERIFY(pair.begin("10 min", {"--config", "own.yaml"}));
    QVERIFY(pair.runs("given", "four"));
    QCOMPARE(pair.agent.stop(), 0);
    // And without the server's address the own one does.
    QVERIFY(pair.agent.start({"--config", "own.yaml"}));
    QVERIFY(pair.runs("own3", "five"));
    QCOMPARE(pair.agent.stop(), 0);
  }

  void aFlowWithWhichTheServerIsOutOfReachIsTakenBack() {
    Pair pair;
    QVERIFY(pair.start());
    QVERIFY(pair.becomes(pair.deploy(following("first")), "applied"));
    QCOMPARE(pair.agent.stop(), 0);
    QVERIFY(pair.begin("2 sec"));
    pair.proxy.tell("cut-after-flow");
    const int second = pair.deploy(following("second"));
    QVERIFY(pair.says("is on trial"));
    QVERIFY(pair.says("the server did not answer within"));
    QVERIFY(pair.runs("first", "one"));
    pair.proxy.tell("pass");
    QVERIFY(pair.becomes(second, "refused"));
    QVERIFY(pair.server.agent("gauge")["details"].toString().contains("did not answer within"));
    QVERIFY(pair.server.rest().curl("/api/v1/bulletins").body.contains("did not answer within"));
    // It is not tried again, and says truly what it runs.
    QVERIFY(pair.runs("first", "two"));
    QCOMPARE(pair.server.outcome("gauge", second), QString("refused"));
    QVERIFY(pair.server.agent("gauge")["flowId"].toString().endsWith("000000000001"));
    QCOMPARE(pair.agent.stop(), 0);
  }

  void anAgentThatIsKilledTwiceOnTrialGoesBack() {
    Pair pair;
    QVERIFY(pair.start());
    QVERIFY(pair.becomes(pair.deploy(following("first")), "applied"));
    pair.proxy.tell("cut-after-flow");
    const int second = pair.deploy(following("second"));
    QVERIFY(pair.runs("second", "one"));
    pair.agent.kill();
    QVERIFY(pair.begin());
    QVERIFY(pair.runs("second", "two"));
    pair.agent.kill();
    QVERIFY(pair.begin());
    QVERIFY(pair.runs("first", "three"));
    pair.proxy.tell("pass");
    QVERIFY(pair.becomes(second, "refused"));
    QVERIFY(pair.server.agent("gauge")["details"].toString().contains("started 2 times"));
    QCOMPARE(pair.agent.stop(), 0);
  }

  void whatItIsAskedForIsDone() {
    Pair pair;
    QVERIFY(pair.start());
    const QByteArray flow = following("first");
    QVERIFY(pair.becomes(pair.deploy(flow), "applied"));
    QVERIFY(pair.runs("first", "one"));
    const auto done = [&](const QString& verb, const QString& name = {}) {
      const QJsonObject order = pair.server.order(verb, "gauge", name);
      return order["state"].toString() == "done" ? order : QJsonObject();
    };
    const auto componentIn = [&](const QString& name) {
      return pair.server.agent("gauge")["status"]
          .toObject()["flowInfo"]
          .toObject()["components"]
          .toObject()[name]
          .toObject();
    };
    const auto queues = [&] {
      return pair.server.agent("gauge")["status"]
          .toObject()["flowInfo"]
          .toObject()["queues"]
          .toObject();
    };
    const auto queued = [&] {
      int count = 0;
      for (const auto& queue : queues()) count += queue.toObject()["size"].toInt();
      return count;
    };
    // By its id, as the heartbeats tell it.
    const QString keep = componentIn("Keep")["uuid"].toString();
    QVERIFY(!done("stop", keep).isEmpty());
    QTRY_VERIFY_WITH_TIMEOUT(!componentIn("Keep")["running"].toBool(), kAgentPatience);
    QFile log(pair.agent.file("in/log"));
    QVERIFY(log.open(QIODevice::Append) && log.write("waits\n") > 0 && log.flush());
    QTRY_COMPARE_WITH_TIMEOUT(queued(), 1, kAgentPatience);
    // It stays stopped after a restart; what waits, waits on.
    pair.agent.kill();
    QVERIFY(pair.begin());
    QTRY_COMPARE_WITH_TIMEOUT(queued(), 1, kAgentPatience);
    QVERIFY(!componentIn("Keep")["running"].toBool());
    // A queue of a connection that stays is kept when another flow comes.
    const int second = pair.deploy(QByteArray(flow).replace("every: 20 ms", "every: 21 ms"));
    QVERIFY(pair.becomes(second, "applied"));
    QTRY_VERIFY_WITH_TIMEOUT(pair.agent.read("out/first").endsWith("waits\n"), kAgentPatience);

    QVERIFY(!done("stop", "Keep").isEmpty());
    QVERIFY(log.write("dropped\n") > 0 && log.flush());
    QTRY_COMPARE_WITH_TIMEOUT(queued(), 1, kAgentPatience);
    QString connection;
    for (const auto& queue : queues()) {
      if (queue.toObject()["size"].toInt() == 1) connection = queue.toObject()["uuid"].toString();
    }
    QVERIFY(!done("clear", connection).isEmpty());
    QTRY_COMPARE_WITH_TIMEOUT(queued(), 0, kAgentPatience);
    QVERIFY(!done("start", "Keep").isEmpty());
    QVERIFY(pair.runs("first", "after"));
    QVERIFY(!pair.agent.read("out/first").contains("dropped"));

    QVERIFY(!done("stop").isEmpty());
    QTRY_VERIFY_WITH_TIMEOUT(!componentIn("Follow")["running"].toBool(), kAgentPatience);
    QVERIFY(!done("start").isEmpty());
    QVERIFY(pair.runs("first", "again"));

    const QJsonObject logs = done("logs");
    QVERIFY(logs["answer"].toObject()["logs"].toArray().size() > 1);
    QVERIFY(done("bulletins")["answer"].toObject()["bulletins"].isArray());
    const QJsonObject settings =
        done("configuration")["answer"].toObject()["configuration"].toObject();
    QCOMPARE(settings["serial"].toInt(), second);
    QVERIFY(pair.server.agents({"manifest", "gauge"}).out.contains("TailFile"));

    const QJsonObject wrong = pair.server.order("stop", "gauge", "Nobody");
    QCOMPARE(wrong["state"].toString(), QString("failed"));
    QVERIFY(wrong["details"].toString().contains("no component 'Nobody'"));
    QCOMPARE(pair.agent.stop(), 0);
  }

  void aMiNiFisHomeNamesItsServer() {
    Pair pair;
    QVERIFY(pair.server.start());
    const QByteArray at = "http://" + pair.server.address().toLatin1() + "/c2/api/c2-protocol/";
    QVERIFY(pair.agent.write("in/log", "begin\n"));
    QVERIFY(pair.agent.write(
        "home/conf/minifi.properties",
        "nifi.c2.enable=true\nnifi.c2.rest.url=" + at + "heartbeat\nnifi.c2.rest.url.ack=" + at +
            "acknowledge\nnifi.c2.flow.base.url=http://" + pair.server.address().toLatin1() +
            "/c2/api\nnifi.c2.agent.class=rivers\n"
            "nifi.c2.agent.identifier=gauge\n"
            "nifi.c2.agent.heartbeat.period=300\n"
            "nifi.c2.root.classes=DeviceInfoNode\n"));
    QVERIFY(pair.agent.write("home/conf/config.yml", "Flow Controller: {name: empty}\n"));
    QVERIFY(pair.agent.start({"--minifi-home", "home"}));
    QVERIFY(pair.becomes(pair.deploy(following("first")), "applied"));
    QVERIFY(pair.runs("first", "one"));
    QCOMPARE(pair.server.agent("gauge")["class"].toString(), QString("rivers"));
    const QByteArray err = pair.agent.err();
    QVERIFY2(err.contains("nifi.c2.root.classes is not used"), err);
    QVERIFY2(!err.contains("nifi.c2.rest.url is"), err);
    QCOMPARE(pair.agent.stop(), 0);
    QVERIFY(pair.agent.write("home/conf/minifi.properties", "nifi.c2.enable=true\n"));
    QCOMPARE(pair.agent.run({"--minifi-home", "home"}), 2);
    QVERIFY(pair.agent.err().contains("needs nifi.c2.rest.url"));
  }

  void aCertificateIsShownAndTheServersIsChecked() {
    MR_NEEDS_TLS();
    QTemporaryDir folder;
    const auto at = [&](const QString& name) { return folder.filePath(name); };
    for (const QString name : {"server", "gauge", "stranger"}) {
      QCOMPARE(run("openssl", {"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                               "-subj", "/CN=" + name, "-keyout", at(name + ".key"), "-out",
                               at(name + ".pem"), "-addext", "subjectAltName=IP:127.0.0.1"})
                   .code,
               0);
    }
    QFile settings(at("server.yaml"));
    QVERIFY(settings.open(QIODevice::WriteOnly));
    settings.write(("tls-cert: " + at("server.pem") + "\ntls-key: " + at("server.key") +
                    "\nc2-trust: " + at("gauge.pem") + "\n")
                       .toLocal8Bit());
    settings.close();
    Server server(folder.path());
    QVERIFY(server.start({"--config", at("server.yaml")}));
    server.trust(at("server.pem"));
    const auto begin = [&](AgentProgram& agent, const QString& who, const QString& trusted) {
      return agent.start({"--c2", "https://" + server.address(), "--c2-id", "gauge", "--c2-period",
                          "300 ms", "--c2-ca", at(trusted + ".pem"), "--c2-cert", at(who + ".pem"),
                          "--c2-cert-key", at(who + ".key")});
    };
    for (const auto& [who, trusted] :
         {std::pair("stranger", "server"), std::pair("gauge", "stranger")}) {
      AgentProgram wrong;
      QVERIFY(begin(wrong, who, trusted));
      QVERIFY(QTest::qWaitFor([&] { return wrong.err().contains("it is tried again"); },
                              kAgentPatience));
      QCOMPARE(wrong.stop(), 0);
    }
    QVERIFY(!server.agents({"list"}).out.contains("gauge"));
    AgentProgram agent;
    QVERIFY(agent.write("in/log", "begin\n"));
    QVERIFY(begin(agent, "gauge", "server"));
    QTRY_VERIFY_WITH_TIMEOUT(server.agents({"list"}).out.contains("gauge"), kAgentPatience);
    const int serial = server.deploy(following("first"), {"--agent", "gauge"});
    QTRY_COMPARE_WITH_TIMEOUT(server.outcome("gauge", serial), QString("applied"), kAgentPatience);
    QTRY_COMPARE_WITH_TIMEOUT(agent.read("out/first"), QByteArray("begin\n"), kAgentPatience);
    QCOMPARE(agent.stop(), 0);
  }

  void whatIsWrongWithTheSettingsIsTold_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("address") << QStringList{"--c2", "nowhere"} << QByteArray("--c2: 'nowhere'");
    QTest::newRow("key") << QStringList{"--c2", "http://h", "--c2-key", "12"}
                         << QByteArray("--c2-key: a key has 64");
    QTest::newRow("period") << QStringList{"--c2", "http://h", "--c2-period", "often"}
                            << QByteArray("--c2-period: ");
    QTest::newRow("token") << QStringList{"--c2", "http://h", "--c2-token", "gone"}
                           << QByteArray("gone");
    QTest::newRow("once") << QStringList{"--c2", "http://h", "--once", "--config", "x"}
                          << QByteArray("leave one out");
    QTest::newRow("certificate") << QStringList{"--c2", "https://h", "--c2-ca", "gone.pem"}
                                 << QByteArray("gone.pem");
  }
  void whatIsWrongWithTheSettingsIsTold() {
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, said);
    AgentProgram agent;
    QVERIFY(agent.run(arguments) != 0);
    QVERIFY2(agent.err().contains(said), agent.err().constData());
  }

  void aTokenIsReadFromAFileAndStaysOutOfSight() {
    Pair pair;
    QVERIFY(pair.server.start());
    pair.proxy.tell("target " + pair.server.address());
    const QByteArray token =
        pair.server.agents({"enrol", "--agent", "gauge"}).out.split('\n').value(0).mid(7);
    QVERIFY(pair.agent.write("token", token + "\n"));
    QVERIFY(pair.begin("10 min", {"--c2-token", "token"}));
    QTRY_VERIFY_WITH_TIMEOUT(pair.server.agents({"list"}).out.contains("gauge"), kAgentPatience);
    const QJsonObject settings = pair.server.order("configuration", "gauge");
    QVERIFY(!QJsonDocument(settings).toJson().contains(token));
    QVERIFY(!pair.agent.err().contains(token));
    QVERIFY(!pair.agent.read("millrace-data/c2/state").contains(token));
    // One that lets nobody in is told.
    QCOMPARE(pair.agent.stop(), 0);
    QVERIFY(pair.agent.write("token", "mra-nonsense\n"));
    QVERIFY(pair.begin("10 min", {"--c2-token", "token"}));
    QVERIFY(pair.says("the server answers 401"));
    QCOMPARE(pair.agent.stop(), 0);
  }

  void aServerThatDoesNotAnswerHoldsUpNobody() {
    // It takes connections, and says nothing.
    QTcpServer silent;
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    AgentProgram agent;
    QVERIFY(agent.write("in/log", "begin\n"));
    QVERIFY(agent.write("own.yaml", following("own")));
    QVERIFY(agent.start({"--config", "own.yaml", "--c2",
                         "http://127.0.0.1:" + QString::number(silent.serverPort())}));
    QTRY_COMPARE_WITH_TIMEOUT(agent.read("out/own"), QByteArray("begin\n"), kAgentPatience);
    QCOMPARE(agent.stop(), 0);
  }
};

}  // namespace

QTEST_GUILESS_MAIN(CommandTest)
#include "command_test.moc"
