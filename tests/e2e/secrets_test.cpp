// SPDX-License-Identifier: Apache-2.0
// A flow with a secret, run by the real program: the secret reaches the server that it is for, and
// nothing else: no file of the data directory, no output, no argument of a process.

#include <signal.h>

#include <QDirIterator>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

namespace {

const QString kProgram = MR_BINARY_DIR "/bin/millrace";
constexpr int kPatience = 120000;
const QByteArray kSecret = "Zq8-Tr0ub4dor&3 $${x}#{y} \xC3\xA9";
const QByteArray kUser = "somebody";

/// Answers requests as told and remembers what they said of themselves.
class AskingServer : public QObject {
 public:
  AskingServer() {
    connect(&server_, &QTcpServer::newConnection, this, [this] {
      while (QTcpSocket* socket = server_.nextPendingConnection())
        connect(socket, &QTcpSocket::readyRead, this, [this, socket] { take(socket); });
    });
    server_.listen(QHostAddress::LocalHost);
  }
  quint16 port() const { return server_.serverPort(); }
  QList<QByteArray> authorizations;
  QByteArray answer = "HTTP/1.1 200 OK";
  bool silent = false;

 private:
  void take(QTcpSocket* socket) {
    QByteArray& text = pending_[socket];
    text += socket->readAll();
    while (text.contains("\r\n\r\n")) {
      const QByteArray head = text.left(text.indexOf("\r\n\r\n"));
      text.remove(0, head.size() + 4);
      for (const QByteArray& line : head.split('\n')) {
        if (line.toLower().startsWith("authorization:")) authorizations << line.mid(14).trimmed();
      }
      if (!silent) socket->write(answer + "\r\nContent-Length: 2\r\n\r\nok");
    }
  }
  QTcpServer server_;
  QHash<QTcpSocket*, QByteArray> pending_;
};

struct Outcome {
  int code = -1;
  QByteArray out;
  QByteArray err;
};

}  // namespace

