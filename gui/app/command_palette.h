// SPDX-License-Identifier: Apache-2.0
#pragma once
// CommandPalette: every action of the window by a few letters of its name, and the sheet of all
// keys. Both are made from the actions that there are, so that none can be missing.
// Threads: the GUI thread.

#include <QFrame>
#include <QPointer>
#include <QStringList>
#include <vector>

class QAction;
class QLineEdit;
class QListWidget;
class QMainWindow;
class QTableWidget;

namespace millrace::gui {

class CommandPalette : public QFrame {
 public:
  /// Lies over `over`; runs actions of the window that have a name, a text, and are enabled.
  CommandPalette(QMainWindow& window, QWidget* over);

  void open();
  /// The texts that these letters find, the best first.
  QStringList matches(const QString& letters) const;

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  std::vector<QAction*> found(const QString& letters) const;
  void fill();
  void run();
  void leave();

  QMainWindow& window_;
  QPointer<QWidget> before_;  ///< who had the focus
  QLineEdit* field_;
  QListWidget* list_;
};

/// All keys: those of the actions, and those that only the canvas knows.
class KeySheet : public QFrame {
 public:
  KeySheet(QMainWindow& window, QWidget* over);
  void open();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QMainWindow& window_;
  QLineEdit* field_;
  QTableWidget* table_;
};

}  // namespace millrace::gui
