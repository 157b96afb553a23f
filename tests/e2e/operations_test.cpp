// SPDX-License-Identifier: Apache-2.0
// Every command of docs/operations.md, section by section as it stands there, is run and does what
// it says; those that install packages are run by `./dev package --check` alone.
#include "tests/harness/certificates.h"
#include "tests/harness/rest_server.h"

#include <QTemporaryDir>

using certificates_test::Certificates;
using namespace rest_test;

namespace {

const QByteArray kFlow =
    "millrace: 1\n"
    "name: operated\n"
    "processors:\n"
    "  - {name: From, type: GenerateFlowFile, schedule: {runs: 1}, properties: {Batch Size: 5, "
    "colour: red}}\n"
    "  - {name: To, type: LogAttribute, state: stopped, auto-terminate: [success]}\n"
    "connections:\n"
    "  - {from: From, relationship: success, to: To}\n"
    "groups:\n"
    "  - {name: Group, processors: [{name: Name, type: GenerateFlowFile, schedule: {every: 1 h}, "
    "auto-terminate: [success]}]}\n"
    "  - {name: Alerts, groups: [{name: Inner, labels: [{name: says, text: something}]}]}\n";

struct Block {
  QString section;
  bool yaml = false;
  QStringList lines;
};

/// The blocks of code, with the headings above them. Lines that go on are joined.
QList<Block> blocksOf(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) qFatal("no %s", qPrintable(path));
  QList<Block> blocks;
  QString section;
  bool inside = false;
  for (QString line : QString::fromUtf8(file.readAll()).split('\n')) {
    if (line.startsWith("```")) {
      inside = !inside;
      if (inside) blocks.append({section, line == "```yaml", {}});
    } else if (inside && !blocks.last().lines.isEmpty() &&
               blocks.last().lines.last().endsWith('\\')) {
      QString& last = blocks.last().lines.last();
      last.chop(1);
      last += line.trimmed();
    } else if (inside) {
      blocks.last().lines.append(line);
    } else if (line.startsWith("## ")) {
      section = line.mid(3);
    }
  }
  return blocks;
}

/// By tests of packages, on a tree of a whole Debian.
bool isOfPackages(const QString& command) {
  return command.startsWith("apt install ") || command.startsWith("systemctl ");
}

}  // namespace

class OperationsTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  const Certificates made_{folder_.path()};
  QProcess server_;
  QString http_;  // of the server that runs
  QString token_;
  int lives_ = 0;

  QString at(const QString& name) const { return folder_.filePath(name); }
  bool write(const QString& name, const QByteArray& text) const {
    QFile file(at(name));
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
  }
  QProcessEnvironment environment() const {
    QProcessEnvironment all = QProcessEnvironment::systemEnvironment();
    all.insert("PATH", QString(MR_BINARY_DIR) + "/bin:" + all.value("PATH"));
    all.insert("MILLRACE_TOKEN", token_);
    return all;
  }
  /// The command with the places of this test in it.
  QString here(QString command) const {
    command.replace("/var/lib/millrace", at("data"));
    command.replace("/srv/backup", at("backup"));
    command.replace("https://flows.example.org:8443", "https://" + http_);
    command.replace("https://127.0.0.1:8080", "https://" + http_);
    command.replace("http://127.0.0.1:8080", "http://" + http_);
    return command;
  }
  bool stopServer() {
    if (server_.state() == QProcess::NotRunning) return true;
    server_.terminate();
    return server_.waitForFinished(kPatience) && server_.exitCode() == 0;
  }
  /// On free ports.
  bool startServer(QString command) {
    if (!stopServer()) return false;
    command = here(command).replace("0.0.0.0:8443", "0.0.0.0:0");
    if (!command.contains("--listen")) command += " --listen 127.0.0.1:0";
    server_.setWorkingDirectory(folder_.path());
    server_.setProcessEnvironment(environment());
    server_.start("sh", {"-c", "exec " + command + " --kafka 127.0.0.1:0"});
    while (!server_.canReadLine()) {
      if (!server_.waitForReadyRead(kPatience)) return false;
    }
    const QJsonObject ready = QJsonDocument::fromJson(server_.readLine()).object();
    http_ = ready["http"].toString().replace("0.0.0.0", "127.0.0.1");
    ++lives_;
    return ready["ready"].toBool();
  }
  /// What a command said when it failed; empty: it did not.
  QByteArray run(const QString& command) const {
    QProcess process;
    process.setWorkingDirectory(folder_.path());
    process.setProcessEnvironment(environment());
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start("sh", {"-c", here(command)});
    process.write("a good password\n");
    process.closeWriteChannel();
    if (!process.waitForFinished(kPatience)) return "hangs";
    const QByteArray said = process.readAll();
    return process.exitCode() == 0 ? QByteArray() : "fails: " + said;
  }
  /// What has to be so before the command, as its comment says.
  bool prepare(const QString& command) {
    const bool isClient = command.contains("--server http://");
    if (isClient && server_.state() == QProcess::NotRunning &&
        !startServer("millrace server flow.yaml --data /var/lib/millrace"))
      return false;
    if (!isClient &&
        (command.startsWith("millrace backup") || command.startsWith("millrace restore") ||
         command.startsWith("millrace repo"))) {
      if (!stopServer()) return false;
    }
    if (command.startsWith("millrace backup")) QDir(at("backup")).removeRecursively();
    QDir().mkpath(at("backup"));
    if (command.startsWith("millrace restore")) return QDir().rename(at("data"), at("data.before"));
    return true;
  }
  bool logIn() {
    QProcess client;
    client.start("curl", {"-s", "-k", "-m", "100", "https://" + http_ + "/api/v1/login", "-d",
                          "{\"user\":\"ann\",\"password\":\"a good password\"}"});
    if (!client.waitForFinished(kPatience)) return false;
    token_ = QJsonDocument::fromJson(client.readAll()).object()["token"].toString();
    return !token_.isEmpty();
  }

 private slots:
  void initTestCase() {
    QVERIFY(write("flow.yaml", kFlow) && write("bob.txt", "another good one\n"));
    QVERIFY(made_.selfSigned("server") && made_.selfSigned("ca") && made_.issue("amy"));
    QVERIFY(QFile::rename(at("server.key"), at("key.pem")));
    QVERIFY(QFile::copy(at("server.pem"), at("cert.pem")));
    QVERIFY(QFile::rename(at("ca.pem"), at("authorities.pem")));
    QVERIFY(QFile::rename(at("server.pem"), at("ca.pem")));
    QVERIFY(QFile::remove(at("amy.pem")) && QFile::rename(at("amy.both"), at("amy.pem")));
  }

  void everyCommandDoesWhatItSays() {
    int commands = 0;
    int settings = 0;
    for (const Block& block : blocksOf(QString(MR_SOURCE_DIR) + "/docs/operations.md")) {
      if (block.yaml) {
        QVERIFY(write("server.yaml", block.lines.join('\n').toUtf8()));
        const QByteArray wrong = run("millrace check-config server.yaml");
        QVERIFY2(wrong.isEmpty(), wrong);
        ++settings;
        continue;
      }
      const bool secures = block.section == "Secure";
      if (secures && block.lines.first().startsWith("millrace add-user ann")) {
        QVERIFY(stopServer());
        QVERIFY(QDir().rename(at("data"), at("data.open")));
      }
      if (block.section == "Watch") {  // and without users again
        QVERIFY(stopServer());
        token_.clear();
        QVERIFY(QDir(at("data")).removeRecursively() && QDir().rename(at("data.open"), at("data")));
      }
      for (const QString& line : block.lines) {
        const QString command = line.section("  # ", 0, 0).trimmed();
        if (command.isEmpty() || isOfPackages(command)) continue;
        ++commands;
        if (command.startsWith("millrace server")) {
          QVERIFY2(startServer(command), qPrintable(command + server_.readAllStandardError()));
          if (secures && !command.contains("--http-trust")) QVERIFY(logIn());
          if (command.contains("--http-trust")) token_.clear();
          continue;
        }
        QVERIFY2(command.contains("millrace "), qPrintable("nobody runs: " + command));
        QVERIFY2(prepare(command), qPrintable(command));
        const QByteArray wrong = run(command);
        QVERIFY2(wrong.isEmpty(), qPrintable(command + ": ") + wrong);
      }
    }
    QVERIFY(stopServer());
    QVERIFY2(commands > 25, qPrintable(QString::number(commands)));
    QCOMPARE(settings, 1);
    QVERIFY(lives_ > 4);
  }

  void cleanupTestCase() {
    if (server_.state() == QProcess::NotRunning) return;
    server_.kill();
    server_.waitForFinished(kPatience);
  }
};

QTEST_GUILESS_MAIN(OperationsTest)
#include "operations_test.moc"
