// SPDX-License-Identifier: Apache-2.0
#include "gui/app/main_window.h"

#include "gui/app/chart_panel.h"
#include "gui/app/command_palette.h"
#include "gui/app/find_bar.h"
#include "gui/app/link_banner.h"
#include "gui/app/outline_panel.h"
#include "gui/app/palette_panel.h"
#include "gui/app/provenance_panel.h"
#include "gui/app/recovery_bar.h"
#include "gui/app/sample_finder.h"
#include "gui/app/start_page.h"
#include "gui/canvas/glyphs.h"
#include "gui/canvas/minimap.h"
#include "gui/canvas/overlay_legend.h"
#include "gui/canvas/quick_add.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QMessageBox>
#include <QMimeData>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QUrl>

namespace millrace::gui {

using flow::ElementId;

namespace {

constexpr int kTellMillis = 8000;
constexpr int kMostRecent = 12;

MainWindow::Answer askInABox(QWidget* parent, const QString& question) {
  const auto pressed = QMessageBox::question(
      parent, "Unsaved work", question,
      QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, QMessageBox::Save);
  return pressed == QMessageBox::Save      ? MainWindow::Answer::kSave
         : pressed == QMessageBox::Discard ? MainWindow::Answer::kDiscard
                                           : MainWindow::Answer::kCancel;
}

}  // namespace

MainWindow::MainWindow(TypeCatalog& types, const QString& examples)
    : types_(types), examples_(examples), theme_(&lightTheme()), session_(types) {
  scene_ = std::make_unique<FlowScene>(session_.model(), types, session_.status(), *theme_);
  view_ = new FlowView(*scene_, session_.editor(), this);  // owned by the pages
  minimap_ = new Minimap(*view_);
  legend_ = new OverlayLegend(*view_);
  find_ = new FindBar(*view_);
  start_ = new StartPage(*theme_, examples, this);
  pages_ = new QStackedWidget(this);
  pages_->addWidget(view_);
  pages_->addWidget(start_);
  setCentralWidget(pages_);
  commands_ = new CommandPalette(*this, pages_);
  keys_ = new KeySheet(*this, pages_);
  recovery_ = new RecoveryBar(
      [this](const Leftover& leftover) {
        if (!mayLeave()) return false;
        const Result<> done = session_.restore(leftover);
        if (!done.ok()) tell(QString::fromStdString(done.error().message));
        if (!done.ok()) return false;
        showCanvas();
        refreshTitle();
        view_->frameStart();
        return true;
      },
      pages_);
  ask_ = [this](const QString& question) { return askInABox(this, question); };
  setAcceptDrops(true);
  confirm_ = [this](const QString& question) { return askToGoOn(this, question); };
  makeDocks();
  makeLiveDocks();
  makeActions();
  makeToolBar();
  zoom_ = new QLabel(this);
  zoom_->setAccessibleName("Zoom");
  problems_ = new QLabel(this);
  problems_->setObjectName("problemCount");
  link_ = new QLabel(this);
  link_->setObjectName("linkState");
  link_->setContentsMargins(kUnit, kUnit / 2, kUnit, kUnit / 2);
  statusBar()->addPermanentWidget(link_);
  statusBar()->addPermanentWidget(problems_);
  statusBar()->addPermanentWidget(zoom_);
  statusBar()->setSizeGripEnabled(false);
  statusBar()->setContentsMargins(kUnit, 0, 2 * kUnit, 0);
  for (QLabel* label : {problems_, zoom_})
    label->setContentsMargins(kUnit, kUnit / 2, 0, kUnit / 2);
  connectParts();
  resize(1440, 900);
  setTheme(*theme_);
  refreshTitle();
  refreshCrumbs();
  refreshStatus();
  refreshLink();
}

MainWindow::~MainWindow() {
  // What is torn down still signals; nobody is there to listen any more.
  scene_->disconnect(this);
  session_.undo().disconnect(this);
  session_.model().disconnect(this);
  session_.status().disconnect(this);
  session_.link().disconnect(this);
  for (const char* name : {"compareDock", "provenanceDock"})
    findChild<QDockWidget*>(name)->disconnect(this);
  delete view_;  // it looks at the scene while it goes
}

void MainWindow::makeDocks() {
  const auto dock = [&](const QString& title, const QString& name, QWidget* widget,
                        Qt::DockWidgetArea area) {
    auto* made = new QDockWidget(title, this);  // owned by the window
    made->setObjectName(name);
    made->setFeatures(QDockWidget::DockWidgetMovable | QDockWidget::DockWidgetClosable);
    made->setFont(interfaceFont(12, QFont::DemiBold));
    widget->setFont(interfaceFont(13));
    made->setWidget(widget);
    addDockWidget(area, made);
  };
  palette_ = new PalettePanel(*view_, this);
  palette_->setMinimumWidth(232);
  dock("Components", "paletteDock", palette_, Qt::LeftDockWidgetArea);
  outline_ = new OutlinePanel(*view_, this);
  dock("Outline", "outlineDock", outline_, Qt::LeftDockWidgetArea);
  tabifyDockWidget(findChild<QDockWidget*>("paletteDock"), findChild<QDockWidget*>("outlineDock"));
  inspector_ = new Inspector(session_.editor(), *theme_, this);
  dock("Inspector", "inspectorDock", inspector_, Qt::RightDockWidgetArea);
}

void MainWindow::connectParts() {
  connect(view_, &FlowView::told, this, &MainWindow::tell);
  connect(inspector_, &Inspector::told, this, &MainWindow::tell);
  connect(&session_, &Session::told, this, &MainWindow::tell);
  connect(view_, &FlowView::zoomChanged, this, [this] { refreshStatus(); });
  connect(view_, &FlowView::renameAsked, this, [this](ElementId id) {
    scene_->select({id});
    inspector_->focusName();
  });
  connect(view_, &FlowView::contextMenuAsked, this, &MainWindow::contextMenu);
  connect(scene_.get(), &QGraphicsScene::selectionChanged, this, [this] {
    const Ids ids = scene_->selection();
    inspector_->show(ids.empty() && scene_->group() != kRootGroup ? Ids{scene_->group()} : ids);
    refreshStatus();
  });
  connect(scene_.get(), &FlowScene::groupShown, this, [this](ElementId group) {
    inspector_->show(group == kRootGroup ? Ids() : Ids{group});
    refreshCrumbs();
  });
  connect(&session_.model(), &FlowModel::changed, this, [this] { refreshCrumbs(); });
  connect(&session_.model(), &FlowModel::wasReset, this, [this] {
    refreshTitle();
    refreshCrumbs();
  });
  connect(&session_.undo(), &QUndoStack::cleanChanged, this, [this] { refreshTitle(); });
  connect(&session_, &Session::validated, this, [this] {
    Problems painted;
    for (const auto& [id, problems] : session_.problems()) {
      for (const Problem& problem : problems) painted[id].push_back(problem.text);
    }
    scene_->setProblems(std::move(painted));
    outline_->refresh();
    inspector_->setProblems(session_.problems());
    refreshStatus();
  });
  connect(&session_.status(), &StatusStore::changed, this, [this] { view_->showStatus(); });
  connect(&session_.link(), &LiveLink::stateChanged, this, [this] {
    refreshLink();
    refreshTitle();
    refreshWaiting();
  });
  connect(&session_.link(), &LiveLink::flowRead, this, [this] {
    showCanvas();
    refreshTitle();
    refreshWaiting();
    view_->frameStart();
  });
  connect(start_, &StartPage::newAsked, this, [this] { newFlow(); });
  connect(start_, &StartPage::openAsked, this, [this] { openAsked(); });
  connect(start_, &StartPage::fileChosen, this, [this](const QString& path) { openFile(path); });
  connect(start_, &StartPage::serverChosen, this,
          [this](const QString& address) { connectTo(address); });
  session_.validate();
}

void MainWindow::tell(const QString& text) { statusBar()->showMessage(text, kTellMillis); }

void MainWindow::refreshTitle() {
  setWindowTitle(session_.title() + "[*] – Millrace Studio");
  setWindowModified(session_.isDirty());
}

void MainWindow::refreshStatus() {
  zoom_->setText(QString("%1 %").arg(qRound(view_->zoom() * 100)));
  const std::size_t count = session_.problems().size();
  const QString color = count == 0 ? theme_->muted.name() : theme_->error.name();
  problems_->setText(types_.empty() ? QString("not checked: no descriptors")
                     : count == 0   ? QString("no problems")
                     : count == 1   ? QString("1 component incomplete")
                                    : QString("%1 components incomplete").arg(count));
  problems_->setStyleSheet("color:" + color);
}

void MainWindow::restoreDocks(const QByteArray& docks) {
  docks_ = docks;
  if (pages_->currentWidget() == view_) restoreState(docks_);
}

void MainWindow::showStartPage() {
  if (pages_->currentWidget() == view_ && isVisible()) docks_ = saveState();
  pages_->setCurrentWidget(start_);
  for (QDockWidget* dock : findChildren<QDockWidget*>()) dock->hide();
  // Enter begins, Tab leads to the files, the servers and the examples.
  start_->setFocus();
}

void MainWindow::showCanvas() {
  if (pages_->currentWidget() != view_ && !restoreState(docks_)) {
    for (QDockWidget* dock : findChildren<QDockWidget*>()) {
      if (dockWidgetArea(dock) != Qt::BottomDockWidgetArea) dock->show();
    }
    findChild<QDockWidget*>("paletteDock")->raise();
  }
  pages_->setCurrentWidget(view_);
  view_->setFocus();
}

bool MainWindow::openFile(const QString& path) {
  if (!mayLeave()) return false;
  const Result<> opened = session_.open(path);
  if (!opened.ok()) {
    tell(QString::fromStdString(opened.error().message));
    return false;
  }
  showCanvas();
  remember(session_.path());
  refreshTitle();
  view_->frameStart();
  return true;
}

void MainWindow::offerRecovery(std::vector<Leftover> leftovers) {
  recovery_->offer(std::move(leftovers));
}

bool MainWindow::connectTo(const QString& address) {
  const QUrl server = serverAddress(address.trimmed());
  if (!server.isValid()) {
    tell("'" + address + "' is no address of a server; write it as localhost:8080");
    return false;
  }
  if (!mayLeave()) return false;
  session_.connectTo(server);
  QSettings settings;
  QStringList servers = settings.value("servers").toStringList();
  servers.removeAll(server.authority());
  servers.prepend(server.authority());
  while (servers.size() > kMostRecent) servers.removeLast();
  settings.setValue("servers", servers);
  showCanvas();
  refreshTitle();
  return true;
}

void MainWindow::newFlow() {
  if (!mayLeave()) return;
  session_.startNew();
  showCanvas();
  view_->frameStart();
}

void MainWindow::openAsked() {
  const QString path =
      QFileDialog::getOpenFileName(this, "Open a flow", {}, "Flows (*.yaml *.yml);;All files (*)");
  if (!path.isEmpty()) openFile(path);
}

bool MainWindow::save() {
  if (session_.path().isEmpty()) return saveAs();
  Result<> saved = session_.save(session_.path());
  if (!saved.ok() && session_.changedOnDisk() &&
      ask_(QString::fromStdString(saved.error().message) + ". Overwrite it?") == Answer::kSave)
    saved = session_.save(session_.path(), Session::Overwrite::kYes);
  if (!saved.ok()) tell(QString::fromStdString(saved.error().message));
  refreshTitle();
  return saved.ok();
}

bool MainWindow::saveAs() {
  QString path = QFileDialog::getSaveFileName(this, "Save the flow", session_.path(),
                                              "Flows (*.yaml);;All files (*)");
  if (path.isEmpty()) return false;
  if (QFileInfo(path).suffix().isEmpty()) path += ".yaml";
  // The dialog asked about an existing file already.
  const Result<> saved = session_.save(path, Session::Overwrite::kYes);
  if (!saved.ok()) {
    tell(QString::fromStdString(saved.error().message));
    return false;
  }
  remember(session_.path());
  refreshTitle();
  return true;
}

bool MainWindow::mayLeave() {
  if (!session_.isDirty()) return true;
  switch (ask_("“" + session_.title() + "” has changes that are not saved.")) {
    case Answer::kSave:
      return save();
    case Answer::kDiscard:
      return true;
    default:
      return false;
  }
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (!mayLeave()) return event->ignore();
  QSettings settings;
  settings.setValue("geometry", saveGeometry());
  if (pages_->currentWidget() == view_) docks_ = saveState();
  if (!docks_.isEmpty()) settings.setValue("docks", docks_);
  event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  if (!urls.isEmpty() && urls.front().isLocalFile()) openFile(urls.front().toLocalFile());
}

void MainWindow::remember(const QString& path) {
  QSettings settings;
  QStringList recent = settings.value("recent").toStringList();
  recent.removeAll(path);
  recent.prepend(path);
  while (recent.size() > kMostRecent) recent.removeLast();
  settings.setValue("recent", recent);
}

void MainWindow::autoLayout() {
  FlowModel& model = session_.model();
  Ids ids = scene_->selectedNodes();
  if (ids.size() < 2) ids = model.nodesIn(scene_->group());
  std::erase_if(ids, [&](ElementId id) { return model.find(id)->label() != nullptr; });
  if (ids.empty()) return;
  BoxGraph graph;
  std::unordered_map<ElementId, std::size_t> places;
  QPointF corner(1e300, 1e300);
  for (const ElementId id : ids) {
    places.emplace(id, graph.boxes.size());
    const QRectF box = scene_->node(id)->box();
    graph.boxes.push_back(box.size());
    corner = {std::min(corner.x(), box.left()), std::min(corner.y(), box.top())};
  }
  for (const ElementId id : model.connectionsIn(scene_->group())) {
    const flow::Connection* wire = model.find(id)->connection();
    const auto from = places.find(model.nodeOf(wire->from.id, scene_->group()));
    const auto to = places.find(model.nodeOf(wire->to.id, scene_->group()));
    if (from != places.end() && to != places.end())
      graph.wires.emplace_back(from->second, to->second);
  }
  tell("Laying out…");
  layout_.start(std::move(graph), [this, ids, corner](Corners corners, DotLayout::By by) {
    std::vector<std::pair<ElementId, QPointF>> moved;
    for (std::size_t i = 0; i < ids.size(); ++i) moved.emplace_back(ids[i], corners[i] + corner);
    session_.editor().moveTo(moved, "Lay out " + amount(session_.model(), ids));
    view_->fitAll();
    tell(by == DotLayout::By::kDot ? "Laid out"
                                   : "Laid out by Studio itself: Graphviz' dot gave no answer");
  });
}

}  // namespace millrace::gui
