// SPDX-License-Identifier: Apache-2.0
// A server for agents as a user starts it: enrolled, deployed to and asked with the real commands,
// over HTTP and with certificates; what agents send is written by hand.

#include "tests/harness/rest_server.h"

#include <QTemporaryDir>

using namespace rest_test;

namespace {

struct Ran {
  int code = -1;
  QByteArray out;
};

Ran run(const QString& program, const QStringList& arguments, const QByteArray& input = {}) {
  QProcess process;
  process.start(program, arguments);
  if (!process.waitForStarted(kPatience)) return {};
  process.write(input);
  process.closeWriteChannel();
  if (!process.waitForFinished(kPatience)) return {};
  return {process.exitCode(), process.readAllStandardOutput()};
}

class Server {
 public:
  explicit Server(const QString& folder) : rest_(folder) {}
  bool start(const QStringList& more = {}) {
    return rest_.writeFlow("millrace: 1\nname: f\n") &&
           rest_.start(QStringList{"--c2", "127.0.0.1:0"} + more);
  }
  Ran agents(const QStringList& arguments, const QByteArray& input = {}) const {
    return run(
        QString(MR_BINARY_DIR) + "/bin/millrace",
        QStringList{"agents"} + arguments + QStringList{"--server", "http://" + rest_.address()},
        input);
  }
  /// What the port for agents answers; the status is the last line.
  QByteArray c2(const QString& path, const QByteArray& body, const QStringList& more = {}) const {
    return run("curl",
               QStringList{"-s", "-m", "100", "-w", "\n%{http_code}", "-H",
                           "Content-Type: application/json", "--data-binary", "@-",
                           rest_.ready("c2").prepend(scheme) + path} +
                   more,
               body)
        .out;
  }
  RestServer& rest() { return rest_; }
  QString scheme = "http://";

 private:
  RestServer rest_;
};

const QByteArray kBeat =
    "{\"agentInfo\":{\"identifier\":\"gauge\",\"agentClass\":\"rivers\",\"agentManifest\":"
    "{\"agentType\":\"cpp\"}}}";
const QString kHeartbeat = "/c2/api/c2-protocol/heartbeat";

class AgentsTest : public QObject {
  Q_OBJECT
 private slots:
  void anAgentIsEnrolledDeployedToAndKnownAfterAKill() {
    QTemporaryDir folder;
    Server server(folder.path());
    QVERIFY(server.start());
    const Ran enrolled = server.agents({"enrol", "--class", "rivers"});
    QCOMPARE(enrolled.code, 0);
    const QByteArray token = enrolled.out.mid(7, enrolled.out.indexOf('\n') - 7);
    QVERIFY2(enrolled.out.startsWith("token: mra-"), enrolled.out);
    QVERIFY(server.c2(kHeartbeat, kBeat).endsWith("\n401"));
    const QStringList shown{"-H", "Authorization: Bearer " + token};
    QVERIFY(server.c2(kHeartbeat, kBeat, shown).endsWith("\n200"));
    const Ran deployed = server.agents({"deploy", "-", "--class", "rivers"}, "the flow");
    QCOMPARE(deployed.out, QByteArray("deployment 1\n"));
    const Ran asked = server.agents({"logs", "--agent", "gauge"});
    QCOMPARE(asked.out, QByteArray("order 1 waits for gauge\n"));
    server.rest().kill();
    QVERIFY(server.start());
    const QByteArray told = server.c2(kHeartbeat, kBeat, shown);
    const QJsonArray operations = QJsonDocument::fromJson(told.left(told.lastIndexOf('\n')))
                                      .object()["requestedOperations"]
                                      .toArray();
    QCOMPARE(operations.size(), 2);
    const QString location = operations[1].toObject()["args"].toObject()["location"].toString();
    QCOMPARE(run("curl", QStringList{"-s", location} + shown).out, QByteArray("the flow"));
    const QByteArray id = operations[1].toObject()["identifier"].toString().toLatin1();
    QVERIFY(server
                .c2("/c2/api/c2-protocol/acknowledge",
                    "{\"operationId\":\"" + id +
                        "\",\"operationState\":{\"state\":\"NOT_APPLIED\",\"details\":\"bad\"}}",
                    shown)
                .endsWith("\n200"));
    const QByteArray listed = server.agents({"list"}).out;
    QVERIFY2(listed.contains("gauge") && listed.contains("1 refused: bad"), listed);
    QVERIFY(server.rest().curl("/api/v1/bulletins").body.contains("does not run the flow 1"));
    QVERIFY(server.agents({"classes"}).out.contains("rivers"));
    QCOMPARE(server.agents({"forget", "gauge"}).code, 0);
    QCOMPARE(server.agents({"show", "gauge"}).code, 2);
    QCOMPARE(server.agents({"stop"}).code, 2);
    QCOMPARE(server.rest().stop(), 0);
  }

  void aCertificateLetsInAndCannotBePretended() {
    QTemporaryDir folder;
    const QString at = folder.path() + "/";
    for (const char* who : {"server", "gauge", "stranger"}) {
      const QString name = who;
      QCOMPARE(run("openssl", {"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                               "-subj", "/CN=" + name, "-keyout", at + name + ".key", "-out",
                               at + name + ".pem", "-addext", "subjectAltName=IP:127.0.0.1"})
                   .code,
               0);
    }
    Server server(folder.path());
    QVERIFY(server.start({"--config", at + "server.yaml"}) == false);
    QFile settings(at + "server.yaml");
    QVERIFY(settings.open(QIODevice::WriteOnly));
    settings.write(("tls-cert: " + at + "server.pem\ntls-key: " + at +
                    "server.key\nc2-trust: " + at + "gauge.pem\n")
                       .toLocal8Bit());
    settings.close();
    Server secure(folder.path());
    QVERIFY(secure.start({"--config", at + "server.yaml"}));
    secure.scheme = "https://";
    const QStringList trusting{"--cacert", at + "server.pem"};
    const auto shows = [&](const QString& who) {
      return trusting + QStringList{"--cert", at + who + ".pem", "--key", at + who + ".key"};
    };
    QVERIFY(secure.c2(kHeartbeat, kBeat, shows("gauge")).endsWith("\n200"));
    // No certificate, and a name that is only said.
    QVERIFY(secure.c2(kHeartbeat, kBeat, trusting + QStringList{"-H", "Millrace-Peer: CN=gauge"})
                .endsWith("\n401"));
    QVERIFY(!secure.c2(kHeartbeat, kBeat, shows("stranger")).endsWith("\n200"));
    QCOMPARE(secure.rest().stop(), 0);
  }
};

}  // namespace

QTEST_GUILESS_MAIN(AgentsTest)
#include "agents_test.moc"
