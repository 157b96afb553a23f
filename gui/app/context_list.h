// SPDX-License-Identifier: Apache-2.0
#pragma once
// ContextList: whose parameters are looked at: those of the shown group or of a shared context, and
// how many use each. Contexts are added, renamed and removed here, the latter after it is said whom
// that concerns. Threads: the GUI thread.

#include "gui/model/flow_editor.h"

#include <QWidget>
#include <functional>

class QLineEdit;
class QPushButton;
class QTableWidget;

namespace millrace::gui {

class ContextList : public QWidget {
 public:
  struct Acts {
    std::function<void(const ParameterOwner&)> chosen;
    std::function<bool(const QString& question)> confirm;
    std::function<void(const QString& text)> tell;
  };

  /// The editor must outlive the list.
  ContextList(FlowEditor& editor, Acts acts, QWidget* parent);

  /// The group of the first row; it is chosen.
  void showGroup(flow::ElementId group);
  void choose(const ParameterOwner& owner);
  const ParameterOwner& owner() const { return owner_; }
  /// After a change of the flow. A context that is gone gives way to the group.
  void refresh();

 private:
  void add();
  void rename(int row, const std::string& to);
  void remove();
  void chosenRow(int row);
  bool follow(const Result<>& done);

  FlowEditor& editor_;
  Acts acts_;
  ParameterOwner owner_;
  bool filling_ = false;
  QTableWidget* table_;
  QLineEdit* name_;
  QPushButton* rename_;
  QPushButton* remove_;
};

/// "seen by sensors, inherited by Station": who uses a shared context; empty: nobody.
QString usersWords(const FlowModel& model, const std::string& context);

}  // namespace millrace::gui
