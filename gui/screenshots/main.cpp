// SPDX-License-Identifier: Apache-2.0
// Paints the pictures of docs/studio.md without a display: each main view in light and dark.
//   studio-screenshots FLOWS-FOLDER OUT-FOLDER SUFFIX      (QT_SCALE_FACTOR says how sharp)

#include "gui/app/descriptors.h"
#include "gui/screenshots/stage.h"

#include <QApplication>
#include <QDir>
#include <QSettings>
#include <QStandardPaths>
#include <QStyleFactory>
#include <cstdio>

int main(int argc, char** argv) {
  using namespace millrace::gui;
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QStandardPaths::setTestModeEnabled(true);
  QApplication::setStyle(QStyleFactory::create("Fusion"));
  QApplication app(argc, argv);
  QApplication::setOrganizationName("MillraceScreenshots");
  const QStringList words = QApplication::arguments();
  if (words.size() != 4) {
    std::fprintf(stderr, "studio-screenshots: FLOWS-FOLDER OUT-FOLDER SUFFIX are needed\n");
    return 2;
  }
  QDir().mkpath(words[2]);
  TypeCatalog types;
  const millrace::Result<> described = readDescriptors(engineProgram(), types);
  if (!described.ok()) std::fprintf(stderr, "%s\n", described.error().message.c_str());
  bool good = described.ok();
  for (const Theme* theme : {&lightTheme(), &darkTheme()}) {
    QSettings().clear();  // no path of this machine among what was opened
    Stage stage(types, words[1], *theme, words[2], '-' + theme->name + words[3]);
    shootEdited(stage, words[1]);
    shootLive(stage);
    shootServed(stage);
    good = stage.isGood() && good;
  }
  return good ? 0 : 1;
}
