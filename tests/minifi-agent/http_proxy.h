// SPDX-License-Identifier: Apache-2.0
#pragma once
// An HTTP proxy between an agent and its server: nginx. Threads: those of the test.

#include "tests/minifi-agent/agent_program.h"

#include <QByteArray>
#include <QFile>
#include <QProcess>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

/// nginx as a proxy that wants a password, in front of one server whatever it is called.
class HttpProxy {
 public:
  explicit HttpProxy(const QByteArray& serverPort) {
    QTcpServer free;
    if (!free.listen(QHostAddress::LocalHost)) qFatal("no free port");
    port_ = QByteArray::number(free.serverPort());
    free.close();
    QFile config(folder_.filePath("nginx.conf"));
    if (!config.open(QIODevice::WriteOnly)) qFatal("no nginx.conf");
    const QByteArray at = folder_.path().toUtf8();
    config.write("daemon off;\nuser root;\nerror_log stderr;\npid " + at +
                 "/nginx.pid;\nevents {}\nhttp {\naccess_log " + at +
                 "/access;\nclient_body_temp_path " + at + "/body; proxy_temp_path " + at +
                 "/proxy; fastcgi_temp_path " + at + "/fcgi; uwsgi_temp_path " + at +
                 "/uwsgi; scgi_temp_path " + at + "/scgi;\nserver { listen 127.0.0.1:" + port_ +
                 ";\nlocation / {\n"
                 // RFC 7617: base64 of me:mine.
                 "if ($http_proxy_authorization != \"Basic bWU6bWluZQ==\") { return 407; }\n"
                 "proxy_http_version 1.1; proxy_request_buffering off;\n"
                 "proxy_pass http://127.0.0.1:" +
                 serverPort + "; } } }\n");
    config.close();
    process_.start("nginx", {"-c", config.fileName(), "-p", folder_.path(), "-e", "stderr"});
    QTcpSocket socket;
    for (int i = 0; i < 300 && socket.state() != QAbstractSocket::ConnectedState; ++i) {
      socket.connectToHost(QHostAddress::LocalHost, port_.toUShort());
      if (!socket.waitForConnected(100)) QTest::qWait(100);
    }
  }
  ~HttpProxy() {
    process_.terminate();
    process_.waitForFinished(kAgentPatience);
  }
  const QByteArray& port() const { return port_; }
  QByteArray access() const {
    QFile file(folder_.filePath("access"));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }

 private:
  QTemporaryDir folder_;
  QProcess process_;
  QByteArray port_;
};
