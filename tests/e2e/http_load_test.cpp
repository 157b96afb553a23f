// SPDX-License-Identifier: Apache-2.0
// Many clients at once against the running program, plain and with TLS: wrk into ListenHTTP and
// into HandleHttpRequest, where every answer must belong to what was asked; and curls whose server
// is killed again and again, where everything that was answered 200 must come out.
// MILLRACE_ROUNDS scales seconds and kills: 1 is ten seconds and thirty kills.

#include "engine/base/random.h"
#include "tests/harness/kafka_server.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QSet>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <memory>
#include <vector>

using kafka_test::callProgram;
using kafka_test::Outcome;

namespace {

constexpr int kPatience = 120000;

double rounds() {
  bool given = false;
  const double factor = qEnvironmentVariable("MILLRACE_ROUNDS").toDouble(&given);
  return given ? factor : 0.2;
}

quint16 freePort() {
  QTcpServer server;
  return server.listen(QHostAddress::LocalHost) ? server.serverPort() : quint16(0);
}

bool listens(quint16 port) {
  QTcpSocket socket;
  socket.connectToHost(QHostAddress::LocalHost, port);
  return socket.waitForConnected(1000);
}

QByteArray contentOf(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Each request has a text of its own; each answer is counted, and where the flow answers, its text
/// must be one that this thread sent and that no other answer had.
constexpr const char* kScript = R"(
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
  all = all or {}
  table.insert(all, thread)
end
function init(arguments)
  sent, good, bad, echo, seen = 0, 0, "", arguments[1] == "echo", {}
end
function request()
  sent = sent + 1
  return wrk.format("POST", nil, {["Content-Type"] = "text/plain"},
                    "thread " .. number .. " request " .. sent .. "\n")
end
function response(status, headers, body)
  if status ~= 200 then
    bad = "status " .. status
  elseif echo and (body:match("^thread " .. number .. " request %d+\n$") == nil or seen[body]) then
    bad = "answer " .. body
  else
    good = good + 1
    if echo then seen[body] = true end
  end
end
function done(summary)
  local good, bad = 0, ""
  for _, thread in ipairs(all) do
    good = good + thread:get("good")
    if thread:get("bad") ~= "" then bad = thread:get("bad") end
  end
  local errors = summary.errors
  print("good " .. good)
  print("bad " .. bad)
  print("socket errors " .. errors.connect + errors.read + errors.write)
end
)";

constexpr const char* kKeys =
    "services:\n"
    "  - name: Keys\n"
    "    type: StandardSSLContextService\n"
    "    properties: {Keystore Filename: server.pem, Keystore Type: PEM}\n";

constexpr const char* kWrite =
    "  - {name: Name, type: UpdateAttribute, properties: {filename: lines.txt}}\n"
    "  - name: Write\n"
    "    type: PutFile\n"
    "    properties: {Directory: '%1', Conflict Resolution Strategy: append}\n"
    "    auto-terminate: [success, failure]\n";

}  // namespace

class HttpLoadTest : public QObject {
  Q_OBJECT
 private:
  QTemporaryDir folder_;
  std::unique_ptr<QProcess> program_;

