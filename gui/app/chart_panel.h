// SPDX-License-Identifier: Apache-2.0
#pragma once
// ChartPanel: what a component, a connection or the whole node did over time, as a chart: ten
// minutes by seconds, a day by minutes, thirty days by five minutes. It is read anew while it is
// seen. Threads: the GUI thread; answers come later.

#include "gui/app/history_chart.h"
#include "gui/model/flow_model.h"
#include "gui/net/api_client.h"

#include <QTimer>
#include <vector>

class QComboBox;
class QLabel;

namespace millrace::gui {

class ChartPanel : public QWidget {
 public:
  /// All must outlive the panel.
  ChartPanel(const FlowModel& model, ApiClient& api, const Theme& theme, QWidget* parent);

  void setTheme(const Theme& theme);
  /// kRootGroup: the node, all components together.
  void show(flow::ElementId component);
  flow::ElementId component() const { return component_; }
  HistoryChart& chart() { return *chart_; }

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void read();
  void fillFigures();

  const FlowModel& model_;
  ApiClient& api_;
  flow::ElementId component_ = kRootGroup;
  std::vector<Figure> figures_;
  quint64 asked_ = 0;  ///< answers to older questions are dropped
  QTimer again_;
  QLabel* title_;
  QComboBox* figure_;
  QComboBox* span_;
  HistoryChart* chart_;
};

}  // namespace millrace::gui
