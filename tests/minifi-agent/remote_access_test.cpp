// SPDX-License-Identifier: Apache-2.0
// Site-to-site served by an agent: conversations that were assembled by hand, and other agents that
// bring and fetch while it is killed and started again.

#include "tests/engine/site_to_site/transcript.h"
#include "tests/minifi-agent/agent_program.h"

#include <QTcpServer>
#include <QTcpSocket>

namespace {

/// Lines come in by one port, and what lies in `in` goes out by another.
const QByteArray kServing =
    "millrace: 1\nname: serving\n"
    "inputs:\n  - {name: port-9, remote-access: true}\n"
    "outputs:\n  - {name: port-8, remote-access: true}\n"
    "processors:\n"
    "  - name: Named\n    type: UpdateAttribute\n    properties: {filename: lines}\n"
    "  - name: Write\n    type: PutFile\n    auto-terminate: [success, failure]\n"
    "    properties: {Directory: out, Conflict Resolution Strategy: append}\n"
    "  - name: Read\n    type: GetFile\n    schedule: {every: 20 ms}\n"
    "    properties: {Input Directory: in, Minimum File Age: 0 sec}\n"
    "  - name: Lines\n    type: SplitText\n    auto-terminate: [original, failure]\n"
    "    properties: {Line Split Count: '1', Remove Trailing Newlines: 'false'}\n"
    "connections:\n"
    "  - {from: port-9, to: Named}\n"
    "  - {from: Named, relationship: success, to: Write}\n"
    "  - {from: Read, relationship: success, to: Lines}\n"
    "  - {from: Lines, relationship: splits, to: port-8}\n";

/// An agent that serves; it has the same port in each life.
class Serving : public AgentProgram {
 public:
  Serving() {
    if (!write("flow.yaml", kServing)) qFatal("no flow can be written");
  }
  bool begin(const QStringList& more = {}) {
    const qsizetype said = port_ == "0" ? 0 : err().size();
    if (!start(QStringList{"--config", "flow.yaml", "--data", "data", "--s2s",
                           "127.0.0.1:" + QString::fromLatin1(port_)} +
               more))
      return false;
    static const QByteArray kSaid = "site-to-site is served at 127.0.0.1:";
    qsizetype at = -1;
    const auto isSaid = [&] {
      at = err().indexOf(kSaid, said);
      return at >= 0 && err().indexOf('\n', at) > at;
    };
    if (!QTest::qWaitFor(isSaid, kAgentPatience)) return false;
    at += kSaid.size();
    port_ = err().mid(at, err().indexOf('\n', at) - at).trimmed();
    return true;
  }
  const QByteArray& port() const { return port_; }

