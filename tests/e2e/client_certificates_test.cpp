// SPDX-License-Identifier: Apache-2.0
// Users who are let in by certificates on the HTTP port: known ones, strangers, revoked ones.
#include "tests/harness/certificates.h"
#include "tests/harness/rest_server.h"

#include <QTemporaryDir>

using certificates_test::Certificates;
using namespace rest_test;

namespace {

const QByteArray kFlow =
    "millrace: 1\n"
    "name: guarded\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, state: stopped, auto-terminate: [success]}\n";

}  // namespace

class ClientCertificatesTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  const Certificates made_{folder_.path()};
  QString at(const QString& name) const { return folder_.filePath(name); }

  /// What a program said, with its exit code in front.
  QByteArray run(const QString& program, const QStringList& arguments,
                 const QMap<QString, QString>& variables = {}) const {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (auto each = variables.begin(); each != variables.end(); ++each)
      environment.insert(each.key(), each.value());
    process.setProcessEnvironment(environment);
    process.setWorkingDirectory(folder_.path());
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments);
    if (!process.waitForFinished(kPatience)) return "hangs";
    return QByteArray::number(process.exitCode()) + " " + process.readAll();
  }
  QByteArray millrace(const QStringList& arguments,
                      const QMap<QString, QString>& variables = {}) const {
    return run(QString(MR_BINARY_DIR) + "/bin/millrace", arguments, variables);
  }
  static QByteArray status(const RestServer& server, const QStringList& more,
                           const QString& path = "/api/v1/flow") {
    QProcess client;
    client.start("curl", QStringList{"-s", "-m", "100", "-w", "\n%{http_code}",
                                     "https://" + server.address() + path} +
                             more);
    return client.waitForFinished(kPatience) ? client.readAllStandardOutput() : QByteArray();
  }
  QStringList as(const QString& who) const {
    const QStringList trusting{"--cacert", at("server.pem")};
    if (who.isEmpty()) return trusting;
    return trusting + QStringList{"--cert", at(who + ".pem"), "--key", at(who + ".key")};
  }

 private slots:
  void initTestCase() {
    QVERIFY(made_.selfSigned("ca") && made_.selfSigned("server") && made_.selfSigned("stranger"));
    QVERIFY(made_.issue("ann") && made_.issue("bob") && made_.issue("eve"));
    QVERIFY(made_.revoke("eve"));
    QVERIFY(made_.append("trust.pem", "ca.pem"));
    QVERIFY(made_.append("strict.pem", "ca.pem") && made_.append("strict.pem", "revoked.pem"));
    const QString data = at("data");
    const auto add = [&](const QStringList& more) {
      return millrace(QStringList{"add-user", "--data", data} + more);
    };
    QVERIFY(add({"ann", "--role", "modify", "--certificate", "CN=ann,O=Example"}).startsWith("0 "));
    QVERIFY(add({"eve", "--role", "admin", "--certificate", "CN=eve,O=Example"}).startsWith("0 "));
    const QByteArray twice = add({"carl", "--certificate", "CN=ann,O=Example"});
    QVERIFY2(twice.startsWith("2 ") && twice.contains("it is ann's"), twice);
  }

  void aUserIsLetInByTheCertificateAndNobodyElse() {
    RestServer server(folder_.path());
    QVERIFY(server.writeFlow(kFlow));
    QVERIFY2(server.start({"--tls-cert", at("server.pem"), "--tls-key", at("server.key"),
                           "--http-trust", at("strict.pem")}),
             "does not serve");
    const QByteArray me = status(server, as("ann"), "/api/v1/me");
    QVERIFY2(me.contains("\"user\":\"ann\",\"role\":\"modify\"") && me.endsWith("\n200"), me);
    QVERIFY(status(server, as("ann"), "/api/v1/users").endsWith("\n403"));
    const QByteArray unknown = status(server, as("bob"));
    QVERIFY2(unknown.endsWith("\n401") && unknown.contains("CN=bob,O=Example"), unknown);
    // No handshake with one that nobody vouches for, or that was revoked.
    QVERIFY(status(server, as("stranger")).endsWith("\n000"));
    QVERIFY(status(server, as("eve")).endsWith("\n000"));
    // Without one, or with a name that is only said, or with a token that is none beside it.
    QVERIFY(status(server, as(""), "/healthz").endsWith("\n200"));
    QVERIFY(status(server, as("")).endsWith("\n401"));
    QVERIFY(status(server, as("") + QStringList{"-H", "Millrace-Peer: CN=ann,O=Example"})
                .endsWith("\n401"));
    QVERIFY(status(server, as("ann") + QStringList{"-H", "Authorization: Bearer none"})
                .endsWith("\n401"));
    // No password fits a user who has none.
    for (const char* password : {"", "x"}) {
      const QString body = QString("{\"user\":\"ann\",\"password\":\"%1\"}").arg(password);
      const QByteArray login = status(server, as("") + QStringList{"-d", body}, "/api/v1/login");
      QVERIFY2(login.endsWith(*password == 0 ? "\n400" : "\n401"), login);
    }
    // The command line shows one, too.
    const QStringList stop{
        "flow", "stop",          "Make", "--server", "https://" + server.address(),
        "--ca", at("server.pem")};
    const QByteArray stopped = millrace(stop, {{"MILLRACE_CERTIFICATE", at("ann.both")}});
    QVERIFY2(stopped.startsWith("0 "), stopped);
    QVERIFY(millrace(stop).startsWith("2 "));
    QVERIFY(!millrace(stop, {{"MILLRACE_CERTIFICATE", at("ann.pem")}}).startsWith("0 "));
    QCOMPARE(server.stop(), 0);
    QFile log(at("data/audit.log"));
    QVERIFY(log.open(QIODevice::ReadOnly));
    const QByteArray lines = log.readAll();
    QVERIFY2(lines.contains("\"user\":\"ann\",\"method\":\"POST\",\"target\":\"/api/v1/actions\""),
             lines);
  }

  void withoutAListNobodyIsRevoked() {
    RestServer server(folder_.path());
    QVERIFY(server.writeFlow(kFlow));
    QVERIFY2(server.start({"--tls-cert", at("server.pem"), "--tls-key", at("server.key"),
                           "--http-trust", at("trust.pem")}),
             "does not serve");
    QVERIFY(status(server, as("eve"), "/api/v1/users").endsWith("\n200"));
    // Who is no user any more is turned away at once. The last administrator cannot go.
    QVERIFY(millrace({"add-user", "ann", "--remove", "--data", at("data")}).startsWith("0 "));
    QVERIFY(status(server, as("ann")).endsWith("\n401"));
    QCOMPARE(server.stop(), 0);
  }

  void trustThatCannotBeReadIsNamed() {
    QFile broken(at("broken.pem"));
    QVERIFY(made_.append("broken.pem", "ca.pem"));
    QVERIFY(broken.open(QIODevice::Append));
    broken.write("-----BEGIN X509 CRL-----\nnonsense\n-----END X509 CRL-----\n");
    broken.close();
    const QStringList tls{"--tls-cert", at("server.pem"), "--tls-key", at("server.key")};
    const auto refusal = [&](const QStringList& more) {
      RestServer server(folder_.path());
      return server.writeFlow(kFlow) && !server.start(more) ? server.errors()
                                                            : QByteArray("serves");
    };
    QVERIFY(refusal(tls + QStringList{"--http-trust", at("broken.pem")}).contains("broken.pem"));
    QVERIFY(refusal(tls + QStringList{"--http-trust", at("nowhere.pem")}).contains("nowhere.pem"));
    QVERIFY(refusal({"--http-trust", at("trust.pem")}).contains("needs --tls-cert"));
    QVERIFY(refusal(tls + QStringList{"--http-trust", at("trust.pem"), "--listen", "off"})
                .contains("--listen off"));
  }
};

QTEST_GUILESS_MAIN(ClientCertificatesTest)
#include "client_certificates_test.moc"
