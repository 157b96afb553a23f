// SPDX-License-Identifier: Apache-2.0
#pragma once
// ContextPage: what a shared context is beside its parameters: its comment, what it inherits in the
// order in which it wins, and who uses it. Threads: the GUI thread.

#include "gui/model/flow_editor.h"

#include <QWidget>
#include <functional>
#include <string>

class QLineEdit;
class QListWidget;
class QPushButton;

namespace millrace::gui {

class ContextPage : public QWidget {
 public:
  struct Acts {
    std::function<void(flow::ElementId)> go;            ///< to a group
    std::function<void(const std::string&)> openOther;  ///< to another context
    std::function<void(const QString& text)> tell;
  };

  /// The editor must outlive the page.
  ContextPage(FlowEditor& editor, Acts acts, QWidget* parent);

  /// Empty: none.
  void show(const std::string& context);
  void refresh();

 private:
  QWidget* makeInherits();
  void fillMenu();
  void move(int by);
  void inherit(const std::string& name);
  void drop();
  void change(const QString& text, const std::function<void(flow::ParameterContext&)>& how);
  void followRow();

  FlowEditor& editor_;
  Acts acts_;
  std::string context_;
  QLineEdit* comment_;
  QListWidget* inherits_;
  QListWidget* users_;
  QPushButton* add_;
  QPushButton* up_;
  QPushButton* down_;
  QPushButton* drop_;
};

}  // namespace millrace::gui
