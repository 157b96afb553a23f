// SPDX-License-Identifier: Apache-2.0
#pragma once
// MainWindow: Studio's window: canvas in the middle, palette left, inspector right, breadcrumbs and
// actions above. It owns the session and wires the parts together; every action has a name, a key
// and a menu entry. Closing with unsaved work asks (setAsk replaces the question in tests).

#include "gui/app/session.h"
#include "gui/canvas/flow_view.h"
#include "gui/layout/dot_layout.h"

#include <QMainWindow>
#include <functional>
#include <memory>

class QDockWidget;
class QLabel;
class QStackedWidget;
class QMenu;
class QHBoxLayout;

namespace millrace::gui {

class ChartPanel;
class CommandPalette;
class ComparePanel;
struct NamedFlow;
class FindBar;
class HistoryPanel;
class KeySheet;
class Minimap;
class OverlayLegend;
class LinkBanner;
class LogPanel;
class OutlinePanel;
class PalettePanel;
class ParametersPanel;
class ProvenancePanel;
class QueuePanel;
class RecoveryBar;
class ServicesPanel;
class SignInBar;
class SampleFinder;
class StartPage;
class TryPanel;

class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  enum class Answer : unsigned char { kSave, kDiscard, kCancel };
  using Ask = std::function<Answer(const QString& question)>;
  using Confirm = std::function<bool(const QString& question)>;

  /// `types` must outlive the window; `examples` is the folder of the example flows, may be empty.
  MainWindow(TypeCatalog& types, const QString& examples);
  ~MainWindow() override;

  Session& session() { return session_; }
  FlowView& view() { return *view_; }
  FlowScene& scene() { return *scene_; }
  Inspector& inspector() { return *inspector_; }
  bool openFile(const QString& path);
  void setTheme(const Theme& theme);
  const Theme& theme() const { return *theme_; }
  void setAsk(Ask ask) { ask_ = std::move(ask); }
  /// Before what cannot be undone.
  void setConfirm(Confirm confirm) { confirm_ = std::move(confirm); }
  QueuePanel& queue() { return *queue_; }
  ProvenancePanel& provenance() { return *provenance_; }
  QAction* action(const QString& name) const;
  void tell(const QString& text);
  /// What *New window* does; without it there is no such command.
  void setNewWindow(std::function<void()> open);
  /// The docks as they were when a window was closed; empty or unreadable: as Studio has them.
  void restoreDocks(const QByteArray& docks);
  void showStartPage();
  void showCanvas();
  /// Asks what to do with edits that a Studio left behind that was killed.
  void offerRecovery(std::vector<Leftover> leftovers);
  /// Works on the flow of a server; false: that is no address, or there is unsaved work to keep.
  bool connectTo(const QString& address);
  /// Marks what differs from the flow in a file, which is the older one; false: it cannot be read.
  bool compareWithFile(const QString& path);
  /// In a window of its own. False, and a word in the status line: one cannot be read.
  bool compareFiles(const QString& older, const QString& newer);
  ChartPanel& charts() { return *charts_; }
  ComparePanel& comparison() { return *compare_; }

 protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  QAction* add(QMenu* menu, const QString& name, const QString& text, const QKeySequence& key,
               std::function<void()> act);
  void makeActions();
  void makeToolBar();
  void makeDocks();
  void makeLiveDocks();
  void makeLiveActions();
  void makeViewDocks(
      const std::function<QDockWidget*(const QString&, const QString&, QWidget*)>& dock);
  void makeTrial(const std::function<QDockWidget*(const QString&, const QString&, QWidget*)>& dock);
  void makeViewActions(QMenu* file);
  void followSelection();
  void compareWithSaved();
  void compareWithRevision(quint64 revision);
  void compareRevisions(quint64 older, quint64 newer);
  void compareInAWindow(NamedFlow older, const NamedFlow& newer);
  void makeSelectionActions(QMenu* edit);
  void groupSelection();
  void selectAlong(Way way);
  void refreshLink();
  void refreshWaiting();
  void act(const QString& action);
  void lookIntoQueue();
  void lookIntoProvenance();
  void replayLast();
  void showDock(const QString& name);
  void emptyQueues();
  Ids operands() const;
  Ids chosenQueues() const;
  void connectParts();
  void refreshTitle();
  void refreshCrumbs();
  void refreshStatus();
  void contextMenu(const QPoint& at, flow::ElementId under);
  void addRemotePorts(QMenu& menu, const flow::RemoteGroup& remote);
  bool mayLeave();
  bool save();
  bool saveAs();
  void openAsked();
  void newFlow();
  void autoLayout();
  void remember(const QString& path);
  void fillRecent();

  const TypeCatalog& types_;
  QString examples_;
  const Theme* theme_;
  Session session_;
  std::unique_ptr<FlowScene> scene_;
  FlowView* view_ = nullptr;
  QStackedWidget* pages_ = nullptr;
  StartPage* start_ = nullptr;
  Inspector* inspector_ = nullptr;
  PalettePanel* palette_ = nullptr;
  FindBar* find_ = nullptr;
  CommandPalette* commands_ = nullptr;
  KeySheet* keys_ = nullptr;
  RecoveryBar* recovery_ = nullptr;
  SignInBar* signIn_ = nullptr;
  OutlinePanel* outline_ = nullptr;
  Minimap* minimap_ = nullptr;
  OverlayLegend* legend_ = nullptr;
  QWidget* crumbs_ = nullptr;
  QLabel* link_ = nullptr;
  QueuePanel* queue_ = nullptr;
  LinkBanner* banner_ = nullptr;
  QDockWidget* queueDock_ = nullptr;
  ProvenancePanel* provenance_ = nullptr;
  ServicesPanel* services_ = nullptr;
  ParametersPanel* parameters_ = nullptr;
  LogPanel* log_ = nullptr;
  ChartPanel* charts_ = nullptr;
  ComparePanel* compare_ = nullptr;
  HistoryPanel* history_ = nullptr;
  TryPanel* try_ = nullptr;
  std::unique_ptr<SampleFinder> samples_;
  QLabel* zoom_ = nullptr;
  QLabel* problems_ = nullptr;
  QMenu* recent_ = nullptr;
  Ask ask_;
  Confirm confirm_;
  QByteArray docks_;  ///< as they are on the canvas; while the start page is shown: as they were
  DotLayout layout_;
};

/// The question before what cannot be undone, in a box.
bool askToGoOn(QWidget* parent, const QString& question);

}  // namespace millrace::gui