 private:
  QByteArray port_ = "0";
};

/// Speaks the client's part of a transcript; what went wrong, or nothing.
QString speak(const QByteArray& port, const QString& name) {
  QList<transcript::Turn> turns;
  transcript::readInto(QString(MR_SOURCE_DIR) + "/tests/engine/site_to_site/transcripts/",
                       name + ".txt", true, turns);
  QTcpSocket socket;
  socket.connectToHost("127.0.0.1", static_cast<quint16>(port.toInt()));
  if (!socket.waitForConnected(kAgentPatience)) return "not connected";
  for (const transcript::Turn& turn : turns) {
    if (turn.ours) {
      socket.write(turn.bytes);
      continue;
    }
    QByteArray got;
    while (got.size() < turn.bytes.size()) {
      if (socket.bytesAvailable() == 0 && !socket.waitForReadyRead(kAgentPatience)) break;
      got += socket.read(turn.bytes.size() - got.size());
    }
    if (got != turn.bytes)
      return "answers " + got.toHex(' ') + " where " + turn.bytes.toHex(' ') + " should be";
  }
  socket.waitForBytesWritten(1);
  return {};
}

QByteArray ask(const QByteArray& port, const QByteArray& line) {
  QTcpSocket socket;
  socket.connectToHost("127.0.0.1", static_cast<quint16>(port.toInt()));
  if (!socket.waitForConnected(kAgentPatience)) return {};
  socket.write(line + " HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
  while (socket.waitForReadyRead(kAgentPatience)) {
  }
  return socket.readAll();
}

QMap<QByteArray, int> timesOf(const QByteArray& text) {
  QMap<QByteArray, int> times;
  for (const QByteArray& line : text.split('\n')) {
    if (!line.isEmpty()) ++times[line];
  }
  return times;
}

QByteArray lines(int count) {
  QByteArray text;
  for (int i = 1; i <= count; ++i) text += "line " + QByteArray::number(i) + '\n';
  return text;
}

constexpr int kLines = 400;
constexpr int kBatch = 20;

QByteArray sending(const QByteArray& url, const QByteArray& more) {
  return "millrace: 1\nname: sending\n" +
         (more.contains("Keys")
              ? QByteArray("services:\n  - name: Keys\n"
                           "    type: StandardSSLContextService\n    properties:\n"
                           "      Keystore Filename: both.pem\n"
                           "      Keystore Type: PEM\n"
                           "      Truststore Filename: trust.pem\n"
                           "      Truststore Type: PEM\n")
              : QByteArray()) +
         "processors:\n"
         "  - name: Read\n    type: GetFile\n    schedule: {every: 20 ms}\n"
         "    properties: {Input Directory: in, Minimum File Age: 0 sec}\n"
         "  - name: Lines\n    type: SplitText\n    auto-terminate: [original, failure]\n"
         "    properties: {Line Split Count: '1', Remove Trailing Newlines: 'false'}\n"
         "  - name: Send\n    type: PutSiteToSite\n    yield: 20 ms\n    auto-terminate: "
         "[success]\n"
         "    properties: {URLs: '" +
         url + "', Port: port-9, Batch Count: '" + QByteArray::number(kBatch) + "'" + more +
         "}\n"
         "connections:\n  - {from: Read, relationship: success, to: Lines}\n"
         "  - {from: Lines, relationship: splits, to: Send}\n";
}

QByteArray fetching(const QByteArray& url, const QByteArray& more) {
  return "millrace: 1\nname: fetching\nprocessors:\n"
         "  - name: Fetch\n    type: GetSiteToSite\n    yield: 20 ms\n"
         "    properties: {URLs: '" +
         url + "', Port: port-8, Batch Count: '" + QByteArray::number(kBatch) + "'" + more +
         "}\n"
         "  - name: Named\n    type: UpdateAttribute\n    properties: {filename: lines}\n"
         "  - name: Write\n    type: PutFile\n    auto-terminate: [success, failure]\n"
         "    properties: {Directory: out, Conflict Resolution Strategy: append}\n"
         "connections:\n  - {from: Fetch, relationship: success, to: Named}\n"
         "  - {from: Named, relationship: success, to: Write}\n";
}

}  // namespace

class RemoteAccessTest : public QObject {
  Q_OBJECT

 private slots:
  void conversationsEndAsTheyShould_data() {
    QTest::addColumn<int>("arrive");  // bytes, of all contents
    QTest::newRow("send-one") << 5;
    QTest::newRow("send-two") << 10;
    QTest::newRow("compressed") << 5;
    QTest::newRow("compressed-in-blocks") << 5;
    QTest::newRow("server-older-client") << 5;
    QTest::newRow("server-bad-checksum") << 0;
    QTest::newRow("server-unknown-property") << 0;
    QTest::newRow("server-missing") << 0;
    QTest::newRow("fetch-none") << 0;
  }
  void conversationsEndAsTheyShould() {
    QFETCH(int, arrive);
    Serving agent;
    if (QByteArray(QTest::currentDataTag()).startsWith("fetch")) {
      QByteArray flow = kServing;  // the transcripts know one port
      flow.replace("port-9", "port-7").replace("port-8", "port-9");
      QVERIFY(agent.write("flow.yaml", flow));
    }
    QVERIFY(agent.begin());
    QCOMPARE(speak(agent.port(), QTest::currentDataTag()), QString());
    QTRY_VERIFY_WITH_TIMEOUT(agent.read("out/lines").size() >= arrive, kAgentPatience);
    QCOMPARE(agent.stop(), 0);
    QCOMPARE(agent.read("out/lines").size(), arrive);
  }

  void overHttpThePortsAreListedAndNothingElseIsThere() {
    Serving agent;
    QVERIFY(agent.begin());
    const QByteArray site = ask(agent.port(), "GET /nifi-api/site-to-site");
    QVERIFY(site.startsWith("HTTP/1.1 200 "));
    QVERIFY2(site.contains("\"name\":\"port-9\"") && site.contains("\"name\":\"port-8\"") &&
                 site.contains("\"remoteSiteListeningPort\":" + agent.port() + ","),
             site.constData());
    QVERIFY(ask(agent.port(), "GET /nifi-api/site-to-site/peers").contains("\"peers\":"));
    QVERIFY(ask(agent.port(), "GET /nifi-api/flow").startsWith("HTTP/1.1 404 "));
    QCOMPARE(agent.stop(), 0);
  }

