// SPDX-License-Identifier: Apache-2.0
// The server's interface as curl and scripts see it: the real program. MILLRACE_ROUNDS scales
// counts.
#include "tests/harness/rest_server.h"

#include <QElapsedTimer>
#include <QTcpSocket>
#include <QTemporaryDir>

using namespace rest_test;

namespace {

const QByteArray kFlow =
    "# the flow of the test\n"
    "millrace: 1\n"
    "name: served\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, schedule: {every: 1 h}}   # once an hour\n"
    "  - {name: End, type: LogMessage, auto-terminate: [success]}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: End}\n";

int rounds(int stated) {
  const QByteArray factor = qgetenv("MILLRACE_ROUNDS");
  return std::max(3, static_cast<int>(stated * (factor.isEmpty() ? 0.1 : factor.toDouble())));
}

QJsonObject processor(const RestServer& server, const QString& name) {
  const QJsonObject flow = server.curl("/api/v1/flow").json()["flow"].toObject();
  for (const auto& each : flow["processors"].toArray()) {
    if (each.toObject()["name"] == name) return each.toObject();
  }
  return {};
}

QString stateOf(const RestServer& server, const QString& name) {
  const QString id = processor(server, name)["id"].toString();
  for (const auto& each : server.curl("/api/v1/status").json()["components"].toArray()) {
    if (each.toObject()["id"] == id) return each.toObject()["state"].toString();
  }
  return {};
}

QByteArray action(const RestServer& server, const char* verb, const QString& name) {
  return QByteArray("{\"action\":\"") + verb + "\",\"ids\":[\"" +
         processor(server, name)["id"].toString().toUtf8() + "\"]}";
}

/// What a client gets that speaks to the port itself.
QByteArray raw(const RestServer& server, const QByteArray& request) {
  QTcpSocket socket;
  const QStringList parts = server.address().split(':');
  socket.connectToHost(parts[0], parts[1].toUShort());
  if (!socket.waitForConnected(kPatience)) return "not connected";
  socket.write(request);
  QByteArray answer;
  while (!answer.contains("\r\n\r\n") && socket.waitForReadyRead(kPatience))
    answer += socket.readAll();
  return answer + socket.readAll();
}

}  // namespace

