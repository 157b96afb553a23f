// SPDX-License-Identifier: Apache-2.0
#include "gui/net/private_server.h"

#include <sys/prctl.h>

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTimer>
#include <csignal>

namespace millrace::gui {
namespace {
constexpr int kMostStarts = 4;  ///< a minute
constexpr qint64 kMinuteMillis = 60000;
constexpr int kFarewellMillis = 3000;
}  // namespace

PrivateServer::PrivateServer(QObject* parent) : QObject(parent) {}

PrivateServer::~PrivateServer() { stop(); }

void PrivateServer::start(const QString& program, const QByteArray& flow) {
  stop();
  program_ = program;
  starts_ = 0;
  folder_ = std::make_unique<QTemporaryDir>();
  QFile file(folder_->filePath("flow.yaml"));
  if (!folder_->isValid() || !file.open(QIODevice::WriteOnly) || file.write(flow) != flow.size()) {
    emit gaveUp("there is no room for a private server's data: " + file.errorString());
    return;
  }
  file.close();
  launch();
}

void PrivateServer::stop() {
  if (!process_) return;
  process_->disconnect(this);
  if (process_->state() != QProcess::NotRunning) {
    // Nothing of it is kept: there is no reason to wait for an orderly end.
    process_->kill();
    process_->waitForFinished(kFarewellMillis);
  }
  process_.reset();
  folder_.reset();
}

void PrivateServer::launch() {
  if (starts_++ == 0) sinceFirst_.start();
  out_.clear();
  if (process_) process_.release()->deleteLater();  // this may run inside one of its signals
  process_ = std::make_unique<QProcess>();
  process_->setStandardErrorFile(folder_->filePath("server.log"), QIODevice::Append);
  process_->setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGTERM); });
  connect(process_.get(), &QProcess::readyReadStandardOutput, this, [this] { readLine(); });
  connect(process_.get(), &QProcess::finished, this,
          [this](int code) { ended(QString("the private server ended with code %1").arg(code)); });
  connect(process_.get(), &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error != QProcess::FailedToStart) return;
    emit gaveUp("the private server cannot be started: " + process_->errorString());
  });
  process_->start(program_,
                  {"server", folder_->filePath("flow.yaml"), "--data", folder_->filePath("data"),
                   "--listen", "127.0.0.1:0", "--kafka", "off", "--archive", "1h"},
                  QIODevice::ReadOnly);
}

void PrivateServer::readLine() {
  out_ += process_->readAllStandardOutput();
  const qsizetype end = out_.indexOf('\n');
  if (end < 0) return;
  const QJsonObject line = QJsonDocument::fromJson(out_.left(end)).object();
  out_.clear();
  const QString http = line["http"].toString();
  if (!http.isEmpty()) {
    emit ready(QUrl("http://" + http));
  } else if (line["ready"].toBool()) {
    emit gaveUp("the program 'millrace' serves no HTTP: install the one of this version");
  }
}

void PrivateServer::ended(const QString& why) {
  QFile log(folder_->filePath("server.log"));
  QString last;
  if (log.open(QIODevice::ReadOnly)) {
    log.seek(std::max<qint64>(0, log.size() - 2000));
    last = QString::fromUtf8(log.readAll()).trimmed().section('\n', -1);
  }
  const QString whole = last.isEmpty() ? why : why + ": " + last;
  if (sinceFirst_.elapsed() > kMinuteMillis) starts_ = 0;
  if (starts_ >= kMostStarts) {
    emit gaveUp(whole);
    return;
  }
  emit died(whole);
  QTimer::singleShot(100 * starts_, this, [this] {
    if (folder_) launch();
  });
}

}  // namespace millrace::gui
