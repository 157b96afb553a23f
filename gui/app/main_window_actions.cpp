// SPDX-License-Identifier: Apache-2.0
// The actions, menus and breadcrumbs of MainWindow.

#include "gui/app/about.h"
#include "gui/app/command_palette.h"
#include "gui/app/find_bar.h"
#include "gui/app/headless_render.h"
#include "gui/app/main_window.h"
#include "gui/canvas/glyphs.h"
#include "gui/canvas/overlay_legend.h"
#include "gui/canvas/quick_add.h"

#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QMenu>
#include <QMenuBar>
#include <QSettings>
#include <QToolBar>
#include <QToolButton>

namespace millrace::gui {

using flow::ElementId;

QAction* MainWindow::add(QMenu* menu, const QString& name, const QString& text,
                         const QKeySequence& key, std::function<void()> act) {
  auto* made = new QAction(text, this);  // owned by the window
  made->setObjectName(name);
  made->setShortcut(key);
  if (menu != nullptr) menu->addAction(made);
  connect(made, &QAction::triggered, this, [act = std::move(act)] {
    if (act) act();
  });
  return made;
}

QAction* MainWindow::action(const QString& name) const { return findChild<QAction*>(name); }

void MainWindow::makeActions() {
  QMenu* file = menuBar()->addMenu("&File");
  add(file, "new", "&New flow", QKeySequence::New, [this] { newFlow(); });
  add(file, "newWindow", "New &window", QKeySequence("Ctrl+Shift+N"), {})->setVisible(false);
  add(file, "open", "&Open…", QKeySequence::Open, [this] { openAsked(); });
  recent_ = file->addMenu("Open &recent");
  connect(recent_, &QMenu::aboutToShow, this, [this] { fillRecent(); });
  add(file, "start", "Start &page", {}, [this] { showStartPage(); });
  file->addSeparator();
  add(file, "save", "&Save", QKeySequence::Save, [this] { save(); });
  add(file, "saveAs", "Save &as…", QKeySequence::SaveAs, [this] { saveAs(); });
  add(file, "export", "&Export a picture…", QKeySequence("Ctrl+E"), [this] {
    const QString out =
        QFileDialog::getSaveFileName(this, "Export a picture", {}, "SVG (*.svg);;PNG (*.png)");
    if (out.isEmpty()) return;
    FlowScene picture(session_.model(), types_, session_.status(), *theme_, Purpose::kPicture);
    picture.showGroup(scene_->group());
    const Result<> done = renderPicture(picture, out);
    tell(done.ok() ? "Exported " + out : QString::fromStdString(done.error().message));
  });
  makeViewActions(file);
  file->addSeparator();
  add(file, "quit", "&Quit", QKeySequence::Quit, [this] { close(); });

  QMenu* edit = menuBar()->addMenu("&Edit");
  QAction* undo = session_.undo().createUndoAction(this, "Undo");
  undo->setObjectName("undo");
  undo->setShortcut(QKeySequence::Undo);
  QAction* redo = session_.undo().createRedoAction(this, "Redo");
  redo->setObjectName("redo");
  redo->setShortcuts({QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")});
  edit->addActions({undo, redo});
  edit->addSeparator();
  // The keys of text fields stay with them: these act while the canvas has the focus.
  const auto onCanvas = [](QAction* action) {
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    return action;
  };
  for (QAction* action :
       {add(edit, "cut", "Cu&t", QKeySequence::Cut, [this] { view_->cutSelection(); }),
        add(edit, "copy", "&Copy", QKeySequence::Copy, [this] { view_->copySelection(); }),
        add(edit, "paste", "&Paste", QKeySequence::Paste, [this] { view_->paste(); }),
        add(edit, "duplicate", "&Duplicate", QKeySequence("Ctrl+D"),
            [this] { view_->duplicate(); }),
        add(edit, "delete", "De&lete", QKeySequence::Delete, [this] { view_->deleteSelection(); }),
        add(edit, "selectAll", "Select &all", QKeySequence::SelectAll,
            [this] { view_->selectAll(); }),
        add(edit, "rename", "&Rename", QKeySequence("F2"), [this] {
          if (!scene_->selection().empty()) inspector_->focusName();
        })})
    view_->addAction(onCanvas(action));
  makeSelectionActions(edit);
  edit->addSeparator();
  add(edit, "find", "&Find…", QKeySequence::Find, [this] {
    showCanvas();
    find_->open();
  });
  add(edit, "add", "Add a &component…", QKeySequence("Ctrl+Space"), [this] {
    showCanvas();
    view_->openQuickAdd(view_->freePlace());
  });

  QMenu* arrange = menuBar()->addMenu("&Arrange");
  const std::pair<const char*, Align> aligns[] = {
      {"Left", Align::kLeft}, {"Centre", Align::kCentre}, {"Right", Align::kRight},
      {"Top", Align::kTop},   {"Middle", Align::kMiddle}, {"Bottom", Align::kBottom}};
  for (const auto& [word, how] : aligns) {
    add(arrange, QString("align") + word, QString("Align ") + QString(word).toLower(),
        QKeySequence(QString("Alt+Shift+") + word[0]),
        [this, how = how] { view_->alignSelection(how); });
  }
  arrange->addSeparator();
  add(arrange, "distributeAcross", "Distribute across", QKeySequence("Alt+Shift+H"),
      [this] { view_->distributeSelection(Axis::kHorizontal); });
  add(arrange, "distributeDown", "Distribute down", QKeySequence("Alt+Shift+V"),
      [this] { view_->distributeSelection(Axis::kVertical); });
  arrange->addSeparator();
  add(arrange, "layout", "&Lay out", QKeySequence("Ctrl+L"), [this] { autoLayout(); });

  makeLiveActions();

  QMenu* look = menuBar()->addMenu("&View");
  add(look, "fit", "Fit &all", QKeySequence("Shift+1"), [this] { view_->fitAll(); });
  add(look, "fitSelection", "Fit the &selection", QKeySequence("Shift+2"),
      [this] { view_->fitSelection(); });
  add(look, "zoomIn", "Zoom &in", QKeySequence::ZoomIn,
      [this] { view_->setZoom(view_->zoom() * 1.25); });
  add(look, "zoomOut", "Zoom &out", QKeySequence::ZoomOut,
      [this] { view_->setZoom(view_->zoom() / 1.25); });
  add(look, "zoomOne", "100 %", QKeySequence("Ctrl+0"), [this] { view_->setZoom(1); });
  look->addSeparator();
  QAction* overlay = add(look, "overlay", "Next &overlay", QKeySequence("O"), [this] {
    const Overlay next = nextOverlay(scene_->style().overlay);
    scene_->setOverlay(next);
    tell(next == Overlay::kNone ? QString("No overlay") : legend_->words());
  });
  overlay->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  view_->addAction(overlay);
  add(look, "theme", "Dark or &light", QKeySequence("Ctrl+Shift+L"), [this] {
    setTheme(theme_->isDark ? lightTheme() : darkTheme());
    QSettings().setValue("theme", theme_->name);
  });
  add(look, "contrast", "High &contrast", {}, [this] {
    setTheme(theme_ == &contrastTheme() ? lightTheme() : contrastTheme());
    QSettings().setValue("theme", theme_->name);
  });
  add(look, "systemTheme", "As the s&ystem", {}, [this] {
    QSettings().remove("theme");
    setTheme(themeNamed({}));
  });
  for (QDockWidget* dock : findChildren<QDockWidget*>()) {
    dock->toggleViewAction()->setObjectName("show:" + dock->objectName());
    look->addAction(dock->toggleViewAction());
  }

  QMenu* help = menuBar()->addMenu("&Help");
  add(help, "commands", "&Command palette…", QKeySequence("Ctrl+Shift+P"),
      [this] { commands_->open(); });
  add(help, "diagnostics", "&Diagnostics", {}, [this] { showDock("diagnosticsDock"); });
  QAction* keys = add(help, "keys", "&Keys", QKeySequence("?"), [this] { keys_->open(); });
  add(help, "about", "&About Millrace Studio", {}, [this] { showAbout(*this); });
  keys->setShortcuts({QKeySequence("?"), QKeySequence("F1")});
  keys->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  view_->addAction(keys);
}

void MainWindow::setNewWindow(std::function<void()> open) {
  connect(action("newWindow"), &QAction::triggered, this, [open = std::move(open)] { open(); });
  action("newWindow")->setVisible(true);
}

void MainWindow::makeToolBar() {
  auto* bar = addToolBar("Tools");  // owned by the window
  bar->setObjectName("tools");
  bar->setMovable(false);
  bar->setIconSize({20, 20});
  bar->setContextMenuPolicy(Qt::PreventContextMenu);
  const auto button = [&](const QString& name, Glyph glyph) {
    QAction* one = action(name);
    one->setProperty("glyph", static_cast<int>(glyph));
    one->setToolTip(one->text().remove('&').remove("…") +
                    (one->shortcut().isEmpty() ? QString() : "  " + one->shortcut().toString()));
    bar->addAction(one);
  };
  button("open", Glyph::kOpen);
  button("save", Glyph::kSave);
  bar->addSeparator();
  button("undo", Glyph::kUndo);
  button("redo", Glyph::kRedo);
  bar->addSeparator();
  button("add", Glyph::kPlus);
  button("delete", Glyph::kTrash);
  button("layout", Glyph::kLayout);
  bar->addSeparator();
  button("run", Glyph::kPlay);
  button("stop", Glyph::kStop);
  button("runOnce", Glyph::kOnce);
  bar->addSeparator();
  crumbs_ = new QWidget(bar);
  crumbs_->setObjectName("crumbs");
  crumbs_->setAccessibleName("Where you are");
  auto* row = new QHBoxLayout(crumbs_);
  row->setContentsMargins(kUnit, 0, kUnit, 0);
  row->setSpacing(0);
  bar->addWidget(crumbs_);
  auto* space = new QWidget(bar);
  space->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  bar->addWidget(space);
  button("find", Glyph::kSearch);
  button("fit", Glyph::kFit);
  button("theme", Glyph::kTheme);
}

void MainWindow::refreshCrumbs() {
  if (crumbs_ == nullptr) return;
  qDeleteAll(crumbs_->findChildren<QToolButton*>(QString(), Qt::FindDirectChildrenOnly));
  std::vector<ElementId> way;
  const FlowModel& model = session_.model();
  for (ElementId at = scene_->group(); model.find(at) != nullptr; at = model.find(at)->group) {
    way.insert(way.begin(), at);
    if (at == kRootGroup) break;
  }
  for (const ElementId id : way) {
    auto* crumb = new QToolButton(crumbs_);  // owned by the row
    const bool last = id == way.back();
    crumb->setText(QString::fromStdString(titleOf(*model.find(id))).replace('&', "&&") +
                   (last ? "" : "  ›"));
    crumb->setObjectName("crumb");
    crumb->setFont(interfaceFont(13, last ? QFont::DemiBold : QFont::Normal));
    crumb->setEnabled(true);
    connect(crumb, &QToolButton::clicked, this, [this, id] {
      // Later: the click must end before its button is replaced.
      QMetaObject::invokeMethod(
          this,
          [this, id] {
            showCanvas();
            if (id != scene_->group()) view_->enterGroup(id);
          },
          Qt::QueuedConnection);
    });
    crumbs_->layout()->addWidget(crumb);
  }
}

void MainWindow::fillRecent() {
  recent_->clear();
  for (const QString& path : QSettings().value("recent").toStringList()) {
    if (!QFileInfo::exists(path)) continue;
    recent_->addAction(QFileInfo(path).fileName() + "  –  " + QFileInfo(path).path(), this,
                       [this, path] { openFile(path); });
  }
  const QStringList servers = QSettings().value("servers").toStringList();
  if (!recent_->isEmpty() && !servers.isEmpty()) recent_->addSeparator();
  for (const QString& server : servers)
    recent_->addAction("Server " + server, this, [this, server] { connectTo(server); });
  if (recent_->isEmpty()) recent_->addAction("Nothing yet")->setEnabled(false);
}

void MainWindow::makeSelectionActions(QMenu* edit) {
  const auto act = [&](const QString& name, const QString& text, const char* key,
                       std::function<void()> what) {
    QAction* made = add(edit, name, text, QKeySequence(key), std::move(what));
    made->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    view_->addAction(made);
  };
  act("deleteHeal", "Delete and &heal", "Ctrl+Del", [this] {
    const Ids ids = scene_->selectedNodes();
    if (!ids.empty()) session_.editor().removeAndHeal(ids);
  });
  act("group", "&Group", "Ctrl+G", [this] { groupSelection(); });
  act("selectUpstream", "Select &upstream", "Ctrl+Shift+Left",
      [this] { selectAlong(Way::kUpstream); });
  act("selectDownstream", "Select do&wnstream", "Ctrl+Shift+Right",
      [this] { selectAlong(Way::kDownstream); });
}

void MainWindow::groupSelection() {
  const auto made = session_.editor().groupTogether(scene_->selectedNodes());
  if (!made.ok()) return tell(QString::fromStdString(made.error().message));
  scene_->select({*made});
  inspector_->focusName();
}

void MainWindow::selectAlong(Way way) {
  const Ids from = scene_->selectedNodes();
  if (from.empty()) return tell("Choose a component first: its way is selected");
  scene_->select(session_.editor().along(from, way));
}

}  // namespace millrace::gui
