// SPDX-License-Identifier: Apache-2.0
// An agent and a server: site-to-site into a port with remote-access, also over a line that is cut
// at random while either side is killed.

#include "tests/minifi-agent/agent_program.h"
#include "tests/minifi-agent/http_proxy.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QSet>

namespace {

int rounds(int stated) {
  bool ok = false;
  const double factor = qEnvironmentVariable("MILLRACE_ROUNDS").toDouble(&ok);
  return std::max(1, static_cast<int>(stated * (ok ? factor : 0.1)));
}

/// The agent's: every line of in/log goes to the port.
QByteArray agentFlow(const QByteArray& port, const QByteArray& more) {
  return "millrace: 1\nname: agent\nprocessors:\n"
         "  - name: Follow\n    type: TailFile\n    schedule: {every: 10 ms}\n"
         "    properties: {File to Tail: in/log, Initial Start Position: Beginning of File}\n"
         "  - name: Lines\n    type: SplitText\n"
         "    properties: {Line Split Count: '1', Remove Trailing Newlines: 'false'}\n"
         "    auto-terminate: [original, failure]\n"
         "remote-groups:\n"
         "  - name: Server\n    urls: ['nifi://127.0.0.1:" +
         port +
         "']\n    yield: 20 ms\n    timeout: 20 s\n"
         "    inputs:\n      - {name: from outside" +
         more +
         "}\n"
         "connections:\n"
         "  - {from: Follow, relationship: success, to: Lines}\n"
         "  - {from: Lines, relationship: splits, to: Server/from outside}\n";
}

/// The server's: into the log and out of it into one file.
const QByteArray kServerFlow =
    "millrace: 1\nname: server\n"
    "inputs:\n  - {name: from outside, remote-access: true}\n"
    "services:\n  - {name: Topics, type: Kafka3ConnectionService}\n"
    "processors:\n"
    "  - name: Publish\n    type: PublishKafka\n"
    "    properties: {Kafka Connection Service: Topics, Topic Name: lines}\n"
    "    auto-terminate: [success, failure]\n"
    "  - name: Consume\n    type: ConsumeKafka\n"
    "    properties: {Kafka Connection Service: Topics, Group ID: g, Topics: lines,\n"
    "                 Auto Offset Reset: earliest}\n"
    "  - name: Named\n    type: UpdateAttribute\n    properties: {filename: lines}\n"
    "  - name: Write\n    type: PutFile\n"
    "    properties: {Directory: out, Conflict Resolution Strategy: append}\n"
    "    auto-terminate: [success, failure]\n"
    "connections:\n"
    "  - {from: from outside, to: Publish}\n"
    "  - {from: Consume, relationship: success, to: Named}\n"
    "  - {from: Named, relationship: success, to: Write}\n";

/// The server as a user has it, with a port for site-to-site.
class ServerProgram {
 public:
  explicit ServerProgram(QString folder) : folder_(std::move(folder)) {
    process_.setWorkingDirectory(folder_);
    write("flow.yaml", kServerFlow);
  }
  ~ServerProgram() { kill(); }

  bool start(const QStringList& more = {}) {
    process_.setStandardErrorFile(folder_ + "/err", QIODevice::Append);
    process_.start(QString(MR_BINARY_DIR) + "/bin/millrace",
                   QStringList{"server", "flow.yaml", "--data", "data", "--kafka", "off",
                               "--listen", "off", "--s2s", "127.0.0.1:0"} +
                       more);
    if (!process_.waitForStarted(kAgentPatience)) return false;
    while (!process_.canReadLine()) {
      if (!process_.waitForReadyRead(kAgentPatience)) return false;
    }
    const QString at = QJsonDocument::fromJson(process_.readLine()).object()["s2s"].toString();
    port_ = at.mid(at.lastIndexOf(':') + 1).toLatin1();
    return !port_.isEmpty();
  }
  const QByteArray& port() const { return port_; }
  void write(const QString& name, const QByteArray& text) const {
    QFile file(folder_ + "/" + name);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
      qFatal("%s cannot be written", qPrintable(name));
  }
  void kill() {
    process_.kill();
    process_.waitForFinished(kAgentPatience);
  }
  int stop() {
    process_.terminate();
    if (!process_.waitForFinished(kAgentPatience)) return -1;
    return process_.exitStatus() == QProcess::NormalExit ? process_.exitCode() : -1;
  }
  QByteArray read(const QString& name) const {
    QFile file(folder_ + "/" + name);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }

