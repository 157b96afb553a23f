// SPDX-License-Identifier: Apache-2.0
#pragma once
// QueuePanel: what waits in a connection: a list that is read a page at a time, and of the chosen
// FlowFile its attributes and the first of its content.
// Looking changes nothing and stops nothing. Threads: the GUI thread; answers come later.

#include "gui/app/sample_finder.h"
#include "gui/model/flow_model.h"
#include "gui/net/api_client.h"

#include <QWidget>
#include <vector>

class QLabel;
class QLineEdit;
class QPushButton;
class QTableWidget;

namespace millrace::gui {

class ContentView;

class QueuePanel : public QWidget {
 public:
  static constexpr int kPage = 100;

  /// Both must outlive the panel.
  QueuePanel(const FlowModel& model, ApiClient& api, QWidget* parent);

  void show(flow::ElementId connection);
  flow::ElementId connection() const { return connection_; }
  /// The FlowFile that is chosen in the list.
  std::optional<Sample> chosen() const;

 private:
  struct Row {
    QString uuid;
    QString filename;
    double size = 0;
    QString queued;
    bool penalized = false;
    std::vector<std::pair<QString, QString>> attributes;
  };
  void load(int offset);
  void take(int offset, const QJsonObject& page);
  void fill();
  void choose(int row);
  void showContent();

  const FlowModel& model_;
  ApiClient& api_;
  flow::ElementId connection_;
  std::vector<Row> rows_;
  std::vector<std::size_t> shown_;  ///< rows that the filter lets through
  QByteArray content_;
  double contentSize_ = 0;
  QString contentTrouble_;
  quint64 asked_ = 0;  ///< answers to older questions are dropped
  QLabel* title_;
  QLineEdit* filter_;
  QPushButton* again_;
  QPushButton* more_;
  QTableWidget* table_;
  QTableWidget* attributes_;
  ContentView* view_;
};

}  // namespace millrace::gui
