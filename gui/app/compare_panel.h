// SPDX-License-Identifier: Apache-2.0
#pragma once
// ComparePanel: the differences between the flow and an older one, component by component with
// every setting before and after; the canvas is marked while it is seen. Follows edits.
//   a click, Enter: to the component · next and previous: one after the other
// Threads: the GUI thread.

#include "gui/model/flow_comparison.h"

#include <QTimer>
#include <QWidget>
#include <functional>
#include <optional>

class QCheckBox;
class QLabel;
class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace millrace::gui {

class ComparePanel : public QWidget {
 public:
  struct Acts {
    std::function<void(flow::ElementId)> go;   ///< to a component
    std::function<void(FlowComparison)> mark;  ///< on the canvas; empty: nothing is marked
    std::function<void(const std::string&)> openContext{};  ///< a shared one; empty: none is
    std::function<void()> stopped{};  ///< instead of an empty list, where that has no use
  };

  /// The model must outlive the panel.
  ComparePanel(const FlowModel& model, Acts acts, QWidget* parent);

  /// `name` is what people call the older one: "small.yaml as it was saved".
  /// `back` leads to it, where something can; empty: nothing does.
  void compareWith(flow::Flow older, const QString& name, std::function<void()> back = {});
  /// No comparison any more.
  void stop();
  bool isActive() const { return older_.has_value(); }
  enum class Step : signed char { kNext = 1, kPrevious = -1 };
  void step(Step step);
  const FlowComparison& comparison() const { return comparison_; }

 private:
  void refresh();
  void choose(QTreeWidgetItem* item);

  const FlowModel& model_;
  Acts acts_;
  std::optional<flow::Flow> older_;
  QString name_;
  std::function<void()> back_;
  FlowComparison comparison_;
  QTimer soon_;
  QLabel* title_;
  QCheckBox* moved_;
  QPushButton* previous_;
  QPushButton* next_;
  QPushButton* backTo_;
  QPushButton* stop_;
  QTreeWidget* tree_;
};

}  // namespace millrace::gui
