// SPDX-License-Identifier: Apache-2.0
#pragma once
// ParametersPanel: parameters of the shown group or of a shared context: its own, which are edited
// here, and behind them those that it gets from (other) shared contexts, with where they come from.
// Values of sensitive ones are in no flow file and are not shown; a server that is there is given
// them.
// Threads: the GUI thread.

#include "gui/app/context_list.h"

#include <QWidget>
#include <functional>
#include <vector>

class QComboBox;
class QHBoxLayout;
class QLabel;
class QTabWidget;

namespace millrace::gui {

class ContextPage;
class SecretBar;
class SecretStore;

class ParametersPanel : public QWidget {
 public:
  using Confirm = std::function<bool(const QString&)>;
  using Tell = std::function<void(const QString&)>;
  using Go = std::function<void(flow::ElementId)>;

  /// The editor must outlive the panel.
  ParametersPanel(FlowEditor& editor, Go go, Confirm confirm, Tell tell, QWidget* parent);

  /// Where values of sensitive parameters go; must outlive the panel.
  void setSecrets(SecretStore& store);
  /// The group whose components are meant.
  void showGroup(flow::ElementId group);
  /// A shared context, if there is one of that name.
  void showContext(const std::string& name);

 private:
  QHBoxLayout* makeHead(QWidget* page);
  void makeUsers();
  void refresh();
  void refreshBinding();
  void followRow();
  void changed(int row, int column, const QString& word, bool on);
  void add();
  void remove();
  void bind(int choice);
  /// An inherited parameter is changed where it comes from: that context is chosen.
  void openSource();
  void change(const QString& text, const std::function<void(std::vector<flow::Parameter>&)>& how);
  bool isOwn(int row) const;
  const std::vector<flow::Parameter>& own() const;

  FlowEditor& editor_;
  Go go_;
  Tell tell_;
  ParameterOwner owner_;
  bool filling_ = false;
  ContextList* owners_ = nullptr;
  QTabWidget* tabs_;
  ContextPage* page_;
  QLabel* title_;
  QLabel* bindingWords_;
  QComboBox* binding_;
  QTableWidget* table_;
  QLineEdit* name_;
  QPushButton* remove_;
  QPushButton* users_;
  QPushButton* source_;
  SecretStore* secrets_ = nullptr;
  SecretBar* secret_ = nullptr;
};

}  // namespace millrace::gui
