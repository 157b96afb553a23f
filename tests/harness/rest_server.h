// SPDX-License-Identifier: Apache-2.0
#pragma once
// The real program as a server with its interface on a free port, and curl against it.

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTest>

namespace rest_test {

constexpr int kPatience = 120000;  // milliseconds, for what is slow on a busy machine

struct Answer {
  int status = 0;  ///< 0: none
  QByteArray body;
  QJsonObject json() const { return QJsonDocument::fromJson(body).object(); }
};

class RestServer {
 public:
  /// The folder gets the flow file and the data directory.
  explicit RestServer(QString folder) : folder_(std::move(folder)) {}
  ~RestServer() { kill(); }

  QString flowFile() const { return folder_ + "/flow.yaml"; }
  bool writeFlow(const QByteArray& text) const {
    QFile file(flowFile());
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
  }
  QByteArray readFlow() const {
    QFile file(flowFile());
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }

  /// True when it serves.
  bool start(const QStringList& more = {}) {
    QStringList arguments{"server", flowFile(), "--data", folder_ + "/data"};
    if (!more.contains("--kafka")) arguments += QStringList{"--kafka", "off"};
    if (!more.contains("--listen")) arguments += QStringList{"--listen", "127.0.0.1:0"};
    process_.start(QString(MR_BINARY_DIR) + "/bin/millrace", arguments + more);
    if (!process_.waitForStarted(kPatience)) return false;
    while (!process_.canReadLine()) {
      if (!process_.waitForReadyRead(kPatience)) return false;
    }
    ready_ = QJsonDocument::fromJson(process_.readLine()).object();
    return ready_["ready"].toBool() && !ready_["http"].toString().isEmpty();
  }
  int stop() {
    process_.terminate();
    if (!process_.waitForFinished(kPatience) || process_.exitStatus() != QProcess::NormalExit)
      return -1;
    return process_.exitCode();
  }
  void kill() {
    if (process_.state() == QProcess::NotRunning) return;
    process_.kill();
    process_.waitForFinished(kPatience);
  }
  QString address() const { return ready_["http"].toString(); }
  /// Another address of the line that says that it serves.
  QString ready(const QString& key) const { return ready_[key].toString(); }
  QByteArray errors() { return process_.readAllStandardError(); }

  Answer curl(const QString& path, const QStringList& more = {},
              const QByteArray& input = {}) const {
    QProcess client;
    client.start("curl", QStringList{"-s", "-m", "100", "-w", "\n%{http_code}",
                                     "http://" + address() + path} +
                             more);
    if (!client.waitForStarted(kPatience)) return {};
    client.write(input);
    client.closeWriteChannel();
    if (!client.waitForFinished(kPatience)) return {};
    const QByteArray out = client.readAllStandardOutput();
    const qsizetype end = out.lastIndexOf('\n');
    return {out.mid(end + 1).toInt(), out.left(end)};
  }
  Answer post(const QString& path, const QByteArray& body) const {
    return curl(path, {"--data-binary", "@-"}, body);
  }

 private:
  QString folder_;
  QProcess process_;
  QJsonObject ready_;
};

}  // namespace rest_test
