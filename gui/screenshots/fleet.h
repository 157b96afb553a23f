// SPDX-License-Identifier: Apache-2.0
#pragma once
// A real server and the agents that report to it, each a child process in a folder of its own, gone
// with the object. Threads: the GUI thread; starting waits.

#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <memory>
#include <vector>

namespace millrace::gui {

class Fleet {
 public:
  Fleet() = default;
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  /// A server with a log and command and control on free ports; false: it does not serve.
  bool serve(const QByteArray& flow);
  /// An administrator. From then on the server asks who one is.
  bool addUser(const QString& name, const QByteArray& password);
  bool addAgent(const QString& id, const QString& group);
  /// The server dies, as by a power cut.
  void stop() { end(server_.process); }
  /// Where its interface is.
  QString address() const { return ready_["http"].toString(); }

 private:
  struct Child {
    QTemporaryDir folder;
    QProcess process;
  };
  static void end(QProcess& process);

  Child server_;
  std::vector<std::unique_ptr<Child>> agents_;
  QJsonObject ready_;
};

}  // namespace millrace::gui
