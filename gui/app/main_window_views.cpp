// SPDX-License-Identifier: Apache-2.0
// What MainWindow shows beside the canvas: charts, comparisons, trying a processor.

#include "engine/flow/yaml_reader.h"
#include "gui/app/chart_panel.h"
#include "gui/app/compare_panel.h"
#include "gui/app/history_panel.h"
#include "gui/app/main_window.h"
#include "gui/app/queue_panel.h"
#include "gui/app/sample_finder.h"
#include "gui/app/try_panel.h"
#include "gui/net/flow_journal.h"

#include <QDockWidget>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>

namespace millrace::gui {

using flow::ElementId;

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

bool MainWindow::compareWithFile(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) {
    tell("Cannot read " + path + ": " + file.errorString());
    return false;
  }
  const QByteArray bytes = file.readAll();
  Result<flow::Flow> older =
      flow::parseFlow({bytes.constData(), static_cast<std::size_t>(bytes.size())},
                      QFileInfo(path).fileName().toStdString());
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
