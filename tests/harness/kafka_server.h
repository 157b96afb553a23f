// SPDX-License-Identifier: Apache-2.0
#pragma once
// The real program as a server on a free port, and kcat against it.

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTest>

namespace kafka_test {

constexpr int kPatience = 120000;  // milliseconds, for what is slow on a busy machine

class KafkaServer {
 public:
  /// `flow`: a flow file to run beside the log; empty: none.
  explicit KafkaServer(QString data, QString flow = {})
      : data_(std::move(data)), flow_(std::move(flow)) {}
  ~KafkaServer() { kill(); }

  /// True when it serves. On a free port, which later starts keep.
  bool start() {
    QStringList arguments{"server", "--data", data_, "--listen", "off", "--kafka",
                          "127.0.0.1:" + QString::number(port_)};
    if (!flow_.isEmpty()) arguments.insert(1, flow_);
    process_.start(QString(MR_BINARY_DIR) + "/bin/millrace", arguments);
    if (!process_.waitForStarted(kPatience)) return false;
    while (!process_.canReadLine()) {
      if (!process_.waitForReadyRead(kPatience)) return false;
    }
    ready_ = QJsonDocument::fromJson(process_.readLine()).object();
    const QString address = ready_["kafka"].toString();
    port_ = address.section(':', -1).toInt();
    return ready_["ready"].toBool() && port_ > 0;
  }
  /// SIGTERM; the exit code.
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
  QString address() const { return "127.0.0.1:" + QString::number(port_); }
  QJsonObject ready() const { return ready_; }
  QByteArray errors() { return process_.readAllStandardError(); }

 private:
  QString data_;
  QString flow_;
  QProcess process_;
  QJsonObject ready_;
  int port_ = 0;
};

struct Outcome {
  int code = -1;
  QByteArray out;
  QByteArray err;
};

inline Outcome callProgram(const QString& program, const QStringList& arguments,
                           const QByteArray& input = {}) {
  QProcess process;
  process.start(program, arguments);
  if (!process.waitForStarted(kPatience)) return {};
  process.write(input);
  process.closeWriteChannel();
  if (!process.waitForFinished(kPatience) || process.exitStatus() != QProcess::NormalExit)
    return {};
  return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

inline Outcome kcat(const KafkaServer& server, const QStringList& arguments,
                    const QByteArray& input = {}) {
  return callProgram("kcat", QStringList{"-b", server.address()} + arguments, input);
}

}  // namespace kafka_test
