// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server for agents with its commands, as a user has them, and somebody between it and the agents
// (c2_proxy.py). Threads: the test's.

#include "tests/harness/rest_server.h"
#include "tests/minifi-agent/agent_program.h"

#include <memory>

namespace c2_test {

struct Ran {
  int code = -1;
  QByteArray out;
  QByteArray err;
};

inline Ran run(const QString& program, const QStringList& arguments, const QByteArray& input = {}) {
  QProcess process;
  process.start(program, arguments);
  if (!process.waitForStarted(kAgentPatience)) return {};
  process.write(input);
  process.closeWriteChannel();
  if (!process.waitForFinished(kAgentPatience)) return {};
  return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

class Server {
 public:
  explicit Server(const QString& folder) : rest_(folder) {
    rest_.writeFlow("millrace: 1\nname: f\n");
  }
  /// At the same address as the last time.
  bool start(const QStringList& more = {}) {
    if (!rest_.start(QStringList{"--c2", address_} + more)) return false;
    address_ = rest_.ready("c2");
    return !address_.isEmpty();
  }
  const QString& address() const { return address_; }
  /// Its interface is secure, and this file (PEM) says who signed its certificate.
  void trust(const QString& authority) { authority_ = authority; }
  void kill() { rest_.kill(); }
  int stop() { return rest_.stop(); }
  rest_test::RestServer& rest() { return rest_; }

  Ran agents(const QStringList& arguments, const QByteArray& input = {}) const {
    QStringList where{"--server",
                      (authority_.isEmpty() ? "http://" : "https://") + rest_.address()};
    if (!authority_.isEmpty()) where += QStringList{"--ca", authority_};
    return run(QString(MR_BINARY_DIR) + "/bin/millrace", QStringList{"agents"} + arguments + where,
               input);
  }
  /// The serial; 0: it was not taken.
  int deploy(const QByteArray& flow, const QStringList& target) const {
    const Ran done = agents(QStringList{"deploy", "-"} + target, flow);
    return done.out.startsWith("deployment ") ? done.out.mid(11).trimmed().toInt() : 0;
  }
  QJsonObject agent(const QString& name) const {
    return QJsonDocument::fromJson(agents({"show", name}).out).object();
  }
  /// What became of a deployment on an agent: `waiting`, `applied` or `refused`.
  QString outcome(const QString& name, int serial) const {
    const QJsonObject all = agent(name);
    return all["wanted"].toInt() == serial ? all["outcome"].toString() : QString();
  }
  /// How many agents have it so, and the last one's details.
  int count(int serial, const QString& outcome, QString* details = nullptr) const {
    int found = 0;
    for (const QByteArray& line : agents({"list", "--json"}).out.split('\n')) {
      const QJsonObject each = QJsonDocument::fromJson(line).object();
      if (each["wanted"].toInt() != serial || each["outcome"].toString() != outcome) continue;
      ++found;
      if (details != nullptr) *details = each["details"].toString();
    }
    return found;
  }
  /// Asks one agent for something, and waits for what came of it.
  QJsonObject order(const QString& verb, const QString& agent, const QString& name = {}) const {
    QStringList arguments{verb, "--agent", agent};
    if (!name.isEmpty()) arguments.append(name);
    const QByteArray told = agents(arguments).out;  // order N waits for …
    const QByteArray number = told.split(' ').value(1);
    for (int times = 0; times < 600; ++times) {
      const QJsonObject order =
          QJsonDocument::fromJson(agents({"order", number, "--agent", agent}).out).object();
      const QString state = order["state"].toString();
      if (state == "done" || state == "failed" || state == "lost") return order;
      QTest::qWait(100);
    }
    return {};
  }

 private:
  rest_test::RestServer rest_;
  QString address_ = "127.0.0.1:0";
  QString authority_;
};

class Proxy {
 public:
  explicit Proxy(const QString& folder) {
    process_.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process_.start("python3", {QString(MR_SOURCE_DIR) + "/tests/minifi-agent/c2_proxy.py", folder});
    port_ = QJsonDocument::fromJson(line()).object()["port"].toInt();
  }
  ~Proxy() {
    process_.kill();
    process_.waitForFinished(kAgentPatience);
  }
  QString url() const { return "http://127.0.0.1:" + QString::number(port_); }
  /// Returns once it is done.
  void tell(const QString& command) {
    process_.write(command.toUtf8() + '\n');
    const QByteArray done = line().trimmed();
    if (done != command.toUtf8())
      qFatal("the proxy says '%s' to '%s'", done.constData(), qPrintable(command));
  }

 private:
  QByteArray line() {
    while (!process_.canReadLine()) {
      if (!process_.waitForReadyRead(kAgentPatience)) qFatal("the proxy does not answer");
    }
    return process_.readLine();
  }

  QProcess process_;
  int port_ = 0;
};

/// Follows in/log into out/NAME, line by line; `more` is further processors and `wires` their
/// connections.
inline QByteArray following(const QByteArray& name, const QByteArray& more = {},
                            const QByteArray& wires = {}) {
  return "millrace: 1\nname: following\nprocessors:\n"
         "  - name: Follow\n    type: TailFile\n    schedule: {every: 20 ms}\n"
         "    properties: {File to Tail: in/log, Initial Start Position: Beginning of File}\n"
         "  - name: Name\n    type: UpdateAttribute\n    properties: {filename: " +
         name +
         "}\n"
         "  - name: Keep\n    type: PutFile\n"
         "    properties: {Directory: out, Conflict Resolution Strategy: append}\n"
         "    auto-terminate: [success, failure]\n" +
         more +
         "connections:\n"
         "  - {from: Follow, relationship: success, to: Name}\n"
         "  - {from: Name, relationship: success, to: Keep}\n" +
         wires;
}

}  // namespace c2_test