  QString path(const QString& name) const { return folder_.filePath(name); }
  void write(const QString& name, const QString& text) const {
    QFile file(path(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text.toUtf8());
  }
  void start(const QString& name, quint16 port) {
    program_ = std::make_unique<QProcess>();
    program_->setWorkingDirectory(folder_.path());
    program_->setProcessChannelMode(QProcess::ForwardedErrorChannel);
    program_->start(MR_BINARY_DIR "/bin/millrace",
                    {"run", name + ".yaml", "--data", path("data-" + name), "--for", "600s"});
    QVERIFY(program_->waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(listens(port), 30000);
  }
  void stop() {
    program_->terminate();
    QVERIFY(program_->waitForFinished(kPatience));
    QCOMPARE(program_->exitCode(), 0);
  }
  /// How many requests wrk had answered, each as it should be.
  int load(const QString& url, const QString& mode) const {
    const int seconds = std::max(1, int(10 * rounds()));
    const Outcome ran =
        callProgram("wrk", {"-t2", "-c16", QString("-d%1s").arg(seconds), "--timeout", "60s", "-s",
                            path("post.lua"), url, "--", mode});
    const QList<QByteArray> lines = ran.out.split('\n');
    int good = 0;
    for (const QByteArray& line : lines)
      if (line.startsWith("good ")) good = line.mid(5).toInt();
    if (ran.code != 0 || !lines.contains("bad ") || !lines.contains("socket errors 0")) {
      qWarning().noquote() << ran.out << ran.err;
      return -1;
    }
    return good;
  }
  static void eachTransport() {
    QTest::addColumn<bool>("tls");
    QTest::newRow("plain") << false;
    QTest::newRow("TLS") << true;
  }

 private slots:
  void initTestCase() {
    write("post.lua", kScript);
    const Outcome made =
        callProgram("openssl", {"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                                "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                                "-keyout", path("key.pem"), "-out", path("ca.pem")});
    QVERIFY2(made.code == 0, made.err.constData());
    write("server.pem", contentOf(path("ca.pem")) + contentOf(path("key.pem")));
  }
  void cleanup() {
    if (program_ != nullptr) program_->kill();
    if (program_ != nullptr) program_->waitForFinished();
    program_.reset();
  }

  void listenHttpKeepsWhatItAnswered_data() { eachTransport(); }
  void listenHttpKeepsWhatItAnswered() {
    QFETCH(bool, tls);
    const quint16 port = freePort();
    const QString name = tls ? "listen-tls" : "listen";
    write(name + ".yaml", QString("millrace: 1\nname: listen\n%3processors:\n"
                                  "  - name: Listen\n    type: ListenHTTP\n    properties:\n"
                                  "      Listening Port: '%1'\n      Hostname: 127.0.0.1\n%4%2"
                                  "connections:\n"
                                  "  - {from: Listen, relationship: success, to: Name}\n"
                                  "  - {from: Name, relationship: success, to: Write}\n")
                              .arg(port)
                              .arg(QString(kWrite).arg("out-" + name), tls ? kKeys : "",
                                   tls ? "      SSL Context Service: Keys\n" : ""));
    start(name, port);
    const int good = load(
        QString("%1://127.0.0.1:%2/contentListener").arg(tls ? "https" : "http").arg(port), "put");
    QVERIFY(good > 0);
    // What wrk broke off at its end may be there too, of each connection one.
    QString sink = path("out-" + name + "/lines.txt");
    QTRY_VERIFY_WITH_TIMEOUT(contentOf(sink).count('\n') >= good, kPatience);
    stop();
    const QList<QByteArray> lines = contentOf(sink).trimmed().split('\n');
    QVERIFY2(lines.size() <= good + 16,
             qPrintable(QString("%1 lines, %2 answers").arg(lines.size()).arg(good)));
    QCOMPARE(QSet<QByteArray>(lines.begin(), lines.end()).size(), lines.size());
  }

  void eachAnswerIsThatOfItsRequest_data() { eachTransport(); }
  void eachAnswerIsThatOfItsRequest() {
    QFETCH(bool, tls);
    const quint16 port = freePort();
    const QString name = tls ? "handle-tls" : "handle";
    write(name + ".yaml",
          QString("millrace: 1\nname: handle\n%2"
                  "  - {name: Map, type: StandardHttpContextMap}\nprocessors:\n"
                  "  - name: Ask\n    type: HandleHttpRequest\n    properties:\n"
                  "      Listening Port: '%1'\n      Hostname: 127.0.0.1\n"
                  "      HTTP Context Map: Map\n%3"
                  "  - name: Answer\n    type: HandleHttpResponse\n    properties:\n"
                  "      HTTP Context Map: Map\n      HTTP Status Code: '200'\n"
                  "    auto-terminate: [success, failure]\n"
                  "connections:\n"
                  "  - {from: Ask, relationship: success, to: Answer}\n")
              .arg(port)
              .arg(tls ? kKeys : "services:\n", tls ? "      SSL Context Service: Keys\n" : ""));
    start(name, port);
    QVERIFY(load(QString("%1://127.0.0.1:%2/ask").arg(tls ? "https" : "http").arg(port), "echo") >
            0);
    const QString url = QString("https://127.0.0.1:%1/ask").arg(port);
    if (tls) {  // wrk asks for no proof; these two do
      QCOMPARE(callProgram("curl", {"-sS", "--cacert", path("ca.pem"), "-d", "proven", url}).out,
               QByteArray("proven"));
      const Outcome refused = callProgram("curl", {"-sS", "-d", "unproven", url});
      QCOMPARE(refused.code, 60);
      const Outcome python =
          callProgram("python3", {"-c",
                                  "import ssl,sys,urllib.request as r\n"
                                  "c=ssl.create_default_context(cafile=sys.argv[1])\n"
                                  "print(r.urlopen(sys.argv[2],b'\\x00\\xff',context=c).read())",
                                  path("ca.pem"), url});
      QCOMPARE(python.out, QByteArray("b'\\x00\\xff'\n"));
    }
    stop();
  }

  void whatWasAnswered200OutlivesKills() {
    constexpr int kClients = 4;
    constexpr int kEach = 400;
    const int kills = std::max(2, int(30 * rounds()));
    const quint16 port = freePort();
    write("kill.yaml", QString("millrace: 1\nname: kill\nprocessors:\n"
                               "  - name: Listen\n    type: ListenHTTP\n    properties:\n"
                               "      Listening Port: '%1'\n      Hostname: 127.0.0.1\n%2"
                               "connections:\n"
                               "  - {from: Listen, relationship: success, to: Name}\n"
                               "  - {from: Name, relationship: success, to: Write}\n")
                           .arg(port)
                           .arg(QString(kWrite).arg("out-kill")));
    millrace::Random random(20261123);
    QSet<QByteArray> answered;
    QSet<QByteArray> sent;
    for (int round = 0; round < kills; ++round) {
      start("kill", port);
      if (QTest::currentTestFailed()) return;
      std::vector<std::unique_ptr<QProcess>> clients;
      for (int client = 0; client < kClients; ++client) {
        QString config = "silent\n";
        for (int request = 0; request < kEach; ++request) {
          const QString body =
              QString("round %1 client %2 request %3").arg(round).arg(client).arg(request);
          sent.insert(body.toUtf8());
          config += QString(
                        "%1url = http://127.0.0.1:%2/contentListener\ndata-binary = \"%3\\n\"\n"
                        "write-out = \"%{http_code} %3\\n\"\n")
                        .arg(request == 0 ? "" : "next\nsilent\n")
                        .arg(port)
                        .arg(body);
        }
        const QString file = QString("client-%1.txt").arg(client);
        write(file, config);
        clients.push_back(std::make_unique<QProcess>());
        clients.back()->start("curl", {"-K", path(file)});
      }
      QTest::qWait(int(random.below(300)) + 20);
      program_->kill();
      QVERIFY(program_->waitForFinished(kPatience));
      for (const auto& client : clients) {
        QVERIFY(client->waitForFinished(kPatience));
        for (const QByteArray& line : client->readAllStandardOutput().split('\n'))
          if (line.startsWith("200 ")) answered.insert(line.mid(4));
      }
    }
    QVERIFY(!answered.isEmpty());
    start("kill", port);
    QList<QByteArray> lines;
    QTRY_VERIFY_WITH_TIMEOUT(
        (lines = contentOf(path("out-kill/lines.txt")).trimmed().split('\n'),
         std::ranges::all_of(answered,
                             [&, there = QSet<QByteArray>(lines.begin(), lines.end())](
                                 const QByteArray& line) { return there.contains(line); })),
        30000);
    stop();
    lines = contentOf(path("out-kill/lines.txt")).trimmed().split('\n');
    const QSet<QByteArray> there(lines.begin(), lines.end());
    QCOMPARE(there.size(), lines.size());  // each once: nobody sends a second time
    QVERIFY(sent.contains(there));
    qInfo("%d kills, %d answered 200, %d kept", kills, int(answered.size()), int(lines.size()));
  }
};

QTEST_GUILESS_MAIN(HttpLoadTest)
#include "http_load_test.moc"
