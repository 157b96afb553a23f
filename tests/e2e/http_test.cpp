// SPDX-License-Identifier: Apache-2.0
// Large bodies through the running program in constant memory: curl into ListenHTTP, nginx into
// InvokeHTTP. MILLRACE_ROUNDS scales the size: 1 is 1 GB; a tenth is the default.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace {

constexpr int kPatience = 600000;
constexpr qint64 kMostGrowth = 32 * 1024;  // KiB, whatever the size of the body

qint64 largeSize() {
  bool given = false;
  const double factor = qEnvironmentVariable("MILLRACE_ROUNDS").toDouble(&given);
  return qint64(1e9 * (given ? factor : 0.1));
}

quint16 freePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  return bound ? ntohs(address.sin_port) : quint16(0);
}

/// The most memory that a process ever had, in KiB.
qint64 peakMemory(qint64 process) {
  QFile status(QString("/proc/%1/status").arg(process));
  if (!status.open(QIODevice::ReadOnly)) return -1;
  for (const QByteArray& line : status.readAll().split('\n')) {
    if (line.startsWith("VmHWM:")) return line.mid(6).trimmed().split(' ').first().toLongLong();
  }
  return -1;
}

void fill(const QString& path, qint64 size) {
  QDir().mkpath(QFileInfo(path).path());
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly)) return;
  QByteArray block;
  for (int i = 0; block.size() < 1000000; ++i) block += QByteArray::number(i * 7919) + '\n';
  for (qint64 left = size; left > 0; left -= block.size())
    file.write(block.left(int(qMin(left, qint64(block.size())))));
}

QByteArray digestOf(const QString& path) {
  QProcess program;
  program.start("sha256sum", {path});
  program.waitForFinished(kPatience);
  return program.readAllStandardOutput().left(64);
}

bool listens(quint16 port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  const bool there =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return there;
}

}  // namespace

class HttpTest : public QObject {
  Q_OBJECT
 private:
  QTemporaryDir folder_;

  void write(const QString& name, const QString& text) {
    QFile file(folder_.filePath(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text.toUtf8());
  }
  void start(QProcess& program, const QString& flow) {
    program.setWorkingDirectory(folder_.path());
    program.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    program.start(MR_BINARY_DIR "/bin/millrace",
                  {"run", flow, "--data", folder_.filePath("data-" + flow), "--for", "600s"});
    QVERIFY(program.waitForStarted());
  }
  static void stop(QProcess& program) {
    program.terminate();
    QVERIFY(program.waitForFinished(kPatience));
  }

 private slots:
  void initTestCase() {
    fill(folder_.filePath("www/small"), 1000);
    fill(folder_.filePath("www/large"), largeSize());
  }

  void listenHttpTakesALargeBodyInConstantMemory() {
    const quint16 port = freePort();
    write("listen.yaml", QString("millrace: 1\nname: listen\nprocessors:\n"
                                 "  - name: Listen\n    type: ListenHTTP\n    properties:\n"
                                 "      Listening Port: '%1'\n      Hostname: 127.0.0.1\n"
                                 "      HTTP Headers for Attributes: filename\n"
                                 "  - name: Put\n    type: PutFile\n"
                                 "    properties: {Directory: in}\n"
                                 "    auto-terminate: [success, failure]\n"
                                 "connections:\n"
                                 "  - {from: Listen, relationship: success, to: Put}\n")
                             .arg(port));
    QProcess program;
    start(program, "listen.yaml");
    QTRY_VERIFY_WITH_TIMEOUT(listens(port), 30000);
    qint64 before = 0;
    for (const QString& name : {QString("small"), QString("large")}) {
      QProcess curl;
      curl.start("curl", {"-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", "filename: " + name,
                          "-T", folder_.filePath("www/" + name), "-X", "POST",
                          QString("http://127.0.0.1:%1/contentListener").arg(port)});
      QVERIFY(curl.waitForFinished(kPatience));
      QCOMPARE(curl.readAllStandardOutput(), QByteArray("200"));
      QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(folder_.filePath("in/" + name)), kPatience);
      if (name == "small") before = peakMemory(program.processId());
    }
    const qint64 after = peakMemory(program.processId());
    QVERIFY2(before > 0 && after - before < kMostGrowth,
             qPrintable(QString("from %1 to %2 KiB").arg(before).arg(after)));
    stop(program);
    QCOMPARE(digestOf(folder_.filePath("in/large")), digestOf(folder_.filePath("www/large")));
  }

  void invokeHttpTakesAndSendsALargeBodyInConstantMemory() {
    const quint16 port = freePort();
    write(
        "nginx.conf",
        QString("daemon off;\nuser root;\nerror_log stderr;\npid %1/nginx.pid;\nevents {}\nhttp {\n"
                "access_log off; client_body_temp_path %1/body; proxy_temp_path %1/proxy;\n"
                "fastcgi_temp_path %1/fcgi; uwsgi_temp_path %1/uwsgi; scgi_temp_path %1/scgi;\n"
                "client_max_body_size 0;\nserver { listen 127.0.0.1:%2; root %1/www;\n"
                "location /up/ { dav_methods PUT; create_full_put_path on; } } }\n")
            .arg(folder_.path())
            .arg(port));
    QProcess nginx;
    nginx.start("nginx",
                {"-c", folder_.filePath("nginx.conf"), "-p", folder_.path(), "-e", "stderr"});
    QVERIFY(nginx.waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(listens(port), 30000);
    QDir(folder_.path()).mkpath("names");
    write("invoke.yaml",
          QString("millrace: 1\nname: invoke\nprocessors:\n"
                  "  - name: Names\n    type: GetFile\n    properties:\n"
                  "      Input Directory: names\n      Polling Interval: 100 ms\n"
                  "  - name: Get\n    type: InvokeHTTP\n    properties:\n"
                  "      HTTP URL: http://127.0.0.1:%1/${filename}\n"
                  "    auto-terminate: [Original, Retry, No Retry, Failure]\n"
                  "  - name: Put\n    type: InvokeHTTP\n    properties:\n"
                  "      HTTP Method: PUT\n"
                  "      HTTP URL: http://127.0.0.1:%1/up/${filename}\n"
                  "      Request Chunked Transfer-Encoding Enabled: 'true'\n"
                  "    auto-terminate: [Original, Response, Retry, No Retry, Failure]\n"
                  "connections:\n"
                  "  - {from: Names, relationship: success, to: Get}\n"
                  "  - {from: Get, relationship: Response, to: Put}\n")
              .arg(port));
    QProcess program;
    start(program, "invoke.yaml");
    qint64 before = 0;
    for (const QString& name : {QString("small"), QString("large")}) {
      write("names/" + name, "x");
      QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(folder_.filePath("www/up/" + name)), kPatience);
      if (name == "small") before = peakMemory(program.processId());
    }
    const qint64 after = peakMemory(program.processId());
    QVERIFY2(before > 0 && after - before < kMostGrowth,
             qPrintable(QString("from %1 to %2 KiB").arg(before).arg(after)));
    stop(program);
    nginx.terminate();
    QVERIFY(nginx.waitForFinished(kPatience));
    QCOMPARE(digestOf(folder_.filePath("www/up/large")), digestOf(folder_.filePath("www/large")));
  }
};

QTEST_GUILESS_MAIN(HttpTest)
#include "http_test.moc"