 private:
  const QString folder_;
  QProcess process_;
  QByteArray port_;
};

class Proxy {
 public:
  Proxy(const QString& events, int seed, int cuts) {
    process_.start("python3",
                   {QString(MR_SOURCE_DIR) + "/tests/minifi-agent/site_to_site_proxy.py", events,
                    QString::number(seed), QString::number(cuts), "200", "9000"});
    if (!process_.waitForReadyRead(kAgentPatience)) qFatal("the proxy does not start");
    port_ =
        QByteArray::number(QJsonDocument::fromJson(process_.readLine()).object()["port"].toInt());
  }
  ~Proxy() {
    process_.kill();
    process_.waitForFinished(kAgentPatience);
  }
  const QByteArray& port() const { return port_; }
  void tell(const QByteArray& command) {
    process_.write(command + '\n');
    process_.waitForBytesWritten(kAgentPatience);
  }

 private:
  QProcess process_;
  QByteArray port_;
};

QByteArray lineOf(int number) { return "line " + QByteArray::number(number); }

QMap<QByteArray, int> timesOf(const QByteArray& text) {
  QMap<QByteArray, int> times;
  for (const QByteArray& line : text.split('\n')) {
    if (!line.isEmpty()) ++times[line];
  }
  return times;
}

/// What the proxy saw.
struct Seen {
  struct Attempt {
    int id = 0;
    int life = 0;  // of the agent
    bool delivered = false;
  };
  QMap<QByteArray, QList<Attempt>> attempts;  // by line, those that the server may have committed
  int cuts = 0;
};

Seen readEvents(const QByteArray& text) {
  Seen seen;
  QSet<int> delivered;
  int life = 0;
  const QList<QByteArray> lines = text.split('\n');
  for (const QByteArray& line : lines) {
    const QJsonObject event = QJsonDocument::fromJson(line).object();
    if (event.contains("delivered")) delivered.insert(event["delivered"].toInt());
  }
  for (const QByteArray& line : lines) {
    const QJsonObject event = QJsonDocument::fromJson(line).object();
    if (event.contains("cut")) seen.cuts = event["cut"].toInt();
    if (event.contains("life")) life = event["life"].toInt();
    if (!event.contains("confirmed")) continue;
    const int id = event["confirmed"].toInt();
    for (const auto content : event["contents"].toArray())
      seen.attempts[content.toString().trimmed().toUtf8()].append(
          {id, life, delivered.contains(id)});
  }
  return seen;
}

/// The flow with the transport that the row's name says.
QByteArray asTagged(QByteArray flow) {
  if (!QByteArray(QTest::currentDataTag()).contains("HTTP")) return flow;
  return flow.replace("nifi://", "http://")
      .replace("    yield:", "    transport: http\n    yield:");
}
}  // namespace

class ServerLinkTest : public QObject {
  Q_OBJECT

 private slots:
  void everyLineArrives_data() {
    QTest::addColumn<QByteArray>("more");
    QTest::newRow("plain") << QByteArray();
    QTest::newRow("compressed") << QByteArray(", compress: true");
    QTest::newRow("over HTTP") << QByteArray(", batch: {count: 60}");
    QTest::newRow("over HTTP, compressed") << QByteArray(", compress: true");
  }
  void everyLineArrives() {
    QFETCH(QByteArray, more);
    QTemporaryDir folder;
    ServerProgram server(folder.path());
    QVERIFY(server.start());
    AgentProgram agent;
    QByteArray text;
    for (int i = 0; i < 500; ++i) text += lineOf(i) + '\n';
    QVERIFY(agent.write("in/log", text));
    QVERIFY(agent.write("flow.yaml", asTagged(agentFlow(server.port(), more))));
    QVERIFY(agent.start({"--config", "flow.yaml"}));
    QTRY_COMPARE_WITH_TIMEOUT(timesOf(server.read("out/lines")).size(), 500, kAgentPatience);
    QCOMPARE(agent.stop(), 0);
    QCOMPARE(server.stop(), 0);
    const auto times = timesOf(server.read("out/lines"));
    QVERIFY(std::all_of(times.begin(), times.end(), [](int count) { return count == 1; }));
  }

