// SPDX-License-Identifier: Apache-2.0
#pragma once
// TryPanel: one processor tried on a sample in the server's sandbox: what would come out, and of
// which relationship. Nothing of it reaches the flow, its queues or the machine. The sample is
// typed or taken from what waits in front of the processor. It also asks the server what is wrong
// with the component as it is configured. Threads: the GUI thread; answers come later.

#include "gui/app/sample_finder.h"
#include "gui/model/flow_editor.h"
#include "gui/net/live_link.h"

#include <QWidget>
#include <functional>
#include <vector>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTableWidget;
class QTreeWidget;

namespace millrace::gui {

class ContentView;

class TryPanel : public QWidget {
 public:
  static constexpr qint64 kMostContent = 256 * 1024;  ///< bytes of a sample

  /// All must outlive the panel.
  TryPanel(const FlowModel& model, LiveLink& link, SampleFinder& samples, QWidget* parent);

  /// kRootGroup, or what is no processor: nothing can be tried.
  void show(flow::ElementId component);
  flow::ElementId component() const { return component_; }

 private:
  struct Output {
    QByteArray content;
    std::vector<std::pair<QString, QString>> attributes;
  };
  void takeSample();
  void run();
  void check();
  void took(const ApiAnswer& answer);
  /// Asks about the chosen component, once the server has what was edited; drops the answer when
  /// something else was asked meanwhile.
  void ask(const QString& what, const QJsonObject& body,
           std::function<void(const ApiAnswer& answer)> then);
  void choose(int output);
  QJsonObject sample() const;
  void fill(QTableWidget& table, const QJsonObject& attributes);
  const flow::Processor* processor() const;

  const FlowModel& model_;
  LiveLink& link_;
  SampleFinder& samples_;
  flow::ElementId component_ = kRootGroup;
  std::vector<Output> outputs_;
  quint64 asked_ = 0;  ///< answers to older questions are dropped
  QLabel* title_;
  QPushButton* take_;
  QPushButton* check_;
  QPushButton* run_;
  QTableWidget* attributes_;
  QPlainTextEdit* content_;
  QTreeWidget* results_;
  ContentView* outContent_;
  QTableWidget* outAttributes_;
};

}  // namespace millrace::gui
