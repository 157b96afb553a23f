// SPDX-License-Identifier: Apache-2.0
#include "gui/screenshots/stage.h"

#include "gui/screenshots/indexed_png.h"

#include <QApplication>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QFile>
#include <QPixmap>
#include <cstdio>
#include <set>

namespace millrace::gui {
namespace {

/// Painted sharper, too: the others would make the pictures twice as large for little.
const std::set<QString>& mainViews() {
  static const std::set<QString> views{"canvas",  "configure", "live",       "queue",
                                       "lineage", "log",       "parameters", "agents",
                                       "compare", "start",     "provenance", "history"};
  return views;
}

}  // namespace

Stage::Stage(TypeCatalog& types, const QString& examples, const Theme& theme, QString out,
             QString end)
    : theme_(theme), out_(std::move(out)), end_(std::move(end)), window_(types, examples) {
  window_.setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
  window_.setConfirm([](const QString&) { return true; });
  window_.resize(kSize);
  window_.setTheme(theme);
  window_.show();
}

flow::ElementId Stage::named(const std::string& name) const {
  for (const auto& [id, component] :
       const_cast<MainWindow&>(window_).session().model().components())
    if (id != kRootGroup && component.name() == name) return id;
  return {};
}

bool Stage::waitFor(const char* what, const std::function<bool()>& there) {
  QElapsedTimer since;
  since.start();
  while (!there()) {
    if (since.elapsed() > kPatienceMillis) {
      expect(false, what);
      return false;
    }
    QApplication::processEvents(QEventLoop::WaitForMoreEvents, 50);
  }
  return true;
}

void Stage::expect(bool good, const char* what) {
  if (good) return;
  good_ = false;
  std::fprintf(stderr, "studio-screenshots: waited in vain for: %s\n", what);
}

void Stage::shoot(const QString& name) {
  window_.resize(kSize);
  shoot(window_, name);
}

void Stage::shoot(QWidget& window, const QString& name) {
  for (int i = 0; i < 4; ++i) QApplication::processEvents();
  if (window_.devicePixelRatio() > 1 && !mainViews().contains(name)) return;
  const QString path = out_ + '/' + name + end_ + ".png";
  expect(saveIndexed(window.grab().toImage(), path), qPrintable("a place for " + path));
}

void Stage::showBelow(const QString& name) {
  hideBelow();
  auto* dock = part<QDockWidget>(name);
  dock->show();
  dock->raise();
  window_.resizeDocks({dock}, {kDockHeight}, Qt::Vertical);
  for (int i = 0; i < 4; ++i) QApplication::processEvents();
}

void Stage::hideBelow() {
  for (QDockWidget* dock : window_.findChildren<QDockWidget*>()) {
    if (window_.dockWidgetArea(dock) == Qt::BottomDockWidgetArea) dock->hide();
  }
  for (int i = 0; i < 4; ++i) QApplication::processEvents();
}

void Stage::fit() {
  for (int i = 0; i < 4; ++i) QApplication::processEvents();
  window_.view().fitAll();
}

bool writeText(const QString& path, const QByteArray& text) {
  QFile file(path);
  return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
}

}  // namespace millrace::gui