  void everyLineArrivesThroughAProxy() {
    QTemporaryDir folder;
    ServerProgram server(folder.path());
    QVERIFY(server.start());
    const HttpProxy proxy(server.port());
    AgentProgram agent;
    QByteArray text;
    for (int i = 0; i < 50; ++i) text += lineOf(i) + '\n';
    QVERIFY(agent.write("in/log", text));
    // Nobody but the proxy knows that name.
    const QByteArray flow =
        agentFlow("", {})
            .replace("nifi://127.0.0.1:", "http://headquarters.invalid:8080")
            .replace("    yield:",
                     "    transport: http\n    proxy: {host: 127.0.0.1, port: " + proxy.port() +
                         ", user: me, password: '#{proxy password}'}\n    yield:")
            .replace("name: agent\n",
                     "name: agent\nparameters:\n  proxy password: {sensitive: true}\n");
    QVERIFY(agent.write("flow.yaml", flow));
    qputenv("MILLRACE_PARAM_PROXY_PASSWORD", "wrong");
    QVERIFY(agent.start({"--config", "flow.yaml"}));
    QTRY_VERIFY_WITH_TIMEOUT(agent.err().contains("407"), kAgentPatience);
    QCOMPARE(agent.stop(), 0);
    qputenv("MILLRACE_PARAM_PROXY_PASSWORD", "mine");
    QVERIFY(agent.start({"--config", "flow.yaml"}));
    QTRY_COMPARE_WITH_TIMEOUT(timesOf(server.read("out/lines")).size(), 50, kAgentPatience);
    QCOMPARE(agent.stop(), 0);
    qunsetenv("MILLRACE_PARAM_PROXY_PASSWORD");
    QCOMPARE(server.stop(), 0);
    QVERIFY(proxy.access().contains("/data-transfer/input-ports/"));
    QVERIFY(!agent.err().contains("mine"));
  }

  /// A file of lines on the server, fetched by the agent into one file.
  void everyLineIsFetched_data() {
    QTest::addColumn<QByteArray>("more");
    QTest::newRow("plain") << QByteArray(", batch: {count: 7}");
    QTest::newRow("compressed") << QByteArray(", compress: true");
    QTest::newRow("over HTTP") << QByteArray(", batch: {count: 60}");
    QTest::newRow("over HTTP, compressed") << QByteArray(", compress: true");
  }
  void everyLineIsFetched() {
    QFETCH(QByteArray, more);
    QTemporaryDir folder;
    ServerProgram server(folder.path());
    QByteArray text;
    for (int i = 0; i < 500; ++i) text += lineOf(i) + '\n';
    QVERIFY(QDir().mkpath(folder.filePath("in")));
    server.write("in/lines", text);
    server.write(
        "flow.yaml",
        "millrace: 1\nname: giving\noutputs:\n  - {name: to outside, remote-access: true}\n"
        "processors:\n"
        "  - name: Read\n    type: GetFile\n    properties: {Input Directory: in}\n"
        "  - name: Lines\n    type: SplitText\n"
        "    properties: {Line Split Count: '1', Remove Trailing Newlines: 'false'}\n"
        "    auto-terminate: [original, failure]\n"
        "connections:\n"
        "  - {from: Read, relationship: success, to: Lines}\n"
        "  - {from: Lines, relationship: splits, to: to outside}\n");
    QVERIFY(server.start());
    AgentProgram agent;
    const QByteArray fetching =
        "millrace: 1\nname: fetching\nprocessors:\n"
        "  - name: Named\n    type: UpdateAttribute\n    properties: {filename: lines}\n"
        "  - name: Write\n    type: PutFile\n"
        "    properties: {Directory: out, Conflict Resolution Strategy: append}\n"
        "    auto-terminate: [success, failure]\n"
        "remote-groups:\n  - name: Server\n    urls: ['nifi://127.0.0.1:" +
        server.port() + "']\n    yield: 20 ms\n    outputs:\n      - {name: to outside" + more +
        "}\n"
        "connections:\n"
        "  - {from: Server/to outside, to: Named}\n"
        "  - {from: Named, relationship: success, to: Write}\n";
    QVERIFY(agent.write("flow.yaml", asTagged(fetching)));
    QVERIFY(agent.start({"--config", "flow.yaml"}));
    QTRY_COMPARE_WITH_TIMEOUT(timesOf(agent.read("out/lines")).size(), 500, kAgentPatience);
    QCOMPARE(agent.stop(), 0);
    QCOMPARE(server.stop(), 0);
    const auto times = timesOf(agent.read("out/lines"));
    QVERIFY(std::all_of(times.begin(), times.end(), [](int count) { return count == 1; }));
  }

