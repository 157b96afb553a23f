// SPDX-License-Identifier: Apache-2.0
#include "gui/app/descriptors.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QStandardPaths>

namespace millrace::gui {
namespace {
constexpr int kPatienceMillis = 10000;
}

QString engineProgram() {
  const QString beside = QDir(QCoreApplication::applicationDirPath()).filePath("millrace");
  if (QFileInfo(beside).isExecutable()) return beside;
  return QStandardPaths::findExecutable("millrace");
}

Result<> readDescriptors(const QString& program, TypeCatalog& types) {
  if (program.isEmpty())
    return Error::environment(
        "the program 'millrace' is neither beside Studio nor on the PATH: forms and checks are not "
        "available; install it");
  QProcess process;
  process.start(program, {"processors", "--json"}, QIODevice::ReadOnly);
  if (!process.waitForFinished(kPatienceMillis) || process.exitCode() != 0)
    return Error::environment("'" + program.toStdString() +
                              " processors --json' gave no answer: forms and checks are not "
                              "available; try it in a terminal");
  return types.read(process.readAllStandardOutput(), flow::ComponentKind::kProcessor);
}

}  // namespace millrace::gui
