// SPDX-License-Identifier: Apache-2.0
// Certificates, keys, authorities and lists of revoked certificates that are replaced while a
// server serves with them on all of its ports.
#include "tests/harness/certificates.h"
#include "tests/harness/rest_server.h"

#include <QTemporaryDir>

using certificates_test::Certificates;
using namespace rest_test;

class TlsRotationTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  const Certificates made_{folder_.path()};
  std::unique_ptr<RestServer> server_;

  static bool eventually(const std::function<bool()>& condition) {
    QElapsedTimer waited;
    waited.start();
    while (!condition()) {
      if (waited.elapsed() > kPatience) return false;
      QTest::qWait(50);
    }
    return true;
  }
  /// What a client gets that shows that certificate; it takes any of the server.
  QByteArray curl(const QString& address, const QString& path, const QString& who = {}) const {
    QStringList arguments{
        "-s", "-k", "-m", "100", "-w", "\n%{http_code}", "https://" + address + path};
    if (!who.isEmpty())
      arguments += QStringList{"--cert", made_.at(who + ".pem"), "--key", made_.at(who + ".key")};
    QProcess client;
    client.start("curl", arguments);
    return client.waitForFinished(kPatience) ? client.readAllStandardOutput() : QByteArray();
  }
  /// What openssl says of a handshake there; of 1.2, whose refusals are a part of it.
  QByteArray handshake(const QString& address, const QString& who) const {
    QProcess client;
    client.setProcessChannelMode(QProcess::MergedChannels);
    client.start("openssl", {"s_client", "-tls1_2", "-connect", address, "-cert", made_.at(who + ".pem"),
                             "-key", made_.at(who + ".key")});
    client.closeWriteChannel();
    return client.waitForFinished(kPatience) ? client.readAll() : QByteArray();
  }
  QStringList ports() const {
    return {server_->address(), server_->ready("c2"), server_->ready("kafka"),
            server_->ready("s2s")};
  }
  /// Whether every port shows the certificate of that name.
  bool allShow(const QString& name) const {
    for (const QString& port : ports()) {
      if (!handshake(port, "ann").contains("subject=CN = " + name.toUtf8())) return false;
    }
    return true;
  }
  /// In one step, as tools that renew certificates do it.
  bool replace(const QString& name, const QStringList& from) const {
    QFile::remove(made_.at("next"));
    for (const QString& each : from) {
      if (!made_.append("next", each)) return false;
    }
    return std::rename(QFile::encodeName(made_.at("next")).constData(),
                       QFile::encodeName(made_.at(name)).constData()) == 0;
  }
  bool told(const QByteArray& text) const {
    return curl(server_->address(), "/api/v1/bulletins", "ann").contains(text);
  }

 private slots:
  void initTestCase() {
    QVERIFY(made_.selfSigned("first") && made_.selfSigned("second"));
    QVERIFY(made_.selfSigned("ca") && made_.selfSigned("other"));
    QVERIFY(made_.issue("ann") && made_.issue("bob") && made_.issue("eve", "other"));
    QVERIFY(made_.revoke("bob"));
    QVERIFY(replace("cert.pem", {"first.pem"}) && replace("key.pem", {"first.key"}));
    QVERIFY(replace("trust.pem", {"ca.pem"}));
    for (const QString who : {"ann", "bob", "eve"}) {
      QCOMPARE(QProcess::execute(QString(MR_BINARY_DIR) + "/bin/millrace",
                                 {"add-user", who, "--role", "admin", "--certificate",
                                  "CN=" + who + ",O=Example", "--data", made_.at("data")}),
               0);
    }
    server_ = std::make_unique<RestServer>(folder_.path());
    QVERIFY(server_->writeFlow("millrace: 1\nname: guarded\n"));
    const QString trust = made_.at("trust.pem");
    QVERIFY2(server_->start({"--tls-cert",
                             made_.at("cert.pem"),
                             "--tls-key",
                             made_.at("key.pem"),
                             "--http-trust",
                             trust,
                             "--kafka",
                             "127.0.0.1:0",
                             "--kafka-security-protocol",
                             "SSL",
                             "--kafka-trust",
                             trust,
                             "--s2s",
                             "127.0.0.1:0",
                             "--s2s-trust",
                             trust,
                             "--c2",
                             "127.0.0.1:0",
                             "--c2-trust",
                             trust}),
             server_->errors().constData());
    QVERIFY(allShow("first"));
  }

  void aNewCertificateIsShownOnEveryPort() {
    // A connection that is there is not disturbed.
    QProcess events;
    events.start("curl", {"-s", "-k", "-N", "--cert", made_.at("ann.pem"), "--key",
                          made_.at("ann.key"), "https://" + server_->address() + "/api/v1/events"});
    QVERIFY(events.waitForReadyRead(kPatience));
    QVERIFY(replace("cert.pem", {"second.pem"}) && replace("key.pem", {"second.key"}));
    QVERIFY(eventually([&] { return allShow("second"); }));
    QVERIFY(told("connections have TLS from " + made_.at("cert.pem").toUtf8()));
    events.readAll();
    QVERIFY(events.waitForReadyRead(kPatience));  // a beat, at least
    QCOMPARE(events.state(), QProcess::Running);
    events.kill();
    QVERIFY(events.waitForFinished(kPatience));
  }

  void whoIsRevokedIsTurnedAway() {
    QVERIFY(curl(server_->address(), "/api/v1/flow", "bob").endsWith("\n200"));
    QVERIFY(replace("trust.pem", {"ca.pem", "revoked.pem"}));
    QVERIFY(eventually(
        [&] { return curl(server_->address(), "/api/v1/flow", "bob").endsWith("\n000"); }));
    for (const QString& port : ports())
      QVERIFY2(eventually([&] { return handshake(port, "bob").contains("certificate revoked"); }),
               qPrintable(port));
    QVERIFY(curl(server_->address(), "/api/v1/flow", "ann").endsWith("\n200"));
    // And let in again by a list without them.
    QVERIFY(replace("trust.pem", {"ca.pem"}));
    QVERIFY(eventually(
        [&] { return curl(server_->address(), "/api/v1/flow", "bob").endsWith("\n200"); }));
  }

  void anotherAuthorityIsTrusted() {
    QVERIFY(curl(server_->address(), "/api/v1/flow", "eve").endsWith("\n000"));
    QVERIFY(replace("trust.pem", {"ca.pem", "other.pem"}));
    QVERIFY(eventually(
        [&] { return curl(server_->address(), "/api/v1/flow", "eve").endsWith("\n200"); }));
    QVERIFY(replace("trust.pem", {"ca.pem"}));
    QVERIFY(eventually(
        [&] { return curl(server_->address(), "/api/v1/flow", "eve").endsWith("\n000"); }));
  }

  void whatCannotBeUsedIsNamedAndNotTaken_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("good");
    QTest::addColumn<QByteArray>("bad");
    const QByteArray nonsense = "-----BEGIN CERTIFICATE-----\nnonsense\n";
    QTest::newRow("another key") << "key.pem"
                                 << "second.key" << QByteArray("first.key");
    QTest::newRow("no certificate") << "cert.pem"
                                    << "second.pem" << nonsense;
    QTest::newRow("empty") << "cert.pem"
                           << "second.pem" << QByteArray("");
    QTest::newRow("no authority") << "trust.pem"
                                  << "ca.pem" << nonsense;
    QTest::newRow("gone") << "trust.pem"
                          << "ca.pem" << QByteArray("gone");
  }
  void whatCannotBeUsedIsNamedAndNotTaken() {
    QFETCH(QString, file);
    QFETCH(QString, good);
    QFETCH(QByteArray, bad);
    const auto newest = [&] {
      const QByteArray answer = curl(server_->address(), "/api/v1/bulletins", "ann");
      const auto all = QJsonDocument::fromJson(answer.left(answer.lastIndexOf('\n')))
                           .object()["bulletins"]
                           .toArray();
      return all.isEmpty() ? QJsonObject() : all.last().toObject();
    };
    const QString before = newest()["id"].toVariant().toString();
    if (bad == "first.key") {
      QVERIFY(replace(file, {"first.key"}));
    } else if (bad == "gone") {
      QVERIFY(QFile::remove(made_.at(file)));
    } else {
      QFile into(made_.at(file));
      QVERIFY(into.open(QIODevice::WriteOnly | QIODevice::Truncate) && into.write(bad) >= 0);
    }
    QJsonObject said;
    QVERIFY(eventually([&] {
      said = newest();
      return said["id"].toVariant().toString() != before;
    }));
    const QString message = said["message"].toString();
    QVERIFY2(message.contains("cannot be used") && message.contains(made_.at(file)),
             qPrintable(message));
    QCOMPARE(said["level"].toString(), QString("error"));
    QVERIFY(allShow("second"));
    QVERIFY(curl(server_->address(), "/api/v1/flow", "ann").endsWith("\n200"));
    QVERIFY(replace(file, {good}));
    QVERIFY(eventually([&] { return newest()["message"].toString().contains("as they are now"); }));
    QVERIFY(allShow("second"));
  }

  void cleanupTestCase() {
    if (server_) QCOMPARE(server_->stop(), 0);
  }
};

QTEST_GUILESS_MAIN(TlsRotationTest)
#include "tls_rotation_test.moc"
