// SPDX-License-Identifier: Apache-2.0
#pragma once
// HistoryPanel: the steps that were made here, to go back and forth among them, and beside them the
// journal of the server's flow, whoever made a change: revert one, or all since then. What is
// reverted there comes back as a change of the server and enters no undo stack.
// Threads: the GUI thread; answers come later.

#include "gui/net/live_link.h"

#include <QUndoStack>
#include <QWidget>
#include <functional>
#include <vector>

class QLabel;
class QPushButton;
class QTableWidget;

namespace millrace::gui {

class HistoryPanel : public QWidget {
 public:
  using Tell = std::function<void(const QString&)>;
  using Confirm = std::function<bool(const QString&)>;
  /// Shows what differs between a revision of the server's flow and a later one; 0: the flow as it
  /// is now.
  using Compare = std::function<void(quint64 revision, quint64 later)>;
  static constexpr int kMost = 1000;

  /// Both must outlive the panel.
  HistoryPanel(QUndoStack& undo, LiveLink& link, Confirm confirm, Tell tell, Compare compare,
               QWidget* parent);
  /// Undoes all that came after a revision, whoever made it, once a person has agreed.
  void backTo(quint64 revision);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void read(quint64 after = 0);
  void take(const QJsonObject& journal);
  void revert();
  void post(quint64 revision, const QString& how, const QString& done);
  quint64 chosen() const;  ///< 0: none
  void compareChosen();
  void openMenu(const QPoint& at);
  /// The oldest and the newest of the chosen rows.
  std::pair<quint64, quint64> chosenTwo() const;
  void refreshButtons();

  LiveLink& link_;
  Confirm confirm_;
  Tell tell_;
  Compare compare_;
  std::vector<quint64> revisions_;  ///< of the rows
  QTableWidget* table_;
  QLabel* state_;
  QPushButton* comparing_;
  QPushButton* revert_;
  QPushButton* revertTo_;
};

/// What a change did, in a few words: its comment, or what it touched.
QString changeWords(const QJsonObject& record);

}  // namespace millrace::gui