  void everyLineArrivesThroughKills_data() {
    QTest::addColumn<bool>("fetches");
    QTest::addColumn<QByteArray>("scheme");
    QTest::addColumn<QByteArray>("more");
    QTest::newRow("brought") << false << QByteArray("nifi") << QByteArray();
    QTest::newRow("brought over HTTP")
        << false << QByteArray("http") << QByteArray(", Transport: HTTP, Compression: 'true'");
    QTest::newRow("fetched") << true << QByteArray("nifi") << QByteArray(", Compression: 'true'");
    QTest::newRow("fetched over HTTP")
        << true << QByteArray("http") << QByteArray(", Transport: HTTP");
  }
  void everyLineArrivesThroughKills() {
    QFETCH(bool, fetches);
    QFETCH(QByteArray, scheme);
    QFETCH(QByteArray, more);
    Serving serving;
    QVERIFY(serving.begin());
    AgentProgram other;
    const QByteArray url = scheme + "://127.0.0.1:" + serving.port();
    QVERIFY(other.write("flow.yaml", fetches ? fetching(url, more) : sending(url, more)));
    AgentProgram& source = fetches ? static_cast<AgentProgram&>(serving) : other;
    AgentProgram& target = fetches ? other : static_cast<AgentProgram&>(serving);
    QVERIFY(source.place("in/log", lines(kLines)));
    QVERIFY(other.start({"--config", "flow.yaml", "--data", "data"}));
    const auto arrived = [&] { return timesOf(target.read("out/lines")).size(); };
    constexpr int kKills = 3;
    for (int kill = 1; kill <= kKills; ++kill) {
      QTRY_VERIFY_WITH_TIMEOUT(arrived() >= kLines * kill / (kKills + 2), kAgentPatience);
      serving.kill();
      QVERIFY(serving.begin());
    }
    QTRY_COMPARE_WITH_TIMEOUT(arrived(), kLines, kAgentPatience);
    QCOMPARE(other.stop(), 0);
    QCOMPARE(serving.stop(), 0);
    // Twice came only what was under way at a kill: the last word on it was lost. Who fetches goes
    // on while four transactions wait for the disk.
    const int underWay = fetches ? 5 : 1;
    int again = 0;
    const auto times = timesOf(target.read("out/lines"));
    for (const int count : times) again += count - 1;
    QVERIFY2(again <= kKills * underWay * kBatch, qPrintable(QString::number(again)));
  }

  void withTlsBothSidesShowWhoTheyAre_data() {
    QTest::addColumn<bool>("known");
    QTest::newRow("known") << true;
    QTest::newRow("a stranger") << false;
  }
  void withTlsBothSidesShowWhoTheyAre() {
    if (!AgentProgram::hasTls()) QSKIP("a build without TLS");
    QFETCH(bool, known);
    Serving serving;
    for (const QString& name : {QString("serving"), QString("edge"), QString("stranger")}) {
      QCOMPARE(QProcess::execute(
                   "openssl", {"req", "-x509", "-newkey", "ec", "-pkeyopt",
                               "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                               "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                               serving.file(name + ".key"), "-out", serving.file(name + ".crt")}),
               0);
    }
    QVERIFY(serving.begin(
        {"--s2s-cert", "serving.crt", "--s2s-cert-key", "serving.key", "--s2s-trust", "edge.crt"}));
    AgentProgram other;
    const QString who = known ? "edge" : "stranger";
    QVERIFY(other.write("both.pem", serving.read(who + ".crt") + serving.read(who + ".key")));
    QVERIFY(other.write("trust.pem", serving.read("serving.crt")));
    QVERIFY(other.write(
        "flow.yaml", sending("nifi://127.0.0.1:" + serving.port(), ", SSL Context Service: Keys")));
    QVERIFY(other.place("in/log", lines(3)));
    QVERIFY(other.start({"--config", "flow.yaml", "--data", "data"}));
    if (known) {
      QTRY_COMPARE_WITH_TIMEOUT(timesOf(serving.read("out/lines")).size(), 3, kAgentPatience);
    } else {
      QTRY_VERIFY_WITH_TIMEOUT(other.err().contains("it is tried again"), kAgentPatience);
    }
    QCOMPARE(other.stop(), 0);
    QCOMPARE(serving.stop(), 0);
    QCOMPARE(timesOf(serving.read("out/lines")).size(), known ? 3 : 0);
  }