  void withTlsBothSidesShowWhoTheyAre_data() {
    QTest::addColumn<QByteArray>("url");
    QTest::addColumn<QByteArray>("transport");
    QTest::addColumn<QByteArray>("who");
    QTest::addColumn<int>("arrives");
    QTest::newRow("raw") << QByteArray("nifi") << QByteArray("RAW") << QByteArray("edge") << 3;
    QTest::newRow("HTTP") << QByteArray("https") << QByteArray("HTTP") << QByteArray("edge") << 3;
    QTest::newRow("a stranger") << QByteArray("nifi") << QByteArray("RAW") << QByteArray("stranger")
                                << 0;
    QTest::newRow("a stranger, HTTP")
        << QByteArray("https") << QByteArray("HTTP") << QByteArray("stranger") << 0;
    QTest::newRow("without TLS") << QByteArray("nifi") << QByteArray("RAW") << QByteArray() << 0;
  }
  void withTlsBothSidesShowWhoTheyAre() {
    MR_NEEDS_TLS();
    QFETCH(QByteArray, url);
    QFETCH(QByteArray, transport);
    QFETCH(QByteArray, who);
    QFETCH(int, arrives);
    QTemporaryDir folder;
    for (const QString& name : {QString("server"), QString("edge"), QString("stranger")}) {
      const QString path = folder.filePath(name);
      QCOMPARE(QProcess::execute(
                   "openssl", {"req", "-x509", "-newkey", "ec", "-pkeyopt",
                               "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                               "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                               path + ".key", "-out", path + ".crt"}),
               0);
    }
    ServerProgram server(folder.path());
    QVERIFY(server.start(
        {"--tls-cert", "server.crt", "--tls-key", "server.key", "--s2s-trust", "edge.crt"}));
    AgentProgram agent;
    QVERIFY(agent.write("both.pem", server.read(who + ".crt") + server.read(who + ".key")));
    QVERIFY(agent.write("trust.pem", server.read("server.crt")));
    QVERIFY(agent.write("flow.yaml",
                        "millrace: 1\nname: tls\nservices:\n"
                        "  - name: Keys\n    type: StandardSSLContextService\n    properties:\n"
                        "      Keystore Filename: both.pem\n      Keystore Type: PEM\n"
                        "      Truststore Filename: trust.pem\n      Truststore Type: PEM\n" +
                            QByteArray(who.isEmpty() ? "    state: disabled\n" : "") +
                            "processors:\n"
                            "  - name: Make\n    type: GenerateFlowFile\n    schedule: {runs: 3}\n"
                            "    properties: {Custom Text: '${nextInt()}${literal(\"\\n\")}'}\n"
                            "  - name: Send\n    type: PutSiteToSite\n    yield: 20 ms\n"
                            "    auto-terminate: [success]\n    properties:\n"
                            "      URLs: " +
                            url + "://127.0.0.1:" + server.port() +
                            "\n      Port: from outside\n      Transport: " + transport + "\n" +
                            (who.isEmpty() ? "" : "      SSL Context Service: Keys\n") +
                            "connections:\n  - {from: Make, relationship: success, to: Send}\n"));
    QVERIFY(agent.start({"--config", "flow.yaml"}));
    if (arrives > 0) {
      QTRY_COMPARE_WITH_TIMEOUT(timesOf(server.read("out/lines")).size(), arrives, kAgentPatience);
    } else {
      QTRY_VERIFY_WITH_TIMEOUT(agent.err().contains("it is tried again"), kAgentPatience);
    }
    QCOMPARE(agent.stop(), 0);
    QCOMPARE(server.stop(), 0);
    QCOMPARE(timesOf(server.read("out/lines")).size(), arrives);
  }