class SecretsTest : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  AskingServer server_;

  void write(const QString& name, const QByteArray& text) {
    QFile file(folder_.filePath(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(text), qint64(text.size()));
    QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner));
  }

  QByteArray flow(int port, const char* extra = "") const {
    return "millrace: 1\nname: secret\nparameters:\n"
           "  user: " +
           kUser +
           "\n"
           "  pass word: {sensitive: true}\n"
           "processors:\n"
           "  - name: Make\n    type: GenerateFlowFile\n"
           "    properties: {Custom Text: '${now()}'}\n    schedule: {runs: 3}\n"
           "  - name: Ask\n    type: InvokeHTTP\n    penalty: 1 ms\n    properties:\n"
           "      HTTP URL: http://127.0.0.1:" +
           QByteArray::number(port) +
           "/x\n"
           "      Request Username: '#{user}'\n"
           "      Request Password: '#{pass word}'\n" +
           extra +
           "    auto-terminate: [Original, Failure, Retry, No Retry, Response]\n"
           "connections:\n"
           "  - {from: Make, relationship: success, to: Ask}\n";
  }

  /// Runs the program; the secret is neither in what it says nor in its arguments.
  /// `asked`: the run is ended when the server was asked so often, since InvokeHTTP never runs dry.
  Outcome call(const QStringList& arguments, const QProcessEnvironment& environment = {},
               int asked = -1) {
    QProcess process;
    QProcessEnvironment all = QProcessEnvironment::systemEnvironment();
    all.insert(environment);
    process.setProcessEnvironment(all);
    process.setWorkingDirectory(folder_.path());
    process.setStandardInputFile(QProcess::nullDevice());
    process.start(kProgram, arguments);
    if (!process.waitForStarted(kPatience)) return {};
    QFile line(QString("/proc/%1/cmdline").arg(process.processId()));
    if (line.open(QIODevice::ReadOnly)) checkHidden(line.readAll(), "arguments");
    // The server needs this thread's event loop.
    bool told = false;
    const bool ended = QTest::qWaitFor(
        [&] {
          if (!told && asked >= 0 && server_.authorizations.size() >= asked) {
            process.terminate();
            told = true;
          }
          return process.state() == QProcess::NotRunning;
        },
        kPatience);
    Outcome outcome{ended ? process.exitCode() : -1, process.readAllStandardOutput(),
                    process.readAllStandardError()};
    checkHidden(outcome.out, "stdout");
    checkHidden(outcome.err, "stderr");
    return outcome;
  }

  static QByteArray askServer(const QString& address, const QByteArray& path) {
    QTcpSocket socket;
    const QStringList parts = address.split(':');
    socket.connectToHost(parts[0], parts[1].toUShort());
    if (!socket.waitForConnected(kPatience)) return "not connected";
    socket.write("GET " + path + " HTTP/1.1\r\nHost: " + address.toUtf8() +
                 "\r\nConnection: close\r\n\r\n");
    QByteArray answer;
    while (socket.state() == QAbstractSocket::ConnectedState && socket.waitForReadyRead(kPatience))
      answer += socket.readAll();
    return answer + socket.readAll();
  }

  static void checkHidden(const QByteArray& text, const QString& where) {
    const QByteArray both = kUser + ":" + kSecret;
    const QList<QByteArray> forms{kSecret,         kSecret.left(12),
                                  kSecret.toHex(), kSecret.toBase64().left(24),
                                  both.toBase64(), kSecret.toPercentEncoding()};
    for (const QByteArray& form : forms)
      QVERIFY2(!text.contains(form), qPrintable(where + " shows it as " + QString(form)));
  }

  void checkFiles(const QString& data) {
    int files = 0;
    QDirIterator each(folder_.filePath(data), QDir::Files | QDir::Hidden | QDir::System,
                      QDirIterator::Subdirectories);
    while (each.hasNext()) {
      QFile file(each.next());
      QVERIFY(file.open(QIODevice::ReadOnly));
      checkHidden(file.readAll(), file.fileName());
      ++files;
    }
    QVERIFY2(files > 4, qPrintable(data));
  }

  void checkArrived(int times) {
    QCOMPARE(server_.authorizations.size(), times);
    for (const QByteArray& said : std::as_const(server_.authorizations))
      QCOMPARE(said, "Basic " + (kUser + ":" + kSecret).toBase64());
    server_.authorizations.clear();
  }

  QProcessEnvironment withSecret() const {
    QProcessEnvironment environment;
    environment.insert("MILLRACE_PARAM_PASS_WORD", QString::fromUtf8(kSecret));
    return environment;
  }

 private slots:
  void initTestCase() {
    QVERIFY(server_.port() != 0);
    write("flow.yaml", flow(server_.port()));
  }

  void aRunTakesItFromTheEnvironmentAndKeepsItForTheNext() {
    const QStringList run{"run",   "flow.yaml", "--data",    "data", "--for",
                          "600 s", "--json",    "--archive", "1 h"};
    const Outcome missing = call(run);
    QCOMPARE(missing.code, 2);
    QVERIFY2(missing.err.contains("'pass word'"), missing.err.constData());
    QVERIFY2(missing.err.contains("MILLRACE_PARAM_PASS_WORD"), missing.err.constData());
    const Outcome first = call(run, withSecret(), 3);
    QVERIFY2(first.code == 0, first.err.constData());
    checkArrived(3);
    checkFiles("data");
    const QFileDevice::Permissions key = QFile::permissions(folder_.filePath("data/secret.key"));
    QCOMPARE(key & (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther),
             QFileDevice::Permissions());
    const Outcome kept = call({"run", "flow.yaml", "--data", "data", "--for", "600 s"}, {}, 3);
    QVERIFY2(kept.code == 0, kept.err.constData());
    checkArrived(3);
    checkFiles("data");
  }

  void noCommandShowsIt() {
    const Outcome found = call({"provenance", "search", "--data", "data", "--json"});
    QCOMPARE(found.code, 0);
    int events = 0;
    for (const QByteArray& line : found.out.split('\n')) {
      const auto id = QJsonDocument::fromJson(line).object()["id"];
      if (!id.isString()) continue;
      if (++events <= 4)
        QCOMPARE(call({"provenance", "show", id.toString(), "--data", "data"}).code, 0);
    }
    QVERIFY(events >= 6);
    write("other.yaml", flow(server_.port(), "      Request Content-Encoding: DISABLED\n"));
    QCOMPARE(call({"diff", "flow.yaml", "other.yaml"}, withSecret()).code, 1);
    QCOMPARE(call({"validate", "--json", "--strict", "flow.yaml"}, withSecret()).code, 0);
    const Outcome unset = call({"validate", "flow.yaml"});
    QCOMPARE(unset.code, 0);
    QVERIFY2(unset.err.contains("'pass word' needs a value"), unset.err.constData());
    QCOMPARE(call({"repo", "verify", "data", "--json"}).code, 0);
  }

  void aRefusedPasswordIsNotShownEither() {
    server_.answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"";
    const Outcome run = call({"run", "flow.yaml", "--for", "600 s", "--json"}, withSecret(), 3);
    server_.answer = "HTTP/1.1 200 OK";
    QVERIFY2(run.code == 0, run.err.constData());
    QVERIFY(server_.authorizations.size() >= 3);
    server_.authorizations.clear();
  }

  void theKeyCanBeChanged() {
    QFile key(folder_.filePath("data/secret.key"));
    QVERIFY(key.open(QIODevice::ReadOnly));
    const QByteArray before = key.readAll();
    QCOMPARE(call({"rotate-key", "--data", "data"}).code, 0);
    key.close();
    QVERIFY(key.open(QIODevice::ReadOnly));
    QVERIFY(key.readAll() != before);
    write("again.yaml", flow(server_.port())
                            .replace("name: Make", "name: More")
                            .replace("from: Make", "from: More"));
    const Outcome run = call({"run", "again.yaml", "--data", "data", "--for", "600 s"}, {}, 3);
    QVERIFY2(run.code == 0, run.err.constData());
    checkArrived(3);
    checkFiles("data");
    QCOMPARE(call({"rotate-key", "--data", "absent"}).code, 2);
  }

  void aFileGivesItAndTheCommandLineMayNot() {
    write("hidden", "pass word=" + kSecret + "\n");
    const Outcome run = call({"run", "flow.yaml", "--for", "600 s", "--secrets", "hidden"}, {}, 3);
    QVERIFY2(run.code == 0, run.err.constData());
    checkArrived(3);
    const Outcome refused =
        call({"run", "flow.yaml", "--for", "600 s", "--param", "pass word=hush"});
    QCOMPARE(refused.code, 2);
    QVERIFY2(refused.err.contains("--secrets"), refused.err.constData());
    QVERIFY(!refused.err.contains("hush"));
  }

  void aServerIsGivenItByRequest() {
    server_.authorizations.clear();
    QProcess program;
    program.setWorkingDirectory(folder_.path());
    program.setStandardInputFile(QProcess::nullDevice());
    program.start(kProgram, {"server", "flow.yaml", "--data", "asked", "--kafka", "off", "--listen",
                             "127.0.0.1:0"});
    QVERIFY(program.waitForStarted(kPatience));
    QVERIFY(QTest::qWaitFor([&] { return program.canReadLine(); }, kPatience));
    const QString http = QJsonDocument::fromJson(program.readLine()).object()["http"].toString();
    const QStringList at{"--server", "http://" + http};
    const Outcome before = call(QStringList{"flow", "secrets"} + at);
    QCOMPARE(before.out, "pass word: not set\n");
    QProcess set;
    set.start(kProgram, QStringList{"flow", "set-secret", "pass word"} + at);
    QVERIFY(set.waitForStarted(kPatience));
    QFile line(QString("/proc/%1/cmdline").arg(set.processId()));
    QVERIFY(line.open(QIODevice::ReadOnly));
    checkHidden(line.readAll(), "arguments");
    set.write(kSecret + "\n");
    set.closeWriteChannel();
    QVERIFY(QTest::qWaitFor([&] { return set.state() == QProcess::NotRunning; }, kPatience));
    checkHidden(set.readAllStandardOutput() + set.readAllStandardError(), "set-secret");
    QCOMPARE(set.exitCode(), 0);
    QVERIFY(QTest::qWaitFor([&] { return server_.authorizations.size() == 3; }, kPatience));
    checkArrived(3);
    QCOMPARE(call(QStringList{"flow", "secrets"} + at).out, "pass word: set\n");
    checkHidden(askServer(http, "/api/v1/secrets"), "secrets");
    QCOMPARE(call(QStringList{"flow", "set-secret", "user"} + at).code, 2);
    program.kill();
    QVERIFY(program.waitForFinished(kPatience));
    checkHidden(program.readAllStandardOutput() + program.readAllStandardError(), "output");
    checkFiles("asked");
    // It is there at the next start.
    write("again.yaml", flow(server_.port())
                            .replace("name: Make", "name: More")
                            .replace("from: Make", "from: More"));
    const Outcome after = call({"run", "again.yaml", "--data", "asked", "--for", "600 s"}, {}, 3);
    QVERIFY2(after.code == 0, after.err.constData());
    checkArrived(static_cast<int>(server_.authorizations.size()));
  }

  void nothingOfItIsLeftByAServerThatIsKilled() {
    server_.silent = true;
    QProcess program;
    QProcessEnvironment all = QProcessEnvironment::systemEnvironment();
    all.insert(withSecret());
    program.setProcessEnvironment(all);
    program.setWorkingDirectory(folder_.path());
    program.setStandardInputFile(QProcess::nullDevice());
    program.start(kProgram, {"server", "flow.yaml", "--data", "served", "--kafka", "off",
                             "--listen", "127.0.0.1:0"});
    QVERIFY(program.waitForStarted(kPatience));
    QVERIFY(QTest::qWaitFor([&] { return program.canReadLine(); }, kPatience));
    const auto ready = QJsonDocument::fromJson(program.readLine()).object();
    QVERIFY(QTest::qWaitFor([&] { return !server_.authorizations.isEmpty(); }, kPatience));
    for (const char* path : {"flow", "status", "bulletins", "counters", "changes", "provenance",
                             "services", "parked"}) {
      const QByteArray answer = askServer(ready["http"].toString(), QByteArray("/api/v1/") + path);
      QVERIFY2(answer.startsWith("HTTP/1.1 200"), (path + (": " + answer.left(200))).constData());
      checkHidden(answer, path);
    }
    QFile line(QString("/proc/%1/cmdline").arg(program.processId()));
    QVERIFY(line.open(QIODevice::ReadOnly));
    checkHidden(line.readAll(), "arguments");
    program.kill();
    QVERIFY(program.waitForFinished(kPatience));
    checkHidden(program.readAllStandardOutput() + program.readAllStandardError(), "output");
    checkFiles("served");
    server_.silent = false;
    server_.authorizations.clear();
    // What was kept survived, and the work that was under way is done with it.
    const Outcome after = call({"run", "flow.yaml", "--data", "served", "--for", "600 s"}, {}, 1);
    QVERIFY2(after.code == 0, after.err.constData());
    QVERIFY(!server_.authorizations.isEmpty());
    checkArrived(static_cast<int>(server_.authorizations.size()));
    checkFiles("served");
  }
};

QTEST_GUILESS_MAIN(SecretsTest)
#include "secrets_test.moc"
