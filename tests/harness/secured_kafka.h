// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server whose log asks clients who they are: its certificate, its user "ann", and what kcat has
// to be told.

#include "tests/harness/kafka_server.h"

#include <QMap>
#include <QTemporaryDir>
#include <memory>

namespace kafka_test {

constexpr const char* kPassword = "correct horse";

class SecuredKafka {
 public:
  QString path(const QString& name) const { return folder_.filePath(name); }
  KafkaServer& server() const { return *server_; }

  /// Makes the certificate and the user; what went wrong.
  QByteArray prepare() {
    if (const QByteArray wrong = makeCertificate("/CN=127.0.0.1", "cert.pem", "key.pem");
        !wrong.isEmpty())
      return wrong;
    const Outcome added = addUser("ann", kPassword);
    return added.code == 0 ? QByteArray() : "no user: " + added.err;
  }
  /// One that signs itself; what went wrong.
  QByteArray makeCertificate(const QString& subject, const QString& certificate,
                             const QString& key) const {
    const Outcome made =
        callProgram("openssl", {"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                                "-subj", subject, "-addext", "subjectAltName=IP:127.0.0.1",
                                "-keyout", path(key), "-out", path(certificate)});
    return made.code == 0 ? QByteArray() : "no certificate: " + made.err;
  }
  Outcome addUser(const QString& name, const QByteArray& password) const {
    return callProgram(QString(MR_BINARY_DIR) + "/bin/millrace",
                       {"add-user", name, "--kafka", "--data", path("data")}, password + '\n');
  }
  /// `more`: further variables of the server's environment.
  bool start(const QString& protocol, QMap<QByteArray, QByteArray> more = {}) {
    server_ = std::make_unique<KafkaServer>(path("data"));
    more["MILLRACE_KAFKA_SECURITY_PROTOCOL"] = protocol.toUtf8();
    more["MILLRACE_TLS_CERT"] = path("cert.pem").toUtf8();
    more["MILLRACE_TLS_KEY"] = path("key.pem").toUtf8();
    for (auto each = more.begin(); each != more.end(); ++each) qputenv(each.key(), each.value());
    const bool started = server_->start();
    for (const QByteArray& name : more.keys()) qunsetenv(name);
    return started;
  }
  /// The exit code of a server that runs, or 0.
  int stop() {
    const int code = server_ == nullptr ? 0 : server_->stop();
    server_.reset();
    return code;
  }
  /// Settings of librdkafka; without a mechanism nobody says who he is.
  QStringList settings(const QString& protocol, const QString& mechanism,
                       const QString& password = kPassword) const {
    QStringList all{"security.protocol=" + protocol, "ssl.ca.location=" + path("cert.pem")};
    if (!mechanism.isEmpty())
      all << "sasl.mechanism=" + mechanism << "sasl.username=ann"
          << "sasl.password=" + password;
    QStringList arguments;
    for (const QString& each : all) arguments << "-X" << each;
    return arguments;
  }

 private:
  QTemporaryDir folder_;
  std::unique_ptr<KafkaServer> server_;
};

}  // namespace kafka_test
