// SPDX-License-Identifier: Apache-2.0
// What MainWindow shows beside the canvas, and in which colours: charts, comparisons, trying a
// processor.

#include "engine/flow/yaml_reader.h"
#include "gui/app/chart_panel.h"
#include "gui/app/compare_panel.h"
#include "gui/app/compare_window.h"
#include "gui/app/history_panel.h"
#include "gui/app/link_banner.h"
#include "gui/app/main_window.h"
#include "gui/app/palette_panel.h"
#include "gui/app/parameters_panel.h"
#include "gui/app/provenance_panel.h"
#include "gui/app/queue_panel.h"
#include "gui/app/sample_finder.h"
#include "gui/app/start_page.h"
#include "gui/app/try_panel.h"
#include "gui/canvas/glyphs.h"
#include "gui/net/past_flow.h"

#include <QApplication>
#include <QDockWidget>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QSettings>

namespace millrace::gui {

using flow::ElementId;

void MainWindow::setTheme(const Theme& theme) {
  theme_ = &theme;
  qApp->setPalette(paletteOf(theme));
  qApp->setFont(interfaceFont(13));
  qApp->setStyleSheet(styleSheetOf(theme));
  scene_->setTheme(theme);
  inspector_->setTheme(theme);
  palette_->fill();
  start_->fill(theme, QSettings().value("recent").toStringList(),
               QSettings().value("servers").toStringList());
  for (QAction* one : findChildren<QAction*>()) {
    const QVariant glyph = one->property("glyph");
    if (glyph.isValid())
      one->setIcon(iconOf(static_cast<Glyph>(glyph.toInt()), theme.text, theme.control));
  }
  banner_->setTheme(theme);
  provenance_->setTheme(theme);
  charts_->setTheme(theme);
  for (auto* window : findChildren<CompareWindow*>()) window->setTheme(theme);
  refreshCrumbs();
  refreshLink();
}

void MainWindow::makeViewDocks(
    const std::function<QDockWidget*(const QString&, const QString&, QWidget*)>& dock) {
  charts_ = new ChartPanel(session_.model(), session_.link().api(), *theme_, this);
  dock("Charts", "chartDock", charts_);
  connect(scene_.get(), &QGraphicsScene::selectionChanged, this, [this] { followSelection(); });
  makeTrial(dock);
  compare_ = new ComparePanel(session_.model(),
                              {[this](ElementId id) {
                                 if (id != kRootGroup) view_->reveal(id);
                               },
                               [this](FlowComparison comparison) {
                                 if (scene_) scene_->setComparison(std::move(comparison));
                               },
                               [this](const std::string& context) {
                                 showDock("parametersDock");
                                 parameters_->showContext(context);
                               }},
                              this);
  QDockWidget* compared = dock("Compare", "compareDock", compare_);
  connect(compared, &QDockWidget::visibilityChanged, this, [this, compared] {
    // A closed dock leaves no marks behind; one behind another tab does.
    if (compared->isHidden()) compare_->stop();
  });
}

void MainWindow::makeTrial(
    const std::function<QDockWidget*(const QString&, const QString&, QWidget*)>& dock) {
  ApiClient& api = session_.link().api();
  samples_ = std::make_unique<SampleFinder>(session_.model(), api, *queue_);
  try_ = new TryPanel(session_.model(), session_.link(), *samples_, this);
  dock("Try", "tryDock", try_);
  connect(&session_.model(), &FlowModel::wasReset, this, [this] { try_->show(kRootGroup); });
  inspector_->setPreview([this](ElementId component, const QString& text,
                                std::function<void(const QString&, bool)> done) {
    if (session_.link().state() != LinkState::kLive) return;
    samples_->find(component, [this, component, text,
                               done = std::move(done)](const std::optional<Sample>& sample) {
      evaluate(session_.model(), session_.link().api(), component, text, sample, done);
    });
  });
}

void MainWindow::followSelection() {
  const Ids ids = scene_->selection();
  charts_->show(ids.empty() ? kRootGroup : ids.front());
  const ElementId chosen = ids.size() == 1 ? ids.front() : kRootGroup;
  if (try_->component() != chosen) try_->show(chosen);
}

void MainWindow::makeViewActions(QMenu* file) {
  QMenu* compare = file->addMenu("&Compare");
  add(compare, "compareSaved", "With the &saved file", {}, [this] { compareWithSaved(); });
  add(compare, "compareFile", "With a &file…", {}, [this] {
    const QString path = QFileDialog::getOpenFileName(this, "Compare with an older flow", {},
                                                      "Flows (*.yaml *.yml);;All files (*)");
    if (!path.isEmpty()) compareWithFile(path);
  });
  add(compare, "compareFiles", "T&wo files…", {}, [this] {
    const QString kinds = "Flows (*.yaml *.yml);;All files (*)";
    const QString older = QFileDialog::getOpenFileName(this, "The older flow", {}, kinds);
    if (older.isEmpty()) return;
    const QString newer = QFileDialog::getOpenFileName(this, "The newer flow", older, kinds);
    if (!newer.isEmpty()) compareFiles(older, newer);
  });
  compare->addSeparator();
  add(compare, "nextDifference", "&Next difference", QKeySequence("F4"),
      [this] { compare_->step(ComparePanel::Step::kNext); });
  add(compare, "previousDifference", "&Previous difference", QKeySequence("Shift+F4"),
      [this] { compare_->step(ComparePanel::Step::kPrevious); });
  add(compare, "stopComparing", "S&top comparing", {}, [this] { compare_->stop(); });
}

void MainWindow::compareWithSaved() {
  if (session_.path().isEmpty())
    return tell("Nothing to compare with: this flow was not saved yet");
  compareWithFile(session_.path());
}

void MainWindow::compareWithRevision(quint64 revision) {
  ApiClient& api = session_.link().api();
  readRevision(api, revision, [this, revision, base = api.base()](Result<flow::Flow> older) {
    if (base != session_.link().base()) return;  // another server meanwhile
    if (!older.ok())
      return tell("Nothing was compared: " + QString::fromStdString(older.error().message));
    showCanvas();
    showDock("compareDock");
    compare_->compareWith(std::move(*older), QString("revision %1 of the server").arg(revision),
                          [this, revision] { history_->backTo(revision); });
  });
}

void MainWindow::compareRevisions(quint64 older, quint64 newer) {
  ApiClient& api = session_.link().api();
  const auto refused = [this, base = api.base()](const Result<flow::Flow>& read) {
    if (!read.ok()) tell("Nothing was compared: " + QString::fromStdString(read.error().message));
    return !read.ok() || base != session_.link().base();
  };
  readRevision(api, older, [this, &api, older, newer, refused](Result<flow::Flow> before) {
    if (refused(before)) return;
    readRevision(
        api, newer,
        [this, older, newer, refused, before = std::move(*before)](Result<flow::Flow> now) {
          if (refused(now)) return;
          compareInAWindow({before, QString("revision %1").arg(older)},
                           {std::move(*now), QString("revision %1").arg(newer)});
        });
  });
}

void MainWindow::compareInAWindow(NamedFlow older, const NamedFlow& newer) {
  auto* window = new CompareWindow(std::move(older), newer, types_, *theme_, this);
  window->show();  // it goes when it is closed, or with this one
  window->raise();
  window->activateWindow();
}

namespace {

Result<flow::Flow> flowOfFile(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly))
    return Error::user("cannot read " + path.toStdString() + ": " +
                       file.errorString().toStdString());
  const QByteArray bytes = file.readAll();
  return flow::parseFlow({bytes.constData(), static_cast<std::size_t>(bytes.size())},
                         QFileInfo(path).fileName().toStdString());
}

}  // namespace

bool MainWindow::compareFiles(const QString& older, const QString& newer) {
  std::vector<NamedFlow> flows;
  for (const QString& path : {older, newer}) {
    Result<flow::Flow> flow = flowOfFile(path);
    if (!flow.ok()) {
      tell("Nothing was compared: " + QString::fromStdString(flow.error().message));
      return false;
    }
    // Two of one name are told apart by their folders.
    const bool same = QFileInfo(older).fileName() == QFileInfo(newer).fileName();
    flows.push_back({std::move(*flow), same ? path : QFileInfo(path).fileName()});
  }
  compareInAWindow(std::move(flows[0]), flows[1]);
  return true;
}

bool MainWindow::compareWithFile(const QString& path) {
  Result<flow::Flow> older = flowOfFile(path);
  if (!older.ok()) {
    tell("Nothing was compared: " + QString::fromStdString(older.error().message));
    return false;
  }
  showCanvas();
  showDock("compareDock");
  compare_->compareWith(std::move(*older), path == session_.path()
                                               ? QFileInfo(path).fileName() + " as it was saved"
                                               : QFileInfo(path).fileName());
  return true;
}

}  // namespace millrace::gui