  void aPortThatIsFullMakesTheAgentWait() {
    QTemporaryDir folder;
    ServerProgram server(folder.path());
    server.write("flow.yaml",
                 "millrace: 1\nname: slow\ninputs:\n  - {name: from outside, remote-access: true}\n"
                 "processors:\n  - {name: End, type: LogMessage, auto-terminate: [success], state: "
                 "stopped}\n"
                 "connections:\n  - {from: from outside, to: End, back-pressure: {count: 40}}\n");
    QVERIFY(server.start());
    AgentProgram agent;
    QByteArray text;
    for (int i = 0; i < 500; ++i) text += lineOf(i) + '\n';
    QVERIFY(agent.write("in/log", text));
    QVERIFY(agent.write("flow.yaml", agentFlow(server.port(), ", batch: {count: 10}")));
    QVERIFY(agent.start({"--config", "flow.yaml"}));
    QTRY_VERIFY_WITH_TIMEOUT(agent.err().contains("its port takes nothing now"), kAgentPatience);
    QCOMPARE(agent.stop(), 0);
    QCOMPARE(server.stop(), 0);
  }

  void aLineThatIsCutWhileEitherSideIsKilledLosesNothing() {
    const int cuts = rounds(100);
    const int kills = rounds(50);
    const int seed = qEnvironmentVariableIntValue("MILLRACE_SEED");
    QRandomGenerator chance(static_cast<quint32>(seed));
    QTemporaryDir folder;
    ServerProgram server(folder.path());
    QVERIFY(server.start());
    const QString events = folder.filePath("events");
    Proxy proxy(events, seed, cuts);
    proxy.tell("target " + server.port());
    AgentProgram agent;
    QVERIFY(agent.write("flow.yaml", agentFlow(proxy.port(), ", batch: {count: 25}")));
    QFile log(agent.file("in/log"));
    QDir().mkpath(agent.file("in"));
    QVERIFY(log.open(QIODevice::WriteOnly | QIODevice::Unbuffered));
    QVERIFY(agent.start({"--config", "flow.yaml"}));
    int written = 0;
    const auto writeLines = [&](int count) {
      QByteArray text;
      for (int i = 0; i < count; ++i) text += lineOf(written++) + '\n';
      return log.write(text) == text.size();
    };
    const auto arrived = [&] { return static_cast<int>(timesOf(server.read("out/lines")).size()); };
    const auto cutsMade = [&] { return readEvents(server.read("events")).cuts; };
    int life = 0;
    for (int kill = 0; kill < kills || cutsMade() < cuts; ++kill) {
      const int before = arrived();
      QVERIFY(writeLines(60 + static_cast<int>(chance.bounded(60))));
      // Something must have got through, so that there is something to lose.
      const int some = 1 + static_cast<int>(chance.bounded(40));
      QTRY_VERIFY_WITH_TIMEOUT(arrived() >= std::min(before + some, written), kAgentPatience);
      if (kill >= kills) continue;
      if (chance.bounded(2) == 0) {
        agent.kill();
        QFile file(events);
        QVERIFY(file.open(QIODevice::Append));
        file.write("{\"life\": " + QByteArray::number(++life) + "}\n");
        file.close();
        QVERIFY(agent.start({"--config", "flow.yaml"}));
      } else {
        server.kill();
        QVERIFY(server.start());
        proxy.tell("target " + server.port());
      }
    }
    proxy.tell("calm");
    QTRY_COMPARE_WITH_TIMEOUT(arrived(), written, kAgentPatience);
    QCOMPARE(agent.stop(), 0);
    QCOMPARE(server.stop(), 0);
    const auto times = timesOf(server.read("out/lines"));
    const Seen seen = readEvents(server.read("events"));
    QVERIFY(seen.cuts >= cuts);
    int doubled = 0;
    for (int i = 0; i < written; ++i) {
      const QByteArray line = lineOf(i);
      const auto& attempts = seen.attempts[line];
      QVERIFY2(times[line] >= 1, line.constData());
      // A copy for each time that the server may have said yes, no more.
      QVERIFY2(times[line] <= attempts.size(), line.constData());
      doubled += times[line] > 1 ? 1 : 0;
      for (qsizetype at = 1; at < attempts.size(); ++at) {
        const auto& earlier = attempts[at - 1];
        const bool mayRepeat = !earlier.delivered || earlier.life != attempts[at].life;
        QVERIFY2(mayRepeat, line.constData());
      }
    }
    qInfo("%d lines, %d cuts, %d kills: %d lines twice, each where the last word was lost", written,
          seen.cuts, kills, doubled);
  }
};

QTEST_GUILESS_MAIN(ServerLinkTest)
#include "server_link_test.moc"
