// SPDX-License-Identifier: Apache-2.0
#pragma once
// PrivateServer: `millrace server` as Studio's child on a free port of this machine, with a data
// directory that goes with it. It ends with Studio, however that ends (Linux: by a signal of the
// kernel). A child that dies is started again with the same data, a few times a minute at most.
// Threads: the GUI thread.

#include <QElapsedTimer>
#include <QObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QUrl>
#include <memory>

namespace millrace::gui {

class PrivateServer : public QObject {
  Q_OBJECT

 public:
  explicit PrivateServer(QObject* parent = nullptr);
  ~PrivateServer() override;

  /// `flow` is the text of the flow that it begins with.
  void start(const QString& program, const QByteArray& flow);
  void stop();
  qint64 processId() const { return process_ ? process_->processId() : 0; }

 signals:
  void ready(const QUrl& base);
  /// It died and is being started again.
  void died(const QString& why);
  /// It will not be started again.
  void gaveUp(const QString& why);

 private:
  void launch();
  void readLine();
  void ended(const QString& why);

  QString program_;
  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<QProcess> process_;
  QByteArray out_;
  QElapsedTimer sinceFirst_;
  int starts_ = 0;
};

}  // namespace millrace::gui