  /// A remote group and the address that it leaves by, which the other side sees.
  void connectionsLeaveByTheInterfaceOfTheGroup_data() {
    QTest::addColumn<QByteArray>("transport");
    QTest::newRow("raw") << QByteArray("raw");
    QTest::newRow("http") << QByteArray("http");
  }
  void connectionsLeaveByTheInterfaceOfTheGroup() {
    QFETCH(QByteArray, transport);
    Serving serving;
    QByteArray flow = kServing;
    QVERIFY(serving.write("flow.yaml", flow.replace("filename: lines", "filename: '${s2s.host}'")));
    QVERIFY(serving.begin());
    AgentProgram other;
    QVERIFY(
        other.write("flow.yaml",
                    "millrace: 1\nname: by an address\nprocessors:\n"
                    "  - name: Make\n    type: GenerateFlowFile\n    schedule: {runs: 1}\n"
                    "    properties: {Custom Text: hello}\n"
                    "remote-groups:\n  - name: Far\n    urls: ['http://127.0.0.1:" +
                        serving.port() + "/nifi']\n    transport: " + transport +
                        "\n    network-interface: 127.0.0.8\n    yield: 20 ms\n"
                        "    inputs:\n      - {name: port-9}\n"
                        "connections:\n  - {from: Make, relationship: success, to: Far/port-9}\n"));
    QVERIFY(other.start({"--config", "flow.yaml", "--data", "data"}));
    QTRY_COMPARE_WITH_TIMEOUT(serving.filesIn("out"), (AgentFiles{{"127.0.0.8", "hello"}}),
                              kAgentPatience);
    QCOMPARE(other.stop(), 0);
    QCOMPARE(serving.stop(), 0);
  }

  void aBudgetOfTheDiskHoldsForWhatIsBrought() {
    Serving serving;
    QVERIFY(serving.write(
        "flow.yaml",
        QByteArray(kServing).replace("type: PutFile\n", "type: PutFile\n    state: stopped\n")));
    QVERIFY(serving.begin({"--disk-budget", "1MB"}));
    AgentProgram other;
    QVERIFY(other.write("flow.yaml", sending("nifi://127.0.0.1:" + serving.port(), "")));
    QByteArray text;
    for (int i = 0; i < 30; ++i) text += QByteArray(100'000, 'x') + '\n';
    QVERIFY(other.place("in/log", text));
    QVERIFY(other.start({"--config", "flow.yaml", "--data", "data"}));
    QTRY_VERIFY_WITH_TIMEOUT(serving.err().contains("the disk budget of 1048576 bytes is full"),
                             kAgentPatience);
    QCOMPARE(other.stop(), 0);
    QCOMPARE(serving.stop(), 0);
  }

  void whatCannotBeServedIsRefused() {
    const auto refusal = [](const QStringList& options) {
      AgentProgram agent;
      if (!agent.write("flow.yaml", kServing)) return QByteArray();
      const int code = agent.run(QStringList{"--config", "flow.yaml"} + options);
      return code == 1 || code == 2 ? agent.err() : QByteArray();
    };
    QVERIFY(refusal({"--s2s", "here"}).contains("--s2s here: write ADDR:PORT"));
    QVERIFY(refusal({"--s2s", "0.0.0.0:0"}).contains("--s2s-cert and --s2s-trust"));
    QVERIFY(refusal({"--s2s", "127.0.0.1:0", "--s2s-cert", "x"}).contains("go together"));
    QVERIFY(refusal({"--s2s-trust", "x"}).contains("need --s2s"));
    QVERIFY(refusal({"--s2s", "127.0.0.1:0", "--once"}).contains("leave one out"));
    QTcpServer taken;
    QVERIFY(taken.listen(QHostAddress::LocalHost));
    const QString place = "127.0.0.1:" + QString::number(taken.serverPort());
    QVERIFY(refusal({"--s2s", place}).contains(place.toLatin1()));
  }
};

QTEST_GUILESS_MAIN(RemoteAccessTest)
#include "remote_access_test.moc"
