// SPDX-License-Identifier: Apache-2.0
// Paints the pictures of docs/studio.md without a display: each main view in light and dark.
//   studio-screenshots FLOWS-FOLDER OUT-FOLDER SUFFIX      (QT_SCALE_FACTOR says how sharp)

#include "gui/app/descriptors.h"
#include "gui/app/find_bar.h"
#include "gui/app/main_window.h"
#include "gui/canvas/quick_add.h"

#include <QApplication>
#include <QDir>
#include <QLineEdit>
#include <QPixmap>
#include <QStandardPaths>
#include <QStyleFactory>
#include <cstdio>

namespace {

using namespace millrace::gui;

bool shoot(MainWindow& window, const QString& out, const QString& name) {
  for (int i = 0; i < 4; ++i) QApplication::processEvents();
  return window.grab().save(out + '/' + name + ".png");
}

millrace::flow::ElementId named(const FlowModel& model, const std::string& name) {
  for (const auto& [id, component] : model.components()) {
    if (id != kRootGroup && component.name() == name) return id;
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
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
  const QString out = words[2];
  QDir().mkpath(out);
  TypeCatalog types;
  const millrace::Result<> described = readDescriptors(engineProgram(), types);
  if (!described.ok()) std::fprintf(stderr, "%s\n", described.error().message.c_str());
  bool good = true;
  for (const Theme* theme : {&lightTheme(), &darkTheme()}) {
    const QString end = '-' + theme->name + words[3];
    MainWindow window(types, words[1]);
    window.setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    window.resize(1440, 900);
    window.setTheme(*theme);
    window.show();
    window.showStartPage();
    good = shoot(window, out, "start" + end) && good;
    good = window.openFile(words[1] + "/flight-status.yaml") && good;
    good = shoot(window, out, "canvas" + end) && good;
    window.view().reveal(named(window.session().model(), "Judge the delay"));
    good = shoot(window, out, "configure" + end) && good;
    window.view().fitAll();
    window.scene().select({});
    window.view().openQuickAdd(window.view().mapToScene(QPoint(380, 120)));
    window.view().quickAdd().findChild<QLineEdit*>("quickAddField")->setText("attr");
    good = shoot(window, out, "quick-add" + end) && good;
    window.view().quickAdd().hide();
    window.session().editor().addProcessor(kRootGroup, "PutFile", window.view().freePlace());
    window.session().validate();
    window.scene().select({named(window.session().model(), "PutFile")});
    good = shoot(window, out, "incomplete" + end) && good;
  }
  return good ? 0 : 1;
}
