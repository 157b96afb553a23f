// SPDX-License-Identifier: Apache-2.0
#pragma once
// Session: one flow that is being edited: the model, its undo stack, the file that it came from,
// the component types, and what validation says. No widget in it: the window shows it, the headless
// renderer uses it alone. Threads: the GUI thread.

#include "engine/base/result.h"
#include "gui/app/recovery.h"
#include "gui/inspector/inspector.h"
#include "gui/model/flow_editor.h"
#include "gui/model/status_store.h"
#include "gui/net/live_link.h"

#include <QObject>
#include <QTimer>
#include <QUndoStack>

namespace millrace::gui {

class Session : public QObject {
  Q_OBJECT

 public:
  /// `types` must outlive the session; it gets the types of services when a server tells them.
  explicit Session(TypeCatalog& types);
  ~Session() override;

  FlowModel& model() { return model_; }
  const FlowModel& model() const { return model_; }
  LiveLink& link() { return link_; }
  FlowEditor& editor() { return editor_; }
  QUndoStack& undo() { return undo_; }
  StatusStore& status() { return status_; }
  const TypeCatalog& types() const { return types_; }

  const QString& path() const { return path_; }
  QString title() const;
  bool isDirty() const { return !undo_.isClean(); }

  /// With it every flow that is opened runs on a private server; empty: none does.
  void setEngine(const QString& program);
  /// Works on the flow of a server: what is edited goes there.
  void connectTo(const QUrl& server);
  void startNew();
  Result<> open(const QString& path);
  /// What a server has: no file of ours.
  Result<> take(const std::string& text);
  /// Unsaved edits are kept in this folder from now on, for after a crash. Those on a server are
  /// the server's.
  void keepRecovery(const QString& folder);
  /// Goes on with what a Studio that was killed left behind: unsaved, under the name that it had.
  Result<> restore(const Leftover& leftover);
  /// The text as saving would write it.
  Result<QByteArray> text(bool* commentsKept = nullptr) const;
  /// The work of making it, with all that this needs: for a thread beside the GUI's.
  std::function<Result<QByteArray>()> textWork() const;
  /// Writes by a new file that replaces the old one, so that a full disk loses nothing.
  /// Refused when the file was changed by somebody else since, unless `overwrite`.
  enum class Overwrite : bool { kNo, kYes };
  Result<> save(const QString& path, Overwrite overwrite = Overwrite::kNo);
  bool changedOnDisk() const;

  const ProblemsOf& problems() const { return problems_; }
  /// Looks at once instead of a moment after the last edit.
  void validate();

 signals:
  void validated();
  /// There are more types than there were.
  void typesCame();
  void told(const QString& text);

 private:
  void takenOver();
  void rebase(const QByteArray& theirs, const QString& who);
  bool knowsServices() const;
  void addProblem(flow::ElementId id, QString text, const QString& property);

  TypeCatalog& types_;
  QString engine_;
  FlowModel model_;
  QUndoStack undo_;
  StatusStore status_;
  FlowEditor editor_;
  QString path_;
  std::string base_;   ///< the text that was opened: saving changes only what differs from it
  std::string there_;  ///< a remote server's text, as far as we know
  QByteArray onDisk_;
  ProblemsOf problems_;
  std::vector<RemoteFinding> serverFindings_;
  QTimer soon_;
  LiveLink link_;
  std::unique_ptr<Recovery> recovery_;
};

}  // namespace millrace::gui
