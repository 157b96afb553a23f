// SPDX-License-Identifier: Apache-2.0
#pragma once
// AgentProgram: millrace-agent as a user has it, in a folder of its own: started, waited for,
// stopped, killed. MILLRACE_AGENT names another build of it. Threads: the test's.

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QMap>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

constexpr int kAgentPatience = 120000;  // milliseconds; only what is broken takes so long

using AgentFiles = QMap<QString, QByteArray>;

class AgentProgram {
 public:
  /// The build beside the tests, whichever one is tested.
  static QString usual() { return QString(MR_BINARY_DIR) + "/bin/millrace-agent"; }
  static QString path() { return qEnvironmentVariable("MILLRACE_AGENT", usual()); }

  /// The static build has none.
  static bool hasTls() {
    QProcess version;
    version.start(path(), {"--version"});
    return version.waitForFinished(kAgentPatience) &&
           !version.readAllStandardOutput().contains("without TLS");
  }

  AgentProgram() { process_.setWorkingDirectory(folder_.path()); }
  ~AgentProgram() {
    process_.kill();
    process_.waitForFinished(kAgentPatience);
  }

  QString file(const QString& name) const { return folder_.filePath(name); }
  bool write(const QString& name, const QByteArray& text) const {
    QDir().mkpath(QFileInfo(file(name)).path());
    QFile file(this->file(name));
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
  }
  /// Puts a file there in one step, so that nobody sees half of it.
  bool place(const QString& name, const QByteArray& text) const {
    if (!write("parts/part", text)) return false;
    QDir().mkpath(QFileInfo(file(name)).path());
    QFile::remove(file(name));
    return QFile::rename(file("parts/part"), file(name));
  }
  QByteArray read(const QString& name) const {
    QFile file(this->file(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }
  /// What is in a folder and its folders, by name.
  AgentFiles filesIn(const QString& name) const {
    AgentFiles files;
    QDirIterator every(file(name), QDir::Files, QDirIterator::Subdirectories);
    while (every.hasNext()) {
      const QString path = every.next();
      // What PutFile has not named yet begins with a dot.
      if (QFileInfo(path).fileName().startsWith('.')) continue;
      files[QDir(file(name)).relativeFilePath(path)] =
          read(QDir(folder_.path()).relativeFilePath(path));
    }
    return files;
  }

  void setEnvironment(const QMap<QString, QString>& variables) {
    QProcessEnvironment all = QProcessEnvironment::systemEnvironment();
    for (auto it = variables.begin(); it != variables.end(); ++it) all.insert(it.key(), it.value());
    process_.setProcessEnvironment(all);
  }
  /// Starts of another build from now on.
  void use(const QString& program) { program_ = program; }
  bool start(const QStringList& arguments) {
    process_.start(program_, arguments);
    return process_.waitForStarted(kAgentPatience);
  }
  /// Until it ends by itself; its exit code.
  int run(const QStringList& arguments) {
    if (!start(arguments)) return -1;
    process_.closeWriteChannel();
    return ended();
  }
  int stop() {
    process_.terminate();
    return ended();
  }
  void kill() {
    process_.kill();
    process_.waitForFinished(kAgentPatience);
  }
  bool isRunning() const { return process_.state() == QProcess::Running; }
  QByteArray out() { return process_.readAllStandardOutput(); }
  /// All that it complained about since it started.
  QByteArray err() { return err_ += process_.readAllStandardError(); }

 private:
  int ended() {
    if (!process_.waitForFinished(kAgentPatience)) return -1;
    return process_.exitStatus() == QProcess::NormalExit ? process_.exitCode() : -1;
  }

  QString program_ = path();
  QTemporaryDir folder_;
  QProcess process_;
  QByteArray err_;
};

/// At the start of a test slot: leaves it out where the program has no TLS.
#define MR_NEEDS_TLS() \
  if (!AgentProgram::hasTls()) QSKIP("this build of the agent has no TLS")
