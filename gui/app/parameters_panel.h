// SPDX-License-Identifier: Apache-2.0
#pragma once
// ParametersPanel: the parameters that components of the shown group see: the group's own, which
// are edited here, and behind them those of its shared context, which are shown. Values of
// sensitive ones are in no flow file and are not shown; a server that is there is given them.
// Threads: the GUI thread.

#include "gui/model/flow_editor.h"

#include <QWidget>
#include <functional>
#include <vector>

class QLabel;
class QLineEdit;
class QPushButton;
class QTableWidget;

namespace millrace::gui {

class SecretBar;
class SecretStore;

class ParametersPanel : public QWidget {
 public:
  using Tell = std::function<void(const QString&)>;
  using Go = std::function<void(flow::ElementId)>;

  /// The editor must outlive the panel.
  ParametersPanel(FlowEditor& editor, Go go, Tell tell, QWidget* parent);

  /// Where values of sensitive parameters go; must outlive the panel.
  void setSecrets(SecretStore& store);
  /// The group whose components are meant.
  void showGroup(flow::ElementId group);

 private:
  void refresh();
  void followRow();
  void changed(int row, int column, const QString& word, bool on);
  void add();
  void remove();
  void change(const QString& text, const std::function<void(std::vector<flow::Parameter>&)>& how);
  const std::vector<flow::Parameter>& own() const;

  FlowEditor& editor_;
  Go go_;
  Tell tell_;
  flow::ElementId group_;
  bool filling_ = false;
  QLabel* title_;
  QTableWidget* table_;
  QLineEdit* name_;
  QPushButton* remove_;
  QPushButton* users_;
  SecretStore* secrets_ = nullptr;
  SecretBar* secret_ = nullptr;
};

}  // namespace millrace::gui