class RestTest : public QObject {
  Q_OBJECT
 private slots:
  void whatIsChangedIsThereAfterARestart() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow));
    QVERIFY2(server.start(), server.errors());
    QCOMPARE(stateOf(server, "End"), QString("running"));
    QCOMPARE(server.post("/api/v1/actions", action(server, "stop", "End")).status, 200);
    QCOMPARE(stateOf(server, "End"), QString("stopped"));
    QVERIFY(server.readFlow().contains("state: stopped}"));
    QVERIFY(server.readFlow().contains("# once an hour"));
    QCOMPARE(server.stop(), 0);
    QVERIFY2(server.start(), server.errors());
    QCOMPARE(stateOf(server, "End"), QString("stopped"));
    QCOMPARE(stateOf(server, "Make"), QString("running"));
    QCOMPARE(server.curl("/api/v1/changes/2/revert", {"-X", "POST"}).status, 200);
    QCOMPARE(server.readFlow(), kFlow);
    QCOMPARE(stateOf(server, "End"), QString("running"));
    QCOMPARE(server.stop(), 0);
  }

  void aFlowThatIsIncompleteIsServedAndOneThatIsNoneIsNot() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow + "  - {from: Make, relationship: wrong, to: End}\n"));
    QVERIFY2(server.start(), server.errors());
    QCOMPARE(stateOf(server, "Make"), QString("invalid"));
    QCOMPARE(stateOf(server, "End"), QString("running"));
    QCOMPARE(server.stop(), 0);
    QVERIFY(server.writeFlow(kFlow + "  - {from: Make, relationship: success, to: Nowhere}\n"));
    QVERIFY(!server.start());
    QVERIFY(server.errors().contains("Nowhere"));
  }

  void aChangeOfTheFileIsTaken() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow));
    QVERIFY2(server.start(), server.errors());
    QVERIFY(server.writeFlow(QByteArray(kFlow).replace("name: served", "name: by hand")));
    QElapsedTimer waited;
    waited.start();
    const auto name = [&] {
      return server.curl("/api/v1/flow").json()["flow"].toObject()["name"].toString();
    };
    while (name() != "by hand" && waited.elapsed() < kPatience) QTest::qWait(50);
    QCOMPARE(name(), QString("by hand"));
    QCOMPARE(server.stop(), 0);
  }

  void eventsComeThroughCurl() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow));
    QVERIFY2(server.start(), server.errors());
    QProcess follower;
    follower.start("curl", {"-s", "-N", "http://" + server.address() + "/api/v1/events"});
    QByteArray heard;
    const auto hears = [&](const char* what) {
      while (!heard.contains(what)) {
        if (!follower.waitForReadyRead(kPatience)) return false;
        heard += follower.readAllStandardOutput();
      }
      return true;
    };
    QVERIFY(hears("event: status\n"));
    QCOMPARE(server.post("/api/v1/actions", action(server, "stop", "End")).status, 200);
    QVERIFY(hears("event: flow\n"));
    QVERIFY(hears("\"stopped\""));
    QCOMPARE(server.stop(), 0);  // a follower does not hold it up
    QVERIFY(follower.waitForFinished(kPatience));
  }

  void strangersAreTurnedAway() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow));
    QVERIFY2(server.start(), server.errors());
    const QString port = server.address().section(':', -1);
    const auto status = [&](const QString& header) {
      return server.curl("/api/v1/flow", {"-H", header}).status;
    };
    QCOMPARE(status("Host: evil.example"), 403);
    QCOMPARE(status("Host: evil.example:" + port), 403);
    QCOMPARE(status("Host: 127.0.0.1.evil.example:" + port), 403);
    QCOMPARE(status("Host: localhost:1"), 403);
    QCOMPARE(status("Host: localhost:" + port), 200);
    QCOMPARE(status("Origin: http://evil.example"), 403);
    QCOMPARE(status("Origin: null"), 403);
    QCOMPARE(status("Origin: http://127.0.0.1:" + port), 200);
    QVERIFY(raw(server, "GET /api/v1/flow HTTP/1.1\r\n\r\n").startsWith("HTTP/1.1 400"));
    QVERIFY(raw(server, "GET /api/v1/flow HTTP/1.1\r\nHost: a\r\nHost: localhost:" + port.toUtf8() +
                            "\r\n\r\n")
                .startsWith("HTTP/1.1 400"));
    // What is too large or no HTTP gets no answer, or a refusal, and hurts nobody.
    QVERIFY(!raw(server, "GET / HTTP/1.1\r\nX: " + QByteArray(100000, 'x') + "\r\n\r\n")
                 .startsWith("HTTP/1.1 200"));
    QVERIFY(!raw(server, QByteArray(1000, '\xff') + "\r\n\r\n").startsWith("HTTP/1.1 200"));
    QCOMPARE(server.post("/api/v1/changes", QByteArray(33 << 20, ' ')).status, 413);
    QCOMPARE(server.curl("/api/v1/flow").status, 200);
    QCOMPARE(server.stop(), 0);
  }

  void theFirstUserEndsThatEverybodyMayDoEverything() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow));
    QVERIFY2(server.start(), server.errors());
    QCOMPARE(server.curl("/api/v1/flow").status, 200);
    const auto program = [&](const QStringList& arguments, const QByteArray& input,
                             const QString& token = {}) {
      QProcess process;
      QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
      if (!token.isEmpty()) environment.insert("MILLRACE_TOKEN", token);
      process.setProcessEnvironment(environment);
      process.start(QString(MR_BINARY_DIR) + "/bin/millrace", arguments);
      process.write(input);
      process.closeWriteChannel();
      if (!process.waitForFinished(kPatience)) return -1;
      return process.exitCode();
    };
    const QString data = folder.filePath("data");
    QCOMPARE(program({"add-user", "ann", "--data", data, "--role", "operate"}, "short\n"), 2);
    QCOMPARE(program({"add-user", "ann", "--data", data, "--role", "king"}, "good password\n"), 2);
    QCOMPARE(program({"add-user", "ann", "--data", data, "--role", "operate"}, "good password\n"),
             0);
    QCOMPARE(server.curl("/api/v1/flow").status, 401);
    const QByteArray wrong = "{\"user\":\"ann\",\"password\":\"bad password\"}";
    const QByteArray right = "{\"user\":\"ann\",\"password\":\"good password\"}";
    QCOMPARE(server.post("/api/v1/login", wrong).status, 401);
    const QString token = server.post("/api/v1/login", right).json()["token"].toString();
    const QString header = "Authorization: Bearer " + token;
    QCOMPARE(server.curl("/api/v1/flow", {"-H", header}).status, 200);
    QCOMPARE(server.curl("/api/v1/flow", {"-H", header, "-X", "PUT", "-d", "x"}).status, 403);
    const QString url = "http://" + server.address();
    QCOMPARE(program({"flow", "stop", "End", "--server", url}, ""), 2);
    QCOMPARE(program({"flow", "stop", "End", "--server", url}, "", token), 0);
    QVERIFY(server.readFlow().contains("state: stopped}"));
    QCOMPARE(program({"add-user", "ann", "--data", data, "--remove"}, ""), 0);
    QCOMPARE(program({"add-user", "ann", "--data", data, "--remove"}, ""), 2);
    QCOMPARE(server.curl("/api/v1/flow").status, 200);
    QCOMPARE(server.stop(), 0);
    QFile log(data + "/audit.log");
    QVERIFY(log.open(QIODevice::ReadOnly));
    const QByteArray lines = log.readAll();
    QVERIFY(lines.contains("\"user\":\"ann\",\"method\":\"PUT\",\"target\":\"/api/v1/flow\""));
    QVERIFY(!lines.contains("password\":") && !lines.contains(token.toUtf8()));
  }

  void connectionsThatOnlyStandThereHinderNobody() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow));
    QVERIFY2(server.start(), server.errors());
    const QStringList place = server.address().split(':');
    std::vector<std::unique_ptr<QTcpSocket>> idle;
    for (int i = 0; i < rounds(1000); ++i) {
      idle.push_back(std::make_unique<QTcpSocket>());
      idle.back()->connectToHost(place[0], place[1].toUShort());
      QVERIFY(idle.back()->waitForConnected(kPatience));
      if (i % 2 == 0)
        idle.back()->write("POST /api/v1/changes HTTP/1.1\r\nHost: " + server.address().toUtf8() +
                           "\r\nContent-Le");
    }
    QCOMPARE(server.curl("/api/v1/flow").status, 200);
    QCOMPARE(server.stop(), 0);
  }

  void otherMachinesAreServedWithTlsAndToUsersAlone() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow));
    const auto runs = [&](const QString& what, const QStringList& arguments,
                          const QByteArray& input = {}, const QString& token = {}) {
      QProcess process;
      QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
      if (!token.isEmpty()) environment.insert("MILLRACE_TOKEN", token);
      process.setProcessEnvironment(environment);
      process.start(what, arguments);
      process.write(input);
      process.closeWriteChannel();
      return process.waitForFinished(kPatience) ? process.exitCode() : -1;
    };
    const QString millrace = QString(MR_BINARY_DIR) + "/bin/millrace";
    const QString certificate = folder.filePath("cert.pem");
    const QString key = folder.filePath("key.pem");
    QCOMPARE(runs("openssl", {"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                              "-subj", "/CN=millrace", "-addext", "subjectAltName=IP:127.0.0.1",
                              "-keyout", key, "-out", certificate}),
             0);
    const QStringList tls{"--listen", "0.0.0.0:0", "--tls-cert", certificate, "--tls-key", key};
    QVERIFY(!server.start({"--listen", "0.0.0.0:0"}));
    QVERIFY(server.errors().contains("--tls-cert"));
    QVERIFY(!server.start(tls));
    QVERIFY(server.errors().contains("add-user"));
    const QString data = folder.filePath("data");
    QCOMPARE(
        runs(millrace, {"add-user", "ann", "--data", data, "--role", "operate"}, "good password\n"),
        0);
    QVERIFY(!server.start(tls));
    QVERIFY(server.errors().contains("--host"));
    QVERIFY2(server.start(tls + QStringList{"--host", "millrace.example"}), server.errors());
    const QString port = server.address().section(':', -1);
    const QString url = "https://127.0.0.1:" + port;
    const auto status = [&](const QStringList& more, const QString& target) {
      QProcess client;
      client.start("curl", QStringList{"-s", "-m", "100", "-o", "/dev/null", "-w", "%{http_code}",
                                       "--cacert", certificate, target} +
                               more);
      return client.waitForFinished(kPatience) ? client.readAllStandardOutput() : QByteArray();
    };
    QCOMPARE(status({}, url + "/healthz"), QByteArray("200"));
    QCOMPARE(status({}, url + "/api/v1/flow"), QByteArray("401"));
    QCOMPARE(status({"-H", "Host: millrace.example:" + port}, url + "/healthz"), QByteArray("200"));
    QCOMPARE(status({"-H", "Host: evil.example:" + port}, url + "/healthz"), QByteArray("403"));
    QCOMPARE(status({"-H", "Origin: http://127.0.0.1:" + port}, url + "/healthz"),
             QByteArray("403"));
    QCOMPARE(status({"-H", "Origin: " + url}, url + "/healthz"), QByteArray("200"));
    QCOMPARE(status({}, "http://127.0.0.1:" + port + "/healthz"), QByteArray("000"));
    QCOMPARE(status({"--tls-max", "1.1"}, url + "/healthz"), QByteArray("000"));
    QProcess login;
    login.start("curl", {"-s", "--cacert", certificate, url + "/api/v1/login", "-d",
                         "{\"user\":\"ann\",\"password\":\"good password\"}"});
    QVERIFY(login.waitForFinished(kPatience));
    const QString token =
        QJsonDocument::fromJson(login.readAllStandardOutput())["token"].toString();
    const QStringList stop{"flow", "stop", "End", "--server", url};
    QCOMPARE(runs(millrace, stop + QStringList{"--ca", certificate}, {}, token), 0);
    QVERIFY(runs(millrace, stop, {}, token) != 0);  // nobody vouches for the certificate
    QVERIFY(server.readFlow().contains("state: stopped}"));
    // Without its last user nobody is let in, here.
    QCOMPARE(runs(millrace, {"add-user", "ann", "--data", data, "--remove"}), 0);
    QCOMPARE(status({}, url + "/api/v1/flow"), QByteArray("401"));
    QCOMPARE(server.stop(), 0);
  }

  void theServerRefusesToBeSeenFromElsewhere() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow));
    for (const char* address : {"0.0.0.0:0", "192.0.2.1:80", "nonsense", "127.0.0.1:99999"}) {
      QVERIFY(!server.start({"--listen", address}));
      QVERIFY2(server.errors().contains("--listen"), address);
    }
  }

  void eightClientsLoseNoUpdate() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow));
    QVERIFY2(server.start(), server.errors());
    const int edits = rounds(50);
    const QString id = processor(server, "End")["id"].toString();
    std::vector<std::unique_ptr<QProcess>> clients;
    for (int i = 0; i < 8; ++i) {
      clients.push_back(std::make_unique<QProcess>());
      clients.back()->start("python3", {QString(MR_SOURCE_DIR) + "/tests/e2e/edit_counters.py",
                                        server.address(), id, QString::number(edits)});
    }
    for (const auto& client : clients) {
      QVERIFY(client->waitForFinished(10 * kPatience));
      QVERIFY2(client->exitCode() == 0, client->readAllStandardError());
    }
    QCOMPARE(processor(server, "End")["comment"].toString().toInt(), 8 * edits);
    QCOMPARE(server.curl("/api/v1/flow").json()["revision"].toInt(), 1 + 8 * edits);
    QCOMPARE(server.stop(), 0);
  }

  void aKillAmongEditsLosesNothingThatWasAnswered() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    QVERIFY(server.writeFlow(kFlow));
    int known = 0;
    for (int round = 0; round < rounds(300); ++round) {
      QVERIFY2(server.start(), server.errors());
      const QJsonObject end = processor(server, "End");
      const int found = end["comment"].toString().toInt();
      QVERIFY2(found == known || found == known + 1, qPrintable(QString::number(round)));
      // File, journal and what runs agree.
      const QJsonObject flow = server.curl("/api/v1/flow").json();
      QCOMPARE(flow["revision"].toInt(), found + 1);
      const QString last = "/api/v1/changes?after=" + QString::number(found);
      QCOMPARE(server.curl(last).json()["changes"].toArray().size(), 1);
      QCOMPARE(server.curl("/api/v1/flow", {"-H", "Accept: application/yaml"}).body,
               server.readFlow());
      QVERIFY(server.readFlow().startsWith("# the flow of the test\n"));
      QProcess client;
      client.start("python3", {QString(MR_SOURCE_DIR) + "/tests/e2e/edit_counters.py",
                               server.address(), end["id"].toString(), "1000000"});
      QByteArray answered;
      const int enough = 1 + round % 5;
      while (answered.count('\n') < enough && client.waitForReadyRead(kPatience))
        answered += client.readAllStandardOutput();
      QVERIFY(answered.count('\n') >= enough);
      server.kill();
      QVERIFY(client.waitForFinished(kPatience));
      answered += client.readAllStandardOutput();
      known = answered.trimmed().split('\n').last().toInt();
    }
  }
};

QTEST_GUILESS_MAIN(RestTest)
#include "rest_test.moc"
