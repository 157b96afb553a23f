// SPDX-License-Identifier: Apache-2.0
#include "gui/screenshots/fleet.h"

#include "gui/app/descriptors.h"
#include "gui/screenshots/stage.h"

#include <QFileInfo>
#include <QJsonDocument>

namespace millrace::gui {

Fleet::~Fleet() {
  for (const auto& agent : agents_) end(agent->process);
  end(server_.process);
}

void Fleet::end(QProcess& process) {
  if (process.state() == QProcess::NotRunning) return;
  process.kill();
  process.waitForFinished(Stage::kPatienceMillis);
}

bool Fleet::serve(const QByteArray& flow) {
  const QString path = server_.folder.filePath("harbour.yaml");
  if (!writeText(path, flow)) return false;
  server_.process.start(engineProgram(), {"server", path, "--data", server_.folder.filePath("data"),
                                          "--listen", "127.0.0.1:0", "--kafka", "127.0.0.1:0",
                                          "--c2", "127.0.0.1:0", "--archive", "1h"});
  while (!server_.process.canReadLine()) {
    if (!server_.process.waitForReadyRead(Stage::kPatienceMillis)) return false;
  }
  ready_ = QJsonDocument::fromJson(server_.process.readLine()).object();
  return !address().isEmpty();
}

bool Fleet::addUser(const QString& name, const QByteArray& password) {
  QProcess process;
  process.start(engineProgram(),
                {"add-user", name, "--data", server_.folder.filePath("data"), "--role", "admin"});
  if (!process.waitForStarted(Stage::kPatienceMillis)) return false;
  process.write(password + '\n');
  process.closeWriteChannel();
  return process.waitForFinished(Stage::kPatienceMillis) && process.exitCode() == 0;
}

bool Fleet::addAgent(const QString& id, const QString& group) {
  auto agent = std::make_unique<Child>();
  agent->process.setWorkingDirectory(agent->folder.path());
  agent->process.setStandardOutputFile(QProcess::nullDevice());
  agent->process.setStandardErrorFile(QProcess::nullDevice());
  agent->process.start(QFileInfo(engineProgram()).path() + "/millrace-agent",
                       {"--c2", "http://" + ready_["c2"].toString(), "--c2-id", id, "--c2-class",
                        group, "--c2-period", "500 ms"});
  agents_.push_back(std::move(agent));
  return agents_.back()->process.waitForStarted(Stage::kPatienceMillis);
}

}  // namespace millrace::gui
