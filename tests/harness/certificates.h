// SPDX-License-Identifier: Apache-2.0
#pragma once
// Certificates and keys (PEM) in a folder, made by openssl. NAME.pem is a certificate, NAME.key its
// key, NAME.both has both.

#include <QFile>
#include <QProcess>
#include <QString>
#include <QTest>

namespace certificates_test {

class Certificates {
 public:
  explicit Certificates(QString folder) : folder_(std::move(folder)) {}
  QString at(const QString& name) const { return folder_ + "/" + name; }

  bool openssl(const QStringList& arguments) const {
    constexpr int kPatience = 120000;
    QProcess process;
    process.setWorkingDirectory(folder_);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start("openssl", arguments);
    if (process.waitForFinished(kPatience) && process.exitCode() == 0) return true;
    qWarning("%s", process.readAll().constData());
    return false;
  }
  bool append(const QString& name, const QString& from) const {
    QFile into(at(name));
    QFile source(at(from));
    return into.open(QIODevice::Append) && source.open(QIODevice::ReadOnly) &&
           into.write(source.readAll()) > 0;
  }
  /// For 127.0.0.1 when it is a server's.
  bool selfSigned(const QString& name) const {
    return openssl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                    name + ".key", "-out", name + ".pem"});
  }
  bool issue(const QString& name, const QString& authority = "ca") const {
    return openssl({"req", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=Example/CN=" + name,
                    "-keyout", name + ".key", "-out", name + ".csr"}) &&
           openssl({"x509", "-req", "-in", name + ".csr", "-CA", authority + ".pem", "-CAkey",
                    authority + ".key", "-CAcreateserial", "-days", "2", "-out", name + ".pem"}) &&
           append(name + ".both", name + ".pem") && append(name + ".both", name + ".key");
  }
  /// revoked.pem is the authority's list with that one on it.
  bool revoke(const QString& name, const QString& authority = "ca") const {
    QFile settings(at("ca.cnf"));
    if (!settings.open(QIODevice::WriteOnly) ||
        settings.write("[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\n"
                       "default_crl_days=2\n") < 0)
      return false;
    settings.close();
    QFile index(at("index.txt"));
    if (!index.open(QIODevice::WriteOnly)) return false;
    index.close();
    const QStringList ca{"ca",       "-config",         "ca.cnf", "-cert", authority + ".pem",
                         "-keyfile", authority + ".key"};
    return openssl(ca + QStringList{"-revoke", name + ".pem"}) &&
           openssl(ca + QStringList{"-gencrl", "-out", "revoked.pem"});
  }

 private:
  const QString folder_;
};

}  // namespace certificates_test
